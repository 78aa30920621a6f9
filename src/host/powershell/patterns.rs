//! Wildcards and regular expressions, as far as they are the same in .NET and here.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use regex::Regex;
use rhai::{Array, Dynamic, Map, Module};

use super::lists::items;
use super::text::text;
use super::{Outcome, invalid, native};

/// Patterns are few and used in loops.
const KEPT: usize = 256;

fn compiled(pattern: &str) -> Result<Regex, String> {
    static KNOWN: OnceLock<Mutex<HashMap<String, Regex>>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    if let Some(regex) = known.lock().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return Ok(regex.clone());
    }
    let regex = Regex::new(pattern).map_err(|error| {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        match last.contains("look-around") || last.contains("backreference") {
            true => format!("the pattern `{pattern}` looks around or back, which is not supported here"),
            false => format!("`{pattern}` is no regular expression: {last}"),
        }
    })?;
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

/// A regular expression of .NET's. What differs in spelling is changed; what is not there is an error that says so.
pub fn regex(pattern: &str, exact: bool) -> Result<Regex, Box<rhai::EvalAltResult>> {
    let pattern = spelled(&quoted_groups(&pattern.replace("(?'", "(?<")));
    let whole = if exact { pattern } else { format!("(?i){pattern}") };
    compiled(&whole).map_err(invalid)
}

/// `\Z` and `\h`, which are not known here by these names; a back-slash before another one is none.
fn spelled(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match (letter, if letter == '\\' { letters.next() } else { None }) {
            ('\\', Some('Z')) => out.push_str("\\n?\\z"),
            ('\\', Some('h')) => out.push_str("[ \\t]"),
            (letter, after) => {
                out.push(letter);
                out.extend(after);
            }
        }
    }
    out
}

/// `(?'name'...)` became `(?<name'...)`; the second apostrophe follows.
fn quoted_groups(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(place) = rest.find("(?<") {
        out.push_str(&rest[..place + 3]);
        rest = &rest[place + 3..];
        let name: usize = rest
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .map(char::len_utf8)
            .sum();
        if name > 0 && rest[name..].starts_with('\'') {
            out.push_str(&rest[..name]);
            out.push('>');
            rest = &rest[name + 1..];
        }
    }
    out.push_str(rest);
    out
}

/// `*`, `?`, `[a-z]`, and a back-tick before one that is meant as it is.
pub fn wildcard(pattern: &str, exact: bool) -> Result<Regex, Box<rhai::EvalAltResult>> {
    let mut out = String::from(if exact { "(?s)\\A" } else { "(?is)\\A" });
    let letters: Vec<char> = pattern.chars().collect();
    let mut place = 0;
    while let Some(&letter) = letters.get(place) {
        place += 1;
        match letter {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '`' if place < letters.len() => {
                out.push_str(&regex::escape(&letters[place].to_string()));
                place += 1;
            }
            '[' => match letters[place..].iter().position(|letter| *letter == ']').filter(|end| *end > 0) {
                Some(end) => {
                    let set: String = letters[place..place + end].iter().collect();
                    let set = set
                        .replace('\\', "\\\\")
                        .replace('[', "\\[")
                        .replace('^', "\\^")
                        .replace('&', "\\&")
                        .replace('~', "\\~");
                    out.push_str(&format!("[{set}]"));
                    place += end + 1;
                }
                None => return Err(invalid(format!("`{pattern}` has a `[` without its `]`"))),
            },
            _ => out.push_str(&regex::escape(&letter.to_string())),
        }
    }
    out.push_str("\\z");
    compiled(&out).map_err(invalid)
}

/// Whether a value or an element of a list passes.
fn any(value: &Dynamic, regex: &Regex) -> Dynamic {
    match items(value) {
        Some(list) => {
            let kept: Array = list.into_iter().filter(|item| regex.is_match(&text(item))).collect();
            super::compare::truth(&kept.into()).into()
        }
        None => regex.is_match(&text(value)).into(),
    }
}

fn groups(value: &Dynamic, regex: &Regex) -> Dynamic {
    let whole = text(value);
    let Some(found) = regex.captures(&whole) else { return Dynamic::UNIT };
    let mut map = Map::new();
    for (place, name) in regex.capture_names().enumerate() {
        if let Some(group) = found.get(place) {
            let key = name.map_or_else(|| place.to_string(), str::to_owned);
            map.insert(key.as_str().into(), group.as_str().to_owned().into());
        }
    }
    map.into()
}

/// `$1`, `${name}`, `$&` and `$$` of .NET; a `$` before anything else is itself.
fn replacement(with: &str, found: &regex::Captures<'_>) -> String {
    let mut out = String::new();
    let mut rest = with;
    while let Some(place) = rest.find('$') {
        out.push_str(&rest[..place]);
        let tail = &rest[place + 1..];
        let digits: usize = tail.bytes().take_while(u8::is_ascii_digit).count();
        let named = tail.strip_prefix('{').and_then(|inner| inner.split_once('}')).map(|(name, _)| name);
        if let Some(after) = tail.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = tail.strip_prefix('&') {
            out.push_str(found.get(0).map_or("", |group| group.as_str()));
            rest = after;
        } else if let Some(group) = tail[..digits].parse::<usize>().ok().and_then(|number| found.get(number))
        {
            out.push_str(group.as_str());
            rest = &tail[digits..];
        } else if digits > 0 && tail[..digits].parse::<usize>().is_ok_and(|number| number < found.len()) {
            rest = &tail[digits..];
        } else if let Some(name) = named {
            let group =
                name.parse::<usize>().ok().and_then(|number| found.get(number)).or_else(|| found.name(name));
            out.push_str(group.map_or("", |group| group.as_str()));
            rest = &tail[name.len() + 2..];
        } else {
            out.push('$');
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}

fn replaced(value: &Dynamic, regex: &Regex, with: &str) -> Dynamic {
    let one = |value: &Dynamic| -> Dynamic {
        regex
            .replace_all(&text(value), |found: &regex::Captures<'_>| replacement(with, found))
            .into_owned()
            .into()
    };
    match items(value) {
        Some(list) => list.iter().map(one).collect::<Array>().into(),
        None => one(value),
    }
}

/// Groups in the pattern come out as well, as PowerShell has it.
fn split(value: &Dynamic, regex: &Regex, limit: i64) -> Outcome {
    let limit = if limit <= 0 { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) };
    let mut parts = Array::new();
    for whole in items(value).unwrap_or_else(|| vec![value.clone()]) {
        let whole = text(&whole);
        let (mut from, mut made) = (0, 1);
        for found in regex.captures_iter(&whole) {
            let Some(hit) = found.get(0) else { continue };
            if made >= limit {
                break;
            }
            // An empty match at either end divides nothing.
            if hit.is_empty() && (hit.start() == 0 || hit.end() == whole.len()) && regex.as_str() != "(?i)" {
                continue;
            }
            parts.push(whole[from..hit.start()].to_owned().into());
            for group in found.iter().skip(1).flatten() {
                parts.push(group.as_str().to_owned().into());
            }
            from = hit.end();
            made += 1;
        }
        parts.push(whole[from..].to_owned().into());
    }
    Ok(parts.into())
}

pub fn register(module: &mut Module) {
    for (suffix, exact) in [("", false), ("_exact", true)] {
        native!(module, format!("like{suffix}"), |x, pattern| Ok(any(
            &x,
            &wildcard(&text(&pattern), exact)?
        )));
        native!(module, format!("matches{suffix}"), |x, pattern| Ok(any(
            &x,
            &regex(&text(&pattern), exact)?
        )));
        native!(module, format!("groups{suffix}"), |x, pattern| Ok(groups(
            &x,
            &regex(&text(&pattern), exact)?
        )));
        native!(module, format!("replace{suffix}"), |x, pattern, with| {
            Ok(replaced(&x, &regex(&text(&pattern), exact)?, &text(&with)))
        });
        native!(module, format!("replace{suffix}"), |x, pattern| Ok(replaced(
            &x,
            &regex(&text(&pattern), exact)?,
            ""
        )));
        native!(module, format!("split{suffix}"), |x, pattern| split(&x, &regex(&text(&pattern), exact)?, 0));
        native!(module, format!("split{suffix}"), |x, pattern, limit| {
            split(&x, &regex(&text(&pattern), exact)?, limit.as_int().unwrap_or(0))
        });
    }
    native!(module, "escape", |x| Ok(regex::escape(&text(&x)).into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str) -> bool {
        wildcard(pattern, false).unwrap().is_match(text)
    }

    #[test]
    fn wildcards_match_the_whole_text_in_any_case() {
        assert!(like("ann_fabrikam.example#EXT#@contoso", "*#ext#*"));
        assert!(!like("guest", "gues"));
        assert!(like("Guest", "g?est"));
        assert!(like("a*b", "a`*b") && !like("axb", "a`*b"));
        assert!(like("b1", "[a-c][0-9]") && !like("d1", "[a-c]*"));
        assert!(like("line\nline", "line*line"));
        assert!(wildcard("a[", false).is_err());
    }

    #[test]
    fn regular_expressions_of_dotnet_are_read() {
        assert!(regex("^(?'name'a)$", true).unwrap().is_match("a"));
        assert!(regex("EXT", false).unwrap().is_match("#ext#"));
        assert!(regex("(?<=a)b", false).is_err() && regex("(a)\\1", false).is_err());
    }

    #[test]
    fn replacements_name_groups() {
        let regex = regex("(\\w+)_(?<domain>[^#]+)#EXT#.*", false).unwrap();
        let value = "ann_fabrikam.example#EXT#@contoso.example".to_owned().into();
        assert_eq!(text(&replaced(&value, &regex, "$1@${domain}")), "ann@fabrikam.example");
        assert_eq!(text(&replaced(&value, &regex, "$$1 $x")), "$1 $x");
    }

    #[test]
    fn splitting_keeps_empty_parts_and_obeys_its_limit() {
        let parts = |value: &str, pattern: &str, limit: i64| {
            let list = split(&value.to_owned().into(), &regex(pattern, false).unwrap(), limit).unwrap();
            items(&list).unwrap().iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(parts("a,b,,c", ",", 0), ["a", "b", "", "c"]);
        assert_eq!(parts("a@b@c", "@", 2), ["a", "b@c"]);
        assert_eq!(parts("a1b", "(\\d)", 0), ["a", "1", "b"]);
    }
}
