//! Stand-in until the module arrives.
use serde_json::Value;
pub struct Filter;
impl Filter { pub fn parse(_: &str) -> Result<Filter, String> { Ok(Filter) } pub fn matches(&self, _: &Value) -> Option<bool> { Some(true) } }
