//! The arguments of a script as its `param()` block takes them, and what is left for those who would have been asked.

use std::sync::PoisonError;

use rhai::{Array, Dynamic, Map, Module};

use super::lists::each;
use super::text::{number, text};
use super::{Outcome, Place, dates, invalid, native, objects};
use crate::problem::{Kind, Problem};

/// One parameter as the script declares it.
struct Declared {
    name: String,
    kind: String,
    mandatory: bool,
    aliases: Vec<String>,
    allowed: Vec<String>,
    help: String,
}

fn declared(value: &Dynamic) -> Result<Declared, Box<rhai::EvalAltResult>> {
    let get = |name: &str| objects::get(value, name);
    let texts = |name: &str| -> Result<Vec<String>, Box<rhai::EvalAltResult>> {
        Ok(each(&get(name)?).iter().map(text).collect())
    };
    Ok(Declared {
        name: text(&get("name")?),
        kind: text(&get("type")?).to_lowercase(),
        mandatory: super::compare::truth(&get("mandatory")?),
        aliases: texts("aliases")?,
        allowed: texts("allowed")?,
        help: text(&get("help")?),
    })
}

impl Declared {
    fn is_switch(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "switch" | "switchparameter" | "system.management.automation.switchparameter"
        )
    }

    fn called(&self, typed: &str) -> bool {
        self.name.eq_ignore_ascii_case(typed)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(typed))
    }

    fn begins(&self, typed: &str) -> bool {
        self.name.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
    }

    /// A value of the declared type.
    fn value(&self, given: &str) -> Outcome {
        let wrong = |what: &str| invalid(format!("-{} takes {what}, and got `{given}`", self.name));
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(given))
        {
            return Err(wrong(&format!("one of {}", self.allowed.join(", "))));
        }
        let single = |given: &str, kind: &str| -> Outcome {
            Ok(match kind {
                "int" | "int32" | "int64" | "long" | "uint32" | "short" | "byte" => {
                    let whole = number(&given.to_owned().into()).filter(|number| number.is_int());
                    whole.ok_or_else(|| wrong("a whole number"))?
                }
                "double" | "float" | "single" | "decimal" => {
                    number(&given.to_owned().into()).ok_or_else(|| wrong("a number"))?
                }
                "bool" | "boolean" => match given.trim_start_matches('$').to_lowercase().as_str() {
                    "true" | "1" | "yes" => true.into(),
                    "false" | "0" | "no" => false.into(),
                    _ => return Err(wrong("true or false")),
                },
                "datetime" => Dynamic::from(
                    dates::parse(given.trim()).ok_or_else(|| wrong("a date such as 2026-03-31"))?,
                ),
                _ => given.to_owned().into(),
            })
        };
        match self.kind.strip_suffix("[]") {
            Some(kind) => Ok(given
                .split(',')
                .map(|part| single(part.trim(), kind))
                .collect::<Result<Array, _>>()?
                .into()),
            None => single(given, &self.kind),
        }
    }
}

/// How the script is run.
fn usage(parameters: &[Declared]) -> String {
    let part = |parameter: &Declared| {
        let value = if parameter.is_switch() {
            String::new()
        } else {
            format!(" {}", if parameter.kind.is_empty() { "VALUE" } else { &parameter.kind })
        };
        let whole = format!("-{}{value}", parameter.name);
        if parameter.mandatory { whole } else { format!("[{whole}]") }
    };
    format!("usher run SCRIPT -- {}", parameters.iter().map(part).collect::<Vec<_>>().join(" "))
}

fn with_usage(error: rhai::EvalAltResult, parameters: &[Declared]) -> Box<rhai::EvalAltResult> {
    match error {
        rhai::EvalAltResult::ErrorRuntime(value, position) => {
            match value.try_cast::<super::super::errors::Thrown>() {
                Some(thrown) => {
                    let mut error = super::thrown(thrown.0.hint(usage(parameters)));
                    error.set_position(position);
                    error
                }
                None => invalid("the arguments were not understood"),
            }
        }
        other => Box::new(other),
    }
}

fn bound(place: &Place, arguments: &Dynamic, list: &Dynamic) -> Outcome {
    let parameters: Vec<Declared> = each(list).iter().map(declared).collect::<Result<_, _>>()?;
    read(place, arguments, &parameters).map_err(|error| with_usage(*error, &parameters))
}

fn read(place: &Place, arguments: &Dynamic, parameters: &[Declared]) -> Outcome {
    let mut values: Vec<Option<Dynamic>> = vec![None; parameters.len()];
    let mut loose: Vec<String> = Vec::new();
    let mut given = each(arguments).iter().map(text).collect::<Vec<_>>().into_iter().peekable();
    while let Some(word) = given.next() {
        let name =
            word.strip_prefix('-').filter(|name| name.starts_with(|letter: char| letter.is_alphabetic()));
        let Some(name) = name else {
            loose.push(word);
            continue;
        };
        let (name, joined) =
            name.split_once([':', '=']).map_or((name, None), |(name, value)| (name, Some(value.to_owned())));
        let known = parameters.iter().position(|parameter| parameter.called(name));
        let known = known.or_else(|| {
            let mut near = parameters.iter().enumerate().filter(|(_, parameter)| parameter.begins(name));
            near.next().filter(|_| near.next().is_none()).map(|(place, _)| place)
        });
        let Some(at) = known else { return Err(invalid(format!("the script has no parameter -{name}"))) };
        let parameter = &parameters[at];
        values[at] = Some(match (parameter.is_switch(), joined) {
            (true, None) => true.into(),
            (true, Some(value)) => {
                (!matches!(value.trim_start_matches('$').to_lowercase().as_str(), "false" | "0")).into()
            }
            (false, Some(value)) => parameter.value(&value)?,
            (false, None) => match given.next() {
                Some(value) => parameter.value(&value)?,
                None => return Err(invalid(format!("-{} wants a value after it", parameter.name))),
            },
        });
    }
    let mut loose = loose.into_iter();
    for (at, parameter) in parameters.iter().enumerate() {
        if values[at].is_none() && !parameter.is_switch() {
            values[at] = loose.next().map(|value| parameter.value(&value)).transpose()?;
        }
    }
    let missing: Vec<String> = parameters
        .iter()
        .zip(&values)
        .filter(|(parameter, value)| parameter.mandatory && value.is_none())
        .map(|(parameter, _)| match parameter.help.is_empty() {
            true => format!("-{}", parameter.name),
            false => format!("-{} ({})", parameter.name, parameter.help),
        })
        .collect();
    if !missing.is_empty() {
        return Err(invalid(format!("the script needs {}", missing.join(", "))));
    }
    place.left(loose.map(Dynamic::from).collect());
    let mut map = Map::new();
    for (parameter, value) in parameters.iter().zip(values) {
        let otherwise = if parameter.is_switch() { false.into() } else { Dynamic::UNIT };
        map.insert(parameter.name.as_str().into(), value.unwrap_or(otherwise));
    }
    Ok(map.into())
}

/// The next argument that no parameter took.
fn answer(place: &Place, prompt: &Dynamic) -> Outcome {
    let mut left = place.answers.lock().unwrap_or_else(PoisonError::into_inner);
    if !left.is_empty() {
        return Ok(left.remove(0));
    }
    let prompt = text(prompt);
    let prompt = prompt.trim().trim_end_matches(':');
    place.watch.asks(prompt).map_err(super::thrown)?.map(Dynamic::from).ok_or_else(|| {
        let said = format!("the script wants an answer to `{prompt}`, and nobody is there to be asked");
        super::thrown(
            Problem::new(Kind::InvalidInput, said).hint(
                "give the answers as arguments, in the order of the questions: usher run SCRIPT -- ANSWER",
            ),
        )
    })
}

/// What a script may look for among the modules that are loaded.
const EVERY_MODULE: &[&str] = &[
    "Microsoft.Graph",
    "Microsoft.Graph.Authentication",
    "Microsoft.Graph.Users",
    "Microsoft.Graph.Groups",
    "Microsoft.Graph.Identity.SignIns",
    "Microsoft.Graph.Identity.DirectoryManagement",
    "Microsoft.Graph.Identity.Governance",
    "Microsoft.Graph.Reports",
    "Microsoft.Graph.Beta",
    "Microsoft.Entra",
    "AzureAD",
    "AzureADPreview",
    "MSOnline",
    "ExchangeOnlineManagement",
    "Az.Accounts",
    "Az.Resources",
];

/// Any module that is asked for: nothing is missing here.
fn modules(wanted: &Dynamic) -> Dynamic {
    let module = |name: &Dynamic| {
        let mut map = Map::new();
        map.insert("name".into(), name.clone());
        // Newer than any that a script could want.
        map.insert("version".into(), "9999.0.0".to_owned().into());
        Dynamic::from(map)
    };
    let all = || EVERY_MODULE.iter().map(|name| Dynamic::from(*name)).collect();
    let wanted: Vec<Dynamic> = if wanted.is_unit() { all() } else { each(wanted) };
    wanted.iter().map(module).collect::<Array>().into()
}

/// What a script that signs in by hand goes on with: nothing of it is sent.
fn token() -> Dynamic {
    let mut map = Map::new();
    for (name, value) in [
        ("access_token", ""),
        ("token_type", "Bearer"),
        ("content", r#"{"access_token":"","token_type":"Bearer"}"#),
    ] {
        map.insert(name.into(), value.to_owned().into());
    }
    map.insert("expires_in".into(), 3599_i64.into());
    map.into()
}

/// Every permission that a verb's card names, and those that scripts ask for beside them.
fn scopes() -> Dynamic {
    let mut names: Vec<String> = Vec::new();
    let carded = crate::catalogue::entries()
        .iter()
        .flat_map(|entry| entry.card.permissions)
        .map(|permission| permission.delegated);
    let beside = [
        "User.Read.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "GroupMember.ReadWrite.All",
        "AuditLog.Read.All",
        "Organization.Read.All",
        "Mail.Send",
        "Policy.Read.All",
        "Reports.Read.All",
        "User.Invite.All",
        "RoleManagement.Read.Directory",
        "RoleManagement.ReadWrite.Directory",
        "Domain.Read.All",
        "Application.Read.All",
    ];
    for name in carded.chain(beside) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.into_iter().map(Dynamic::from).collect::<Array>().into()
}

pub fn register(module: &mut Module, place: &Place) {
    let here = place.clone();
    native!(module, "parameters", |arguments, list| bound(&here, &arguments, &list));
    let here = place.clone();
    native!(module, "answer", |prompt| answer(&here, &prompt));
    native!(module, "modules", || Ok(modules(&Dynamic::UNIT)));
    native!(module, "modules", |wanted| Ok(modules(&wanted)));
    native!(module, "token", || Ok(token()));
    native!(module, "scopes", || Ok(scopes()));
}
