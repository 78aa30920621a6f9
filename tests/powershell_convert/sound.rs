//! Whatever comes in, what comes out is Rhai. `PROPTEST_CASES=5000` tries more than the usual 256.

use proptest::prelude::*;
use usher::powershell::{Session, convert};

/// Pieces of scripts, whole and broken, that are put together at random.
const PIECES: &[&str] = &[
    "$x",
    "$Y",
    "$_",
    "$x.Mail",
    "$x[0]",
    "$x.ToLower()",
    "'text'",
    "\"a $x $($y.z)\"",
    "@{ a = 1; b = $x }",
    "@(1, 2)",
    "5",
    "1.5",
    "$true",
    "$null",
    "-eq",
    "-ne",
    "-gt",
    "-like",
    "-match",
    "-and",
    "-or",
    "-not",
    "+",
    "-",
    "*",
    "/",
    "=",
    "+=",
    "++",
    "..",
    "-f",
    "-join",
    "-split",
    ",",
    "(",
    ")",
    "{",
    "}",
    "$(",
    "@(",
    "@{",
    "[int]",
    "[datetime]",
    ";",
    "\n",
    "|",
    "if",
    "else",
    "elseif",
    "foreach",
    "in",
    "for",
    "while",
    "do",
    "until",
    "switch",
    "function Get-It",
    "param($a)",
    "return",
    "break",
    "continue",
    "try",
    "catch",
    "finally",
    "throw",
    "exit",
    "Get-MgUser",
    "-All",
    "-Filter",
    "ForEach-Object",
    "Where-Object",
    "Select-Object",
    "Sort-Object",
    "Export-Csv",
    "Write-Host",
    "Remove-MgUser",
    "-UserId",
    "@params",
    "# note\n",
    "<# block #>",
    "`",
    "\"",
    "'",
    "@\"\n",
    "\n\"@",
    "&&",
    "??",
    "?",
    ":",
    "$script:x",
    "$env:X",
    "[math]::Round(1.5)",
    "$x = ",
    "foreach ($i in 1..3) {",
    "if ($x) {",
    "function F($p) {",
    "try {",
    "} catch {",
    "$Error[0]",
    "class X {",
    "::",
    "$matches",
    "-replace",
    "begin {",
    "process {",
    "Get-It",
    "F",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_pieces_become_something_that_parses(parts in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        super::parses(&convert(&parts.join(" ")).code);
    }

    #[test]
    fn lines_that_were_cut_parse(at in 0usize..6000, length in 1usize..400) {
        let whole = concat!(
            include_str!("golden/functions.ps1"),
            include_str!("golden/language.ps1"),
            include_str!("golden/bulk-invite.ps1")
        );
        let from = at % whole.len();
        let piece: String = whole.chars().skip(from).take(length).collect();
        super::parses(&convert(&piece).code);
    }

    #[test]
    fn a_prompt_takes_anything(lines in prop::collection::vec(prop::collection::vec(prop::sample::select(PIECES), 0..12), 1..4)) {
        let engine = super::engine();
        let mut scope = super::scope();
        let mut session = Session::new();
        for line in lines {
            let code = session.line(&line.join(" ")).code;
            if let Err(error) = engine.compile_with_scope(&scope, &code) {
                panic!("{error}\n{line:?}\n{code}");
            }
            // What a prompt would keep: the variables, though nothing is run here.
            for name in declared(&code) {
                scope.push_dynamic(name, rhai::Dynamic::UNIT);
            }
        }
    }
}

/// Variables that a piece of code declares at its outermost level.
fn declared(code: &str) -> Vec<String> {
    code.lines()
        .filter_map(|line| line.strip_prefix("let "))
        .filter_map(|rest| rest.split([' ', '=']).next().map(str::to_owned))
        .collect()
}

#[test]
fn nothing_gives_nothing() {
    assert_eq!(convert("").code, "");
    assert_eq!(convert("\n\n").code, "");
}

#[test]
fn what_lies_very_deep_is_refused_and_not_overflown() {
    let deep = format!("{}1{}", "(".repeat(300), ")".repeat(300));
    super::parses(&convert(&format!("$x = {deep}\n'after'")).code);
    let nested = format!("{}'in'{}", "if ($a) { ".repeat(200), " }".repeat(200));
    super::parses(&convert(&nested).code);
}
