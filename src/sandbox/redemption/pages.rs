//! `/redeem`: the way of an invitee from the link in the mail to the consent.

use serde_json::Value;
use uuid::Uuid;

use super::{ISSUERS, Refusal, accept, open};
use crate::sandbox::http::{Reply, Request, pairs};
use crate::sandbox::page::{document, escaped};
use crate::sandbox::router::unknown;
use crate::sandbox::tenant::{Kind, Object, Tenant};
use crate::sandbox::world::World;

/// What the link in an invitation carries.
struct Link {
    tenant: String,
    invitation: Uuid,
    ticket: String,
}

impl Link {
    /// From `rd`, which holds the address of the invitation itself.
    fn read(rd: &str) -> Option<Link> {
        let (_, query) = rd.split_once('?')?;
        let fields = pairs(query);
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        Some(Link {
            tenant: field("tenant")?,
            invitation: Uuid::try_parse(&field("user")?).ok()?,
            ticket: field("ticket")?,
        })
    }

    fn invitee<'a>(&self, tenant: &'a Tenant) -> Option<&'a Object> {
        let of = |user: &&Object| {
            user.redemption.as_ref().is_some_and(|open| open.invitation == self.invitation)
                || tenant
                    .shelved(INVITED, &self.invitation.to_string())
                    .and_then(Value::as_str)
                    .is_some_and(|id| id == user.id.to_string())
        };
        tenant.of_kind(Kind::User).find(of)
    }
}

/// Whom each invitation was for: older ones must be known as such when a newer one was sent.
pub const INVITED: &str = "invitations";

pub fn answer(world: &World, request: &Request) -> Reply {
    let form = match request.method.as_str() {
        "GET" => request.query.clone(),
        "POST" => pairs(&String::from_utf8_lossy(&request.body)),
        _ => return unknown(request),
    };
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let rd = field("rd");
    let page = Page { world, rd, issuer: chosen(field("account"), field("issuer")) };
    let Some(link) = Link::read(rd) else {
        return refused("This is no invitation", "The link is not whole. Open it from the mail once more.");
    };
    if world.read(|tenant| tenant.profile.tenant_id.to_string()) != link.tenant {
        return refused("This is no invitation", "The link belongs to another tenant.");
    }
    match (request.method.as_str(), field("step")) {
        ("POST", "consent") => page.consent(&link),
        ("POST", "accept") => page.accept(&link),
        ("POST", "decline") => page.declined(),
        _ => page.welcome(&link),
    }
}

/// The issuer that an account stands for; a SAML or WS-Fed provider is named by its address.
fn chosen(account: &str, typed: &str) -> String {
    match account {
        "saml" => typed.trim().to_owned(),
        account => account.to_owned(),
    }
}

fn refused(title: &str, why: &str) -> Reply {
    let main =
        format!("<h1>{}</h1>\n<p class=\"trouble\" role=\"alert\">{}</p>", escaped(title), escaped(why));
    Reply::html(400, document(title, &main))
}

fn closed(refusal: &Refusal) -> Reply {
    let (title, why) = match refusal {
        Refusal::Nothing => (
            "You have already accepted",
            "There is nothing left to accept, or the invitation was withdrawn.".to_owned(),
        ),
        Refusal::Stale => (
            "This link is no longer good",
            "A newer invitation was sent to you. Use the link in the newest mail.".to_owned(),
        ),
        Refusal::Blocked => {
            ("You cannot sign in", "Your account was blocked by the organization's administrator.".to_owned())
        }
        Refusal::Barred(domain) => (
            "You cannot accept this invitation",
            format!("The organization does not allow guests from {domain}."),
        ),
        Refusal::NoAddress => (
            "No passcode can be sent",
            "A contact of the organization holds your address. Choose another kind of account.".to_owned(),
        ),
    };
    refused(title, &why)
}

struct Page<'a> {
    world: &'a World,
    rd: &'a str,
    issuer: String,
}

impl Page<'_> {
    fn hidden(&self) -> String {
        format!("<input type=\"hidden\" name=\"rd\" value=\"{}\">", escaped(self.rd))
    }

    /// Runs with the invitee, if the invitation is open.
    fn with(&self, link: &Link, show: impl FnOnce(&Tenant, &Object) -> Reply) -> Reply {
        self.world.read(|tenant| {
            let Some(invitee) = link.invitee(tenant) else { return closed(&Refusal::Nothing) };
            match open(tenant, invitee, Some(&link.ticket)) {
                Ok(()) => show(tenant, invitee),
                Err(refusal) => closed(&refusal),
            }
        })
    }

    /// Who are you, and which account do you use?
    fn welcome(&self, link: &Link) -> Reply {
        self.with(link, |tenant, invitee| {
            let organization = escaped(&tenant.profile.display_name);
            let address = invitee.redemption.as_ref().map_or("", |open| open.address.as_str());
            let mut main = format!(
                "<h1>{organization} invited you</h1>\n<p>The invitation is for <strong>{}</strong>. With which account \
                 do you sign in?</p>\n<form method=\"post\" action=\"/redeem\">\n{}\n<fieldset><legend>Account</legend>\n",
                escaped(address),
                self.hidden()
            );
            let has_mail = invitee.text("mail").is_some();
            for (number, (issuer, title)) in ISSUERS.iter().enumerate() {
                let impossible = *issuer == "mail" && !has_mail;
                main.push_str(&format!(
                    "<label><input type=\"radio\" name=\"account\" value=\"{issuer}\"{}{}> {title}{}</label>\n",
                    if number == 0 { " checked" } else { "" },
                    if impossible { " disabled" } else { "" },
                    if impossible {
                        " <span class=\"quiet\">(not possible: a contact holds the address)</span>"
                    } else {
                        ""
                    },
                ));
            }
            main.push_str(
                "<label><input type=\"radio\" name=\"account\" value=\"saml\"> An account of another identity provider \
                 (SAML or WS-Fed)</label>\n<label for=\"issuer\">Its issuer</label>\n<input id=\"issuer\" name=\"issuer\" \
                 size=\"40\" placeholder=\"https://sts.fabrikam.example/trust\">\n</fieldset>\n<button class=\"main\" \
                 name=\"step\" value=\"consent\">Sign in</button>\n</form>\n",
            );
            main.push_str("<p class=\"quiet\">This is a sandbox: no password is asked for.</p>");
            Reply::html(200, document("Accept an invitation", &main))
        })
    }

    /// What the organization may do with the guest's data.
    fn consent(&self, link: &Link) -> Reply {
        if self.issuer.is_empty() {
            return refused("Which provider?", "Name the issuer of your identity provider.");
        }
        self.with(link, |tenant, invitee| {
            if self.issuer == "mail" && invitee.text("mail").is_none() {
                return closed(&Refusal::NoAddress);
            }
            let organization = escaped(&tenant.profile.display_name);
            let address = invitee.redemption.as_ref().map_or("", |open| open.address.as_str());
            let main = format!(
                "<h1>Review permissions</h1>\n<p>Signed in as <strong>{}</strong> by <code>{}</code>.</p>\n<p>The \
                 organization <strong>{organization}</strong> would like to:</p>\n<ul>\n<li>Receive your profile data: \
                 your name, e-mail address and photo</li>\n<li>Collect and log your activity: your access, use and \
                 content in its applications and resources</li>\n<li>Use your profile data and activity: contact you, \
                 and create, control and administer an account for you</li>\n</ul>\n<p class=\"quiet\">You can leave \
                 the organization at any time.</p>\n<form method=\"post\" action=\"/redeem\" class=\"row\">\n{}\n<input \
                 type=\"hidden\" name=\"account\" value=\"saml\"><input type=\"hidden\" name=\"issuer\" \
                 value=\"{}\">\n<button class=\"main\" name=\"step\" value=\"accept\">Accept</button> <button \
                 name=\"step\" value=\"decline\">Decline</button>\n</form>",
                escaped(address),
                escaped(&self.issuer),
                self.hidden(),
                escaped(&self.issuer),
            );
            Reply::html(200, document("Review permissions", &main))
        })
    }

    fn accept(&self, link: &Link) -> Reply {
        let accepted = self.world.write(|tenant| {
            let invitee = link.invitee(tenant).map(|invitee| invitee.id).ok_or(Refusal::Nothing)?;
            let to = tenant.get(invitee).and_then(|user| Some(user.redemption.as_ref()?.redirect.clone()));
            accept(tenant, invitee, Some(&link.ticket), &self.issuer)?;
            Ok((tenant.profile.display_name.clone(), to.unwrap_or_default()))
        });
        match accepted {
            Err(unsaved) => refused("The sandbox could not keep this", &unsaved.0),
            Ok(Err(refusal)) => closed(&refusal),
            Ok(Ok((organization, to))) => {
                let organization = escaped(&organization);
                let safe = url::Url::parse(&to).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
                let on = match safe {
                    true => {
                        format!("<p>The service would now open <a href=\"{0}\">{0}</a>.</p>", escaped(&to))
                    }
                    false => String::new(),
                };
                let main =
                    format!("<h1>Welcome to {organization}</h1>\n<p>You are a guest there now.</p>\n{on}");
                Reply::html(200, document("Welcome", &main))
            }
        }
    }

    fn declined(&self) -> Reply {
        let main = "<h1>You declined</h1>\n<p>Nothing was shared. The invitation stays open, in case you change your \
                    mind.</p>";
        Reply::html(200, document("You declined", main))
    }
}
