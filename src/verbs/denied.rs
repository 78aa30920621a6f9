//! What a verb lacks: said before its first call where the token tells, and with the command that asks for it when a service
//! refuses.

use super::Card;
use super::card::Grantor;
use crate::problem::{Kind, Problem};
use crate::runs::session::Session;
use crate::services::{Services, TenantFacts};

fn of_graph(card: &Card) -> impl Iterator<Item = &'static str> {
    card.permissions
        .iter()
        .filter(|permission| permission.grantor == Grantor::Graph)
        .map(|permission| permission.application)
}

/// An app gets a token even where nobody consented to anything, so it is looked at before the first call. The services judge:
/// what is missing here may be given by a role.
pub fn warn(session: &Session, card: &Card) {
    let Some(services) = session.connected().filter(|services| services.tenant.acts_as_app) else { return };
    let Some(grants) = &services.grants else { return };
    if !session.weighs_first(card.name) {
        return;
    }
    let missing = grants.missing(of_graph(card));
    if !missing.is_empty() {
        let (names, app) = (missing.join(" and "), &services.tenant.operator);
        session.say_once(&format!(
            "warning: the app {app} was not granted {names}, which `{}` needs; Graph will most likely refuse it",
            card.name
        ));
    }
}

/// A refusal with what is missing for the verb, and the command that asks for it.
pub fn explained(problem: Problem, session: &Session, card: &Card) -> Problem {
    let Some(services) = session.connected().filter(|_| problem.kind == Kind::PermissionDenied) else {
        return problem;
    };
    let hint = match (missing(services, card), problem.hint.as_deref()) {
        (Some(missing), _) => missing,
        (None, Some(hint)) => hint.to_owned(),
        (None, None) => return problem,
    };
    let asks = asks(&services.tenant, script(session).as_deref());
    Problem { hint: Some(format!("{hint}; {asks}")), ..problem }
}

fn missing(services: &Services, card: &Card) -> Option<String> {
    let missing = services.grants.as_ref()?.missing(of_graph(card));
    let who = if services.tenant.acts_as_app { "app" } else { "sign-in" };
    (!missing.is_empty())
        .then(|| format!("`{}` needs {}, which this {who} was not granted", card.name, missing.join(" and ")))
}

/// The command that asks for what a script needs.
fn asks(tenant: &TenantFacts, script: Option<&str>) -> String {
    let script = script.map(|script| format!(" --for {script}")).unwrap_or_default();
    match tenant.acts_as_app {
        true => format!("`usher tenants setup{script}` says what the app needs and how it gets it"),
        false => format!("`usher login --name {}{script}` asks for it", tenant.name),
    }
}

/// The script that is run, where it has a file.
fn script(session: &Session) -> Option<String> {
    let subject = session.subject.lock().ok()?;
    subject.script.ends_with(".rhai").then(|| subject.script.clone())
}
