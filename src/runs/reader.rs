//! Reading a tenant: real reads, seen through the plan when this is a preview. Verbs prepare with this and nothing else.

mod azure;
mod contacts;
mod people;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::call::Recorded;
use super::context::Scope;
use super::effect::{Collection, Fact, is_placeholder};
use super::late::Lookout;
use super::plan::{Order, Plan, Question, id_of, named_in};
use super::session::Session;
use crate::clock::Clock;
use crate::identity::Service;
use crate::problem::{Problem, Result};
use crate::services::explain::problem;
use crate::services::graph::{Query, literal};
use crate::services::{Services, TenantFacts, exchange};

/// Addresses that are looked up among mail contacts each by a request of its own, before all contacts are read at once.
const ONE_BY_ONE: usize = 4;

/// How many ids a filter may list.
/// <https://learn.microsoft.com/graph/filter-query-parameter>
const IDS_AT_ONCE: usize = 15;

/// What rarely changes while a script runs, read once.
#[derive(Default)]
pub struct Memory {
    directory_roles: OnceCell<Vec<Value>>,
    domains: OnceCell<Vec<Value>>,
    b2b: OnceCell<Vec<Value>>,
    subscriptions: OnceCell<Vec<Value>>,
    group_names: OnceCell<Vec<String>>,
    groups_by_name: tokio::sync::Mutex<HashMap<String, Vec<Value>>>,
    contacts_asked: AtomicUsize,
    contacts: OnceCell<RwLock<Contacts>>,
    azure_roles: tokio::sync::Mutex<HashMap<(String, String), Vec<Value>>>,
    enabled: tokio::sync::Mutex<people::Enabled>,
}

impl Memory {
    /// Whether anything was read once that a write of this run can make untrue.
    pub(super) fn keeps_contacts(&self) -> bool {
        self.contacts.initialized()
    }

    /// Keeps what was read once true after a write of this run.
    pub(super) fn learn(&self, fact: &Fact) {
        if let Some(Ok(mut known)) = self.contacts.get().map(RwLock::write) {
            known.learn(fact);
        }
    }
}

/// All mail contacts of the service, by id, and who is on an address.
#[derive(Default)]
struct Contacts {
    by_address: HashMap<String, String>,
    by_guid: HashMap<String, Contact>,
}

struct Contact {
    address: String,
    name: String,
}

impl Contacts {
    fn add(&mut self, guid: String, contact: Contact) {
        self.by_address.insert(contact.address.clone(), guid.clone());
        self.by_guid.insert(guid, contact);
    }

    fn remove(&mut self, guid: &str) -> Option<Contact> {
        let contact = self.by_guid.remove(guid)?;
        // By now another may have the address.
        if self.by_address.get(&contact.address).is_some_and(|other| other == guid) {
            self.by_address.remove(&contact.address);
        }
        Some(contact)
    }

    fn learn(&mut self, fact: &Fact) {
        match fact {
            Fact::Exists { collection: Collection::Contacts, object } => {
                self.add(id_of(object), Contact { address: address_of(object), name: name_of(object) });
            }
            Fact::Gone { collection: Collection::Contacts, id } => drop(self.remove(id)),
            Fact::Changed { collection: Collection::Contacts, id, patch } => {
                let Some(mut contact) = self.remove(id) else { return };
                if patch["externalEmailAddress"].is_string() {
                    contact.address = address_of(patch);
                }
                if patch["displayName"].is_string() {
                    contact.name = name_of(patch);
                }
                self.add(id.clone(), contact);
            }
            _ => {}
        }
    }

    /// Who is on an address, as far as a question about the address needs to know.
    fn on(&self, address: &str) -> Option<Value> {
        self.get(self.by_address.get(address)?)
    }

    fn get(&self, guid: &str) -> Option<Value> {
        let Contact { address, name } = self.by_guid.get(guid)?;
        Some(json!({ "guid": guid, "displayName": name, "externalEmailAddress": address }))
    }
}

/// The address that a mail contact stands for, as it is compared.
fn address_of(contact: &Value) -> String {
    bare_address(&contact["externalEmailAddress"]).to_lowercase()
}

/// What people call a mail contact.
fn name_of(contact: &Value) -> String {
    contact["displayName"].as_str().or(contact["name"].as_str()).unwrap_or_default().to_owned()
}

/// The tenant as a verb may read it.
pub struct Reader<'a> {
    session: &'a Session,
    services: &'a Services,
    plan: Option<&'a Plan>,
    memory: Arc<Memory>,
    scope: &'a Scope,
    recorded: Option<&'a Recorded>,
    order: Order,
    pub clock: &'a Clock,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        session: &'a Session,
        services: &'a Services,
        scope: &'a Scope,
        recorded: Option<&'a Recorded>,
    ) -> Reader<'a> {
        Reader {
            session,
            services,
            plan: session.plan.as_ref(),
            memory: session.memory(),
            scope,
            recorded,
            order: session.order(scope),
            clock: &session.clock,
        }
    }

    /// Whether this call's write was sent before, in a run that was taken up again: then what it made is its own, and not
    /// somebody else's who was quicker.
    pub fn begun(&self, part: u32) -> bool {
        self.recorded.is_some_and(|recorded| recorded.begun(part))
    }

    /// Waits a moment where everybody can see it.
    pub async fn rest(&self, service: Service, wait: Duration) -> Result<()> {
        let _aside = self.scope.step_aside();
        self.session.watch.row_waits(true);
        let rested = self.services.transport.rest(service, wait, crate::transport::Reason::Unseen).await;
        self.session.watch.row_waits(false);
        rested.map_err(|f| problem(f, "waiting"))
    }

    fn lookout<'b>(&'b self, service: Service, collection: Collection, key: &'b str) -> Lookout<'b> {
        Lookout::new(self.session, self.scope, service, collection, key)
    }

    pub fn tenant(&self) -> &TenantFacts {
        &self.services.tenant
    }

    pub fn services(&self) -> &Services {
        self.services
    }

    /// Whether this run made the object itself, so that nothing can hang on it that this run did not hang there.
    pub fn made_here(&self, id: &str) -> bool {
        is_placeholder(id) || self.session.made.contains(id)
    }

    /// Whether nothing of a relation hangs on an object (or not this other one), without asking: this run made it itself, and has
    /// hung nothing there.
    pub fn is_bare(&self, id: &str, relation: &str, other: Option<&str>) -> bool {
        self.plan.is_none() && self.session.made.is_bare(id, relation, other)
    }

    /// What this run calls an object it made, or would make.
    pub fn known_as(&self, id: &str) -> Option<String> {
        self.session.made.label(id).or_else(|| {
            let planned = self.plan?.over_one(Collection::Users, id, None)?;
            let text = |value: &Value| value.as_str().map(str::to_owned);
            text(&planned["mail"]).or_else(|| text(&planned["otherMails"][0]))
        })
    }

    pub fn is_preview(&self) -> bool {
        self.plan.is_some()
    }

    /// Something the user should hear of in the preview's summary.
    pub fn warn(&self, warning: String) {
        if let Some(plan) = self.plan {
            plan.warn(self.order, warning);
        }
    }

    /// A collection that the plan only adds to and takes from.
    fn over(&self, collection: Collection, objects: Vec<Value>, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        match self.plan {
            Some(plan) => plan.over(collection, objects, Vec::new(), fits),
            None => objects,
        }
    }

    /// The service's answer to a question, as the plan would have it. What the plan changed so that it matters to the question
    /// is read again with all that the question names, whether the service counted it in or not.
    async fn over_asked(
        &self,
        collection: Collection,
        objects: Vec<Value>,
        question: &Question<'_>,
        select: &[String],
    ) -> Result<Vec<Value>> {
        let Some(plan) = self.plan else { return Ok(objects) };
        let path = if collection == Collection::Groups { "/groups" } else { "/users" };
        let mut names = select.to_vec();
        names.push("id".to_owned());
        names.extend(question.names.iter().cloned());
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(name.to_lowercase()));
        let mut doubted = Vec::new();
        for ids in plan.changed(collection, |patch| question.is_about(patch)).chunks(IDS_AT_ONCE) {
            let ids: Vec<String> = ids.iter().map(|id| literal(id)).collect();
            let query =
                Query { select: names.clone(), ..Query::filter(format!("id in ({})", ids.join(", "))) };
            let read = self.services.graph.objects(path, &query).await;
            doubted.extend(read.map_err(|f| problem(f, "reading what the plan changed"))?);
        }
        Ok(plan.over(collection, objects, doubted, &question.fits))
    }

    /// Says of an object that the plan has removed what a real run would hear from the service.
    pub fn refuse_gone(&self, collection: Collection, id: &str) -> Result<()> {
        let what = if collection == Collection::Groups { "group" } else { "user" };
        match self.is_gone(collection, id) {
            true => Err(Problem::not_found(what, id).hint("this preview has planned to remove it before")),
            false => Ok(()),
        }
    }

    /// Whether the plan has removed an object.
    pub fn is_gone(&self, collection: Collection, id: &str) -> bool {
        self.plan.is_some_and(|plan| plan.is_gone(collection, id))
    }

    fn over_one(&self, collection: Collection, key: &str, read: Option<Value>) -> Option<Value> {
        match self.plan {
            Some(plan) => plan.over_one(collection, key, read),
            None => read,
        }
    }

    /// A question that a preview answers for planned objects too.
    fn question(&self, collection: Collection, query: &Query) -> Question<'static> {
        let Some(plan) = self.plan else { return Question::all_or_none(true) };
        Question::of(query.filter.as_deref(), query.search.as_deref()).unwrap_or_else(|unclear| {
            if plan.knows_of(collection) {
                let warning = format!("a preview cannot tell whether planned objects match `{unclear}`");
                plan.warn(self.order, warning);
            }
            Question::all_or_none(false)
        })
    }

    // ---- users

    /// A user by object id or user principal name.
    pub async fn user(&self, key: &str, select: &[&str]) -> Result<Option<Value>> {
        let query = Query::default().select(select);
        let mut lookout = self.lookout(Service::Graph, Collection::Users, key);
        let read = loop {
            if is_placeholder(key) {
                break None;
            }
            let read = self.services.graph.user(key, &query).await;
            let read = read.map_err(|f| problem(f, &format!("reading user `{key}`")))?;
            if read.is_some() || !lookout.again().await? {
                break read;
            }
        };
        if read.is_some() {
            self.session.unseen.seen(key);
        }
        Ok(self.over_one(Collection::Users, key, read).map(|user| complete(user, &query.select)))
    }

    pub async fn users(&self, mut query: Query) -> Result<Vec<Value>> {
        // Some properties of users can only be filtered with the advanced capabilities; asking for them never hurts
        // but for signInActivity, which refuses to be combined.
        query.eventual |= query.search.is_some() || query.filter.as_deref().is_some_and(needs_advanced);
        let users = self.services.graph.users(&query).await.map_err(|f| problem(f, "reading users"))?;
        let question = self.question(Collection::Users, &query);
        let mut users = self.over_asked(Collection::Users, users, &question, &query.select).await?;
        if let Some(top) = query.top {
            users.truncate(top);
        }
        Ok(users.into_iter().map(|user| complete(user, &query.select)).collect())
    }

    /// Users that answer to an address: as mail, sign-in name, proxy or other address.
    /// <https://learn.microsoft.com/entra/external-id/customize-invitation-api>
    pub async fn users_with_address(&self, address: &str, select: &[&str]) -> Result<Vec<Value>> {
        let a = literal(address);
        let proxy = literal(&format!("SMTP:{address}"));
        let secondary = literal(&format!("smtp:{address}"));
        let filter = format!(
            "mail eq {a} or userPrincipalName eq {a} or proxyAddresses/any(p:p eq {proxy}) or proxyAddresses/any(p:p eq {secondary}) or otherMails/any(o:o eq {a})"
        );
        let query = Query::filter(filter).select(select);
        let mut lookout = self.lookout(Service::Graph, Collection::Users, address);
        let users = loop {
            let users = self.services.graph.objects("/users", &query).await;
            let users = users.map_err(|f| problem(f, &format!("looking `{address}` up")))?;
            if !users.is_empty() || !lookout.again().await? {
                break users;
            }
        };
        for user in &users {
            self.session.unseen.seen(&id_of(user));
        }
        let folded = address.to_lowercase();
        let names = ["mail", "userPrincipalName", "proxyAddresses", "otherMails"];
        let question = Question {
            names: names.map(str::to_owned).into(),
            fits: Box::new(|user| answers_to(user, &folded)),
        };
        let users = self.over_asked(Collection::Users, users, &question, &query.select).await?;
        Ok(users.into_iter().map(|user| complete(user, &query.select)).collect())
    }

    /// A relation of a user or group to other objects.
    pub async fn related(
        &self,
        collection: Collection,
        id: &str,
        relation: &'static str,
        query: &Query,
    ) -> Result<Vec<Value>> {
        self.refuse_gone(collection, id)?;
        let name = match collection {
            Collection::Groups => "groups",
            _ => "users",
        };
        let objects = match is_placeholder(id) {
            true => Vec::new(),
            false => self
                .services
                .graph
                .related(name, id, relation, query)
                .await
                .map_err(|f| problem(f, &format!("reading {relation} of `{id}`")))?,
        };
        Ok(match self.plan {
            Some(plan) => plan.over_related(collection, id, relation, objects),
            None => objects,
        })
    }

    pub async fn manager(&self, user: &str) -> Result<Option<Value>> {
        self.refuse_gone(Collection::Users, user)?;
        if is_placeholder(user) {
            return Ok(self
                .plan
                .and_then(|plan| plan.over_related(Collection::Users, user, "manager", Vec::new()).pop()));
        }
        let query = Query::default().select(&["id", "displayName", "mail", "userPrincipalName"]);
        let path = format!("/users/{}/manager", crate::transport::segment(user));
        let read = self
            .services
            .graph
            .object(&path, &query)
            .await
            .map_err(|f| problem(f, &format!("reading the manager of `{user}`")))?;
        let read: Vec<Value> = read.into_iter().collect();
        Ok(match self.plan {
            Some(plan) => plan.over_related(Collection::Users, user, "manager", read).pop(),
            None => read.into_iter().next(),
        })
    }

    // ---- groups

    pub async fn group(&self, id: &str, select: &[&str]) -> Result<Option<Value>> {
        let query = Query::default().select(select);
        let path = format!("/groups/{}", crate::transport::segment(id));
        let read = self
            .services
            .graph
            .object(&path, &query)
            .await
            .map_err(|f| problem(f, &format!("reading group `{id}`")))?;
        Ok(self.over_one(Collection::Groups, id, read).map(|group| complete(group, &query.select)))
    }

    pub async fn groups(&self, mut query: Query) -> Result<Vec<Value>> {
        query.eventual |= query.search.is_some() || query.filter.as_deref().is_some_and(needs_advanced);
        let groups =
            self.services.graph.objects("/groups", &query).await.map_err(|f| problem(f, "reading groups"))?;
        let question = self.question(Collection::Groups, &query);
        let groups = self.over_asked(Collection::Groups, groups, &question, &query.select).await?;
        Ok(groups.into_iter().map(|group| complete(group, &query.select)).collect())
    }

    /// Groups of one display name or mail address; read once for all rows of a bulk.
    pub async fn groups_called(&self, name: &str, select: &[&str]) -> Result<Vec<Value>> {
        let key = name.to_lowercase();
        let mut known = self.memory.groups_by_name.lock().await;
        if let Some(groups) = known.get(&key) {
            return Ok(groups.clone());
        }
        let n = literal(name);
        let filter = match name.contains('@') {
            true => format!("mail eq {n}"),
            false => format!("displayName eq {n}"),
        };
        let groups = self.groups(Query::filter(filter).select(select)).await?;
        if !groups.is_empty() {
            known.insert(key, groups.clone());
        }
        Ok(groups)
    }

    /// Names of the tenant's groups, as far as one page goes: for telling what a mistyped one most likely meant.
    pub async fn group_names(&self) -> Vec<String> {
        let read = || async {
            let query = Query { top: Some(999), ..Query::default().select(&["id", "displayName"]) };
            let groups = self.services.graph.objects("/groups", &query).await.unwrap_or_default();
            let names = groups.iter().filter_map(|group| group["displayName"].as_str().map(str::to_owned));
            Ok::<_, std::convert::Infallible>(names.collect::<Vec<_>>())
        };
        let Ok(names) = self.memory.group_names.get_or_try_init(read).await;
        names.clone()
    }

    // ---- licences

    /// The tenant's subscriptions, with the seats that the plan has taken counted as used.
    pub async fn skus(&self) -> Result<Vec<Value>> {
        let mut skus = self
            .services
            .graph
            .objects("/subscribedSkus", &Query::default())
            .await
            .map_err(|f| problem(f, "reading licences"))?;
        if let Some(plan) = self.plan {
            for sku in &mut skus {
                let taken = plan.seats(sku["skuId"].as_str().unwrap_or_default());
                if let Some(used) = sku["consumedUnits"].as_i64() {
                    sku["consumedUnits"] = json!(used + taken);
                }
            }
        }
        Ok(skus)
    }

    // ---- directory roles

    pub async fn directory_role_definitions(&self) -> Result<Vec<Value>> {
        let read = || async {
            let query = Query::default();
            self.services.graph.objects("/roleManagement/directory/roleDefinitions", &query).await
        };
        let roles = self.memory.directory_roles.get_or_try_init(read).await;
        roles.cloned().map_err(|f| problem(f, "reading directory roles"))
    }

    /// Directory roles one principal holds, directly.
    pub async fn directory_role_assignments(&self, principal: &str) -> Result<Vec<Value>> {
        let assignments = match self.made_here(principal) && is_placeholder(principal) {
            true => Vec::new(),
            false => {
                let query = Query::filter(format!("principalId eq {}", literal(principal)));
                self.services
                    .graph
                    .objects("/roleManagement/directory/roleAssignments", &query)
                    .await
                    .map_err(|f| problem(f, &format!("reading directory roles of `{principal}`")))?
            }
        };
        Ok(self.over(Collection::DirectoryRoles, assignments, |object| object["principalId"] == principal))
    }

    // ---- tenant

    /// The domains that the tenant has proved to own.
    pub async fn verified_domains(&self) -> Result<Vec<String>> {
        let read = || async { self.services.graph.objects("/domains", &Query::default()).await };
        let domains = self
            .memory
            .domains
            .get_or_try_init(read)
            .await
            .map_err(|f| problem(f, "reading the tenant's domains"))?;
        let verified = domains.iter().filter(|domain| domain["isVerified"] != json!(false));
        Ok(verified.filter_map(|domain| domain["id"].as_str().map(str::to_lowercase)).collect())
    }

    /// The policies that say which domains may be invited. A tenant or sign-in that does not show them gives none.
    pub async fn b2b_policies(&self) -> Vec<Value> {
        // Only a refusal is kept: a service that stumbles once is asked again by the next row.
        let read = || async {
            match self.services.graph.b2b_policies().await {
                Err(failure) if !problem(failure.clone(), "").is_settled() => Err(()),
                read => Ok(read.unwrap_or_default()),
            }
        };
        self.memory.b2b.get_or_try_init(read).await.cloned().unwrap_or_default()
    }
}

/// Objects come back complete: what was selected and is empty is there, as null.
fn complete(object: Value, select: &[String]) -> Value {
    let Value::Object(mut map) = object else { return object };
    for name in select {
        if !map.contains_key(name) {
            map.insert(name.clone(), Value::Null);
        }
    }
    Value::Object(map)
}

/// Whether a filter needs `ConsistencyLevel: eventual`.
/// <https://learn.microsoft.com/graph/aad-advanced-queries>
fn needs_advanced(filter: &str) -> bool {
    let folded = filter.to_lowercase();
    let operators = [" ne ", "not ", "not(", "endswith(", "/$count", " ge ", " le "];
    let properties = [
        "companyname",
        "mobilephone",
        "officelocation",
        "employeetype",
        "showinaddresslist",
        "externaluserstate",
        "jobtitle",
    ];
    !folded.contains("signinactivity")
        && (operators.iter().any(|operator| folded.contains(operator))
            || properties.iter().any(|name| folded.contains(name)))
}

fn answers_to(user: &Value, address: &str) -> bool {
    let is = |value: &Value| {
        value.as_str().is_some_and(|text| text.to_lowercase().trim_start_matches("smtp:") == address)
    };
    let any = |name: &str| user[name].as_array().is_some_and(|values| values.iter().any(is));
    is(&user["mail"]) || is(&user["userPrincipalName"]) || any("proxyAddresses") || any("otherMails")
}

/// `ann@fabrikam.example` of `SMTP:ann@fabrikam.example`.
pub fn bare_address(value: &Value) -> &str {
    let text = value.as_str().unwrap_or_default();
    match text.get(..5) {
        Some(prefix) if prefix.eq_ignore_ascii_case("smtp:") => &text[5..],
        _ => text,
    }
}

/// How candidates are named in a message: display name and id.
pub fn labels(objects: &[Value]) -> Vec<String> {
    let label = |object: &Value| {
        let name = object["displayName"].as_str().or(object["name"].as_str()).unwrap_or("(no name)");
        // Several of one name are told apart by what else is said of them.
        let more = object["description"].as_str().or(object["mail"].as_str());
        let more = more.map(|more| format!(", {more}")).unwrap_or_default();
        format!("`{}` ({name}{more})", id_of(object))
    };
    objects.iter().map(label).collect()
}
