//! Expressions: literals, text with values in it, variables, tables and lists.

use super::super::code::{Code, Gives, Level, Piece, Pieces, Severity, quoted};
use super::super::syntax::*;
use super::layout::{NEWLINE, is_ours};
use super::types::{self, is_array};
use super::walk::word;
use super::{Emitter, Outcome, names, trouble};

/// Rhai takes expressions within expressions down to 128; what people write stays far above.
const DEEPEST: usize = 90;

impl Emitter<'_> {
    pub(super) fn expression(&mut self, value: &Expression) -> Outcome<Code> {
        self.depth += 1;
        let outcome = match self.depth > DEEPEST {
            true => trouble(value.span, "this expression lies too deep within others"),
            false => self.expression_kind(value),
        };
        self.depth -= 1;
        outcome
    }

    fn expression_kind(&mut self, value: &Expression) -> Outcome<Code> {
        use ExpressionKind as Kind;
        match &value.kind {
            Kind::Variable { scope, name } => self.variable(value.span, scope.as_deref(), name),
            Kind::Integer(number) => Ok(whole(*number)),
            Kind::Real(text) => number(value.span, text),
            Kind::Text(text) => Ok(string(text)),
            Kind::Word(text) => Ok(string(text)),
            Kind::Expandable(parts) => self.expandable(parts),
            Kind::List(items) => self.list(items),
            Kind::Array(list) => self.array(list),
            Kind::Sub(list) => self.statements_value(list),
            Kind::Paren(inside) => self.value(inside),
            Kind::Hash { entries, .. } => self.hash(entries),
            Kind::Script(body) => self.script_block(body),
            Kind::Member { object, name, is_static, null_safe } => {
                self.member(value.span, object, name, *is_static, *null_safe)
            }
            Kind::Method { object, name, arguments, is_static } => {
                self.method(value.span, object, name, arguments, *is_static)
            }
            Kind::Index { object, index } => self.index(value.span, object, index),
            Kind::Unary { operator, operand } => self.unary(value.span, operator, operand),
            Kind::Postfix { operator, operand } => {
                // Its value is the one before; the change comes with it.
                let target = self.target(operand)?;
                let old = self.local("before");
                let change = self.stepped(operator, operand)?;
                Ok(Code::new(format!("{{ let {old} = {target}; {change}; {old} }}"), Level::Loose)
                    .giving(Gives::Number))
            }
            Kind::Binary { operator, left, right } => self.binary(value.span, operator, left, right),
            Kind::Ternary { condition, yes, no } => {
                let test = self.expression(condition)?;
                let test = self.truth(&test).text;
                let yes = self.expression(yes)?;
                let no = self.expression(no)?;
                let gives = types::join(&yes.gives, &no.gives);
                Ok(Code::new(format!("if {test} {{ {} }} else {{ {} }}", yes.text, no.text), Level::Loose)
                    .giving(gives))
            }
            Kind::Cast { type_name, operand } => self.cast(value.span, type_name, operand),
            Kind::Type(name) => Ok(string(name)),
            Kind::Unreadable(why) => trouble(value.span, format!("this could not be read: {why}")),
        }
    }

    // ---- variables

    /// Whose variable it is: the function's (by the address of its body) or the script's (0).
    pub(super) fn home(&mut self, scope: Option<&str>, name: &str) -> (usize, String) {
        let lower = name.to_lowercase();
        if matches!(scope, Some("global" | "script")) {
            return (0, lower);
        }
        let owner = self.frames.iter().rev().find(|frame| {
            (frame.plan.locals.contains(&lower) && !frame.plan.outer.contains(&lower))
                || (frame.function.is_some()
                    && !frame.plan.outer.contains(&lower)
                    && !self.survey.promoted.contains(&lower)
                    && frame.plan.writes.contains_key(&lower))
        });
        // A loop's own variable belongs to where the loop is, even if the plan does not list it.
        let key = match owner {
            Some(frame) => frame.key,
            None => self
                .frames
                .iter()
                .rev()
                .find(|frame| frame.function.is_none() || !frame.plan.outer.contains(&lower))
                .map_or(0, |frame| frame.key),
        };
        (key, lower)
    }

    fn variable(&mut self, span: Span, scope: Option<&str>, name: &str) -> Outcome<Code> {
        let lower = name.to_lowercase();
        if scope == Some("env") {
            let what = match lower.as_str() {
                "temp" | "tmp" | "userprofile" | "home" | "appdata" | "localappdata" | "onedrive"
                | "homepath" => {
                    self.once(
                        span,
                        Severity::Attention,
                        "scripts write below the working directory and folders given with --allow-path: `$env:` folders become the working directory",
                    );
                    return Ok(string("."));
                }
                _ => name,
            };
            self.remark(
                span,
                Severity::Attention,
                format!("scripts cannot read the environment variable `{what}`; it is empty here"),
            );
            return Ok(string(""));
        }
        if let Some(code) = self.automatic(span, &lower)? {
            return Ok(code);
        }
        let (frame, lower) = self.home(scope, name);
        let key = (frame, lower.clone());
        let rhai = self.names.variable(&lower);
        let gives = self.type_of(&key);
        let mut code = Code::atom(rhai).giving(gives);
        if let Some(value) = self.facts.values.get(&key).filter(|_| !self.survey.mutated.contains(&lower)) {
            code.pieces = value.pieces.clone();
            code.literal = value.literal.clone();
        }
        Ok(code)
    }

    /// Variables that PowerShell provides.
    fn automatic(&mut self, span: Span, lower: &str) -> Outcome<Option<Code>> {
        let code = match lower {
            "true" => Code::truth(true),
            "false" => Code::truth(false),
            "null" => Code::nothing(),
            "_" | "psitem" | "this" | "switch" | "foreach" if self.items.last().is_some() => {
                self.items.last().cloned().unwrap_or_else(Code::nothing)
            }
            "_" | "psitem" => {
                self.once(span, Severity::Warning, "`$_` is empty where nothing comes down a pipe");
                Code::nothing()
            }
            "args" => match &self.frame().function {
                Some(_) => Code::atom("arguments").giving(Gives::List(Box::new(Gives::Unknown))),
                None => Code::atom("args").giving(Gives::List(Box::new(Gives::Text))),
            },
            "psscriptroot" | "pwd" => {
                self.once(span, Severity::Note, "paths are relative to the working directory, also where the original took the script's folder");
                string(".")
            }
            "home" => string("."),
            "pscommandpath" => string("script.rhai"),
            "error" if self.survey.own_error => return Ok(None),
            "error" => match self.errors.last() {
                Some(name) => Code::atom(format!("[{name}]")).giving(Gives::List(Box::new(Gives::Unknown))),
                None => {
                    self.once(
                        span,
                        Severity::Attention,
                        "`$Error` is empty here: an error ends the script unless `try`/`catch` takes it",
                    );
                    Code::atom("[]").giving(Gives::List(Box::new(Gives::Nothing)))
                }
            },
            "?" => {
                self.once(
                    span,
                    Severity::Attention,
                    "`$?` is always true here: an error ends the script unless `try`/`catch` takes it",
                );
                Code::truth(true)
            }
            "lastexitcode" => whole(0),
            "psboundparameters" => {
                self.remark(span, Severity::Attention, "`$PSBoundParameters` is empty here");
                Code::atom("#{}").giving(Gives::Map)
            }
            "host" | "myinvocation" | "psversiontable" | "executioncontext" | "pscmdlet" | "profile"
            | "psstyle" => {
                return trouble(span, format!("`${lower}` tells of PowerShell itself, which is not here"));
            }
            "input" => {
                return trouble(
                    span,
                    "`$input` has no counterpart: name a parameter that takes the pipeline",
                );
            }
            "pid" => whole(0),
            "iswindows" | "ismacos" | "iscoreclr" | "islinux" => Code::truth(lower == "islinux"),
            "psedition" => string("Core"),
            name if name.ends_with("preference") => string("Continue"),
            "ofs" => string(" "),
            _ => return Ok(None),
        };
        Ok(Some(code))
    }

    // ---- text

    /// `"a $b $($c.d)"`
    fn expandable(&mut self, parts: &[Part]) -> Outcome<Code> {
        let mut pieces = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => match pieces.last_mut() {
                    Some(Piece::Text(known)) => known.push_str(text),
                    _ => pieces.push(Piece::Text(text.clone())),
                },
                Part::Value(value) => {
                    let code = self.expression(value)?;
                    match (&code.literal, matches!(value.kind, ExpressionKind::Variable { .. })) {
                        // A known text is part of the text; a variable keeps its name.
                        (Some(text), false) => match pieces.last_mut() {
                            Some(Piece::Text(known)) => known.push_str(text),
                            _ => pieces.push(Piece::Text(text.clone())),
                        },
                        _ => pieces.push(Piece::Value(code)),
                    }
                }
            }
        }
        Ok(self.template(pieces))
    }

    pub(super) fn template(&mut self, given: Vec<Piece>) -> Code {
        let mut pieces: Vec<Piece> = Vec::new();
        for piece in given {
            match (piece, pieces.last_mut()) {
                (Piece::Text(text), Some(Piece::Text(known))) => known.push_str(&text),
                (piece, _) => pieces.push(piece),
            }
        }
        if let [Piece::Text(only)] = pieces.as_slice() {
            return string(only);
        }
        if pieces.is_empty() {
            return string("");
        }
        let mut text = String::from("`");
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Text(plain) => escape_into(plain, at == 0, &mut text),
                Piece::Value(code) => text.push_str(&format!("${{{}}}", shown(code))),
            }
        }
        text.push('`');
        Code { pieces: Pieces::Template(pieces), ..Code::atom(text).giving(Gives::Text) }
    }

    // ---- lists and tables

    fn list(&mut self, items: &[Expression]) -> Outcome<Code> {
        let mut codes = Vec::new();
        for item in items {
            codes.push(self.expression(item)?);
        }
        Ok(array_literal(codes))
    }

    /// `@( ... )`: always an array.
    fn array(&mut self, list: &[Statement]) -> Outcome<Code> {
        match list {
            [] => Ok(Code {
                pieces: Pieces::List(Vec::new()),
                ..Code::atom("[]").giving(Gives::List(Box::new(Gives::Nothing)))
            }),
            [only] => {
                if let StatementKind::Pipeline(line) = &only.kind
                    && let [Element::Expression(one)] = line.elements.as_slice()
                    && line.chained.is_none()
                {
                    let code = self.expression(one)?;
                    if let (Pieces::List(_), ExpressionKind::List(_)) = (&code.pieces, &one.kind) {
                        return Ok(code);
                    }
                    if code.gives == Gives::Nothing && code.text == "()" {
                        return Ok(array_literal(vec![code]));
                    }
                    if types::is_single(&code.gives) {
                        return Ok(array_literal(vec![code]));
                    }
                    return Ok(types::each(&code));
                }
                let code = self.value(only)?;
                if matches!(code.gives, Gives::Nothing) && code.text == "()" {
                    return Ok(array_literal(Vec::new()));
                }
                Ok(types::each(&code))
            }
            _ => {
                let plain: Option<Vec<&Expression>> = list
                    .iter()
                    .map(|statement| match &statement.kind {
                        StatementKind::Pipeline(line) => match line.elements.as_slice() {
                            [Element::Expression(one)] => Some(one),
                            _ => None,
                        },
                        _ => None,
                    })
                    .collect();
                if let Some(plain) = plain {
                    let mut codes = Vec::new();
                    for item in plain {
                        codes.push(self.expression(item)?);
                    }
                    if codes.iter().all(|code| types::is_single(&code.gives)) {
                        return Ok(self.array_of_lines(list, codes));
                    }
                }
                let code = self.statements_value(list)?;
                Ok(types::each(&code))
            }
        }
    }

    /// An array whose elements stood on lines of their own.
    fn array_of_lines(&mut self, list: &[Statement], codes: Vec<Code>) -> Code {
        let lines: std::collections::BTreeSet<usize> =
            list.iter().map(|statement| statement.span.line).collect();
        if lines.len() < 2 {
            return array_literal(codes);
        }
        let mut text = String::from("[");
        for (statement, code) in list.iter().zip(&codes) {
            for above in statement.above.iter().flat_map(|above| &above.lines) {
                text.push_str(&format!("\n    {}", super::statements::comment_line(above)));
            }
            text.push_str(&format!("\n    {},", code.text.replace('\n', "\n    ")));
            if let Some(beside) = &statement.beside {
                text.push_str(&format!("  {}", super::statements::comment_line(beside)));
            }
        }
        text.push_str("\n]");
        Code { text, ..array_literal(codes) }
    }

    pub(super) fn hash(&mut self, entries: &[Entry]) -> Outcome<Code> {
        if entries.is_empty() {
            return Ok(Code { pieces: Pieces::Map(Vec::new()), ..Code::atom("#{}").giving(Gives::Map) });
        }
        let mut pairs = Vec::new();
        let mut computed = Vec::new();
        let mut lines = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        let mut notes = false;
        for entry in entries {
            let value = self.value(&entry.value)?;
            let key = match &entry.key.kind {
                ExpressionKind::Integer(number) => Code::string(&number.to_string()),
                _ => {
                    let code = self.expression(&entry.key)?;
                    // A variable's value may be known, but it is the variable that the reader should see.
                    match word(&entry.key) {
                        Some(name) => Code::string(name),
                        None if !matches!(entry.key.kind, ExpressionKind::Variable { .. }) => code,
                        None => Code { literal: None, ..code },
                    }
                }
            };
            let above: Vec<String> = entry
                .above
                .iter()
                .flat_map(|above| &above.lines)
                .map(|line| super::statements::comment_line(line))
                .collect();
            let beside = entry.beside.as_ref().map(|text| super::statements::comment_line(text));
            notes |= !above.is_empty() || beside.is_some();
            match key.literal {
                Some(name) if !seen.contains(&name) => {
                    let name = self.spelling(&name);
                    seen.push(name.clone());
                    lines.push((above, format!("{}: {}", names::key(&name), value.text), beside));
                    pairs.push((name, value));
                }
                Some(name) => computed.push((quoted(&name), value)),
                None => computed.push((format!("ps::text({})", key.text), value)),
            }
        }
        let first = entries.first().map_or(0, |entry| entry.key.span.line);
        let last = entries.last().map_or(0, |entry| entry.key.span.line);
        let spread = notes
            || (last > first && entries.len() > 3)
            || lines.iter().any(|(_, text, _)| text.contains('\n'));
        let text = if lines.is_empty() {
            "#{}".to_owned()
        } else if spread {
            let mut text = String::from("#{");
            for (above, line, beside) in &lines {
                for comment in above {
                    text.push_str(&format!("\n    {comment}"));
                }
                text.push_str(&format!("\n    {},", line.replace('\n', "\n    ")));
                if let Some(beside) = beside {
                    text.push_str(&format!("  {beside}"));
                }
            }
            text.push_str("\n}");
            text
        } else {
            let texts: Vec<&str> = lines.iter().map(|(_, line, _)| line.as_str()).collect();
            format!("#{{ {} }}", texts.join(", "))
        };
        if computed.is_empty() {
            let gives = types::of_pairs(&pairs);
            return Ok(Code { pieces: Pieces::Map(pairs), ..Code::atom(text).giving(gives) });
        }
        let table = self.local("table");
        let mut block = vec![format!("let {table} = {text};")];
        for (key, value) in computed {
            block.push(format!("{table}[{key}] = {};", value.text));
        }
        block.push(table);
        Ok(super::statements::block_value(&block).giving(Gives::Map))
    }

    /// One spelling for a key that the script writes in several letter cases.
    pub(super) fn spelling(&self, name: &str) -> String {
        match self.survey.keys.get(&name.to_lowercase()) {
            Some(spellings) if !spellings.contains(name) => {
                spellings.iter().next_back().cloned().unwrap_or_else(|| name.to_owned())
            }
            _ => name.to_owned(),
        }
    }

    /// `{ ... }` as a value: a closure.
    fn script_block(&mut self, body: &Block) -> Outcome<Code> {
        let mut heads: Vec<String> =
            body.parameters.iter().map(|parameter| self.names.variable(&parameter.name)).collect();
        let mut lines = Vec::new();
        let name = self.local("output");
        let mut reads_item = false;
        super::walk::block(body, false, &mut |event| {
            if let super::walk::Event::Variable { name, .. } = event {
                reads_item |= name == "_" || name.eq_ignore_ascii_case("psitem");
            }
        });
        if reads_item && heads.is_empty() {
            let used = self.used(body);
            let item = self.item_name(&Code::nothing(), &used);
            heads.push(item.clone());
            self.items.push(Code::atom(item));
        } else {
            self.items.push(Code::nothing());
        }
        let code = match body.statements.as_slice() {
            [only] if body.named.is_empty() && matches!(only.kind, StatementKind::Pipeline(_)) => {
                self.value(only)
            }
            _ => {
                self.inside(super::Leaving::Closure, |emitter| {
                    emitter.statements(
                        &body.statements,
                        &super::Sink::Collect(name.clone()),
                        false,
                        &mut lines,
                    );
                });
                lines.insert(0, format!("let {name} = [];"));
                lines.push(format!("ps::one({name})"));
                Ok(super::statements::block_value(&lines))
            }
        };
        self.items.pop();
        Ok(Code::new(format!("|{}| {}", heads.join(", "), code?.text), Level::Loose).giving(Gives::Closure))
    }
}

/// Code in a template, shown as PowerShell shows it inside a text.
fn shown(code: &Code) -> String {
    match &code.gives {
        gives if is_array(gives) && *gives != Gives::Rows => format!("{}.join(\" \")", code.at(Level::Atom)),
        Gives::Map | Gives::Table(_) => format!("ps::text({})", code.text),
        _ => code.text.clone(),
    }
}

/// Literal text inside back-ticks.
fn escape_into(plain: &str, first: bool, out: &mut String) {
    let letters: Vec<char> = plain.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        match letter {
            '`' => out.push_str("``"),
            '$' if letters.get(at + 1) == Some(&'{') => out.push_str("${\"$\"}"),
            // A `$` at the end may meet the `${` of what follows.
            '$' if at + 1 == letters.len() => out.push_str("${\"$\"}"),
            // The first line end of such a text is not part of it.
            '\n' if first && at == 0 => out.push_str("${\"\\n\"}"),
            '\n' => out.push(NEWLINE),
            '\r' => out.push_str("${\"\\r\"}"),
            '\t' => out.push('\t'),
            letter if is_ours(letter) => out.push_str(&format!("${{\"\\u{:04x}\"}}", u32::from(letter))),
            letter if letter.is_control() => out.push_str(&format!("${{\"\\u{:04x}\"}}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
}

/// A string literal; one of several lines stands in back-ticks, as it was.
pub fn string(text: &str) -> Code {
    let lines = text.matches('\n').count();
    let plain = !text.contains(['`', '\r'])
        && !text
            .chars()
            .any(|letter| is_ours(letter) || (letter.is_control() && letter != '\n' && letter != '\t'));
    if lines > 1 && plain && !text.contains("${") && !text.starts_with('\n') && !text.ends_with('$') {
        let shown = format!("`{}`", text.replace('\n', &NEWLINE.to_string()));
        return Code { text: shown, ..Code::string(text) };
    }
    let code = Code::string(text);
    if text.chars().any(is_ours) {
        let mut shown = code.text.clone();
        for letter in text.chars().filter(|letter| is_ours(*letter)) {
            shown = shown.replace(letter, &format!("\\u{:04x}", u32::from(letter)));
        }
        return Code { text: shown, ..code };
    }
    code
}

pub fn whole(number: i64) -> Code {
    let level = if number < 0 { Level::Unary } else { Level::Atom };
    // The smallest number there is cannot be written with a sign before it.
    let text = if number == i64::MIN { "(-9223372036854775807 - 1)".to_owned() } else { number.to_string() };
    Code::new(text, level).giving(Gives::Number)
}

/// `1.5`, `2e3`, `1.5d`, `10MB`, `0xff`.
fn number(span: Span, text: &str) -> Outcome<Code> {
    let lower = text.trim().to_lowercase().replace('_', "");
    let (digits, times) =
        [("kb", 1u64 << 10), ("mb", 1 << 20), ("gb", 1 << 30), ("tb", 1 << 40), ("pb", 1 << 50)]
            .iter()
            .find_map(|(unit, times)| lower.strip_suffix(unit).map(|digits| (digits.to_owned(), *times)))
            .unwrap_or((lower.clone(), 1));
    if let Some(hex) = digits.strip_prefix("0x")
        && let Ok(value) = i64::from_str_radix(hex.trim_end_matches('l'), 16)
    {
        return Ok(whole(value.saturating_mul(times as i64)));
    }
    let digits = digits.trim_end_matches(['d', 'l', 'u', 's', 'y', 'n']);
    if let Ok(value) = digits.parse::<i64>()
        && let Some(value) = value.checked_mul(times as i64)
    {
        return Ok(whole(value));
    }
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            let value = value * times as f64;
            let text = if value == value.trunc() && value.abs() < 1e15 {
                format!("{value:.1}")
            } else {
                format!("{value:?}")
            };
            let text =
                if text.contains('e') && !text.contains('.') { text.replacen('e', ".0e", 1) } else { text };
            let level = if value < 0.0 { Level::Unary } else { Level::Atom };
            Ok(Code::new(text, level).giving(Gives::Number))
        }
        _ => trouble(span, format!("`{text}` is no number here")),
    }
}

pub fn array_literal(codes: Vec<Code>) -> Code {
    let texts: Vec<&str> = codes.iter().map(|code| code.text.as_str()).collect();
    let element = codes
        .iter()
        .map(|code| code.gives.clone())
        .reduce(|a, b| types::join(&a, &b))
        .unwrap_or(Gives::Nothing);
    let gives =
        if codes.is_empty() { Gives::List(Box::new(Gives::Nothing)) } else { types::array_of(&element) };
    let text = format!("[{}]", texts.join(", "));
    Code { pieces: Pieces::List(codes), ..Code::atom(text).giving(gives) }
}
