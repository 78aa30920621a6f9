//! Errors on their way through a script: a problem becomes something to catch, and what is not caught becomes a report.

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, ParseErrorType, Position};
use serde_json::Value;

use super::index::Index;
use super::values::from_json;
use crate::problem::{Kind, Problem};

/// What a script catches.
#[derive(Clone, Debug)]
pub struct Thrown(pub Problem);

/// Ends a row of a bulk; no `catch` sees it.
#[derive(Clone, Debug)]
pub struct Skipping(pub String);

/// A problem as Rhai carries it. What ends the run cannot be caught.
pub fn thrown(problem: Problem) -> Box<EvalAltResult> {
    thrown_at(problem, Position::NONE)
}

pub fn thrown_at(problem: Problem, position: Position) -> Box<EvalAltResult> {
    let ends = problem.kind.ends_the_run();
    let value = Dynamic::from(Thrown(problem));
    Box::new(match ends {
        true => EvalAltResult::ErrorTerminated(value, position),
        false => EvalAltResult::ErrorRuntime(value, position),
    })
}

/// The same for what is not to be caught, whatever its kind: the tenant itself stands in the way.
pub fn thrown_for_good(problem: Problem) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorTerminated(Dynamic::from(Thrown(problem)), Position::NONE))
}

pub fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Thrown>("Error")
        .register_indexer_get(|error: &mut Thrown, name: ImmutableString| -> Result<Dynamic, Box<EvalAltResult>> {
            let map = error.0.to_json();
            match map.get(name.as_str()) {
                Some(value) => Ok(from_json(&name, value, None)),
                None if matches!(name.as_str(), "file" | "line" | "column") => Ok(Dynamic::UNIT),
                None => Err(thrown(Problem::new(Kind::InvalidInput, format!("an error has no property `{name}`")).hint(
                    "it has kind, message, hint, verb, status, code, requestId, retriable, and for a row file, line and column",
                ))),
            }
        })
        .register_fn("to_string", |error: &mut Thrown| error.0.sentence())
        .register_fn("to_debug", |error: &mut Thrown| error.0.sentence())
        .register_fn("contains", |error: &mut Thrown, name: &str| error.0.to_json().get(name).is_some_and(|value: &Value| !value.is_null()));
}

/// A place in a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub source: String,
    pub line: usize,
    pub column: usize,
    /// The function whose call stands there; empty for the place of the error itself.
    pub call: String,
}

/// How a script ended that did not end well.
#[derive(Clone, Debug)]
pub struct ScriptError {
    pub problem: Problem,
    /// Innermost first.
    pub frames: Vec<Frame>,
}

/// Reads Rhai's nested errors into a problem and the places it went through.
pub fn script_error(error: &EvalAltResult, source: &str) -> ScriptError {
    script_error_of_lines(error, source, &|_| None)
}

/// The same at a prompt, where `origin` knows which line each function was written in: Rhai takes them all for the
/// last one's.
pub fn script_error_of_lines(
    error: &EvalAltResult,
    source: &str,
    origin: &dyn Fn(&str) -> Option<String>,
) -> ScriptError {
    let mut frames = Vec::new();
    let problem = unfold(error, (source, source), origin, &mut frames);
    frames.reverse();
    ScriptError { problem, frames }
}

impl ScriptError {
    /// A function of the script's own that was called with another number of arguments than it takes.
    pub fn counted(mut self, error: &EvalAltResult, index: &Index) -> ScriptError {
        let mut inner = error;
        while let EvalAltResult::ErrorInFunctionCall(_, _, next, _)
        | EvalAltResult::ErrorInModule(_, next, _) = inner
        {
            inner = next;
        }
        let EvalAltResult::ErrorFunctionNotFound(signature, _) = inner else { return self };
        let name = signature.split([' ', '(']).next().unwrap_or_default();
        if let Some(counts) = index.takes(name) {
            let counts: Vec<String> =
                counts.into_iter().map(|n| crate::words::count(n, "argument")).collect();
            self.problem = Problem::new(
                Kind::InvalidInput,
                format!("`{name}` takes {}, and was called with another number", counts.join(" or ")),
            );
        }
        self
    }
}

/// `frames` come out outermost first.
fn unfold(
    error: &EvalAltResult,
    (source, last): (&str, &str),
    origin: &dyn Fn(&str) -> Option<String>,
    frames: &mut Vec<Frame>,
) -> Problem {
    let mut here = |call: &str, position: Position| {
        if let Some(line) = position.line() {
            let frame = Frame {
                source: source.to_owned(),
                line,
                column: position.position().unwrap_or(1),
                call: call.to_owned(),
            };
            // A closure called by a verb leaves the verb's own place twice.
            if frames.last() != Some(&frame) {
                frames.push(frame);
            }
        }
    };
    match error {
        EvalAltResult::ErrorInFunctionCall(name, inner_source, inner, position) => {
            here(if name.starts_with("anon$") { "a closure" } else { name }, *position);
            let written = origin(name).filter(|_| inner_source.is_empty() || inner_source == last);
            let inner_source = match &written {
                Some(line) => line,
                None if inner_source.is_empty() => source,
                None => inner_source,
            };
            unfold(inner, (inner_source, last), origin, frames)
        }
        EvalAltResult::ErrorInModule(path, inner, position) => {
            here(&format!("import \"{path}\""), *position);
            unfold(inner, (if path.is_empty() { source } else { path }, last), origin, frames)
        }
        other => {
            here("", other.position());
            problem_of(other)
        }
    }
}

/// A problem for anything that Rhai itself finds wrong.
pub fn problem_of(error: &EvalAltResult) -> Problem {
    let script = |message: String| Problem::new(Kind::InvalidInput, message);
    match error {
        EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _) => match value.read_lock::<Thrown>() {
            Some(thrown) => thrown.0.clone(),
            None if matches!(error, EvalAltResult::ErrorTerminated(..)) => match value.read_lock::<Skipping>() {
                Some(_) => script("skip() ends a row of a bulk, and this is none".into()).hint("use `return` to leave a function or a script"),
                None => Problem::interrupted(),
            },
            None => thrown_by_script(value),
        },
        EvalAltResult::ErrorVariableNotFound(name, _) => script(format!("there is no variable `{name}`"))
            .hint("variables are made with `let`; functions do not see the script's variables, only their arguments"),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => not_a_function(signature),
        EvalAltResult::ErrorPropertyNotFound(name, _) => script(format!("the map has no key `{}`", name.trim_matches('"')))
            .hint("`\"key\" in map` tells whether there is one"),
        EvalAltResult::ErrorModuleNotFound(path, _) => script(format!("there is no module `{path}`")).hint("modules are below the script's own folder, or usher's own: guests"),
        EvalAltResult::ErrorArithmetic(what, _) => script(lowered(what)),
        EvalAltResult::ErrorArrayBounds(size, index, _) => script(format!("the array has {}, and {index} is not one of them", crate::words::count(*size, "element"))),
        EvalAltResult::ErrorStringBounds(size, index, _) => script(format!("the text has {}, and {index} is not one of them", crate::words::count(*size, "character"))),
        EvalAltResult::ErrorMismatchDataType(wanted, got, _) => script(format!("this takes {wanted}, and got {got}")),
        EvalAltResult::ErrorMismatchOutputType(wanted, got, _) => script(format!("this gives {got} where {wanted} is needed")),
        EvalAltResult::ErrorStackOverflow(_) => script("functions call each other too deep".into()).hint("64 levels is the limit; does a function call itself without end?"),
        EvalAltResult::ErrorDataTooLarge(what, _) => script(format!("too large: {}", lowered(what))),
        EvalAltResult::ErrorAssignmentToConstant(name, _) => script(format!("`{name}` is a constant")),
        EvalAltResult::ErrorParsing(kind, _) => parse_problem(kind),
        EvalAltResult::ErrorDotExpr(text, _) => no_such_property(text),
        other => {
            let mut bare = other.clone_without_position();
            script(lowered(&std::mem::take(&mut bare)))
        }
    }
}

/// The message without the place, which is shown on its own.
trait WithoutPosition {
    fn clone_without_position(&self) -> String;
}

impl WithoutPosition for EvalAltResult {
    fn clone_without_position(&self) -> String {
        let text = self.to_string();
        match text.rfind(" (line ") {
            Some(at) => text[..at].to_owned(),
            None => text,
        }
    }
}

/// `throw "text"` and `throw #{ ... }`.
fn thrown_by_script(value: &Dynamic) -> Problem {
    if let Some(map) = value.read_lock::<rhai::Map>() {
        let text = |name: &str| map.get(name).and_then(|value| value.clone().into_string().ok());
        let mut problem =
            Problem::new(Kind::InvalidInput, text("message").unwrap_or_else(|| value.to_string()));
        problem.hint = text("hint");
        problem.code = text("code");
        return problem;
    }
    Problem::new(Kind::InvalidInput, value.to_string())
}

/// `invite (i64, &str | ImmutableString | String)`: Rhai's types mean nothing to whoever wrote the call.
fn not_a_function(signature: &str) -> Problem {
    let name = signature.split([' ', '(']).next().unwrap_or_default();
    let known =
        super::engine::own_functions().chain(crate::catalogue::entries().iter().map(|entry| entry.card.name));
    if super::engine::own_functions().any(|own| own == name) {
        let arguments =
            signature.split_once('(').map(|(_, rest)| rest.trim_end_matches(')')).unwrap_or_default();
        let arguments = arguments
            .replace("&str | ImmutableString | String", "text")
            .replace("i64", "number")
            .replace("()", "nothing, ()");
        return Problem::new(
            Kind::InvalidInput,
            format!(
                "`{name}` cannot be called with {}",
                if arguments.is_empty() { "nothing" } else { &arguments }
            ),
        );
    }
    let is_operator = !name.chars().next().is_some_and(|letter| letter.is_alphabetic() || letter == '_');
    if is_operator {
        return Problem::new(
            Kind::InvalidInput,
            format!(
                "`{name}` does not work between these values: {}",
                signature.replace("&str | ImmutableString | String", "text").replace("i64", "number")
            ),
        );
    }
    let problem = Problem::new(Kind::InvalidInput, format!("there is no function `{name}`"));
    if crate::catalogue::instead_of_signing_in(name).is_some() {
        return problem.hint(SIGNING_IN);
    }
    match crate::catalogue::nearest(name).or_else(|| crate::words::nearest(name, known)) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("`usher help` lists the verbs"),
    }
}

/// What stands in for the cmdlets that sign in.
pub(super) const SIGNING_IN: &str = "a script does not sign in: `usher login` does once for Graph, Exchange and Azure, and `usher run --tenant NAME` chooses the tenant; `usher help Connect-ExchangeOnline` tells more";

/// `Unknown property 'Count' - a getter is not registered for type 'array'`.
fn no_such_property(text: &str) -> Problem {
    let mut quoted = text.split('\'').skip(1).step_by(2);
    let (Some(name), Some(kind)) = (quoted.next(), quoted.next()) else {
        return Problem::new(Kind::InvalidInput, lowered(text));
    };
    if kind == "()" {
        return Problem::new(Kind::InvalidInput, format!("`{name}` is asked of an empty value, ()"))
            .hint("check `x != ()` first, or write `x?.name`, which stays empty");
    }
    let problem =
        Problem::new(Kind::InvalidInput, format!("{} {kind} has no property `{name}`", super::an(kind)));
    match name.to_lowercase().as_str() {
        "count" | "length" | "size" => problem.hint("len() counts"),
        _ => problem,
    }
}

/// What the parser found.
pub fn parse_problem(kind: &ParseErrorType) -> Problem {
    let problem = Problem::new(Kind::InvalidInput, lowered(&kind.to_string()));
    match kind {
        ParseErrorType::VariableUndefined(name) if crate::catalogue::entries().iter().any(|entry| entry.card.name == name) => {
            Problem::new(Kind::InvalidInput, format!("`{name}` is a verb, and is called with brackets"))
                .hint(format!("`{name}(...)`; `help {name}` tells what it takes"))
        }
        ParseErrorType::VariableUndefined(name) => Problem::new(Kind::InvalidInput, format!("there is no variable `{name}`")).hint(
            from_powershell(name)
                .unwrap_or("variables are made with `let`; functions do not see the script's variables, only their arguments"),
        ),
        ParseErrorType::ModuleUndefined(name) if super::LIBRARY.iter().any(|(known, _)| known == name) => {
            Problem::new(Kind::InvalidInput, format!("the module `{name}` is not imported"))
                .hint(format!("import \"{name}\" as {name}"))
        }
        ParseErrorType::Reserved(word) if from_powershell(word).is_some() => {
            Problem::new(Kind::InvalidInput, format!("`{word}` means nothing here")).hint(from_powershell(word).unwrap_or_default())
        }
        ParseErrorType::BadInput(rhai::LexError::MalformedChar(text)) => {
            Problem::new(Kind::InvalidInput, format!("'{text}' is no text: text stands in double quotes")).hint(format!("write \"{text}\""))
        }
        ParseErrorType::Reserved(word) => Problem::new(Kind::InvalidInput, format!("`{word}` is a reserved word of the language")).hint("choose another name; as a key of a map, write it in quotes"),
        _ => problem,
    }
}

/// What whoever comes from PowerShell means by a word or a sign that is none here.
fn from_powershell(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "$" => "variables have no `$` here: let x = 1",
        "@" => "a map is written #{ name: \"Ann\" }, an array [1, 2]",
        "#" => "comments begin with //",
        "null" => "nothing is ()",
        "eq" | "ieq" => "`-eq` is PowerShell's: write ==",
        "ne" | "ine" => "`-ne` is PowerShell's: write !=",
        "gt" => "`-gt` is PowerShell's: write >",
        "ge" => "`-ge` is PowerShell's: write >=",
        "lt" => "`-lt` is PowerShell's: write <",
        "le" => "`-le` is PowerShell's: write <=",
        "and" => "write &&",
        "or" => "write ||",
        "not" => "write !",
        "like" | "match" => "text has contains(), starts_with() and ends_with()",
        "write" => "print(...) writes a line",
        _ => return None,
    })
}

/// Rhai's sentence as a part of ours.
fn lowered(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(std::iter::once(second)).chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}
