//! Limits of a test's own making: so many requests of a kind in so many seconds.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::limits::{Window, whole_seconds};
use super::rule::{Target, target};
use crate::sandbox::http::Request;

/// A limit as it is written: `{ "on": "POST /invitations", "limit": 150, "seconds": 5, "retryAfter": null }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limit {
    /// Which requests, in the words of a fault.
    #[serde(deserialize_with = "target")]
    on: Target,
    #[serde(deserialize_with = "some")]
    limit: f64,
    /// By the tenant's clock.
    #[serde(deserialize_with = "some")]
    seconds: f64,
    /// Seconds for `Retry-After`; null leaves the header out, and absent it says when there is room again.
    #[serde(default, deserialize_with = "given")]
    retry_after: Option<Option<u64>>,
}

fn some<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(from)?;
    let fits = number.is_finite() && number > 0.0;
    fits.then_some(number)
        .ok_or_else(|| serde::de::Error::custom("a limit is so many in so many seconds, more than 0"))
}

/// Tells null from absent.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::<u64>::deserialize(from).map(Some)
}

/// A limit with what was used of it.
pub struct Quota {
    limit: Limit,
    window: Option<(u32, Window)>,
    met: u64,
    refused: u64,
}

impl Quota {
    pub fn new(limit: Limit) -> Quota {
        Quota { limit, window: None, met: 0, refused: 0 }
    }

    /// Counts a request that is within the limit, and says of one that is not when it may come back.
    pub fn refuses(&mut self, request: &Request, rate: u32) -> Option<Option<u64>> {
        if !self.limit.on.takes(request) {
            return None;
        }
        self.met += 1;
        let (now, rate) = (Instant::now(), rate.max(1));
        if self.window.as_ref().is_none_or(|(known, _)| *known != rate) {
            self.window = Some((rate, Window::new(now, self.limit.seconds / f64::from(rate))));
        }
        let (_, window) = self.window.as_mut()?;
        match window.room(now, self.limit.limit, 1.0) {
            (_, None) => {
                window.add(now, 1.0);
                None
            }
            (_, Some(wait)) => {
                self.refused += 1;
                Some(self.limit.retry_after.unwrap_or_else(|| Some(whole_seconds(wait))))
            }
        }
    }

    pub fn described(&self) -> Value {
        let Limit { on, limit, seconds, retry_after } = &self.limit;
        let mut described = json!({
            "on": on.text(), "limit": limit, "seconds": seconds, "met": self.met, "refused": self.refused,
        });
        if let Some(retry_after) = retry_after {
            described["retryAfter"] = json!(retry_after);
        }
        described
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    use super::*;

    fn quota(limit: Value) -> Quota {
        Quota::new(serde_json::from_value(limit).unwrap())
    }

    fn invite() -> Request {
        Request::new(
            Method::POST,
            "http://localhost".to_owned(),
            "/v1.0/invitations",
            HeaderMap::new(),
            Bytes::new(),
        )
    }

    #[test]
    fn what_is_over_the_limit_is_refused_with_or_without_a_time() {
        let cases = [
            (json!({ "on": "POST /invitations", "limit": 2, "seconds": 60 }), Some(60)),
            (json!({ "on": "POST /invitations", "limit": 2, "seconds": 60, "retryAfter": null }), None),
            (json!({ "on": "graph", "limit": 2, "seconds": 60, "retryAfter": 7 }), Some(7)),
        ];
        for (limit, after) in cases {
            let mut quota = quota(limit);
            assert_eq!([quota.refuses(&invite(), 1), quota.refuses(&invite(), 1)], [None, None]);
            assert_eq!(quota.refuses(&invite(), 1), Some(after));
            assert_eq!((&quota.described()["met"], &quota.described()["refused"]), (&json!(3), &json!(1)));
        }
    }

    #[test]
    fn others_are_not_counted_and_nonsense_is_refused() {
        let mut others = quota(json!({ "on": "GET /users", "limit": 1, "seconds": 60 }));
        assert_eq!([others.refuses(&invite(), 1), others.refuses(&invite(), 1)], [None, None]);
        for wrong in [
            json!({ "on": "graph", "limit": 0, "seconds": 5 }),
            json!({ "on": "graph", "limit": 5 }),
            json!({ "on": "graph", "limit": 5, "seconds": 5, "retry": 1 }),
        ] {
            assert!(serde_json::from_value::<Limit>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
