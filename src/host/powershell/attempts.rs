//! `-ErrorAction SilentlyContinue`: what fails gives nothing, and what ends the run still ends it.

use rhai::{Dynamic, EvalAltResult, FnPtr, Module, NativeCallContext};

use super::super::errors::Thrown;
use super::{Outcome, invalid, native};
use crate::problem::{Kind, Problem};

/// The value that a `catch` would see.
fn caught(error: EvalAltResult) -> Dynamic {
    match error.unwrap_inner() {
        EvalAltResult::ErrorRuntime(value, _) => value.clone(),
        other => Dynamic::from(Thrown(Problem::new(Kind::InvalidInput, other.to_string()))),
    }
}

fn attempt(context: &NativeCallContext, f: &Dynamic, failed: Option<&Dynamic>) -> Outcome {
    let closure = |value: &Dynamic| value.read_lock::<FnPtr>().map(|f| f.clone());
    let Some(f) = closure(f) else {
        return Err(invalid("`attempt` takes a closure: ps::attempt(|| get_user(x))"));
    };
    match f.call_within_context::<Dynamic>(context, ()) {
        Ok(value) => Ok(value),
        Err(error) if !error.is_catchable() => Err(error),
        Err(error) => {
            let value = caught(*error);
            match failed.and_then(closure) {
                Some(failed) => {
                    failed.call_within_context::<Dynamic>(context, (value,)).map(|_| Dynamic::UNIT)
                }
                None => Ok(Dynamic::UNIT),
            }
        }
    }
}

pub fn register(module: &mut Module) {
    native!(module, "attempt", context, |f| attempt(&context, &f, None));
    native!(module, "attempt", context, |f, failed| attempt(&context, &f, Some(&failed)));
}
