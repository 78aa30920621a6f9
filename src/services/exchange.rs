//! Exchange Online over its REST door, `InvokeCommand`: a cmdlet and its parameters in, objects out.
//!
//! Microsoft offers no documented API for mail contacts; this is the door the official PowerShell module itself uses.

use serde_json::{Map, Value};

use crate::transport::{Call, Failure, Reply, Transport};
use crate::words::camel;

/// A cmdlet's parameters, in the service's own PascalCase.
pub type Parameters = Map<String, Value>;

/// The reading half of Exchange: `Get-` cmdlets.
#[derive(Clone)]
pub struct Exchange {
    transport: Transport,
    tenant: String,
}

impl Exchange {
    pub fn new(transport: Transport, tenant: String) -> Exchange {
        Exchange { transport, tenant }
    }

    /// What a `Get-` cmdlet returns, all pages, with property names in camelCase. Nothing found is an empty list.
    pub async fn get(&self, cmdlet: &str, parameters: Parameters) -> Result<Vec<Value>, Failure> {
        debug_assert!(cmdlet.starts_with("Get-"), "the reading half only reads");
        let call = Call::exchange(&self.tenant, cmdlet, Value::Object(parameters), true);
        match self.transport.pages(call, None).await {
            Ok(objects) => Ok(objects.into_iter().map(to_camel).collect()),
            Err(failure) if failure.is_not_found() => Ok(Vec::new()),
            Err(failure) => Err(failure),
        }
    }
}

impl Exchange {
    /// What a cmdlet that only reads returns, in a script's own words: nothing found is the service's refusal.
    pub async fn command(&self, cmdlet: &str, parameters: Parameters) -> Result<Vec<Value>, Failure> {
        debug_assert!(super::raw::cmdlet_reads(cmdlet), "the reading half only reads");
        let call = Call::exchange(&self.tenant, cmdlet, Value::Object(parameters), true);
        Ok(self.transport.pages(call, None).await?.into_iter().map(to_camel).collect())
    }
}

/// The writing half: any other cmdlet.
#[derive(Clone)]
pub struct ExchangeWrites {
    transport: Transport,
    tenant: String,
}

impl ExchangeWrites {
    pub fn new(transport: Transport, tenant: String) -> ExchangeWrites {
        ExchangeWrites { transport, tenant }
    }

    /// Runs a cmdlet that changes something. `repeatable` says that running it twice leaves the same state.
    pub async fn run(
        &self,
        cmdlet: &str,
        parameters: Parameters,
        repeatable: bool,
    ) -> Result<Reply, Failure> {
        let call = Call::exchange(&self.tenant, cmdlet, Value::Object(parameters), false);
        self.transport.call(if repeatable { call.repeatable() } else { call }).await
    }
}

/// What a cmdlet that makes something returned.
pub fn first_object(body: &Value) -> Value {
    body.get("value").and_then(|value| value.get(0)).cloned().map_or(Value::Null, to_camel)
}

/// Everything that a cmdlet returned.
pub fn all_objects(body: &Value) -> Vec<Value> {
    body.get("value")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .map(to_camel)
        .collect()
}

/// Text as a literal of an OPATH filter: quotes doubled.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Exchange writes empty text for what was never set; scripts know one kind of nothing.
fn to_camel(object: Value) -> Value {
    let known = |value: Value| if value == "" { Value::Null } else { value };
    match object {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(name, _)| !name.contains('@'))
                .map(|(name, value)| (camel(&name), known(value)))
                .collect(),
        ),
        other => other,
    }
}
