//! The files people have: templates, exports, encodings, delimiters.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use usher::table::{Error, Note, ReadOptions, Rows, read_csv, read_csv_from};

const BULK_INVITE: &str = "version:v1.0\r\n\
    Email address to invite [inviteeEmail] Required,Redirection url [inviteRedirectURL] Required,\
    Send invitation message (true or false) [sendEmail],Customized invitation message [customizedMessageBody]\r\n\
    Example: lstokes@fabrikam.com, https://myapplications.microsoft.com, TRUE, Welcome to the Contoso organization!\r\n\
    ann@fabrikam.example, https://myapplications.microsoft.com, TRUE,\r\n";

fn read(bytes: impl Into<Vec<u8>>) -> Rows {
    read_csv("guests.csv", bytes.into(), &ReadOptions::default()).unwrap()
}

fn cells(rows: &Rows, name: &str) -> Vec<String> {
    rows.iter().map(|row| row.get(name).unwrap().unwrap_or_default().into_owned()).collect()
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn the_bulk_invite_template_is_read_by_its_keys() {
    let rows = read(BULK_INVITE);
    assert_eq!(cells(&rows, "inviteeEmail"), ["ann@fabrikam.example"]);
    assert_eq!(cells(&rows, "sendEmail"), ["TRUE"]);
    assert_eq!(cells(&rows, "Email address to invite"), ["ann@fabrikam.example"]);
    assert_eq!(cells(&rows, "customizedMessageBody"), [""]);
    assert_eq!(rows.get(0).unwrap().line(), 4);
    assert_eq!(rows.table().notes(), [Note::ExampleLeftOut { line: 3 }]);
    assert_eq!(rows.table().columns()[0].name(), "inviteeEmail");
    assert_eq!(rows.table().columns()[0].header(), "Email address to invite [inviteeEmail] Required");
}

#[test]
fn the_version_row_may_be_padded_quoted_or_missing() {
    for version in ["version:v1.0,,,", "\"version:v1.0\",,,", "Version: v1.0", "version:v1.0;;;"] {
        let rows = read(BULK_INVITE.replacen("version:v1.0", version, 1));
        assert_eq!(cells(&rows, "inviteeEmail"), ["ann@fabrikam.example"], "{version}");
    }
    let rows = read(BULK_INVITE.replacen("version:v1.0\r\n", "", 1));
    assert_eq!(cells(&rows, "inviteeEmail"), ["ann@fabrikam.example"]);
    assert_eq!(rows.get(0).unwrap().line(), 3);
}

#[test]
fn a_localised_template_is_read_by_the_same_keys() {
    let rows = read(
        "version:v1.0;\nEinzuladende E-Mail-Adresse [inviteeEmail] Erforderlich;Umleitungs-URL [inviteRedirectURL] Erforderlich\n\
         Beispiel: lstokes@fabrikam.com;https://myapplications.microsoft.com\nann@fabrikam.example;https://x.example\n",
    );
    assert_eq!(cells(&rows, "inviteeEmail"), ["ann@fabrikam.example"]);
    assert_eq!(cells(&rows, "Einzuladende E-Mail-Adresse"), ["ann@fabrikam.example"]);
}

#[test]
fn a_first_row_with_a_colon_is_not_an_example() {
    let rows = read(
        "Name [displayName] Required,User name [userPrincipalName] Required\nSales: North,a@b.example\n",
    );
    assert_eq!(cells(&rows, "displayName"), ["Sales: North"]);
    let rows = read("subject,email\nExample: a,a@b.example\n");
    assert_eq!(cells(&rows, "subject"), ["Example: a"]);
}

#[test]
fn the_group_members_template_has_no_version_row() {
    let rows = read(
        "Member object ID or user principal name [memberObjectIdOrUpn] Required\n\
         Example: 9832aad8-e4fe-496b-a604-95c6ef01ae75\nann@contoso.example\n",
    );
    assert_eq!(cells(&rows, "memberObjectIdOrUpn"), ["ann@contoso.example"]);
}

#[test]
fn a_label_that_two_columns_share_finds_neither() {
    let rows = read("Address [mail],Address [postal]\n1,2\n");
    assert!(rows.get(0).unwrap().get("Address").is_err());
    assert_eq!(cells(&rows, "postal"), ["2"]);
}

#[test]
fn headers_written_by_hand_are_names() {
    let rows = read("Name,InvitedUserEmailAddress\nAnn,ann@fabrikam.example\n");
    assert_eq!(cells(&rows, "invitedUserEmailAddress"), ["ann@fabrikam.example"]);
}

#[test]
fn a_header_of_several_lines_is_one_name() {
    let rows = read("email,\"Display\n name\"\na@b.example,Ann\n");
    assert_eq!(cells(&rows, "displayName"), ["Ann"]);
    assert_eq!(rows.get(0).unwrap().line(), 3);
}

#[test]
fn the_type_line_of_powershell_is_not_the_header() {
    let rows = read(
        "#TYPE System.Management.Automation.PSCustomObject\r\n\"Name\",\"Mail\"\r\n\"Ann\",\"a@b.example\"\r\n",
    );
    assert_eq!(cells(&rows, "Mail"), ["a@b.example"]);
    assert_eq!(rows.get(0).unwrap().line(), 3);
}

#[test]
fn delimiters_are_detected() {
    for (text, delimiter) in [
        ("a;b\n1;2\n", ';'),
        ("a\tb\n1\t2\n", '\t'),
        ("a,b\n1,2\n", ','),
        ("a|b\n1|2\n", '|'),
        ("a\n1;2\n", ','),
        ("\"a;x\",b\n1,2\n", ','),
        ("email;name;message\na;b;Hello, you, there\n", ';'),
        ("send (yes, no, maybe);b\n1;2\n3;4\n", ';'),
        ("sep=;\na,x;b\n1;2\n", ';'),
        ("sep=\t\na\tb\n1\t2\n", '\t'),
        ("email,groups\na@b.example,Sales;Suppliers\n", ','),
    ] {
        assert_eq!(read(text).table().delimiter(), delimiter, "{text:?}");
    }
}

#[test]
fn a_given_delimiter_is_used() {
    let options = ReadOptions { delimiter: Some(':'), ..Default::default() };
    let rows = read_csv("x.csv", "a:b,c\n1:2\n".into(), &options).unwrap();
    assert_eq!(cells(&rows, "a"), ["1"]);
    for delimiter in ['"', '\n', 'é', 'a'] {
        let options = ReadOptions { delimiter: Some(delimiter), ..Default::default() };
        assert!(matches!(read_csv("x.csv", "a".into(), &options), Err(Error::Delimiter { .. })));
    }
}

#[test]
fn encodings_are_detected_with_and_without_a_mark() {
    let text = "email\tname\r\nzoe@fabrikam.example\tZoë 王芳 🙂\r\n";
    let marked = format!("\u{feff}{text}");
    for bytes in [
        text.as_bytes().to_vec(),
        marked.as_bytes().to_vec(),
        utf_16(&marked, u16::to_le_bytes),
        utf_16(&marked, u16::to_be_bytes),
        utf_16(text, u16::to_le_bytes),
        utf_16(text, u16::to_be_bytes),
    ] {
        let rows = read(bytes.clone());
        assert_eq!(cells(&rows, "name"), ["Zoë 王芳 🙂"], "{bytes:?}");
        assert_eq!(cells(&rows, "email"), ["zoe@fabrikam.example"]);
        assert_eq!(rows.get(0).unwrap().column("email"), Some(1));
        assert_eq!(rows.table().notes(), []);
    }
}

#[test]
fn what_is_not_utf_8_is_read_as_windows_1252_and_said() {
    let rows = read(b"name,price\nAnn,1\nZo\xeb \x96 M\xfcller,\x80 5\n");
    assert_eq!(cells(&rows, "name")[1], "Zoë – Müller");
    assert_eq!(cells(&rows, "price")[1], "€ 5");
    assert_eq!(rows.table().notes(), [Note::ReadAsWindows1252 { line: 3 }]);
    assert_eq!(rows.table().notes()[0].to_string(), "not UTF-8 (line 3), read as Windows-1252");
}

#[test]
fn a_given_encoding_is_used_and_checked() {
    let with = |bytes: &[u8], encoding: &str| {
        let options = ReadOptions { encoding: Some(encoding.into()), ..Default::default() };
        read_csv("x.csv", bytes.into(), &options)
    };
    assert_eq!(cells(&with(b"name\nZo\xeb\n", "iso-8859-1").unwrap(), "name"), ["Zoë"]);
    assert_eq!(cells(&with(b"name\n\xb5\xb6\n", "iso-8859-5").unwrap(), "name"), ["ЕЖ"]);
    assert_eq!(cells(&with(&utf_16("name\nZoë\n", u16::to_le_bytes), "Unicode").unwrap(), "name"), ["Zoë"]);
    assert!(matches!(with(b"a\nb\nZo\xeb", "utf8"), Err(Error::NotInEncoding { line: 3, .. })));
    assert!(matches!(with(b"a", "klingon"), Err(Error::UnknownEncoding { .. })));
}

#[test]
fn a_broken_utf_16_file_is_read_and_said() {
    let mut bytes = utf_16("\u{feff}name\nAnn\n", u16::to_le_bytes);
    bytes.extend([0x00, 0xd8]);
    assert_eq!(read(bytes).table().notes(), [Note::UnreadableCharacters { encoding: "UTF-16LE" }]);
}

#[test]
fn a_reader_will_do() {
    let rows = read_csv_from("x.csv", "a\n1\n".as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(rows.len(), 1);
}

#[test]
fn usher_ignores_its_own_error_column() {
    let rows = read("email,name,usher: error\na@b.example,Ann,not found\nb@b.example,Bo\nc@b.example\n");
    assert_eq!(rows.table().columns().len(), 2);
    assert!(rows.get(0).unwrap().get("usher: error").is_err());
    assert_eq!(rows.problems().map(|row| row.line()).collect::<Vec<_>>(), [4]);
    let rows = read("usher: error,email,name\nx,a@b.example,Ann\n,b@b.example,Bo\n");
    assert_eq!(cells(&rows, "email"), ["a@b.example", "b@b.example"]);
}
