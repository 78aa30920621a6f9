//! Whole scripts to Rhai: what comes out reads well, always parses, and says the same.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests too")]

mod golden;
mod prompt;
mod quoting;
mod sound;

use rhai::module_resolvers::StaticModuleResolver;
use rhai::{Engine, Module, OptimizationLevel, Scope};

/// As strict as usher's own.
fn engine() -> Engine {
    let mut engine = Engine::new();
    engine
        .set_strict_variables(true)
        .set_optimization_level(OptimizationLevel::None)
        .set_max_expr_depths(128, 128)
        .disable_symbol("eval");
    // What the module does has tests of its own; here it only has to be there.
    let mut modules = StaticModuleResolver::new();
    modules.insert("powershell", Module::new());
    engine.set_module_resolver(modules);
    engine
}

fn scope() -> Scope<'static> {
    let mut scope = Scope::new();
    scope.push("args", rhai::Array::new());
    scope
}

/// Fails with the code where Rhai does not take it.
fn parses(code: &str) {
    if let Err(error) = engine().compile_with_scope(&scope(), code) {
        panic!("{error}\n{code}");
    }
}
