//! What a verb says of itself: the card that help, completion, checks, the permission bill and the README read.

/// Where a verb stands in the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    Session,
    Contacts,
    Invitations,
    Users,
    Groups,
    Roles,
    Azure,
    Licences,
    Data,
    Bulk,
    Waiting,
    Raw,
    Sandbox,
}

impl Area {
    pub fn title(self) -> &'static str {
        match self {
            Area::Session => "Session",
            Area::Contacts => "Mail contacts",
            Area::Invitations => "Invitations",
            Area::Users => "Guests and users",
            Area::Groups => "Groups",
            Area::Roles => "Roles",
            Area::Azure => "Azure",
            Area::Licences => "Licences",
            Area::Data => "Data",
            Area::Bulk => "Bulk",
            Area::Waiting => "Waiting",
            Area::Raw => "Raw calls",
            Area::Sandbox => "Sandbox only",
        }
    }
}

/// What a verb does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectKind {
    /// Touches no service.
    Local,
    Read,
    Create,
    Change,
    Remove,
}

impl EffectKind {
    pub fn writes(self) -> bool {
        matches!(self, EffectKind::Create | EffectKind::Change | EffectKind::Remove)
    }

    pub fn word(self) -> &'static str {
        match self {
            EffectKind::Local => "local",
            EffectKind::Read => "reads",
            EffectKind::Create => "creates",
            EffectKind::Change => "changes",
            EffectKind::Remove => "removes",
        }
    }
}

/// A PowerShell cmdlet that a verb stands for, and where its parameters go.
#[derive(Clone, Copy, Debug)]
pub struct Cmdlet {
    pub name: &'static str,
    /// Parameter and the argument it becomes, where the names differ by more than letter case.
    pub parameters: &'static [(&'static str, &'static str)],
}

/// A cmdlet whose parameters bear the names of the options.
pub const fn cmdlet(name: &'static str) -> Cmdlet {
    Cmdlet { name, parameters: &[] }
}

/// A cmdlet with parameters of other names.
pub const fn cmdlet_with(name: &'static str, parameters: &'static [(&'static str, &'static str)]) -> Cmdlet {
    Cmdlet { name, parameters }
}

/// Which service asks for a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantor {
    Graph,
    Exchange,
    Azure,
}

/// The least that works, as an application and on behalf of a user.
#[derive(Clone, Copy, Debug)]
pub struct Permission {
    pub grantor: Grantor,
    pub application: &'static str,
    pub delegated: &'static str,
}

/// A Graph permission of the same name for both kinds of sign-in.
pub const fn graph(name: &'static str) -> Permission {
    Permission { grantor: Grantor::Graph, application: name, delegated: name }
}

/// The Exchange permission and the role it needs beside it.
pub const EXCHANGE_RECIPIENTS: Permission = Permission {
    grantor: Grantor::Exchange,
    application: "Exchange.ManageAsApp with Exchange Recipient Administrator",
    delegated: "Exchange.Manage with Exchange Recipient Administrator",
};

/// An Azure action, granted by a role at the scope.
pub const fn azure(action: &'static str) -> Permission {
    Permission { grantor: Grantor::Azure, application: action, delegated: action }
}

/// How sure a card's facts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// In Microsoft's reference.
    Documented,
    /// Seen in public code and reports that talk to the live service.
    Observed,
    /// Believed; to be tried on a real tenant first.
    Unconfirmed,
}

impl Certainty {
    pub fn word(self) -> &'static str {
        match self {
            Certainty::Documented => "documented by Microsoft",
            Certainty::Observed => "observed in public clients; not documented by Microsoft",
            Certainty::Unconfirmed => "not confirmed on a real tenant",
        }
    }
}

/// A line to copy, and what it prints on a fresh sandbox; `None` where that is not fixed.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    pub code: &'static str,
    pub prints: Option<&'static str>,
}

pub const fn example(code: &'static str, prints: &'static str) -> Example {
    Example { code, prints: Some(prints) }
}

/// What kind of object a verb gives back.
#[derive(Clone, Copy, Debug)]
pub enum Returns {
    Nothing,
    One(&'static super::shapes::Shape),
    /// The object or `()`.
    Maybe(&'static super::shapes::Shape),
    Many(&'static super::shapes::Shape),
    Rows,
    Text,
    Date,
    Value,
}

impl Returns {
    pub fn shape(self) -> Option<&'static super::shapes::Shape> {
        match self {
            Returns::One(shape) | Returns::Maybe(shape) | Returns::Many(shape) => Some(shape),
            _ => None,
        }
    }

    pub fn phrase(self) -> String {
        match self {
            Returns::Nothing => "nothing".into(),
            Returns::One(shape) => format!("{} {}", article(shape.name), shape.name),
            Returns::Maybe(shape) => {
                format!("{} {}, or () when there is none", article(shape.name), shape.name)
            }
            Returns::Many(shape) => {
                format!("an array of {}", crate::words::count(2, shape.name).trim_start_matches("2 "))
            }
            Returns::Rows => "rows".into(),
            Returns::Text => "text".into(),
            Returns::Date => "a date".into(),
            Returns::Value => "a value".into(),
        }
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" }
}

/// The card.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    pub name: &'static str,
    pub area: Area,
    /// One sentence, no full stop.
    pub summary: &'static str,
    /// What surprises, as short paragraphs.
    pub details: &'static str,
    pub cmdlets: &'static [Cmdlet],
    /// Arguments that come before the map of options, by their field names; the first `required` must be there.
    pub positional: &'static [&'static str],
    pub required: usize,
    pub effect: EffectKind,
    pub permissions: &'static [Permission],
    pub certainty: Certainty,
    pub returns: Returns,
    pub examples: &'static [Example],
    /// The page of Microsoft's that describes the behaviour.
    pub source: &'static str,
}

impl Card {
    /// What most cards share.
    pub const PLAIN: Card = Card {
        name: "",
        area: Area::Data,
        summary: "",
        details: "",
        cmdlets: &[],
        positional: &[],
        required: 0,
        effect: EffectKind::Local,
        permissions: &[],
        certainty: Certainty::Documented,
        returns: Returns::Value,
        examples: &[],
        source: "",
    };
}
