//! Invitations: how a guest comes to be.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::services::graph::Query;
use crate::verbs::card::{cmdlet, cmdlet_with, example, graph};
use crate::verbs::entra::sponsor::AddSponsorEffect;
use crate::verbs::refs::{EmailAddress, Found, UserRef, holders};
use crate::verbs::shapes::INVITATION;
use crate::verbs::{Area, Card, EffectKind, Entry, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::writes::<NewInvitation>());
}

/// Invite an external user to the organization.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewInvitation {
    /// Where the invitation goes, and how the guest signs in.
    invited_user_email_address: EmailAddress,
    /// Shown in the directory; made from the address when left out.
    invited_user_display_name: Option<String>,
    /// Where the guest lands after accepting; My Apps when left out.
    #[schemars(url)]
    invite_redirect_url: Option<String>,
    /// Whether Microsoft sends the invitation by mail. Without it, pass `inviteRedeemUrl` on yourself.
    send_invitation_message: Option<bool>,
    /// What the mail says beyond the standard text.
    invited_user_message_info: Option<MessageInfo>,
    /// `Guest` unless said otherwise; `Member` needs an administrator.
    invited_user_type: Option<UserType>,
    /// Who answers for the guest: users by address, id or object. Added after the invitation, each as a step of its own.
    invited_user_sponsors: Option<Vec<UserRef>>,
}

/// <https://learn.microsoft.com/graph/api/resources/invitedusermessageinfo>
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessageInfo {
    /// The text of the mail.
    customized_message_body: Option<String>,
    /// The language of the standard text, such as `en-US`.
    message_language: Option<String>,
    /// One more address that gets the mail; the service takes a single one.
    cc_recipients: Option<Vec<EmailAddress>>,
}

#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema, PartialEq)]
pub enum UserType {
    Guest,
    Member,
}

/// Where guests land who were given no other place.
const MY_APPS: &str = "https://myapplications.microsoft.com";

/// <https://learn.microsoft.com/entra/external-id/troubleshoot>
const DROPPED: &str = "note: the service leaves the mail's own text out when an application invites; sign in as a user to keep it";

const LOOK: &[&str] = &[
    "id",
    "displayName",
    "mail",
    "userPrincipalName",
    "userType",
    "accountEnabled",
    "creationType",
    "externalUserState",
    "otherMails",
    "proxyAddresses",
];

impl Verb for NewInvitation {
    const CARD: Card = Card {
        name: "new_invitation",
        area: Area::Invitations,
        summary: "Invite an external user to the organization",
        details: "An address that is a guest already is left as it is: the answer has `alreadyExisted: true`, no `inviteRedeemUrl`, and no mail is sent.\n\nA mail contact on the same address does not stop the invitation, but leaves the guest without a mail address of its own; usher says so first.\n\nA mail's own text is dropped by the service when an application invites.\n\nWith Domain.Read.All, Policy.Read.All and Exchange.ManageAsApp beside its permissions, own domains, blocked domains and contacts in the way are told before anything is sent.",
        cmdlets: &[
            cmdlet("New-MgInvitation"),
            cmdlet_with("New-AzureADMSInvitation", &[]),
            cmdlet("New-EntraInvitation"),
        ],
        effect: EffectKind::Create,
        permissions: &[graph("User.Invite.All"), graph("User.Read.All")],
        returns: Returns::One(&INVITATION),
        examples: &[
            example(
                "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nprint(i.status)",
                "PendingAcceptance",
            ),
            example(
                "let i = new_invitation(#{\n    invitedUserEmailAddress: \"ann@fabrikam.example\",\n    invitedUserDisplayName: \"Ann Lee (Fabrikam)\",\n    sendInvitationMessage: true,\n    invitedUserMessageInfo: #{ customizedMessageBody: \"Welcome!\" },\n});\nprint(get_user(i).displayName)",
                "Ann Lee (Fabrikam)",
            ),
        ],
        source: "https://learn.microsoft.com/graph/api/invitation-post",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for NewInvitation {
    /// Looks the address up; decides whether anything is to be done.
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let address = self.invited_user_email_address.0.trim().to_owned();
        let doing = format!("inviting `{address}`");
        // What this very call invited in an earlier sitting is its own guest, not one who was there before.
        let known = match tenant.begun(0) {
            true => Vec::new(),
            false => holders(tenant.users_with_address(&address, LOOK).await?, &address),
        };
        if let Some(found) = known.into_iter().next() {
            return self.already(found, &address, tenant).await.map_err(|p| p.doing(doing));
        }
        self.domain_is_open(tenant).await.map_err(|p| p.doing(&*doing))?;
        let contact = tenant.contact_in_the_way(&address).await;
        let mut invitation = json!({
            "invitedUserEmailAddress": address,
            "inviteRedirectUrl": self.invite_redirect_url.as_deref().unwrap_or(MY_APPS),
            "sendInvitationMessage": self.send_invitation_message.unwrap_or(false),
        });
        if let Some(name) = &self.invited_user_display_name {
            invitation["invitedUserDisplayName"] = json!(name);
        }
        if let Some(kind) = self.invited_user_type {
            invitation["invitedUserType"] = json!(kind);
        }
        if let Some(info) = &self.invited_user_message_info {
            invitation["invitedUserMessageInfo"] = message_info(info);
        }
        let sponsors = self.sponsors(tenant).await.map_err(|p| p.doing(&*doing))?;
        let mut effects: Vec<Box<dyn Effect>> = vec![Box::new(Invite {
            address: address.clone(),
            invitation,
            contact,
            tenant_domain: tenant.tenant().domain.clone(),
        })];
        for (part, sponsor) in (1..).zip(sponsors) {
            effects.push(Box::new(AddSponsorEffect::of_invited(&address, sponsor, part)));
        }
        let own_text = self
            .invited_user_message_info
            .as_ref()
            .is_some_and(|info| info.customized_message_body.is_some());
        let dropped = own_text && tenant.tenant().acts_as_app && self.send_invitation_message == Some(true);
        let notes = dropped.then(|| DROPPED.to_owned()).into_iter().collect();
        Ok(Step::Do { effects, finish: Box::new(|mut outputs| outputs.swap_remove(0)), notes })
    }
}

impl NewInvitation {
    async fn sponsors(&self, tenant: &Reader<'_>) -> Result<Vec<Found>> {
        let mut found: Vec<Found> = Vec::new();
        for sponsor in self.invited_user_sponsors.iter().flatten() {
            let sponsor = sponsor.resolve(tenant).await.map_err(|p| p.option("invitedUserSponsors"))?;
            // Named twice, by address and by id, is still one.
            if found.iter().all(|other| other.id != sponsor.id) {
                found.push(sponsor);
            }
        }
        Ok(found)
    }

    /// Refuses what the service would refuse, before anything is sent.
    async fn domain_is_open(&self, tenant: &Reader<'_>) -> Result<()> {
        let domain = self.invited_user_email_address.domain();
        let address = &self.invited_user_email_address.0;
        if Problem::unless_unseen(tenant.verified_domains().await)?.contains(&domain) {
            return Err(Problem::new(
                Kind::InvalidInput,
                format!("`{domain}` is a domain of this tenant, and its own people cannot be guests"),
            )
            .hint("create an account for this person, or use an address outside of the organization")
            .value(address));
        }
        let refused = |message: String| {
            Err(Problem::new(Kind::Blocked, message)
                .hint("the list is kept in the Entra admin center under External collaboration settings")
                .value(address))
        };
        for policy in tenant.b2b_policies().await {
            let lists = DomainLists::read(&policy);
            if lists.blocked.iter().any(|blocked| covers(blocked, &domain)) {
                return refused(format!("`{domain}` is on the tenant's list of blocked domains"));
            }
            if !lists.allowed.is_empty() && !lists.allowed.iter().any(|allowed| covers(allowed, &domain)) {
                return refused(format!("`{domain}` is not on the tenant's list of allowed domains"));
            }
        }
        Ok(())
    }
}

/// The allow or deny list inside a B2B management policy: JSON in a string, under either of two published keys.
#[derive(Default)]
struct DomainLists {
    allowed: Vec<String>,
    blocked: Vec<String>,
}

impl DomainLists {
    fn read(policy: &Value) -> DomainLists {
        let definition =
            policy["definition"][0].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let Some(definition) = definition else { return DomainLists::default() };
        let inner = &definition["B2BManagementPolicy"];
        let lists =
            [&inner["InvitationsAllowedAndBlockedDomainsPolicy"], &inner["invitationsAllowedAndBlocked"]];
        let domains = |name: &str| -> Vec<String> {
            let found = lists.iter().filter_map(|lists| lists[name].as_array()).flatten();
            found.filter_map(Value::as_str).map(str::to_lowercase).collect()
        };
        DomainLists { allowed: domains("AllowedDomains"), blocked: domains("BlockedDomains") }
    }
}

/// `*.fabrikam.example` covers subdomains, `fabrikam.example` itself only.
fn covers(listed: &str, domain: &str) -> bool {
    match listed.strip_prefix("*.") {
        Some(parent) => domain.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
        None => listed == domain,
    }
}

fn message_info(info: &MessageInfo) -> Value {
    let mut wire = serde_json::Map::new();
    if let Some(body) = &info.customized_message_body {
        wire.insert("customizedMessageBody".into(), json!(body));
    }
    if let Some(language) = &info.message_language {
        wire.insert("messageLanguage".into(), json!(language));
    }
    if let Some(cc) = &info.cc_recipients {
        let recipients = cc.iter().map(|address| json!({ "emailAddress": { "address": address.0 } }));
        wire.insert("ccRecipients".into(), recipients.collect());
    }
    Value::Object(wire)
}

impl NewInvitation {
    /// The address answers to someone: a guest is fine, anyone else is not to be invited.
    async fn already(&self, found: Value, address: &str, tenant: &Reader<'_>) -> Result<Step> {
        let name = found["displayName"].as_str().unwrap_or_default().to_owned();
        if !is_guest(&found) {
            return Err(Problem::new(
                Kind::AlreadyExists,
                format!("the address belongs to {name}, a member of this organization"),
            )
            .hint("members sign in with their own account; there is nobody to invite")
            .value(address));
        }
        if found["accountEnabled"] == json!(false) {
            return Err(Problem::new(
                Kind::Conflict,
                format!("{name} is a guest already, but the account is blocked from signing in"),
            )
            .hint(format!("enable_user(\"{address}\") lets the guest in again"))
            .value(address));
        }
        let mut note = match found["externalUserState"] == "Accepted" {
            true => "already a guest".to_owned(),
            false => "already a guest, invitation not yet accepted".to_owned(),
        };
        if let Some(differs) = self.differs(&found, &name, tenant).await? {
            note.push_str(&format!("; {differs}: left as it is"));
        }
        if tenant.is_preview() {
            tenant.warn(format!("`{address}` is already a guest"));
        }
        Ok(Step::done(of_existing(found, address, true), address, note))
    }

    /// What was asked for and is otherwise.
    async fn differs(&self, found: &Value, name: &str, tenant: &Reader<'_>) -> Result<Option<String>> {
        let mut differs = Vec::new();
        if let Some(wanted) = self.invited_user_display_name.as_deref().filter(|wanted| *wanted != name) {
            differs.push(format!("named `{name}`, not `{wanted}`"));
        }
        if let Some(wanted) = self.invited_user_type.filter(|wanted| found["userType"] != json!(wanted)) {
            let kind = found["userType"].as_str().unwrap_or("neither guest nor member");
            differs.push(format!("of type {kind}, not {}", json!(wanted).as_str().unwrap_or_default()));
        }
        if self.invited_user_sponsors.is_some() {
            let wanted = self.sponsors(tenant).await?;
            let id = found["id"].as_str().unwrap_or_default();
            let query = Query::default().select(&["id"]);
            let known = tenant.related(Collection::Users, id, "sponsors", &query).await?;
            let lacks = |sponsor: &&Found| known.iter().all(|known| known["id"] != sponsor.id.as_str());
            let missing: Vec<&str> =
                wanted.iter().filter(lacks).map(|sponsor| sponsor.label.as_str()).collect();
            if !missing.is_empty() {
                differs.push(format!("without the sponsor {}", missing.join(", ")));
            }
        }
        Ok((!differs.is_empty()).then(|| differs.join("; ")))
    }
}

fn is_guest(user: &Value) -> bool {
    let upn = user["userPrincipalName"].as_str().unwrap_or_default().to_uppercase();
    user["userType"] == "Guest" || user["creationType"] == "Invitation" || upn.contains("#EXT#@")
}

/// An invitation's shape for a guest who is there, whoever invited them. The link is told once only, to whoever invites.
fn of_existing(user: Value, address: &str, existed: bool) -> Value {
    let accepted = user["externalUserState"] == "Accepted";
    json!({
        "id": null,
        "invitedUserEmailAddress": address,
        "invitedUserDisplayName": user["displayName"],
        "invitedUserType": user["userType"],
        "status": if accepted { "Completed" } else { "PendingAcceptance" },
        "alreadyExisted": existed,
        "sendInvitationMessage": false,
        "inviteRedirectUrl": null,
        "inviteRedeemUrl": null,
        "invitedUser": user,
    })
}

/// One POST /invitations.
struct Invite {
    address: String,
    invitation: Value,
    /// The name of a mail contact on the same address.
    contact: Option<String>,
    tenant_domain: String,
}

#[async_trait]
impl Effect for Invite {
    fn doing(&self) -> String {
        format!("inviting `{}`", self.address)
    }

    fn action(&self) -> Action {
        Action::Create
    }

    fn target(&self) -> String {
        self.address.clone()
    }

    fn warnings(&self) -> Vec<String> {
        let contact = self.contact.iter().map(|name| {
            format!(
                "the mail contact `{name}` is on `{}`: the guest will have no mail address of its own and cannot redeem by a direct link, only through the invitation mail; remove the contact first to avoid that",
                self.address
            )
        });
        contact.collect()
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let reply = tenant.graph(permit).invite(self.invitation.clone()).await;
        let reply = reply.map_err(|failure| problem(failure, &self.doing()).value(&self.address))?;
        let mut applied = Applied::done(reply);
        if let Some(map) = applied.output.as_object_mut() {
            map.insert("alreadyExisted".into(), json!(false));
        }
        Ok(applied)
    }

    /// The link is said in the answer to an invitation and nowhere else. Inviting once more without a mail gives a new one for
    /// the same guest. A guest who was mailed has the link, which a newer one would make worthless once it is used.
    async fn asked_again(&self, permit: &Permit, tenant: &Writer, found: Value) -> Result<Value> {
        let guest = &found["invitedUser"];
        let mailed = self.invitation["sendInvitationMessage"] == json!(true);
        if mailed || guest["externalUserState"] != "PendingAcceptance" {
            return Ok(found);
        }
        let mut quiet = self.invitation.clone();
        quiet["sendInvitationMessage"] = json!(false);
        if let Some(map) = quiet.as_object_mut() {
            map.shift_remove("invitedUserMessageInfo");
        }
        let reply = tenant.graph(permit).invite(quiet).await;
        let mut output = reply.map_err(|failure| problem(failure, &self.doing()))?.body;
        if output["invitedUser"]["id"] != guest["id"] {
            return Ok(found);
        }
        output["alreadyExisted"] = json!(false);
        output["sendInvitationMessage"] = self.invitation["sendInvitationMessage"].clone();
        Ok(output)
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        let found = holders(tenant.users_with_address(&self.address, LOOK).await?, &self.address);
        Ok(match found.into_iter().next() {
            // It was not there when this was about to be sent: whoever answers to the address now came by it.
            Some(user) if is_guest(&user) => {
                let mut output = of_existing(user, &self.address, false);
                for name in ["sendInvitationMessage", "inviteRedirectUrl"] {
                    output[name] = self.invitation[name].clone();
                }
                Happened::Done(output)
            }
            Some(_) => Happened::Unknown,
            None => Happened::NotDone,
        })
    }

    fn undo(&self, output: &Value) -> Undo {
        Undo::Call { verb: "remove_user", arguments: json!({ "user": output["invitedUser"]["id"] }) }
    }

    fn lasting(&self) -> Option<String> {
        let mailed = self.invitation["sendInvitationMessage"] == json!(true);
        mailed.then(|| format!("the invitation was mailed to {}", self.address))
    }

    fn placeholder(&self, address: &str, _: &[Value]) -> Value {
        let mut output = self.invitation.clone();
        let name = self.invitation["invitedUserDisplayName"]
            .as_str()
            .unwrap_or(self.address.split('@').next().unwrap_or_default());
        output["id"] = json!(address);
        output["status"] = json!("PendingAcceptance");
        output["alreadyExisted"] = json!(false);
        output["invitedUserDisplayName"] = json!(name);
        output["invitedUserType"] =
            self.invitation.get("invitedUserType").cloned().unwrap_or_else(|| json!("Guest"));
        output["inviteRedeemUrl"] = Value::Null;
        output["invitedUser"] = json!({ "id": address });
        output
    }

    fn facts(&self, output: &Value, _: &[Value]) -> Vec<Fact> {
        let local = self.address.replace('@', "_");
        let (mail, proxies, others) = match self.contact {
            None => (json!(self.address), json!([format!("SMTP:{}", self.address)]), json!([])),
            Some(_) => (Value::Null, json!([]), json!([self.address])),
        };
        let user = json!({
            "id": output["invitedUser"]["id"],
            "displayName": output["invitedUserDisplayName"],
            "mail": mail,
            "proxyAddresses": proxies,
            "otherMails": others,
            "userPrincipalName": format!("{local}#EXT#@{}", self.tenant_domain),
            "mailNickname": format!("{local}#EXT#"),
            "userType": output["invitedUserType"],
            "creationType": "Invitation",
            "externalUserState": "PendingAcceptance",
            "accountEnabled": true,
            "showInAddressList": false,
            "businessPhones": [],
            "assignedLicenses": [],
        });
        vec![Fact::Exists { collection: Collection::Users, object: user }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_covers_subdomains_only() {
        assert!(covers("fabrikam.example", "fabrikam.example"));
        assert!(covers("*.fabrikam.example", "mail.fabrikam.example"));
        assert!(!covers("*.fabrikam.example", "fabrikam.example"));
        assert!(!covers("*.fabrikam.example", "notfabrikam.example"));
    }

    #[test]
    fn both_published_forms_of_the_domain_list_are_read() {
        let live = json!({ "definition": ["{\"B2BManagementPolicy\":{\"InvitationsAllowedAndBlockedDomainsPolicy\":{\"AllowedDomains\":[],\"BlockedDomains\":[\"Blocked.example\"]}}}"] });
        assert_eq!(DomainLists::read(&live).blocked, ["blocked.example"]);
        let documented = json!({ "definition": ["{\"B2BManagementPolicy\":{\"version\":1,\"invitationsAllowedAndBlocked\":{\"AllowedDomains\":[\"a.example\"]}}}"] });
        assert_eq!(DomainLists::read(&documented).allowed, ["a.example"]);
    }
}
