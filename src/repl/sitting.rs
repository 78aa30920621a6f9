//! A sitting at the prompt: each line is taken for what it is and carried out, whoever typed it.

use std::path::Path;
use std::time::Instant;

use anstyle::Style;

use super::command::{self, Command, Time};
use super::line::{self, Line};
use super::{Front, foreign, pager, script};
use crate::disk;
use crate::host::{Answer, Interpreter, ScriptError};
use crate::powershell;
use crate::problem::{Kind, Problem};
use crate::terminal;
use crate::words::count;

/// Whether there will be another line.
#[derive(Debug, PartialEq)]
pub enum Next {
    Goes,
    /// On with this text in the line, ready to be changed.
    With(String),
    Leaves,
}

pub struct Sitting<'a> {
    front: &'a dyn Front,
    /// Somebody looks at it, and may be shown more than a pipe.
    watched: bool,
    timed: bool,
    /// Whether it was said that a line which failed is not lost.
    comforted: bool,
    /// Lines that went well.
    good: Vec<script::Good>,
    /// The last line of code.
    last: String,
    /// What earlier lines of PowerShell left behind.
    powershell: powershell::Session,
}

type Taken = Result<Next, Problem>;

impl Sitting<'_> {
    pub fn new(front: &dyn Front, watched: bool) -> Sitting<'_> {
        Sitting {
            front,
            watched,
            timed: false,
            comforted: false,
            good: Vec::new(),
            last: String::new(),
            powershell: powershell::Session::new(),
        }
    }

    /// Carries a line out; what went wrong was told already.
    pub fn take(&mut self, interpreter: &mut Interpreter, text: &str) -> Taken {
        match line::read(text) {
            Line::Leave => Ok(Next::Leaves),
            Line::Reference(words) => self.reference(&words),
            Line::Code(code) => self.code(interpreter, &code, self.timed),
            Line::Foreign(text) => self.foreign(interpreter, &text),
            Line::Own(Err(reason)) => refused(&reason),
            Line::Own(Ok(command)) => self.carry_out(interpreter, command),
        }
    }

    /// Shows what a line of PowerShell comes to, so that people learn, and carries it out.
    fn foreign(&mut self, interpreter: &mut Interpreter, text: &str) -> Taken {
        let translated = match foreign::translated(&mut self.powershell, text, interpreter) {
            Ok(translated) => translated,
            Err(reason) => return refused(&reason),
        };
        translated.notes.iter().for_each(|note| terminal::say(&format!("note: {note}")));
        if translated.code.is_empty() {
            return Ok(Next::Goes);
        }
        terminal::say(&grey(&translated.code));
        self.code(interpreter, &translated.code, self.timed)
    }

    fn reference(&self, words: &[String]) -> Taken {
        match self.front.help(words) {
            Ok(text) => {
                self.show(&text);
                Ok(Next::Goes)
            }
            Err(text) => refused(&text),
        }
    }

    fn show(&self, text: &str) {
        if !self.watched {
            return terminal::tell(text);
        }
        // A pager has Ctrl-C for itself.
        self.front.idle(true);
        pager::show(text);
        self.front.idle(false);
    }

    fn code(&mut self, interpreter: &mut Interpreter, text: &str, timed: bool) -> Taken {
        text.clone_into(&mut self.last);
        let session = interpreter.host().session();
        // Whatever was stopped before, this line was not; lines of a pipe are stopped together.
        if self.watched {
            session.cancel.renew();
        }
        let (begun, sent) = (Instant::now(), session.written());
        let expression = interpreter.is_expression(text);
        let result = interpreter.line(text);
        let (took, sent) = (begun.elapsed(), session.written() - sent);
        if self.watched {
            session.cancel.renew();
        }
        let taken = match result {
            Ok(answer) => {
                self.good.push(script::Good { text: text.to_owned(), expression });
                self.answer(&answer);
                Ok(Next::Goes)
            }
            Err(error) => {
                self.failed(&error, sent);
                Err(error.problem)
            }
        };
        if timed {
            terminal::say(&grey(&format!("{:.3} s", took.as_secs_f64())));
        }
        taken
    }

    fn answer(&self, answer: &Answer) {
        if let Some(mut text) = self.front.text(answer, self.watched) {
            if let Some(caption) = answer.caption().filter(|_| self.watched && self.front.for_people()) {
                text = format!("{text}\n{}", grey(&caption));
            }
            self.show(&text);
        }
        self.front.told();
    }

    fn failed(&mut self, error: &ScriptError, sent: usize) {
        self.front.told();
        self.front.report(error);
        if error.problem.kind == Kind::Interrupted {
            terminal::say(&match sent {
                0 => "nothing had been sent".to_owned(),
                n => format!("{} had been sent; what is done stays done (`:runs`)", count(n, "write")),
            });
        } else if self.watched && !self.comforted {
            self.comforted = true;
            terminal::say(&grey("Up brings the line back"));
        }
    }

    fn carry_out(&mut self, interpreter: &mut Interpreter, command: Command) -> Taken {
        match command {
            Command::Quit => return Ok(Next::Leaves),
            Command::Help(words) if words.is_empty() => self.show(&command::list()),
            Command::Help(words) => return self.reference(&words),
            Command::All => match interpreter.last() {
                Some(answer) => self.show(&self.front.whole(&answer)),
                None => return refused("error: there is no last result yet\nhint: it is what a line gave"),
            },
            Command::WhatIf(on) => return self.what_if(interpreter, on),
            Command::Tenant => terminal::tell(&tenant(interpreter)),
            Command::Runs => return told(self.front.runs()),
            Command::Time(Time::Once(code)) => return self.code(interpreter, &code, true),
            Command::Time(Time::Always(on)) => self.timed = on,
            Command::Time(Time::Which) => {
                terminal::tell(if self.timed { "lines are timed" } else { "lines are not timed" });
            }
            Command::Save(file) => return told(self.save(&file)),
            Command::Edit => return self.edit(interpreter),
            Command::Record(file) => {
                let taken = file.as_deref().map(free).transpose();
                return told(taken.and_then(|file| self.front.record(file)));
            }
        }
        Ok(Next::Goes)
    }

    fn what_if(&self, interpreter: &Interpreter, on: Option<bool>) -> Taken {
        let is_on = interpreter.host().session().plan.is_some();
        if let Some(on) = on.filter(|on| *on != is_on)
            && let Err(problem) = self.front.what_if(on)
        {
            return told(Err(problem));
        }
        terminal::say(match on.unwrap_or(is_on) {
            true => "what-if is on: writes are shown, and nothing is sent",
            false => "what-if is off: writes are sent",
        });
        Ok(Next::Goes)
    }

    fn save(&self, file: &Path) -> Result<String, Problem> {
        if self.good.is_empty() {
            return Err(Problem::new(Kind::InvalidInput, "there is no line yet that went well"));
        }
        free(file)?;
        let text = script::text(&self.good);
        disk::write_private(file, text.as_bytes())
            .map_err(|error| Problem::new(Kind::File, error.to_string()))?;
        let file = file.display();
        Ok(format!("wrote {file}: {}; run it with: usher run {file}", count(self.good.len(), "line")))
    }

    fn edit(&self, interpreter: &Interpreter) -> Taken {
        if !self.watched {
            return refused("error: there is no editor without a terminal");
        }
        let home = interpreter.host().session().home.clone();
        self.front.idle(true);
        let edited = script::edited(&home, &self.last);
        self.front.idle(false);
        match edited {
            Ok(text) if text.trim().is_empty() => Ok(Next::Goes),
            Ok(text) => Ok(Next::With(text.trim_end().to_owned())),
            Err(problem) => told(Err(problem)),
        }
    }
}

/// A slip of the pen takes no file's place.
fn free(file: &Path) -> Result<&Path, Problem> {
    match file.exists() {
        true => {
            let message = format!("`{}` is there already", file.display());
            Err(Problem::new(Kind::File, message).hint("choose another name, or remove it"))
        }
        false => Ok(file),
    }
}

fn refused(reason: &str) -> Taken {
    terminal::say(reason);
    Err(Problem::new(Kind::InvalidInput, reason))
}

/// What came of a word of the prompt.
fn told(result: Result<String, Problem>) -> Taken {
    match result {
        Ok(text) => {
            terminal::say(&text);
            Ok(Next::Goes)
        }
        Err(problem) => {
            let hint = problem.hint.as_deref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            terminal::say(&format!("error: {}{hint}", problem.sentence()));
            Err(problem)
        }
    }
}

/// Where the lines go, and who acts there.
fn tenant(interpreter: &Interpreter) -> String {
    let session = interpreter.host().session();
    let mut lines = Vec::new();
    match session.connected() {
        Some(services) => {
            let tenant = &services.tenant;
            let kind = if tenant.simulated { "simulated, no mail is sent" } else { "real" };
            lines.push(format!("tenant    {} ({kind})", tenant.name));
            lines.push(format!("domain    {}", tenant.domain));
            lines.push(format!("id        {}", tenant.id));
            let who = if tenant.acts_as_app { "the app " } else { "" };
            lines.push(format!("acts as   {who}{}", tenant.operator));
        }
        None => lines.push(format!("tenant    {} (nothing was asked of it yet)", session.tenant_name())),
    }
    let read_only = session.policy.demands.iter().any(|demands| demands.read_only);
    lines.push(match (session.plan.is_some(), read_only) {
        (true, _) => "writes    are shown and not sent (:what-if off)".to_owned(),
        (false, true) => "writes    none: it is read-only".to_owned(),
        (false, false) => match session.run_begun() {
            Some(run) => format!("writes    {} sent, run {}", session.written(), run.name()),
            None => "writes    none sent yet".to_owned(),
        },
    });
    lines.join("\n")
}

fn grey(text: &str) -> String {
    let grey = Style::new().dimmed();
    match terminal::colors() {
        true => text.lines().map(|line| format!("{grey}{line}{grey:#}")).collect::<Vec<_>>().join("\n"),
        false => text.to_owned(),
    }
}
