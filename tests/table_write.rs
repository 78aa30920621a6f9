//! Writing CSV: quoting, formulas, and the two files that tell what became of each row.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use serde_json::{Value, json};
use usher::table::{
    CsvWriter, FailedWriter, ReadOptions, ResultsWriter, Rows, WriteOptions, guard, read_csv, unguard,
    value_text,
};

fn read(bytes: impl Into<Vec<u8>>) -> Rows {
    read_csv("guests.csv", bytes.into(), &ReadOptions::default()).unwrap()
}

fn written(columns: &[&str], rows: &[Value], options: WriteOptions) -> String {
    let mut writer = CsvWriter::new(Vec::new(), columns.iter().copied(), options).unwrap();
    for row in rows {
        writer.write(row.as_array().unwrap()).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

/// The failed file when every row failed with the error of its line.
fn failed(rows: &Rows) -> String {
    let mut writer = FailedWriter::new(Vec::new(), rows.table()).unwrap();
    for row in rows.iter() {
        writer.write(&row, &format!("error of line {}", row.line())).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

#[test]
fn columns_come_in_their_order_and_values_as_text() {
    let rows = [json!(["Lee, Ann", 3, true, null, ["a", null, "b"], {"k": [1]}]), json!(["say \"hi\"\nnow"])];
    assert_eq!(
        written(&["name", "n", "on", "none", "list", "object"], &rows, WriteOptions::default()),
        "name,n,on,none,list,object\r\n\"Lee, Ann\",3,true,,a; b,\"{\"\"k\"\":[1]}\"\r\n\"say \"\"hi\"\"\nnow\",,,,,\r\n"
    );
}

#[test]
fn objects_are_written_by_name() {
    let mut writer = CsvWriter::new(Vec::new(), ["b", "a", "c"], WriteOptions::default()).unwrap();
    writer.write_object(json!({"a": 1, "b": 2, "d": 4}).as_object().unwrap()).unwrap();
    assert_eq!(writer.finish().unwrap(), b"b,a,c\r\n2,1,\r\n");
}

#[test]
fn the_mark_and_the_delimiter_are_options() {
    let options = WriteOptions { delimiter: ';', bom: true, raw: false };
    assert_eq!(written(&["a", "b"], &[json!(["1;2", "3,4"])], options), "\u{feff}a;b\r\n\"1;2\";3,4\r\n");
}

#[test]
fn more_values_than_columns_are_refused() {
    let mut writer = CsvWriter::new(Vec::new(), ["a"], WriteOptions::default()).unwrap();
    assert!(writer.write(json!([1, 2]).as_array().unwrap()).is_err());
    assert!(
        CsvWriter::new(Vec::new(), ["a"], WriteOptions { delimiter: 'é', ..Default::default() }).is_err()
    );
}

#[test]
fn cells_that_would_be_formulas_are_made_harmless() {
    for text in [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\0=1",
        " =1",
        "＝1",
        "'=1",
    ] {
        assert_eq!(guard(text), format!("'{text}"), "{text:?}");
        assert_eq!(unguard(&guard(text)), text);
    }
}

#[test]
fn numbers_phone_numbers_and_words_stay_as_they_are() {
    for text in ["-5", "-5.25", "+49 30 1234567", "-", "", "'", "'tis", "O'Neill", "a=b", "1+1", "'-'"] {
        let kept = text == "'-'" || guard(text) == text;
        assert!(kept, "{text:?}");
        assert_eq!(unguard(&guard(text)), text);
    }
    assert_eq!(written(&["n"], &[json!([-5])], WriteOptions::default()), "n\r\n-5\r\n");
}

#[test]
fn raw_leaves_formulas_alone() {
    let options = WriteOptions { raw: true, ..Default::default() };
    assert_eq!(written(&["a"], &[json!(["=1+1"])], options), "a\r\n=1+1\r\n");
}

#[test]
fn a_formula_comes_back_as_it_was() {
    let text = written(&["a", "b"], &[json!(["=1+1", "'=x"])], WriteOptions::default());
    assert_eq!(text, "a,b\r\n'=1+1,''=x\r\n");
    let row = read(text).get(0).unwrap();
    assert_eq!(row.get("a").unwrap().as_deref(), Some("=1+1"));
    assert_eq!(row.get("b").unwrap().as_deref(), Some("'=x"));
}

#[test]
fn results_begin_with_line_key_and_status() {
    let rows = read("Email [mail];Name\nann@b.example;Ann\nbo@b.example;=Bo\n");
    let options = WriteOptions::like(rows.table());
    let mut writer = ResultsWriter::new(Vec::new(), rows.table(), &["id", "error"], options).unwrap();
    for (row, status) in rows.iter().zip(["succeeded", "failed"]) {
        let key = row.get("mail").unwrap().unwrap();
        writer.write(&row, &key, status, &[json!("7"), Value::Null]).unwrap();
    }
    assert_eq!(
        String::from_utf8(writer.finish().unwrap()).unwrap(),
        "line;key;status;Email [mail];Name;id;error\r\n\
         2;ann@b.example;succeeded;ann@b.example;Ann;7;\r\n3;bo@b.example;failed;bo@b.example;'=Bo;7;\r\n"
    );
}

#[test]
fn a_results_column_whose_name_is_taken_says_whose_it_is() {
    let rows = read("email,Status\na,b\n");
    let writer = ResultsWriter::new(Vec::new(), rows.table(), &["error"], WriteOptions::default()).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert_eq!(text, "line,key,usher: status,email,Status,error\r\n");
    read(text);
}

#[test]
fn the_failed_file_keeps_everything_above_the_header_and_the_rows_as_they_are() {
    let text = "sep=;\r\nversion:v1.0;;\r\nEmail [mail] Required; \"Na\"\"me\"\r\nx@b.example;  \"Lee; Ann\" \r\ny@b.example;Bo;;;\r\n";
    assert_eq!(
        failed(&read(text)),
        "sep=;\r\nversion:v1.0;;\r\nEmail [mail] Required; \"Na\"\"me\";usher: error\r\n\
         x@b.example;  \"Lee; Ann\" ;error of line 4\r\ny@b.example;Bo;error of line 5\r\n"
    );
}

#[test]
fn the_failed_file_is_utf_8_with_a_mark_if_the_file_came_from_a_spreadsheet_program() {
    let utf_16: Vec<u8> = "\u{feff}a\tb\r\nZoë\t1\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(failed(&read(utf_16)), "\u{feff}a\tb\tusher: error\r\nZoë\t1\terror of line 2\r\n");
    assert_eq!(failed(&read("a,b\nZoë,1\n")), "a,b,usher: error\nZoë,1,error of line 2\n");
}

#[test]
fn a_failed_file_reads_as_the_rows_that_failed_did() {
    let rows = read("a,b\n=1+1,'=x\n-2+3,\"+a, b\"\n'@c,+49 30\n");
    let text = failed(&rows);
    assert!(text.contains("\n\"'=1+1\",'=x,"), "{text}");
    let again = read(text.clone());
    let cells = |rows: &Rows| rows.iter().map(|row| row.to_object()).collect::<Vec<_>>();
    assert_eq!(cells(&again), cells(&rows));
    let mut twice = FailedWriter::new(Vec::new(), again.table()).unwrap();
    again.iter().for_each(|row| twice.write(&row, &format!("error of line {}", row.line())).unwrap());
    assert_eq!(String::from_utf8(twice.finish().unwrap()).unwrap(), text);
}

#[test]
fn rows_with_problems_stay_wrong_until_they_are_mended() {
    let rows = read("a,b,c\n1,2,3\n1,2\n1,\"2,3\n1,2,3,4\n\"1\"x,2,3\n1,2,3\n");
    let kinds = |rows: &Rows| rows.problems().map(|row| row.problem().unwrap().kind).collect::<Vec<_>>();
    assert_eq!(kinds(&rows).len(), 4);
    let text = failed(&rows);
    let again = read(text.clone());
    assert_eq!((again.len(), again.problems().count()), (6, 4), "{text}");
    let mended = text.replace("1,2\n", "1,2,\n").replace("1,\"2,3\n", "1,\"2\",3\n").replace("3,4", "3");
    assert_eq!(read(mended.replace("\"1\"x", "1x")).problems().count(), 0, "{mended}");
}

#[test]
fn rows_with_an_open_quote_come_last_in_the_failed_file() {
    let rows = read("a,b\n1,\"2\nx,\"y\"\n3,\",4\"\n").filter(|row| row.line() != 3);
    assert_eq!(failed(&rows), "a,b,usher: error\n3,\",4\",error of line 4\n1,\"2\n");
}

#[test]
fn an_error_of_several_lines_is_one_cell_of_one_line() {
    let rows = read("a,b\n1,2\n");
    let mut writer = FailedWriter::new(Vec::new(), rows.table()).unwrap();
    writer.write(&rows.get(0).unwrap(), "first,\n  \"second\"").unwrap();
    writer.write(&rows.get(0).unwrap(), " ").unwrap();
    assert_eq!(
        String::from_utf8(writer.finish().unwrap()).unwrap(),
        "a,b,usher: error\n1,2,\"first, \"\"second\"\"\"\n1,2,failed\n"
    );
}

#[test]
fn nested_lists_are_joined_and_nulls_left_out() {
    assert_eq!(value_text(&json!([["a", "b"], null, {"x": 1}])), "a; b; {\"x\":1}");
}
