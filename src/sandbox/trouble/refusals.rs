//! Refusals that any service can give to anything, in the words of each.

use serde_json::{Value, json};

use crate::sandbox::http::{Reply, Request};
use crate::sandbox::router::{self, Side};

/// 429, 500, 503 or 504 as the service that the request is for says it.
pub fn refusal(request: &Request, status: u16, retry_after: Option<u64>) -> Reply {
    let reply = match router::side(request) {
        Some(Side::Exchange) => exchange(status),
        Some(Side::Azure) => Reply::json(status, azure(request, status)),
        Some(Side::Login) => Reply::json(status, login(request, status)),
        _ => Reply::json(status, graph(request, status)),
    };
    match retry_after {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    }
}

fn graph(request: &Request, status: u16) -> Value {
    let (code, message) = match status {
        429 => ("TooManyRequests", "Please retry again later."),
        503 => {
            ("serviceNotAvailable", "The service is temporarily unavailable. Please retry the request later.")
        }
        504 => ("UnknownError", ""),
        _ => ("InternalServerError", "An unexpected error occurred."),
    };
    let date = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let mut inner =
        json!({ "date": date, "request-id": request.id.to_string(), "client-request-id": request.client_id });
    if status == 429 {
        inner["code"] = json!("429");
        inner["status"] = json!("429");
        inner["message"] = json!("Please retry after");
    }
    json!({ "error": { "code": code, "message": message, "innerError": inner } })
}

fn azure(request: &Request, status: u16) -> Value {
    let (code, message) = match status {
        429 => {
            let verb = match request.method.as_str() {
                "GET" | "HEAD" => "read",
                "DELETE" => "delete",
                _ => "write",
            };
            let subscription = request.segments.get(1).map(String::as_str).unwrap_or_default();
            (
                "SubscriptionRequestsThrottled",
                format!(
                    "Number of '{verb}' requests for subscription '{subscription}' exceeded the limit. Please try \
                     again after the time that the Retry-After header gives."
                ),
            )
        }
        503 => (
            "ServerTimeout",
            "The request timed out because the service is busy. Please try again later.".to_owned(),
        ),
        504 => ("GatewayTimeout", "The gateway did not receive a response in time.".to_owned()),
        _ => ("InternalServerError", "Encountered internal server error.".to_owned()),
    };
    json!({ "error": { "code": code, "message": message } })
}

fn exchange(status: u16) -> Reply {
    match status {
        429 => Reply::text(
            429,
            "You have reached the maximum number of concurrent requests per tenant. Please wait and try again."
                .to_owned(),
        ),
        500 => {
            let message = "Error executing cmdlet";
            let inner = json!({
                "message": message,
                "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                "stacktrace": "",
                "internalexception": {
                    "message": "An unexpected error occurred while the request was executed.",
                    "type": "System.Exception",
                    "stacktrace": "",
                },
            });
            Reply::json(
                500,
                json!({ "error": { "code": "InternalServerError", "message": message, "innererror": inner } }),
            )
        }
        status => Reply::empty(status),
    }
}

fn login(request: &Request, status: u16) -> Value {
    let at = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let code = if status == 429 { 90_055 } else { 90_033 };
    json!({
        "error": "temporarily_unavailable",
        "error_description": format!(
            "AADSTS{code}: A transient error has occurred. Please try again. Trace ID: {} Correlation ID: {} Timestamp: {at}",
            request.id, request.client_id
        ),
        "error_codes": [code],
        "timestamp": at,
        "trace_id": request.id.to_string(),
        "correlation_id": request.client_id,
    })
}

/// What the whole tenant hears once the service took its invitations for abuse.
pub fn suspicious(request: &Request) -> Reply {
    let mut body = graph(request, 500);
    body["error"]["code"] = json!("Forbidden");
    body["error"]["message"] = json!(
        "Invitations are blocked for this directory due to suspicious activity. Please contact Microsoft support for \
         help."
    );
    Reply::json(403, body)
}

/// What the token endpoint says no with, in its own words.
pub fn sign_in(request: &Request, code: u32) -> Reply {
    let (error, text) = match code {
        65001 => (
            "invalid_grant",
            "The user or administrator has not consented to use the application. Send an interactive authorization \
             request for this user and resource.",
        ),
        50076 => (
            "interaction_required",
            "Due to a configuration change made by your administrator, or because you moved to a new location, you \
             must use multi-factor authentication to access the resource.",
        ),
        53003 => (
            "invalid_grant",
            "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        ),
        700_082 => (
            "invalid_grant",
            "The refresh token has expired due to inactivity. The token was inactive for 90.00:00:00.",
        ),
        _ => (
            "invalid_client",
            "The app needs access to a service that your organization has not subscribed to or enabled. Contact your \
             IT Admin to review the configuration of your service subscriptions.",
        ),
    };
    let at = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let mut body = json!({
        "error": error,
        "error_description": format!(
            "AADSTS{code}: {text} Trace ID: {} Correlation ID: {} Timestamp: {at}", request.id, request.client_id
        ),
        "error_codes": [code],
        "timestamp": at,
        "trace_id": request.id.to_string(),
        "correlation_id": request.client_id,
    });
    if code == 50076 {
        body["suberror"] = json!("basic_action");
        body["claims"] = json!(r#"{"access_token":{"capolids":{"essential":true,"values":["c4ae0ff3"]}}}"#);
    }
    Reply::json(400, body)
}

/// A token that was good a moment ago: something about its bearer has changed.
/// <https://learn.microsoft.com/entra/identity-platform/claims-challenge>
pub fn claims_challenge(request: &Request) -> Reply {
    use base64::Engine as _;
    let claims = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;
    let encoded = base64::engine::general_purpose::STANDARD.encode(claims);
    let header = format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
         error=\"insufficient_claims\", claims=\"{encoded}\""
    );
    let mut body = graph(request, 401);
    body["error"]["code"] = json!("InvalidAuthenticationToken");
    body["error"]["message"] = json!("Continuous access evaluation resulted in challenge.");
    Reply::json(401, body).with("www-authenticate", header)
}
