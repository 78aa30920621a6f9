//! Parameters of the cmdlets that look at the whole organization, its recipients and what happened in it.

use super::Kind::{Boolean, Choice, Choices, Date, Guid, List, Number, Switch, Unlimited};
use super::{
    AUTHENTICATION, Parameters, RECIPIENT_TYPE, SESSION_COMMAND, TEXT, TYPE_DETAILS, any, must, within,
};

/// Sets: `AnrSet`, `Identity`, `RecipientPreviewFilterSet`.
#[rustfmt::skip]
pub const GET_RECIPIENT: Parameters = Parameters { sets: 3, list: &[
    within(0b010, 0b000, "Identity", TEXT), within(0b001, 0b000, "Anr", TEXT),
    any("AuthenticationType", Choice(&AUTHENTICATION)), within(0b010, 0b000, "BookmarkDisplayName", TEXT),
    any("Capabilities", List), any("Filter", TEXT), within(0b010, 0b000, "IncludeBookmarkObject", Boolean),
    any("IncludeManagerWithDisplayName", Switch), any("IncludeSoftDeletedRecipients", Switch),
    any("OrganizationalUnit", TEXT), any("Properties", List), any("PropertySet", TEXT),
    within(0b100, 0b000, "RecipientPreviewFilter", TEXT), any("RecipientType", Choices(&RECIPIENT_TYPE)),
    any("RecipientTypeDetails", Choices(&TYPE_DETAILS)), any("ResultSize", Unlimited), any("SortBy", TEXT),
] };

#[rustfmt::skip]
pub const GET_ACCEPTED_DOMAIN: Parameters = Parameters { sets: 1, list: &[
    any("Identity", TEXT), any("ResultSize", Unlimited),
] };

#[rustfmt::skip]
pub const GET_ORGANIZATION_CONFIG: Parameters = Parameters { sets: 1, list: &[
   
] };

#[rustfmt::skip]
pub const GET_ORGANIZATION_RELATIONSHIP: Parameters = Parameters { sets: 1, list: &[
    any("Identity", TEXT),
] };

#[rustfmt::skip]
pub const GET_SHARING_POLICY: Parameters = Parameters { sets: 1, list: &[
    any("Identity", TEXT),
] };

#[rustfmt::skip]
pub const GET_MESSAGE_TRACE: Parameters = Parameters { sets: 1, list: &[
    any("EndDate", Date), any("FromIP", TEXT), any("MessageId", List), any("MessageTraceId", Guid),
    any("Page", Number), any("PageSize", Number), any("ProbeTag", TEXT), any("RecipientAddress", List),
    any("SenderAddress", List), any("StartDate", Date), any("Status", List), any("ToIP", TEXT),
] };

#[rustfmt::skip]
pub const GET_MESSAGE_TRACE_V2: Parameters = Parameters { sets: 1, list: &[
    any("EndDate", Date), any("FromIP", TEXT), any("MessageId", List), any("MessageTraceId", Guid),
    any("RecipientAddress", List), any("ResultSize", Number), any("SenderAddress", List), any("StartDate", Date),
    any("StartingRecipientAddress", TEXT), any("Status", List), any("Subject", TEXT),
    any("SubjectFilterType", TEXT), any("ToIP", TEXT),
] };

#[rustfmt::skip]
pub const SEARCH_UNIFIED_AUDIT_LOG: Parameters = Parameters { sets: 1, list: &[
    must("EndDate", Date), must("StartDate", Date), any("Formatted", Switch), any("FreeText", TEXT),
    any("HighCompleteness", Switch), any("IPAddresses", List), any("LegacyFlow", Switch),
    any("LongerRetentionEnabled", TEXT), any("ObjectIds", List), any("Operations", List), any("RecordType", TEXT),
    any("ResultSize", Number), any("SessionCommand", Choice(&SESSION_COMMAND)), any("SessionId", TEXT),
    any("SiteIds", List), any("UserIds", List),
] };
