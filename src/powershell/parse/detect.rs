//! Whether a line at the prompt is PowerShell, and whether more of it is to come.

use super::lexer::{is_dash, is_double_quote, is_single_quote, is_word_operator, lex};
use super::token::{Kind, Lexed, RawPart};

/// Verbs that cmdlets begin with: the approved ones that admins meet.
const VERBS: &[&str] = &[
    "add",
    "approve",
    "assert",
    "backup",
    "block",
    "checkpoint",
    "clear",
    "close",
    "compare",
    "complete",
    "compress",
    "confirm",
    "connect",
    "convert",
    "convertfrom",
    "convertto",
    "copy",
    "debug",
    "deny",
    "disable",
    "disconnect",
    "dismount",
    "edit",
    "enable",
    "enter",
    "exit",
    "expand",
    "export",
    "find",
    "foreach",
    "format",
    "get",
    "grant",
    "group",
    "hide",
    "import",
    "initialize",
    "install",
    "invoke",
    "join",
    "limit",
    "lock",
    "measure",
    "merge",
    "mount",
    "move",
    "new",
    "open",
    "out",
    "ping",
    "pop",
    "protect",
    "publish",
    "push",
    "read",
    "receive",
    "redo",
    "register",
    "remove",
    "rename",
    "repair",
    "request",
    "reset",
    "resize",
    "resolve",
    "restart",
    "restore",
    "resume",
    "revoke",
    "save",
    "search",
    "select",
    "send",
    "set",
    "show",
    "skip",
    "sort",
    "split",
    "start",
    "step",
    "stop",
    "submit",
    "suspend",
    "switch",
    "sync",
    "tee",
    "test",
    "trace",
    "unblock",
    "undo",
    "uninstall",
    "unlock",
    "unprotect",
    "unpublish",
    "unregister",
    "update",
    "upgrade",
    "use",
    "wait",
    "watch",
    "where",
    "write",
];

/// Short names that stand behind a pipe.
const SHORT_NAMES: &[&str] = &[
    "%", "?", "select", "where", "foreach", "sort", "group", "measure", "ft", "fl", "fw", "tee", "gm", "oh",
];

/// Whether text is PowerShell rather than Rhai: it begins as only PowerShell can.
pub fn is_powershell(text: &str) -> bool {
    let text = after_comments(text);
    let mut characters = text.chars();
    let first = characters.next().unwrap_or('\0');
    let second = characters.next().unwrap_or('\0');
    match first {
        '$' => second.is_alphanumeric() || matches!(second, '_' | '(' | '{' | '?' | '$' | '^'),
        '@' => matches!(second, '(' | '{' | '"' | '\'') || second.is_alphanumeric(),
        '&' => second.is_whitespace() || matches!(second, '$' | '"' | '\'' | '(' | '{'),
        '.' => matches!(second, '\\' | '/') || second.is_whitespace() && !text[1..].trim_start().is_empty(),
        '[' => is_type_first(text),
        '<' => second == '#',
        c if c.is_alphabetic() || c == '_' => is_word_first(text),
        c if c.is_ascii_digit()
            || is_single_quote(c)
            || is_double_quote(c)
            || matches!(c, '(' | '!' | '-' | '{')
            || is_dash(c) =>
        {
            is_expression_first(text)
        }
        _ => false,
    }
}

/// Comments of PowerShell that stand first are skipped; where nothing else follows they stay.
fn after_comments(text: &str) -> &str {
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    while rest.starts_with('#') && !rest.starts_with("#{") || rest.starts_with("<#") {
        let end = if rest.starts_with('#') { rest.find('\n') } else { rest.find("#>").map(|at| at + 2) };
        let Some(end) = end else { return "<#" };
        let next = rest[end..].trim_start();
        if next.is_empty() {
            return "<#";
        }
        rest = next;
    }
    rest
}

/// `[string]$name`, `[math]::Round(2.5)`, `[CmdletBinding()]`: a list of Rhai goes on otherwise.
fn is_type_first(text: &str) -> bool {
    let lexed = lex(text);
    let behind = lexed.tokens.get(1).map(|token| &token.kind);
    match lexed.tokens.first().map(|token| &token.kind) {
        Some(Kind::Attribute) => {
            // In Rhai this is a list that begins with a call.
            behind.is_none() && is_attribute(text) || says_param_or_variable(&lexed)
        }
        Some(Kind::Type) => match behind {
            Some(Kind::Variable | Kind::Type | Kind::Quoted(_) | Kind::Number) => true,
            Some(Kind::Static) => true,
            Some(Kind::Open { .. }) => {
                let open = lexed.tokens.get(1).map(|token| &text[token.start..token.end]);
                matches!(open, Some("@{" | "@(" | "$("))
            }
            _ => false,
        },
        _ => false,
    }
}

/// `[CmdletBinding()]`, `[Parameter(Mandatory)]` and their like, alone on a line that goes on below.
fn is_attribute(text: &str) -> bool {
    const NAMES: &[&str] = &["cmdletbinding", "parameter", "alias", "outputtype"];
    let name: String =
        text.chars().skip(1).take_while(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    NAMES.contains(&name.as_str()) || name.starts_with("validate") || name.starts_with("allow")
}

fn says_param_or_variable(lexed: &Lexed) -> bool {
    lexed.tokens.iter().skip(1).any(|token| match &token.kind {
        Kind::Variable => true,
        Kind::Keyword(word) => word == "param",
        _ => false,
    })
}

fn is_word_first(text: &str) -> bool {
    let word: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '\\') || is_dash(*c))
        .collect();
    let rest = &text[word.len()..];
    let lower = word.to_lowercase();
    if matches!(lower.as_str(), "powershell" | "powershell.exe" | "pwsh" | "pwsh.exe") {
        return rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace());
    }
    if is_cmdlet(&word, rest) {
        // `New-MgInvitation(#{ ... })` is a call of Rhai's by a cmdlet's name.
        return !rest.starts_with("(#{");
    }
    match lower.as_str() {
        "function" | "filter" => {
            let name = rest.trim_start();
            rest.starts_with(char::is_whitespace)
                && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && name.contains(['{', '\n', '('])
                || rest.starts_with(char::is_whitespace) && name.split_whitespace().count() == 1
        }
        "param" => rest.trim_start().starts_with('(') && has_variable(text),
        "foreach" => rest.trim_start().starts_with('(') && has_variable(text),
        "if" | "while" | "for" | "switch" | "try" | "do" | "return" | "throw" | "trap" | "begin"
        | "process" | "end" | "else" | "elseif" | "exit" | "class" | "enum" => {
            has_variable(text) || !rest.trim_start().starts_with('(') && has_cmdlet(text)
        }
        "using" => {
            let kind = rest.split_whitespace().next().unwrap_or("").to_lowercase();
            matches!(kind.as_str(), "namespace" | "module" | "assembly")
        }
        // `gci | select Name`
        _ => {
            rest.trim_start().starts_with('|')
                && !rest.trim_start().starts_with("||")
                && pipes_into_command(text)
        }
    }
}

/// `Get-Thing`, in any case. `a-b` is a subtraction: letters alone do not make a cmdlet, a verb or what follows has to.
fn is_cmdlet(word: &str, rest: &str) -> bool {
    let name = word.rsplit('\\').next().unwrap_or(word);
    let Some((verb, noun)) = name.split_once(is_dash) else { return false };
    let noun_fits = noun.starts_with(char::is_alphabetic)
        && noun.chars().all(|c| c.is_alphanumeric() || c == '_' || is_dash(c));
    let next = rest.chars().next().unwrap_or('\n');
    if !noun_fits
        || verb.is_empty()
        || !verb.chars().all(char::is_alphabetic)
        || !(next.is_whitespace() || ";|({})".contains(next))
    {
        return false;
    }
    if crate::catalogue::find(name).is_some() {
        return true;
    }
    let known_verb = VERBS.contains(&verb.to_lowercase().as_str());
    let capitals = verb.starts_with(char::is_uppercase) && noun.starts_with(char::is_uppercase);
    let behind = rest.trim_start_matches([' ', '\t']);
    // No expression of Rhai goes on with another operand or with `-Name`.
    let argument = rest.starts_with([' ', '\t'])
        && behind
            .starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '\'' | '$' | '@') || is_dash(c))
        && (!behind.starts_with(is_dash)
            || behind.chars().nth(1).is_some_and(char::is_alphabetic) && !is_spaced_minus(behind));
    let says_enough = noun.len() > 3
        && matches!(
            verb.to_lowercase().as_str(),
            "get" | "connect" | "disconnect" | "import" | "export" | "install" | "invoke" | "write"
        );
    capitals || known_verb && (argument || says_enough)
}

/// `- b`: a minus with a blank behind it.
fn is_spaced_minus(text: &str) -> bool {
    text.chars().nth(1).is_none_or(char::is_whitespace)
}

/// `"a", "b" | ForEach-Object { }`, `(Get-MgUser -All).Count`, `5 -eq 5`.
fn is_expression_first(text: &str) -> bool {
    let lexed = lex(text);
    let tokens = &lexed.tokens;
    let mut names = tokens.iter().filter(|token| matches!(token.kind, Kind::Name(_)));
    match text.chars().next() {
        Some('(' | '{') => {
            let first_is_cmdlet = names.next().is_some_and(|token| {
                let word = &text[token.start..token.end];
                token.start <= text.len() - text.trim_start_matches(['(', '{', ' ', '\t']).len()
                    && is_cmdlet(word, &text[token.end..])
            });
            first_is_cmdlet || has_variable(text) || pipes_into_command(text)
        }
        _ => {
            let word_operator = tokens.iter().any(|token| {
                matches!(&token.kind, Kind::Operator(operator) if is_word_operator(operator))
                    || matches!(&token.kind, Kind::Unary(operator) if operator.starts_with(|c: char| c.is_ascii_alphabetic()))
            });
            word_operator
                || pipes_into_command(text)
                || has_variable(text) && !text.starts_with(['"', '\'', '`'])
        }
    }
}

/// A variable of PowerShell outside of strings. Rhai has no dollar sign of its own but in a template's `${`.
fn has_variable(text: &str) -> bool {
    if text.contains('`') && text.contains("${") {
        return false;
    }
    lex(text).tokens.iter().any(|token| {
        matches!(token.kind, Kind::Variable | Kind::Splat) && !text[token.start..].starts_with("${")
    })
}

fn has_cmdlet(text: &str) -> bool {
    lex(text).tokens.iter().any(|token| {
        matches!(token.kind, Kind::Name(_)) && is_cmdlet(&text[token.start..token.end], &text[token.end..])
    })
}

/// Whether a pipe leads into a cmdlet or one of the short names.
fn pipes_into_command(text: &str) -> bool {
    let lexed = lex(text);
    lexed.tokens.windows(2).any(|pair| {
        let [pipe, name] = pair else { return false };
        let (Kind::Pipe, Kind::Name(parts)) = (&pipe.kind, &name.kind) else { return false };
        let [RawPart::Text(word)] = parts.as_slice() else { return false };
        SHORT_NAMES.contains(&word.to_lowercase().as_str())
            || is_cmdlet(word, text.get(name.end..).unwrap_or(""))
    })
}

/// Whether brackets, quotes, a here-string, a comment, a pipe, an operator or the head of a block are still open at the end.
pub fn is_unfinished(text: &str) -> bool {
    let lexed = lex(text);
    let open = lexed.open;
    if open.bracket || open.comment || open.continued || open.quote {
        return true;
    }
    let last = lexed.tokens.iter().rev().find(|token| !matches!(token.kind, Kind::Newline));
    let Some(last) = last else { return false };
    match &last.kind {
        Kind::Pipe
        | Kind::Chain(_)
        | Kind::Comma
        | Kind::Assign(_)
        | Kind::Unary(_)
        | Kind::Question
        | Kind::Colon => true,
        Kind::Dot { .. } | Kind::Static | Kind::Attribute => true,
        Kind::Operator(operator) => !matches!(operator.as_str(), "++" | "--"),
        Kind::Keyword(word) => !matches!(word.as_str(), "return" | "throw" | "exit" | "break" | "continue"),
        _ => lexed.headed || tries_alone(&lexed),
    }
}

/// `try { }` waits for its `catch`, `do { }` for its `while`.
fn tries_alone(lexed: &Lexed) -> bool {
    let mut waiting = 0usize;
    for token in &lexed.tokens {
        let Kind::Keyword(word) = &token.kind else { continue };
        match word.as_str() {
            "try" | "do" => waiting += 1,
            "catch" | "finally" | "while" | "until" => waiting = waiting.saturating_sub(1),
            _ => {}
        }
    }
    waiting > 0
}
