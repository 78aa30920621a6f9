//! Where variables begin: PowerShell's live in a whole script or function, Rhai's in a block.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::syntax::*;
use super::names::Names;
use super::walk::{self, Event, Place, Touch};

/// Variables that PowerShell itself provides; each is translated in a way of its own.
pub const AUTOMATIC: &[&str] = &[
    "_",
    "psitem",
    "true",
    "false",
    "null",
    "args",
    "psscriptroot",
    "pscommandpath",
    "error",
    "?",
    "lastexitcode",
    "psboundparameters",
    "myinvocation",
    "host",
    "psversiontable",
    "input",
    "this",
    "home",
    "pwd",
    "pid",
    "profile",
    "executioncontext",
    "pscmdlet",
    "erroractionpreference",
    "warningpreference",
    "verbosepreference",
    "debugpreference",
    "informationpreference",
    "progresspreference",
    "confirmpreference",
    "whatifpreference",
    "ofs",
    "psdefaultparametervalues",
    "psculture",
    "psuiculture",
    "stacktrace",
    "shellid",
    "nestedpromptlevel",
    "psedition",
    "pshome",
    "psemailserver",
    "psstyle",
    "iswindows",
    "islinux",
    "ismacos",
    "iscoreclr",
    "switch",
    "foreach",
    "formatenumerationlimit",
    "maximumhistorycount",
    "^",
    "$",
];

pub fn is_automatic(lower: &str) -> bool {
    AUTOMATIC.contains(&lower)
}

/// A variable as it is met, and where.
#[derive(Clone, Debug)]
struct Met {
    name: String,
    path: Vec<Place>,
    touch: Touch,
    span: Span,
}

/// What a function or a script does with variables.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// `let x = ();` before these statements.
    pub before: HashMap<usize, Vec<String>>,
    /// These statements are the `let` of these variables.
    pub first: HashSet<(usize, String)>,
    /// Variables of its own, in lower case.
    pub locals: HashSet<String>,
    /// Variables of the script that it reads or writes.
    pub outer: BTreeSet<String>,
    pub outer_writes: BTreeSet<String>,
    /// Read and never assigned anywhere.
    pub never: Vec<(String, Span)>,
    /// `foreach` variables that others read too: they are assigned in the loop.
    pub shared_loops: HashSet<String>,
    /// How often each variable is given a value.
    pub writes: HashMap<String, usize>,
    pub functions: Vec<String>,
    /// Declared before everything else.
    pub top: Vec<String>,
    /// Statements of a `begin` block, which stand beside the others in the end.
    pub begin: HashSet<usize>,
    /// Starts of `for` loops that count with a variable of their own.
    pub counted: HashSet<usize>,
    /// Variables of a function's own that begin with what the script's variable of that name holds.
    pub inherits: HashSet<String>,
}

/// What is known before any of it is translated.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Assigned in one function and read in another: variables of the script, in effect.
    pub promoted: HashSet<String>,
    /// Keys of table literals, lower case to the spellings there are.
    pub keys: HashMap<String, BTreeSet<String>>,
    /// Names after a dot.
    pub properties: BTreeSet<String>,
    pub uses_matches: bool,
    /// The script has a variable of its own called `$Error`.
    pub own_error: bool,
    /// Variables whose content is changed in place.
    pub mutated: HashSet<String>,
    /// Variables that the script itself assigns, outside of functions.
    pub top: HashSet<String>,
}

struct Usage {
    assigned: HashSet<String>,
    bound: HashSet<String>,
    parameters: HashSet<String>,
    read: HashSet<String>,
}

fn parameters(block: &Block) -> HashSet<String> {
    block.parameters.iter().map(|parameter| parameter.name.to_lowercase()).collect()
}

fn is_outer_scope(scope: Option<&str>) -> bool {
    matches!(scope, Some("global" | "script"))
}

/// Looks over a script, its functions included, and takes notice of names.
pub fn survey(script: &Block, names: &mut Names) -> Survey {
    let mut usages = Vec::new();
    let mut survey = Survey::default();
    let mut top = Usage::of(script, names, &mut survey, &mut usages);
    top.assigned.extend(top.parameters.iter().cloned());
    survey.top.clone_from(&top.assigned);
    for usage in &usages {
        for name in &usage.read {
            let own = usage.assigned.contains(name)
                || usage.bound.contains(name)
                || usage.parameters.contains(name);
            if own || top.assigned.contains(name) || is_automatic(name) {
                continue;
            }
            if usages.iter().any(|other| other.assigned.contains(name) || other.bound.contains(name)) {
                survey.promoted.insert(name.clone());
            }
        }
    }
    survey
}

impl Usage {
    fn of(block: &Block, names: &mut Names, survey: &mut Survey, others: &mut Vec<Usage>) -> Usage {
        let mut usage = Usage {
            assigned: HashSet::new(),
            bound: HashSet::new(),
            parameters: parameters(block),
            read: HashSet::new(),
        };
        let mut functions: Vec<&Block> = Vec::new();
        for parameter in &block.parameters {
            names.saw(&parameter.name);
        }
        walk::block(block, false, &mut |event| match event {
            Event::Variable { scope, name, touch, .. } => {
                let lower = name.to_lowercase();
                survey.own_error |= lower == "error" && touch == Touch::Set;
                if scope.is_some_and(|scope| scope == "env" || scope == "using")
                    || is_automatic(&lower) && lower != "error"
                {
                    return;
                }
                survey.uses_matches |= lower == "matches";
                names.saw(name);
                match touch {
                    _ if is_outer_scope(scope) => {}
                    Touch::Read => {
                        usage.read.insert(lower);
                    }
                    Touch::Set | Touch::Change => {
                        usage.assigned.insert(lower);
                    }
                }
            }
            Event::Bind { name, .. } => {
                names.saw(name);
                usage.bound.insert(name.to_lowercase());
            }
            Event::Function { body, .. } => functions.push(body),
            Event::Property(name) => {
                survey.properties.insert(name.to_owned());
            }
            Event::Key(name) => {
                survey.keys.entry(name.to_lowercase()).or_default().insert(name.to_owned());
            }
            Event::Mutated(name) => {
                survey.mutated.insert(name.to_lowercase());
            }
            Event::Enter(_)
            | Event::Leave
            | Event::Unbind
            | Event::Command(_)
            | Event::Counted(_)
            | Event::Matched(_) => {}
        });
        for body in functions {
            let inner = Usage::of(body, names, survey, others);
            others.push(inner);
        }
        usage
    }
}

/// Whose variables are planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Script,
    /// A line of a prompt: whatever it makes is there on the next line.
    Prompt,
    Function,
}

/// Plans a script, a line of a prompt or the body of a function.
pub fn plan(body: &Block, survey: &Survey, kind: Kind, known: &HashSet<String>) -> Plan {
    let function = kind == Kind::Function;
    let mut plan = Plan::default();
    for (part, list) in &body.named {
        if *part == NamedBlock::Begin {
            plan.begin.extend(list.iter().map(walk::address));
        }
    }
    let own = parameters(body);
    let mut met: Vec<Met> = Vec::new();
    let mut path: Vec<Place> = Vec::new();
    let mut bound: Vec<String> = Vec::new();
    let mut loops: Vec<(String, Vec<Place>, Span, usize)> = Vec::new();
    let mut inner: Vec<(Vec<Place>, Plan)> = Vec::new();
    let mut captured: HashSet<String> = HashSet::new();
    walk::block(body, false, &mut |event| match event {
        Event::Enter(place) => path.push(place),
        Event::Leave => {
            path.pop();
        }
        Event::Bind { name, span } => {
            let lower = name.to_lowercase();
            loops.push((lower.clone(), path.clone(), span, met.len()));
            bound.push(lower);
        }
        Event::Unbind => {
            bound.pop();
        }
        Event::Variable { scope, name, span, touch, .. } => {
            let lower = name.to_lowercase();
            if scope.is_some_and(|scope| scope == "env")
                || (is_automatic(&lower) && !(lower == "error" && survey.own_error))
            {
                return;
            }
            if is_outer_scope(scope)
                || (function
                    && survey.promoted.contains(&lower)
                    && !own.contains(&lower)
                    && !bound.contains(&lower))
            {
                if function {
                    plan.outer.insert(lower.clone());
                    if touch != Touch::Read {
                        plan.outer_writes.insert(lower);
                    }
                    return;
                }
            } else if bound.contains(&lower) {
                return;
            }
            met.push(Met { name: lower, path: path.clone(), touch, span });
        }
        Event::Function { body, name } => {
            plan.functions.push(name.to_lowercase());
            let none = HashSet::new();
            let theirs = self::plan(body, survey, Kind::Function, &none);
            for name in theirs.outer.iter().chain(&theirs.inherits) {
                captured.insert(name.clone());
                met.push(Met {
                    name: name.clone(),
                    path: path.clone(),
                    touch: Touch::Read,
                    span: Span::default(),
                });
            }
            for name in &theirs.outer_writes {
                *plan.writes.entry(name.clone()).or_default() += 2;
            }
            inner.push((path.clone(), theirs));
        }
        Event::Matched(span) => {
            if survey.uses_matches {
                met.push(Met { name: "matches".to_owned(), path: path.clone(), touch: Touch::Change, span });
            }
        }
        Event::Counted(start) => {
            plan.counted.insert(start);
        }
        Event::Property(_) | Event::Key(_) | Event::Command(_) | Event::Mutated(_) => {}
    });
    for found in &met {
        if found.touch != Touch::Read {
            *plan.writes.entry(found.name.clone()).or_default() += 1;
        }
    }
    let written: HashSet<String> =
        met.iter().filter(|met| met.touch != Touch::Read).map(|met| met.name.clone()).collect();
    // A loop's variable that is read after the loop, or by a function that is called in it, has to outlive the loop.
    // From the last to the first, so that places in the order of events stay right.
    for (name, at, span, place) in loops.iter().rev() {
        let outside = met.iter().any(|met| met.name == *name);
        let promoted = function && survey.promoted.contains(name);
        let captured = captured.contains(name) || (!function && survey.promoted.contains(name));
        if promoted {
            plan.outer.insert(name.clone());
            plan.outer_writes.insert(name.clone());
            plan.shared_loops.insert(name.clone());
        } else if captured || (outside && !written.contains(name.as_str())) {
            plan.shared_loops.insert(name.clone());
            let change = Met { name: name.clone(), path: at.clone(), touch: Touch::Change, span: *span };
            met.insert((*place).min(met.len()), change);
        }
    }
    let mut order: Vec<&str> = Vec::new();
    for found in &met {
        if !order.contains(&found.name.as_str()) {
            order.push(&found.name);
        }
    }
    let assigned: HashSet<String> =
        met.iter().filter(|met| met.touch != Touch::Read).map(|met| met.name.clone()).collect();
    for name in order {
        let all: Vec<&Met> = met.iter().filter(|met| met.name == name).collect();
        if own.contains(name) || (!function && known.contains(name)) {
            plan.locals.insert(name.to_owned());
            continue;
        }
        let is_written =
            assigned.contains(name) || plan.outer_writes.contains(name) || plan.writes.contains_key(name);
        if function && !is_written {
            plan.outer.insert(name.to_owned());
            continue;
        }
        if !is_written
            && let Some(first) = all.iter().find(|met| met.span.line > 0).or(all.first())
            && !(function || plan.shared_loops.contains(name))
            && name != "matches"
        {
            plan.never.push((name.to_owned(), first.span));
        }
        if function
            && survey.top.contains(name)
            && all.first().is_some_and(|first| first.touch != Touch::Set)
            && !plan.shared_loops.contains(name)
        {
            plan.inherits.insert(name.to_owned());
        }
        plan.locals.insert(name.to_owned());
        declare(&mut plan, name, &all, kind);
    }
    plan.locals.extend(own);
    plan
}

/// Finds the block that holds all of a variable's places, and the statement of it that has to declare it.
fn declare(plan: &mut Plan, name: &str, all: &[&Met], kind: Kind) {
    let Some(first) = all.first() else { return };
    let mut depth = first.path.len();
    for met in all {
        let common = met.path.iter().zip(&first.path).take_while(|(a, b)| a.block == b.block).count();
        // Paths that part at different statements of one block share that block, and nothing below it.
        let parted = met.path.iter().zip(&first.path).take_while(|(a, b)| a == b).count();
        depth = depth.min(common.min(parted + 1));
    }
    if kind == Kind::Prompt {
        depth = depth.min(1);
    }
    if depth == 0
        && first.touch == Touch::Set
        && first.path.len() == 1
        && first.path.first().is_some_and(|place| plan.begin.contains(&place.statement))
    {
        if let Some(place) = first.path.first() {
            plan.first.insert((place.statement, name.to_owned()));
        }
        return;
    }
    if depth == 0 {
        plan.top.push(name.to_owned());
        return;
    }
    let is_first = |depth: usize| first.touch == Touch::Set && first.path.len() == depth;
    if !is_first(depth) {
        while depth > 1 && first.path.get(depth - 1).is_some_and(|place| place.looping) {
            depth -= 1;
        }
    }
    let Some(place) = first.path.get(depth - 1) else { return };
    if is_first(depth) {
        plan.first.insert((place.statement, name.to_owned()));
    } else {
        plan.before.entry(place.statement).or_default().push(name.to_owned());
    }
}
