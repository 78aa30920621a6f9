//! Lines as a script: those that went well, and a line in the user's editor.

use std::path::Path;
use std::process::Command;

use crate::disk;
use crate::host::LAST;
use crate::host::pieces::{Kind, pieces};
use crate::problem::{Kind as Wrong, Problem};
use crate::terminal;

/// A line that went well.
#[derive(Clone, Debug)]
pub struct Good {
    pub text: String,
    /// It is one expression, so its value can be given a name.
    pub expression: bool,
}

/// The lines as a script that runs: each ends, and `it` is what it was at the prompt.
pub fn text(lines: &[Good]) -> String {
    let mut out = String::from("// Lines of the prompt, in their order.\n\n");
    for (n, line) in lines.iter().enumerate() {
        let used = lines[n + 1..]
            .iter()
            // Up to the next result that takes its place.
            .scan(false, |over, later| {
                let uses = !*over && uses_last(&later.text);
                *over |= later.expression;
                Some(uses)
            })
            .any(|uses| uses);
        let code = line.text.trim_end().trim_end_matches(';');
        if used && line.expression && !code.starts_with("let ") {
            out.push_str(&format!("let {LAST} = {code};\n"));
        } else {
            out.push_str(code);
            out.push_str(if ends_itself(code) { "\n" } else { ";\n" });
        }
    }
    out
}

fn uses_last(text: &str) -> bool {
    let pieces = pieces(text);
    pieces.iter().enumerate().any(|(n, piece)| {
        let member = n.checked_sub(1).is_some_and(|before| text[pieces[before].range.clone()].ends_with('.'));
        piece.kind == Kind::Word && &text[piece.range.clone()] == LAST && !member
    })
}

/// A function, or a comment at the end, needs no semicolon and takes none.
fn ends_itself(code: &str) -> bool {
    let pieces = pieces(code);
    let first = pieces.first().map(|piece| &code[piece.range.clone()]);
    let comment = pieces.last().is_some_and(|piece| piece.kind == Kind::Comment);
    let function = matches!(first, Some("fn" | "private")) && code.ends_with('}');
    comment || function
}

/// The text as it comes back from the user's editor.
pub fn edited(home: &Path, text: &str) -> Result<String, Problem> {
    let failed = |reason: String| Problem::new(Wrong::File, reason).doing("editing the line");
    let file = home.join(format!("line-{}.rhai", std::process::id()));
    disk::private_folder(home).map_err(|error| failed(error.to_string()))?;
    disk::write_private(&file, format!("{text}\n").as_bytes()).map_err(|error| failed(error.to_string()))?;
    let chosen = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok());
    let chosen = chosen.filter(|editor| !editor.trim().is_empty());
    let editor = chosen.unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
    let mut words = editor.split_whitespace();
    let ended = terminal::lend(Command::new(words.next().unwrap_or("vi")).args(words).arg(&file), None);
    let text = match ended {
        Ok(true) => disk::read(&file).map_err(|error| failed(error.to_string())),
        Ok(false) => Ok(Vec::new()),
        Err(error) => Err(failed(format!("`{editor}` did not start: {error}"))
            .hint("VISUAL or EDITOR names the editor, such as EDITOR=nano")),
    };
    let _ = disk::remove(&file);
    Ok(String::from_utf8_lossy(&text?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(lines: &[(&str, bool)]) -> String {
        let good =
            |(text, expression): &(&str, bool)| Good { text: (*text).to_owned(), expression: *expression };
        let text = text(&lines.iter().map(good).collect::<Vec<_>>());
        text.split_once("\n\n").unwrap().1.to_owned()
    }

    #[test]
    fn every_line_ends_and_functions_are_left_alone() {
        assert_eq!(
            saved(&[("let a = 1", false), ("fn f(x) { x }", false), ("f(a);", true), ("a // why", true)]),
            "let a = 1;\nfn f(x) { x }\nf(a);\na // why\n"
        );
    }

    #[test]
    fn the_last_result_gets_its_name_where_a_later_line_uses_it() {
        assert_eq!(
            saved(&[("get_guests()", true), ("let n = it.len()", false), ("1", true), ("x.it", true)]),
            "let it = get_guests();\nlet n = it.len();\n1;\nx.it;\n"
        );
        assert_eq!(
            saved(&[("1", true), ("it + 1", true), ("it", true)]),
            "let it = 1;\nlet it = it + 1;\nit;\n"
        );
    }
}
