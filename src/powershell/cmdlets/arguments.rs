//! What a cmdlet was given, by the full names of its parameters: abbreviations, positions and the pipe are sorted out here.

use super::super::code::{Call, Code, Gives, Pieces, Remark, Severity};
use super::super::syntax::Span;
use super::Outcome;
use super::parameters::{self, Known};

/// The arguments of one call, taken one after the other; what is left over at the end was not understood.
pub struct Arguments {
    /// The cmdlet's name as it was typed, without a module.
    pub cmdlet: String,
    pub known: Option<&'static Known>,
    pub span: Span,
    given: Vec<Given>,
    /// Values that no parameter takes by position.
    pub loose: Vec<Code>,
    /// What comes down the pipe, where no parameter is known to take it.
    pub piped: Option<Code>,
    pub splatted: Vec<Code>,
    pub reads: Vec<String>,
    pub remarks: Vec<Remark>,
    /// `-WhatIf`, unless it was said to be off.
    pub what_if: bool,
}

struct Given {
    name: String,
    value: Option<Code>,
    taken: bool,
}

impl Arguments {
    pub fn of(call: &Call) -> Arguments {
        let cmdlet = call.name.rsplit('\\').next().unwrap_or(&call.name).to_owned();
        let known = parameters::known(&cmdlet);
        let mut arguments = Arguments {
            cmdlet,
            known,
            span: call.span,
            given: Vec::new(),
            loose: Vec::new(),
            piped: None,
            splatted: call.splatted.clone(),
            reads: call.reads.clone(),
            remarks: Vec::new(),
            what_if: false,
        };
        for (typed, value) in &call.named {
            arguments.name(typed, value.clone());
        }
        arguments.place(&call.positional);
        if let Some(piped) = &call.piped {
            arguments.pipe(piped.clone());
        }
        arguments
    }

    fn name(&mut self, typed: &str, value: Option<Code>) {
        let own = self.known.and_then(|known| known.parameter(typed)).map(|parameter| parameter.name);
        let name = match (own, parameters::common(typed)) {
            (None, Some("WhatIf")) => {
                self.what_if = value.is_none_or(|value| value.text != "false");
                return;
            }
            (None, Some(_)) => return,
            (Some(own), _) => own.to_owned(),
            (None, None) => typed.to_owned(),
        };
        let wants = own.is_some() && !parameters::is_switch(&self.cmdlet, typed);
        if wants && value.is_none() {
            self.remark(Severity::Warning, format!("-{name} has no value: it is left out"));
            return;
        }
        if matches!(name.as_str(), "BodyParameter" | "AdditionalProperties")
            && let Some(Code { pieces: Pieces::Map(entries), .. }) = &value
        {
            for (key, value) in entries.clone() {
                self.name(&key, Some(value));
            }
            return;
        }
        self.given.push(Given { name, value, taken: false });
    }

    fn place(&mut self, positional: &[Code]) {
        let mut free: Vec<(usize, &'static str)> = Vec::new();
        for parameter in self.known.into_iter().flat_map(|known| &known.parameters) {
            if let Some(position) = parameter.position
                && !self.has(parameter.name)
            {
                free.push((position, parameter.name));
            }
        }
        free.sort_by_key(|(position, _)| *position);
        let mut free = free.into_iter();
        for value in positional {
            // `-AccountEnabled $false` without its colon is refused by PowerShell, and means the opposite when it is left out.
            if matches!(value.text.as_str(), "true" | "false") {
                let mut bare = self.given.iter_mut().filter(|given| given.value.is_none());
                if let (Some(given), None) = (bare.next(), bare.next()) {
                    given.value = Some(value.clone());
                    let message = format!(
                        "-{0} takes its value after a colon, `-{0}:${1}`; it is taken as meant",
                        given.name, value.text
                    );
                    self.remark(Severity::Warning, message);
                    continue;
                }
            }
            match free.next() {
                Some((_, name)) => {
                    self.given.push(Given {
                        name: name.to_owned(),
                        value: Some(value.clone()),
                        taken: false,
                    });
                }
                None => self.loose.push(value.clone()),
            }
        }
    }

    fn pipe(&mut self, value: Code) {
        let takes =
            self.known.into_iter().flat_map(|known| &known.parameters).find(|parameter| parameter.piped);
        match takes {
            Some(parameter) if !self.has(parameter.name) => {
                self.given.push(Given { name: parameter.name.to_owned(), value: Some(value), taken: false });
            }
            _ => self.piped = Some(value),
        }
    }

    /// Whether a parameter was given and not taken yet.
    pub fn has(&self, name: &str) -> bool {
        self.peek_given(name).is_some()
    }

    fn peek_given(&self, name: &str) -> Option<&Given> {
        self.given.iter().find(|given| !given.taken && given.name.eq_ignore_ascii_case(name))
    }

    pub fn peek(&self, name: &str) -> Option<&Code> {
        self.peek_given(name).and_then(|given| given.value.as_ref())
    }

    /// The value of a parameter; a bare switch is true.
    pub fn take(&mut self, name: &str) -> Option<Code> {
        let given =
            self.given.iter_mut().find(|given| !given.taken && given.name.eq_ignore_ascii_case(name))?;
        given.taken = true;
        Some(given.value.clone().unwrap_or_else(|| Code::truth(true)))
    }

    /// The first of several parameters that mean the same.
    pub fn take_any(&mut self, names: &[&str]) -> Option<Code> {
        names.iter().find_map(|name| self.take(name))
    }

    /// Whether a switch is on; `-All:$false` is not.
    pub fn flag(&mut self, name: &str) -> bool {
        self.take(name).is_some_and(|value| value.text != "false")
    }

    /// Gives a parameter that was not typed.
    pub fn give(&mut self, name: &str, value: Code) {
        self.given.push(Given { name: name.to_owned(), value: Some(value), taken: false });
    }

    /// Takes what has no meaning here out of the way.
    pub fn drop_idle(&mut self) {
        let known = self.known;
        for given in &mut self.given {
            let idle =
                known.and_then(|known| known.parameter(&given.name)).is_some_and(|parameter| parameter.idle);
            given.taken |= idle;
        }
    }

    /// Names and values that nobody took, in the order they were given.
    pub fn rest(&mut self) -> Vec<(String, Code)> {
        let left = self.given.iter_mut().filter(|given| !given.taken).map(|given| {
            given.taken = true;
            (given.name.clone(), given.value.clone().unwrap_or_else(|| Code::truth(true)))
        });
        left.collect()
    }

    /// Names that nobody took.
    pub fn left(&self) -> Vec<&str> {
        self.given.iter().filter(|given| !given.taken).map(|given| given.name.as_str()).collect()
    }

    pub fn remark(&mut self, severity: Severity, message: impl Into<String>) {
        self.remarks.push(Remark { span: self.span, severity, message: message.into() });
    }

    /// The translation, with all that there is to say about it.
    pub fn done(&mut self, code: Code) -> Outcome {
        if let Some(first) = self.loose.first().filter(|_| !super::reads_only(&self.cmdlet.to_lowercase())) {
            let reason = format!("`{}` is not understood as an argument of {}", first.text, self.cmdlet);
            return Outcome::Unsupported { reason };
        }
        let left: Vec<String> = self.left().iter().map(|name| format!("-{name}")).collect();
        if !left.is_empty() {
            let message = format!("{} of {} is left out", left.join(", "), self.cmdlet);
            self.remark(Severity::Attention, message);
        }
        if !self.loose.is_empty() {
            let message =
                format!("`{}` is not understood as an argument of {}", self.loose[0].text, self.cmdlet);
            self.remark(Severity::Attention, message);
        }
        Outcome::Code { code, remarks: std::mem::take(&mut self.remarks) }
    }
}

/// The values of a list, written out or single; `None` where that is only known when the script runs.
pub fn items(code: &Code) -> Option<Vec<Code>> {
    match &code.pieces {
        Pieces::List(items) => Some(items.clone()),
        _ if code.literal.is_some() => Some(vec![code.clone()]),
        _ if matches!(
            code.gives,
            Gives::Text | Gives::Number | Gives::Truth | Gives::Date | Gives::One(_)
        ) =>
        {
            Some(vec![code.clone()])
        }
        Pieces::Map(_) => Some(vec![code.clone()]),
        _ => None,
    }
}

/// The value under a key of a written-out map, in any letter case.
pub fn entry<'a>(entries: &'a [(String, Code)], name: &str) -> Option<&'a Code> {
    entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
