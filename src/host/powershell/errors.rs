//! Errors that a script passes over, as most cmdlets have it in PowerShell.

use rhai::{Dynamic, EvalAltResult, FnPtr, Map, Module, NativeCallContext, Position};

use super::super::errors::Thrown;
use super::{Outcome, Place, native};
use crate::problem::Kind;

/// What the closure gives, or `()` where it fails. What ends a run ends it here too.
fn attempt(context: &NativeCallContext, f: &FnPtr, failed: Option<&FnPtr>) -> Outcome {
    let error = match f.call_within_context::<Dynamic>(context, ()) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let mut inner = &*error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, cause, _) = inner {
        inner = cause;
    }
    let value = match inner {
        EvalAltResult::ErrorTerminated(..) | EvalAltResult::Exit(..) => return Err(error),
        EvalAltResult::ErrorRuntime(value, _) => value.clone(),
        other => {
            let mut map = Map::new();
            map.insert("message".into(), super::super::errors::problem_of(other).message.into());
            map.into()
        }
    };
    if let Some(failed) = failed {
        let _ignored = failed.call_within_context::<Dynamic>(context, (value,))?;
    }
    Ok(Dynamic::UNIT)
}

/// A loop goes on after an error of one of its rounds, which is shown and counted. What stands in every round's way ends it, and so
/// does what the script threw itself.
fn go_on(place: &Place, error: &Dynamic) -> Outcome {
    let passing = error.read_lock::<Thrown>().map(|thrown| thrown.0.clone());
    let Some(problem) = passing.filter(|problem| !problem.concerns_the_tenant()) else {
        return Err(Box::new(EvalAltResult::ErrorRuntime(error.clone(), Position::NONE)));
    };
    if problem.kind == Kind::NotKnownYet {
        // Only a real run can tell what this round would do from here on: that is no failure.
        place.watch.says(&format!("not known beyond here: {}", problem.message));
        return Ok(Dynamic::UNIT);
    }
    let hint = problem.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    place.watch.says(&format!("error: {}{hint}\nthe loop goes on with the next", problem.sentence()));
    (place.fails)();
    Ok(Dynamic::UNIT)
}

pub fn register(module: &mut Module, place: &Place) {
    native!(module, "attempt", context, |f| match f.read_lock::<FnPtr>().map(|f| f.clone()) {
        Some(f) => attempt(&context, &f, None),
        None => Ok(f.clone()),
    });
    native!(module, "attempt", context, |f, failed| {
        match (f.read_lock::<FnPtr>().map(|f| f.clone()), failed.read_lock::<FnPtr>().map(|f| f.clone())) {
            (Some(f), failed) => attempt(&context, &f, failed.as_ref()),
            (None, _) => Ok(f.clone()),
        }
    });
    let place = place.clone();
    native!(module, "go_on", |error| go_on(&place, &error));
}
