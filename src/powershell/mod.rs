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

impl Conversion {
    /// Whether anything is left to do, once what is not needed here is left out.
    pub fn does_something(&self) -> bool {
        let says = |line: &str| !line.is_empty() && !line.starts_with("//") && line != IMPORT;
        self.code.lines().any(|line| says(line.trim()))
    }
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
    roomy(text, || emit::script(text, &parse::script(text)).into())
}

/// Trees are walked by recursion, and threads that others gave us may have little room for that.
const STACK: usize = 64 << 20;

/// Runs with a stack that is large enough for any script that the reader takes.
fn roomy(text: &str, work: impl FnOnce() -> Conversion + Send) -> Conversion {
    let outcome = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("convert".to_owned()).stack_size(STACK);
        thread.spawn_scoped(scope, work).ok().and_then(|thread| thread.join().ok())
    });
    outcome.unwrap_or_else(|| untranslated(text))
}

/// Everything as it was, for the case that there is no thread to be had.
fn untranslated(text: &str) -> Conversion {
    let message = "the script could not be translated: there is not enough memory".to_owned();
    let mut code = format!("// TODO(convert): {message}\n");
    let mut lines = vec![1];
    for (at, line) in text.lines().enumerate() {
        code.push_str(&format!("//   {}\n", line.trim_end().replace('\r', " ")));
        lines.push(at + 1);
    }
    let span = syntax::Span { start: 0, end: text.len(), line: 1 };
    Conversion {
        code,
        lines,
        remarks: vec![Remark { span, severity: Severity::Unsupported, message }],
        counts: Counts { unsupported: 1, ..Counts::default() },
    }
}

/// How a script gets at PowerShell's ways.
pub const IMPORT: &str = "import \"powershell\" as ps;";

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
        let memory = &mut self.memory;
        roomy(text, || emit::line(text, &parse::script(text), memory).into())
    }
}
