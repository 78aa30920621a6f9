//! The prompt, as the command line sees it: what is around its lines.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::{PROMPT, Stage, with_session};
use crate::cli::exit::Exit;
use crate::cli::{Common, Format, help, report, runs, setup};
use crate::host::{Answer, Look, ScriptError};
use crate::net::Recorder;
use crate::problem::{Kind, Problem, Result};
use crate::repl::Front;
use crate::runs::ledger::RunState;
use crate::runs::ledger_problem;
use crate::terminal;

/// How many runs a prompt lists.
const RUNS_LISTED: usize = 15;

/// `usher` alone: a prompt, or the lines that are piped into it.
pub fn prompt(mut common: Common) -> Exit {
    common.special.at_prompt = true;
    with_session(common, |stage| {
        if let Ok(mut subject) = stage.host.session().subject.lock() {
            subject.script = PROMPT.to_owned();
        }
        if let Err(exit) = stage.waits_for_window() {
            return exit;
        }
        let exit = match terminal::stdin_is_terminal() {
            true => {
                let history = stage.host.session().home.join("history");
                crate::repl::run(stage.host.clone(), stage, &history, !stage.common.quiet);
                Exit::Done
            }
            false => match crate::repl::read(stage.host.clone(), stage) {
                Ok(()) => Exit::of_rows(&stage.host.session().tally_so_far()),
                Err(problem) => Exit::of(&problem),
            },
        };
        stage.end(exit)
    })
}

impl Front for Stage {
    fn text(&self, answer: &Answer, at_prompt: bool) -> Option<String> {
        let now = (at_prompt && terminal::stdout_is_terminal()).then(|| self.host.session().clock.now());
        self.written(answer, Look { now, ..self.host.look() })
    }

    fn for_people(&self) -> bool {
        self.common.output.is_none_or(|format| format == Format::Table)
    }

    fn whole(&self, answer: &Answer) -> String {
        answer.whole(self.host.look())
    }

    fn told(&self) {
        self.tell_what_was_done();
    }

    fn report(&self, error: &ScriptError) {
        terminal::say(&report::script_error(&self.host, error));
    }

    fn help(&self, words: &[String]) -> std::result::Result<String, String> {
        match words {
            [] => Ok(help::verbs().trim().to_owned()),
            words => help::about(words),
        }
    }

    fn idle(&self, idle: bool) {
        self.idle.store(idle, Ordering::SeqCst);
    }

    fn what_if(&self, on: bool) -> Result<()> {
        let left = self.host.session();
        self.host.goes_on_in(None);
        let own = self.host.session();
        if own.plan.is_some() == on {
            // Nobody comes back to the other one.
            self.end_beside(&left, RunState::Done);
        } else {
            let other = setup::with_what_if(&self.common, on, &own, &self.console)?;
            if own.connected().is_some_and(|services| !services.tenant.simulated) {
                self.runtime.block_on(other.services())?;
            }
            self.host.goes_on_in(Some(other));
        }
        self.told.0.store(self.host.session().script_notes().len(), Ordering::SeqCst);
        Ok(())
    }

    fn runs(&self) -> Result<String> {
        let session = self.host.session();
        let runs = session.ledger()?.runs().map_err(ledger_problem)?;
        Ok(match runs.is_empty() {
            true => "no runs yet: a run is kept from its first write on".to_owned(),
            false => runs::newest(&runs, RUNS_LISTED),
        })
    }

    fn record(&self, file: Option<&Path>) -> Result<String> {
        let failed = |error: crate::net::Error| Problem::new(Kind::File, error.to_string());
        let recorder = file.map(Recorder::create).transpose().map_err(failed)?;
        let session = self.host.session();
        // The way to the tenant is recorded from now on; what was said before is not.
        self.runtime.block_on(session.services())?.transport.door().record(recorder);
        Ok(match file {
            Some(file) => format!("every exchange is recorded in {}; `:record off` ends it", file.display()),
            None => "nothing is recorded any more".to_owned(),
        })
    }
}
