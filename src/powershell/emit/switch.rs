//! `switch`: Rhai's own where the values are known, tests one after the other where they are patterns.

use super::super::code::{Code, Gives, Level, Severity};
use super::super::syntax::*;
use super::statements::indented;
use super::types::{self, is_array};
use super::{Emitter, Leaving, Outcome, Sink, trouble};

impl Emitter<'_> {
    #[allow(clippy::too_many_arguments, reason = "the parts of one statement")]
    pub(super) fn switch(
        &mut self,
        statement: &Statement,
        flags: &[String],
        subject: &Pipeline,
        arms: &[(SwitchPattern, Block)],
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let has =
            |flag: &str| flags.iter().any(|given| flag.starts_with(given.as_str()) && !given.is_empty());
        if has("file") {
            return trouble(statement.span, "`switch -File` reads text files, which scripts cannot");
        }
        let value = self.pipeline(subject)?;
        let many = is_array(&value.gives);
        let (wildcard, regex, exact) = (has("wildcard"), has("regex"), has("casesensitive"));
        let literals = arms.iter().all(|(pattern, _)| match pattern {
            SwitchPattern::Default => true,
            SwitchPattern::Value(value) => {
                matches!(
                    value.kind,
                    ExpressionKind::Text(_) | ExpressionKind::Word(_) | ExpressionKind::Integer(_)
                )
            }
            SwitchPattern::Condition(_) => false,
        }) && !wildcard
            && !regex;
        let early = arms.iter().any(|(_, body)| breaks_early(body));
        let mut lines = Vec::new();
        let inline = literals && !early && !many && !speaks_of_item(arms);
        let item = if !inline && (many || !is_name(&value.text)) {
            self.local("subject")
        } else {
            value.text.clone()
        };
        self.items.push(Code::atom(item.clone()).giving(types::element(&value.gives)));
        if literals && !early {
            let subject = Code { text: item.clone(), ..value.clone() };
            self.switch_on_literals(&subject, exact, arms, sink, last && !many, &mut lines);
        } else {
            self.switch_on_tests(&item, (wildcard, regex, exact), early, arms, sink, &mut lines)?;
        }
        self.items.pop();
        if many {
            out.push(format!("for {item} in {} {{", value.text));
            out.extend(indented(&lines));
            out.push("}".to_owned());
        } else {
            if item != value.text {
                out.push(format!("let {item} = {};", value.text));
            }
            out.append(&mut lines);
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one statement")]
    fn switch_on_literals(
        &mut self,
        item: &Code,
        exact: bool,
        arms: &[(SwitchPattern, Block)],
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) {
        let numbers = arms.iter().all(|(pattern, _)| {
            matches!(pattern, SwitchPattern::Default)
                || matches!(pattern, SwitchPattern::Value(value) if matches!(value.kind, ExpressionKind::Integer(_)))
        }) && types::element(&item.gives) == Gives::Number;
        let subject = match (numbers, exact, types::element(&item.gives)) {
            (true, ..) => item.text.clone(),
            (_, true, Gives::Text) => item.text.clone(),
            (_, true, _) => format!("ps::text({})", item.text),
            (_, _, Gives::Text) => format!("{}.to_lower()", item.at(Level::Atom)),
            _ => format!("ps::text({}).to_lower()", item.text),
        };
        out.push(format!("switch {subject} {{"));
        let mut seen: Vec<String> = Vec::new();
        let mut default = None;
        for (pattern, body) in arms {
            let SwitchPattern::Value(value) = pattern else {
                default = Some(body);
                continue;
            };
            let key = match &value.kind {
                ExpressionKind::Integer(number) if numbers => number.to_string(),
                ExpressionKind::Integer(number) => format!("\"{number}\""),
                ExpressionKind::Text(text) | ExpressionKind::Word(text) => {
                    super::super::code::quoted(&if exact { text.clone() } else { text.to_lowercase() })
                }
                _ => continue,
            };
            if seen.contains(&key) {
                self.remark(
                    value.span,
                    Severity::Attention,
                    "this value stands twice in the `switch`; only the first one counts here",
                );
                continue;
            }
            seen.push(key.clone());
            self.arm(&key, body, sink, last, out);
        }
        match default {
            Some(body) => self.arm("_", body, sink, last, out),
            None => out.push("    _ => {},".to_owned()),
        }
        out.push("}".to_owned());
    }

    fn arm(&mut self, key: &str, body: &Block, sink: &Sink, last: bool, out: &mut Vec<String>) {
        let mut lines = Vec::new();
        self.inside(Leaving::Switch { looped: false }, |emitter| lines = emitter.inner(body, sink, last));
        match lines.as_slice() {
            [] => out.push(format!("    {key} => {{}},")),
            [only]
                if only.ends_with(';') && only.len() < 80 && !only.contains("//") && is_expression(only) =>
            {
                out.push(format!("    {key} => {},", super::layout::bare(only).trim_end_matches(';')));
            }
            _ => {
                out.push(format!("    {key} => {{"));
                out.extend(indented(&lines));
                out.push("    }".to_owned());
            }
        }
    }

    /// Patterns that have to be tried one after the other.
    fn switch_on_tests(
        &mut self,
        item: &str,
        (wildcard, regex, exact): (bool, bool, bool),
        early: bool,
        arms: &[(SwitchPattern, Block)],
        sink: &Sink,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let exclusive =
            arms.iter().all(|(pattern, body)| matches!(pattern, SwitchPattern::Default) || ends(body));
        let matched = if exclusive { None } else { Some(self.local("matched")) };
        let mut lines: Vec<String> = Vec::new();
        if let (Some(matched), true) =
            (&matched, arms.iter().any(|(pattern, _)| matches!(pattern, SwitchPattern::Default)))
        {
            lines.push(format!("let {matched} = false;"));
        }
        let has_default = arms.iter().any(|(pattern, _)| matches!(pattern, SwitchPattern::Default));
        let mut chain: Vec<String> = Vec::new();
        let mut default = Vec::new();
        for (pattern, body) in arms {
            let test = match pattern {
                SwitchPattern::Default => {
                    self.inside(Leaving::Switch { looped: early }, |emitter| {
                        default = emitter.inner(body, sink, false)
                    });
                    continue;
                }
                SwitchPattern::Value(value) => {
                    let wanted = self.expression(value)?.text;
                    match (wildcard, regex, exact) {
                        (true, ..) => format!("ps::like({item}, {wanted})"),
                        (_, true, _) => format!("ps::matches({item}, {wanted})"),
                        (_, _, true) => format!("{item} == {wanted}"),
                        _ => format!("ps::eq({item}, {wanted})"),
                    }
                }
                SwitchPattern::Condition(block) => match block.statements.as_slice() {
                    [only] => {
                        let value = self.value(only)?;
                        self.truth(&value).text
                    }
                    _ => {
                        return trouble(
                            Span::default(),
                            "the pattern of this `switch` is a block of several statements",
                        );
                    }
                },
            };
            let mut inside = Vec::new();
            self.inside(Leaving::Switch { looped: early }, |emitter| {
                inside = emitter.inner(body, sink, false)
            });
            if let Some(matched) = &matched {
                lines.push(format!("if {test} {{"));
                if has_default {
                    lines.push(format!("    {matched} = true;"));
                }
                lines.extend(inside);
                lines.push("}".to_owned());
            } else {
                match chain.last_mut() {
                    None => chain.push(format!("if {test} {{")),
                    Some(line) => *line = format!("}} else if {test} {{"),
                }
                chain.extend(inside);
                chain.push("}".to_owned());
            }
        }
        if !default.is_empty() {
            match (&matched, chain.last_mut()) {
                (Some(matched), _) => {
                    lines.push(format!("if !{matched} {{"));
                    lines.extend(default);
                    lines.push("}".to_owned());
                }
                (None, Some(line)) => {
                    *line = "} else {".to_owned();
                    chain.extend(default);
                    chain.push("}".to_owned());
                }
                (None, None) => {
                    lines.push("{".to_owned());
                    lines.extend(default);
                    lines.push("}".to_owned());
                }
            }
        }
        lines.append(&mut chain);
        if early {
            out.push("loop {".to_owned());
            out.extend(indented(&lines));
            out.push("    break;".to_owned());
            out.push("}".to_owned());
        } else {
            out.append(&mut lines);
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && text.chars().next().is_some_and(|first| first.is_ascii_alphabetic())
}

/// Whether the arms of a `switch` read what it is about as `$_`.
fn speaks_of_item(arms: &[(SwitchPattern, Block)]) -> bool {
    let mut found = false;
    for (_, body) in arms {
        super::walk::block(body, false, &mut |event| {
            if let super::walk::Event::Variable { name, .. } = event {
                found |= matches!(name.to_lowercase().as_str(), "_" | "psitem" | "switch");
            }
        });
    }
    found
}

/// Whether a line can stand as an arm without braces.
fn is_expression(line: &str) -> bool {
    let line = super::layout::bare(line);
    let line = line.trim_start();
    ![
        "let ", "if ", "for ", "while ", "switch ", "return", "throw", "break", "continue", "try ", "loop ",
        "do ", "{",
    ]
    .iter()
    .any(|word| line.starts_with(word))
        && !line.contains('\n')
        && line.matches(';').count() == 1
        && !assigns(line)
}

/// Whether a line is an assignment, which is no expression.
fn assigns(line: &str) -> bool {
    let head: String = line.chars().take_while(|letter| !matches!(letter, '"' | '`' | '(')).collect();
    head.contains(" = ") || head.contains(" += ") || head.contains(" -= ") || head.contains("] = ")
}

/// Whether a block always leaves what is around it.
fn ends(block: &Block) -> bool {
    block.statements.last().is_some_and(|last| {
        matches!(
            last.kind,
            StatementKind::Break(_)
                | StatementKind::Return(_)
                | StatementKind::Continue(_)
                | StatementKind::Exit(_)
                | StatementKind::Throw(_)
        )
    })
}

/// Whether `break` stands somewhere else than at the end of an arm.
fn breaks_early(block: &Block) -> bool {
    fn any(list: &[Statement], skip_last: bool) -> bool {
        let upto = if skip_last { list.len().saturating_sub(1) } else { list.len() };
        list.iter().take(upto).any(|statement| matches!(statement.kind, StatementKind::Break(_)))
            || list.iter().any(|statement| match &statement.kind {
                StatementKind::If { arms, otherwise } => {
                    arms.iter().any(|(_, body)| any(&body.statements, false))
                        || otherwise.as_ref().is_some_and(|body| any(&body.statements, false))
                }
                StatementKind::Try { body, catches, .. } => {
                    any(&body.statements, false)
                        || catches.iter().any(|(_, body)| any(&body.statements, false))
                }
                _ => false,
            })
    }
    any(&block.statements, true)
}
