//! Casts and what hangs on types: `[int]$x`, `[math]::Round(...)`, `[datetime]::Now`.

use super::super::code::{Code, Gives, Level, Severity};
use super::super::syntax::*;
use super::expressions::{string, whole};
use super::methods::joined;
use super::types;
use super::walk::word;
use super::{Emitter, Outcome, trouble};

impl Emitter<'_> {
    pub(super) fn cast(&mut self, span: Span, type_name: &str, operand: &Expression) -> Outcome<Code> {
        let lower = type_name.to_lowercase();
        if (lower == "ordered" || lower == "pscustomobject" || lower == "hashtable" || lower == "psobject")
            && let ExpressionKind::Hash { entries, .. } = &operand.kind
        {
            return self.hash(entries);
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

    pub(super) fn static_method(
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
