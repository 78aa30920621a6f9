//! Redeeming an invitation: what follows from the link in the mail, and the pages that an invitee sees.

mod pages;

use serde_json::{Value, json};
use uuid::Uuid;

use super::graph::is_blocked_domain;
use super::login::{Audience, SignIn, signed_in};
use super::tenant::{Object, Tenant};

pub use pages::{INVITED, answer};

/// The accounts that somebody can redeem with, as `identities` names their issuers.
/// (<https://learn.microsoft.com/entra/external-id/user-properties>)
pub const ISSUERS: [(&str, &str); 5] = [
    ("ExternalAzureAD", "A work or school account (Microsoft Entra ID)"),
    ("MicrosoftAccount", "A Microsoft account"),
    ("google.com", "A Google account"),
    ("facebook.com", "A Facebook account"),
    ("mail", "A one-time passcode by e-mail"),
];

/// The application of Microsoft's in which invitations are accepted.
const ACCEPTANCE_PORTAL: Uuid = Uuid::from_u128(0x4660_504c_45b3_4674_a709_7195_1a6b_0763);

/// Why an invitation cannot be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no invitation, or it was redeemed.
    Nothing,
    /// A newer invitation made the link worthless.
    Stale,
    /// The guest is blocked from signing in.
    Blocked,
    /// The tenant's policy bars the domain.
    Barred(String),
    /// A passcode has nowhere to go: the guest has no address of their own.
    NoAddress,
}

impl Refusal {
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Nothing => "NothingToRedeem",
            Refusal::Stale => "StaleTicket",
            Refusal::Blocked | Refusal::Barred(_) => "Blocked",
            Refusal::NoAddress => "NoAddress",
        }
    }

    pub fn status(&self) -> u16 {
        match self {
            Refusal::Barred(_) => 403,
            _ => 409,
        }
    }

    pub fn text(&self) -> String {
        match self {
            Refusal::Nothing => "there is no invitation that is still to be redeemed".to_owned(),
            Refusal::Stale => "a newer invitation has made this link worthless".to_owned(),
            Refusal::Blocked => "the account is blocked from signing in".to_owned(),
            Refusal::Barred(domain) => format!("the tenant's policy blocks `{domain}`"),
            Refusal::NoAddress => {
                "a passcode has nowhere to go: a contact of the tenant holds the address".to_owned()
            }
        }
    }
}

/// Whether the invitation of a user can be redeemed now, with the ticket of a link where there is one.
pub fn open(tenant: &Tenant, user: &Object, ticket: Option<&str>) -> Result<(), Refusal> {
    let redemption = user.redemption.as_ref().ok_or(Refusal::Nothing)?;
    if ticket.is_some_and(|ticket| ticket != redemption.ticket) {
        return Err(Refusal::Stale);
    }
    if user.properties.get("accountEnabled").and_then(Value::as_bool) == Some(false) {
        return Err(Refusal::Blocked);
    }
    let domain = redemption.address.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    if is_blocked_domain(tenant, domain) {
        return Err(Refusal::Barred(domain.to_owned()));
    }
    Ok(())
}

/// The guest accepts: state, identities and dates change as they do in the service.
pub fn accept(tenant: &mut Tenant, user: Uuid, ticket: Option<&str>, issuer: &str) -> Result<(), Refusal> {
    let object = tenant.get(user).ok_or(Refusal::Nothing)?;
    open(tenant, object, ticket)?;
    if issuer == "mail" && object.text("mail").is_none() {
        return Err(Refusal::NoAddress);
    }
    let now = tenant.stamp();
    tenant.update(user, |user| {
        user.set("externalUserState", "Accepted");
        user.set("externalUserStateChangeDateTime", now);
        let mut identities: Vec<Value> =
            user.properties.get("identities").and_then(Value::as_array).cloned().unwrap_or_default();
        identities.retain(|identity| identity["signInType"] != "federated");
        identities.push(json!({ "signInType": "federated", "issuer": issuer, "issuerAssignedId": null }));
        user.set("identities", Value::Array(identities));
        user.redemption = None;
    });
    // Whoever accepts has signed in.
    signed_in(
        tenant,
        &SignIn {
            user,
            app: ACCEPTANCE_PORTAL,
            audience: Audience::Graph,
            interactive: true,
            client: "Browser",
            failure: None,
            at: None,
        },
    );
    Ok(())
}
