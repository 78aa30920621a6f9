//! Methods: `$x.ToLower()`, `$list.Add(...)`, and blocks as closures.

use super::super::code::{Code, Gives, Level, Severity};
use super::super::syntax::*;
use super::expressions::whole;
use super::members::get;
use super::types::{self, is_array};
use super::walk::word;
use super::{Emitter, Leaving, Outcome, Sink, trouble};

impl Emitter<'_> {
    #[allow(clippy::too_many_lines, reason = "a table of methods reads best in one place")]
    pub(super) fn method(
        &mut self,
        span: Span,
        object: &Expression,
        name: &Expression,
        arguments: &[Expression],
        is_static: bool,
    ) -> Outcome<Code> {
        let Some(name) = word(name) else {
            return trouble(span, "the name of this method is only known when the script runs");
        };
        if is_static {
            return self.static_method(span, object, name, arguments);
        }
        let lower = name.to_lowercase();
        if let ExpressionKind::Type(type_name) = &object.kind {
            let _ = type_name;
            return self.static_method(span, object, name, arguments);
        }
        // `.ForEach({ })` and `.Where({ })` are stages of a pipeline by another name.
        if let [Expression { kind: ExpressionKind::Script(block), .. }, rest @ ..] = arguments {
            let source = self.expression(object)?;
            match lower.as_str() {
                "foreach" => return self.for_each_value(&source, block),
                "where" => {
                    let kept = self.where_block(&source, block)?;
                    return Ok(match rest.first().and_then(word).map(str::to_lowercase).as_deref() {
                        Some("first") => Code::atom(format!("{}.get(0)", kept.at(Level::Atom))),
                        _ => kept,
                    });
                }
                _ => {}
            }
        }
        let holder = self.expression(object)?;
        let mut given = Vec::new();
        for argument in arguments {
            given.push(self.expression(argument)?);
        }
        let at = holder.at(Level::Atom);
        let first = given.first().map(|code| code.text.clone()).unwrap_or_default();
        let text = |code: String| Code::atom(code).giving(Gives::Text);
        let is_text = holder.gives == Gives::Text;
        let list = is_array(&holder.gives);
        Ok(match (lower.as_str(), given.len()) {
            ("tolower" | "tolowerinvariant", 0) => match is_text {
                true => text(format!("{at}.to_lower()")),
                false => text(format!("ps::text({}).to_lower()", holder.text)),
            },
            ("toupper" | "toupperinvariant", 0) => match is_text {
                true => text(format!("{at}.to_upper()")),
                false => text(format!("ps::text({}).to_upper()", holder.text)),
            },
            ("trim", 0) => match is_text {
                true => text(format!("{at}.trim()")),
                false => text(format!("ps::text({}).trim()", holder.text)),
            },
            ("trim" | "trimstart" | "trimend", _) => {
                let which = match lower.as_str() {
                    "trimstart" => "trim_start",
                    "trimend" => "trim_end",
                    _ => "trim",
                };
                match given.is_empty() {
                    true => text(format!("ps::{which}({}, \" \")", holder.text)),
                    false => text(format!("ps::{which}({}, {})", holder.text, joined(&given))),
                }
            }
            ("startswith" | "endswith", _) => {
                let which = if lower == "startswith" { "starts_with" } else { "ends_with" };
                match (is_text && given.len() == 1, given.len() > 1) {
                    (true, _) => Code::atom(format!("{at}.{which}({first})")),
                    (_, true) => Code::atom(format!(
                        "ps::text({}).to_lower().{which}({first}.to_lower())",
                        holder.text
                    )),
                    _ => Code::atom(format!("ps::text({}).{which}({first})", holder.text)),
                }
                .giving(Gives::Truth)
            }
            ("contains", 1..) => match (is_text, list) {
                (true, _) | (_, true) => Code::atom(format!("{at}.contains({first})")),
                _ => Code::atom(format!("ps::has({}, {first})", holder.text)),
            }
            .giving(Gives::Truth),
            ("containskey", 1) => {
                Code::atom(format!("ps::has({}, {first})", holder.text)).giving(Gives::Truth)
            }
            ("split", _) => {
                let gives = Gives::List(Box::new(Gives::Text));
                match given.first().and_then(|code| code.literal.clone()) {
                    Some(one) if is_text && one.chars().count() == 1 && given.len() == 1 => {
                        Code::atom(format!("{at}.split({first})"))
                    }
                    _ if given.is_empty() => Code::atom(format!("ps::split({}, `\\s+`)", holder.text)),
                    _ => Code::atom(format!("ps::split_at({}, {})", holder.text, joined(&given))),
                }
                .giving(gives)
            }
            // Rhai's own `replace` changes what it is called on and gives nothing.
            ("replace", 2..) => {
                text(format!("ps::replace_text({}, {}, {})", holder.text, given[0].text, given[1].text))
            }
            ("substring", 1 | 2) => {
                if is_text && given.iter().all(|code| code.gives == Gives::Number) {
                    text(format!("{at}.sub_string({})", joined(&given)))
                } else {
                    text(format!("ps::text({}).sub_string({})", holder.text, joined(&given)))
                }
            }
            ("indexof", 1..) => {
                Code::atom(format!("ps::index_of({}, {first})", holder.text)).giving(Gives::Number)
            }
            ("lastindexof", 1..) => {
                Code::atom(format!("ps::last_index_of({}, {first})", holder.text)).giving(Gives::Number)
            }
            ("insert", 2) if !list => text(format!("ps::insert_text({}, {})", holder.text, joined(&given))),
            ("padleft", 1 | 2) => text(format!("ps::pad_left({}, {})", holder.text, joined(&given))),
            ("padright", 1 | 2) => text(format!("ps::pad_right({}, {})", holder.text, joined(&given))),
            ("tochararray", 0) => Code::atom(format!("ps::text({}).split(\"\")", holder.text))
                .giving(Gives::List(Box::new(Gives::Text))),
            ("tostring", 0) => match &holder.gives {
                Gives::Text => holder,
                Gives::Number | Gives::Date => text(format!("{at}.to_string()")),
                _ => text(format!("ps::text({})", holder.text)),
            },
            ("tostring", _) => match &holder.gives {
                Gives::Date => text(format!("ps::date_text({}, {first})", holder.text)),
                _ => match given.first().and_then(|code| code.literal.clone()) {
                    Some(pattern) => text(format!(
                        "ps::format({}, [{}])",
                        super::super::code::quoted(&format!("{{0:{pattern}}}")),
                        holder.text
                    )),
                    None => text(format!("ps::date_text({}, {first})", holder.text)),
                },
            },
            ("toshortdatestring", 0) => text(format!("ps::date_text({}, \"d\")", holder.text)),
            ("tolongdatestring", 0) => text(format!("ps::date_text({}, \"D\")", holder.text)),
            ("toshorttimestring", 0) => text(format!("ps::date_text({}, \"t\")", holder.text)),
            ("touniversaltime" | "tolocaltime" | "todatetime", _) => holder,
            ("gettype", 0) => Code::atom(format!("ps::type_of({})", holder.text)),
            ("adddays", 1) => self.add_days(&holder, &given[0]),
            ("addhours" | "addminutes" | "addseconds" | "addmonths" | "addyears" | "addmilliseconds", 1) => {
                let unit = lower.trim_start_matches("add");
                Code::atom(format!("ps::add_{unit}({}, {first})", holder.text)).giving(Gives::Date)
            }
            ("subtract", 1) => Code::atom(format!("ps::span({first}, {})", holder.text)),
            ("compareto", 1) => {
                Code::atom(format!("ps::compare({}, {first})", holder.text)).giving(Gives::Number)
            }
            ("equals", 1..) => {
                Code::atom(format!("ps::eq_exact({}, {first})", holder.text)).giving(Gives::Truth)
            }
            ("getenumerator", 0) => match list {
                true => holder,
                false => Code::atom(format!("ps::entries({})", holder.text)).giving(Gives::List(Box::new(
                    types::table(&[("key", Gives::Text), ("value", Gives::Unknown)]),
                ))),
            },
            ("add" | "addrange" | "remove" | "removeat" | "clear" | "insert" | "enqueue" | "push", _) => {
                return self.changing(object, &holder, &lower, &given);
            }
            ("toarray" | "tolist", 0) => types::each(&holder),
            ("clone", 0) => holder,
            ("getvalue", 1) => Code::atom(format!("ps::get({}, {first})", holder.text)),
            ("join", 1) => Code::atom(format!("ps::join({}, {first})", holder.text)).giving(Gives::Text),
            ("sort", 0) => {
                Code::new(format!("{at} = ps::sort({at}, [], false)"), Level::Loose).giving(Gives::Nothing)
            }
            ("reverse", 0) => Code::atom(format!("{at}.reverse()")).giving(Gives::Nothing),
            ("dispose" | "close" | "flush" | "refresh", _) => {
                self.once(
                    span,
                    Severity::Note,
                    "what is opened closes by itself: `.Dispose()` and `.Close()` are left out",
                );
                Code::nothing()
            }
            ("invoke", _)
                if holder.gives == Gives::Closure
                    || matches!(object.kind, ExpressionKind::Variable { .. }) =>
            {
                Code::atom(format!("{at}.call({})", joined(&given)))
            }
            ("item", 1) => Code::atom(format!("ps::item({}, {first})", holder.text)),
            ("getenumerator" | "gethashcode", _) => {
                return trouble(span, format!("`.{name}()` is not translated"));
            }
            ("psobject", _) => get(&holder, name),
            ("popup", _) => {
                self.once(span, Severity::Attention, "nobody is asked in a window here: the answer is no");
                whole(7)
            }
            ("get_item", 1) => Code::atom(format!("ps::item({}, {first})", holder.text)),
            ("match", 1) => Code::atom(format!("ps::groups_exact({first}, {})", holder.text)),
            _ => return trouble(span, format!("the method `.{name}()` is not translated")),
        })
    }

    pub(super) fn add_days(&mut self, holder: &Code, days: &Code) -> Code {
        if holder.text == "now()"
            && days.gives == Gives::Number
            && let Some(number) = days.text.strip_prefix('-').filter(|_| days.level == Level::Unary)
        {
            let number = number.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(number);
            return Code::atom(format!("days_ago({number})")).giving(Gives::Date);
        }
        if let Some(inner) = days.text.strip_prefix("-ps::number(").and_then(|inner| inner.strip_suffix(')'))
            && holder.text == "now()"
        {
            return Code::atom(format!("days_ago(ps::number({inner}))")).giving(Gives::Date);
        }
        if holder.gives == Gives::Date && days.gives == Gives::Number && !holder.text.ends_with("DateTime") {
            return Code::atom(format!("{}.add_days({})", holder.at(Level::Atom), days.text))
                .giving(Gives::Date);
        }
        Code::atom(format!("ps::add_days({}, {})", holder.text, days.text)).giving(Gives::Date)
    }

    /// Methods that change what they are called on.
    fn changing(&mut self, object: &Expression, holder: &Code, lower: &str, given: &[Code]) -> Outcome<Code> {
        let place = self.target(object).unwrap_or_else(|_| holder.at(Level::Atom));
        let first = given.first().map(|code| code.text.clone()).unwrap_or_default();
        let nothing = |text: String| Code::new(text, Level::Loose).giving(Gives::Nothing);
        let list = is_array(&holder.gives);
        if let ExpressionKind::Variable { scope, name } = &object.kind
            && list
            && let Some(value) = given.last().filter(|_| matches!(lower, "add" | "addrange" | "insert"))
        {
            let (frame, key) = self.home(scope.as_deref(), name);
            let added = if lower == "addrange" {
                types::each(value).gives
            } else {
                types::array_of(&types::element_of_pushed(&value.gives))
            };
            self.learn(frame, &key, &added);
        }
        Ok(match (lower, given) {
            ("add", [_]) if list => nothing(format!("{place}.push({first})")),
            ("add" | "enqueue" | "push", [_]) => nothing(format!("{place} = ps::append({place}, {first})")),
            ("add", [key, value]) => match &key.literal {
                Some(key_text) if key.text.starts_with('"') => nothing(format!(
                    "{place}{} = {}",
                    super::names::member(&self.spelling(key_text)),
                    value.text
                )),
                _ => nothing(format!("{place}[ps::text({first})] = {}", value.text)),
            },
            ("addrange", [_]) => nothing(format!(
                "{place} += {}",
                given.first().map(|code| types::each(code).text).unwrap_or_default()
            )),
            ("remove", [_]) => nothing(format!("{place} = ps::without({place}, {first})")),
            ("remove", [_, _]) => {
                Code::atom(format!("ps::remove_text({}, {})", holder.text, joined(given))).giving(Gives::Text)
            }
            ("removeat", [_]) => nothing(format!("{place}.remove({first})")),
            ("insert", [_, _]) => nothing(format!("{place}.insert({})", joined(given))),
            ("clear", []) => nothing(format!("{place}.clear()")),
            _ => {
                return trouble(
                    object.span,
                    format!("the method `.{lower}()` is not translated with so many arguments"),
                );
            }
        })
    }

    /// `.Where({ ... })`, Where-Object { ... }
    pub(super) fn where_block(&mut self, source: &Code, block: &Block) -> Outcome<Code> {
        let list = types::each(source);
        let used = self.used(block);
        let item = self.item_name(&list, &used);
        let element = types::element(&list.gives);
        self.items.push(Code::atom(item.clone()).giving(element));
        let test = self.closure_test(block);
        self.items.pop();
        let gives = list.gives.clone();
        Ok(Code::atom(format!("{}.filter(|{item}| {})", list.at(Level::Atom), test?)).giving(gives))
    }

    /// The body of a test.
    pub(super) fn closure_test(&mut self, block: &Block) -> Outcome<String> {
        match block.statements.as_slice() {
            [only] if matches!(only.kind, StatementKind::Pipeline(_)) => {
                let code = self.value(only)?;
                Ok(self.truth(&code).text)
            }
            [] => Ok("false".to_owned()),
            _ => {
                let name = self.local("output");
                let mut lines = vec![format!("let {name} = [];")];
                self.inside(Leaving::Closure, |emitter| {
                    emitter.statements(&block.statements, &Sink::Collect(name.clone()), false, &mut lines);
                });
                lines.push(format!("ps::truth(ps::one({name}))"));
                let lines: Vec<String> = lines
                    .into_iter()
                    .map(|line| {
                        line.replace(
                            &format!("return ps::one({name});"),
                            &format!("return ps::truth(ps::one({name}));"),
                        )
                    })
                    .collect();
                Ok(super::statements::block_value(&lines).text)
            }
        }
    }

    /// Names of variables that a block speaks of.
    pub(super) fn used(&mut self, block: &Block) -> Vec<String> {
        let mut found = Vec::new();
        super::walk::block(block, false, &mut |event| {
            if let super::walk::Event::Variable { name, .. } = event {
                found.push(name.to_lowercase());
            }
        });
        found
            .iter()
            .filter(|name| !super::plan::is_automatic(name))
            .map(|name| self.names.variable(name))
            .collect()
    }
}

pub fn joined(codes: &[Code]) -> String {
    codes.iter().map(|code| code.text.as_str()).collect::<Vec<_>>().join(", ")
}
