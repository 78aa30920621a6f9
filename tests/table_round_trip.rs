//! What holds for any table and any bytes.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use proptest::prelude::*;
use serde_json::Value;
use usher::table::{
    CsvWriter, FailedWriter, ProblemKind, ReadOptions, Row, Rows, WriteOptions, guard, read_csv, unguard,
};

#[derive(Debug, Clone)]
struct Sheet {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn cell() -> impl Strategy<Value = String> {
    let text = prop::collection::vec(
        prop::sample::select(vec![
            "a",
            "Z",
            "7",
            " ",
            ",",
            ";",
            "\t",
            "\"",
            "\"\"",
            "'",
            "=",
            "+",
            "-",
            "@",
            "\n",
            "\r\n",
            "\r",
            "é",
            "王",
            "🙂",
            "\u{a0}",
            "Ann",
            "x@fabrikam.example",
            ":",
            "|",
            "#TYPE ",
            "sep=",
            "version:v1.0",
            "[k]",
        ]),
        0..6,
    );
    // Spaces around a cell are not kept, on purpose.
    text.prop_map(|parts| parts.concat().trim().to_owned())
}

fn sheet(columns: std::ops::Range<usize>) -> impl Strategy<Value = Sheet> {
    columns.prop_flat_map(|width| {
        let columns = (0..width).map(|at| format!("column{at}")).collect::<Vec<_>>();
        let row = prop::collection::vec(cell(), width);
        // A row in which every cell is empty is not a row.
        let row = row.prop_filter("all empty", |row| row.iter().any(|cell| !cell.is_empty()));
        let rows = prop::collection::vec(row, 0..8);
        rows.prop_map(move |rows| Sheet { columns: columns.clone(), rows })
    })
}

fn write(sheet: &Sheet, options: WriteOptions) -> Vec<u8> {
    let mut writer = CsvWriter::new(Vec::new(), &sheet.columns, options).unwrap();
    for row in &sheet.rows {
        writer.write(&row.iter().map(|cell| Value::from(cell.as_str())).collect::<Vec<_>>()).unwrap();
    }
    writer.finish().unwrap()
}

fn cells(rows: &Rows) -> Vec<Vec<String>> {
    let cells = |row: usize| {
        rows.get(row).unwrap().cells().map(|(_, cell)| cell.unwrap_or_default().into_owned()).collect()
    };
    (0..rows.len()).map(cells).collect()
}

fn delimiter() -> impl Strategy<Value = char> {
    prop::sample::select(vec![',', ';', '\t', '|'])
}

fn read(bytes: Vec<u8>, delimiter: char) -> Rows {
    read_csv("x.csv", bytes, &ReadOptions { delimiter: Some(delimiter), ..Default::default() }).unwrap()
}

/// Anything that looks a little like CSV.
fn csvish() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec!["a", "b", ",", ";", "\"", "\n", "\r", " ", "é", "="]),
        0..60,
    )
    .prop_map(|parts| parts.concat())
}

/// Everything a row can be asked.
fn ask(rows: &Rows) {
    let _ = format!("{rows:?}");
    let mut failed = FailedWriter::new(Vec::new(), rows.table()).unwrap();
    for row in rows.iter() {
        for column in rows.table().columns() {
            let _ = (row.get(column.name()), row.place(column.name()));
        }
        let _ = (row.raw(), row.to_object(), row.problem_place());
        failed.write(&row, "it failed").unwrap();
    }
}

proptest! {
    #[test]
    fn a_table_that_is_written_reads_the_same(sheet in sheet(1..6), delimiter in delimiter(), bom: bool) {
        let rows = read(write(&sheet, WriteOptions { delimiter, bom, raw: false }), delimiter);
        prop_assert_eq!(rows.problems().count(), 0);
        prop_assert_eq!(cells(&rows), sheet.rows);
    }

    #[test]
    fn its_delimiter_is_found_and_its_encoding(sheet in sheet(2..6), big: bool, bom: bool) {
        let options = WriteOptions { delimiter: '\t', bom, raw: false };
        let text = String::from_utf8(write(&sheet, options)).unwrap();
        let order = if big { u16::to_be_bytes } else { u16::to_le_bytes };
        let bytes = text.encode_utf16().flat_map(order).collect();
        let rows = read_csv("x.csv", bytes, &ReadOptions::default()).unwrap();
        prop_assert_eq!(cells(&rows), sheet.rows);
    }

    #[test]
    fn its_failed_file_reads_the_same(sheet in sheet(1..6), delimiter in delimiter(), raw: bool) {
        let rows = read(write(&sheet, WriteOptions { delimiter, bom: false, raw }), delimiter);
        let mut failed = FailedWriter::new(Vec::new(), rows.table()).unwrap();
        rows.iter().for_each(|row| failed.write(&row, "a, b; \"c\"").unwrap());
        let again = read(failed.finish().unwrap(), delimiter);
        prop_assert_eq!(again.problems().count(), 0);
        prop_assert_eq!(cells(&again), cells(&rows));
    }

    #[test]
    fn it_reads_as_the_csv_crate_reads_it(sheet in sheet(1..6)) {
        let bytes = write(&sheet, WriteOptions { raw: true, ..Default::default() });
        let mut theirs = csv::Reader::from_reader(bytes.as_slice());
        let theirs: Vec<Vec<String>> = theirs.deserialize().map(Result::unwrap).collect();
        let ours = cells(&read(bytes, ','));
        let unguarded: Vec<Vec<_>> =
            theirs.iter().map(|row| row.iter().map(|cell| unguard(cell).to_owned()).collect()).collect();
        prop_assert_eq!(ours, unguarded);
    }

    #[test]
    fn lines_and_columns_point_at_the_cells(sheet in sheet(1..6)) {
        let text = String::from_utf8(write(&sheet, WriteOptions::default())).unwrap();
        let rows = read(text.clone().into_bytes(), ',');
        // Line ends as the reader counts them.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let lines: Vec<Vec<char>> = text.split('\n').map(|line| line.chars().collect()).collect();
        for row in rows.iter() {
            for (column, cell) in row.cells() {
                let place = row.place(column.name()).unwrap();
                let there = &lines[place.line as usize - 1][place.column as usize - 1..];
                let Some(cell) = cell else { continue };
                let first = cell.chars().next().unwrap();
                let expected = if there.first() == Some(&'"') { there.get(1) } else { there.first() };
                let expected = expected.copied().unwrap_or('\n');
                prop_assert!(
                    expected == first || expected == '\'' || (first == '"' && expected == '"') || first == '\r',
                    "{place}: {expected:?} is not {first:?}"
                );
            }
        }
    }

    #[test]
    fn guarding_can_be_undone(text in cell(), any: String) {
        prop_assert_eq!(unguard(&guard(&text)).to_owned(), text);
        prop_assert_eq!(unguard(&guard(&any)).to_owned(), any);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        if let Ok(rows) = read_csv("x.csv", bytes, &ReadOptions::default()) {
            ask(&rows);
        }
    }

    #[test]
    fn no_quotes_make_the_reader_panic_and_every_line_is_kept(text in csvish()) {
        if let Ok(rows) = read_csv("x.csv", text.into_bytes(), &ReadOptions::default()) {
            ask(&rows);
            let lines: Vec<_> = rows.iter().map(|row| row.line()).collect();
            prop_assert!(lines.is_sorted_by(|a, b| a < b), "{lines:?}");
        }
    }

    #[test]
    fn fed_back_unmended_a_failed_row_fails_again(text in csvish()) {
        let text = format!("h,i\n{text}");
        let rows = read(text.into_bytes(), ',');
        let kind = |row: &Row| row.problem().map(|problem| std::mem::discriminant(&problem.kind));
        let rows = rows.filter(|row| row.problem().is_none_or(|problem| problem.kind != ProblemKind::UnclosedQuote));
        let mut failed = FailedWriter::new(Vec::new(), rows.table()).unwrap();
        rows.iter().for_each(|row| failed.write(&row, "it failed").unwrap());
        let again = read(failed.finish().unwrap(), ',');
        let kinds = |rows: &Rows| rows.iter().map(|row| kind(&row)).collect::<Vec<_>>();
        prop_assert_eq!(kinds(&again), kinds(&rows));
        let good = |rows: &Rows| cells(&rows.filter(|row| row.problem().is_none()));
        prop_assert_eq!(good(&again), good(&rows));
    }

    #[test]
    fn a_slip_in_one_row_costs_no_other(sheet in sheet(2..6), at in 0..8_usize) {
        let plain = |cell: &String| cell.replace(['"', '\n', '\r', ',', '\''], "");
        let mut rows: Vec<Vec<String>> = sheet.rows.iter().map(|row| row.iter().map(plain).collect()).collect();
        rows.iter_mut().for_each(|row| row[0].insert_str(0, "key"));
        let mut lines: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
        let at = at.min(lines.len());
        lines.insert(at, "\"open,x".into());
        let text = format!("{}\n{}\n", sheet.columns.join(","), lines.join("\n"));
        let read = read(text.into_bytes(), ',');
        prop_assert_eq!(read.len(), lines.len());
        let broken: Vec<_> = read.problems().map(|row| row.index() as usize).collect();
        prop_assert_eq!(broken, [at]);
    }
}
