//! The example files read as they are meant to.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use usher::table::{ProblemKind, ReadOptions, Rows, read_csv};

const COLUMNS: [&str; 11] = [
    "email",
    "displayName",
    "company",
    "message",
    "groups",
    "licence",
    "usageLocation",
    "directoryRole",
    "azureRole",
    "azureScope",
    "sponsor",
];

fn read(file: &str) -> Rows {
    let path = format!("{}/scripts/{file}", env!("CARGO_MANIFEST_DIR"));
    let rows = read_csv(file, std::fs::read(path).unwrap(), &ReadOptions::default()).unwrap();
    assert_eq!(rows.table().columns().iter().map(|column| column.name()).collect::<Vec<_>>(), COLUMNS);
    assert_eq!(rows.table().notes(), []);
    rows
}

#[test]
fn the_guests_are_25_people_without_a_mistake() {
    let rows = read("guests.csv");
    assert_eq!((rows.len(), rows.problems().count()), (25, 0));
    let premium = rows.filter(|row| row.get("licence").unwrap().as_deref() == Some("AAD_PREMIUM"));
    assert!(premium.len() <= 10);
    for row in rows.iter() {
        let licence = row.get("licence").unwrap();
        assert_eq!(licence.is_some(), row.get("usage location").unwrap().is_some(), "{row:?}");
        assert_eq!(
            row.get("azureRole").unwrap().is_some(),
            row.get("azureScope").unwrap().is_some(),
            "{row:?}"
        );
    }
}

#[test]
fn of_the_guests_with_mistakes_only_the_short_row_has_a_problem_of_its_own() {
    let rows = read("guests-with-mistakes.csv");
    assert_eq!(rows.len(), 12);
    let kinds: Vec<_> = rows.problems().map(|row| (row.line(), row.problem().unwrap().kind)).collect();
    assert_eq!(kinds, [(9, ProblemKind::TooFewCells { expected: 11, got: 5 })]);
}
