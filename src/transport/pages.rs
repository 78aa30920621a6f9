//! Lists that come in pages: each service has its own way of naming the next one.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::failure::Malformed;
use super::tries::malformed;
use super::{Call, Failure, Method, Transport};
use crate::identity::Service;

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Value>,
    /// The call that gives the next page.
    pub next: Option<Call>,
    /// What came beside the items: `@odata.count`, `@odata.deltaLink`, `@adminapi.warnings`.
    pub rest: Map<String, Value>,
}

impl Transport {
    /// Asks for one page, and says how to ask for the next: for lists that do not fit into memory.
    pub async fn page(&self, call: &Call) -> Result<Page, Failure> {
        let reply = self.exchange(call).await?;
        let broken = |what| malformed(call, Some(reply.status), what);
        let Value::Object(mut rest) = reply.body else { return Err(broken(Malformed::NoItems)) };
        let Some(Value::Array(items)) = rest.shift_remove("value") else {
            return Err(broken(Malformed::NoItems));
        };
        let link = ["@odata.nextLink", "nextLink"].iter().find_map(|name| rest.shift_remove(*name));
        let next = match link {
            Some(Value::String(link)) if !link.is_empty() => Some(following(call, link)),
            _ => None,
        };
        Ok(Page { items, next, rest })
    }

    /// Asks for all pages, or for as many as hold `limit` items.
    pub async fn pages(&self, call: Call, limit: Option<usize>) -> Result<Vec<Value>, Failure> {
        let mut seen = HashSet::new();
        let mut items = Vec::new();
        let mut next = (limit != Some(0)).then_some(call);
        while let Some(call) = next {
            let page = self.page(&call).await?;
            items.extend(page.items);
            if let Some(limit) = limit
                && items.len() >= limit
            {
                items.truncate(limit);
                break;
            }
            next = page.next;
            if let Some(next) = &next
                && !seen.insert(next.path.clone())
            {
                return Err(malformed(next, None, Malformed::Loop));
            }
        }
        Ok(items)
    }
}

/// The link is followed as it is, with the same headers. Exchange wants the same body posted to it once more.
fn following(call: &Call, link: String) -> Call {
    let mut next = call.clone();
    next.path = link;
    next.query.clear();
    if call.service != Service::Exchange {
        next.method = Method::Get;
        next.body = None;
        (next.reading, next.repeatable) = (true, true);
    }
    next
}
