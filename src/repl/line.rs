//! What kind of line was typed: one for the prompt itself, a question about a verb, or code.

use super::command::{self, Command};
use super::foreign;
use crate::host::Interpreter;

/// A line, as it is to be taken.
#[derive(Debug)]
pub enum Line {
    /// A word of the prompt's own, or what is wrong with it.
    Own(Result<Command, String>),
    /// Verbs, or about some words.
    Reference(Vec<String>),
    Leave,
    Code(String),
    /// PowerShell.
    Foreign(String),
}

/// Decides what a line is; nothing else does.
pub fn read(text: &str) -> Line {
    if let Some(line) = word(text) {
        return line;
    }
    match foreign::is_foreign(text) {
        true => Line::Foreign(text.to_owned()),
        false => Line::Code(text.to_owned()),
    }
}

/// Whether Enter goes on to another line.
pub fn is_unfinished(text: &str, known: &Interpreter) -> bool {
    match word(text) {
        Some(_) => false,
        None if foreign::is_foreign(text) => foreign::is_unfinished(text),
        None => known.is_unfinished(text),
    }
}

/// `:what-if on`, `help`, `help VERB`, `help(VERB)`, `VERB?`, `exit`, `quit`.
fn word(text: &str) -> Option<Line> {
    let text = text.trim().trim_end_matches(';').trim_end();
    if text.contains('\n') {
        return None;
    }
    if text.starts_with(':') {
        return Some(Line::Own(command::read(text)));
    }
    let plain = |word: &str| word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':'));
    if let Some(verb) = text.strip_suffix('?')
        && !verb.is_empty()
        && plain(verb.trim_end())
    {
        return Some(Line::Reference(vec![verb.trim_end().to_owned()]));
    }
    let mut words = text
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | '"' | '`'))
        .filter(|word| !word.is_empty());
    match words.next()? {
        "exit" | "quit" if words.next().is_none() => Some(Line::Leave),
        "help" if text["help".len()..].trim_start().starts_with(['=', '.', '+', '-', '[']) => None,
        "help" => Some(Line::Reference(words.map(str::to_owned).collect())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(text: &str) -> Option<Vec<String>> {
        match word(text) {
            Some(Line::Reference(words)) => Some(words),
            _ => None,
        }
    }

    #[test]
    fn help_and_leaving_are_words_of_the_prompt() {
        let help = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(about("help"), help(&[]));
        assert_eq!(about("help()"), help(&[]));
        assert_eq!(about(" help New-MgInvitation ;"), help(&["New-MgInvitation"]));
        assert_eq!(about("help(\"get_user\")"), help(&["get_user"]));
        assert_eq!(about("new_invitation?"), help(&["new_invitation"]));
        assert_eq!(about("New-MgInvitation?"), help(&["New-MgInvitation"]));
        assert_eq!(about("help = 5"), None);
        assert!(matches!(word("exit()"), Some(Line::Leave)));
        assert!(matches!(word(":quit"), Some(Line::Own(Ok(Command::Quit)))));
        assert!(word("exit_now").is_none() && word("let help = 1").is_none() && word("a ?? b").is_none());
    }
}
