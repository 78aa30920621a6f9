//! A refusal in Exchange's shape: a generic message outside, the real one nested inside.

use serde_json::json;

use crate::sandbox::http::{Reply, Request};

#[derive(Debug)]
pub struct Fault {
    status: u16,
    code: &'static str,
    /// The short code before the exception's name; often there is none.
    ex: &'static str,
    exception: &'static str,
    text: String,
}

const NOT_FOUND: &str = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException";
const AMBIGUOUS_SET: &str = "Microsoft.Exchange.AdminApi.CommandInvocation.AmbiguousParameterSetException";
const TRANSFORMATION: &str = "Microsoft.Exchange.AdminApi.CommandInvocation.ParameterTransformationException";
const PROXY_EXISTS: &str = "Microsoft.Exchange.Data.ProxyAddressExistsException";
const MEMBER_EXISTS: &str = "Microsoft.Exchange.Management.Tasks.MemberAlreadyExistsException";
const MEMBER_MISSING: &str = "Microsoft.Exchange.Management.Tasks.MemberNotFoundException";
const NAME_TAKEN: &str = "Microsoft.Exchange.Configuration.Tasks.NameNotAvailableException";
const TASK: &str = "Microsoft.Exchange.Configuration.Tasks.RecipientTaskException";
const AMBIGUOUS: &str = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectAmbiguousException";

impl Fault {
    fn new(
        status: u16,
        code: &'static str,
        ex: &'static str,
        exception: &'static str,
        text: String,
    ) -> Fault {
        Fault { status, code, ex, exception, text }
    }

    pub fn missing(identity: &str) -> Fault {
        let text = format!(
            "The operation couldn't be performed because object '{identity}' couldn't be found on \
             'SANDBOX01.PROD.OUTLOOK.COM'."
        );
        Fault::new(404, "NotFound", "Ex6F9304", NOT_FOUND, text)
    }

    pub fn parameter(name: &str) -> Fault {
        let text = format!(
            "Parameter set cannot be resolved using the specified named parameters. Invalid cmdlet parameters \
             specified. {name}"
        );
        Fault::new(400, "BadRequest", "", AMBIGUOUS_SET, text)
    }

    pub fn value(name: &str, value: &str, wanted: &str) -> Fault {
        let text = format!(
            "Cannot process argument transformation on parameter '{name}'. Cannot convert value \"{value}\" to type \
             \"{wanted}\"."
        );
        Fault::new(400, "BadRequest", "", TRANSFORMATION, text)
    }

    pub fn address_taken(address: &str, holder: &str) -> Fault {
        let text = format!(
            "The proxy address \"SMTP:{address}\" is already being used by the proxy addresses or LegacyExchangeDN of \
             \"{holder}\". Please choose another proxy address."
        );
        Fault::new(400, "BadRequest", "", PROXY_EXISTS, text)
    }

    pub fn name_taken(name: &str) -> Fault {
        let text = format!("The name \"{name}\" is already being used. Please try another name.");
        Fault::new(400, "BadRequest", "", NAME_TAKEN, text)
    }

    pub fn ambiguous(identity: &str) -> Fault {
        let text = format!(
            "There are multiple recipients matching identity \"{identity}\". Please specify a unique value."
        );
        Fault::new(500, "InternalServerError", "", AMBIGUOUS, text)
    }

    pub fn member_exists(member: &str, group: &str) -> Fault {
        let text = format!("The recipient \"{member}\" is already a member of the group \"{group}\".");
        Fault::new(400, "BadRequest", "", MEMBER_EXISTS, text)
    }

    pub fn member_missing(member: &str, group: &str) -> Fault {
        let text = format!("The recipient \"{member}\" isn't a member of the group \"{group}\".");
        Fault::new(400, "BadRequest", "", MEMBER_MISSING, text)
    }

    pub fn task(text: impl Into<String>) -> Fault {
        Fault::new(400, "BadRequest", "", TASK, text.into())
    }

    pub fn unsaved(text: String) -> Fault {
        Fault::new(500, "InternalServerError", "", TASK, text)
    }

    pub fn reply(self, request: &Request) -> Reply {
        let generic = "Error executing cmdlet";
        let inner = json!({
            "message": generic,
            "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
            "stacktrace": "",
            "request-id": request.id.to_string(),
            "internalexception": { "message": self.text, "type": self.exception, "stacktrace": "" },
        });
        let detail = format!("{}|{}|{}", self.ex, self.exception, self.text);
        let mut error = json!({ "code": self.code, "message": generic });
        // A value of the wrong type is refused before the cmdlet runs, and then there are no details.
        if self.exception != TRANSFORMATION {
            error["details"] = json!([{ "code": "Client", "target": "", "message": detail }]);
        }
        error["innererror"] = inner;
        Reply::json(self.status, json!({ "error": error }))
    }
}
