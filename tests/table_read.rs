//! Reading CSV: names, empty cells, places, problems, and the errors of a whole file.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use usher::table::{Error, ProblemKind, ReadOptions, Row, Rows, read_csv};

fn read(text: &str) -> Rows {
    read_csv("guests.csv", text.into(), &ReadOptions::default()).unwrap()
}

fn refused(text: &str) -> Error {
    read_csv("guests.csv", text.into(), &ReadOptions::default()).unwrap_err()
}

fn row(rows: &Rows, at: usize) -> Row {
    rows.get(at).unwrap()
}

fn cell(row: &Row, name: &str) -> Option<String> {
    row.get(name).unwrap().map(std::borrow::Cow::into_owned)
}

#[test]
fn a_cell_is_found_by_the_name_of_its_column() {
    let rows = read("email,displayName\nann@fabrikam.example,Ann\n");
    assert_eq!(cell(&row(&rows, 0), "email").as_deref(), Some("ann@fabrikam.example"));
    assert_eq!(cell(&row(&rows, 0), "displayName").as_deref(), Some("Ann"));
}

#[test]
fn case_spaces_underscores_and_hyphens_do_not_matter_in_a_name() {
    for header in ["displayName", "Display name", "DISPLAY_NAME", "display-name", " Display\u{a0}Name "] {
        let rows = read(&format!("Email,{header}\na@b.example,Ann\n"));
        for name in ["displayName", "display_name", "Display name"] {
            assert_eq!(cell(&row(&rows, 0), name).as_deref(), Some("Ann"), "{name} in {header:?}");
        }
    }
}

#[test]
fn cells_are_trimmed_of_every_kind_of_space() {
    let rows = read("a,b,c,d\n  x ,\u{a0}y\u{200b},\" z \",\u{feff}\u{202a}w\u{202c}\n");
    let cells: Vec<_> = row(&rows, 0).cells().map(|(_, cell)| cell.unwrap().into_owned()).collect();
    assert_eq!(cells, ["x", "y", "z", "w"]);
}

#[test]
fn an_empty_cell_is_none() {
    let rows = read("a,b,c,d\n,\"\",  ,x\n");
    for name in ["a", "b", "c"] {
        assert_eq!(cell(&row(&rows, 0), name), None, "{name}");
    }
    assert_eq!(cell(&row(&rows, 0), "d").as_deref(), Some("x"));
}

#[test]
fn quotes_delimiters_and_line_ends_inside_a_quoted_cell_are_its_text() {
    let rows = read("name,message\n\"Lee, Ann\",\"She said \"\"hi\"\"\r\nand left\"\n");
    assert_eq!(cell(&row(&rows, 0), "name").as_deref(), Some("Lee, Ann"));
    assert_eq!(cell(&row(&rows, 0), "message").as_deref(), Some("She said \"hi\"\r\nand left"));
}

#[test]
fn a_quote_after_a_stray_space_still_quotes() {
    let rows = read("name, title\nann, \"Head, Sales\"  \n");
    assert_eq!(cell(&row(&rows, 0), "title").as_deref(), Some("Head, Sales"));
}

#[test]
fn a_quote_in_the_middle_of_a_cell_is_a_character() {
    let rows = read("name,size\nscreen,27\" wide\n");
    assert_eq!(cell(&row(&rows, 0), "size").as_deref(), Some("27\" wide"));
}

#[test]
fn blank_lines_and_rows_of_empty_cells_are_not_rows() {
    let rows = read("a,b\n\n1,2\n   \n,,\n\"\",\"\"\n3,4\n\n\n");
    assert_eq!(rows.iter().map(|row| row.line()).collect::<Vec<_>>(), [3, 7]);
}

#[test]
fn line_ends_of_every_system_are_understood() {
    for end in ["\n", "\r\n", "\r"] {
        let rows = read(&["a,b", "1,2", "", "3,4"].join(end));
        assert_eq!(rows.iter().map(|row| row.line()).collect::<Vec<_>>(), [2, 4], "{end:?}");
    }
}

#[test]
fn a_row_begins_in_the_line_where_its_first_cell_begins() {
    let rows = read("a,b\n\"one\n\ntwo\",x\n\n3,4\n");
    assert_eq!((row(&rows, 0).line(), row(&rows, 1).line()), (2, 6));
}

#[test]
fn the_place_of_a_cell_counts_lines_and_characters() {
    let rows = read("name,note,email\nZoë, \"two\nlines\" ,ann@fabrikam\n");
    let place = |name| {
        let place = row(&rows, 0).place(name).unwrap();
        (place.line, place.column)
    };
    assert_eq!(place("name"), (2, 1));
    assert_eq!(place("note"), (2, 6));
    assert_eq!(place("email"), (3, 9));
    let place = row(&rows, 0).place("EMAIL").unwrap();
    assert_eq!(place.to_string(), "guests.csv:3:9");
    assert_eq!(place.header.as_deref(), Some("email"));
    assert_eq!(row(&rows, 0).column("note"), Some(6));
}

#[test]
fn a_short_row_is_a_problem_of_that_row_alone() {
    let rows = read("a,b,c\n1,2,3\n4,5\n6,7,8\n");
    let problem = row(&rows, 1).problem().unwrap().clone();
    assert_eq!(problem.kind, ProblemKind::TooFewCells { expected: 3, got: 2 });
    assert_eq!((problem.line, problem.column), (3, 4));
    assert_eq!(problem.to_string(), "the row has 2 cells, the header has 3");
    assert_eq!(row(&rows, 1).problem_place().unwrap().to_string(), "guests.csv:3:4");
    assert_eq!(rows.problems().map(|row| row.line()).collect::<Vec<_>>(), [3]);
    assert_eq!(cell(&row(&rows, 1), "c"), None);
}

#[test]
fn a_long_row_is_a_problem_at_its_first_cell_too_many() {
    let rows = read("name,message\nann,Hello, you\n");
    let problem = row(&rows, 0).problem().unwrap().clone();
    assert_eq!(problem.kind, ProblemKind::TooManyCells { expected: 2, got: 3 });
    assert_eq!((problem.line, problem.column), (2, 12));
}

#[test]
fn empty_cells_too_many_are_no_problem() {
    let rows = read("a,b,,\n1,2,,,,\n3,4\n");
    assert_eq!(rows.problems().count(), 0);
    assert_eq!(rows.table().columns().len(), 2);
}

#[test]
fn an_open_quote_names_its_line_and_leaves_the_other_rows_alone() {
    for rest in ["3,4\n5,6\n", "3,\"Lee, Ann\"\n5,6\n"] {
        let rows = read(&format!("a,b\n1,\"2\n{rest}"));
        let problem = row(&rows, 0).problem().unwrap().clone();
        assert_eq!((problem.kind, problem.line, problem.column), (ProblemKind::UnclosedQuote, 2, 3));
        assert_eq!(rows.iter().map(|row| row.line()).collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(rows.problems().count(), 1);
        assert_eq!(row(&rows, 0).raw(), "1,\"2");
        assert_eq!(cell(&row(&rows, 2), "b").as_deref(), Some("6"));
    }
}

#[test]
fn a_quote_left_open_lines_into_a_row_is_found_there() {
    let rows = read("a,b\n\"one\ntwo\",\"three\n4,5\n");
    let problem = row(&rows, 0).problem().unwrap().clone();
    assert_eq!((problem.kind, problem.line, problem.column), (ProblemKind::UnclosedQuote, 3, 6));
    assert_eq!((row(&rows, 1).line(), cell(&row(&rows, 1), "a").as_deref()), (4, Some("4")));
}

#[test]
fn text_after_a_closing_quote_is_a_problem() {
    let rows = read("a,b\n\"Ann\" Lee,x\n1,2\n");
    let problem = row(&rows, 0).problem().unwrap().clone();
    assert_eq!((problem.kind, problem.line, problem.column), (ProblemKind::TextAfterQuote, 2, 7));
    assert_eq!(rows.problems().count(), 1);
}

#[test]
fn an_unknown_column_is_an_error_that_knows_the_nearest() {
    let rows = read("email,displayName\na@b.example,Ann\n");
    let error = row(&rows, 0).get("dispalyName").unwrap_err();
    let Error::UnknownColumn { wanted, columns, .. } = &error else { panic!("{error:?}") };
    assert_eq!(wanted.nearest.as_deref(), Some("displayName"));
    assert_eq!(columns, &["email", "displayName"]);
    assert_eq!(error.to_string(), "`guests.csv` has no column `dispalyName`; it has `email`, `displayName`");
    assert_eq!(error.hint().unwrap(), "did you mean `displayName` for `dispalyName`?");
}

#[test]
fn missing_required_columns_are_one_error() {
    let options =
        ReadOptions { required: ["email", "company", "Name"].map(String::from).into(), ..Default::default() };
    let error = read_csv("guests.csv", "emailAddress,Name\n".into(), &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "reading `guests.csv`: no column `email`, `company`; it has `emailAddress`, `Name`"
    );
    assert_eq!(error.hint().unwrap(), "did you mean `emailAddress` for `email`?");
}

#[test]
fn an_optional_column_that_is_missing_reads_as_empty() {
    let options = ReadOptions { optional: vec!["company".into()], ..Default::default() };
    let rows = read_csv("guests.csv", "email\na@b.example\n".into(), &options).unwrap();
    assert_eq!(cell(&row(&rows, 0), "Company"), None);
    assert!(row(&rows, 0).get("phone").is_err());
}

#[test]
fn two_columns_of_the_same_name_are_an_error_that_names_both() {
    let error = refused("email,Display name,displayName\n");
    assert_eq!(
        error.to_string(),
        "reading `guests.csv`: columns 2 and 3 have the same name (line 1): `Display name` and `displayName`"
    );
}

#[test]
fn a_column_without_a_name_is_an_error_that_names_its_neighbours() {
    let error = refused("email,,name\n");
    assert_eq!(
        error.to_string(),
        "reading `guests.csv`: column 2 has no name (line 1), between `email` (column 1) and `name` (column 3)"
    );
}

#[test]
fn a_file_without_anything_is_an_error() {
    for text in ["", "\n\n", "\u{feff}", "  \n,,\n", "version:v1.0\n"] {
        assert!(matches!(refused(text), Error::Empty { .. }), "{text:?}");
    }
}

#[test]
fn a_file_whose_first_line_is_a_person_has_no_header() {
    let error = refused("ann@fabrikam.example,Ann\n");
    assert!(matches!(&error, Error::NoHeader { line: 1, .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("email"));
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    assert!(read("email,name").is_empty());
}

#[test]
fn rows_can_be_sliced_filtered_and_reordered_without_copying() {
    let rows = read("n\n1\n2\n3\n4\n5\n");
    let numbers = |rows: &Rows| rows.iter().map(|row| cell(&row, "n").unwrap()).collect::<String>();
    assert_eq!(numbers(&rows.slice(1..3)), "23");
    assert_eq!(numbers(&rows.slice(3..99)), "45");
    #[allow(clippy::reversed_empty_ranges, reason = "what a script may ask for")]
    let backwards = rows.slice(4..2);
    assert!(backwards.is_empty());
    let odd = rows.filter(|row| cell(row, "n").unwrap().parse::<u32>().unwrap() % 2 == 1);
    assert_eq!((numbers(&odd), odd.len()), ("135".into(), 3));
    assert_eq!(numbers(&odd.slice(1..3)), "35");
    let reversed = rows.pick(rows.iter().rev());
    assert_eq!(numbers(&reversed), "54321");
    assert_eq!(numbers(&reversed.slice(1..3).filter(|row| row.line() > 4)), "4");
    assert_eq!(row(&odd, 1), row(&rows, 2));
    assert!(odd.get(3).is_none());
}

#[test]
fn rows_read_well_in_a_debugger() {
    let rows = read("email,name\na@b.example,\n1\n");
    assert_eq!(format!("{:?}", row(&rows, 0)), r#"Row(guests.csv:2 {"email": "a@b.example", "name": ""})"#);
    assert_eq!(
        format!("{rows:?}"),
        "2 rows of guests.csv [Row(guests.csv:2 {\"email\": \"a@b.example\", \"name\": \"\"}), \
         Row(guests.csv:3 problem at 3:2: the row has 1 cell, the header has 2 {\"email\": \"1\", \"name\": \"\"})]"
    );
}

#[test]
fn a_row_becomes_an_object_in_the_order_of_the_columns() {
    let rows = read("z,a\n1,\n");
    assert_eq!(serde_json::to_string(&row(&rows, 0).to_object()).unwrap(), r#"{"z":"1","a":null}"#);
}
