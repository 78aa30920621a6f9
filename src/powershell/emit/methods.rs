//! Methods, casts and what hangs on types: `$x.ToLower()`, `[int]$x`, `[math]::Round(...)`.

use super::super::code::{Code, Gives, Level, Severity};
use super::super::syntax::*;
use super::expressions::{string, whole};
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
        if holder.text == "now()" && days.gives == Gives::Number {
            if let Some(number) = days.text.strip_prefix('-').filter(|_| days.level == Level::Unary) {
                let number =
                    number.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(number);
                return Code::atom(format!("days_ago({number})")).giving(Gives::Date);
            }
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

    // ---- casts

    pub(super) fn cast(&mut self, span: Span, type_name: &str, operand: &Expression) -> Outcome<Code> {
        let lower = type_name.to_lowercase();
        if lower == "ordered" || lower == "pscustomobject" || lower == "hashtable" || lower == "psobject" {
            if let ExpressionKind::Hash { entries, .. } = &operand.kind {
                return self.hash(entries);
            }
        }
        if lower == "scriptblock" {
            return self.expression(operand);
        }
        let code = self.expression(operand)?;
        self.cast_code(span, type_name, code)
    }

    pub(super) fn cast_code(&mut self, span: Span, type_name: &str, code: Code) -> Outcome<Code> {
        let lower = type_name.to_lowercase();
        let lower = lower.strip_prefix("system.").unwrap_or(&lower);
        if let Some(inner) = lower.strip_suffix("[]") {
            let list = types::each(&code);
            return Ok(match super::functions::declared(Some(inner)) {
                Gives::Unknown => list,
                Gives::Text if list.gives == Gives::List(Box::new(Gives::Nothing)) => list,
                element => match element {
                    Gives::Text if matches!(&list.gives, Gives::List(inner) if **inner == Gives::Text) => {
                        list
                    }
                    _ if code.gives == Gives::List(Box::new(Gives::Nothing)) => list,
                    Gives::Text => {
                        let item = self.local("item");
                        Code::atom(format!("{}.map(|{item}| ps::text({item}))", list.at(Level::Atom)))
                            .giving(Gives::List(Box::new(Gives::Text)))
                    }
                    _ => list,
                },
            });
        }
        Ok(match lower {
            "string" => match (&code.gives, &code.literal) {
                (Gives::Text, _) => code,
                (Gives::Nothing, _) => string(""),
                (Gives::Number | Gives::Date, _) => {
                    Code::atom(format!("{}.to_string()", code.at(Level::Atom))).giving(Gives::Text)
                }
                _ => Code::atom(format!("ps::text({})", code.text)).giving(Gives::Text),
            },
            "int" | "int32" | "int64" | "long" | "int16" | "uint32" | "uint64" | "byte" => {
                match (&code.gives, code.literal.as_ref().and_then(|text| text.trim().parse::<i64>().ok())) {
                    (_, Some(number)) if code.text.starts_with('"') => whole(number),
                    (Gives::Number, _) if !code.text.contains(['.', '/', ':']) => code,
                    _ => Code::atom(format!("ps::whole({})", code.text)).giving(Gives::Number),
                }
            }
            "double" | "float" | "decimal" | "single" => match &code.gives {
                Gives::Number => code,
                _ => Code::atom(format!("ps::number({})", code.text)).giving(Gives::Number),
            },
            "bool" | "boolean" | "switch" => self.truth(&code),
            "datetime" | "datetimeoffset" => match &code.gives {
                Gives::Date => code,
                Gives::Text => Code::atom(format!("ps::date({})", code.text)).giving(Gives::Date),
                _ => Code::atom(format!("ps::date({})", code.text)).giving(Gives::Maybe(Some("date"))),
            },
            "timespan" => Code::atom(format!("ps::duration({})", code.text)),
            "array"
            | "collections.arraylist"
            | "collections.generic.list[object]"
            | "collections.generic.list[psobject]"
            | "collections.generic.list[pscustomobject]"
            | "collections.generic.list[string]"
            | "collections.objectmodel.collection" => types::each(&code),
            "void" => code.giving(Gives::Nothing),
            "pscustomobject" | "psobject" | "hashtable" | "ordered" | "object" | "collections.hashtable" => {
                code
            }
            "guid"
            | "uri"
            | "mailaddress"
            | "net.mail.mailaddress"
            | "version"
            | "ipaddress"
            | "char"
            | "securestring"
            | "regex" => match &code.gives {
                Gives::Text => code,
                _ => Code::atom(format!("ps::text({})", code.text)).giving(Gives::Text),
            },
            "xml" => return trouble(span, "XML cannot be read here"),
            "ref" => return trouble(span, "`[ref]` has no counterpart: functions give values back"),
            "scriptblock" => code,
            other if other.starts_with("collections.generic.list") => types::each(&code),
            other if other.starts_with("microsoft.") || other.starts_with("collections.") => code,
            _ => {
                self.once(
                    span,
                    Severity::Note,
                    &format!("the type `[{type_name}]` is left out: it says nothing here"),
                );
                code
            }
        })
    }

    // ---- static members

    pub(super) fn static_member(
        &mut self,
        span: Span,
        object: &Expression,
        name: &Expression,
    ) -> Outcome<Code> {
        let type_name = type_of(object);
        let name = word(name).unwrap_or_default();
        let lower = name.to_lowercase();
        Ok(match (type_name.as_str(), lower.as_str()) {
            ("datetime" | "datetimeoffset", "now" | "utcnow") => Code::atom("now()").giving(Gives::Date),
            ("datetime", "today") => Code::atom("ps::midnight(now())").giving(Gives::Date),
            ("datetime", "minvalue") => Code::atom("ps::date(\"0001-01-01\")").giving(Gives::Date),
            ("datetime", "maxvalue") => Code::atom("ps::date(\"9999-12-31\")").giving(Gives::Date),
            ("string", "empty") => string(""),
            ("guid", "empty") => string("00000000-0000-0000-0000-000000000000"),
            ("environment", "newline") => string("\n"),
            ("environment", "username" | "machinename" | "userdomainname") => {
                self.remark(span, Severity::Attention, "scripts cannot ask who runs them on which machine: get_context() tells the tenant and the operator");
                string("")
            }
            ("math", "pi") => Code::atom("3.141592653589793").giving(Gives::Number),
            ("int" | "int32", "maxvalue") => whole(2_147_483_647),
            ("int64" | "long", "maxvalue") => whole(i64::MAX),
            ("net.securityprotocoltype", _) | ("net.servicepointmanager", _) => string(name),
            _ => string(name),
        })
    }

    fn static_method(
        &mut self,
        span: Span,
        object: &Expression,
        name: &str,
        arguments: &[Expression],
    ) -> Outcome<Code> {
        let type_name = type_of(object);
        let lower = name.to_lowercase();
        let mut given = Vec::new();
        for argument in arguments {
            given.push(self.expression(argument)?);
        }
        let first = given.first().map(|code| code.text.clone()).unwrap_or_default();
        let text = |code: String| Code::atom(code).giving(Gives::Text);
        Ok(match (type_name.as_str(), lower.as_str(), given.as_slice()) {
            ("string", "isnullorempty" | "isnullorwhitespace", [value]) => {
                match (&value.gives, lower.as_str()) {
                    (Gives::Text, "isnullorempty") => {
                        Code::new(format!("{} == \"\"", value.at(Level::Compare)), Level::Equal)
                            .giving(Gives::Truth)
                    }
                    (Gives::Text, _) => {
                        Code::new(format!("{}.trim() == \"\"", value.at(Level::Atom)), Level::Equal)
                            .giving(Gives::Truth)
                    }
                    (_, "isnullorempty") => {
                        Code::atom(format!("ps::is_empty({})", value.text)).giving(Gives::Truth)
                    }
                    _ => Code::atom(format!("ps::is_blank({})", value.text)).giving(Gives::Truth),
                }
            }
            ("string", "join", [separator, list]) => {
                Code::atom(format!("ps::join({}, {})", list.text, separator.text)).giving(Gives::Text)
            }
            ("string", "join", [separator, list @ ..]) => {
                Code::atom(format!("ps::join([{}], {})", joined(list), separator.text)).giving(Gives::Text)
            }
            ("string", "format", [pattern, values @ ..]) => {
                Code::atom(format!("ps::format({}, [{}])", pattern.text, joined(values))).giving(Gives::Text)
            }
            ("string", "concat", values) => text(format!("ps::join([{}], \"\")", joined(values))),
            ("string", "equals" | "compare", [a, b, ..]) => {
                Code::atom(format!("ps::eq({}, {})", a.text, b.text)).giving(Gives::Truth)
            }
            ("math", "round", [value]) => {
                Code::atom(format!("ps::round({}, 0)", value.text)).giving(Gives::Number)
            }
            ("math", "round", [value, digits, ..]) => {
                Code::atom(format!("ps::round({}, {})", value.text, digits.text)).giving(Gives::Number)
            }
            ("math", "floor" | "ceiling" | "truncate", [value]) => {
                let which = if lower == "truncate" { "int" } else { lower.as_str() };
                Code::atom(format!("ps::{}({})", if which == "int" { "truncate" } else { which }, value.text))
                    .giving(Gives::Number)
            }
            ("math", "abs", [value]) => match value.gives {
                Gives::Number => Code::atom(format!("{}.abs()", value.at(Level::Atom))).giving(Gives::Number),
                _ => Code::atom(format!("ps::number({}).abs()", value.text)).giving(Gives::Number),
            },
            ("math", "max" | "min", [a, b]) => {
                Code::atom(format!("{lower}({}, {})", a.text, b.text)).giving(Gives::Number)
            }
            ("datetime" | "datetimeoffset", "parse" | "parseexact", [value, ..]) => {
                Code::atom(format!("ps::date({})", value.text)).giving(Gives::Date)
            }
            ("datetime", "new", _) => {
                Code::atom(format!("ps::new_date([{}])", joined(&given))).giving(Gives::Date)
            }
            ("guid", "newguid", []) => text("ps::new_guid()".to_owned()),
            ("guid", "parse" | "new", [value]) => text(format!("ps::text({})", value.text)),
            ("convert", "toint32" | "toint64", [value]) => {
                Code::atom(format!("ps::whole({})", value.text)).giving(Gives::Number)
            }
            ("convert", "todatetime", [value]) => {
                Code::atom(format!("ps::date({})", value.text)).giving(Gives::Date)
            }
            ("convert", "tostring", [value]) => text(format!("ps::text({})", value.text)),
            ("convert", "toboolean", [value]) => self.truth(value),
            ("convert", "tobase64string", [value]) => text(format!("ps::to_base64({})", value.text)),
            ("convert", "frombase64string", [value]) => text(format!("ps::from_base64({})", value.text)),
            ("text.encoding", "getbytes" | "getstring", _) => Code::atom(first),
            (
                "web.httputility" | "net.webutility",
                "urlencode" | "htmlencode" | "urldecode" | "htmldecode",
                [value],
            ) => {
                let which = match lower.as_str() {
                    "urlencode" => "url_encode",
                    "urldecode" => "url_decode",
                    "htmlencode" => "html_encode",
                    _ => "html_decode",
                };
                text(format!("ps::{which}({})", value.text))
            }
            ("uri", "escapedatastring" | "escapeuristring", [value]) => {
                text(format!("ps::url_encode({})", value.text))
            }
            ("uri", "unescapedatastring", [value]) => text(format!("ps::url_decode({})", value.text)),
            ("regex", "escape", [value]) => text(format!("ps::escape({})", value.text)),
            ("regex", "replace", [value, pattern, with]) => {
                text(format!("ps::replace_exact({}, {}, {})", value.text, pattern.text, with.text))
            }
            ("regex", "ismatch", [value, pattern, ..]) => {
                Code::atom(format!("ps::matches_exact({}, {})", value.text, pattern.text))
                    .giving(Gives::Truth)
            }
            ("regex", "match", [value, pattern, ..]) => {
                Code::atom(format!("ps::groups_exact({}, {})", value.text, pattern.text))
            }
            ("regex", "new", [pattern, ..]) => pattern.clone(),
            ("bool" | "boolean", "parse", [value]) => {
                Code::atom(format!("ps::eq({}, \"true\")", value.text)).giving(Gives::Truth)
            }
            ("int" | "int32" | "int64", "parse", [value]) => {
                Code::atom(format!("ps::whole({})", value.text)).giving(Gives::Number)
            }
            ("double" | "decimal", "parse", [value]) => {
                Code::atom(format!("ps::number({})", value.text)).giving(Gives::Number)
            }
            ("io.path", "getextension", [value]) => {
                text(format!("ps::split_path({}, \"extension\")", value.text))
            }
            ("io.path", "getfilename", [value]) => text(format!("ps::split_path({}, \"leaf\")", value.text)),
            ("io.path", "getfilenamewithoutextension", [value]) => {
                text(format!("ps::split_path({}, \"leaf_base\")", value.text))
            }
            ("io.path", "getdirectoryname", [value]) => {
                text(format!("ps::split_path({}, \"parent\")", value.text))
            }
            ("regex", "split", [value, pattern]) => {
                Code::atom(format!("ps::split({}, {})", value.text, pattern.text))
            }
            ("io.path", "combine", values) => text(format!("ps::join([{}], \"/\")", joined(values))),
            ("io.file" | "io.directory", "exists", [path]) => {
                Code::atom(format!("ps::path_exists({})", path.text)).giving(Gives::Truth)
            }
            ("timespan", "fromdays" | "fromhours" | "fromminutes" | "fromseconds", [value]) => Code::atom(
                format!("ps::duration_of(\"{}\", {})", lower.trim_start_matches("from"), value.text),
            ),
            ("environment", "getfolderpath", _) => string("."),
            ("console", "writeline" | "write", [value]) => {
                Code::atom(format!("print({})", value.text)).giving(Gives::Nothing)
            }
            ("gc", _, _) => Code::nothing(),
            (name, "new", _)
                if name.starts_with("collections.") || name == "arraylist" || name.contains("list[") =>
            {
                if name.contains("dictionary") || name.contains("hashtable") {
                    Code::atom("#{}").giving(Gives::Map)
                } else {
                    Code::atom("[]").giving(Gives::List(Box::new(Gives::Nothing)))
                }
            }
            (name, "new", [value]) if name == "pscustomobject" || name == "psobject" => value.clone(),
            ("datetime", "tryparse", _) | (_, "tryparse", _) => {
                return trouble(
                    span,
                    format!(
                        "`[{type_name}]::TryParse` fills a variable by reference, which has no counterpart"
                    ),
                );
            }
            ("linq.enumerable", "intersect" | "except", [a, b]) => {
                let list = types::each(a);
                let item = self.item_name(&list, &[]);
                let sign = if lower == "intersect" { "" } else { "!" };
                let text = format!(
                    "{}.filter(|{item}| {sign}ps::contains({}, {item}))",
                    list.at(Level::Atom),
                    b.text
                );
                Code::atom(text).giving(list.gives.clone())
            }
            ("array" | "linq.enumerable", "reverse", [value]) => {
                Code::atom(format!("{}.reverse()", value.at(Level::Atom))).giving(Gives::Nothing)
            }
            _ => return trouble(span, format!("`[{type_name}]::{name}()` is not translated")),
        })
    }

    // ---- blocks as closures

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

fn joined(codes: &[Code]) -> String {
    codes.iter().map(|code| code.text.as_str()).collect::<Vec<_>>().join(", ")
}

fn type_of(object: &Expression) -> String {
    let name = match &object.kind {
        ExpressionKind::Type(name) | ExpressionKind::Text(name) | ExpressionKind::Word(name) => {
            name.to_lowercase()
        }
        ExpressionKind::Member { object, name, .. } => {
            // `[System.Text.Encoding]::UTF8.GetBytes(...)`
            let _ = name;
            return type_of(object);
        }
        _ => String::new(),
    };
    name.strip_prefix("system.").unwrap_or(&name).to_owned()
}
