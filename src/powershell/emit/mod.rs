//! The tree becomes Rhai.

mod arguments;
mod assignments;
mod casts;
mod commands;
mod control;
mod expressions;
mod faults;
mod functions;
mod layout;
mod leaving;
mod members;
mod methods;
mod names;
mod operators;
mod pipeline;
mod plan;
mod stages;
mod statements;
mod switch;
mod types;
mod walk;

use std::collections::{HashMap, HashSet};

use super::code::{Code, Gives, Remark, Severity};
use super::syntax::{Block, Span};
use functions::Function;
use names::Names;
use plan::{Plan, Survey};

/// Why a statement stays untranslated.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub span: Span,
    pub reason: String,
}

type Outcome<T> = Result<T, Trouble>;

/// Where what a statement leaves in the pipeline goes.
#[derive(Clone, Debug, PartialEq)]
enum Sink {
    /// Shown.
    Print,
    /// Shown, but the last one is the answer of the prompt.
    Answer,
    /// Into this array.
    Collect(String),
    /// Given back as the value of the block: only its last statement has any.
    Tail,
    Drop,
}

/// What one pass finds out for the next.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// By function (0 is the script) and lower-case name.
    types: HashMap<(usize, String), Gives>,
    /// What a variable was given, where it was given something only once.
    values: HashMap<(usize, String), Code>,
    functions: HashMap<String, Function>,
    /// Blocks that leave more in the pipeline than their last statement does.
    collects: HashSet<usize>,
    /// Closures that are called before they are written, or written in a block of their own: they are declared first of all.
    early: std::collections::BTreeSet<String>,
    /// Variables that are asked whether they are null, so that `()` has to be told from empty.
    properties: HashMap<String, Vec<String>>,
    /// Functions whose writes may fail, in small letters.
    fallible: HashSet<String>,
}

/// A script or a function while it is translated.
#[derive(Debug, Default)]
struct Frame {
    key: usize,
    plan: Plan,
    function: Option<String>,
    gives: Option<Gives>,
    /// What `return` does here.
    leaving: Vec<Leaving>,
}

/// What surrounds a statement, as far as `return`, `break` and `continue` care.
#[derive(Clone, Debug, PartialEq)]
enum Leaving {
    /// A loop of PowerShell's own; the text is the step that has to come before `continue`.
    Loop(Option<String>),
    /// The block of ForEach-Object, which became a loop: `return` goes on with the next one.
    Item,
    /// A closure, left by `return`.
    Closure,
    /// A `switch`, which `break` leaves; it may stand in a loop made for that.
    Switch { looped: bool },
}

/// What a prompt keeps between lines.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    names: Names,
    known: HashSet<String>,
    facts: Facts,
    keys: HashMap<String, std::collections::BTreeSet<String>>,
    told: HashSet<String>,
}

impl Memory {
    /// Says which variables there are before the next line: lines fail, and others were never PowerShell.
    pub fn there_are(&mut self, variables: &[String]) {
        variables.iter().for_each(|name| self.names.adopt(name));
        self.known = self.names.of(&variables.iter().map(String::as_str).collect());
    }
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Output {
    pub code: String,
    /// For each line of the code, the line of the original; 0 where there is none.
    pub lines: Vec<usize>,
    pub remarks: Vec<Remark>,
    pub translated: usize,
    pub attention: usize,
    pub unsupported: usize,
}

struct Emitter<'t> {
    text: &'t str,
    tree: &'t Block,
    names: Names,
    survey: Survey,
    facts: Facts,
    found: Facts,
    remarks: Vec<Remark>,
    /// Which remarks stand as comments already.
    shown: HashSet<usize>,
    told: HashSet<String>,
    frames: Vec<Frame>,
    /// What `$_` is, innermost last.
    items: Vec<Code>,
    /// What the caught error is called, innermost last.
    errors: Vec<String>,
    prompt: bool,
    depth: usize,
    statements: usize,
    troubled: usize,
    defined: HashSet<usize>,
    /// Functions of earlier lines of a prompt.
    earlier: HashSet<String>,
    /// Variables that have had their `let`.
    declared: HashSet<(usize, String)>,
    /// The start of a `for` whose variable is the loop's own is being written.
    own_start: bool,
    /// What was put into the arrays that collect, by their names.
    given: HashMap<String, Gives>,
    /// Names of the arrays that are being filled, outermost first.
    sinks: Vec<String>,
    /// What is said in place of commands that were left out.
    notes: Vec<String>,
    /// A write that removes something comes after the test that is being translated.
    before_removal: bool,
    /// How many writes so far may fail where nobody takes the error.
    exposed: usize,
    /// How many loops are around that go on where a write in them fails.
    going_on: usize,
    /// The script asked for errors that end it.
    stops: bool,
    /// How many `while` and `do` loops are around, which wait between looks.
    polling: usize,
}

/// Deeper than this nothing that people write goes.
const MOST_DEPTH: usize = 60;
/// Types settle after a few passes; what has not by then is taken as it is.
const PASSES: usize = 5;

/// Translates a whole script.
pub fn script(text: &str, tree: &Block) -> Output {
    let mut memory = Memory::default();
    emit(text, tree, &mut memory, false)
}

/// Translates lines of a prompt.
pub fn line(text: &str, tree: &Block, memory: &mut Memory) -> Output {
    emit(text, tree, memory, true)
}

fn emit(text: &str, tree: &Block, memory: &mut Memory, prompt: bool) -> Output {
    let mut names = memory.names.clone();
    let mut survey = plan::survey(tree, &mut names);
    for (key, spellings) in &memory.keys {
        survey.keys.entry(key.clone()).or_default().extend(spellings.iter().cloned());
    }
    let mut facts = memory.facts.clone();
    facts.early.clear();
    let earlier: HashSet<String> = facts.functions.keys().cloned().collect();
    functions::collect(tree, &survey, &mut facts.functions, &mut names, true);
    functions::settle(&mut facts.functions);
    let mut emitter = Emitter {
        text,
        tree,
        names,
        survey,
        facts,
        found: Facts::default(),
        remarks: Vec::new(),
        shown: HashSet::new(),
        told: memory.told.clone(),
        frames: Vec::new(),
        items: Vec::new(),
        errors: Vec::new(),
        prompt,
        depth: 0,
        statements: 0,
        troubled: 0,
        defined: HashSet::new(),
        earlier,
        declared: HashSet::new(),
        own_start: false,
        sinks: Vec::new(),
        given: HashMap::new(),
        notes: Vec::new(),
        before_removal: false,
        exposed: 0,
        going_on: 0,
        stops: false,
        polling: 0,
    };
    let mut lines = Vec::new();
    for pass in 0..PASSES {
        emitter.found = Facts::default();
        emitter.remarks.clear();
        emitter.shown.clear();
        emitter.told = memory.told.clone();
        emitter.statements = 0;
        emitter.troubled = 0;
        emitter.defined.clear();
        emitter.declared.clear();
        (emitter.exposed, emitter.stops) = (0, false);
        lines = emitter.whole(tree, memory);
        let mut found = std::mem::take(&mut emitter.found);
        for (name, function) in &emitter.facts.functions {
            found.functions.entry(name.clone()).or_insert_with(|| function.clone());
        }
        found.early.extend(emitter.facts.early.iter().cloned());
        found.fallible.extend(emitter.facts.fallible.iter().cloned());
        found.collects.extend(emitter.facts.collects.iter().copied());
        for (key, gives) in &memory.facts.types {
            if memory.known.contains(&key.1) {
                let here =
                    found.types.get(key).map_or_else(|| gives.clone(), |here| types::join(here, gives));
                found.types.insert(key.clone(), here);
            }
        }
        for (key, value) in &memory.facts.values {
            if !emitter.frames_wrote(&found, key) {
                found.values.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        let settled = pass > 0
            && found.types == emitter.facts.types
            && found.values == emitter.facts.values
            && found.collects == emitter.facts.collects
            && found.early == emitter.facts.early
            && found.properties == emitter.facts.properties
            && found.fallible == emitter.facts.fallible
            && functions::same(&found.functions, &emitter.facts.functions);
        emitter.facts = found;
        if settled {
            break;
        }
    }
    let mut code = layout::Page::new(lines);
    // At a prompt each line brings it along: whether an earlier one went through is not known here.
    if code.mentions("ps::") {
        code.import();
    }
    let (code, origins) = code.finish();
    let attention = emitter.remarks.iter().filter(|remark| remark.severity == Severity::Attention).count();
    let output = Output {
        code,
        lines: origins,
        translated: emitter.statements.saturating_sub(emitter.troubled + attention),
        attention,
        unsupported: emitter.troubled,
        remarks: emitter.remarks.clone(),
    };
    if prompt {
        let known = plan::plan(tree, &emitter.survey, plan::Kind::Prompt, &memory.known).locals;
        memory.known.extend(known);
    }
    memory.names = emitter.names;
    memory.facts = emitter.facts;
    memory.keys = emitter.survey.keys;
    memory.told = emitter.told;
    output
}

impl Emitter<'_> {
    /// The whole text, in one pass.
    fn whole(&mut self, tree: &Block, memory: &Memory) -> Vec<String> {
        let kind = if self.prompt { plan::Kind::Prompt } else { plan::Kind::Script };
        let plan = plan::plan(tree, &self.survey, kind, &memory.known);
        let mut out = Vec::new();
        for (name, span) in &plan.never {
            self.remark(
                *span,
                Severity::Warning,
                format!("`${name}` is never given a value; it is empty here, as it was in PowerShell"),
            );
        }
        self.frames = vec![Frame { plan, ..Frame::default() }];
        for comment in &tree.opening {
            statements::comment(comment, &mut out);
        }
        self.parameters_of_script(tree, &mut out);
        for name in self.facts.early.clone() {
            if let Some(function) = self.facts.functions.get(&name).filter(|_| !self.earlier.contains(&name))
            {
                out.push(format!("let {} = ();", function.rhai));
            }
        }
        self.declare_top(&mut out);
        let sink = if self.prompt { Sink::Answer } else { Sink::Print };
        self.body(tree, &sink, &mut out);
        out
    }

    /// Begin, process and end one after the other, or the plain statements.
    fn body(&mut self, block: &Block, sink: &Sink, out: &mut Vec<String>) {
        let parts = block.named.len();
        for (at, (_, part)) in block.named.iter().enumerate() {
            let last = at + 1 == parts && block.statements.is_empty();
            self.statements(part, sink, last, out);
        }
        self.statements(&block.statements, sink, true, out);
        for comment in &block.closing {
            statements::comment(comment, out);
        }
    }

    fn declare_top(&mut self, out: &mut Vec<String>) {
        let names = self.frame().plan.top.clone();
        for name in names {
            self.declare(&name, out);
        }
    }

    /// `let x = ();`, or whatever stands for nothing yet.
    fn declare(&mut self, lower: &str, out: &mut Vec<String>) {
        let key = (self.frame().key, lower.to_owned());
        if !self.declared.insert(key.clone()) {
            return;
        }
        let name = self.names.variable(lower);
        if self.frame().plan.inherits.contains(lower) {
            out.push(format!("let {name} = {name};"));
            return;
        }
        let gives = self.facts.types.get(&key).cloned().unwrap_or(Gives::Unknown);
        let (blank, _) = types::blank(&gives);
        out.push(format!("let {name} = {blank};"));
    }

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn remark(&mut self, span: Span, severity: Severity, message: impl Into<String>) {
        let remark = Remark { span, severity, message: message.into() };
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// Says something only the first time.
    fn once(&mut self, span: Span, severity: Severity, message: &str) {
        if self.told.insert(message.to_owned()) {
            self.remark(span, severity, message);
        }
    }

    fn source(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    fn frames_wrote(&self, found: &Facts, key: &(usize, String)) -> bool {
        found.types.contains_key(key)
    }

    /// What is known of a variable: from the pass before, or, in the first one, from what came before.
    fn type_of(&self, key: &(usize, String)) -> Gives {
        self.facts.types.get(key).or_else(|| self.found.types.get(key)).cloned().unwrap_or_default()
    }

    /// Learns what a variable is given.
    fn learn(&mut self, frame: usize, lower: &str, gives: &Gives) {
        let key = (frame, lower.to_owned());
        let joined = match self.found.types.get(&key) {
            Some(known) => types::join(known, gives),
            None => gives.clone(),
        };
        self.found.types.insert(key, types::kept(&joined, 0));
    }
}

/// An untranslatable piece.
fn trouble<T>(span: Span, reason: impl Into<String>) -> Outcome<T> {
    Err(Trouble { span, reason: reason.into() })
}
