//! Whatever text comes, it is read without a panic, in time, and every place in the tree is a place in the text.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use usher::powershell::parse;
use usher::powershell::syntax::{Block, Statement, StatementKind};

const PIECES: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "@(",
    "@{",
    "$(",
    "\"",
    "'",
    "`",
    "\n",
    " ",
    "|",
    ";",
    ",",
    "=",
    "+=",
    "-eq",
    "-and",
    "-not",
    "$a",
    "$_.b",
    ".c",
    ".d(",
    "::",
    "[int]",
    "[Parameter(",
    "if",
    "else",
    "foreach",
    "in",
    "function",
    "param",
    "switch",
    "try",
    "catch",
    "do",
    "while",
    "return",
    "Get-It",
    "-Name",
    "-Name:",
    "word",
    "5",
    "1..3",
    "@\"\n",
    "\n\"@",
    "@'\n",
    "\n'@",
    "# c",
    "<#",
    "#>",
    "&",
    "&&",
    "||",
    "?",
    "??",
    ":",
    "++",
    "--",
    "!",
    "%",
    ">",
    "2>&1",
    "@splat",
    "\u{201C}",
    "\u{2013}",
    "é",
    "😀",
    "`n",
    "${x y}",
    "$env:X",
    "default",
    "\r\n",
    "--%",
    ".",
];

const SCRIPT: &str = r#"
<# .SYNOPSIS x #>
[CmdletBinding()] param([Parameter(Mandatory = $true)][string]$Path, [int]$Days = 90)
$report = [System.Collections.Generic.List[Object]]::new()
function Get-Age ($date) { if ($date) { (New-TimeSpan -Start $date -End (Get-Date)).Days } else { "never $($date)" } }
foreach ($guest in Get-MgUser -Filter "userType eq 'Guest'" -All | Sort-Object DisplayName) {
    try { $line = [PSCustomObject]@{ Name = $guest.DisplayName; Age = Get-Age $guest.CreatedDateTime } ; $report.Add($line) }
    catch { Write-Warning "$($guest.Id): $_" } # go on
}
switch ($Days) { 1 { 'a' } { $_ -gt 5 } { 'b' } default { @"
text $Days
"@ } }
$report | Where-Object { $_.Age -gt $Days -and -not $x } | Export-Csv -Path "$Path\out.csv" -NoTypeInformation
"#;

fn places(block: &Block, text: &str) {
    for statement in block.statements.iter().chain(block.named.iter().flat_map(|(_, statements)| statements))
    {
        place(statement, text);
    }
}

fn place(statement: &Statement, text: &str) {
    let span = statement.span;
    assert!(text.get(span.start..span.end).is_some(), "{span:?} is no place in the text");
    assert_eq!(span.line, text[..span.start].matches('\n').count() + 1);
    match &statement.kind {
        StatementKind::If { arms, otherwise } => {
            arms.iter().for_each(|(_, body)| places(body, text));
            otherwise.iter().for_each(|body| places(body, text));
        }
        StatementKind::Foreach { body, .. }
        | StatementKind::Function { body, .. }
        | StatementKind::While { body, .. } => places(body, text),
        StatementKind::Assign { value, .. } => place(value, text),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_read(text in "\\PC{0,120}") {
        places(&parse::script(&text), &text);
        parse::is_powershell(&text);
        parse::is_unfinished(&text);
    }

    #[test]
    fn any_sequence_of_words_is_read(pieces in prop::collection::vec((prop::sample::select(PIECES), any::<bool>()), 0..60)) {
        let text: String = pieces.iter().map(|(piece, blank)| format!("{piece}{}", if *blank { " " } else { "" })).collect();
        places(&parse::script(&text), &text);
        parse::is_powershell(&text);
        parse::is_unfinished(&text);
    }

    #[test]
    fn a_script_with_a_hole_or_a_stranger_in_it_is_read(at in 0..SCRIPT.len(), length in 0usize..12, piece in prop::sample::select(PIECES)) {
        let from = (0..=at).rev().find(|at| SCRIPT.is_char_boundary(*at)).unwrap();
        let to = (from + length).min(SCRIPT.len());
        let text = format!("{}{piece}{}", &SCRIPT[..from], &SCRIPT[to..]);
        places(&parse::script(&text), &text);
    }

    #[test]
    fn a_text_in_quotes_is_read_as_it_is(text in "\\PC{0,40}") {
        let quoted = format!("'{}'", text.replace(['\'', '\u{2018}', '\u{2019}', '\u{201A}', '\u{201B}'], "''"));
        let expected = text.replace(['\u{2018}', '\u{2019}', '\u{201A}', '\u{201B}'], "'");
        let read = super::read(&quoted);
        prop_assert_eq!(read, format!("{expected:?}"));
    }
}

#[test]
fn the_script_of_the_fuzz_has_nothing_unreadable() {
    assert!(!super::read(SCRIPT).contains("unreadable"), "{}", super::read(SCRIPT));
}

#[test]
fn time_grows_with_the_text_and_not_faster() {
    for piece in PIECES.iter().copied().chain([
        "\"$(",
        "a\"$(",
        "[a(",
        "if ($a) {",
        "@{a=",
        "Get-It -Name (",
        "$a.b(",
        "# x\n",
        "$a\n#\n",
        "'a' + ",
        "(\n",
        "{ $_.a }\n",
        "`\"",
        "@\"\n$(",
        "$x = \"$($y)\n",
    ]) {
        let read = |times: usize| {
            let text = piece.repeat(times);
            let started = Instant::now();
            parse::script(&text);
            parse::is_unfinished(&text);
            started.elapsed()
        };

        let took = read(4_000);
        assert!(took < Duration::from_secs(10), "{piece:?} took {took:?}");
    }
}
