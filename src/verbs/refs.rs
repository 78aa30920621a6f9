//! Arguments that name things: an address, a user, a group, a role, a licence, a scope. Each becomes a type at the edge;
//! what is accepted for it, and how it is looked up, stands here once.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Collection, is_placeholder};
use crate::runs::reader::{Reader, bare_address, labels};
use crate::verbs::shapes::GROUP;

/// An e-mail address; the schema check has seen that it is one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct EmailAddress(pub String);

impl EmailAddress {
    pub fn domain(&self) -> String {
        self.0.rsplit('@').next().unwrap_or_default().to_lowercase()
    }
}

impl JsonSchema for EmailAddress {
    fn schema_name() -> Cow<'static, str> {
        "EmailAddress".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email" })
    }
}

/// Makes a type for something that is named by text or given as an object.
macro_rules! reference {
    ($(#[$doc:meta])* $name:ident, $what:literal, $takes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Value);

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": ["string", "object"], "x-names": $what, "x-takes": $takes })
            }
        }
    };
}

reference!(
    /// A user or guest.
    UserRef, "user", "an object id, a user principal name, an address, or the object itself"
);
reference!(
    /// A group.
    GroupRef, "group", "an object id, a display name, a mail address, or the object itself"
);
reference!(
    /// A user or a group that is given a role.
    PrincipalRef, "principal", "a user or group: its id, a user's address, a group's name, or the object itself"
);
reference!(
    /// A mail contact.
    ContactRef, "mail contact", "an address, name, alias or guid, or the object itself"
);
reference!(
    /// A licence.
    SkuRef, "licence", "a sku part number such as `POWER_BI_STANDARD`, a sku id, or the object itself"
);
reference!(
    /// A directory or Azure role.
    RoleRef, "role", "a role's name or id, or the object itself"
);
reference!(
    /// Where a role applies.
    ScopeRef, "scope", "`/` for the directory, an Azure id that begins with `/subscriptions/`, the name of an Azure resource, resource group or subscription, or the object itself"
);

/// Something found: its id, what people call it, and the object where it was read.
#[derive(Clone, Debug)]
pub struct Found {
    pub id: String,
    pub label: String,
    pub object: Value,
}

impl Found {
    fn of(object: Value) -> Found {
        Found { id: key_of(&object), label: label_of(&object), object }
    }

    fn named(object: Value) -> Found {
        let label = object["displayName"].as_str().map(str::to_owned);
        let found = Found::of(object);
        Found { label: label.unwrap_or(found.label), ..found }
    }

    /// As a fact of a preview keeps it.
    pub fn short(&self) -> Value {
        let mut short = json!({ "id": self.id, "displayName": self.object["displayName"] });
        for name in ["mail", "userPrincipalName", "userType", "@odata.type"] {
            if let Some(value) = self.object.get(name) {
                short[name] = value.clone();
            }
        }
        short
    }
}

pub fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// The key in an argument: the text itself, or the id of the object.
fn key(value: &Value, what: &str) -> Result<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Object(object) => {
            let inner = object.get("invitedUser").and_then(|user| user.get("id"));
            let id = inner
                .or_else(|| object.get("guid"))
                .or_else(|| object.get("id"))
                .or_else(|| object.get("skuId"));
            id.and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        _ => String::new(),
    };
    if text.is_empty() {
        return Err(Problem::new(Kind::InvalidOption, format!("this names no {what}")));
    }
    Ok(text)
}

impl UserRef {
    pub fn key(&self) -> Result<String> {
        key(&self.0, "user")
    }

    /// The user, or `None`. Display names are not accepted: guests choose their own.
    pub async fn find(&self, tenant: &Reader<'_>, select: &[&str]) -> Result<Option<Value>> {
        let key = self.key()?;
        if is_placeholder(&key) || is_guid(&key) || key.to_uppercase().contains("#EXT#@") {
            return tenant.user(&key, select).await;
        }
        if !key.contains('@') {
            return Err(Problem::new(Kind::InvalidOption, format!("`{key}` names no user"))
                .hint("give an address, a user principal name or an object id; display names are not unique, and guests choose their own")
                .value(&key));
        }
        let mut wanted = select.to_vec();
        wanted.extend(PERSON.iter().filter(|name| !select.contains(name)));
        let found = holders(tenant.users_with_address(&key, &wanted).await?, &key);
        // The one who signs in or receives mail there comes before one who has the address as a further one.
        let main = |user: &&Value| {
            let is = |name: &str| user[name].as_str().is_some_and(|text| text.eq_ignore_ascii_case(&key));
            is("mail") || is("userPrincipalName")
        };
        let user = match (found.len(), found.iter().filter(main).count()) {
            (0, _) => return Ok(None),
            (1, _) => found.into_iter().next(),
            (_, 1) => found.iter().find(main).cloned(),
            _ => return Err(Problem::ambiguous("user", &key, &labels(&found))),
        };
        Ok(user.map(|mut user| {
            if let Some(map) = user.as_object_mut() {
                map.retain(|name, _| select.contains(&name.as_str()) || !PERSON.contains(&name.as_str()));
            }
            user
        }))
    }

    pub async fn get(&self, tenant: &Reader<'_>, select: &[&str]) -> Result<Value> {
        let key = self.key()?;
        let found = self.find(tenant, select).await?;
        found.ok_or_else(|| {
            Problem::not_found("user", &key).hint("find_user() gives () instead of this error")
        })
    }

    /// Who is meant, without reading what is known already: an object that was read, or made by this run.
    pub async fn resolve(&self, tenant: &Reader<'_>) -> Result<Found> {
        if let Value::Object(object) = &self.0 {
            let key = self.key()?;
            tenant.refuse_gone(Collection::Users, &key)?;
            let mut object = Value::Object(object.clone());
            if object.get("invitedUser").is_some() {
                object = json!({ "id": key, "mail": object["invitedUserEmailAddress"], "displayName": object["invitedUserDisplayName"], "userType": "Guest" });
            }
            let mut found = Found::of(object);
            // An invitation names its guest by id alone; this run knows whom it invited.
            if found.label == found.id {
                found.label = tenant.known_as(&found.id).unwrap_or(found.label);
            }
            return Ok(found);
        }
        let key = self.key()?;
        if tenant.made_here(&key) && !is_placeholder(&key) {
            let label = tenant.known_as(&key).unwrap_or_else(|| key.clone());
            return Ok(Found { object: json!({ "id": key }), id: key, label });
        }
        Ok(Found::of(self.get(tenant, PERSON).await?))
    }
}

impl GroupRef {
    pub const SELECT: &'static [&'static str] = &[
        "id",
        "displayName",
        "description",
        "mail",
        "mailEnabled",
        "securityEnabled",
        "groupTypes",
        "membershipRule",
        "onPremisesSyncEnabled",
        "isAssignableToRole",
    ];

    pub fn key(&self) -> Result<String> {
        key(&self.0, "group")
    }

    pub async fn find(&self, tenant: &Reader<'_>, select: &[&str]) -> Result<Option<Value>> {
        let key = self.key()?;
        if is_placeholder(&key) || is_guid(&key) {
            return tenant.group(&key, select).await;
        }
        // Read once for all who ask by name: whole, whatever the first of them needed.
        let found = tenant.groups_called(&key, GROUP.default).await?;
        match found.len() {
            0 | 1 => Ok(found.into_iter().next()),
            _ => Err(Problem::ambiguous("group", &key, &labels(&found))),
        }
    }

    pub async fn get(&self, tenant: &Reader<'_>, select: &[&str]) -> Result<Value> {
        let key = self.key()?;
        let found = self.find(tenant, select).await?;
        let Some(group) = found else {
            let problem = Problem::not_found("group", &key);
            let names = tenant.group_names().await;
            let near = crate::words::nearest(&key, names.iter().map(String::as_str));
            return Err(match (near, key.contains('@')) {
                (Some(near), _) => problem.hint(format!("did you mean `{near}`?")),
                (None, true) => {
                    problem.hint("is this a person? the group comes first: add_group_member(group, member)")
                }
                (None, false) => problem.hint("get_groups() lists the groups of the tenant"),
            });
        };
        Ok(group)
    }

    pub async fn resolve(&self, tenant: &Reader<'_>) -> Result<Found> {
        if let Value::Object(object) = &self.0
            && object.contains_key("groupTypes")
        {
            return Ok(Found::named(self.0.clone()));
        }
        Ok(Found::named(self.get(tenant, GroupRef::SELECT).await?))
    }
}

impl PrincipalRef {
    /// Who is given the role, and `User` or `Group`.
    pub async fn resolve(&self, tenant: &Reader<'_>) -> Result<(Found, &'static str)> {
        let is_group = |object: &Value| {
            object.get("groupTypes").is_some()
                || object["@odata.type"] == "#microsoft.graph.group"
                || object["type"] == "group"
        };
        if self.0.is_object() {
            return match is_group(&self.0) {
                true => Ok((GroupRef(self.0.clone()).resolve(tenant).await?, "Group")),
                false => Ok((UserRef(self.0.clone()).resolve(tenant).await?, "User")),
            };
        }
        let key = key(&self.0, "user or group")?;
        if key.contains('@') || tenant.made_here(&key) {
            return Ok((UserRef(self.0.clone()).resolve(tenant).await?, "User"));
        }
        if is_guid(&key)
            && let Some(user) = UserRef(self.0.clone()).find(tenant, PERSON).await?
        {
            return Ok((Found::of(user), "User"));
        }
        match GroupRef(self.0.clone()).find(tenant, GroupRef::SELECT).await? {
            Some(group) => Ok((Found::named(group), "Group")),
            None => Err(Problem::not_found("user or group", &key).hint(
                "people are given by address or object id, for display names are not unique; groups by name",
            )),
        }
    }
}

impl ContactRef {
    pub fn key(&self) -> Result<String> {
        key(&self.0, "mail contact")
    }

    /// The contact, or `None`. One that this run has made anew, as an undo does, is found by the address of the one before.
    pub async fn find(&self, tenant: &Reader<'_>) -> Result<Option<Value>> {
        let key = self.key()?;
        if let Some(contact) = tenant.mail_contact(&key).await? {
            return Ok(Some(contact));
        }
        let address = match &self.0 {
            Value::Object(object) => object.get("externalEmailAddress").map(bare_address),
            _ => None,
        };
        let Some(address) = address.filter(|address| !address.is_empty()) else { return Ok(None) };
        let found = tenant.contacts_with_address(address).await?.into_iter().next();
        match found.filter(|found| found["guid"].as_str().is_some_and(|guid| tenant.made_here(guid))) {
            Some(anew) => tenant.mail_contact(anew["guid"].as_str().unwrap_or_default()).await,
            None => Ok(None),
        }
    }

    pub async fn get(&self, tenant: &Reader<'_>) -> Result<Value> {
        let key = self.key()?;
        let found = self.find(tenant).await?;
        found.ok_or_else(|| {
            Problem::not_found("mail contact", &key)
                .hint("find_mail_contact() gives () instead of this error")
        })
    }
}

impl SkuRef {
    /// The tenant's subscription of this licence, as Graph gives it.
    pub async fn resolve(&self, tenant: &Reader<'_>) -> Result<Value> {
        let key = match &self.0 {
            Value::Object(object) => {
                object.get("skuId").and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            other => key(other, "licence")?,
        };
        let skus = tenant.skus().await?;
        let is = |sku: &&Value| {
            ["skuId", "skuPartNumber"]
                .iter()
                .any(|name| sku[*name].as_str().is_some_and(|text| text.eq_ignore_ascii_case(&key)))
        };
        if let Some(sku) = skus.iter().find(is) {
            return Ok(sku.clone());
        }
        let names: Vec<&str> = skus.iter().filter_map(|sku| sku["skuPartNumber"].as_str()).collect();
        let hint = match crate::words::nearest(&key, names.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("the tenant has {}", names.join(", ")),
        };
        Err(Problem::not_found("licence", &key).hint(hint))
    }
}

/// Where a role applies, and so of which kind it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    Directory(String),
    Azure(String),
}

impl ScopeRef {
    pub async fn resolve(scope: Option<&ScopeRef>, tenant: &Reader<'_>) -> Result<Scope> {
        let text = match scope.map(|scope| &scope.0) {
            None | Some(Value::Null) => return Ok(Scope::Directory("/".into())),
            Some(value) => key(value, "scope")?,
        };
        if text.contains(['?', '#', '%', '\\'])
            || text.split('/').any(|part| part == "..")
            || text.contains(char::is_control)
        {
            return Err(Problem::new(
                Kind::InvalidOption,
                format!("`{text}` is not the id of a place in Azure"),
            )
            .hint("an id looks like `/subscriptions/.../resourceGroups/rg-backup`")
            .value(&text));
        }
        if text == "/" || text.to_lowercase().starts_with("/administrativeunits/") {
            return Ok(Scope::Directory(text));
        }
        if text.starts_with('/') {
            return Ok(Scope::Azure(text.trim_end_matches('/').to_owned()));
        }
        if let Some(path) = text.strip_prefix("subscriptions/").map(|_| format!("/{text}")) {
            return Ok(Scope::Azure(path));
        }
        named_scope(&text, tenant).await.map(Scope::Azure)
    }
}

/// The Azure id of a subscription, resource group or resource of this name.
async fn named_scope(name: &str, tenant: &Reader<'_>) -> Result<String> {
    let subscriptions = tenant.subscriptions().await?;
    let is = |object: &Value, property: &str| {
        object[property].as_str().is_some_and(|text| text.eq_ignore_ascii_case(name))
    };
    let mut found: Vec<String> = Vec::new();
    let mut keep = |object: &Value| found.extend(object["id"].as_str().map(str::to_owned));
    subscriptions.iter().filter(|s| is(s, "displayName") || is(s, "subscriptionId")).for_each(&mut keep);
    for subscription in &subscriptions {
        let id = subscription["subscriptionId"].as_str().unwrap_or_default();
        let filter = format!("name eq '{}'", name.replace('\'', "''"));
        tenant.resources(id, Some(&filter)).await?.iter().filter(|r| is(r, "name")).for_each(&mut keep);
        tenant.resource_groups(id).await?.iter().filter(|g| is(g, "name")).for_each(&mut keep);
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Problem::not_found("Azure resource, resource group or subscription", name)
            .hint("get_azure_resources() lists what the sign-in can see; `/` is the directory")),
        _ => Err(Problem::ambiguous("Azure resource", name, &found)),
    }
}

impl RoleRef {
    pub async fn directory_role(&self, tenant: &Reader<'_>) -> Result<Found> {
        let key = key(&self.0, "role")?;
        let roles = tenant.directory_role_definitions().await?;
        let is = |role: &&Value| {
            ["id", "templateId", "displayName"]
                .iter()
                .any(|name| role[*name].as_str().is_some_and(|text| text.eq_ignore_ascii_case(&key)))
        };
        if let Some(role) = roles.iter().find(is) {
            return Ok(Found::named(role.clone()));
        }
        let names: Vec<&str> = roles.iter().filter_map(|role| role["displayName"].as_str()).collect();
        let hint = match crate::words::nearest(&key, names) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "get_directory_role_definitions() lists them; an Azure role needs a scope".to_owned(),
        };
        Err(Problem::not_found("directory role", &key).hint(hint))
    }

    pub async fn azure_role(&self, scope: &str, tenant: &Reader<'_>) -> Result<Found> {
        let text = match &self.0 {
            Value::Object(object) => object
                .get("roleName")
                .or_else(|| object.get("name"))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            other => key(other, "role")?,
        };
        let guid = text.rsplit('/').next().filter(|tail| is_guid(tail));
        let roles = match guid {
            Some(_) => tenant.azure_role_definitions(scope, None).await?,
            None => tenant.azure_role_definitions(scope, Some(&text)).await?,
        };
        let is = |role: &&Value| match guid {
            Some(guid) => role["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(guid)),
            None => role["roleName"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(&text)),
        };
        let Some(role) = roles.iter().find(is) else {
            let all = tenant.azure_role_definitions(scope, None).await?;
            let near = crate::words::nearest(&text, all.iter().filter_map(|role| role["roleName"].as_str()))
                .map(|name| format!("did you mean `{name}`?"));
            return Err(Problem::not_found("Azure role", &text)
                .hint(near.unwrap_or_else(|| "get_azure_role_definitions() lists them".into())));
        };
        let label = role["roleName"].as_str().unwrap_or_default().to_owned();
        Ok(Found { id: role["id"].as_str().unwrap_or_default().to_owned(), label, object: role.clone() })
    }
}

/// What people call a user: an address before a name that the service made up.
pub fn label_of(user: &Value) -> String {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let label = text(&user["mail"])
        .or_else(|| text(&user["otherMails"][0]))
        .or_else(|| text(&user["userPrincipalName"]));
    label.or_else(|| text(&user["displayName"])).unwrap_or_else(|| key_of(user))
}

/// The properties that name a person.
pub const PERSON: &[&str] =
    &["id", "displayName", "mail", "otherMails", "proxyAddresses", "userPrincipalName", "userType"];

/// Those of the users found by an address to whom it belongs. A guest may have it as a further address; a member who
/// only mentions somebody's private address is not meant by it.
pub fn holders(users: Vec<Value>, address: &str) -> Vec<Value> {
    let bare = |text: &str| {
        text.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("smtp:")).then(|| text[5..].to_owned())
    };
    let is = |value: &Value| {
        value.as_str().is_some_and(|text| bare(text).as_deref().unwrap_or(text).eq_ignore_ascii_case(address))
    };
    let holds = |user: &Value| {
        let proxies = user["proxyAddresses"].as_array().is_some_and(|proxies| proxies.iter().any(is));
        is(&user["mail"]) || is(&user["userPrincipalName"]) || proxies || user["userType"] != "Member"
    };
    users.into_iter().filter(holds).collect()
}

/// The `id` of an object that was read.
pub fn key_of(object: &Value) -> String {
    object["id"].as_str().unwrap_or_default().to_owned()
}
