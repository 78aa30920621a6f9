//! Operators: plain Rhai where the kinds are known, the `ps` module where PowerShell's ways matter.

use super::super::code::{Code, Gives, Level, Piece, Pieces, Severity};
use super::super::syntax::*;
use super::expressions::array_literal;
use super::types::{self, is_array};
use super::{Emitter, Outcome, trouble};

/// Values that services write in one way only, so that letter case cannot differ.
const FIXED: &[&str] = &[
    "Guest",
    "Member",
    "PendingAcceptance",
    "Accepted",
    "Invitation",
    "EmailVerified",
    "SelfServiceSignUp",
    "Unified",
    "MailContact",
    "MailUser",
    "GuestMailUser",
    "UserMailbox",
];
const FIXED_PROPERTIES: &[&str] =
    &["userType", "externalUserState", "creationType", "recipientTypeDetails", "recipientType"];

impl Emitter<'_> {
    /// A pipeline as a condition.
    pub(super) fn condition(&mut self, line: &Pipeline) -> Outcome<Code> {
        let code = self.pipeline(line)?;
        Ok(self.truth(&code))
    }

    /// Whether PowerShell takes a value for true.
    pub(super) fn truth(&self, code: &Code) -> Code {
        let gives = Gives::Truth;
        if let Some(inner) = types::unwrapped(code) {
            return Code::new(format!("!{}.is_empty()", inner.at(Level::Atom)), Level::Unary).giving(gives);
        }
        match &code.gives {
            Gives::Truth => code.clone(),
            Gives::Number => {
                Code::new(format!("{} != 0", code.at(Level::Compare)), Level::Equal).giving(gives)
            }
            Gives::Text => match &code.literal {
                Some(text)
                    if !code.text.contains(|letter: char| letter.is_alphabetic())
                        || code.text.starts_with('"') =>
                {
                    Code::truth(!text.is_empty())
                }
                _ => Code::new(format!("{} != \"\"", code.at(Level::Compare)), Level::Equal).giving(gives),
            },
            Gives::Date | Gives::One(_) | Gives::Map | Gives::Table(_) | Gives::Row | Gives::Closure
                if is_call(&code.text) =>
            {
                Code::new(format!("{} != ()", code.at(Level::Compare)), Level::Equal).giving(gives)
            }
            Gives::Date | Gives::One(_) | Gives::Maybe(_) => {
                Code::new(format!("{} != ()", code.at(Level::Compare)), Level::Equal).giving(gives)
            }
            Gives::Map | Gives::Table(_) | Gives::Row | Gives::Closure => Code::truth(true),
            Gives::Nothing if code.text == "()" => Code::truth(false),
            many if is_array(many) => {
                Code::new(format!("!{}.is_empty()", code.at(Level::Atom)), Level::Unary).giving(gives)
            }
            _ => Code::atom(format!("ps::truth({})", code.text)).giving(gives),
        }
    }

    pub(super) fn negation(&self, code: &Code) -> Code {
        let test = self.truth(code);
        let gives = Gives::Truth;
        if let Some(inner) = test.text.strip_prefix('!').filter(|_| test.level == Level::Unary) {
            return Code::atom(inner).giving(gives);
        }
        if test.level == Level::Equal && !test.text.contains(" == ") && test.text.matches(" != ").count() == 1
        {
            return Code::new(test.text.replacen(" != ", " == ", 1), Level::Equal).giving(gives);
        }
        match test.text.as_str() {
            "true" => Code::truth(false),
            "false" => Code::truth(true),
            _ => Code::new(format!("!{}", test.at(Level::Atom)), Level::Unary).giving(gives),
        }
    }

    /// `$i++` as a statement. What is not in a table yet counts as 0, as in `$seen[$domain]++`.
    pub(super) fn stepped(&mut self, operator: &str, operand: &Expression) -> Outcome<String> {
        let sign = if operator == "++" { "+" } else { "-" };
        let target = self.target(operand)?;
        if matches!(operand.kind, ExpressionKind::Variable { .. }) {
            return Ok(format!("{target} {sign}= 1"));
        }
        let before = self.expression(operand)?;
        Ok(match before.gives {
            Gives::Number => format!("{target} {sign}= 1"),
            _ => format!("{target} = ({} ?? 0) {sign} 1", before.at(Level::Coalesce)),
        })
    }

    pub(super) fn unary(&mut self, span: Span, operator: &str, operand: &Expression) -> Outcome<Code> {
        if operator == "++" || operator == "--" {
            let target = self.target(operand)?;
            let change = self.stepped(operator, operand)?;
            return Ok(Code::new(format!("{{ {change}; {target} }}"), Level::Loose).giving(Gives::Number));
        }
        let code = self.expression(operand)?;
        Ok(match operator {
            "not" | "!" => self.negation(&code),
            "-" if code.gives == Gives::Number => match code.level {
                Level::Atom => Code::new(format!("-{}", code.text), Level::Unary).giving(Gives::Number),
                _ => Code::new(format!("-({})", code.text), Level::Unary).giving(Gives::Number),
            },
            "-" => Code::new(format!("-ps::number({})", code.text), Level::Unary).giving(Gives::Number),
            "+" if code.gives == Gives::Number => code,
            "+" => Code::atom(format!("ps::number({})", code.text)).giving(Gives::Number),
            "," => array_literal(vec![code]),
            "join" => Code::atom(format!("ps::join({}, \"\")", code.text)).giving(Gives::Text),
            "split" => Code::atom(format!("ps::split({}, `\\s+`)", code.text))
                .giving(Gives::List(Box::new(Gives::Text))),
            "bnot" => Code::new(format!("-{} - 1", code.at(Level::Unary)), Level::Sum).giving(Gives::Number),
            other => return trouble(span, format!("the operator `{other}` is not translated")),
        })
    }

    pub(super) fn binary(
        &mut self,
        span: Span,
        operator: &str,
        left: &Expression,
        right: &Expression,
    ) -> Outcome<Code> {
        if operator == "as" {
            return match &right.kind {
                ExpressionKind::Type(name) => self.cast(span, name, left),
                _ => trouble(span, "the type after `-as` is only known when the script runs"),
            };
        }
        let a = self.expression(left)?;
        let b = self.expression(right)?;
        self.operate(span, operator, a, b)
    }

    /// An operator between two translated values.
    pub(super) fn operate(&mut self, span: Span, operator: &str, a: Code, b: Code) -> Outcome<Code> {
        let plain = without_case(operator);
        let exact = operator.starts_with('c') && plain != operator;
        match plain {
            "and" | "or" => {
                let (a, b) = (self.truth(&a), self.truth(&b));
                let (sign, level) = if plain == "and" { ("&&", Level::And) } else { ("||", Level::Or) };
                Ok(Code::new(format!("{} {sign} {}", a.at(level), b.at(next(level))), level)
                    .giving(Gives::Truth))
            }
            "xor" => {
                let (a, b) = (self.truth(&a), self.truth(&b));
                Ok(Code::new(format!("{} != {}", a.at(Level::Compare), b.at(Level::Compare)), Level::Equal)
                    .giving(Gives::Truth))
            }
            "eq" | "ne" => self.equality(span, plain == "eq", exact, a, b),
            "lt" | "le" | "gt" | "ge" => self.order(span, plain, a, b),
            "is" | "isnot" => {
                let Some(name) = b.literal.as_ref().map(|name| name.to_lowercase()) else {
                    return trouble(span, "the type after `-is` is only known when the script runs");
                };
                let test = format!("ps::is_type({}, {})", a.text, super::super::code::quoted(&name));
                Ok(match plain {
                    "is" => Code::atom(test),
                    _ => Code::new(format!("!{test}"), Level::Unary),
                }
                .giving(Gives::Truth))
            }
            "??" => {
                let gives = if is_array(&a.gives) { a.gives.clone() } else { Gives::Unknown };
                Ok(Code::new(format!("{} ?? {}", a.at(Level::Coalesce), b.at(Level::Or)), Level::Coalesce)
                    .giving(gives))
            }
            _ => self.calculated(span, plain, exact, a, b),
        }
    }

    fn calculated(&mut self, span: Span, operator: &str, exact: bool, a: Code, b: Code) -> Outcome<Code> {
        let helper = |name: &str, gives: Gives| {
            let name = if exact { format!("{name}_exact") } else { name.to_owned() };
            Code::atom(format!("ps::{name}({}, {})", a.text, b.text)).giving(gives)
        };
        let negated = |code: Code| Code::new(format!("!{}", code.text), Level::Unary).giving(Gives::Truth);
        Ok(match operator {
            "+" => return Ok(sum(&a, &b)),
            "-" | "*" | "%" if a.gives == Gives::Number && b.gives == Gives::Number => {
                let level = if operator == "-" { Level::Sum } else { Level::Product };
                Code::new(format!("{} {operator} {}", a.at(level), b.at(next(level))), level)
                    .giving(Gives::Number)
            }
            "-" if a.gives == Gives::Date && b.gives == Gives::Date => {
                Code::new(format!("{} - {}", a.at(Level::Sum), b.at(Level::Product)), Level::Sum)
                    .giving(Gives::One(Some("time span")))
            }
            "-" => helper("subtract", if b.gives == Gives::Number { Gives::Number } else { Gives::Unknown }),
            "*" => helper("multiply", if a.gives == Gives::Text { Gives::Text } else { Gives::Unknown }),
            "%" => Code::new(format!("ps::number({}) % {}", a.text, b.at(Level::Unary)), Level::Product)
                .giving(Gives::Number),
            "/" => helper("divide", Gives::Number),
            ".." => Code::atom(format!("ps::range({}, {})", a.text, b.text))
                .giving(Gives::List(Box::new(Gives::Number))),
            "f" => {
                if a.literal.as_deref().is_some_and(|text| {
                    text.replace("}}", "").matches('}').count() > text.replace("{{", "").matches('{').count()
                }) {
                    self.remark(
                        span,
                        Severity::Warning,
                        "PowerShell stops at this format: a brace that is meant as it is stands twice",
                    );
                }
                if let Some(pieces) = filled_in(&a, &b) {
                    return Ok(self.template(pieces));
                }
                let values = match &b.pieces {
                    Pieces::List(_) => b.text.clone(),
                    _ if is_array(&b.gives) => b.text.clone(),
                    _ => format!("[{}]", b.text),
                };
                Code::atom(format!("ps::format({}, {values})", a.text)).giving(Gives::Text)
            }
            "like" => helper("like", Gives::Truth),
            "notlike" => negated(helper("like", Gives::Truth)),
            "match" => self.matching(&a, &b, exact),
            "notmatch" => negated(helper("matches", Gives::Truth)),
            "contains" | "notcontains" | "in" | "notin" => {
                let (list, item) = if operator.ends_with("contains") { (&a, &b) } else { (&b, &a) };
                let code = contains(list, item, exact);
                match operator.starts_with("not") {
                    true => {
                        Code::new(format!("!{}", code.at(Level::Atom)), Level::Unary).giving(Gives::Truth)
                    }
                    false => code,
                }
            }
            "replace" => {
                let (pattern, with) = match &b.pieces {
                    Pieces::List(items) => match items.as_slice() {
                        [pattern, with] => (pattern.text.clone(), with.text.clone()),
                        [pattern] => (pattern.text.clone(), "\"\"".to_owned()),
                        _ => return trouble(span, "`-replace` takes a pattern and what comes in its place"),
                    },
                    _ => (b.text.clone(), "\"\"".to_owned()),
                };
                let name = if exact { "replace_exact" } else { "replace" };
                Code::atom(format!("ps::{name}({}, {pattern}, {with})", a.text))
                    .giving(if a.gives == Gives::Text { Gives::Text } else { Gives::Unknown })
            }
            "split" => {
                let (pattern, limit) = match &b.pieces {
                    Pieces::List(items) => match items.as_slice() {
                        [pattern, limit, ..] => (pattern.clone(), Some(limit.text.clone())),
                        [pattern] => (pattern.clone(), None),
                        [] => (b.clone(), None),
                    },
                    _ => (b.clone(), None),
                };
                let gives = Gives::List(Box::new(Gives::Text));
                match limit {
                    Some(limit) => Code::atom(format!("ps::split({}, {}, {limit})", a.text, pattern.text)),
                    None => Code::atom(format!("ps::split({}, {})", a.text, pattern.text)),
                }
                .giving(gives)
            }
            "join" => {
                let list = types::each(&a);
                Code::atom(format!("{}.join({})", list.at(Level::Atom), b.text)).giving(Gives::Text)
            }
            "band" | "bor" | "bxor" | "shl" | "shr" => {
                let (sign, level) = match operator {
                    "band" => ("&", Level::And),
                    "bor" => ("|", Level::Or),
                    "bxor" => ("^", Level::Or),
                    "shl" => ("<<", Level::Sum),
                    _ => (">>", Level::Sum),
                };
                let _ = level;
                Code::atom(format!("({} {sign} {})", a.at(Level::Unary), b.at(Level::Unary)))
                    .giving(Gives::Number)
            }
            other => return trouble(span, format!("the operator `-{other}` is not translated")),
        })
    }

    /// `-match` fills `$matches`, where the script reads it.
    fn matching(&mut self, a: &Code, b: &Code, exact: bool) -> Code {
        let suffix = if exact { "_exact" } else { "" };
        if !self.survey.uses_matches {
            return Code::atom(format!("ps::matches{suffix}({}, {})", a.text, b.text)).giving(Gives::Truth);
        }
        let name = self.names.variable("matches");
        let (frame, lower) = self.home(None, "matches");
        self.learn(frame, &lower, &Gives::Unknown);
        let found = format!("ps::groups{suffix}({}, {})", a.text, b.text);
        Code::new(format!("({{ {name} = {found}; {name} }}) != ()"), Level::Equal).giving(Gives::Truth)
    }

    fn equality(&mut self, span: Span, equal: bool, exact: bool, a: Code, b: Code) -> Outcome<Code> {
        let sign = if equal { "==" } else { "!=" };
        let plain = |a: &Code, b: &Code| {
            Code::new(format!("{} {sign} {}", a.at(Level::Compare), b.at(Level::Compare)), Level::Equal)
                .giving(Gives::Truth)
        };
        let is_null = |code: &Code| code.text == "()";
        if is_null(&a) || is_null(&b) {
            let other = if is_null(&a) { &b } else { &a };
            if let Some(inner) = types::unwrapped(other) {
                return Ok(emptiness(&inner, equal));
            }
            if is_array(&other.gives) {
                if is_null(&b) && !is_null(&a) && matches!(other.gives, Gives::List(_)) {
                    self.remark(
                        span,
                        Severity::Warning,
                        "`-eq $null` after an array looks for empty elements in PowerShell; here it asks whether the array is empty (`$null` belongs on the left)",
                    );
                }
                return Ok(emptiness(other, equal));
            }
            return Ok(plain(other, &Code::nothing()));
        }
        // A truth compared with `$true` is itself.
        for (known, other) in [(&a, &b), (&b, &a)] {
            if (known.text == "true" || known.text == "false") && other.gives == Gives::Truth {
                return Ok(if (known.text == "true") == equal {
                    other.clone()
                } else {
                    self.negation(other)
                });
            }
        }
        for (known, other) in [(&a, &b), (&b, &a)] {
            if other.gives == Gives::Truth
                && let Some(text) = known.literal.as_deref()
                && ["true", "false"].contains(&text.to_lowercase().as_str())
            {
                return Ok(if text.eq_ignore_ascii_case("true") == equal {
                    other.clone()
                } else {
                    self.negation(other)
                });
            }
        }
        if is_array(&a.gives) && types::unwrapped(&a).is_none() {
            let item = self.local("item");
            let test = format!("ps::{}({item}, {})", if equal { "eq" } else { "ne" }, b.text);
            return Ok(
                Code::atom(format!("{}.filter(|{item}| {test})", a.at(Level::Atom))).giving(a.gives.clone())
            );
        }
        let same = a.gives == b.gives && matches!(a.gives, Gives::Number | Gives::Truth | Gives::Date);
        let fixed = [(&a, &b), (&b, &a)].iter().any(|(known, other)| {
            known.literal.as_deref().is_some_and(|text| FIXED.contains(&text))
                && FIXED_PROPERTIES.iter().any(|property| other.text.ends_with(&format!(".{property}")))
        });
        if same || fixed || (exact && a.gives == b.gives && a.gives == Gives::Text) {
            return Ok(plain(&a, &b));
        }
        let empty = |code: &Code| code.literal.as_deref() == Some("") && code.text == "\"\"";
        if (empty(&a) && b.gives == Gives::Text) || (empty(&b) && a.gives == Gives::Text) {
            return Ok(plain(&a, &b));
        }
        let name = match (equal, exact) {
            (true, false) => "eq",
            (false, false) => "ne",
            (true, true) => "eq_exact",
            (false, true) => "ne_exact",
        };
        Ok(Code::atom(format!("ps::{name}({}, {})", a.text, b.text)).giving(Gives::Truth))
    }

    fn order(&mut self, span: Span, operator: &str, a: Code, b: Code) -> Outcome<Code> {
        self.order_faults(span, operator, &a, &b);
        let sign = match operator {
            "lt" => "<",
            "le" => "<=",
            "gt" => ">",
            _ => ">=",
        };
        let nullable = |code: &Code| code.gives == Gives::Date && code.text.ends_with("DateTime");
        let numbers = a.gives == Gives::Number && b.gives == Gives::Number;
        let dates = a.gives == Gives::Date && b.gives == Gives::Date && !nullable(&a) && !nullable(&b);
        if numbers || dates {
            return Ok(Code::new(format!("{} {sign} {}", a.at(Level::In), b.at(Level::In)), Level::Compare)
                .giving(Gives::Truth));
        }
        Ok(Code::atom(format!("ps::{operator}({}, {})", a.text, b.text)).giving(Gives::Truth))
    }
}

/// The next tighter level.
pub fn next(level: Level) -> Level {
    match level {
        Level::Loose => Level::Coalesce,
        Level::Coalesce => Level::Or,
        Level::Or => Level::And,
        Level::And => Level::Equal,
        Level::Equal => Level::Compare,
        Level::Compare => Level::In,
        Level::In => Level::Range,
        Level::Range => Level::Sum,
        Level::Sum => Level::Product,
        Level::Product => Level::Unary,
        Level::Unary | Level::Atom => Level::Atom,
    }
}

fn emptiness(code: &Code, equal: bool) -> Code {
    let text = format!("{}.is_empty()", code.at(Level::Atom));
    match equal {
        true => Code::atom(text),
        false => Code::new(format!("!{text}"), Level::Unary),
    }
    .giving(Gives::Truth)
}

fn contains(list: &Code, item: &Code, exact: bool) -> Code {
    let list_code = types::each(list);
    let numbers = matches!(&list_code.gives, Gives::List(inner) if **inner == Gives::Number)
        && item.gives == Gives::Number;
    // Ids are written in one way only.
    let ids = item.text.ends_with(".id")
        && matches!(&list_code.gives, Gives::List(inner) if **inner == Gives::Text);
    if numbers || ids || exact {
        return Code::atom(format!("{}.contains({})", list_code.at(Level::Atom), item.text))
            .giving(Gives::Truth);
    }
    let plain = types::unwrapped(list).map_or_else(|| list.text.clone(), |inner| inner.text);
    Code::atom(format!("ps::contains({plain}, {})", item.text)).giving(Gives::Truth)
}

/// `+`: text, arrays, tables and numbers.
pub fn sum(a: &Code, b: &Code) -> Code {
    let plain = |gives: Gives| {
        Code::new(format!("{} + {}", a.at(Level::Sum), b.at(Level::Product)), Level::Sum).giving(gives)
    };
    if let (Some(first), Some(second)) = (&a.literal, &b.literal)
        && a.text.starts_with('"')
        && b.text.starts_with('"')
    {
        return super::expressions::string(&format!("{first}{second}"));
    }
    match (&a.gives, &b.gives) {
        (Gives::Number, Gives::Number) => plain(Gives::Number),
        (Gives::Text, other)
            if !is_array(other) && !matches!(other, Gives::Map | Gives::Table(_) | Gives::Nothing) =>
        {
            plain(Gives::Text)
        }
        (Gives::Map | Gives::Table(_), Gives::Map | Gives::Table(_)) => plain(Gives::Map),
        (left, right)
            if is_array(left) && is_array(right) && *left != Gives::Rows && *right != Gives::Rows =>
        {
            plain(types::join(left, right))
        }
        (left, _) => Code::atom(format!("ps::add({}, {})", a.text, b.text)).giving(match left {
            Gives::Text => Gives::Text,
            many if is_array(many) => Gives::List(Box::new(Gives::Unknown)),
            _ => Gives::Unknown,
        }),
    }
}

fn is_call(text: &str) -> bool {
    text.ends_with(')')
}

/// `"{0} of {1}" -f $a, $b` as the pieces of a template, where nothing is said of how the values look.
fn filled_in(pattern: &Code, values: &Code) -> Option<Vec<Piece>> {
    let text = pattern.literal.as_deref().filter(|_| pattern.text.starts_with(['"', '`']))?;
    let values: Vec<Code> = match &values.pieces {
        Pieces::List(items) if values.text.starts_with('[') => items.clone(),
        _ if types::is_single(&values.gives) => vec![values.clone()],
        _ => return None,
    };
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            plain.push_str(&rest[..1]);
            rest = after;
            continue;
        }
        let Some(inside) = rest.strip_prefix('{') else {
            // A brace without its partner: PowerShell stops there, and what is meant is plain.
            plain.push('}');
            rest = &rest[1..];
            continue;
        };
        let end = inside.find('}')?;
        let number: usize = inside[..end].trim().parse().ok()?;
        let value = values.get(number)?;
        if is_array(&value.gives) || matches!(value.gives, Gives::Truth | Gives::Map | Gives::Table(_)) {
            return None;
        }
        pieces.push(Piece::Text(std::mem::take(&mut plain)));
        pieces.push(match &value.literal {
            Some(text) if value.text.starts_with('"') => Piece::Text(text.clone()),
            _ => Piece::Value(value.clone()),
        });
        rest = &inside[end + 1..];
    }
    plain.push_str(rest);
    pieces.push(Piece::Text(plain));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Some(pieces)
}
