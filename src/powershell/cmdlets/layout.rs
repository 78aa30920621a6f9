//! How calls and maps are laid out: on one line where they fit, a key on each line where they do not.

use super::super::code::{Code, Gives, Level, Pieces, quoted};

/// Beyond this a call is broken over lines.
const WIDTH: usize = 100;

/// Words of Rhai that cannot stand as a key without quotes.
const RESERVED: &[&str] = &[
    "true",
    "false",
    "let",
    "const",
    "is",
    "var",
    "static",
    "shared",
    "global",
    "if",
    "else",
    "unless",
    "then",
    "switch",
    "case",
    "do",
    "while",
    "loop",
    "until",
    "for",
    "in",
    "each",
    "continue",
    "break",
    "return",
    "match",
    "default",
    "fn",
    "private",
    "public",
    "this",
    "try",
    "catch",
    "throw",
    "import",
    "export",
    "as",
    "use",
    "with",
    "module",
    "package",
    "super",
    "thread",
    "spawn",
    "go",
    "sync",
    "async",
    "await",
    "yield",
    "new",
    "go",
    "print",
    "debug",
    "type_of",
    "eval",
    "Fn",
    "call",
    "curry",
    "is_def_var",
    "is_def_fn",
    "is_shared",
    "protected",
    "goto",
    "void",
    "null",
    "nil",
    "exit",
];

/// Whether a word can be a name in Rhai.
pub fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && word.chars().any(|letter| letter != '_')
        && !RESERVED.contains(&word)
}

/// A key of a map as it is written.
pub fn key(name: &str) -> String {
    if is_name(name) { name.to_owned() } else { quoted(name) }
}

/// The lines after the first, further in.
pub fn indented(text: &str) -> String {
    text.replace('\n', "\n    ")
}

/// `#{ a: 1, b: 2 }`
pub fn map(entries: &[(String, Code)]) -> Code {
    let pieces = Pieces::Map(entries.to_vec());
    if entries.is_empty() {
        return Code { pieces, ..Code::atom("#{}").giving(Gives::Map) };
    }
    let parts: Vec<String> =
        entries.iter().map(|(name, value)| format!("{}: {}", key(name), value.text)).collect();
    let width: usize = parts.iter().map(|part| part.len() + 2).sum();
    // A template in back-ticks that spans lines cannot be moved in; nothing is indented then that was not before.
    let text = if width < WIDTH && !parts.iter().any(|part| part.contains('\n')) {
        format!("#{{ {} }}", parts.join(", "))
    } else {
        let lines: Vec<String> = parts.iter().map(|part| format!("    {},\n", inner(part))).collect();
        format!("#{{\n{}}}", lines.concat())
    };
    Code { pieces, ..Code::atom(text).giving(Gives::Map) }
}

fn inner(part: &str) -> String {
    if part.contains('`') { part.to_owned() } else { indented(part) }
}

/// `[a, b]`
pub fn list(items: &[Code]) -> Code {
    let width: usize = items.iter().map(|item| item.text.len() + 2).sum();
    let text = if width < WIDTH && !items.iter().any(|item| item.text.contains('\n')) {
        format!("[{}]", items.iter().map(|item| item.text.as_str()).collect::<Vec<_>>().join(", "))
    } else {
        let lines: Vec<String> = items.iter().map(|item| format!("    {},\n", inner(&item.text))).collect();
        format!("[\n{}]", lines.concat())
    };
    Code { pieces: Pieces::List(items.to_vec()), ..Code::atom(text).giving(Gives::Many(None)) }
}

/// `name(a, b, #{ options })`; options without any are left out.
pub fn call(name: &str, positional: &[Code], options: &[(String, Code)]) -> Code {
    let mut arguments: Vec<String> = positional.iter().map(|code| code.text.clone()).collect();
    if !options.is_empty() {
        arguments.push(map(options).text);
    }
    let line = format!("{name}({})", arguments.join(", "));
    if options.is_empty() || line.contains('\n') || line.len() <= WIDTH {
        return Code::atom(line);
    }
    // The arguments fit, the options do not beside them: break the map.
    let lines: Vec<String> =
        options.iter().map(|(name, value)| format!("    {}: {},\n", key(name), inner(&value.text))).collect();
    arguments.pop();
    arguments.push(format!("#{{\n{}}}", lines.concat()));
    Code::atom(format!("{name}({})", arguments.join(", ")))
}

/// The same for natives of the compatibility module.
pub fn native(name: &str, arguments: &[Code]) -> Code {
    call(&format!("ps::{name}"), arguments, &[])
}

/// `object.name`, in brackets where the name is no name.
pub fn member(object: &Code, name: &str) -> String {
    match is_name(name) {
        true => format!("{}.{name}", object.at(Level::Atom)),
        false => format!("{}[{}]", object.at(Level::Atom), quoted(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_call_is_broken_and_a_short_one_is_not() {
        let short = call("get_users", &[], &[("top".into(), Code::atom("5"))]);
        assert_eq!(short.text, "get_users(#{ top: 5 })");
        let long = call(
            "new_invitation",
            &[],
            &[("a".into(), Code::string(&"x".repeat(120))), ("b c".into(), Code::truth(true))],
        );
        assert_eq!(
            long.text,
            format!("new_invitation(#{{\n    a: \"{}\",\n    \"b c\": true,\n}})", "x".repeat(120))
        );
    }
}
