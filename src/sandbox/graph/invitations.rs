//! Invitations: who may be invited, what becomes of an address that is known already, and the mail that goes out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::{Answer, Call, Fault};
use super::navigation::pointed_at;
use super::properties::{text, value};
use super::{policies, standing};
use crate::sandbox::http::Reply;
use crate::sandbox::redemption::INVITED;
use crate::sandbox::router::is_service_host;
use crate::sandbox::tenant::{Kind, Object, Redemption, Relation, Tenant, map};

/// What the address of somebody invited must not hold.
const FORBIDDEN: &str = "~!#$%^&*()+=[]{}\\/|;:\"<>?,";

const FIELDS: [&str; 13] = [
    "invitedUserEmailAddress",
    "inviteRedirectUrl",
    "invitedUserDisplayName",
    "sendInvitationMessage",
    "invitedUserMessageInfo",
    "invitedUserType",
    "resetRedemption",
    "invitedUser",
    "invitedUserSponsors",
    "inviteRedeemUrl",
    "status",
    "id",
    "invitedToGroups",
];

struct Wish {
    address: String,
    redirect: String,
    display_name: Option<String>,
    send: bool,
    reset: bool,
    member: bool,
    user: Option<String>,
    message: Map<String, Value>,
    sponsors: Vec<Uuid>,
}

pub fn invite(call: &Call, tenant: &mut Tenant) -> Answer {
    let wish = read(call, tenant)?;
    standing::may_invite(call, tenant)?;
    let (local, domain) = wish.address.rsplit_once('@').unwrap_or((&wish.address, ""));
    let valid = !local.is_empty()
        && domain.contains('.')
        && !wish.address.contains(char::is_whitespace)
        && !local.contains('@')
        && !wish.address.contains(|c| FORBIDDEN.contains(c))
        && !local.starts_with(['.', '-'])
        && !local.ends_with(['.', '-'])
        && !domain.split('.').any(str::is_empty);
    if !valid {
        return Err(Fault::bad("BadRequest", "The invited user email address is not a valid email address."));
    }
    if policies::is_blocked_domain(tenant, domain) {
        return Err(Fault::new(
            403,
            "Forbidden",
            format!(
                "Invitations are blocked for the domain '{domain}' by the external collaboration settings of your \
                 organization."
            ),
        ));
    }
    if let Some(key) = wish.user.clone() {
        return invite_known(call, tenant, &wish, &key);
    }
    if wish.reset {
        return Err(Fault::request("resetRedemption needs the id of the invited user in 'invitedUser'."));
    }
    if let Some(guest) = guest_with(tenant, &wish.address).map(|guest| guest.id) {
        return invite_again(call, tenant, &wish, guest);
    }
    if tenant.owns_domain(domain) {
        return match tenant.holder(&wish.address) {
            Some(holder) if holder.kind == Kind::User => Err(exists(holder.id)),
            _ => Err(Fault::bad(
                "BadRequest",
                "This user cannot be invited because the domain of the user's email address is a verified domain of \
                 this directory.",
            )),
        };
    }
    let mut routable = true;
    match tenant.holder(&wish.address) {
        Some(holder) if holder.kind == Kind::Contact => routable = false,
        Some(holder) if holder.kind == Kind::User => return Err(exists(holder.id)),
        Some(_) => return Err(Fault::conflict("proxyAddresses")),
        None => {}
    }
    let guest = new_guest(tenant, &wish, routable);
    let id = tenant.insert(guest);
    // Who invites answers for the guest unless somebody else is named.
    let inviter = standing::person(call).filter(|_| wish.sponsors.is_empty());
    for sponsor in wish.sponsors.iter().copied().chain(inviter) {
        tenant.link(Relation::Sponsor, id, sponsor);
    }
    issue(call, tenant, &wish, id, "PendingAcceptance")
}

fn read(call: &Call, tenant: &Tenant) -> Result<Wish, Fault> {
    let body = call.body()?;
    for name in body.keys() {
        let plain = name.split('@').next().unwrap_or_default();
        if !plain.is_empty() && !FIELDS.iter().any(|field| field.eq_ignore_ascii_case(plain)) {
            let message =
                format!("The property '{name}' does not exist on type 'microsoft.graph.invitation'.");
            return Err(Fault::bad("BadRequest", message));
        }
    }
    let required = |name: &str| {
        text(&body, name).filter(|text| !text.trim().is_empty()).map(str::to_owned).ok_or_else(|| {
            Fault::bad(
                "BadRequest",
                format!("Invalid value specified for property '{name}' of resource 'Invitation'."),
            )
        })
    };
    let flag = |name: &str| match value(&body, name) {
        Value::Bool(flag) => Ok(*flag),
        Value::Null => Ok(false),
        _ => Err(Fault::bad("BadRequest", format!("Cannot convert the value of '{name}' to Edm.Boolean."))),
    };
    let redirect = required("inviteRedirectUrl")?;
    if url::Url::parse(&redirect).is_err() {
        let message = "Invalid value specified for property 'inviteRedirectUrl' of resource 'Invitation'.";
        return Err(Fault::bad("BadRequest", message));
    }
    let member = match text(&body, "invitedUserType") {
        None => false,
        Some(kind) if kind.eq_ignore_ascii_case("Guest") => false,
        Some(kind) if kind.eq_ignore_ascii_case("Member") => true,
        Some(_) => {
            let message = "Invalid value specified for property 'invitedUserType' of resource 'Invitation'.";
            return Err(Fault::bad("BadRequest", message));
        }
    };
    let message = map(value(&body, "invitedUserMessageInfo").clone());
    if value(&message, "ccRecipients").as_array().is_some_and(|list| list.len() > 1) {
        return Err(Fault::bad(
            "BadRequest",
            "Only one CC recipient is supported in the invitation message.",
        ));
    }
    let sponsors = value(&body, "invitedUserSponsors@odata.bind").as_array().into_iter().flatten();
    let sponsors = sponsors.filter_map(Value::as_str).map(|address| pointed_at(tenant, address));
    Ok(Wish {
        address: required("invitedUserEmailAddress")?.trim().to_owned(),
        redirect,
        display_name: text(&body, "invitedUserDisplayName").map(str::to_owned),
        send: flag("sendInvitationMessage")?,
        reset: flag("resetRedemption")?,
        member,
        user: value(&body, "invitedUser")["id"].as_str().map(str::to_owned),
        sponsors: sponsors.collect::<Result<_, _>>()?,
        message,
    })
}

fn exists(id: Uuid) -> Fault {
    Fault::bad(
        "BadRequest",
        format!(
            "The invited user already exists in the directory as object ID: {id}. They can use that account to sign \
             in to shared apps and resources."
        ),
    )
}

/// The invited user who goes by an address, as mail, proxy or other mail.
fn guest_with<'a>(tenant: &'a Tenant, address: &str) -> Option<&'a Object> {
    tenant.known_as(address).find(|object| {
        object.kind == Kind::User
            && object.text("creationType") == Some("Invitation")
            && (object.text("mail").is_some_and(|mail| mail.eq_ignore_ascii_case(address))
                || object.proxies().any(|proxy| proxy.eq_ignore_ascii_case(address))
                || object.texts("otherMails").any(|mail| mail.eq_ignore_ascii_case(address)))
    })
}

/// `ann_fabrikam.example#EXT#@contoso.onmicrosoft.com`, with a number where that is taken.
pub fn new_guest(tenant: &Tenant, wish: &impl Invited, routable: bool) -> Object {
    let address = wish.address();
    let stem = address.replace('@', "_");
    let upn = |stem: &str| format!("{stem}#EXT#@{}", tenant.profile.initial_domain);
    let mut name = stem.clone();
    let mut number = 1;
    while tenant.user(&upn(&name)).is_some() {
        name = format!("{stem}{number}");
        number += 1;
    }
    let principal = upn(&name);
    let now = tenant.stamp();
    let local = address.split('@').next().unwrap_or_default();
    let mut properties = map(json!({
        "accountEnabled": true,
        "createdDateTime": now,
        "creationType": "Invitation",
        "displayName": wish.display_name().unwrap_or(local),
        "externalUserState": "PendingAcceptance",
        "externalUserStateChangeDateTime": now,
        "identities": [{
            "signInType": "userPrincipalName",
            "issuer": tenant.profile.initial_domain,
            "issuerAssignedId": principal,
        }],
        "mailNickname": format!("{name}#EXT#"),
        "showInAddressList": false,
        "signInSessionsValidFromDateTime": now,
        "userPrincipalName": principal,
        "userType": if wish.member() { "Member" } else { "Guest" },
    }));
    if routable {
        properties.insert("mail".to_owned(), json!(address));
        properties.insert("proxyAddresses".to_owned(), json!([format!("SMTP:{address}")]));
    }
    properties.insert("otherMails".to_owned(), json!([address]));
    Object::new(Uuid::new_v4(), Kind::User, properties)
}

/// What a guest is made from.
pub trait Invited {
    fn address(&self) -> &str;
    fn display_name(&self) -> Option<&str>;
    fn member(&self) -> bool;
}

impl Invited for Wish {
    fn address(&self) -> &str {
        &self.address
    }
    fn display_name(&self) -> Option<&str> {
        self.display_name.as_deref()
    }
    fn member(&self) -> bool {
        self.member
    }
}

/// A guest who is there already: the same object, a new ticket, and the older link is worth nothing.
fn invite_again(call: &Call, tenant: &mut Tenant, wish: &Wish, id: Uuid) -> Answer {
    let Some(guest) = tenant.get(id) else { return Err(Fault::missing(&id.to_string())) };
    if guest.properties.get("accountEnabled") == Some(&Value::Bool(false)) {
        return Err(Fault::new(
            412,
            "Request_BadRequest",
            format!(
                "The invited user already exists in the directory as object ID: {id}, but the account is blocked \
                 from signing in. Unblock the account before inviting the user again."
            ),
        ));
    }
    let status = match guest.text("externalUserState") {
        Some("Accepted") => "Completed",
        _ => "PendingAcceptance",
    };
    issue(call, tenant, wish, id, status)
}

/// `invitedUser.id` was given: a redemption to reset, or an internal user to make external.
fn invite_known(call: &Call, tenant: &mut Tenant, wish: &Wish, key: &str) -> Answer {
    let user = tenant.user(key).ok_or_else(|| Fault::missing(key))?;
    let id = user.id;
    let known = user.text("mail").is_some_and(|mail| mail.eq_ignore_ascii_case(&wish.address))
        || user.texts("otherMails").any(|mail| mail.eq_ignore_ascii_case(&wish.address));
    if !known {
        return Err(Fault::bad(
            "BadRequest",
            "The invited email address must be the mail or one of the otherMails of the invited user.",
        ));
    }
    if user.properties.get("accountEnabled") == Some(&Value::Bool(false)) {
        return invite_again(call, tenant, wish, id);
    }
    if user.text("externalUserState").is_some() && !wish.reset {
        return invite_again(call, tenant, wish, id);
    }
    if user.text("onPremisesUserPrincipalName").is_some() {
        return Err(Fault::bad("BadRequest", "A user synchronized from on-premises cannot be invited."));
    }
    if wish.reset {
        let helpers = ["User Administrator", "Helpdesk Administrator"];
        if standing::person(call).is_some() && !call.standing.is_any(&helpers) {
            return Err(Fault::denied());
        }
        let holds_roles = tenant.directory_assignments.of(id).next().is_some();
        if holds_roles && standing::person(call).is_none() {
            return Err(Fault::denied());
        }
        standing::may_touch(call, tenant, id)?;
    }
    let now = tenant.stamp();
    tenant.update(id, |user| {
        user.set("externalUserState", "PendingAcceptance");
        user.set("externalUserStateChangeDateTime", now);
        let identities =
            user.properties.get("identities").and_then(Value::as_array).cloned().unwrap_or_default();
        let kept: Vec<Value> = identities.into_iter().filter(|i| i["signInType"] != "federated").collect();
        user.set("identities", Value::Array(kept));
    });
    issue(call, tenant, wish, id, "PendingAcceptance")
}

/// A new ticket, the mail if one is wanted, and the answer.
fn issue(call: &Call, tenant: &mut Tenant, wish: &Wish, id: Uuid, status: &str) -> Answer {
    let invitation = Uuid::new_v4();
    let mut ticket = [0_u8; 32];
    ticket[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    ticket[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    let ticket = STANDARD.encode(ticket);
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let inner = format!(
        "https://invitations.microsoft.com/redeem/?tenant={}&user={invitation}&ticket={}&ver=2.0",
        tenant.profile.tenant_id,
        encode(&ticket)
    );
    // The link leads to where the caller reaches the sandbox.
    let login = if is_service_host(&call.request.host) {
        "https://login.microsoftonline.com"
    } else {
        call.request.base.as_str()
    };
    let redeem = format!("{login}/redeem?rd={}", encode(&inner));
    if status == "PendingAcceptance" {
        let (address, redirect) = (wish.address.clone(), wish.redirect.clone());
        let redemption = Redemption { invitation, ticket, address, redirect };
        tenant.shelve(INVITED, &invitation.to_string(), json!(id.to_string()));
        tenant.update(id, |user| user.redemption = Some(redemption));
    }
    let cc = value(&wish.message, "ccRecipients")[0]["emailAddress"].clone();
    if wish.send {
        let organization = tenant.profile.display_name.clone();
        // The service drops an application's own words: only people may write some.
        let own = standing::person(call).and_then(|_| text(&wish.message, "customizedMessageBody"));
        let usual =
            || format!("{} invited you to access applications within their organization.", call.caller.name);
        let body = own.map_or_else(usual, str::to_owned);
        tenant.send(json!({
            "from": "invites@microsoft.com",
            "to": wish.address,
            "cc": cc["address"].as_str().map(|address| vec![address]).unwrap_or_default(),
            "subject": format!("{} invited you to access applications within {organization}", call.caller.name),
            "language": value(&wish.message, "messageLanguage"),
            "message": body,
            "redeemUrl": redeem,
            "sentAt": tenant.stamp(),
            "userId": id.to_string(),
        }));
    }
    let body = json!({
        "@odata.context": call.context("invitations/$entity"),
        "id": invitation.to_string(),
        "inviteRedeemUrl": redeem,
        "invitedUserDisplayName": wish.display_name,
        "invitedUserType": if wish.member { "Member" } else { "Guest" },
        "invitedUserEmailAddress": wish.address,
        "sendInvitationMessage": wish.send,
        "resetRedemption": wish.reset,
        "inviteRedirectUrl": wish.redirect,
        "status": status,
        "invitedUserMessageInfo": {
            "messageLanguage": value(&wish.message, "messageLanguage"),
            "customizedMessageBody": value(&wish.message, "customizedMessageBody"),
            "ccRecipients": [{ "emailAddress": { "name": cc["name"], "address": cc["address"] } }],
        },
        "invitedUser": { "id": id.to_string() },
    });
    Ok(Reply::json(201, body))
}
