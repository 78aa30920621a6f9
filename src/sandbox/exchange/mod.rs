//! Exchange Online's cmdlets over REST: `POST /adminapi/beta/{tenant}/InvokeCommand`.

mod addresses;
mod audit;
mod binding;
mod cmdlets;
mod contacts;
mod fault;
mod groups;
mod opath;
mod organization;
mod parameters;
mod properties;
mod recipients;
mod traces;
mod unified;
mod users;
mod views;
mod wire;

use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};

use self::binding::{Bound, Caller, bind};
use self::fault::Fault;
use super::http::{Content, Reply, Request};
use super::login::{Audience, challenge_address, is_tenant};
use super::router::unknown;
use super::tenant::{Kind, Tenant};
use super::world::World;

pub use contacts::add_contact;

/// Directory roles, any of which lets an application write.
const WRITERS: [&str; 3] =
    ["Exchange Administrator", "Global Administrator", "Exchange Recipient Administrator"];

/// Those that let it read.
const READERS: [&str; 4] =
    ["Global Reader", "Security Reader", "Helpdesk Administrator", "Compliance Administrator"];

/// What a caller's roles let it do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Where an object stands in an answer: by what it is sorted by, else by age.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct Place {
    key: String,
    sequence: u64,
}

impl Place {
    fn of(sequence: u64) -> Place {
        Place { key: String::new(), sequence }
    }
}

/// An object in the answer, with its place in the order.
type Output = (Place, Map<String, Value>);

/// What a cmdlet gives: objects, and warnings beside them.
#[derive(Default)]
struct Outcome {
    objects: Vec<Output>,
    warnings: Vec<String>,
}

impl Outcome {
    fn of(objects: Vec<Output>) -> Outcome {
        Outcome { objects, warnings: Vec::new() }
    }
}

type Ran = Result<Outcome, Fault>;

#[derive(Clone, Copy)]
enum Run {
    Read(fn(&Tenant, &Bound) -> Ran),
    /// Reads, and remembers how far it came.
    Recall(fn(&mut Tenant, &Bound) -> Ran),
    Write(fn(&mut Tenant, &Bound) -> Ran),
}

/// Addresses that are read with GET, and the cmdlets behind them.
const READ_DIRECTLY: [(&str, &str); 3] =
    [("recipient", "Get-Recipient"), ("mailbox", "Get-Mailbox"), ("mailuser", "Get-MailUser")];

pub fn answer(world: &World, request: &Request) -> Reply {
    let segments: Vec<String> = request.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (version, tenant, action) = match segments.as_slice() {
        ["adminapi", version, tenant, action, ..] => (*version, *tenant, *action),
        _ => return unknown(request),
    };
    let direct = READ_DIRECTLY.iter().find(|(name, _)| *name == action).filter(|_| segments.len() <= 5);
    let posted = matches!(action, "invokecommand" | "$batch") && segments.len() == 4;
    if !matches!(version, "beta" | "v1.0") || (direct.is_none() && !posted) {
        return unknown(request);
    }
    let allowed = if posted { Method::POST } else { Method::GET };
    // Only beta has InvokeCommand.
    if request.method != allowed || (posted && version == "v1.0") {
        return Reply::empty(405).with("allow", if version == "v1.0" { "GET" } else { allowed.as_str() });
    }
    let access = match admitted(world, request, tenant) {
        Ok(access) => access,
        Err(reply) => return reply,
    };
    let caller = caller(world, request);
    match (direct, action) {
        (Some((_, cmdlet)), _) => run(world, request, access, caller, cmdlet, Some(&asked(request))),
        (None, "$batch") => wire::batch(world, request, access, &caller),
        _ => invoke(world, request, access, caller),
    }
}

/// The parameters of a cmdlet as an address has them: its key and its query.
fn asked(request: &Request) -> Value {
    let mut parameters = Map::new();
    if let Some(key) = request.segments.get(4) {
        parameters.insert("Identity".to_owned(), json!(key));
    }
    for (name, value) in request.query.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("PropertySet")) {
        let name = if name.eq_ignore_ascii_case("$filter") { "Filter" } else { name };
        let value = match value.to_ascii_lowercase().as_str() {
            "true" => json!(true),
            "false" => json!(false),
            _ => json!(value),
        };
        if !name.starts_with('$') {
            parameters.insert(name.to_owned(), value);
        }
    }
    Value::Object(parameters)
}

/// Every address that is imitated; the one that runs cmdlets stands there once for each of them.
pub fn routes() -> impl Iterator<Item = (&'static str, String)> {
    let posted =
        cmdlets::names().map(|name| ("POST", format!("/adminapi/beta/{{tenant}}/InvokeCommand ({name})")));
    let read = READ_DIRECTLY.iter().map(|(_, cmdlet)| {
        ("GET", format!("/adminapi/beta/{{tenant}}/{}", cmdlet.trim_start_matches("Get-")))
    });
    posted.chain(read).chain([("POST", "/adminapi/beta/{tenant}/$batch".to_owned())])
}

/// Who the token speaks for.
fn caller(world: &World, request: &Request) -> Caller {
    world.read(|state| {
        let claims = world.tokens.check(request.bearer(), Audience::Exchange, state.profile.tenant_id);
        let Ok(claims) = claims else { return Caller::default() };
        let user = state.get(claims.principal).filter(|object| object.kind == Kind::User);
        let principal_name = user.and_then(|user| user.text("userPrincipalName"));
        Caller {
            principal: claims.principal,
            name: principal_name.unwrap_or(&claims.name).to_owned(),
            person: claims.person.is_some(),
            anchor: request.header("x-anchormailbox").map(|anchor| anchor.chars().take(200).collect()),
            writes: false,
        }
    })
}

fn admitted(world: &World, request: &Request, tenant: &str) -> Result<Access, Reply> {
    let rejected = || {
        let address = challenge_address(request, "");
        let challenge =
            format!("Bearer authorization_uri=\"{address}/oauth2/authorize\", error=\"invalid_token\"");
        Reply::empty(401).with("www-authenticate", challenge)
    };
    world.read(|state| {
        let caller = world
            .tokens
            .check(request.bearer(), Audience::Exchange, state.profile.tenant_id)
            .map_err(|_| rejected())?;
        if !is_tenant(state, tenant) {
            return Err(rejected());
        }
        let wanted: &[&str] = match caller.person {
            None => &["Exchange.ManageAsApp"],
            Some(_) => &["AdminApi.AccessAsUser.All", "Exchange.Manage", "RemotePowerShell.AccessAsUser.All"],
        };
        let may = wanted.iter().any(|permission| caller.mentions(permission));
        let roles = state.directory_roles_of(caller.principal);
        let holds = |names: &[&str]| {
            roles.iter().any(|role| names.iter().any(|name| super::graph::role_by_name(name) == Some(*role)))
        };
        if may && holds(&WRITERS) {
            Ok(Access::Write)
        } else if may && holds(&READERS) {
            Ok(Access::Read)
        } else {
            Err(refused())
        }
    })
}

/// What an unknown cmdlet and a missing role get: a body of zeros that claims to be compressed and is not.
fn refused() -> Reply {
    let content = Content::Raw(Bytes::from_static(&[0; 32]));
    Reply { status: 403, headers: vec![("content-encoding", "gzip".to_owned())], content }
}

fn invoke(world: &World, request: &Request, access: Access, caller: Caller) -> Reply {
    let body: Value = match serde_json::from_slice(&request.body) {
        Ok(body) => body,
        Err(_) => return Fault::task("The request body is not valid JSON.").reply(request),
    };
    let input = &body["CmdletInput"];
    let name = input["CmdletName"].as_str().unwrap_or_default();
    run(world, request, access, caller, name, input.get("Parameters"))
}

fn run(
    world: &World,
    request: &Request,
    access: Access,
    caller: Caller,
    name: &str,
    parameters: Option<&Value>,
) -> Reply {
    let Some(cmdlet) = cmdlets::find(name) else { return refused() };
    let writes = matches!(cmdlet.run, Run::Write(_));
    if writes && access == Access::Read {
        return refused();
    }
    let bound = bind(parameters, cmdlet.parameters, Caller { writes, ..caller });
    let bound = match bound.and_then(|bound| Ok(bound.within(wire::window(request)?))) {
        Ok(bound) => bound,
        Err(fault) => return fault.reply(request),
    };
    let saved = |result: Result<Ran, super::world::Unsaved>| {
        result.unwrap_or_else(|unsaved| Err(Fault::unsaved(unsaved.0)))
    };
    let outcome = match cmdlet.run {
        Run::Read(run) => world.read(|tenant| run(tenant, &bound)),
        Run::Recall(run) => saved(world.write(|tenant| run(tenant, &bound))),
        Run::Write(_) if bound.flag("WhatIf") || bound.flag("Confirm") => {
            let identity = bound.text("Identity").unwrap_or_default();
            let known = |tenant: &Tenant| {
                recipients::identify(tenant, &bound.caller, identity, |_, _| true).map(|_| ())
            };
            return match if identity.is_empty() { Ok(()) } else { world.read(known) } {
                Ok(()) => wire::question(request, cmdlet.name, identity),
                Err(fault) => fault.reply(request),
            };
        }
        Run::Write(run) => saved(world.write(|tenant| {
            let outcome = run(tenant, &bound)?;
            audit::note(tenant, cmdlet.name, &bound);
            Ok(outcome)
        })),
    };
    match outcome {
        Ok(outcome) => wire::page(request, &bound.window, outcome),
        Err(fault) => fault.reply(request),
    }
}
