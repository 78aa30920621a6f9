//! What only the source shows: in which order a map was written, where its keys stand, and what a closure assigns to.
//!
//! The syntax tree is marked volatile by Rhai's authors: this file and `threads` alone look at such parts.

use std::collections::{BTreeSet, HashMap};
use std::sync::RwLock;

use rhai::{AST, ASTNode, Expr, Position, Stmt};

/// A line and column, from 1.
type Spot = (usize, usize);

/// A key of a map that stands as a literal in a call.
#[derive(Clone, Debug)]
pub struct Key {
    pub name: String,
    pub at: Position,
}

#[derive(Debug, Default)]
struct Source {
    keys: HashMap<Spot, Vec<Key>>,
    assigned: HashMap<String, (String, Position)>,
}

/// What is known of all sources that were compiled.
#[derive(Debug, Default)]
pub struct Index {
    sources: RwLock<HashMap<String, Source>>,
    orders: RwLock<HashMap<Vec<String>, Vec<String>>>,
    functions: RwLock<HashMap<String, BTreeSet<usize>>>,
}

fn spot(position: Position) -> Option<Spot> {
    Some((position.line()?, position.position()?))
}

impl Index {
    /// Takes a compiled script in. Line numbers of a prompt begin anew with each line: what was known of the name is forgotten.
    pub fn learn(&self, name: &str, ast: &AST) {
        let mut source = Source::default();
        let mut orders: Vec<Vec<String>> = Vec::new();
        ast.walk(&mut |path: &[ASTNode]| {
            match path.last() {
                Some(
                    ASTNode::Expr(Expr::FnCall(call, at) | Expr::MethodCall(call, at))
                    | ASTNode::Stmt(Stmt::FnCall(call, at)),
                ) => {
                    for argument in &call.args {
                        if let (Expr::Map(map, _), Some(spot)) = (argument, spot(*at)) {
                            let keys =
                                map.0.iter().map(|(key, _)| Key { name: key.name.to_string(), at: key.pos });
                            source.keys.entry(spot).or_default().extend(keys);
                        }
                    }
                }
                Some(ASTNode::Expr(Expr::Map(map, _))) => {
                    orders.push(map.0.iter().map(|(key, _)| key.name.to_string()).collect())
                }
                _ => {}
            }
            true
        });
        if let Ok(mut functions) = self.functions.write() {
            for function in ast.iter_fn_def() {
                functions.entry(function.name.to_string()).or_default().insert(function.params.len());
            }
        }
        for function in ast.iter_fn_def() {
            if function.name.starts_with("anon$") {
                let only =
                    ast.clone_functions_only_filtered(|_, _, _, name, _| name == function.name.as_str());
                if let Some(found) = assignment(&only, &function.params) {
                    source.assigned.insert(function.name.to_string(), found);
                }
            }
        }
        if let Ok(mut known) = self.orders.write() {
            for order in orders {
                let mut sorted = order.clone();
                sorted.sort_unstable();
                known.entry(sorted).or_insert(order);
            }
        }
        if let Ok(mut sources) = self.sources.write() {
            sources.insert(name.to_owned(), source);
        }
    }

    /// How many arguments a script's function of this name takes; several numbers where it is there several times.
    pub fn takes(&self, function: &str) -> Option<Vec<usize>> {
        self.functions.read().ok()?.get(function).map(|counts| counts.iter().copied().collect())
    }

    /// Where the keys of a call's map stand.
    pub fn keys(&self, source: &str, call: Position) -> Vec<Key> {
        let Some(spot) = spot(call) else { return Vec::new() };
        let sources = self.sources.read();
        sources.ok().and_then(|sources| sources.get(source)?.keys.get(&spot).cloned()).unwrap_or_default()
    }

    /// The order in which a map of these keys was written, if it was written in a script.
    pub fn order(&self, keys: &mut [String]) -> Option<Vec<String>> {
        keys.sort_unstable();
        self.orders.read().ok()?.get(keys as &[String]).cloned()
    }

    /// The first assignment of a closure to a variable from outside of it, which its rows could not share.
    pub fn assigned(&self, closure: &str, captured: usize) -> Option<(String, Position)> {
        if captured == 0 {
            return None;
        }
        self.sources.read().ok()?.values().find_map(|source| source.assigned.get(closure)).cloned()
    }
}

/// Methods that change what they are called on.
const CHANGING: &[&str] = &[
    "push",
    "append",
    "insert",
    "pop",
    "shift",
    "remove",
    "clear",
    "truncate",
    "chop",
    "retain",
    "drain",
    "sort",
    "reverse",
    "set",
    "mixin",
    "fill_with",
    "pad",
    "+=",
];

/// The first assignment in a closure's body to one of its captured variables, which are its first parameters.
fn assignment(body: &AST, params: &[rhai::ImmutableString]) -> Option<(String, Position)> {
    let mut local: Vec<String> = Vec::new();
    let mut found = None;
    // The last parameter is the row; a closure without captured variables has no other.
    let captured = |name: &str| params.iter().rev().skip(1).any(|param| param == name);
    body.walk(&mut |path: &[ASTNode]| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Var(variable, ..))) => local.push(variable.0.name.to_string()),
            Some(ASTNode::Stmt(Stmt::For(head, _))) => local.push(head.0.name.to_string()),
            Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => {
                if let Some((name, at)) = root(&assignment.1.lhs)
                    && captured(&name)
                    && !local.contains(&name)
                {
                    found = Some((name, at));
                }
            }
            Some(ASTNode::Expr(Expr::Dot(chain, ..))) => {
                if let Some((name, at)) = root(&chain.lhs)
                    && changes(&chain.rhs)
                    && captured(&name)
                    && !local.contains(&name)
                {
                    found = Some((name, at));
                }
            }
            Some(ASTNode::Expr(Expr::Index(chain, ..))) => {
                if let Some((name, at)) = root(&chain.lhs)
                    && changes(&chain.rhs)
                    && captured(&name)
                    && !local.contains(&name)
                {
                    found = Some((name, at));
                }
            }
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) => {
                if CHANGING.contains(&call.name.as_str())
                    && let Some((name, at)) = call.args.first().and_then(root)
                    && captured(&name)
                    && !local.contains(&name)
                {
                    found = Some((name, at));
                }
            }
            _ => {}
        }
        found.is_none()
    });
    found
}

/// Whether a chain of properties and indexes ends in a method that changes what it is called on.
fn changes(chain: &Expr) -> bool {
    match chain {
        Expr::MethodCall(call, _) | Expr::FnCall(call, _) => CHANGING.contains(&call.name.as_str()),
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => changes(&chain.lhs) || changes(&chain.rhs),
        _ => false,
    }
}

/// The variable that an assignment's left side begins with.
fn root(expression: &Expr) -> Option<(String, Position)> {
    match expression {
        Expr::Variable(variable, _, at) => Some((variable.1.to_string(), *at)),
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => root(&chain.lhs),
        _ => None,
    }
}
