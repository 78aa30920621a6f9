//! `bulk`: a closure becomes a plain function that rows can call from threads of their own.
//!
//! Only a stored call context keeps imports and constants on another thread; Rhai's authors call it volatile. It stays in this file.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};
use serde_json::{Map, Value, json};

use super::Host;
use super::errors::{Skipping, Thrown, script_error, thrown, thrown_at, thrown_for_good};
use super::rows::{RowValue, RowsValue};
use super::values::{from_json, to_json, type_name};
use crate::problem::{Kind, Problem};
use crate::runs::bulk::{Ended, Input, Options, Report, Status};
use crate::runs::context::Scope;

thread_local! {
    static SCOPE: RefCell<Option<Arc<Scope>>> = const { RefCell::new(None) };
}

/// The row that this thread is at, if it is at one.
pub fn current_scope() -> Option<Arc<Scope>> {
    SCOPE.with(|scope| scope.borrow().clone())
}

/// The outcome of a bulk as scripts see it.
#[derive(Clone)]
pub struct Outcome(pub Arc<Report>);

impl Outcome {
    fn row(&self, index: usize) -> Value {
        let report = &self.0;
        let row = &report.rows[index];
        let mut object = Map::new();
        object.insert("key".into(), json!(report.key(index)));
        object.insert("line".into(), json!(report.input.line(index)));
        object.insert("status".into(), json!(row.status.word()));
        let detail = row.detail.as_deref().cloned().unwrap_or_default();
        object.insert("value".into(), detail.value.value());
        object.insert("error".into(), detail.error.map_or(Value::Null, |problem| problem.to_json()));
        object.insert("reason".into(), json!(detail.reason));
        object.insert("effects".into(), json!(detail.notes));
        object.insert("attempts".into(), json!(usize::from(row.status != Status::NotAttempted)));
        object.insert("input".into(), report.input.to_json(index));
        Value::Object(object)
    }

    fn summary(&self) -> Map<String, Value> {
        let report = &self.0;
        let mut map = Map::new();
        map.insert("succeeded".into(), json!(report.count(Status::Done)));
        map.insert("failed".into(), json!(report.count(Status::Failed)));
        map.insert("skipped".into(), json!(report.count(Status::Skipped)));
        map.insert("notAttempted".into(), json!(report.count(Status::NotAttempted)));
        map.insert("waitedSeconds".into(), json!(report.waited.as_secs()));
        map.insert("runId".into(), json!(report.run));
        map
    }

    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        map.insert("rows".into(), (0..self.0.rows.len()).map(|index| self.row(index)).collect());
        map.extend(self.summary());
        Value::Object(map)
    }
}

/// Runs `closure` for each row. `options` have been checked.
pub fn run(
    host: &Arc<Host>,
    context: &NativeCallContext,
    rows: &Dynamic,
    options: &Value,
    closure: &FnPtr,
) -> Result<Dynamic, Box<EvalAltResult>> {
    if current_scope().is_some() {
        return Err(thrown(
            Problem::new(Kind::Unsupported, "a bulk cannot run inside a bulk")
                .hint("give the inner rows to a loop"),
        ));
    }
    let input = input(rows).map_err(thrown)?;
    if let Some((name, at)) = host.index.assigned(closure.fn_name(), closure.curry().len()) {
        return Err(thrown_at(
            Problem::new(Kind::InvalidInput, format!("`{name}` is outside of the closure, and rows run side by side: what they assign to it would be lost"))
                .hint("return a value from the closure; `bulk` collects them in `result.rows`"),
            at,
        ));
    }
    let given: Options = Options {
        key: options["key"].as_str().map(str::to_owned),
        throttle_limit: options["throttleLimit"].as_u64().map(|n| n as usize),
        title: options["title"].as_str().map(str::to_owned),
        max_removals: options["maxRemovals"].as_u64().map(|n| n as usize),
        stop_after_errors: options["stopAfterErrors"].as_u64().map(|n| n as usize),
    };
    // Rows get copies of what the closure captured: nobody waits for a lock, nobody sees another row's changes.
    let mut closure = closure.clone();
    let captured: Vec<Dynamic> = closure.curry().iter().map(Dynamic::flatten_clone).collect();
    closure.set_curry(captured);
    #[allow(deprecated)]
    let stored = context.store_data();
    let source = context.call_source().unwrap_or_default().to_owned();
    let engine: &Engine = context.engine();
    // A column that the file lacks is one error, not one for each row.
    let lacking: OnceLock<Problem> = OnceLock::new();
    let work = |index: usize, scope: &Arc<Scope>| -> Ended {
        if let Some(problem) = lacking.get() {
            return Ended::Failed(problem.clone());
        }
        SCOPE.with(|here| *here.borrow_mut() = Some(scope.clone()));
        #[allow(deprecated)]
        let context = stored.create_context(engine);
        let result = closure.call_within_context::<Dynamic>(&context, (argument(rows, &input, index),));
        SCOPE.with(|here| *here.borrow_mut() = None);
        match result {
            Ok(value) => match to_json(&value) {
                Ok(value) => Ended::Done(value),
                Err(problem) => Ended::Failed(problem),
            },
            Err(error) => {
                let ended = ended(&error, &source, &host.index);
                if let Ended::Failed(problem) = &ended
                    && problem.kind == Kind::MissingColumn
                {
                    lacking.get_or_init(|| problem.clone());
                }
                ended
            }
        }
    };
    let mut report = host.session().bulk(input.clone(), &given, &work).map_err(thrown)?;
    host.wait(host.session().conclude_bulk(&mut report)).map_err(thrown)?;
    let nothing_done =
        report.rows.iter().all(|row| row.detail.as_deref().is_none_or(|detail| detail.notes.is_empty()));
    if let Some(problem) = lacking.into_inner().filter(|_| nothing_done) {
        return Err(thrown(problem));
    }
    host.wrote_results(&report);
    let report = Arc::new(report);
    // What stopped it would stop whatever the script has in mind next.
    if let Some(problem) = report.stopped.clone() {
        host.unprinted(report);
        return Err(thrown_for_good(problem));
    }
    if let Ok(mut unshown) = host.unshown.lock() {
        unshown.push(report.clone());
    }
    Ok(Dynamic::from(Outcome(report)))
}

/// How a row's closure ended, from the error it left.
fn ended(error: &EvalAltResult, source: &str, index: &super::index::Index) -> Ended {
    let mut inner = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, next, _) | EvalAltResult::ErrorInModule(_, next, _) =
        inner
    {
        inner = next;
    }
    match inner {
        EvalAltResult::ErrorTerminated(token, _) if token.is::<Skipping>() => Ended::Skipped(
            token.read_lock::<Skipping>().map(|skipping| skipping.0.clone()).unwrap_or_default(),
        ),
        // The script's own faults say where in the script, too: the cell is not at fault.
        EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _)
            if value.is::<Thrown>() =>
        {
            Ended::Failed(super::errors::problem_of(inner))
        }
        _ => {
            let found = script_error(error, source).counted(error, index);
            let place = found
                .frames
                .first()
                .map(|frame| format!(" ({}:{}:{})", frame.source, frame.line, frame.column))
                .unwrap_or_default();
            let mut problem = found.problem;
            problem.message.push_str(&place);
            Ended::Failed(problem)
        }
    }
}

fn argument(rows: &Dynamic, input: &Input, index: usize) -> Dynamic {
    match input {
        Input::Rows(rows) => rows.get(index).map_or(Dynamic::UNIT, |row| Dynamic::from(RowValue(row))),
        Input::Values(values) => match rows
            .read_lock::<rhai::Array>()
            .and_then(|array| array.get(index).map(Dynamic::flatten_clone))
        {
            Some(value) => value,
            None => from_json("", &values[index], None),
        },
    }
}

fn input(rows: &Dynamic) -> Result<Input, Problem> {
    if let Some(rows) = rows.read_lock::<RowsValue>() {
        return Ok(Input::Rows(rows.0.clone()));
    }
    if let Some(array) = rows.read_lock::<rhai::Array>() {
        // An array of rows of one file is that file, with its lines and columns.
        let of_file: Option<Vec<crate::table::Row>> =
            array.iter().map(|value| value.read_lock::<RowValue>().map(|row| row.0.clone())).collect();
        if let Some(of_file) = of_file.filter(|rows| {
            !rows.is_empty() && rows.iter().all(|row| Arc::ptr_eq(row.table(), rows[0].table()))
        }) {
            let all = of_file[0].table().rows();
            return Ok(Input::Rows(all.pick(of_file)));
        }
        let values: Result<Vec<Value>, Problem> = array.iter().map(to_json).collect();
        return Ok(Input::Values(Arc::new(values?)));
    }
    Err(Problem::new(
        Kind::InvalidOption,
        format!("`bulk` takes rows or an array, and got {}", type_name(rows)),
    )
    .option("rows"))
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Outcome>("BulkResult").register_indexer_get(
        |outcome: &mut Outcome, name: rhai::ImmutableString| -> Result<Dynamic, Box<EvalAltResult>> {
            if name == "rows" {
                let rows = (0..outcome.0.rows.len()).map(|index| from_json("", &outcome.row(index), None));
                return Ok(rows.collect::<rhai::Array>().into());
            }
            match outcome.summary().get(name.as_str()) {
                Some(value) => Ok(from_json(&name, value, None)),
                None => Err(thrown(
                    Problem::new(
                        Kind::InvalidInput,
                        format!("the result of a bulk has no property `{name}`"),
                    )
                    .hint("it has rows, succeeded, failed, skipped, notAttempted, waitedSeconds and runId"),
                )),
            }
        },
    );
}
