//! Exchange Online's cmdlets over REST: `POST /adminapi/beta/{tenant}/InvokeCommand`.

mod binding;
mod contacts;
mod fault;
mod groups;
mod opath;
mod parameters;
mod recipients;
mod settings;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};

use self::binding::{Bound, bind};
use self::fault::Fault;
use self::parameters as p;
use super::http::{Content, Reply, Request};
use super::login::{Audience, challenge_address, is_tenant};
use super::router::unknown;
use super::tenant::Tenant;
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

const LARGEST_PAGE: usize = 1000;
const LARGEST_BATCH: usize = 10;

/// An object in the answer, with its place in the order.
type Output = (u64, Map<String, Value>);

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
    Write(fn(&mut Tenant, &Bound) -> Ran),
}

struct Cmdlet {
    name: &'static str,
    parameters: p::Parameters,
    run: Run,
}

const fn cmdlet(name: &'static str, parameters: p::Parameters, run: Run) -> Cmdlet {
    Cmdlet { name, parameters, run }
}

static CMDLETS: &[Cmdlet] = &[
    cmdlet("New-MailContact", p::NEW_MAILCONTACT, Run::Write(contacts::new)),
    cmdlet("Get-MailContact", p::GET_MAILCONTACT, Run::Read(recipients::mail_contacts)),
    cmdlet("Set-MailContact", p::SET_MAILCONTACT, Run::Write(contacts::set_mail_contact)),
    cmdlet("Remove-MailContact", p::REMOVE_MAILCONTACT, Run::Write(contacts::remove)),
    cmdlet("Get-Contact", p::GET_CONTACT, Run::Read(recipients::contacts)),
    cmdlet("Set-Contact", p::SET_CONTACT, Run::Write(contacts::set_contact)),
    cmdlet("Get-Recipient", p::GET_RECIPIENT, Run::Read(recipients::recipients)),
    cmdlet("Get-MailUser", p::GET_MAILUSER, Run::Read(recipients::mail_users)),
    cmdlet("Set-MailUser", p::SET_MAILUSER, Run::Write(settings::set_mail_user)),
    cmdlet("Get-DistributionGroup", p::GET_DISTRIBUTIONGROUP, Run::Read(recipients::distribution_groups)),
    cmdlet("Get-DistributionGroupMember", p::GET_DISTRIBUTIONGROUPMEMBER, Run::Read(groups::members)),
    cmdlet("Add-DistributionGroupMember", p::ADD_DISTRIBUTIONGROUPMEMBER, Run::Write(groups::add)),
    cmdlet("Remove-DistributionGroupMember", p::REMOVE_DISTRIBUTIONGROUPMEMBER, Run::Write(groups::remove)),
    cmdlet("Get-AcceptedDomain", p::GET_ACCEPTEDDOMAIN, Run::Read(settings::accepted_domains)),
    cmdlet("Get-OrganizationConfig", p::GET_ORGANIZATIONCONFIG, Run::Read(settings::organization)),
];

pub fn answer(world: &World, request: &Request) -> Reply {
    let segments: Vec<String> = request.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (version, tenant, action) = match segments.as_slice() {
        ["adminapi", version, tenant, action] => (*version, *tenant, *action),
        _ => return unknown(request),
    };
    if !matches!(action, "invokecommand" | "$batch") {
        return unknown(request);
    }
    // Only beta has InvokeCommand.
    if version == "v1.0" || request.method != Method::POST {
        return Reply::empty(405).with("allow", if version == "v1.0" { "GET" } else { "POST" });
    }
    if version != "beta" {
        return unknown(request);
    }
    let access = match admitted(world, request, tenant) {
        Ok(access) => access,
        Err(reply) => return reply,
    };
    match action {
        "$batch" => batch(world, request, access),
        _ => invoke(world, request, access),
    }
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

fn invoke(world: &World, request: &Request, access: Access) -> Reply {
    let body: Value = match serde_json::from_slice(&request.body) {
        Ok(body) => body,
        Err(_) => return Fault::task("The request body is not valid JSON.").reply(request),
    };
    let input = &body["CmdletInput"];
    let name = input["CmdletName"].as_str().unwrap_or_default();
    let Some(cmdlet) = CMDLETS.iter().find(|cmdlet| cmdlet.name.eq_ignore_ascii_case(name)) else {
        return refused();
    };
    if matches!(cmdlet.run, Run::Write(_)) && access == Access::Read {
        return refused();
    }
    let bound = match bind(input.get("Parameters"), cmdlet.parameters) {
        Ok(bound) => bound,
        Err(fault) => return fault.reply(request),
    };
    let outcome = match cmdlet.run {
        Run::Read(run) => world.read(|tenant| run(tenant, &bound)),
        Run::Write(_) if bound.flag("WhatIf") || bound.flag("Confirm") => {
            let question = format!("Are you sure you want to perform this action? {name}");
            return Reply::ok(json!({
                "@odata.context": context(request),
                "adminapi.warnings@odata.type": "#Collection(String)",
                "@adminapi.warnings": [],
                "@adminapi.confirmationmessage": question,
                "value": [],
            }));
        }
        Run::Write(run) => {
            world.write(|tenant| run(tenant, &bound)).unwrap_or_else(|unsaved| Err(Fault::unsaved(unsaved.0)))
        }
    };
    match outcome {
        Ok(outcome) => page(request, outcome),
        Err(fault) => fault.reply(request),
    }
}

fn context(request: &Request) -> String {
    format!("{}/adminapi/beta/$metadata#Exchange.GenericHashTable", request.base)
}

/// A page of the objects, trimmed to what `$select` names. The link to the next one is posted to with the same body.
fn page(request: &Request, outcome: Outcome) -> Reply {
    let wanted = request.header("prefer").and_then(|prefer| {
        let (_, rest) = prefer.split_once("odata.maxpagesize=")?;
        rest.split([';', ',']).next()?.trim().parse::<usize>().ok()
    });
    let size = wanted.unwrap_or(LARGEST_PAGE).clamp(1, LARGEST_PAGE);
    let after = match request.option("$skiptoken") {
        None => 0,
        Some(token) => {
            let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            match decoded.and_then(|text| text.parse::<u64>().ok()) {
                Some(sequence) => sequence,
                None => {
                    return Fault::task(
                        "The pagination request is expired or invalid. Default expiry is 00:30:00.",
                    )
                    .reply(request);
                }
            }
        }
    };
    let mut objects: Vec<Output> =
        outcome.objects.into_iter().filter(|(sequence, _)| *sequence > after).take(size + 1).collect();
    let more = objects.len() > size;
    objects.truncate(size);
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), Value::String(context(request)));
    if let Some((last, _)) = objects.last().filter(|_| more) {
        let rest = request.query_without("$skiptoken");
        let joint = if rest.is_empty() { "" } else { "&" };
        let token = URL_SAFE_NO_PAD.encode(last.to_string());
        let link = request.address(&format!("{rest}{joint}$skiptoken={token}"));
        body.insert("@odata.nextLink".to_owned(), Value::String(link));
    }
    body.insert("adminapi.warnings@odata.type".to_owned(), json!("#Collection(String)"));
    body.insert("@adminapi.warnings".to_owned(), json!(outcome.warnings));
    let select: Vec<&str> =
        request.option("$select").into_iter().flat_map(|names| names.split(',')).map(str::trim).collect();
    let trimmed = objects.into_iter().map(|(_, mut object)| {
        if !select.is_empty() {
            object.retain(|name, _| select.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
        }
        Value::Object(object)
    });
    body.insert("value".to_owned(), trimmed.collect());
    Reply::ok(Value::Object(body))
}

fn batch(world: &World, request: &Request, access: Access) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let Some(calls) = body["requests"].as_array().filter(|calls| calls.len() <= LARGEST_BATCH) else {
        return Fault::task(format!("A batch holds at most {LARGEST_BATCH} requests.")).reply(request);
    };
    let responses = calls.iter().map(|call| {
        let mut headers = HeaderMap::new();
        for (name, value) in call["headers"].as_object().into_iter().flatten() {
            if let (Ok(name), Some(Ok(value))) =
                (HeaderName::try_from(name.as_str()), value.as_str().map(HeaderValue::from_str))
            {
                headers.insert(name, value);
            }
        }
        let path = request.path.replace("$batch", "InvokeCommand").replace("%24batch", "InvokeCommand");
        let query = call["url"].as_str().and_then(|url| url.split_once('?')).map(|(_, query)| format!("?{query}"));
        let target = format!("{path}{}", query.unwrap_or_default());
        let body = Bytes::from(call["body"].to_string());
        let inner = Request::new(Method::POST, request.base.clone(), &target, headers, body);
        let reply = invoke(world, &inner, access);
        let body = match reply.content {
            Content::Json(value) => value,
            _ => Value::Null,
        };
        json!({ "id": call["id"], "status": reply.status, "headers": { "Content-Type": "application/json" }, "body": body })
    });
    Reply::ok(json!({ "responses": responses.collect::<Vec<_>>() }))
}
