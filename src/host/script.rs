//! Running scripts and lines: compile, evaluate, and what is left behind for the next line of a prompt.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use rhai::{AST, Dynamic, Engine, EvalAltResult, Expr, ParseError, ParseErrorType, Position, Scope, Stmt};
use serde_json::Value;

use super::errors::{Frame, ScriptError, parse_problem, script_error, script_error_of_lines};
use super::show::{self, Look};
use super::unfinished::{self, Open, open_comment};
use super::values::to_json;
use super::{Host, engine};
use crate::problem::{Kind, Problem};
use crate::words::count;

/// The variable of a prompt that holds the last result.
pub const LAST: &str = "it";

/// Columns in their order, and the objects they are of.
pub type Table = (Vec<String>, Vec<serde_json::Map<String, Value>>);

/// The value that a script or a line ended with.
pub struct Answer {
    host: Arc<Host>,
    value: Dynamic,
    exit: Option<u8>,
}

/// What a script that was left by `exit` with a number ends with.
#[derive(Clone)]
pub struct Left(pub u8);

impl Answer {
    fn new(host: &Arc<Host>, value: Dynamic) -> Answer {
        let value = value.flatten();
        let exit = value.read_lock::<Left>().map(|left| left.0);
        let value = if exit.is_some() { Dynamic::UNIT } else { value };
        Answer { host: host.clone(), value, exit }
    }

    /// The code that the script left with, if it did.
    pub fn exit_code(&self) -> Option<u8> {
        self.exit
    }

    /// How many elements it has, where it is a list.
    fn elements(&self) -> Option<usize> {
        if let Some(rows) = self.value.read_lock::<super::rows::RowsValue>() {
            return Some(rows.0.len());
        }
        self.value.read_lock::<rhai::Array>().map(|array| array.len())
    }

    /// What a table of it shows, counted, and how the rest is seen; `None` where it is no table.
    pub fn caption(&self) -> Option<String> {
        let len = self.elements().filter(|len| *len > 1)?;
        let array = self.value.read_lock::<rhai::Array>();
        let Some(array) = array else { return Some(count(len, "row")) };
        let first = array.first()?;
        if let Some(record) = first.read_lock::<super::record::Record>() {
            let counted = count(len, record.shape.map_or("object", |shape| shape.name));
            return Some(format!("{counted} · `:all` shows every property"));
        }
        (first.is_map() || first.is::<super::rows::RowValue>()).then(|| count(len, "row"))
    }

    /// Everything in it, property by property, whether it has a value or not.
    pub fn whole(&self, look: Look) -> String {
        match show::objects(&self.value) {
            Some(objects) if !objects.is_empty() => {
                let one = |object: &show::Object| {
                    let one = std::slice::from_ref(object);
                    let names = show::written_order(&self.host, one);
                    show::lists(&self.host, one, Some(&names), look)
                };
                objects.iter().map(one).collect::<Vec<_>>().join("\n\n")
            }
            _ => self.show(look),
        }
    }

    pub fn is_nothing(&self) -> bool {
        self.value.is_unit()
    }

    /// As a person reads it.
    pub fn show(&self, look: Look) -> String {
        show::show(&self.host, &self.value, look)
    }

    pub fn to_json(&self) -> Value {
        let value = to_json(&self.value).unwrap_or_else(|_| Value::String(self.value.to_string()));
        self.as_written(value)
    }

    /// Keys in the order in which the script wrote them: the language itself keeps maps sorted.
    fn as_written(&self, value: Value) -> Value {
        match value {
            Value::Array(values) => values.into_iter().map(|value| self.as_written(value)).collect(),
            Value::Object(mut map) => {
                let mut keys: Vec<String> = map.keys().cloned().collect();
                let order = self.host.index.order(&mut keys).unwrap_or_else(|| map.keys().cloned().collect());
                let taken =
                    order.into_iter().filter_map(|key| map.shift_remove(&key).map(|value| (key, value)));
                let ordered: Vec<(String, Value)> = taken.collect();
                Value::Object(ordered.into_iter().map(|(key, value)| (key, self.as_written(value))).collect())
            }
            other => other,
        }
    }

    /// The objects in it with the order of their columns, for CSV; `None` where it holds none.
    pub fn table(&self) -> Option<Table> {
        if let Some(outcome) = self.value.read_lock::<super::bulk::Outcome>() {
            self.host.shown(&outcome.0);
            return Some(rows_of(outcome.to_json()["rows"].as_array().cloned().unwrap_or_default()));
        }
        if let Some(objects) = show::objects(&self.value) {
            let columns = show::written_order(&self.host, &objects);
            return Some((columns, objects.into_iter().map(|object| object.map).collect()));
        }
        // A plain list is one column.
        let values =
            self.value.read_lock::<rhai::Array>()?.iter().map(to_json).collect::<Result<Vec<_>, _>>().ok()?;
        Some(rows_of(values.into_iter().map(|value| serde_json::json!({ "value": value })).collect()))
    }
}

/// Objects that share their columns.
fn rows_of(objects: Vec<Value>) -> Table {
    let maps: Vec<serde_json::Map<String, Value>> =
        objects.into_iter().filter_map(|object| object.as_object().cloned()).collect();
    (maps.first().map(|map| map.keys().cloned().collect()).unwrap_or_default(), maps)
}

/// An engine with the variables, functions and imports of what it has run.
pub struct Interpreter {
    host: Arc<Host>,
    engine: Engine,
    /// The folder that `import` may look in.
    pub(super) root: Option<PathBuf>,
    pub(super) scope: Scope<'static>,
    pub(super) functions: AST,
    /// Statements, by the name the module goes under.
    pub(super) imports: IndexMap<String, String>,
    lines: usize,
    /// The line of the prompt that each function comes from, and how much was put before each line.
    origins: HashMap<String, String>,
    prefixes: HashMap<String, usize>,
}

impl Interpreter {
    pub fn new(host: Arc<Host>, root: Option<PathBuf>) -> Interpreter {
        let engine = engine::build(&host, root.clone());
        Interpreter {
            host,
            engine,
            root,
            scope: Scope::new(),
            functions: AST::empty(),
            imports: IndexMap::new(),
            lines: 0,
            origins: HashMap::new(),
            prefixes: HashMap::new(),
        }
    }

    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Runs a script whole. `name` is what errors call it.
    pub fn run(&mut self, name: &str, text: &str, arguments: &[String]) -> Result<Answer, ScriptError> {
        self.host.given(arguments);
        let arguments: rhai::Array =
            arguments.iter().map(|argument| Dynamic::from(argument.clone())).collect();
        self.scope.push_constant_dynamic("args", arguments.into());
        self.host.sources.add(name, text);
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
            let checked = self.host.wait(self.host.session().expect_tenant(wanted.trim()));
            checked.map_err(|problem| ScriptError {
                problem,
                frames: vec![Frame { source: name.to_owned(), line: n + 1, column: 1, call: String::new() }],
            })?;
        }
        Ok(())
    }

    fn compile(&self, name: &str, text: &str) -> Result<AST, ScriptError> {
        self.host.sources.add(name, text);
        let text = text.strip_prefix("#!").map_or_else(|| text.to_owned(), |rest| format!("// {rest}"));
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
            Ok(value) => Ok(Answer::new(&self.host, value)),
            Err(error) => Err(script_error(&error, name).counted(&error, &self.host.index)),
        }
    }

    /// Runs a line of a prompt. Variables, functions, closures and imports stay for the lines after it, also those
    /// of a line that failed further on: what it made may be needed, and what it did is done.
    pub fn line(&mut self, text: &str) -> Result<Answer, ScriptError> {
        self.lines += 1;
        let name = format!("line {}", self.lines);
        // Imports are part of every line, before it on the same line of text, so that line numbers stay true.
        let prefix: String = self.imports.values().map(String::as_str).collect();
        self.prefixes.insert(name.clone(), prefix.chars().count());
        let ast = self.compile_line(&name, &prefix, text).map_err(|error| self.as_typed(error))?;
        for function in ast.iter_functions() {
            self.origins.insert(function.name.to_owned(), name.clone());
        }
        let mut whole = self.functions.merge(&ast);
        whole.set_source(name.as_str());
        let result = self.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, &whole);
        self.functions = whole.clone_functions_only();
        if let Some(value) = result.as_ref().ok().filter(|value| !value.is_unit()) {
            self.scope.push_dynamic(LAST, value.flatten_clone());
        }
        self.scope = without_hidden(std::mem::take(&mut self.scope));
        for (name, import) in imports_of(&ast) {
            // What failed may have been the import itself.
            if result.is_ok() || self.imports.contains_key(&name) || self.engine.run(&import).is_ok() {
                self.imports.insert(name, import);
            }
        }
        match result {
            Ok(value) => Ok(Answer::new(&self.host, value)),
            Err(error) => {
                let origin = |function: &str| self.origins.get(function).cloned();
                Err(self.as_typed(script_error_of_lines(&error, &name, &origin)))
            }
        }
    }

    fn compile_line(&self, name: &str, prefix: &str, text: &str) -> Result<AST, ScriptError> {
        self.host.sources.add(name, text);
        unclosed_comment(name, text)?;
        let whole = format!("{prefix}{text}");
        let mut ast = self
            .engine
            .compile_with_scope(&self.scope, &whole)
            .map_err(|error| parse_error(&error, name, &whole))?;
        ast.set_source(name);
        self.host.index.learn(name, &ast);
        Ok(ast)
    }

    /// The last result once more, if there was one.
    pub fn last(&self) -> Option<Answer> {
        Some(Answer::new(&self.host, self.scope.get(LAST)?.clone()))
    }

    /// Whether a text is one expression, so that its value can be given a name.
    pub fn is_expression(&self, text: &str) -> bool {
        let text: String = self.imports.values().map(String::as_str).chain([text]).collect();
        let Ok(ast) = self.engine.compile_with_scope(&self.scope, &text) else { return false };
        let mut own = ast.statements().iter().filter(|statement| !matches!(statement, Stmt::Import(..)));
        matches!((own.next(), own.next()), (Some(Stmt::Expr(_) | Stmt::FnCall(..)), None))
            && ast.iter_functions().all(|function| function.name.starts_with("anon$"))
    }

    /// Whether a line goes on: a bracket, a string or a statement is still open at its end.
    pub fn is_unfinished(&self, text: &str) -> bool {
        if unfinished::is_open(text) {
            return true;
        }
        let text: String = self.imports.values().map(String::as_str).chain([text]).collect();
        let Err(error) = self.engine.compile_with_scope(&self.scope, &text) else { return false };
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
            ParseErrorType::MissingToken(..) => at_end,
            _ => false,
        }
    }

    /// Columns of a prompt's line are counted without what was put before it.
    fn as_typed(&self, mut error: ScriptError) -> ScriptError {
        for frame in error.frames.iter_mut().filter(|frame| frame.line == 1) {
            let by = self.prefixes.get(&frame.source).copied().unwrap_or(0);
            frame.column = frame.column.saturating_sub(by).max(1);
        }
        error
    }
}

/// `import "x" as y;` at the top level, by the name it goes under: to be said again before the next lines.
fn imports_of(ast: &AST) -> IndexMap<String, String> {
    let mut imports = IndexMap::new();
    for statement in ast.statements() {
        let Stmt::Import(import, _) = statement else { continue };
        let (Expr::StringConstant(path, _), name) = (&import.0, import.1.as_str()) else { continue };
        if !name.is_empty() {
            imports.insert(name.to_owned(), format!("import {path:?} as {name}; "));
        }
    }
    imports
}

/// Variables that were made again hide the ones before: nobody can reach those any more.
fn without_hidden(scope: Scope<'static>) -> Scope<'static> {
    let mut names = std::collections::HashSet::new();
    if scope.iter_raw().all(|(name, _, _)| names.insert(name.to_owned())) {
        return scope;
    }
    let mut last: IndexMap<String, Dynamic> = IndexMap::new();
    for (name, value, _) in scope {
        last.shift_remove(&name);
        last.insert(name, value);
    }
    let mut scope = Scope::new();
    for (name, value) in last {
        scope.push_dynamic(name, value);
    }
    scope
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
    let problem = match (&*error.0, cmdlet_at(text, frame.line, frame.column)) {
        (_, Some((cmdlet, None))) => Problem::new(
            Kind::InvalidInput,
            format!("`{cmdlet}` is how PowerShell has it, and no function here"),
        )
        .hint(super::errors::SIGNING_IN),
        (ParseErrorType::VariableUndefined(_), Some((cmdlet, Some(verb)))) => Problem::new(
            Kind::InvalidInput,
            format!("`{cmdlet}` is how PowerShell has it, and no function here"),
        )
        .hint(format!("did you mean `{verb}`?")),
        (kind, _) => parse_problem(kind),
    };
    ScriptError { problem, frames: vec![frame] }
}

/// A cmdlet's name as PowerShell writes it, which reads as a subtraction here, and the verb it stands for;
/// none for those that sign in.
fn cmdlet_at(text: &str, line: usize, column: usize) -> Option<(String, Option<&'static str>)> {
    let rest = text.lines().nth(line.checked_sub(1)?)?.chars().skip(column.checked_sub(1)?);
    let word: String = rest.take_while(|c| c.is_alphanumeric() || *c == '-').collect();
    if !word.contains('-') {
        return None;
    }
    if crate::catalogue::instead_of_signing_in(&word).is_some() {
        return Some((word, None));
    }
    let verb = crate::catalogue::nearest(&word)?;
    Some((word, Some(verb)))
}

/// Rhai takes an unclosed comment for the end of the script, without a word.
fn unclosed_comment(name: &str, text: &str) -> Result<(), ScriptError> {
    match open_comment(text) {
        None => Ok(()),
        Some(Open { line, column, .. }) => Err(ScriptError {
            problem: Problem::new(Kind::InvalidInput, "the comment that opens here is never closed")
                .hint("close it with `*/`"),
            frames: vec![Frame { source: name.to_owned(), line, column, call: String::new() }],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_of_a_line_are_kept_and_those_in_functions_are_not() {
        let ast = Engine::new()
            .compile("import \"guests\" as guests; let x = \"import a as b\"; fn f() { import \"c\" as c; }")
            .unwrap();
        let imports = imports_of(&ast);
        assert_eq!(imports.len(), 1);
        assert_eq!(imports["guests"], "import \"guests\" as guests; ");
    }
}
