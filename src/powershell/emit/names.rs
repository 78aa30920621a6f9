//! Names: PowerShell's in any case become one Rhai name in snake_case that is nobody else's.

use std::collections::{HashMap, HashSet};

/// Words that Rhai keeps for itself, used or not.
const RESERVED: &[&str] = &[
    "let",
    "const",
    "is",
    "var",
    "true",
    "false",
    "if",
    "else",
    "switch",
    "do",
    "while",
    "until",
    "loop",
    "for",
    "in",
    "break",
    "continue",
    "fn",
    "private",
    "import",
    "export",
    "as",
    "return",
    "throw",
    "try",
    "catch",
    "global",
    "this",
    "shared",
    "with",
    "goto",
    "exit",
    "match",
    "case",
    "default",
    "new",
    "public",
    "static",
    "protected",
    "package",
    "super",
    "spawn",
    "thread",
    "go",
    "async",
    "await",
    "sync",
    "yield",
    "void",
    "null",
    "nil",
    "call",
    "curry",
    "type_of",
    "print",
    "debug",
    "eval",
    "is_shared",
    "is_def_var",
    "is_def_fn",
    "use",
    "module",
    "args",
    "ps",
    "unless",
    "function",
    "err",
];

/// `GuestUsers`, `guestUsers`, `Get-GuestReport` -> `guest_users`, `get_guest_report`.
pub fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            if !out.ends_with('_') && !out.is_empty() {
                out.push('_');
            }
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied();
        let after = letters.get(at + 1).copied();
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase()
                        && after.is_some_and(|after| after.is_ascii_lowercase())
                        && !(after == Some('s')
                            && letters.get(at + 2).is_none_or(|next| !next.is_ascii_lowercase())))
            });
        if begins && !out.ends_with('_') {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    let out = out.trim_matches('_');
    match out.chars().next() {
        None => "value".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("value_{out}"),
        Some(_) => out.to_owned(),
    }
}

/// Whether a word can stand after a dot and as a key without quotes.
pub fn is_plain_key(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && name.chars().any(|letter| letter.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !RESERVED.contains(&name)
        && name != "Fn"
}

/// A key of a map literal.
pub fn key(name: &str) -> String {
    if is_plain_key(name) { name.to_owned() } else { super::super::code::quoted(name) }
}

/// `.name`, or `["a name"]` where the dot does not take it.
pub fn member(name: &str) -> String {
    if is_plain_key(name) { format!(".{name}") } else { format!("[{}]", super::super::code::quoted(name)) }
}

/// `guests` -> `guest`, `get_memberships` is left to others; `None` where there is no plural to take off.
pub fn singular(name: &str) -> Option<String> {
    let word = name.rsplit('_').next()?;
    if let Some(stem) = name.strip_suffix("ies").filter(|_| word.len() > 4) {
        return Some(format!("{stem}y"));
    }
    if word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") || word.len() < 4 {
        return None;
    }
    for ending in ["sses", "xes", "ches"] {
        if name.ends_with(ending) {
            return name.strip_suffix("es").map(str::to_owned);
        }
    }
    name.strip_suffix('s').map(str::to_owned)
}

/// Which Rhai name stands for which of PowerShell's.
#[derive(Clone, Debug, Default)]
pub struct Names {
    variables: HashMap<String, String>,
    functions: HashMap<String, String>,
    taken: HashSet<String>,
    spellings: HashMap<String, (String, usize)>,
}

fn humps(name: &str) -> usize {
    snake(name).matches('_').count()
}

impl Names {
    /// Takes notice of a spelling: the one that shows most words names the variable.
    pub fn saw(&mut self, name: &str) {
        let (known, many) =
            self.spellings.entry(name.to_lowercase()).or_insert_with(|| (name.to_owned(), humps(name)));
        let here = humps(name);
        if here > *many {
            (*known, *many) = (name.to_owned(), here);
        }
    }

    pub fn variable(&mut self, name: &str) -> String {
        let lower = name.to_lowercase();
        if let Some(known) = self.variables.get(&lower) {
            return known.clone();
        }
        let spelling = self.spellings.get(&lower).map_or(name, |(spelling, _)| spelling.as_str());
        let chosen = self.free(snake(spelling));
        self.variables.insert(lower, chosen.clone());
        chosen
    }

    /// Takes in a name that was made without the translation: `$user_name` and `$UserName` both mean `user_name`.
    pub fn adopt(&mut self, rhai: &str) {
        if self.taken.insert(rhai.to_owned()) {
            for lower in [rhai.to_lowercase(), rhai.to_lowercase().replace('_', "")] {
                self.variables.entry(lower).or_insert_with(|| rhai.to_owned());
            }
        }
    }

    /// PowerShell's names, in lower case, of the variables that have one of these names here.
    pub fn of(&self, there: &HashSet<&str>) -> HashSet<String> {
        let is_there =
            |(lower, rhai): (&String, &String)| there.contains(rhai.as_str()).then(|| lower.clone());
        self.variables.iter().filter_map(is_there).collect()
    }

    pub fn function(&mut self, name: &str) -> String {
        let lower = name.to_lowercase();
        if let Some(known) = self.functions.get(&lower) {
            return known.clone();
        }
        let plain = snake(name);
        let wanted = if is_verb(&plain) || RESERVED.contains(&plain.as_str()) {
            format!("script_{plain}")
        } else {
            plain
        };
        let chosen = self.free(wanted);
        self.functions.insert(lower, chosen.clone());
        chosen
    }

    /// A name that nothing else has, as near to the wanted one as can be.
    fn free(&mut self, wanted: String) -> String {
        let plain = match RESERVED.contains(&wanted.as_str()) || is_verb(&wanted) {
            true => format!("{wanted}_value"),
            false => wanted,
        };
        let mut chosen = plain.clone();
        let mut number = 2;
        while self.taken.contains(&chosen) {
            chosen = format!("{plain}_{number}");
            number += 1;
        }
        self.taken.insert(chosen.clone());
        chosen
    }

    /// A variable that only the translation has.
    pub fn fresh(&mut self, wanted: &str) -> String {
        self.free(wanted.to_owned())
    }

    pub fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    pub fn is_reserved(name: &str) -> bool {
        RESERVED.contains(&name) || is_verb(name)
    }
}

fn is_verb(name: &str) -> bool {
    crate::catalogue::entries().iter().any(|entry| entry.card.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn humps_become_words() {
        for (name, wanted) in [
            ("GuestUsers", "guest_users"),
            ("userRefObjectId", "user_ref_object_id"),
            ("scoperesourceID", "scoperesource_id"),
            ("Get-GuestReport", "get_guest_report"),
            ("UPN", "upn"),
            ("UserIDs", "user_ids"),
            ("CSVPath", "csv_path"),
            ("_x", "x"),
            ("90days", "value_90days"),
            ("?", "value"),
        ] {
            assert_eq!(snake(name), wanted);
        }
    }

    #[test]
    fn a_name_is_nobody_elses() {
        let mut names = Names::default();
        names.saw("username");
        names.saw("UserName");
        assert_eq!(names.variable("USERNAME"), "user_name");
        assert_eq!(names.variable("user_name"), "user_name_2");
        assert_eq!(names.variable("default"), "default_value");
        assert_eq!(names.variable("get_users"), "get_users_value");
        assert_eq!(names.function("Get-Users"), "script_get_users");
    }
}
