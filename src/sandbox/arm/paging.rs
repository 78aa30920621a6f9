//! Lists in pages: `$top`, and a link to the next page that is followed as it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::fault::Fault;
use super::{Answer, Call};
use crate::sandbox::http::Reply;

/// So many items a page has unless fewer are asked for.
const PAGE: usize = 1000;

pub fn values(call: &Call, items: Vec<Value>) -> Answer {
    page(call, items, Map::new())
}

/// With what else stands beside the items.
pub fn page(call: &Call, items: Vec<Value>, mut besides: Map<String, Value>) -> Answer {
    let request = call.request;
    let top = match request.option("$top").filter(|text| !text.is_empty()) {
        None => PAGE,
        Some(text) => match text.parse::<usize>() {
            Ok(number) if number > 0 => number.min(PAGE),
            _ => {
                let message = format!(
                    "The value '{text}' of the query parameter '$top' is not valid. It must be a positive integer."
                );
                return Err(Fault::new(400, "InvalidTopInQueryString", message));
            }
        },
    };
    let start = match request.option("$skiptoken") {
        None => 0,
        Some(token) => position(token).ok_or_else(|| {
            Fault::new(400, "InvalidSkipToken", "The skip token specified in the query string is not valid.")
        })?,
    };
    let more = items.len() > start.saturating_add(top);
    let shown: Vec<Value> = items.into_iter().skip(start).take(top).collect();
    let mut body = Map::new();
    body.insert("value".to_owned(), Value::Array(shown));
    if more {
        let token = URL_SAFE_NO_PAD.encode(format!("from:{}", start + top));
        let rest = request.query_without("$skiptoken");
        let link = request.address(&format!("{rest}&$skiptoken={token}"));
        body.insert("nextLink".to_owned(), Value::String(link));
    }
    body.append(&mut besides);
    Ok(Reply::ok(Value::Object(body)))
}

fn position(token: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("from:")?.parse().ok()
}
