//! The engine: the language with usher's limits, types and functions, and nothing that reaches around them.

use std::path::PathBuf;
use std::sync::Arc;

use rhai::{Dynamic, Engine, NativeCallContext, OptimizationLevel};

use super::errors::{Thrown, thrown};
use super::modules::Resolver;
use super::script::Left;
use super::{Host, bulk, calls, date, errors, extras, record, rows, show};
use crate::problem::{Kind, Problem};

/// Calls within calls. Debug and release builds of the engine have other limits of their own; these hold in both.
const CALL_LEVELS: usize = 64;
const EXPRESSION_DEPTH: usize = 128;
const EXPRESSION_DEPTH_IN_FUNCTIONS: usize = 128;
const TEXT: usize = 64 << 20;
const ARRAY: usize = 4_000_000;
const MAP: usize = 100_000;

pub fn build(host: &Arc<Host>, root: Option<PathBuf>) -> Engine {
    let mut engine = Engine::new();
    engine
        // Folded literals would lose the places of their keys.
        .set_optimization_level(OptimizationLevel::None)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        // Built-in comparisons would be taken before ours, which refuse an empty value.
        .set_fast_operators(false)
        .set_max_call_levels(CALL_LEVELS)
        .set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH_IN_FUNCTIONS)
        .set_max_string_size(TEXT)
        .set_max_array_size(ARRAY)
        .set_max_map_size(MAP)
        .set_max_operations(0)
        .set_max_modules(200)
        .disable_symbol("eval")
        .set_module_resolver(Resolver::new(root, host.clone()));
    let cancel = host.session().cancel.clone();
    engine.on_progress(move |_| cancel.is_cancelled().then(|| Dynamic::from(Thrown(Problem::interrupted()))));
    let output = host.output.clone();
    engine.on_print(move |text| output.print(text));
    let watch = host.session().watch.clone();
    engine.on_debug(move |text, source, position| {
        let place = source.map(|source| format!("{source}:")).unwrap_or_default();
        watch.says(&format!("debug {place}{position:?}: {text}"));
    });
    errors::register(&mut engine);
    record::register(&mut engine);
    rows::register(&mut engine);
    date::register(&mut engine);
    bulk::register(&mut engine);
    extras::register(&mut engine);
    calls::register(&mut engine, host);
    printing(&mut engine, host);
    sleeping(&mut engine, host);
    leaving(&mut engine);
    engine
}

/// `print` shows objects as lists and tables; `skip` ends a row.
fn printing(engine: &mut Engine, host: &Arc<Host>) {
    let shower = host.clone();
    engine
        .register_fn("print", move |value: Dynamic| -> String { show::show(&shower, &value, shower.look()) });
    let shower = host.clone();
    engine.register_fn("print", move |array: &mut rhai::Array| -> String {
        show::show(&shower, &Dynamic::from(array.clone()), shower.look())
    });
    engine.register_fn(
        "skip",
        |_: NativeCallContext, reason: &str| -> Result<(), Box<rhai::EvalAltResult>> {
            match bulk::current_scope() {
                Some(_) => Err(calls::skipping(reason)),
                None => Err(thrown(
                    Problem::new(Kind::InvalidInput, "skip() ends a row of a bulk, and this is none")
                        .hint("use `return` to leave a function or a script"),
                )),
            }
        },
    );
}

/// `exit` with a number is the program's exit code, and not a result to show.
fn leaving(engine: &mut Engine) {
    engine.register_fn("exit", |code: i64| -> Result<(), Box<rhai::EvalAltResult>> {
        // As a shell takes it: the lowest byte, and never 0 for what is not.
        let byte = u8::try_from(code & 0xFF).unwrap_or_default().max(u8::from(code != 0));
        Err(Box::new(rhai::EvalAltResult::Exit(Dynamic::from(Left(byte)), rhai::Position::NONE)))
    });
}

/// `sleep` of the language would not hear of Ctrl-C.
fn sleeping(engine: &mut Engine, host: &Arc<Host>) {
    let sleeper = host.clone();
    let sleep = move |seconds: f64| -> Result<(), Box<rhai::EvalAltResult>> {
        let time =
            std::time::Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(std::time::Duration::MAX);
        let cancel = sleeper.session().cancel.clone();
        let wait = async move {
            tokio::select! {
                () = cancel.cancelled() => Err(Problem::interrupted()),
                () = tokio::time::sleep(time) => Ok(()),
            }
        };
        sleeper.wait(wait).map_err(thrown)
    };
    let whole = sleep.clone();
    engine.register_fn("sleep", sleep);
    engine.register_fn("sleep", move |seconds: i64| whole(seconds as f64));
}

/// Functions of the language that are not verbs, for "did you mean".
pub fn own_functions() -> impl Iterator<Item = &'static str> {
    const OWN: &[&str] = &[
        "print",
        "debug",
        "type_of",
        "len",
        "push",
        "pop",
        "filter",
        "map",
        "reduce",
        "for_each",
        "some",
        "all",
        "find",
        "find_map",
        "index_of",
        "contains",
        "starts_with",
        "ends_with",
        "sub_string",
        "replace",
        "split",
        "to_upper",
        "to_lower",
        "trim",
        "join",
        "sort",
        "sort_by",
        "group_by",
        "unique",
        "sum",
        "split_list",
        "same_address",
        "keys",
        "values",
        "to_map",
        "to_string",
        "to_json",
        "is_empty",
        "insert",
        "remove",
        "clear",
        "reverse",
        "extract",
        "parse_int",
        "parse_float",
        "abs",
        "min",
        "max",
        "round",
        "floor",
        "ceiling",
        "range",
        "sleep",
        "add_days",
        "format",
        "slice",
        "to_array",
        "append",
        "concat",
        "dedup",
        "drain",
        "retain",
        "truncate",
        "zip",
    ];
    OWN.iter().copied()
}
