//! The sandbox about itself: who is in the tenant, what was sent, what was asked, what goes wrong.

mod tables;

use serde_json::Value;

use super::http::{Reply, Request};
use super::page::{escaped, overview};
use super::tenant::{Kind, Object, Tenant};
use super::world::World;
use tables::{Table, address_of, group_kind, moment, state_of};

/// So many of a kind are shown; a tenant can hold thousands.
const SHOWN: usize = 200;

/// True for a browser; programs get JSON.
pub fn wants_page(request: &Request) -> bool {
    request.header("accept").is_some_and(|accept| accept.contains("text/html"))
}

/// The tenant at a glance.
pub fn tenant(world: &World) -> Reply {
    let page = world.read(|tenant| {
        let profile = &tenant.profile;
        let guests = || tenant.of_kind(Kind::User).filter(|user| user.is_guest());
        let members = tenant.of_kind(Kind::User).count() - guests().count();
        let pending = guests().filter(|user| user.redemption.is_some()).count();
        let mut main = format!(
            "<h1>{}</h1>\n<p>A simulated tenant: nobody in it is real, nothing is sent, nothing is secret.</p>\n<dl>\n\
             <dt>Domain</dt><dd>{}</dd>\n<dt>Tenant id</dt><dd><code>{}</code></dd>\n<dt>Subscription</dt>\
             <dd><code>{}</code></dd>\n<dt>Seed</dt><dd>{}</dd>\n<dt>Time</dt><dd>{}{}</dd>\n<dt>People</dt>\
             <dd>{members} members, {} guests, {pending} of them still to accept</dd>\n</dl>\n",
            escaped(&profile.display_name),
            escaped(&profile.initial_domain),
            profile.tenant_id,
            profile.subscription_id,
            escaped(&profile.seed),
            tenant.stamp(),
            if tenant.clock.ahead() > 0 { " (set ahead)" } else { "" },
            guests().count(),
        );
        main.push_str(&faults(world, tenant));
        main.push_str(&guest_table(tenant, guests()));
        main.push_str(&group_table(tenant));
        main.push_str(&contact_table(tenant));
        main.push_str(&role_table(tenant));
        main.push_str("<h2 id=\"requests\">Last requests</h2>\n");
        main.push_str(&request_table(world, 15));
        main
    });
    Reply::html(200, overview("Sandbox tenant", &page))
}

pub fn requests(world: &World) -> Reply {
    let main = format!("<h1>Requests</h1>\n{}", request_table(world, usize::MAX));
    Reply::html(200, overview("Requests", &main))
}

/// The mails that a real tenant would have sent.
pub fn outbox(world: &World) -> Reply {
    let main = world.read(|tenant| {
        let mails: Vec<&Value> = tenant.mails().collect();
        let mut main = format!(
            "<h1>Outbox</h1>\n<p>{}.</p>\n",
            match mails.len() {
                0 => "No mail was sent yet".to_owned(),
                1 => "One mail was kept instead of sent".to_owned(),
                many => format!("{many} mails were kept instead of sent, the newest first"),
            }
        );
        for mail in mails.iter().rev().take(SHOWN) {
            main.push_str(&mail_of(mail));
        }
        main
    });
    Reply::html(200, overview("Outbox", &main))
}

fn mail_of(mail: &Value) -> String {
    let text = |name: &str| escaped(mail[name].as_str().unwrap_or_default());
    let list = |name: &str| match &mail[name] {
        Value::Array(items) => {
            escaped(&items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
        }
        Value::String(one) => escaped(one),
        _ => String::new(),
    };
    let mut shown =
        format!("<article>\n<h2>{}</h2>\n<dl>\n<dt>To</dt><dd>{}</dd>\n", text("subject"), list("to"));
    if !list("cc").is_empty() {
        shown.push_str(&format!("<dt>Cc</dt><dd>{}</dd>\n", list("cc")));
    }
    shown.push_str(&format!(
        "<dt>From</dt><dd>{}</dd>\n<dt>Sent</dt><dd>{}</dd>\n</dl>\n<blockquote>{}</blockquote>\n",
        text("from"),
        text("sentAt"),
        text("message")
    ));
    if !text("redeemUrl").is_empty() {
        shown.push_str(&format!("<p><a href=\"{}\">Accept the invitation</a></p>\n", text("redeemUrl")));
    }
    shown.push_str("</article>\n");
    shown
}

fn faults(world: &World, tenant: &Tenant) -> String {
    let told = world.troubles.described(tenant);
    let mut lines: Vec<String> = Vec::new();
    for fault in told["faults"].as_array().into_iter().flatten() {
        lines.push(format!(
            "<code>{}</code>: {} (struck {} times)",
            escaped(fault["on"].as_str().unwrap_or_default()),
            escaped(fault["then"].as_str().unwrap_or_default()),
            fault["struck"]
        ));
    }
    for (name, calm) in [("throttling", "off"), ("delays", "off")] {
        if told[name] != calm {
            lines.push(format!("{name}: {}", escaped(told[name].to_string().trim_matches('"'))));
        }
    }
    if told["clockRate"] != 1 {
        lines.push(format!("time runs {} times as fast", told["clockRate"]));
    }
    if told["latencyMilliseconds"] != 0 {
        lines.push(format!("every request takes {} ms", told["latencyMilliseconds"]));
    }
    if lines.is_empty() {
        return String::new();
    }
    let items: Vec<String> = lines.iter().map(|line| format!("<li>{line}</li>")).collect();
    format!("<h2 id=\"faults\">What goes wrong</h2>\n<ul>{}</ul>\n", items.concat())
}

fn guest_table<'a>(tenant: &'a Tenant, guests: impl Iterator<Item = &'a Object>) -> String {
    let mut table =
        Table::new("guests", "Guests", &["Name", "Address", "State", "Since", "Last sign-in", "Groups"]);
    for guest in guests {
        table.row(SHOWN, || {
            let groups: Vec<&str> =
                tenant.groups_of(guest).iter().filter_map(|(_, group)| group.text("displayName")).collect();
            let last = guest.properties.get("signInActivity").map(|activity| &activity["lastSignInDateTime"]);
            vec![
                escaped(guest.text("displayName").unwrap_or_default()),
                escaped(&address_of(guest)),
                state_of(guest),
                moment(guest.properties.get("externalUserStateChangeDateTime")),
                moment(last),
                escaped(&groups.join(", ")),
            ]
        });
    }
    table.end()
}

fn group_table(tenant: &Tenant) -> String {
    let mut table = Table::new("groups", "Groups", &["Name", "Kind", "Members", "Owners"]);
    for group in tenant.of_kind(Kind::Group) {
        table.row(SHOWN, || {
            let owners: Vec<&str> = tenant
                .targets(super::tenant::Relation::Owner, group.id)
                .filter_map(|(_, owner)| owner.text("displayName"))
                .collect();
            vec![
                escaped(group.text("displayName").unwrap_or_default()),
                group_kind(group).to_owned(),
                tenant.members(group).len().to_string(),
                escaped(&owners.join(", ")),
            ]
        });
    }
    table.end()
}

fn contact_table(tenant: &Tenant) -> String {
    let mut table = Table::new("contacts", "Mail contacts", &["Name", "Address"]);
    for contact in tenant.of_kind(Kind::Contact) {
        table.row(SHOWN, || {
            vec![
                escaped(contact.text("displayName").unwrap_or_default()),
                escaped(contact.text("mail").unwrap_or_default()),
            ]
        });
    }
    table.end()
}

fn role_table(tenant: &Tenant) -> String {
    let who = |id| {
        let found = tenant.get(id).and_then(|object| object.text("displayName"));
        found.map_or_else(|| "<span class=\"bad\">nobody any more</span>".to_owned(), escaped)
    };
    let mut table = Table::new("roles", "Roles", &["Who", "Role", "Where"]);
    for granted in tenant.directory_assignments.iter() {
        table.row(SHOWN, || {
            let role = super::graph::role_name(granted.role).unwrap_or("a role of the tenant's own");
            vec![who(granted.principal), escaped(role), format!("<code>{}</code>", escaped(&granted.scope))]
        });
    }
    for granted in tenant.azure_assignments.iter() {
        table.row(SHOWN, || {
            let role = super::arm::role_name(tenant, granted.role);
            vec![who(granted.principal), escaped(&role), format!("<code>{}</code>", escaped(&granted.scope))]
        });
    }
    table.end()
}

fn request_table(world: &World, most: usize) -> String {
    let seen = world.journal.latest(most);
    if seen.is_empty() {
        return "<p>Nothing was asked yet.</p>\n".to_owned();
    }
    let mut table = Table::bare(&["Time", "Request", "Answer"]);
    for request in seen {
        table.row(usize::MAX, || {
            let what = request.cmdlet.as_deref().unwrap_or(&request.path);
            let answer = match request.status {
                Some(status) if status < 400 => format!("<span class=\"good\">{status}</span>"),
                Some(status) => format!("<span class=\"bad\">{status}</span>"),
                None => "<span class=\"bad\">broken off</span>".to_owned(),
            };
            vec![
                request.at.strftime("%H:%M:%S").to_string(),
                format!("{} <code>{}</code>", request.method, escaped(what)),
                answer,
            ]
        });
    }
    table.end()
}
