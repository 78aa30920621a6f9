//! A refusal in Exchange's shape: a generic message outside, the real one nested inside.

use serde_json::json;

use super::parameters::Choices;
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
const BINDING: &str = "Microsoft.Exchange.AdminApi.CommandInvocation.ParameterBindingException";
const PROXY_EXISTS: &str = "Microsoft.Exchange.Data.ProxyAddressExistsException";
const MEMBER_EXISTS: &str = "Microsoft.Exchange.Management.Tasks.MemberAlreadyExistsException";
const MEMBER_MISSING: &str = "Microsoft.Exchange.Management.Tasks.MemberNotFoundException";
const PROXY_EXISTS_FOR_USER: &str = "Microsoft.Exchange.Management.Tasks.WLCDManagedMemberExistsException";
const NOT_ACCEPTED: &str = "Microsoft.Exchange.Data.Directory.NotAcceptedDomainException";
const FILTER: &str = "System.Management.Automation.ParameterBindingException";
const NOT_MANAGER: &str = "Microsoft.Exchange.Management.Tasks.OperationRequiresGroupManagerException";
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

    /// Parameters that do not go together.
    pub fn sets() -> Fault {
        let text = "Parameter set cannot be resolved using the specified named parameters.".to_owned();
        Fault::new(400, "BadRequest", "", AMBIGUOUS_SET, text)
    }

    pub fn mandatory(missing: &[&str]) -> Fault {
        let text = format!(
            "Cannot process command because of one or more missing mandatory parameters: {}.",
            missing.join(" ")
        );
        Fault::new(400, "BadRequest", "", BINDING, text)
    }

    pub fn choice(name: &str, value: &str, choices: &Choices) -> Fault {
        let text = format!(
            "Cannot process argument transformation on parameter '{name}'. Cannot convert value \"{value}\" to type \
             \"{}\". Error: \"Unable to match the identifier name {value} to a valid enumerator name. Specify one of \
             the following enumerator names and try again: {}\"",
            choices.kind,
            choices.names.join(", ")
        );
        Fault::new(400, "BadRequest", "", TRANSFORMATION, text)
    }

    pub fn too_long(name: &str, longest: usize, length: usize) -> Fault {
        Fault::task(format!(
            "The length of the property {name} is too long. The maximum length is {longest} and the length of the \
             value provided is {length}."
        ))
    }

    /// A filter that cannot be read, or asks for what nothing is found by.
    pub fn filter(parameter: &str, trouble: &str) -> Fault {
        let text = format!(
            "Cannot bind parameter '{parameter}' to the target. Exception setting \"{parameter}\": \"{trouble}\""
        );
        Fault::new(400, "BadRequest", "", FILTER, text)
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

    /// The same for an object with an account, in that service's own words.
    pub fn address_taken_for_user(address: &str) -> Fault {
        let text = format!(
            "The proxy address \"SMTP:{address}\" is already being used by the proxy addresses or LegacyExchangeDN. \
             Please choose another proxy address."
        );
        Fault::new(400, "BadRequest", "ExB10BE9", PROXY_EXISTS_FOR_USER, text)
    }

    pub fn principal_taken(principal: &str) -> Fault {
        Fault::task(format!(
            "The user principal name \"{principal}\" is already being used. Please choose another one."
        ))
    }

    pub fn alias_taken(alias: &str) -> Fault {
        Fault::task(format!(
            "The value \"{alias}\" of property \"Alias\" is used by another recipient object. Please specify a unique \
             value."
        ))
    }

    pub fn domain(domain: &str) -> Fault {
        let text = format!(
            "You can't use the domain because it's not an accepted domain for your organization. Domain: {domain}"
        );
        Fault::new(400, "BadRequest", "", NOT_ACCEPTED, text)
    }

    /// What an application may not do, however many roles it has.
    pub fn people_only(cmdlet: &str) -> Fault {
        let text = format!(
            "The cmdlet {cmdlet} isn't supported with app-only authentication. Use Microsoft Graph instead."
        );
        Fault::new(403, "Forbidden", "", TASK, text)
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

    /// The caller does not own the security group it wants to change.
    pub fn not_manager(person: bool) -> Fault {
        let (exception, text) = match person {
            true => (
                NOT_MANAGER,
                "You don't have sufficient permissions. This operation can only be performed by a manager of the group.",
            ),
            false => (TASK, "The executing user is not in the current organization."),
        };
        Fault::new(400, "BadRequest", "", exception, text.to_owned())
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

    /// A link to a next page that is too old, or was never given.
    pub fn expired() -> Fault {
        let text = "The pagination request is expired or invalid. Default expiry is 00:30:00.".to_owned();
        Fault::new(400, "BadRequest", "", "Microsoft.Exchange.Admin.OData.Core.ODataServiceException", text)
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
