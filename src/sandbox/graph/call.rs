//! One call of Graph: who makes it, to what, and how it can end.

use serde_json::{Map, Value, json};

use super::standing::{self, Standing};
use crate::sandbox::http::{Content, Reply, Request};
use crate::sandbox::login::{Claims, challenge_address};

pub struct Call<'a> {
    pub request: &'a Request,
    pub caller: &'a Claims,
    /// What the caller is in the directory.
    pub standing: Standing,
    pub version: &'a str,
    /// What stood in place of each `{}` of the route.
    pub keys: Vec<&'a str>,
}

pub type Answer = Result<Reply, Fault>;

impl Call<'_> {
    pub fn key(&self, index: usize) -> &str {
        self.keys.get(index).copied().unwrap_or_default()
    }

    /// `https://.../v1.0/$metadata#` and what is described.
    pub fn context(&self, what: &str) -> String {
        format!("{}/{}/$metadata#{what}", self.request.base, self.version)
    }

    /// The body as an object; none is an empty one.
    pub fn body(&self) -> Result<Map<String, Value>, Fault> {
        if self.request.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.request.body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) | Err(_) => Err(Fault::bad(
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of \
                 valid JSON format.",
            )),
        }
    }

    /// True when an advanced query is asked for in the way the service wants. A link to a further page stands for
    /// the query it came from: the pagers of several SDKs follow it without the header.
    pub fn eventual(&self) -> bool {
        let header = self.request.header("consistencylevel");
        header.is_some_and(|value| value.eq_ignore_ascii_case("eventual"))
            || self.request.option("$skiptoken").is_some()
    }

    pub fn may(&self, permission: &str) -> bool {
        self.consented(permission) && self.standing.carries(permission)
    }

    /// Whether a permission was consented to, of either kind.
    pub fn consented(&self, permission: &str) -> bool {
        self.caller.mentions(permission)
            || (standing::is_of_directory(permission) && self.caller.acts_as_the_person())
    }
}

/// A refusal, in Graph's shape.
#[derive(Debug)]
pub struct Fault {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    pub details: Vec<Value>,
}

impl Fault {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Fault {
        Fault { status, code, message: message.into(), details: Vec::new() }
    }

    pub fn bad(code: &'static str, message: impl Into<String>) -> Fault {
        Fault::new(400, code, message)
    }

    pub fn request(message: impl Into<String>) -> Fault {
        Fault::bad("Request_BadRequest", message)
    }

    pub fn missing(id: &str) -> Fault {
        Fault::new(
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    pub fn denied() -> Fault {
        Fault::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    /// Two objects would hold the same value of a property that is unique.
    pub fn conflict(property: &str) -> Fault {
        let mut fault = Fault::request(format!(
            "Another object with the same value for property {property} already exists."
        ));
        fault.details = vec![
            json!({ "code": "ObjectConflict", "message": fault.message, "target": property }),
            json!({ "code": "ConflictingObjects", "message": "Another object in the directory holds this value.", "target": property }),
        ];
        fault
    }

    pub fn reply(self, request: &Request, date: &str) -> Reply {
        let inner = json!({
            "date": date.trim_end_matches('Z'),
            "request-id": request.id.to_string(),
            "client-request-id": request.client_id,
        });
        let mut error = json!({ "code": self.code, "message": self.message });
        if !self.details.is_empty() {
            error["details"] = Value::Array(self.details);
        }
        error["innerError"] = inner;
        let mut reply = Reply::json(self.status, json!({ "error": error }));
        if self.status == 401 {
            let challenge = format!(
                "Bearer realm=\"\", authorization_uri=\"{}/oauth2/authorize\", \
                 client_id=\"00000003-0000-0000-c000-000000000000\"",
                challenge_address(request, "")
            );
            reply = reply.with("www-authenticate", challenge);
        }
        reply
    }
}

/// How much the caller wants to be told about the data: `none`, `minimal` or `full`.
pub fn metadata(request: &Request) -> &'static str {
    let asked = |level: &str| {
        request.header("accept").is_some_and(|accept| accept.contains(&format!("odata.metadata={level}")))
    };
    if asked("none") {
        "none"
    } else if asked("full") {
        "full"
    } else {
        "minimal"
    }
}

/// Takes the annotations out, for callers that asked for no metadata.
pub fn without_metadata(mut reply: Reply) -> Reply {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                // Links to a next page and counts are data.
                map.retain(|key, _| {
                    !key.contains("@odata.") || key == "@odata.nextLink" || key == "@odata.count"
                });
                map.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    if let Content::Json(value) = &mut reply.content {
        strip(value);
    }
    reply
}
