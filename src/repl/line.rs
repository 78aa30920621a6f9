//! Where a line of the prompt ends, and the few words that are no code.

use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Completer, Helper, Highlighter, Hinter};

use crate::host::Interpreter;

/// What the line editor asks while a line is typed.
#[derive(Completer, Helper, Highlighter, Hinter)]
pub struct Reading {
    pub interpreter: Interpreter,
}

impl Reading {
    pub fn new(interpreter: Interpreter) -> Reading {
        Reading { interpreter }
    }
}

impl Validator for Reading {
    /// Enter goes on to another line while something is open; an empty line gives up on that.
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let gives_up = text.contains('\n') && text.lines().last().is_some_and(|line| line.trim().is_empty())
            || text.ends_with('\n');
        let goes_on = !gives_up && word(text).is_none() && self.interpreter.is_unfinished(text);
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

/// A line that is for the prompt itself.
#[derive(Debug, PartialEq)]
pub enum Word {
    Help(Vec<String>),
    Leave,
}

/// `help`, `help VERB`, `help(VERB)`, `exit`, `quit`.
pub fn word(text: &str) -> Option<Word> {
    let text = text.trim().trim_end_matches(';').trim_end();
    let mut words = text
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | '"' | '`'))
        .filter(|word| !word.is_empty());
    match words.next()? {
        "exit" | "quit" if words.next().is_none() => Some(Word::Leave),
        "help" if text[4..].trim_start().starts_with(['=', '.']) => None,
        "help" if !text.contains('\n') => Some(Word::Help(words.map(str::to_owned).collect())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_leaving_are_words_of_the_prompt() {
        let help = |words: &[&str]| Some(Word::Help(words.iter().map(|word| (*word).to_owned()).collect()));
        assert_eq!(word("help"), help(&[]));
        assert_eq!(word("help()"), help(&[]));
        assert_eq!(word(" help New-MgInvitation ;"), help(&["New-MgInvitation"]));
        assert_eq!(word("help(\"get_user\")"), help(&["get_user"]));
        assert_eq!(word("help = 5"), None);
        assert_eq!(word("exit()"), Some(Word::Leave));
        assert_eq!(word("exit_now"), None);
        assert_eq!(word("let help = 1"), None);
    }
}
