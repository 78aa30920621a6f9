//! `usher doctor`: everything between this machine and a tenant, each with what to do about it.

mod network;
mod place;
mod services;

use clap::Args;
use serde_json::{Value, json};

use super::exit::Exit;
use super::output::Output;
use super::tenants::choice::{Choice, Chosen, choose};
use super::{Common, home, runtime};
use crate::problem::Problem;
use crate::terminal;

/// Looks at all that usher needs: this machine, the network, the sign-in, permissions and roles
///
/// Nothing is changed anywhere. It ends with 0 when there is no fault; a warning is no fault.
#[derive(Args)]
pub struct Doctor {
    /// The tenant to look at; chosen as for a run when left out
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// A sandbox served elsewhere on this machine
    #[arg(long, value_name = "URL")]
    sandbox: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    Warning,
    Fault,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Fault => "fault",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug)]
struct Check {
    of: String,
    state: State,
    found: String,
    todo: Option<String>,
}

impl Check {
    fn new(of: &str, state: State, found: impl Into<String>) -> Check {
        Check { of: of.to_owned(), state, found: found.into(), todo: None }
    }

    fn ok(of: &str, found: impl Into<String>) -> Check {
        Check::new(of, State::Ok, found)
    }

    fn warning(of: &str, found: impl Into<String>, todo: impl Into<String>) -> Check {
        Check { todo: Some(todo.into()), ..Check::new(of, State::Warning, found) }
    }

    fn fault(of: &str, found: impl Into<String>, todo: impl Into<String>) -> Check {
        Check { todo: Some(todo.into()), ..Check::new(of, State::Fault, found) }
    }

    /// What went wrong, with its place and its own advice.
    fn problem(of: &str, state: State, problem: &Problem, otherwise: &str) -> Check {
        let place = problem.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let code = problem.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        Check {
            of: of.to_owned(),
            state,
            found: format!("{place}{}{code}", problem.sentence()),
            todo: Some(problem.hint.clone().unwrap_or_else(|| otherwise.to_owned())),
        }
    }

    fn object(&self) -> Value {
        json!({ "check": self.of, "state": self.state.word(), "found": self.found, "todo": self.todo })
    }
}

/// The checks so far; told as they come, for some take their time.
struct Report {
    checks: Vec<Check>,
    aloud: bool,
}

impl Report {
    fn add(&mut self, check: Check) {
        if self.aloud {
            terminal::tell(&format!("{:<8} {:<16} {}", check.state.word(), check.of, check.found));
            if let Some(todo) = &check.todo {
                terminal::tell(&format!("{:<25} {todo}", ""));
            }
        }
        self.checks.push(check);
    }

    fn count(&self, state: State) -> usize {
        self.checks.iter().filter(|check| check.state == state).count()
    }
}

impl Doctor {
    pub fn main(self) -> Exit {
        let mut report = Report { checks: Vec::new(), aloud: self.output.is_for_people() };
        let common =
            Common { tenant: self.tenant.clone(), sandbox: self.sandbox.clone(), ..Common::default() };
        match runtime() {
            Ok(runtime) => {
                runtime.block_on(examine(&common, &mut report));
                runtime.shutdown_background();
            }
            Err(error) => {
                report.add(Check::fault("threads", error.to_string(), "see what limits this account"))
            }
        }
        let (faults, warnings) = (report.count(State::Fault), report.count(State::Warning));
        if report.aloud {
            let count = crate::words::count;
            terminal::tell(&match (faults, warnings) {
                (0, 0) => "all is well".to_owned(),
                (0, _) => format!("no fault, {}", count(warnings, "warning")),
                _ => format!("{}, {}", count(faults, "fault"), count(warnings, "warning")),
            });
        } else {
            let objects: Vec<Value> = report.checks.iter().map(Check::object).collect();
            let flat = || objects.iter().filter_map(|object| object.as_object().cloned()).collect();
            self.output.write(objects.clone(), flat);
        }
        if faults == 0 { Exit::Done } else { Exit::Script }
    }
}

async fn examine(common: &Common, report: &mut Report) {
    let home = home();
    place::folder(&home, report);
    place::profiles(&home, report);
    let tenant = match choose(common) {
        Ok(Choice { tenant, warnings, .. }) => {
            for warning in warnings {
                report.add(Check::warning(
                    "environment",
                    warning,
                    "correct the variable's name, or unset it",
                ));
            }
            tenant
        }
        Err(problem) => {
            let advice = "see the file of tenants and the variables whose names begin with USHER_";
            return report.add(Check::problem("tenant", State::Fault, &problem, advice));
        }
    };
    match tenant {
        Chosen::Simulated => services::simulated(common, &home, report).await,
        Chosen::Real(profile) => {
            place::rules(&profile, report);
            if network::reached(&profile, report).await {
                services::real(*profile, &home, report).await;
            }
        }
    }
}
