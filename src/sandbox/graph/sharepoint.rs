//! What SharePoint and OneDrive let outsiders do: settings of their own, apart from the directory's.

use serde_json::{Map, Value, json};

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row};
use super::options::Options;
use super::properties::checked;
use super::routes::{Needs, route};
use super::schema::{Entity, Holds, complex, flag, property, text, texts};
use crate::sandbox::tenant::{Tenant, map};

static SETTINGS: Entity = Entity {
    name: "sharepointSettings",
    set: "admin/sharepoint/settings",
    directory: false,
    expands: &[],
    properties: &[
        text("id").usual(),
        texts("allowedDomainGuidsForSyncApp").usual().set(36),
        texts("availableManagedPathsForSiteCreation").usual(),
        property("deletedUserPersonalSiteRetentionPeriodInDays", Holds::Number).usual().set(1),
        texts("excludedFileExtensionsForSyncApp").usual().set(64),
        complex("idleSessionSignOut").usual().set(1),
        text("imageTaggingOption").usual().set(64),
        flag("isCommentingOnSitePagesEnabled").usual().set(1),
        flag("isFileActivityNotificationEnabled").usual().set(1),
        flag("isLegacyAuthProtocolsEnabled").usual().set(1),
        flag("isLoopEnabled").usual().set(1),
        flag("isMacSyncAppEnabled").usual().set(1),
        flag("isRequireAcceptingUserToMatchInvitedUserEnabled").usual().set(1),
        flag("isResharingByExternalUsersEnabled").usual().set(1),
        flag("isSharePointMobileNotificationEnabled").usual().set(1),
        flag("isSharePointNewsfeedEnabled").usual().set(1),
        flag("isSiteCreationEnabled").usual().set(1),
        flag("isSiteCreationUIEnabled").usual().set(1),
        flag("isSitePagesCreationEnabled").usual().set(1),
        flag("isSitesStorageLimitAutomatic").usual().set(1),
        flag("isSyncButtonHiddenOnPersonalSite").usual().set(1),
        flag("isUnmanagedSyncAppForTenantRestricted").usual().set(1),
        property("personalSiteDefaultStorageLimitInMB", Holds::Number).usual().set(1),
        texts("sharingAllowedDomainList").usual().set(256),
        texts("sharingBlockedDomainList").usual().set(256),
        text("sharingCapability").usual().set(64),
        text("sharingDomainRestrictionMode").usual().set(64),
        text("siteCreationDefaultManagedPath").usual().set(64),
        property("siteCreationDefaultStorageLimitInMB", Holds::Number).usual().set(1),
        text("tenantDefaultTimezone").usual().set(128),
    ],
};

/// Words that some settings are one of.
const WORDS: &[(&str, &[&str])] = &[
    (
        "sharingCapability",
        &[
            "disabled",
            "externalUserSharingOnly",
            "externalUserAndGuestSharing",
            "existingExternalUserSharingOnly",
        ],
    ),
    ("sharingDomainRestrictionMode", &["none", "allowList", "blockList"]),
    ("imageTaggingOption", &["disabled", "basic", "enhanced"]),
];

const READ: Needs = &["SharePointTenantSettings.Read.All", "SharePointTenantSettings.ReadWrite.All"];
const WRITE: Needs = &["SharePointTenantSettings.ReadWrite.All"];

pub static ROUTES: &[Route] = &[
    route("GET", "/admin/sharepoint/settings", READ, Read(get)),
    route("PATCH", "/admin/sharepoint/settings", WRITE, Write(update)),
];

fn settings(tenant: &Tenant) -> Map<String, Value> {
    let mut all = map(json!({
        "id": tenant.profile.tenant_id.to_string(),
        "availableManagedPathsForSiteCreation": ["/sites/", "/teams/"],
        "deletedUserPersonalSiteRetentionPeriodInDays": 30,
        "idleSessionSignOut": { "isEnabled": false, "warnAfterInSeconds": 0, "signOutAfterInSeconds": 0 },
        "imageTaggingOption": "basic",
        "isCommentingOnSitePagesEnabled": true,
        "isFileActivityNotificationEnabled": true,
        "isLegacyAuthProtocolsEnabled": true,
        "isLoopEnabled": true,
        "isMacSyncAppEnabled": true,
        "isRequireAcceptingUserToMatchInvitedUserEnabled": false,
        "isResharingByExternalUsersEnabled": true,
        "isSharePointMobileNotificationEnabled": true,
        "isSharePointNewsfeedEnabled": false,
        "isSiteCreationEnabled": true,
        "isSiteCreationUIEnabled": true,
        "isSitePagesCreationEnabled": true,
        "isSitesStorageLimitAutomatic": true,
        "isSyncButtonHiddenOnPersonalSite": false,
        "isUnmanagedSyncAppForTenantRestricted": false,
        "personalSiteDefaultStorageLimitInMB": 1_048_576,
        "sharingCapability": "externalUserAndGuestSharing",
        "sharingDomainRestrictionMode": "none",
        "siteCreationDefaultManagedPath": "/sites/",
        "siteCreationDefaultStorageLimitInMB": 26_214_400,
        "tenantDefaultTimezone": "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
    }));
    all.extend(map(tenant.setting("sharepointSettings").clone()));
    all
}

fn shown(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &SETTINGS)?;
    list::one(call, tenant, 200, &Row::made(0, &SETTINGS, settings(tenant)), &options)
}

fn get(call: &Call, tenant: &Tenant) -> Answer {
    shown(call, tenant)
}

/// Answers with the settings, unlike the directory's own policies.
fn update(call: &Call, tenant: &mut Tenant) -> Answer {
    let mut changes = checked(&SETTINGS, &call.body()?)?;
    for (name, words) in WORDS {
        let Some(found) = changes.get_mut(*name) else { continue };
        let known =
            words.iter().find(|word| found.as_str().is_some_and(|text| text.eq_ignore_ascii_case(word)));
        let wrong = || {
            Fault::bad("invalidRequest", format!("The value of '{name}' is none of: {}.", words.join(", ")))
        };
        *found = json!(known.ok_or_else(wrong)?);
    }
    let mut changed = map(tenant.setting("sharepointSettings").clone());
    changed.extend(changes);
    tenant.set_setting("sharepointSettings", Value::Object(changed));
    shown(call, tenant)
}
