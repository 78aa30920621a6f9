//! `/sandbox/faults`: what is to go wrong, from outside.

use serde_json::json;

use super::Weather;
use crate::sandbox::http::{Reply, Request};
use crate::sandbox::world::World;

/// `GET` tells, `POST` adds, `DELETE` makes everything well again.
pub fn answer(world: &World, request: &Request) -> Option<Reply> {
    match request.method.as_str() {
        "GET" => {}
        "POST" => {
            let weather = match Weather::read(&String::from_utf8_lossy(&request.body)) {
                Ok(weather) => weather,
                Err(reason) => {
                    return Some(Reply::json(
                        400,
                        json!({ "error": { "code": "BadRequest", "message": reason } }),
                    ));
                }
            };
            world.weather(weather);
        }
        "DELETE" => {
            let calm =
                r#"{ "throttling": "off", "delays": "off", "clockRate": 1, "latencyMilliseconds": 0 }"#;
            world.troubles.clear();
            world.weather(Weather::read(calm).expect("these are the words that are read"));
        }
        _ => return None,
    }
    Some(Reply::ok(world.read(|tenant| world.troubles.described(tenant))))
}
