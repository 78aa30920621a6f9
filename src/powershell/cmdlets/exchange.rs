//! Cmdlets of Exchange Online without a verb: the cmdlet itself runs, through `exchange_command`.

use super::super::code::{Code, Gives, Pieces, Severity};
use super::Outcome;
use super::arguments::Arguments;
use super::filters::is_id;
use super::layout::{call, map, native};
use crate::verbs::shapes::MAIL_CONTACT;
use crate::words::{camel, pascal};

/// Nouns by which a cmdlet is Exchange's.
const NOUNS: &[&str] = &[
    "mailbox",
    "mailboxstatistics",
    "mailboxfolderstatistics",
    "mailboxfolderpermission",
    "mailboxpermission",
    "recipientpermission",
    "casmailbox",
    "recipient",
    "mailuser",
    "mailcontact",
    "contact",
    "user",
    "group",
    "distributiongroup",
    "distributiongroupmember",
    "dynamicdistributiongroup",
    "dynamicdistributiongroupmember",
    "unifiedgroup",
    "unifiedgrouplinks",
    "accepteddomain",
    "remotedomain",
    "organizationconfig",
    "organizationrelationship",
    "sharingpolicy",
    "messagetrace",
    "messagetracev2",
    "messagetracedetail",
    "unifiedauditlog",
    "mailboxauditlog",
    "adminauditlog",
    "adminauditlogconfig",
    "transportrule",
    "transportconfig",
    "owamailboxpolicy",
    "mailpublicfolder",
    "publicfolder",
    "inboxrule",
    "addresslist",
    "globaladdresslist",
    "emailaddresspolicy",
    "managementrole",
    "rolegroup",
    "rolegroupmember",
    "managementroleassignment",
    "inboundconnector",
    "outboundconnector",
    "hostedcontentfilterpolicy",
    "mobiledevice",
    "mobiledevicestatistics",
    "calendarprocessing",
    "mailboxplan",
    "retentionpolicy",
    "authenticationpolicy",
    "clientaccessrule",
    "externalinoutlook",
    "site",
    "federationinformation",
    "federatedorganizationidentifier",
    "availabilityaddressspace",
    "irmconfiguration",
    "exomailbox",
    "exorecipient",
    "exomailboxstatistics",
    "exomailboxfolderstatistics",
    "exomailboxfolderpermission",
    "exomailboxpermission",
    "exorecipientpermission",
    "exocasmailbox",
    "exomobiledevicestatistics",
    "mailboxregionalconfiguration",
    "mailboxautoreplyconfiguration",
    "sensitivitylabel",
    "label",
];

/// Cmdlets with a verb whose objects carry less than Exchange's own.
pub fn translate(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    let richer = |arguments: &Arguments| {
        arguments.reads.iter().any(|read| {
            let read = camel(read);
            MAIL_CONTACT.more.contains(&read.as_str())
        })
    };
    match name {
        "get-mailcontact" if richer(arguments) => raw(name, arguments),
        "get-contact" if !arguments.has("Identity") || richer(arguments) => raw(name, arguments),
        "get-unifiedgroup"
        | "get-distributiongroupmember"
        | "get-unifiedgrouplinks"
        | "get-dynamicdistributiongroup" => raw(name, arguments),
        "get-mailcontact" => {
            unlimited(arguments);
            None
        }
        "new-mailcontact" | "set-mailcontact" | "set-contact" => {
            let beyond = beyond(name, arguments);
            if beyond { raw(name, arguments) } else { None }
        }
        _ => None,
    }
}

/// Whether a parameter is one that the verb does not take.
fn beyond(name: &str, arguments: &Arguments) -> bool {
    let verb = match name {
        "new-mailcontact" => "new_mail_contact",
        "set-mailcontact" => "set_mail_contact",
        _ => "set_contact",
    };
    let Some(entry) = crate::catalogue::find(verb) else { return true };
    let takes = |parameter: &str| {
        let listed = arguments.known.and_then(|known| known.parameter(parameter));
        let idle = listed.is_some_and(|listed| listed.idle || listed.argument.is_some());
        idle || !entry.schema()["properties"][camel(parameter)].is_null()
    };
    arguments.left().iter().any(|parameter| !takes(parameter))
}

fn unlimited(arguments: &mut Arguments) {
    let all = arguments.peek("ResultSize").and_then(|value| value.literal.clone());
    match all {
        Some(text) if text.eq_ignore_ascii_case("unlimited") => {
            arguments.take("ResultSize");
        }
        _ => {
            if let Some(size) = arguments.take("ResultSize") {
                arguments.give("Top", size);
            }
        }
    }
    arguments.take("SortBy");
}

/// The cmdlet as it is, run by Exchange.
pub fn raw(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    let (verb, noun) = name.split_once('-')?;
    if !NOUNS.contains(&noun) {
        return None;
    }
    arguments.drop_idle();
    let own = arguments.known.map_or_else(|| arguments.cmdlet.clone(), |known| known.name.to_owned());
    let own = own.replacen("-EXO", "-", 1).replacen("-exo", "-", 1);
    let reads = matches!(verb, "get" | "test" | "search");
    // What stands first, or comes down the pipe, is whom it is about.
    if !arguments.has("Identity") && arguments.known.is_none() {
        let about = match arguments.loose.is_empty() {
            false => Some(arguments.loose.remove(0)),
            true => arguments.piped.take().map(|piped| identity(&piped)),
        };
        if let Some(about) = about {
            arguments.give("Identity", about);
        }
    }
    let mut parameters: Vec<(String, Code)> = Vec::new();
    for (parameter, value) in arguments.rest() {
        let value = match parameter.to_lowercase().as_str() {
            "resultsize"
                if value.literal.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("unlimited")) =>
            {
                continue;
            }
            "filter" | "recipientpreviewfilter" => quoted_in(&value),
            "identity" => identity(&value),
            _ => value,
        };
        match parameter.eq_ignore_ascii_case("Identity") {
            true => parameters.insert(0, (pascal(&parameter), value)),
            false => parameters.push((pascal(&parameter), value)),
        }
    }
    let single = reads
        && parameters.iter().any(|(name, _)| {
            matches!(name.as_str(), "Identity" | "UserPrincipalName" | "ExternalDirectoryObjectId")
        });
    let lists = matches!(
        noun,
        "distributiongroupmember"
            | "unifiedgrouplinks"
            | "mailboxpermission"
            | "exomailboxpermission"
            | "recipientpermission"
            | "exorecipientpermission"
            | "mailboxfolderpermission"
            | "exomailboxfolderpermission"
            | "exomailboxfolderstatistics"
            | "mailboxfolderstatistics"
            | "rolegroupmember"
            | "dynamicdistributiongroupmember"
            | "inboxrule"
    );
    let mut given = map(&parameters).text;
    if let Some(table) = arguments.splatted.first() {
        given = match parameters.is_empty() {
            true => table.text.clone(),
            false => format!("{given} + {}", table.text),
        };
    }
    let options = match parameters.is_empty() && arguments.splatted.is_empty() {
        true => Vec::new(),
        false => vec![("parameters".to_owned(), Code::atom(given))],
    };
    let read = call("exchange_command", &[Code::string(&own)], &options);
    if !reads && !arguments.reads.is_empty() {
        return Some(arguments.done(read.giving(Gives::Many(None))));
    }
    let code = match (reads, single && !lists) {
        (true, true) => Code::atom(format!("{}[0]", read.text)).giving(Gives::One(Some("recipient"))),
        (true, false) => read.giving(Gives::Many(Some("recipient"))),
        (false, _) => read.giving(Gives::Nothing),
    };
    if noun == "unifiedauditlog" && arguments.span.line > 0 {
        arguments.remark(
            Severity::Note,
            "all pages come at once: a loop over -SessionId ends after the first turn",
        );
    }
    Some(arguments.done(code))
}

/// An object stands for its identity.
fn identity(value: &Code) -> Code {
    match &value.gives {
        Gives::One(Some("recipient" | "mail contact")) => {
            Code::atom(super::layout::member(value, "identity"))
        }
        Gives::One(Some(_)) => Code::atom(super::layout::member(value, "id")),
        Gives::One(None) | Gives::Maybe(_) | Gives::Row => native("identity", std::slice::from_ref(value)),
        _ => value.clone(),
    }
}

/// Values inside the quotes of a filter, with their apostrophes doubled.
fn quoted_in(value: &Code) -> Code {
    use super::super::code::Piece;
    let Pieces::Template(pieces) = &value.pieces else { return value.clone() };
    let mut text = String::from("`");
    let mut inside = false;
    for piece in pieces {
        match piece {
            Piece::Text(part) => {
                for letter in part.chars() {
                    inside ^= letter == '\'';
                }
                text.push_str(&super::filters::escaped(part));
            }
            Piece::Value(code) if inside && !is_id(&code.text) => {
                text.push_str(&format!("${{{}}}", native("quoted", std::slice::from_ref(code)).text));
            }
            Piece::Value(code) => text.push_str(&format!("${{{}}}", code.text)),
        }
    }
    text.push('`');
    Code { pieces: value.pieces.clone(), ..Code::atom(text).giving(Gives::Text) }
}
