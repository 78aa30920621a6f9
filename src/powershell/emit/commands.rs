//! Commands: functions of the script, PowerShell's own words about objects and variables, and everything that has a card.

use super::super::cmdlets;
use super::super::code::{Call, Code, Gives, Piece, Pieces, Severity};
use super::super::syntax::*;
use super::arguments::{Errors, Raw, raw};
use super::expressions::{array_literal, string};
use super::types;
use super::walk::word;
use super::{Emitter, Outcome, trouble};

/// The name of a command with its alias resolved.
pub fn resolved(order: &Command) -> Option<String> {
    match &order.name {
        CommandName::Word(word) => Some(cmdlets::alias(word).map_or_else(|| word.clone(), str::to_owned)),
        _ => None,
    }
}

impl Emitter<'_> {
    /// A function of the script of this name; its own functions come before cmdlets and aliases.
    pub(super) fn own_function(&self, order: &Command) -> Option<super::Function> {
        let CommandName::Word(word) = &order.name else { return None };
        self.facts.functions.get(&super::functions::plain_name(word).to_lowercase()).cloned()
    }

    /// A command where a value is wanted; `piped` is the one thing (or, for those who take it all, the list) that comes down the pipe.
    pub(super) fn command(&mut self, order: &Command, piped: Option<Code>) -> Outcome<Code> {
        let (notes, remarks, told) = (self.notes.len(), self.remarks.len(), self.told.clone());
        match &order.name {
            CommandName::Call(what) => return self.called(order, what, piped),
            CommandName::Dot(what)
                if word(what).is_some_and(|name| self.facts.functions.contains_key(&name.to_lowercase())) =>
            {
                let info =
                    word(what).and_then(|name| self.facts.functions.get(&name.to_lowercase())).cloned();
                if let Some(info) = info {
                    let call = self.call_of(order, &info.name.clone(), raw(order, &|_| false), None)?;
                    return self.call_function(&info, call.named, call.positional, piped, order.span);
                }
            }
            CommandName::Dot(what) => {
                let name = self.source(what.span).to_owned();
                return trouble(
                    order.span,
                    format!(
                        "`{name}` is another script: convert it, and `import` it or put its functions here"
                    ),
                );
            }
            CommandName::Word(_) => {}
        }
        if let Some(info) = self.own_function(order) {
            let name = info.name.clone();
            let list = raw(order, &|parameter| self.switch_of(&name, parameter));
            let (list, errors) = self.errors_of(list);
            let call = self.call_of(order, &name, list, None)?;
            let mut named = call.named;
            for table in call.splatted {
                for formal in &info.formals {
                    let key = formal.lower.clone();
                    named
                        .push((key.clone(), Some(Code::atom(format!("ps::get({}, \"{key}\")", table.text)))));
                }
            }
            let code = self.call_function(&info, named, call.positional, piped, order.span)?;
            if !errors.quiet && self.facts.fallible.contains(&info.name.to_lowercase()) {
                self.may_fail(order.span, true, &errors);
            }
            return Ok(self.forgiving(order.span, code, &errors));
        }
        let name = resolved(order).unwrap_or_default();
        let lower = name.to_lowercase();
        let lower = lower.rsplit('\\').next().unwrap_or(&lower).to_owned();
        let list = raw(order, &|parameter| self.switch_of(&name, parameter));
        let (list, errors) = self.errors_of(list);
        if let Some(code) = self.about_language(order, &lower, &list, piped.clone())? {
            return Ok(code);
        }
        let call = self.call_of(order, &name, list, piped)?;
        if matches!(cmdlets::translate(&call), cmdlets::Outcome::Dropped { .. }) {
            // What was said of its arguments goes with it.
            self.notes.truncate(notes);
            self.remarks.truncate(remarks);
            self.told = told;
        }
        self.asked(order, call, &errors)
    }

    /// What the cards know.
    fn asked(&mut self, order: &Command, mut call: Call, errors: &Errors) -> Outcome<Code> {
        for code in call
            .named
            .iter_mut()
            .filter_map(|(_, code)| code.as_mut())
            .chain(&mut call.positional)
            .chain(&mut call.piped)
        {
            flatten_kinds(code);
        }
        let first = cmdlets::translate(&call);
        let shape = match &first {
            cmdlets::Outcome::Code { code, .. } => match &code.gives {
                Gives::One(Some(shape)) | Gives::Maybe(Some(shape)) | Gives::Many(Some(shape)) => {
                    Some(*shape)
                }
                _ => None,
            },
            _ => None,
        };
        let mut outcome = first;
        if let Some(shape) = shape {
            let mut reads: Vec<String> = self.facts.properties.get(shape).cloned().unwrap_or_default();
            // What the script calls so itself says nothing of a service's objects.
            let others = self.facts.properties.get("").cloned().unwrap_or_default();
            reads.extend(
                others.into_iter().filter(|name| !self.survey.keys.contains_key(&name.to_lowercase())),
            );
            if !reads.is_empty() {
                call.reads = reads;
                outcome = cmdlets::translate(&call);
            }
        }
        match outcome {
            cmdlets::Outcome::Code { code, remarks } => {
                for remark in remarks {
                    self.remark(remark.span, remark.severity, remark.message);
                }
                if !code.text.starts_with("ps::")
                    && !code.text.starts_with("print(")
                    && code.gives != Gives::Date
                    && !errors.quiet
                {
                    self.may_fail(order.span, writes(&code.text), errors);
                }
                let code = if speechless(&call.name) { code.giving(Gives::Nothing) } else { code };
                Ok(self.forgiving(order.span, code, errors))
            }
            cmdlets::Outcome::Dropped { note } => {
                if !note.is_empty() {
                    let first = self.told.insert(note.clone());
                    let again = !self.told.insert(format!("{} is left out", lower_of(&call.name)));
                    let text = if first {
                        format!("{}: {note}", call.name)
                    } else {
                        format!("{}: not needed here", call.name)
                    };
                    self.remark(order.span, Severity::Note, text.clone());
                    if !again {
                        self.notes.push(super::statements::comment_line(&text));
                    }
                }
                Ok(Code::nothing())
            }
            cmdlets::Outcome::Unsupported { reason } => trouble(order.span, reason),
            cmdlets::Outcome::Unknown => self.unknown(order, &call.name),
        }
    }

    fn unknown(&mut self, order: &Command, name: &str) -> Outcome<Code> {
        let lower = name.to_lowercase();
        if lower.ends_with(".ps1") || lower.ends_with(".exe") || lower.contains(['/', '\\']) {
            return trouble(order.span, format!("scripts start no other programs: `{name}`"));
        }
        let near = crate::catalogue::nearest(name)
            .map(|verb| format!("; the nearest verb is {verb}"))
            .unwrap_or_default();
        trouble(order.span, format!("nothing here is called `{name}`{near}"))
    }

    /// `& $block arg`, `& "Name"`, `& { ... }`
    fn called(&mut self, order: &Command, what: &Expression, piped: Option<Code>) -> Outcome<Code> {
        if let ExpressionKind::Script(body) = &what.kind {
            if let Some(item) = piped {
                self.items.push(item);
                let code = self.statements_value(&body.statements);
                self.items.pop();
                return code;
            }
            return self.statements_value(&body.statements);
        }
        if word(what).is_some() || matches!(what.kind, ExpressionKind::Expandable(_)) {
            let name = self.source(what.span).to_owned();
            return trouble(order.span, format!("scripts start no other programs: {name}"));
        }
        let code = self.expression(what)?;
        let mut given = Vec::new();
        for argument in &order.arguments {
            match argument {
                Argument::Value(value) => given.push(self.expression(value)?.text),
                _ => {
                    return trouble(
                        order.span,
                        "a block that is called takes its arguments by position here",
                    );
                }
            }
        }
        Ok(Code::atom(format!("{}.call({})", code.at(super::super::code::Level::Atom), given.join(", "))))
    }

    /// Commands that are about the language rather than about a service.
    fn about_language(
        &mut self,
        order: &Command,
        lower: &str,
        list: &[Raw<'_>],
        piped: Option<Code>,
    ) -> Outcome<Option<Code>> {
        let named = |wanted: &str| {
            list.iter().find_map(|each| match each {
                Raw::Named(name, value) if !name.is_empty() && wanted.starts_with(&name.to_lowercase()) => {
                    *value
                }
                _ => None,
            })
        };
        let has = |wanted: &str| {
            list.iter().any(|each| matches!(each, Raw::Named(name, _) if !name.is_empty() && wanted.starts_with(&name.to_lowercase())))
        };
        let positional = |at: usize| {
            list.iter()
                .filter_map(|each| match each {
                    Raw::Value(value) => Some(*value),
                    _ => None,
                })
                .nth(at)
        };
        Ok(Some(match lower {
            "write-output" => {
                let mut values = Vec::new();
                if let Some(value) = named("inputobject") {
                    values.push(self.expression(value)?);
                }
                for each in list {
                    if let Raw::Value(value) = each {
                        values.push(self.expression(value)?);
                    }
                }
                values.extend(piped);
                match values.len() {
                    0 => Code::nothing(),
                    1 => values.remove(0),
                    _ => array_literal(values),
                }
            }
            "write-host" | "read-host" => return self.spoken(lower, list, piped),
            "start-sleep" if self.polling > 0 => {
                let whole = named("seconds").or_else(|| positional(0));
                let time = match (whole, named("milliseconds")) {
                    (Some(value), _) => self.expression(value)?.text,
                    (None, Some(value)) => {
                        let value = self.expression(value)?;
                        format!("{} / 1000.0", value.at(super::super::code::Level::Product))
                    }
                    (None, None) => "1".to_owned(),
                };
                Code::atom(format!("sleep({time})")).giving(Gives::Nothing)
            }
            "new-object" => {
                let type_name = named("typename")
                    .or_else(|| positional(0))
                    .and_then(word)
                    .unwrap_or("PSObject")
                    .to_lowercase();
                let type_name = type_name.strip_prefix("system.").unwrap_or(&type_name).to_owned();
                if has("comobject") {
                    self.once(
                        order.span,
                        Severity::Note,
                        "windows and programs of the desktop are not reached from here",
                    );
                    return Ok(Some(Code::nothing()));
                }
                match type_name.as_str() {
                    "management.automation.pscredential" | "net.networkcredential" => {
                        self.once(
                            order.span,
                            Severity::Note,
                            "usher signs in by itself: scripts hold no passwords",
                        );
                        Code::nothing()
                    }
                    "psobject"
                    | "pscustomobject"
                    | "object"
                    | "management.automation.psobject"
                    | "management.automation.pscustomobject" => match named("property") {
                        Some(value) => self.expression(value)?,
                        None => {
                            Code { pieces: Pieces::Map(Vec::new()), ..Code::atom("#{}").giving(Gives::Map) }
                        }
                    },
                    name if name.contains("list")
                        || name.contains("collection")
                            && !name.contains("dictionary")
                            && !name.contains("hashtable") =>
                    {
                        Code::atom("[]").giving(Gives::List(Box::new(Gives::Nothing)))
                    }
                    name if name.contains("hashtable") || name.contains("dictionary") => {
                        Code::atom("#{}").giving(Gives::Map)
                    }
                    // Request objects of the old modules are tables in all but name.
                    name if name.starts_with("microsoft.open.") || name.starts_with("microsoft.graph.") => {
                        Code::atom("#{}").giving(Gives::Map)
                    }
                    "datetime" => Code::atom("now()").giving(Gives::Date),
                    "text.stringbuilder" => string(""),
                    other => return trouble(order.span, format!("`New-Object {other}` has no counterpart")),
                }
            }
            "add-member" => return self.add_member(order, list, piped).map(Some),
            "set-variable" | "new-variable" => {
                let Some(name) = named("name").or_else(|| positional(0)).and_then(word) else {
                    return trouble(
                        order.span,
                        "the name of this variable is only known when the script runs",
                    );
                };
                let value = named("value").or_else(|| positional(if has("name") { 0 } else { 1 }));
                let code = match value {
                    Some(value) => self.expression(value)?,
                    None => Code::nothing(),
                };
                let (frame, lower) = self.home(None, name);
                self.learn(frame, &lower, &code.gives);
                let rhai = self.names.variable(&lower);
                Code::new(format!("{rhai} = {}", code.text), super::super::code::Level::Loose)
                    .giving(Gives::Nothing)
            }
            "get-variable" => {
                let Some(name) = named("name").or_else(|| positional(0)).and_then(word) else {
                    return trouble(
                        order.span,
                        "the name of this variable is only known when the script runs",
                    );
                };
                let (_, lower) = self.home(None, name);
                Code::atom(self.names.variable(&lower))
            }
            "convertfrom-stringdata" => {
                let code = match (piped, positional(0).or_else(|| named("stringdata"))) {
                    (Some(code), _) => code,
                    (None, Some(value)) => self.expression(value)?,
                    (None, None) => return Ok(None),
                };
                Code::atom(format!("ps::string_data({})", code.text)).giving(Gives::Map)
            }
            "convertto-securestring" => {
                self.once(order.span, Severity::Note, "usher signs in by itself: scripts hold no passwords");
                Code::nothing()
            }
            "out-null" => {
                let code = piped.or(match positional(0) {
                    Some(value) => Some(self.expression(value)?),
                    None => None,
                });
                let code = code.unwrap_or_else(Code::nothing);
                Code { gives: Gives::Nothing, ..code }
            }
            "invoke-command" if has("scriptblock") && !has("computername") && !has("session") => {
                match named("scriptblock") {
                    Some(Expression { kind: ExpressionKind::Script(body), .. }) => {
                        self.statements_value(&body.statements)?
                    }
                    _ => return Ok(None),
                }
            }
            "compare-object" => {
                let a = match named("referenceobject").or_else(|| positional(0)) {
                    Some(value) => self.expression(value)?,
                    None => piped.clone().unwrap_or_else(Code::nothing),
                };
                let b = match named("differenceobject").or_else(|| positional(1)) {
                    Some(value) => self.expression(value)?,
                    None => piped.unwrap_or_else(Code::nothing),
                };
                let property = match named("property") {
                    Some(value) => types::each(&self.expression(value)?).text,
                    None => "[]".to_owned(),
                };
                let equal = has("includeequal");
                Code::atom(format!("ps::compare_objects({}, {}, {property}, {equal})", a.text, b.text))
                    .giving(Gives::List(Box::new(Gives::Unknown)))
            }
            _ => return Ok(None),
        }))
    }

    /// Write-Host and Read-Host take several words without quotes.
    fn spoken(&mut self, lower: &str, list: &[Raw<'_>], piped: Option<Code>) -> Outcome<Option<Code>> {
        let mut words = Vec::new();
        for each in list {
            match each {
                Raw::Value(value) => words.push(*value),
                Raw::Named(name, value) => {
                    let name = name.to_lowercase();
                    let harmless = ["foregroundcolor", "backgroundcolor", "nonewline"]
                        .iter()
                        .any(|known| known.starts_with(&name));
                    match value {
                        Some(value)
                            if !name.is_empty()
                                && ("object".starts_with(&name) || "prompt".starts_with(&name)) =>
                        {
                            words.push(value)
                        }
                        _ if harmless && lower == "write-host" => {}
                        _ => return Ok(None),
                    }
                }
                Raw::Splat(..) => return Ok(None),
            }
        }
        if piped.is_some() || words.is_empty() || (words.len() < 2 && lower == "read-host") {
            return Ok(None);
        }
        let mut pieces = Vec::new();
        for (at, value) in words.iter().enumerate() {
            let code = self.expression(value)?;
            if words.len() == 1 {
                let text = if types::is_array(&code.gives) {
                    format!("{}.join(\" \")", code.at(super::super::code::Level::Atom))
                } else {
                    code.text
                };
                return Ok(Some(Code::atom(format!("print({text})")).giving(Gives::Nothing)));
            }
            if at > 0 {
                pieces.push(Piece::Text(" ".to_owned()));
            }
            match (&code.literal, &code.pieces) {
                (Some(text), _) if code.text.starts_with(['"', '`']) => {
                    pieces.push(Piece::Text(text.clone()))
                }
                (_, Pieces::Template(inner)) if code.text.starts_with('`') => pieces.extend(inner.clone()),
                _ => pieces.push(Piece::Value(code)),
            }
        }
        let text = self.template(pieces);
        if lower == "read-host" {
            let call = Call { name: "Read-Host".to_owned(), positional: vec![text], ..Call::default() };
            let order = Command {
                span: Span::default(),
                name: CommandName::Word("Read-Host".to_owned()),
                arguments: Vec::new(),
            };
            return self.asked(&order, call, &Errors::default()).map(Some);
        }
        Ok(Some(Code::atom(format!("print({})", text.text)).giving(Gives::Nothing)))
    }

    /// `$x | Add-Member -NotePropertyName Name -NotePropertyValue v`
    fn add_member(&mut self, order: &Command, list: &[Raw<'_>], piped: Option<Code>) -> Outcome<Code> {
        let mut positional = Vec::new();
        let (mut object, mut name, mut value, mut pass) = (piped, None, None, false);
        for each in list {
            match each {
                Raw::Named(word, given) => {
                    let lower = word.to_lowercase();
                    match (lower.as_str(), given) {
                        (text, Some(given)) if "inputobject".starts_with(text) => {
                            object = Some(self.expression(given)?)
                        }
                        (text, Some(given)) if text == "name" || "notepropertyname".starts_with(text) => {
                            name = Some(*given)
                        }
                        (text, Some(given)) if text == "value" || text == "notepropertyvalue" => {
                            value = Some(*given)
                        }
                        (text, Some(given)) if "notepropertymembers".starts_with(text) => {
                            let table = self.expression(given)?;
                            let object = object.clone().map(|code| code.text).unwrap_or_default();
                            return Ok(Code::new(
                                format!("{object} = {object} + {}", table.text),
                                super::super::code::Level::Loose,
                            )
                            .giving(Gives::Nothing));
                        }
                        (text, _) if "passthru".starts_with(text) => pass = true,
                        _ => {}
                    }
                }
                Raw::Value(given) => positional.push(*given),
                Raw::Splat(..) => {}
            }
        }
        let mut positional = positional
            .into_iter()
            .filter(|given| !word(given).is_some_and(|text| text.eq_ignore_ascii_case("noteproperty")));
        let name = name.or_else(|| positional.next());
        let value = value.or_else(|| positional.next());
        let (Some(object), Some(name), Some(value)) = (object, name, value) else {
            return trouble(
                order.span,
                "this Add-Member is not translated: object, name and value are needed",
            );
        };
        if let Some(ExpressionKind::Script(_)) = Some(&value.kind) {
            return trouble(order.span, "methods and script properties cannot be added to an object here");
        }
        let code = self.expression(value)?;
        let place = match word(name) {
            Some(name) => format!("{}{}", object.text, super::names::member(&self.spelling(name))),
            None => format!("{}[ps::text({})]", object.text, self.expression(name)?.text),
        };
        if pass {
            self.remark(
                order.span,
                Severity::Attention,
                "-PassThru is left out: take the object on the next line",
            );
        }
        Ok(Code::new(format!("{place} = {}", code.text), super::super::code::Level::Loose)
            .giving(Gives::Nothing))
    }
}

fn lower_of(name: &str) -> String {
    name.to_lowercase()
}

/// Cmdlets that change something and leave nothing in the pipeline, whatever the verb here gives.
fn speechless(name: &str) -> bool {
    let lower = name.to_lowercase();
    let lower = lower.rsplit('\\').next().unwrap_or(&lower);
    ["set-", "update-", "remove-", "add-", "enable-", "disable-", "revoke-", "send-", "restore-"]
        .iter()
        .any(|verb| lower.starts_with(verb))
        && !lower.starts_with("set-mguserlicense")
        && !lower.ends_with("-member")
}

/// Kinds that only the translation of the language knows are no business of cmdlets.
fn flatten_kinds(code: &mut Code) {
    code.gives = types::plain(&code.gives);
    match &mut code.pieces {
        Pieces::Map(pairs) => pairs.iter_mut().for_each(|(_, code)| flatten_kinds(code)),
        Pieces::List(items) => items.iter_mut().for_each(flatten_kinds),
        Pieces::Template(_) | Pieces::None => {}
    }
}

/// Whether a verb in there changes something.
fn writes(code: &str) -> bool {
    code.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).any(|word| {
        crate::catalogue::entries().iter().any(|entry| entry.card.name == word && entry.card.effect.writes())
    })
}
