//! What is set for the whole organization, read only.

use serde_json::{Map, Value, json};

use super::binding::Bound;
use super::fault::Fault;
use super::{Outcome, Place, Ran};
use crate::sandbox::tenant::{Tenant, map};

/// One of a few named things, or all of them.
fn named(bound: &Bound, all: Vec<Value>) -> Ran {
    let wanted = bound.text("Identity").filter(|wanted| !wanted.is_empty());
    let fits = |thing: &Value| {
        wanted.is_none_or(|wanted| {
            ["Identity", "Guid"]
                .iter()
                .any(|name| thing[*name].as_str().is_some_and(|own| own.eq_ignore_ascii_case(wanted)))
        })
    };
    let found: Vec<(Place, Map<String, Value>)> =
        (1..).map(Place::of).zip(all.into_iter().filter(fits).map(map)).collect();
    match (wanted, found.is_empty()) {
        (Some(wanted), true) => Err(Fault::missing(wanted)),
        _ => Ok(Outcome::of(found)),
    }
}

/// What every such thing shows beside its own.
fn thing(tenant: &Tenant, name: &str, own: Value) -> Value {
    let id = uuid::Uuid::new_v5(&tenant.profile.tenant_id, name.as_bytes()).to_string();
    let mut shown = map(json!({
        "@odata.type": "#Exchange.GenericHashTable",
        "Identity": name,
        "Id": name,
        "Name": name,
        "Guid": id,
        "ExchangeObjectId": id,
        "OrganizationId": tenant.profile.initial_domain,
        "ExchangeVersion": "0.20 (15.0.0.0)",
        "IsValid": true,
        "ObjectState": "Unchanged",
    }));
    shown.extend(map(own));
    Value::Object(shown)
}

pub fn accepted_domains(tenant: &Tenant, bound: &Bound) -> Ran {
    let domains = tenant.setting("domains").as_array().cloned().unwrap_or_default();
    let verified = domains.iter().filter(|domain| domain["isVerified"] != false);
    let all = verified.map(|domain| {
        let own = json!({
            "DomainName": domain["id"],
            "DomainType": "Authoritative",
            "Default": domain["isDefault"],
            "InitialDomain": domain["isInitial"],
            "AddressBookEnabled": true,
            "AuthenticationType": domain["authenticationType"],
            "EmailOnly": false,
            "ExternallyManaged": false,
            "MatchSubDomains": false,
            "IsCoexistenceDomain": false,
            "OutboundOnly": false,
            "PendingCompletion": false,
            "PendingRemoval": false,
            "CanHaveCloudCache": false,
            "SendingFromDomainDisabled": false,
            "SendingToDomainDisabled": false,
        });
        thing(tenant, domain["id"].as_str().unwrap_or_default(), own)
    });
    named(bound, all.collect())
}

pub fn organization(tenant: &Tenant, bound: &Bound) -> Ran {
    let profile = &tenant.profile;
    let own = json!({
        "DisplayName": profile.display_name,
        "Guid": profile.tenant_id.to_string(),
        "ExternalDirectoryOrganizationId": profile.tenant_id.to_string(),
        "OrganizationalUnitRoot": profile.initial_domain,
        "IsDehydrated": false,
        "IsMixedMode": false,
        "IsLicensingEnforced": true,
        "IsTenantInGracePeriod": false,
        "AuditDisabled": false,
        "AutoExpandingArchiveEnabled": false,
        "BlockMoveMessagesForGroupFolders": false,
        "BookingsEnabled": true,
        "ConnectorsEnabled": true,
        "CustomerLockboxEnabled": false,
        "DefaultGroupAccessType": "Private",
        "DefaultPublicFolderAgeLimit": null,
        "DirectReportsGroupAutoCreationEnabled": false,
        "EwsEnabled": null,
        "FocusedInboxOn": null,
        "HierarchicalAddressBookRoot": null,
        "LeanPopoutEnabled": false,
        "LinkPreviewEnabled": true,
        "MailTipsAllTipsEnabled": true,
        "MailTipsExternalRecipientsTipsEnabled": false,
        "MailTipsGroupMetricsEnabled": true,
        "MailTipsLargeAudienceThreshold": 25,
        "MailTipsMailboxSourcedTipsEnabled": true,
        "OAuth2ClientProfileEnabled": true,
        "PublicFoldersEnabled": "Local",
        "ReadTrackingEnabled": false,
        "RejectDirectSend": false,
        "SendFromAliasEnabled": false,
        "SmtpActionableMessagesEnabled": true,
        "UnblockUnsafeSenderPromptEnabled": true,
        "WhenCreatedUTC": tenant.setting("organization")["createdDateTime"],
    });
    named(bound, vec![thing(tenant, &profile.initial_domain, own)])
}

pub fn sharing_policies(tenant: &Tenant, bound: &Bound) -> Ran {
    let own = json!({
        "Domains": ["Anonymous:CalendarSharingFreeBusyReviewer", "*:CalendarSharingFreeBusySimple"],
        "Enabled": true,
        "Default": true,
    });
    named(bound, vec![thing(tenant, "Default Sharing Policy", own)])
}

pub fn relationships(tenant: &Tenant, bound: &Bound) -> Ran {
    let own = json!({
        "DomainNames": ["fabrikam.example"],
        "Enabled": true,
        "FreeBusyAccessEnabled": true,
        "FreeBusyAccessLevel": "AvailabilityOnly",
        "FreeBusyAccessScope": null,
        "MailTipsAccessEnabled": false,
        "MailTipsAccessLevel": "None",
        "MailTipsAccessScope": null,
        "MailboxMoveEnabled": false,
        "MailboxMoveCapability": null,
        "MailboxMovePublishedScopes": [],
        "OAuthApplicationId": null,
        "DeliveryReportEnabled": false,
        "ArchiveAccessEnabled": false,
        "PhotosEnabled": false,
        "OrganizationContact": null,
        "TargetApplicationUri": "outlook.com",
        "TargetAutodiscoverEpr": "https://autodiscover-s.outlook.com/autodiscover/autodiscover.svc/WSSecurity",
        "TargetOwaURL": null,
        "TargetSharingEpr": null,
    });
    named(bound, vec![thing(tenant, "Fabrikam", own)])
}
