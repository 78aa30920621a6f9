//! Running scripts and lines: compile, evaluate, and what is left behind for the next line of a prompt.

use std::path::PathBuf;
use std::sync::Arc;

use rhai::{AST, Dynamic, Engine, EvalAltResult, ParseError, ParseErrorType, Position, Scope};
use serde_json::Value;

use super::errors::{Frame, ScriptError, parse_problem, script_error};
use super::show::{self, Look};
use super::values::to_json;
use super::{Host, engine};
use crate::problem::{Kind, Problem};

/// Columns in their order, and the objects they are of.
pub type Table = (Vec<String>, Vec<serde_json::Map<String, Value>>);

/// The value that a script or a line ended with.
pub struct Answer {
    host: Arc<Host>,
    value: Dynamic,
}

impl Answer {
    pub fn is_nothing(&self) -> bool {
        self.value.is_unit()
    }

    /// As a person reads it.
    pub fn show(&self, look: Look) -> String {
        show::show(&self.host, &self.value, look)
    }

    pub fn to_json(&self) -> Value {
        to_json(&self.value).unwrap_or_else(|_| Value::String(self.value.to_string()))
    }

    /// The objects in it with the order of their columns, for CSV; `None` where it holds none.
    pub fn table(&self) -> Option<Table> {
        let objects = show::objects(&self.value)?;
        let columns = show::written_order(&self.host, &objects);
        Some((columns, objects.into_iter().map(|object| object.map).collect()))
    }
}

/// An engine with the variables, functions and imports of what it has run.
pub struct Interpreter {
    host: Arc<Host>,
    engine: Engine,
    scope: Scope<'static>,
    functions: AST,
    imports: Vec<String>,
    lines: usize,
}

impl Interpreter {
    /// `root` is the folder that `import` may look in.
    pub fn new(host: Arc<Host>, root: Option<PathBuf>) -> Interpreter {
        let engine = engine::build(&host, root);
        Interpreter {
            host,
            engine,
            scope: Scope::new(),
            functions: AST::empty(),
            imports: Vec::new(),
            lines: 0,
        }
    }

    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Runs a script whole. `name` is what errors call it.
    pub fn run(&mut self, name: &str, text: &str, arguments: &[String]) -> Result<Answer, ScriptError> {
        let arguments: rhai::Array =
            arguments.iter().map(|argument| Dynamic::from(argument.clone())).collect();
        self.scope.push_constant_dynamic("args", arguments.into());
        self.meant_for(name, text)?;
        let ast = self.compile(name, text)?;
        let result = self.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, &ast);
        self.answer(result, name)
    }

    /// `//! tenant: NAME` at the top says which tenant a script is meant for.
    fn meant_for(&self, name: &str, text: &str) -> Result<(), ScriptError> {
        let lines = text.lines().enumerate().take_while(|(_, line)| {
            line.trim().is_empty() || line.trim_start().starts_with("//") || line.starts_with("#!")
        });
        for (n, line) in lines {
            let Some(wanted) =
                line.trim_start().strip_prefix("//!").and_then(|rest| rest.trim().strip_prefix("tenant:"))
            else {
                continue;
            };
            let checked = self.host.wait(self.host.session.expect_tenant(wanted.trim()));
            checked.map_err(|problem| ScriptError {
                problem,
                frames: vec![Frame { source: name.to_owned(), line: n + 1, column: 1, call: String::new() }],
            })?;
        }
        Ok(())
    }

    fn compile(&self, name: &str, text: &str) -> Result<AST, ScriptError> {
        self.host.sources.add(name, text);
        let text = text.strip_prefix("#!").map_or_else(|| text.to_owned(), |rest| format!("//{rest}"));
        unclosed_comment(name, &text)?;
        let mut ast = self
            .engine
            .compile_with_scope(&self.scope, &text)
            .map_err(|error| parse_error(&error, name, &text))?;
        ast.set_source(name);
        self.host.index.learn(name, &ast);
        Ok(ast)
    }

    fn answer(&self, result: Result<Dynamic, Box<EvalAltResult>>, name: &str) -> Result<Answer, ScriptError> {
        match result {
            Ok(value) => Ok(Answer { host: self.host.clone(), value: value.flatten() }),
            Err(error) => Err(script_error(&error, name)),
        }
    }

    /// Runs a line of a prompt. Variables, functions, closures and imports stay for the lines after it.
    pub fn line(&mut self, text: &str) -> Result<Answer, ScriptError> {
        self.lines += 1;
        let name = format!("line {}", self.lines);
        // Imports are part of every line, before it on the same line of text, so that line numbers stay true.
        let prefix: String = self.imports.concat();
        let ast = self.compile_line(&name, &prefix, text)?;
        let mut whole = self.functions.merge(&ast);
        whole.set_source(name.as_str());
        let before = self.scope.len();
        let result = self.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, &whole);
        match &result {
            Ok(_) => {
                self.functions = whole.clone_functions_only();
                self.imports.extend(imports_of(text));
            }
            Err(_) => {
                self.scope.rewind(before);
            }
        }
        self.answer(result, &name).map_err(|error| shifted(error, &name, prefix.chars().count()))
    }

    fn compile_line(&self, name: &str, prefix: &str, text: &str) -> Result<AST, ScriptError> {
        self.host.sources.add(name, text);
        unclosed_comment(name, text)?;
        let whole = format!("{prefix}{text}");
        let mut ast = self
            .engine
            .compile_with_scope(&self.scope, &whole)
            .map_err(|error| shifted(parse_error(&error, name, &whole), name, prefix.chars().count()))?;
        ast.set_source(name);
        self.host.index.learn(name, &ast);
        Ok(ast)
    }

    /// Whether a line goes on: a bracket, a string or a statement is still open at its end.
    pub fn is_unfinished(&self, text: &str) -> bool {
        if open_comment(text).is_some() {
            return true;
        }
        let Err(error) = self.engine.compile_with_scope(&self.scope, text) else { return false };
        let at_end = match (error.1.line(), error.1.position()) {
            (Some(line), Some(column)) => {
                let last = text.lines().count().max(1);
                let length = text.lines().last().unwrap_or_default().chars().count();
                line > last || (line == last && column > length)
            }
            _ => true,
        };
        match *error.0 {
            ParseErrorType::UnexpectedEOF => true,
            ParseErrorType::BadInput(ref lex) => {
                matches!(lex, rhai::LexError::UnterminatedString) && text.matches('`').count() % 2 == 1
            }
            ParseErrorType::MissingToken(..) => at_end,
            _ => false,
        }
    }
}

/// Columns of a prompt's line are counted without what was put before it.
fn shifted(mut error: ScriptError, name: &str, by: usize) -> ScriptError {
    for frame in error.frames.iter_mut().filter(|frame| frame.source == name && frame.line == 1) {
        frame.column = frame.column.saturating_sub(by).max(1);
    }
    error
}

/// `import "x" as y;` of a line, to be said again before the next ones.
fn imports_of(text: &str) -> Vec<String> {
    let statements = text
        .split([';', '\n'])
        .map(str::trim)
        .filter(|part| part.starts_with("import ") && part.contains(" as "));
    statements.map(|statement| format!("{statement};")).collect()
}

fn parse_error(error: &ParseError, name: &str, text: &str) -> ScriptError {
    let position = match error.1 {
        // The end of the text is where something is missing.
        Position::NONE => Position::new(text.lines().count().max(1) as u16, 1),
        position => position,
    };
    let frame = Frame {
        source: name.to_owned(),
        line: position.line().unwrap_or(1),
        column: position.position().unwrap_or(1),
        call: String::new(),
    };
    ScriptError { problem: parse_problem(&error.0), frames: vec![frame] }
}

/// Rhai takes an unclosed comment for the end of the script, without a word.
fn unclosed_comment(name: &str, text: &str) -> Result<(), ScriptError> {
    match open_comment(text) {
        None => Ok(()),
        Some((line, column)) => Err(ScriptError {
            problem: Problem::new(Kind::InvalidInput, "the comment that opens here is never closed")
                .hint("close it with `*/`"),
            frames: vec![Frame { source: name.to_owned(), line, column, call: String::new() }],
        }),
    }
}

/// Where a block comment opens that is not closed; strings and line comments are passed over.
fn open_comment(text: &str) -> Option<(usize, usize)> {
    let letters: Vec<char> = text.chars().collect();
    let (mut line, mut column, mut i) = (1, 1, 0);
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut quote: Option<char> = None;
    while i < letters.len() {
        let (here, next) = (letters[i], letters.get(i + 1).copied());
        let mut step = 1;
        if !open.is_empty() {
            match (here, next) {
                ('/', Some('*')) => {
                    open.push((line, column));
                    step = 2;
                }
                ('*', Some('/')) => {
                    open.pop();
                    step = 2;
                }
                _ => {}
            }
        } else if let Some(mark) = quote {
            match here {
                '\\' if mark != '`' => step = 2,
                _ if here == mark => quote = None,
                '\n' if mark != '`' => quote = None,
                _ => {}
            }
        } else {
            match (here, next) {
                ('/', Some('/')) => {
                    while i + step < letters.len() && letters[i + step] != '\n' {
                        step += 1;
                    }
                }
                ('/', Some('*')) => {
                    open.push((line, column));
                    step = 2;
                }
                ('"' | '`', _) => quote = Some(here),
                _ => {}
            }
        }
        for letter in &letters[i..(i + step).min(letters.len())] {
            match letter {
                '\n' => {
                    line += 1;
                    column = 1;
                }
                _ => column += 1,
            }
        }
        i += step;
    }
    open.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_comment_is_found_and_one_in_a_string_is_not() {
        assert_eq!(open_comment("let x = 1;\n  /* oh"), Some((2, 3)));
        assert_eq!(open_comment("print(\"/*\"); // /* \n/* a */"), None);
    }

    #[test]
    fn imports_of_a_line_are_kept() {
        assert_eq!(imports_of("import \"guests\" as guests; let x = 1;"), ["import \"guests\" as guests;"]);
    }
}
