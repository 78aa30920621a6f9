//! Users, guests among them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::audit::needs_premium;
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, rows_of};
use super::options::{Options, Shape};
use super::properties::{checked, text, value};
use super::{navigation, schema, standing};
use crate::sandbox::http::Reply;
use crate::sandbox::login::end_sessions;
use crate::sandbox::odata::filter::Filter;
use crate::sandbox::tenant::{Kind, Object, Tenant, with_primary};

static USERS: Shape = Shape::of(&[&schema::USER], "users");

/// With sign-in activity a page holds no more than this.
const PAGE_WITH_SIGN_INS: usize = 120;

pub fn list(call: &Call, tenant: &Tenant) -> Answer {
    let mut options = Options::read(call, &USERS)?;
    if asks_for_sign_ins(call, tenant, &options)? {
        options.top = Some(options.top.unwrap_or(100).min(PAGE_WITH_SIGN_INS));
        if let Some(select) = &mut options.select
            && !select.iter().any(|name| name == "id")
        {
            // The service adds it, and does not speak of it.
            let told = format!("users({})", select.join(","));
            select.push("id".to_owned());
            let all = format!("users({})", select.join(","));
            let rows = rows_of(tenant, Kind::User, &options);
            return Ok(list::below(list::list(call, tenant, &USERS, &options, rows)?, &all, &told));
        }
    }
    list::list(call, tenant, &USERS, &options, rows_of(tenant, Kind::User, &options))
}

pub fn count(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &USERS)?;
    list::count(call, &options, rows_of(tenant, Kind::User, &options))
}

fn asks_for_sign_ins(call: &Call, tenant: &Tenant, options: &Options) -> Result<bool, Fault> {
    let mut asked = options.select.iter().flatten().any(|name| name == "signInActivity");
    if let Some(filter) = &options.filter {
        let (mut about_it, mut about_else) = (false, false);
        filter.walk(&mut |node| {
            let first = match node {
                Filter::Compare { path, .. } | Filter::In { path, .. } => path.first().map(String::as_str),
                Filter::Lambda { .. } | Filter::Call { .. } => Some(""),
                _ => None,
            };
            about_it |= first == Some("signInActivity");
            about_else |= first.is_some_and(|first| first != "signInActivity");
        });
        if about_it && about_else {
            return Err(Fault::bad(
                "Request_UnsupportedQuery",
                "A filter on 'signInActivity' cannot be combined with a filter on another property.",
            ));
        }
        asked |= about_it;
    }
    if asked && !call.may("AuditLog.Read.All") {
        return Err(Fault::denied());
    }
    if asked {
        needs_premium(tenant)?;
    }
    Ok(asked)
}

pub fn get(call: &Call, tenant: &Tenant) -> Answer {
    let user = navigation::subject(call, tenant)?;
    let options = Options::of_one(call, &schema::USER)?;
    if asks_for_sign_ins(call, tenant, &options)? && Uuid::try_parse(call.key(0)).is_err() {
        return Err(Fault::request("Get By Key only supports UserId and the key has to be a valid Guid."));
    }
    list::one(call, tenant, 200, &Row::of(0, user), &options)
}

pub fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let mut properties = checked(&schema::USER, &body)?;
    for name in ["accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile"] {
        if value(&body, name).is_null() {
            let message = format!("A value is required for property '{name}' of resource 'User'.");
            return Err(Fault::request(message));
        }
    }
    let upn = text(&body, "userPrincipalName").unwrap_or_default().to_owned();
    let domain = upn.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    if !tenant.owns_domain(domain) {
        let message = "The domain portion of the userPrincipalName property is invalid. You must use one of the \
                       verified domain names in your organization.";
        return Err(Fault::request(message));
    }
    if tenant.user(&upn).is_some() || tenant.holder(&upn).is_some() {
        return Err(Fault::conflict("userPrincipalName"));
    }
    properties.shift_remove("passwordProfile");
    properties.insert("createdDateTime".to_owned(), json!(tenant.stamp()));
    properties.entry("userType").or_insert_with(|| json!("Member"));
    let issuer = tenant.profile.initial_domain.clone();
    let identity = json!([{ "signInType": "userPrincipalName", "issuer": issuer, "issuerAssignedId": upn }]);
    properties.insert("identities".to_owned(), identity);
    let id = tenant.insert(Object::new(Uuid::new_v4(), Kind::User, properties));
    let user = tenant.get(id).ok_or_else(|| Fault::missing(&upn))?;
    list::one(call, tenant, 201, &Row::of(0, user), &Options::default())
}

pub fn update(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let changes = checked(&schema::USER, &body)?;
    may_change(call, &changes)?;
    let user = navigation::subject(call, tenant)?;
    let id = user.id;
    if call.caller.principal != id && changes.keys().any(|name| standing::is_sensitive(name)) {
        standing::may_touch(call, tenant, id)?;
    }
    let new_password = changes.contains_key("passwordProfile");
    if let Some(upn) = changes.get("userPrincipalName").and_then(Value::as_str) {
        if tenant.user(upn).is_some_and(|other| other.id != id) {
            return Err(Fault::conflict("userPrincipalName"));
        }
        let domain = upn.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
        if !tenant.owns_domain(domain) {
            return Err(Fault::request("Property userPrincipalName is invalid."));
        }
    }
    if let Some(mail) = changes.get("mail").and_then(Value::as_str) {
        if !mail.contains('@') {
            return Err(Fault::request("Invalid value specified for property 'mail' of resource 'User'."));
        }
        if tenant.holder(mail).is_some_and(|other| other.id != id) {
            return Err(Fault::conflict("proxyAddresses"));
        }
    }
    if let Some(kind) = changes.get("userType").and_then(Value::as_str)
        && !["member", "guest"].contains(&kind.to_ascii_lowercase().as_str())
    {
        return Err(Fault::request("Invalid value specified for property 'userType' of resource 'User'."));
    }
    if let Some(attributes) = changes.get("onPremisesExtensionAttributes") {
        extension_attributes(attributes, tenant, id)?;
    }
    tenant.update(id, |user| {
        for (name, value) in changes {
            match (name.as_str(), value) {
                ("mail", Value::String(mail)) => {
                    let proxies = user.properties.get("proxyAddresses").and_then(Value::as_array).cloned();
                    user.set("proxyAddresses", with_primary(&proxies.unwrap_or_default(), &mail));
                    user.set("mail", mail);
                }
                ("mail", _) => {
                    user.set("mail", Value::Null);
                    user.set("proxyAddresses", Value::Null);
                }
                ("usageLocation", Value::String(code)) => {
                    user.set("usageLocation", code.to_ascii_uppercase())
                }
                ("passwordProfile", _) => {}
                // Attributes that are not named stay as they are.
                ("onPremisesExtensionAttributes", Value::Object(named)) => {
                    let all = user.properties.get("onPremisesExtensionAttributes").and_then(Value::as_object);
                    let mut all = all.cloned().unwrap_or_default();
                    all.extend(named);
                    user.set("onPremisesExtensionAttributes", Value::Object(all));
                }
                (name, value) => user.set(name, value),
            }
        }
    });
    if new_password {
        end_sessions(tenant, id);
    }
    Ok(Reply::empty(204))
}

/// Fifteen texts, which belong to the directory on premises for whoever is synchronized from there.
///
/// <https://learn.microsoft.com/graph/api/resources/onpremisesextensionattributes>
fn extension_attributes(attributes: &Value, tenant: &Tenant, id: Uuid) -> Result<(), Fault> {
    let is_one = |name: &str| {
        let number = name.strip_prefix("extensionAttribute").and_then(|number| number.parse::<u8>().ok());
        number.is_some_and(|number| (1..=15).contains(&number))
    };
    let fits = |(name, value): (&String, &Value)| is_one(name) && (value.is_string() || value.is_null());
    if !attributes.as_object().is_some_and(|all| all.iter().all(fits)) {
        let text = "Invalid value specified for property 'onPremisesExtensionAttributes' of resource 'User'.";
        return Err(Fault::request(text));
    }
    let synced =
        tenant.get(id).is_some_and(|user| user.properties.get("onPremisesSyncEnabled") == Some(&true.into()));
    if synced {
        return Err(Fault::request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects \
             currently undergoing migration.",
        ));
    }
    Ok(())
}

/// Some permissions open a few properties only.
fn may_change(call: &Call, changes: &serde_json::Map<String, Value>) -> Result<(), Fault> {
    if ["User.ReadWrite.All", "Directory.ReadWrite.All"].iter().any(|all| call.may(all)) {
        return Ok(());
    }
    // What people may change of themselves was looked at before.
    if standing::person(call).is_some_and(|own| Uuid::try_parse(call.key(0)) == Ok(own)) {
        return Ok(());
    }
    let allowed = changes.keys().all(|name| match name.as_str() {
        "accountEnabled" => call.may("User.EnableDisableAccount.All"),
        "otherMails" => call.may("User-Mail.ReadWrite.All"),
        "businessPhones" | "mobilePhone" => call.may("User-Phone.ReadWrite.All"),
        "identities" | "userPrincipalName" => call.may("User.ManageIdentities.All"),
        _ => false,
    });
    if allowed { Ok(()) } else { Err(Fault::denied()) }
}

pub fn delete(call: &Call, tenant: &mut Tenant) -> Answer {
    let id = navigation::subject(call, tenant)?.id;
    remove(call, tenant, id)
}

/// To the bin. A holder of a directory role is removed only by who holds a higher one.
pub fn remove(call: &Call, tenant: &mut Tenant, id: Uuid) -> Answer {
    standing::may_touch(call, tenant, id)?;
    tenant.discard(id);
    Ok(Reply::empty(204))
}

pub fn revoke_sessions(call: &Call, tenant: &mut Tenant) -> Answer {
    let user = navigation::subject(call, tenant)?;
    let (id, external, now) = (user.id, user.text("externalUserState").is_some(), tenant.stamp());
    // Sessions of external users belong to their home tenant: the call succeeds and changes nothing.
    if !external {
        tenant.update(id, |user| user.set("signInSessionsValidFromDateTime", now));
        end_sessions(tenant, id);
    }
    list::scalar(call, "Edm.Boolean", Value::Bool(true))
}
