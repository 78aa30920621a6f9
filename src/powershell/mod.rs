//! PowerShell becomes Rhai source. It knows the catalogue, and nothing of services.

pub mod cmdlets;
pub mod code;
mod emit;
pub mod parse;
pub mod syntax;

pub use code::{Remark, Severity};

/// How many statements of the original came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub translated: usize,
    pub attention: usize,
    pub unsupported: usize,
}

/// What became of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversion {
    /// Rhai that parses, whatever came in.
    pub code: String,
    pub remarks: Vec<Remark>,
    pub counts: Counts,
    /// For each line of the code, the line of the original that it comes from; 0 where it comes from none.
    pub lines: Vec<usize>,
}

impl From<emit::Output> for Conversion {
    fn from(output: emit::Output) -> Conversion {
        Conversion {
            code: output.code,
            remarks: output.remarks,
            counts: Counts {
                translated: output.translated,
                attention: output.attention,
                unsupported: output.unsupported,
            },
            lines: output.lines,
        }
    }
}

/// Translates a whole script.
pub fn convert(text: &str) -> Conversion {
    emit::script(text, &parse::script(text)).into()
}

/// Lines at a prompt: names, functions and what is known of variables live on between them.
#[derive(Clone, Debug, Default)]
pub struct Session {
    memory: emit::Memory,
}

impl Session {
    pub fn new() -> Session {
        Session::default()
    }

    /// Says which variables there are before the next line, by their names in Rhai: one that failed may not have made its own,
    /// and lines of Rhai make some as well.
    pub fn there_are(&mut self, variables: &[String]) {
        self.memory.there_are(variables);
    }

    /// Translates a line or a pasted block. The value of its last statement is left to the prompt; earlier ones are printed.
    pub fn line(&mut self, text: &str) -> Conversion {
        emit::line(text, &parse::script(text), &mut self.memory).into()
    }
}
