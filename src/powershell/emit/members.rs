//! Properties and indexes: `$user.DisplayName`, `$users.Id`, `$list[0]`.

use super::super::cmdlets;
use super::super::code::{Code, Gives, Level, Severity};
use super::super::syntax::*;
use super::types::{self, is_array};
use super::walk::word;
use super::{Emitter, Outcome, names, trouble};

/// Types of text among a service's properties; everything else is asked of the value itself.
const TRUTHS: &[&str] = &[
    "accountEnabled",
    "mailEnabled",
    "securityEnabled",
    "isBuiltIn",
    "alreadyExisted",
    "sendInvitationMessage",
    "hiddenFromAddressListsEnabled",
];
const LISTS: &[&str] = &[
    "businessPhones",
    "otherMails",
    "proxyAddresses",
    "groupTypes",
    "emailAddresses",
    "imAddresses",
    "skuIds",
];

/// Properties of text that .NET gives every value.
const OF_DATES: &[&str] = &[
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "date",
    "dayofweek",
    "dayofyear",
    "ticks",
    "timeofday",
];
const OF_SPANS: &[&str] = &[
    "days",
    "hours",
    "minutes",
    "seconds",
    "totaldays",
    "totalhours",
    "totalminutes",
    "totalseconds",
    "totalmilliseconds",
];

impl Emitter<'_> {
    pub(super) fn member(
        &mut self,
        span: Span,
        object: &Expression,
        name: &Expression,
        is_static: bool,
        null_safe: bool,
    ) -> Outcome<Code> {
        if is_static {
            return self.static_member(span, object, name);
        }
        if let Some(code) = self.of_automatic(span, object, name)? {
            return Ok(code);
        }
        let Some(name) = word(name) else {
            let holder = self.expression(object)?;
            let name = self.expression(name)?;
            return Ok(Code::atom(format!("ps::get({}, {})", holder.text, name.text)));
        };
        let holder = self.expression(object)?;
        let holder = if null_safe && types::is_single(&holder.gives) && !matches!(holder.gives, Gives::Text) {
            Code { gives: Gives::Unknown, ..holder }
        } else {
            holder
        };
        Ok(self.property(&holder, name))
    }

    /// `$Error[0].Exception.Message`, `$PSVersionTable.PSVersion`, `$Host.UI...`, `$x.Exception.Message` in a `catch`.
    fn of_automatic(&mut self, span: Span, object: &Expression, name: &Expression) -> Outcome<Option<Code>> {
        let Some(last) = word(name) else { return Ok(None) };
        let mut path = vec![last.to_lowercase()];
        let mut root = object;
        loop {
            match &root.kind {
                ExpressionKind::Member { object, name, is_static: false, .. } => match word(name) {
                    Some(name) => {
                        path.push(name.to_lowercase());
                        root = object;
                    }
                    None => return Ok(None),
                },
                ExpressionKind::Index { object, .. } if is_named(object, &["error"]) => root = object,
                _ => break,
            }
        }
        path.reverse();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if is_named(root, &["psversiontable"]) {
            return Ok(Some(match path.as_slice() {
                ["psversion", "major"] => super::expressions::whole(7),
                ["psversion", "minor"] => super::expressions::whole(4),
                ["psversion"] => super::expressions::string("7.4"),
                ["psedition"] => super::expressions::string("Core"),
                _ => return trouble(span, "`$PSVersionTable` tells of PowerShell itself, which is not here"),
            }));
        }
        if is_named(root, &["myinvocation", "host", "pscmdlet"]) {
            return match path.as_slice() {
                ["mycommand", "name"] | ["mycommand", "path"] | ["scriptname"] => {
                    Ok(Some(super::expressions::string("script.rhai")))
                }
                [.., "path" | "definition"] | ["psscriptroot"] => Ok(Some(super::expressions::string("."))),
                _ => trouble(span, "this tells of PowerShell itself, which is not here"),
            };
        }
        let Some(error) = self.errors.last().cloned() else { return Ok(None) };
        let is_error = match &root.kind {
            ExpressionKind::Variable { scope: None, name } => {
                matches!(name.to_lowercase().as_str(), "_" | "psitem" | "error")
                    && (name.eq_ignore_ascii_case("error")
                        || self.items.last().is_some_and(|item| item.text == error))
            }
            _ => false,
        };
        if !is_error {
            return Ok(None);
        }
        let text = |property: &str| Ok(Some(Code::atom(format!("{error}.{property}")).giving(Gives::Text)));
        match path.as_slice() {
            ["exception"] | ["errordetails"] | ["exception", "innerexception"] => Ok(Some(Code::atom(error))),
            [.., "message"] | ["tostring"] | ["errordetails", ..] => text("message"),
            [.., "statuscode"] | [.., "statuscode", "value__"] | ["exception", "response", ..] => {
                Ok(Some(Code::atom(format!("ps::get({error}, \"status\")"))))
            }
            [.., "scriptlinenumber"] => Ok(Some(Code::atom(format!("ps::get({error}, \"line\")")))),
            ["fullyqualifiederrorid"]
            | ["categoryinfo", ..]
            | ["exception", "errorcode"]
            | [.., "fullname"] => Ok(Some(Code::atom(format!("ps::get({error}, \"kind\")")))),
            ["scriptstacktrace"]
            | ["invocationinfo", ..]
            | ["targetobject", ..]
            | ["exception", "stacktrace"] => {
                self.once(span, Severity::Note, "what PowerShell says of the place of an error is empty here: usher shows line and column itself");
                Ok(Some(super::expressions::string("")))
            }
            [only] => {
                Ok(Some(Code::atom(format!("ps::get({error}, \"{}\")", only.replace(['"', '\\'], "")))))
            }
            _ => text("message"),
        }
    }

    /// A property of a translated value.
    pub(super) fn property(&mut self, holder: &Code, name: &str) -> Code {
        let lower = name.to_lowercase();
        if let Some((own, gives)) = types::key(&holder.gives, name) {
            return Code::atom(format!("{}{}", holder.at(Level::Atom), names::member(own)))
                .giving(gives.clone());
        }
        if matches!(holder.gives, Gives::Map | Gives::Table(_)) && (lower == "keys" || lower == "values") {
            return Code::atom(format!("{}.{lower}()", holder.at(Level::Atom)))
                .giving(Gives::List(Box::new(if lower == "keys" { Gives::Text } else { Gives::Unknown })));
        }
        if lower == "count"
            && let Some(inner) =
                holder.text.strip_prefix("ps::measure(").and_then(|rest| rest.strip_suffix(", ())"))
        {
            return Code::atom(format!("{inner}.len()")).giving(Gives::Number);
        }
        if let Gives::List(inner) = &holder.gives
            && let Some((own, gives)) = types::key(inner, name)
        {
            let item = self.item_name(holder, &[]);
            let text =
                format!("ps::one({}.map(|{item}| {item}{}))", holder.at(Level::Atom), names::member(own));
            let _ = gives;
            return Code::atom(text);
        }
        self.noticed(&holder.gives, name);
        if lower == "count"
            || (lower == "length" && holder.gives == Gives::Maybe(Some("text")))
            || (lower == "length"
                && !matches!(
                    holder.gives,
                    Gives::Map | Gives::Table(_) | Gives::Row | Gives::One(_) | Gives::Maybe(_)
                ))
        {
            return self.count(holder, lower == "length");
        }
        if lower == "ispresent" {
            return holder.clone().giving(Gives::Truth);
        }
        // What a match found.
        if holder.text.starts_with("ps::groups") && holder.text.ends_with(')') {
            match lower.as_str() {
                "value" => return get(holder, "0"),
                "success" => {
                    return Code::new(format!("{} != ()", holder.text), Level::Equal).giving(Gives::Truth);
                }
                "groups" => return holder.clone(),
                _ => {}
            }
        }
        if lower == "value" && holder.text.starts_with("ps::get(ps::groups") {
            return holder.clone();
        }
        // Everything that .NET wraps around a directory object lies on it here.
        if lower == "additionalproperties" || lower == "psobject" {
            return holder.clone();
        }
        match &holder.gives {
            Gives::Date if OF_DATES.contains(&lower.as_str()) => return of_date(holder, &lower),
            Gives::Date if lower == "datetime" || lower == "value" => return holder.clone(),
            Gives::Number if lower == "value__" => return holder.clone(),
            _ if OF_SPANS.contains(&lower.as_str()) && holder.text.starts_with("ps::span(") => {
                return Code::atom(format!("{}?.{}", holder.text, of_span(name))).giving(Gives::Unknown);
            }
            _ => {}
        }
        if holder.level == Level::Sum
            && holder.text.contains(" - ")
            && OF_SPANS.contains(&lower.as_str())
            && holder.gives == Gives::Unknown
            // Of several differences it would have to be known which is the outermost.
            && holder.text.matches(" - ").count() == 1
            && let Some((a, b)) = holder.text.split_once(" - ")
        {
            return Code::atom(format!("ps::span({b}, {a}).{}", of_span(name))).giving(Gives::Number);
        }
        if OF_SPANS.contains(&lower.as_str()) && holder.text.starts_with("ps::subtract(") {
            return Code::atom(format!("{}.{}", holder.text, of_span(name))).giving(Gives::Number);
        }
        if let Some(inner) = types::unwrapped(holder) {
            return self.property(&inner, name);
        }
        match holder.gives.clone() {
            Gives::One(Some(shape)) | Gives::Maybe(Some(shape)) => {
                let known = cmdlets::property(name, &holder.gives);
                let code = cmdlets::reading(holder, name, &holder.gives);
                let at = holder.at(Level::Atom);
                let plain = code.text == format!("{at}{}", names::member(&known));
                // Of objects of several kinds, only some have what is not common to all.
                let may_lack = code.gives == Gives::Unknown || shape == "directory object";
                if plain && may_lack && !self.shape_knows(shape, &known) {
                    return get(holder, name);
                }
                let gives = match &code.gives {
                    // Only these are never empty.
                    Gives::Text
                        if ![
                            "id",
                            "displayName",
                            "userPrincipalName",
                            "userType",
                            "skuId",
                            "skuPartNumber",
                            "name",
                            "roleName",
                        ]
                        .contains(&known.as_str()) =>
                    {
                        Gives::Maybe(Some("text"))
                    }
                    Gives::Unknown => kind_of(&known),
                    other => other.clone(),
                };
                if plain && matches!(holder.gives, Gives::Maybe(_)) {
                    let gives = match gives {
                        Gives::Text => Gives::Maybe(Some("text")),
                        Gives::Date => Gives::Maybe(Some("date")),
                        Gives::One(shape) => Gives::Maybe(shape),
                        maybe @ Gives::Maybe(_) => maybe,
                        _ => Gives::Unknown,
                    };
                    return Code::atom(format!("{at}?{}", names::member(&known))).giving(gives);
                }
                code.giving(gives)
            }
            Gives::Map | Gives::Table(_) => get(holder, &self.spelling(name)),
            Gives::Row => Code::atom(format!("{}{}", holder.at(Level::Atom), names::member(&row_name(name)))),
            Gives::Many(Some(shape)) => {
                let known = cmdlets::property(name, &Gives::One(Some(shape)));
                if !self.shape_knows(shape, &known) {
                    return get(holder, name);
                }
                let item = self.item_name(holder, &[]);
                let text = format!(
                    "ps::one({}.map(|{item}| {item}{}))",
                    holder.at(Level::Atom),
                    names::member(&known)
                );
                Code::atom(text)
            }
            Gives::Rows => {
                let item = self.item_name(holder, &[]);
                Code::atom(format!(
                    "ps::one({}.map(|{item}| {item}{}))",
                    holder.at(Level::Atom),
                    names::member(&row_name(name))
                ))
            }
            _ => get(holder, name),
        }
    }

    /// Remembers what is read of objects, so that the calls that fetch them ask for it.
    pub(super) fn noticed(&mut self, gives: &Gives, name: &str) {
        let shape = match gives {
            Gives::One(shape) | Gives::Maybe(shape) | Gives::Many(shape) => shape.unwrap_or_default(),
            _ => "",
        };
        let known = self.found.properties.entry(shape.to_owned()).or_default();
        if !known.iter().any(|seen| seen.eq_ignore_ascii_case(name)) {
            known.push(name.to_owned());
        }
    }

    pub(super) fn shape_knows(&self, shape: &str, property: &str) -> bool {
        crate::catalogue::entries()
            .iter()
            .filter_map(|entry| entry.card.returns.shape())
            .any(|known| known.name == shape && known.knows(property))
    }

    /// The name under which a property of a variable is assigned.
    pub(super) fn own_name(&mut self, object: &Expression, name: &str) -> String {
        let gives = match &object.kind {
            ExpressionKind::Variable { scope, name } => {
                let (frame, lower) = self.home(scope.as_deref(), name);
                if lower == "_" || lower == "psitem" {
                    self.items.last().map(|item| item.gives.clone()).unwrap_or_default()
                } else {
                    self.facts.types.get(&(frame, lower)).cloned().unwrap_or_default()
                }
            }
            ExpressionKind::Index { .. } | ExpressionKind::Member { .. } => {
                self.expression(object).map(|code| code.gives).unwrap_or_default()
            }
            _ => Gives::Unknown,
        };
        match &gives {
            Gives::One(Some(shape)) | Gives::Maybe(Some(shape)) => {
                let known = cmdlets::property(name, &gives);
                if self.shape_knows(shape, &known) { known } else { name.to_owned() }
            }
            _ => self.spelling(name),
        }
    }

    fn count(&mut self, holder: &Code, length: bool) -> Code {
        let inner = types::unwrapped(holder);
        let list = inner.as_ref().unwrap_or(holder);
        if is_array(&list.gives) || (length && list.gives == Gives::Text) {
            return Code::atom(format!("{}.len()", list.at(Level::Atom))).giving(Gives::Number);
        }
        if matches!(list.gives, Gives::Map | Gives::Table(_)) && !self.survey.keys.contains_key("count") {
            return Code::atom(format!("{}.len()", list.at(Level::Atom))).giving(Gives::Number);
        }
        if self.survey.keys.contains_key("count") && matches!(holder.gives, Gives::Map | Gives::Table(_)) {
            return get(holder, "Count");
        }
        let name = if length { "length" } else { "count" };
        Code::atom(format!("ps::{name}({})", holder.text)).giving(Gives::Number)
    }

    pub(super) fn index(&mut self, span: Span, object: &Expression, index: &Expression) -> Outcome<Code> {
        if is_named(object, &["error"]) && self.errors.last().is_some() {
            return Ok(Code::atom(self.errors.last().cloned().unwrap_or_default()));
        }
        if let ExpressionKind::Member { name, .. } = &object.kind
            && word(name).is_some_and(|name| name.eq_ignore_ascii_case("groups"))
        {
            let holder = self.expression(object)?;
            if holder.text.starts_with("ps::groups") {
                let key = match &index.kind {
                    ExpressionKind::Integer(number) => number.to_string(),
                    _ => word(index).unwrap_or_default().to_owned(),
                };
                return Ok(get(&holder, &key));
            }
        }
        if is_named(object, &["matches"]) {
            let holder = self.expression(object)?;
            let key = match &index.kind {
                ExpressionKind::Integer(number) => number.to_string(),
                _ => word(index).unwrap_or_default().to_owned(),
            };
            return Ok(Code::atom(format!("ps::get({}, \"{}\")", holder.text, key.replace(['"', '\\'], ""))));
        }
        let holder = self.expression(object)?;
        // `$x["displayName"]` is a property.
        if let Some(name) = word(index) {
            return Ok(match &holder.gives {
                Gives::Map | Gives::Unknown => get(&holder, &self.spelling(name)),
                Gives::Table(_) => match types::key(&holder.gives, name) {
                    Some(_) => self.property(&holder, name),
                    None => get(&holder, &self.spelling(name)),
                },
                _ => self.property(&holder, name),
            });
        }
        let code = self.expression(index)?;
        let _ = span;
        if is_array(&code.gives) {
            return Ok(Code::atom(format!("ps::item({}, {})", holder.text, code.text))
                .giving(if is_array(&holder.gives) { holder.gives.clone() } else { Gives::Unknown }));
        }
        let list = types::unwrapped(&holder);
        let list = list.as_ref().unwrap_or(&holder);
        if matches!(list.gives, Gives::Many(_) | Gives::List(_)) && code.gives == Gives::Number {
            let gives = match types::element(&list.gives) {
                Gives::One(shape) => Gives::Maybe(shape),
                _ => Gives::Unknown,
            };
            return Ok(Code::atom(format!("{}.get({})", list.at(Level::Atom), code.text)).giving(gives));
        }
        if list.gives == Gives::Rows && code.gives == Gives::Number {
            return Ok(Code::atom(format!("{}[{}]", list.at(Level::Atom), code.text)).giving(Gives::Row));
        }
        Ok(Code::atom(format!("ps::item({}, {})", holder.text, code.text)))
    }

    /// What an element of a list is called in a closure: after the list or after its kind, unless the blocks use that name.
    pub(super) fn item_name(&mut self, list: &Code, used: &[String]) -> String {
        let plain = list.text.rsplit(['.', '(', ' ']).next().unwrap_or_default().to_owned();
        let from_variable =
            match list.text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
                true => names::singular(&list.text),
                false => None,
            };
        let _ = plain;
        // The name that an earlier closure of the chain gave it.
        let from_chain = ["filter", "map"]
            .iter()
            .filter_map(|method| list.text.split_once(&format!(".{method}(|")))
            .filter(|(head, _)| !head.contains(".map("))
            .filter_map(|(_, rest)| rest.split_once('|'))
            .map(|(name, _)| name.to_owned())
            .next()
            .filter(|_| list.text.contains(".filter(|") && !list.text.contains(".map("));
        let from_kind = match &types::element(&list.gives) {
            Gives::One(Some("text" | "date")) => None,
            Gives::One(Some(shape)) | Gives::Maybe(Some(shape)) => {
                let guest = list.text.contains("userType eq 'Guest'") || list.text.starts_with("get_guests(");
                Some(match *shape {
                    "user" if guest => "guest".to_owned(),
                    other => names::snake(other.rsplit(' ').next().unwrap_or(other)),
                })
            }
            Gives::Row => Some("row".to_owned()),
            _ => None,
        };
        let outer: Vec<String> = self.items.iter().map(|item| item.text.clone()).collect();
        from_variable
            .into_iter()
            .chain(from_chain)
            .chain(from_kind)
            .chain(["item", "entry", "each_item", "element"].map(str::to_owned))
            .find(|name| {
                !used.contains(name)
                    && !names::Names::is_reserved(name)
                    && !outer.contains(name)
                    && *name != list.text
            })
            .unwrap_or_else(|| self.names.fresh("item"))
    }
}

/// A column, in camelCase only where the file's own spelling is unknown: columns match in any case.
fn row_name(name: &str) -> String {
    name.to_owned()
}

pub fn get(holder: &Code, name: &str) -> Code {
    Code::atom(format!("ps::get({}, {})", holder.text, super::super::code::quoted(name)))
}

/// What a property of a service's object holds, as its name tells.
fn kind_of(name: &str) -> Gives {
    if name.ends_with("DateTime") || name == "whenCreatedUTC" || name == "whenChangedUTC" {
        return Gives::Date;
    }
    if TRUTHS.contains(&name) {
        return Gives::Truth;
    }
    if LISTS.contains(&name) {
        return Gives::List(Box::new(Gives::Text));
    }
    if name == "id" || name == "displayName" || name == "userPrincipalName" {
        return Gives::Text;
    }
    Gives::Unknown
}

fn of_date(holder: &Code, lower: &str) -> Code {
    let text = holder.at(Level::Atom);
    match lower {
        "year" | "month" | "day" => Code::atom(format!("{text}.{lower}")).giving(Gives::Number),
        "date" => Code::atom(format!("ps::midnight({text})")).giving(Gives::Date),
        "dayofweek" => Code::atom(format!("ps::date_text({text}, \"dddd\")")).giving(Gives::Text),
        "hour" => Code::atom(format!("ps::number(ps::date_text({text}, \"HH\"))")).giving(Gives::Number),
        "minute" => Code::atom(format!("ps::number(ps::date_text({text}, \"mm\"))")).giving(Gives::Number),
        "second" => Code::atom(format!("ps::number(ps::date_text({text}, \"ss\"))")).giving(Gives::Number),
        _ => get(holder, lower),
    }
}

/// A property of a time between dates, in the letters that it has here.
fn of_span(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "totaldays" => "totalDays".to_owned(),
        "totalhours" => "totalHours".to_owned(),
        "totalminutes" => "totalMinutes".to_owned(),
        "totalseconds" => "totalSeconds".to_owned(),
        "totalmilliseconds" => "totalMilliseconds".to_owned(),
        other => other.to_owned(),
    }
}

pub fn is_named(value: &Expression, names: &[&str]) -> bool {
    matches!(&value.kind, ExpressionKind::Variable { scope: None | Some(_), name } if names.contains(&name.to_lowercase().as_str()))
}
