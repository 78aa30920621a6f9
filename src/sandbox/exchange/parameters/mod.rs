//! Which parameters each cmdlet takes in the cloud, of what kind, and which of them go together. Whatever is not here
//! is refused by name, and so is what only Exchange on premises knows.

mod contacts;
mod groups;
mod organization;
mod users;

pub use contacts::*;
pub use groups::*;
pub use organization::*;
pub use users::*;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text of at most so many characters; zero is any number.
    Text(usize),
    Switch,
    Boolean,
    Number,
    Guid,
    /// A date, with or without a time.
    Date,
    /// A number, or `Unlimited`.
    Unlimited,
    /// An SMTP address.
    Address,
    /// An address with or without its scheme.
    Proxy,
    /// A list of proxies, or a table with `Add` and `Remove` that changes what is there.
    Proxies,
    /// Several values; one alone will do, and so will a table with `Add` and `Remove`.
    List,
    /// One name of an enumeration.
    Choice(&'static Choices),
    /// Several names of an enumeration.
    Choices(&'static Choices),
}

pub const TEXT: Kind = Kind::Text(0);

/// An enumeration: its type's name and the names of its values.
#[derive(PartialEq, Eq, Debug)]
pub struct Choices {
    pub kind: &'static str,
    pub names: &'static [&'static str],
}

#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    /// The sets that have it, one bit each, and those that cannot do without it.
    pub sets: u16,
    pub needed_in: u16,
}

/// One cmdlet's parameters and the number of sets they fall into.
#[derive(Clone, Copy)]
pub struct Parameters {
    pub sets: u32,
    pub list: &'static [Parameter],
}

/// In every set, and never needed.
const fn any(name: &'static str, kind: Kind) -> Parameter {
    within(u16::MAX, 0, name, kind)
}

/// In every set, and needed in each.
const fn must(name: &'static str, kind: Kind) -> Parameter {
    within(u16::MAX, u16::MAX, name, kind)
}

const fn within(sets: u16, needed_in: u16, name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, sets, needed_in }
}

const fn choices(kind: &'static str, names: &'static [&'static str]) -> Choices {
    Choices { kind, names }
}

/// The enumeration that a property's values are from.
pub fn enumeration(property: &str) -> Option<&'static Choices> {
    match property {
        "RecipientType" => Some(&RECIPIENT_TYPE),
        "RecipientTypeDetails" => Some(&TYPE_DETAILS),
        _ => None,
    }
}

static MAC_ATTACHMENT: Choices = choices(
    "Microsoft.Exchange.Data.Directory.Recipient.MacAttachmentFormat",
    &["BinHex", "UuEncode", "AppleSingle", "AppleDouble"],
);
static BODY_FORMAT: Choices = choices(
    "Microsoft.Exchange.Data.Directory.Recipient.MessageBodyFormat",
    &["Text", "Html", "TextAndHtml"],
);
static MESSAGE_FORMAT: Choices =
    choices("Microsoft.Exchange.Data.Directory.Recipient.MessageFormat", &["Text", "Mime"]);
static NOTIFICATIONS: Choices = choices(
    "Microsoft.Exchange.Data.Directory.Recipient.TransportModerationNotificationFlags",
    &["Never", "Internal", "Always"],
);
static RICH_TEXT: Choices = choices(
    "Microsoft.Exchange.Data.Directory.Recipient.UseMapiRichTextFormat",
    &["Never", "Always", "UseDefaultSettings"],
);
static RESTRICTION: Choices = choices(
    "Microsoft.Exchange.Data.Directory.Recipient.MemberUpdateType",
    &["Closed", "Open", "ApprovalRequired"],
);
static GROUP_TYPE: Choices =
    choices("Microsoft.Exchange.Management.RecipientTasks.GroupType", &["Distribution", "Security"]);
static LINK_TYPE: Choices = choices(
    "Microsoft.Exchange.Management.RecipientTasks.LinkType",
    &["Members", "Owners", "Subscribers", "Aggregators", "EventSubscribers"],
);
static ACCESS_TYPE: Choices =
    choices("Microsoft.Exchange.Data.Directory.Recipient.ModernGroupTypeInfo", &["Public", "Private"]);
static AUTHENTICATION: Choices =
    choices("Microsoft.Exchange.Data.Directory.AuthenticationType", &["Managed", "Federated"]);
static SESSION_COMMAND: Choices = choices(
    "Microsoft.Exchange.Management.UnifiedAuditSessionCommand",
    &["Initialize", "ReturnLargeSet", "ReturnNextPreviewPage"],
);
static RECIPIENT_TYPE: Choices = choices(
    "Microsoft.Exchange.Data.Directory.Recipient.RecipientType",
    &[
        "User",
        "UserMailbox",
        "MailUser",
        "Contact",
        "MailContact",
        "Group",
        "MailUniversalDistributionGroup",
        "MailUniversalSecurityGroup",
        "MailNonUniversalGroup",
        "DynamicDistributionGroup",
        "PublicFolder",
    ],
);
static TYPE_DETAILS: Choices = choices(
    "Microsoft.Exchange.Data.Directory.Recipient.RecipientTypeDetails",
    &[
        "UserMailbox",
        "LinkedMailbox",
        "SharedMailbox",
        "LegacyMailbox",
        "RoomMailbox",
        "EquipmentMailbox",
        "MailContact",
        "MailUser",
        "MailUniversalDistributionGroup",
        "MailNonUniversalGroup",
        "MailUniversalSecurityGroup",
        "DynamicDistributionGroup",
        "PublicFolder",
        "MailForestContact",
        "User",
        "Contact",
        "UniversalDistributionGroup",
        "UniversalSecurityGroup",
        "NonUniversalGroup",
        "DisabledUser",
        "LinkedUser",
        "RoomList",
        "DiscoveryMailbox",
        "RemoteUserMailbox",
        "RemoteRoomMailbox",
        "RemoteEquipmentMailbox",
        "RemoteSharedMailbox",
        "PublicFolderMailbox",
        "TeamMailbox",
        "RemoteTeamMailbox",
        "GroupMailbox",
        "LinkedRoomMailbox",
        "GuestMailUser",
        "SchedulingMailbox",
        "SharedWithMailUser",
    ],
);
