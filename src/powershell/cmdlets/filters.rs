//! Filters: written for old modules with their quirks, understood by Graph.

use super::super::code::{Code, Gives, Level, Piece, Pieces, quoted};
use super::layout::native;
use super::properties::name_in;
use crate::verbs::shapes::Shape;

/// A filter that Graph takes. What was put into quotes by the script is escaped, as an apostrophe in a name would end the text.
pub fn translated(value: &Code, shape: Option<&'static Shape>) -> Code {
    if let Some(text) = &value.literal {
        let translated = names(text, shape);
        // A variable that holds it already stays the variable.
        let is_variable = !value.text.starts_with(['"', '`']);
        return if is_variable && translated == *text { value.clone() } else { Code::string(&translated) };
    }
    match &value.pieces {
        Pieces::Template(pieces) => template(pieces, shape),
        _ => value.clone(),
    }
}

fn template(pieces: &[Piece], shape: Option<&'static Shape>) -> Code {
    let mut text = String::from("`");
    let mut parts = Vec::new();
    let mut quoted = false;
    for piece in pieces {
        match piece {
            Piece::Text(part) => {
                let part = named(part, shape, &mut quoted);
                text.push_str(&escaped(&part));
                parts.push(Piece::Text(part));
            }
            Piece::Value(code) => {
                // Ids and dates have no apostrophes.
                let plain = !quoted || matches!(code.gives, Gives::Date | Gives::Number) || is_id(&code.text);
                let inside = if plain { code.clone() } else { native("quoted", std::slice::from_ref(code)) };
                text.push_str(&format!("${{{}}}", inside.text));
                parts.push(Piece::Value(inside));
            }
        }
    }
    text.push('`');
    Code { pieces: Pieces::Template(parts), ..Code::atom(text).giving(Gives::Text) }
}

/// Whether an expression ends in a name for an id.
pub fn is_id(text: &str) -> bool {
    let last = text.rsplit(['.', ' ', '(']).next().unwrap_or(text);
    last == "id" || last.ends_with("_id") || last.ends_with("Id")
}

/// Text of a template in back-ticks, where only these two mean something.
pub fn escaped(text: &str) -> String {
    text.replace('`', "``").replace("${", "${\"${\"}")
}

fn names(text: &str, shape: Option<&'static Shape>) -> String {
    let mut quoted = false;
    named(text, shape, &mut quoted)
}

/// Words outside quotes in Graph's own letter case: properties by their names, operators and functions in small letters.
fn named(text: &str, shape: Option<&'static Shape>, quoted: &mut bool) -> String {
    const WORDS: &[&str] = &[
        "eq",
        "ne",
        "gt",
        "ge",
        "lt",
        "le",
        "and",
        "or",
        "not",
        "in",
        "has",
        "null",
        "true",
        "false",
        "any",
        "all",
        "startsWith",
        "endsWith",
        "contains",
    ];
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        if word.is_empty() {
            return;
        }
        let bare = word.trim_start_matches('$');
        let known = WORDS.iter().find(|known| known.eq_ignore_ascii_case(bare));
        match known {
            // `$true` and `$false` of a filter in single quotes mean true and false.
            Some(known) => out.push_str(known),
            None if is_property(word) => {
                let parts = word.split('/').enumerate().map(|(place, part)| match place {
                    0 => name_in(part, shape),
                    _ => crate::words::camel(part),
                });
                let parts: Vec<String> = parts.collect();
                out.push_str(&parts.join("/"));
            }
            None => out.push_str(word),
        }
        word.clear();
    };
    for letter in text.chars() {
        if *quoted {
            *quoted = letter != '\'';
            out.push(letter);
            continue;
        }
        if letter.is_alphanumeric() || matches!(letter, '_' | '/' | '$' | '.' | ':' | '-' | '@' | '#') {
            word.push(letter);
            continue;
        }
        flush(&mut word, &mut out);
        match letter {
            '\'' => {
                *quoted = true;
                out.push('\'');
            }
            // Old modules took either; Graph takes apostrophes.
            '"' | '\u{2018}' | '\u{2019}' => {
                out.push('\'');
                *quoted = letter != '\u{2019}' && !*quoted;
            }
            _ => out.push(letter),
        }
    }
    flush(&mut word, &mut out);
    out
}

/// Names begin with a letter and have no digits of a date or id in front.
fn is_property(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_alphabetic)
        && word.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '/' | '_'))
        && (word.len() != 1)
}

/// The text that a literal or a template says, for use inside apostrophes of a filter.
fn in_quotes(value: &Code) -> String {
    match &value.literal {
        Some(text) => escaped(&text.replace('\'', "''")),
        None if is_id(&value.text) => format!("${{{}}}", value.text),
        None => format!("${{ps::quoted({})}}", value.text),
    }
}

/// `property eq 'value'`, `startsWith(property, 'value')`: as text for a template.
pub fn condition(property: &str, operator: &str, value: &Code) -> String {
    match operator {
        "startsWith" | "contains" => format!("{operator}({property}, '{}')", in_quotes(value)),
        _ if matches!(value.gives, Gives::Truth | Gives::Number) => match value.text.as_str() {
            "true" | "false" => format!("{property} {operator} {}", value.text),
            text => format!("{property} {operator} ${{{text}}}"),
        },
        _ => format!("{property} {operator} '{}'", in_quotes(value)),
    }
}

/// A filter of conditions that `condition` made, with the one that was given besides.
pub fn all_of(given: Option<Code>, conditions: &[String]) -> Code {
    let mut whole = conditions.join(" and ");
    if let Some(given) = given {
        let text = match (&given.literal, &given.pieces) {
            (Some(text), _) => escaped(text),
            (None, Pieces::Template(_)) if given.text.starts_with('`') => {
                given.text.trim_start_matches('`').trim_end_matches('`').to_owned()
            }
            _ => format!("${{{}}}", given.text),
        };
        whole = if conditions.is_empty() { text } else { format!("({text}) and {whole}") };
    }
    match whole.contains("${") || whole.contains("``") {
        true => Code::new(format!("`{whole}`"), Level::Atom).giving(Gives::Text),
        false => Code { literal: Some(whole.clone()), ..Code::atom(quoted(&whole)).giving(Gives::Text) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::shapes::USER;

    fn plain(text: &str) -> String {
        names(text, Some(&USER))
    }

    #[test]
    fn names_are_in_the_services_letters() {
        for (old, new) in [
            ("displayname eq 'Ann Lee (Fabrikam)'", "displayName eq 'Ann Lee (Fabrikam)'"),
            (
                "UserType eq 'Guest' and AccountEnabled EQ true",
                "userType eq 'Guest' and accountEnabled eq true",
            ),
            ("startswith(DisplayName,'UserType Eq')", "startsWith(displayName,'UserType Eq')"),
            ("UserState eq 'PendingAcceptance'", "externalUserState eq 'PendingAcceptance'"),
            ("createdDateTime ge 2026-01-01T00:00:00Z", "createdDateTime ge 2026-01-01T00:00:00Z"),
            (
                "proxyAddresses/any(c:c eq 'smtp:a@b.example')",
                "proxyAddresses/any(c:c eq 'smtp:a@b.example')",
            ),
            (
                "signInActivity/LastSignInDateTime le 2026-01-01",
                "signInActivity/lastSignInDateTime le 2026-01-01",
            ),
            ("accountEnabled eq $true", "accountEnabled eq true"),
            ("Mail eq 'o''neil@fabrikam.example'", "mail eq 'o''neil@fabrikam.example'"),
        ] {
            assert_eq!(plain(old), new);
        }
    }

    #[test]
    fn a_value_in_quotes_has_its_apostrophes_doubled() {
        let pieces = vec![
            Piece::Text("DisplayName eq '".into()),
            Piece::Value(Code::atom("name")),
            Piece::Text("' and ID eq '".into()),
            Piece::Value(Code::atom("user.id")),
            Piece::Text("'".into()),
        ];
        let code = Code { pieces: Pieces::Template(pieces), ..Code::atom("") };
        let text = translated(&code, Some(&USER)).text;
        assert_eq!(text, "`displayName eq '${ps::quoted(name)}' and id eq '${user.id}'`");
    }
}
