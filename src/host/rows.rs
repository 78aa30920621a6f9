//! Rows of a table as scripts see them: they read like maps and arrays, and share one storage.

use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, NativeCallContext};

use super::errors::thrown;
use crate::problem::{Kind, Problem};
use crate::runs::bulk::table_problem;
use crate::table::{Row, Rows};

#[derive(Clone, Debug)]
pub struct RowsValue(pub Rows);

#[derive(Clone, Debug)]
pub struct RowValue(pub Row);

type Outcome<T> = Result<T, Box<EvalAltResult>>;

impl RowValue {
    /// A cell; an empty one is `()`. A column that the file lacks is a matter of the file, not of this row.
    fn get(&self, name: &str) -> Outcome<Dynamic> {
        match self.0.get(name) {
            Ok(Some(cell)) => Ok(cell.into_owned().into()),
            Ok(None) => Ok(Dynamic::UNIT),
            Err(error) => {
                let problem = table_problem(&error);
                let optional =
                    format!("if the file may lack it: import_csv(path, #{{ optional: [\"{name}\"] }})");
                let hint = match problem.hint.as_deref() {
                    Some(hint) => format!("{hint}\nhint: {optional}"),
                    None => optional,
                };
                Err(thrown(Problem { hint: Some(hint), kind: Kind::MissingColumn, ..problem }))
            }
        }
    }
}

fn at(rows: &RowsValue, index: i64) -> Outcome<RowValue> {
    let len = rows.0.len() as i64;
    let place = if index < 0 { len + index } else { index };
    let row = usize::try_from(place).ok().and_then(|place| rows.0.get(place));
    row.map(RowValue).ok_or_else(|| {
        thrown(Problem::new(
            Kind::InvalidInput,
            format!("there are {}, and {index} is not one of them", crate::words::count(rows.0.len(), "row")),
        ))
    })
}

fn keep(context: &NativeCallContext, rows: &RowsValue, test: &FnPtr) -> Outcome<RowsValue> {
    let mut failure = None;
    let kept = rows.0.filter(|row| {
        failure.is_none()
            && match test.call_within_context::<Dynamic>(context, (RowValue(row.clone()),)) {
                Ok(value) => match super::extras::verdict(&value) {
                    Ok(keep) => keep,
                    Err(error) => {
                        failure = Some(error);
                        false
                    }
                },
                Err(error) => {
                    failure = Some(error);
                    false
                }
            }
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(RowsValue(kept)),
    }
}

pub fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<RowsValue>("Rows")
        .register_type_with_name::<RowValue>("Row")
        .register_indexer_get(|row: &mut RowValue, name: ImmutableString| row.get(&name))
        .register_fn("contains", |row: &mut RowValue, name: &str| row.0.table().find(name).is_some())
        .register_fn("keys", |row: &mut RowValue| -> rhai::Array {
            row.0.table().columns().iter().map(|column| Dynamic::from(column.name().to_owned())).collect()
        })
        .register_get("line", |row: &mut RowValue| i64::from(row.0.line()))
        .register_fn("to_map", |row: &mut RowValue| -> rhai::Map {
            row.0
                .to_object()
                .into_iter()
                .map(|(name, value)| (name.as_str().into(), super::values::from_json("", &value, None)))
                .collect()
        })
        .register_fn("to_string", |row: &mut RowValue| {
            serde_json::Value::Object(row.0.to_object()).to_string()
        })
        .register_fn("to_debug", |row: &mut RowValue| {
            serde_json::Value::Object(row.0.to_object()).to_string()
        })
        .register_indexer_get(|rows: &mut RowsValue, index: i64| at(rows, index))
        .register_fn("len", |rows: &mut RowsValue| rows.0.len() as i64)
        .register_get("len", |rows: &mut RowsValue| rows.0.len() as i64)
        .register_fn("is_empty", |rows: &mut RowsValue| rows.0.is_empty())
        .register_fn("slice", |rows: &mut RowsValue, from: i64, count: i64| {
            let from = from.max(0) as usize;
            RowsValue(
                rows.0.slice(
                    from.min(rows.0.len())..from.saturating_add(count.max(0) as usize).min(rows.0.len()),
                ),
            )
        })
        .register_fn("to_array", |rows: &mut RowsValue| -> rhai::Array {
            rows.0.iter().map(|row| Dynamic::from(RowValue(row))).collect()
        })
        .register_fn("filter", |context: NativeCallContext, rows: &mut RowsValue, test: FnPtr| {
            keep(&context, rows, &test)
        })
        .register_fn(
            "map",
            |context: NativeCallContext, rows: &mut RowsValue, f: FnPtr| -> Outcome<rhai::Array> {
                rows.0
                    .iter()
                    .map(|row| f.call_within_context::<Dynamic>(&context, (RowValue(row),)))
                    .collect()
            },
        )
        .register_fn(
            "for_each",
            |context: NativeCallContext, rows: &mut RowsValue, f: FnPtr| -> Outcome<()> {
                rows.0.iter().try_for_each(|row| {
                    f.call_within_context::<Dynamic>(&context, (RowValue(row),)).map(drop)
                })
            },
        )
        .register_fn("to_string", |rows: &mut RowsValue| {
            format!("{} of {}", crate::words::count(rows.0.len(), "row"), rows.0.table().file())
        })
        .register_fn("to_debug", |rows: &mut RowsValue| {
            format!("{} of {}", crate::words::count(rows.0.len(), "row"), rows.0.table().file())
        })
        .register_iterator::<RowsValue>();
}

impl IntoIterator for RowsValue {
    type Item = Dynamic;
    type IntoIter = Box<dyn Iterator<Item = Dynamic>>;

    fn into_iter(self) -> Self::IntoIter {
        let rows = self.0;
        Box::new(
            (0..rows.len()).filter_map(move |index| rows.get(index).map(|row| Dynamic::from(RowValue(row)))),
        )
    }
}
