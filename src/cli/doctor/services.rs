//! The services themselves: a token for each, what it permits, and the roles that Exchange and Azure want besides.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::{Check, Report, State};
use crate::catalogue::permissions::Bill;
use crate::cli::Common;
use crate::cli::tenant::Sandbox;
use crate::cli::tenant::real::Real;
use crate::identity::{Profile, Service};
use crate::problem::Problem;
use crate::runs::session::{Connect, Watch};
use crate::services::Services;
use crate::services::exchange::Parameters;
use crate::services::explain::{problem, sign_in};
use crate::transport::Cancel;
use crate::words::count;

/// Nobody follows the calls of a check.
struct Silent;

impl Watch for Silent {}

pub(super) async fn simulated(common: &Common, home: &Path, report: &mut Report) {
    let state = home.join("sandbox").join("contoso.sqlite");
    let sandbox = Sandbox::new(common.sandbox.clone(), state, None, Cancel::new(), Arc::new(Silent));
    examine(&sandbox, "sandbox", report).await;
    sandbox.close().await;
}

pub(super) async fn real(profile: Profile, home: &Path, report: &mut Report) {
    let name = profile.name.clone();
    let tenant = Real::new(profile, home.to_owned(), None, Cancel::new(), Arc::new(Silent));
    examine(&tenant, &name, report).await;
}

async fn examine(tenant: &dyn Connect, name: &str, report: &mut Report) {
    let services = match tenant.connect().await {
        Ok(services) => services,
        Err(problem) => {
            let advice = format!("`usher login --name {name}` signs in anew");
            return report.add(Check::problem("Graph", State::Fault, &problem, &advice));
        }
    };
    let facts = &services.tenant;
    let who = if facts.acts_as_app {
        format!("as app {}", facts.operator)
    } else {
        format!("as {}", facts.operator)
    };
    report.add(Check::ok("Graph", format!("{} ({}), {who}", facts.domain, facts.id)));
    permissions(&services, report);
    if token(&services, Service::Exchange, report).await {
        exchange(&services, report).await;
    }
    if token(&services, Service::Azure, report).await {
        azure(&services, report).await;
    }
}

/// A tenant may have no Exchange or no Azure: then the rest works, and this is no fault.
async fn token(services: &Services, service: Service, report: &mut Report) -> bool {
    match services.transport.credentials().token(service).await {
        Ok(_) => true,
        Err(error) => {
            let problem = sign_in(error);
            let advice = format!("the verbs of {} fail; the others work without it", service.name());
            report.add(Check::problem(service.name(), State::Warning, &problem, &advice));
            false
        }
    }
}

fn permissions(services: &Services, report: &mut Report) {
    let of = "permissions";
    let Some(grants) = &services.grants else { return };
    let bill = Bill::of_everything();
    let missing: Vec<_> = bill.missing(&grants.held).collect();
    let asks = match services.tenant.acts_as_app {
        true => "`usher tenants setup` has the manifest for all of them; `--for SCRIPT` for just what a script needs".to_owned(),
        false => format!("`usher login --name {} --for SCRIPT` asks for what a script needs", services.tenant.name),
    };
    if grants.held.is_empty() {
        let found = match grants.of_app {
            true => "the token for Graph permits nothing: nobody consented to the app's permissions",
            false => "the token for Graph does not say what it permits",
        };
        let state = if grants.of_app { State::Fault } else { State::Warning };
        report.add(Check { todo: Some(asks), ..Check::new(of, state, found) });
        return;
    }
    if missing.is_empty() {
        return report.add(Check::ok(of, "Graph: all that the whole lifecycle of a guest needs"));
    }
    let held = bill.graph.len() - missing.len();
    report.add(Check::ok(
        of,
        format!("Graph: {held} of the {} that the whole lifecycle needs", bill.graph.len()),
    ));
    for (name, verbs) in missing {
        let verbs = match verbs.len() {
            0 => "helpful, needed by no verb".to_owned(),
            1..=3 => verbs.iter().copied().collect::<Vec<_>>().join(", "),
            n => format!(
                "{} and {}",
                verbs.iter().take(2).copied().collect::<Vec<_>>().join(", "),
                count(n - 2, "other verb")
            ),
        };
        report.add(Check::warning(of, format!("Graph: {name} is missing, for {verbs}"), asks.clone()));
    }
}

/// A cmdlet that costs little tells whether the role is there.
async fn exchange(services: &Services, report: &mut Report) {
    let mut parameters = Parameters::new();
    parameters.insert("ResultSize".to_owned(), json!(1));
    let asked = services.exchange.get("Get-MailContact", parameters).await;
    report.add(match asked.map_err(|failure| problem(failure, "reading a mail contact")) {
        Ok(_) => Check::ok("Exchange", "its role lets this sign-in see recipients"),
        Err(refused) => role_missing(
            "Exchange",
            &refused,
            "give it the Entra role Exchange Recipient Administrator, and to an app the permission Exchange.ManageAsApp",
        ),
    });
}

async fn azure(services: &Services, report: &mut Report) {
    let asked = services.azure.subscriptions().await;
    report.add(match asked.map_err(|failure| problem(failure, "reading the subscriptions")) {
        Ok(seen) if seen.is_empty() => Check::warning(
            "Azure",
            "no subscription is seen",
            "where there are some: az role assignment create --assignee ID --role Reader --scope /subscriptions/SUBSCRIPTION-ID",
        ),
        Ok(seen) => Check::ok("Azure", format!("{} seen", count(seen.len(), "subscription"))),
        Err(refused) => role_missing("Azure", &refused, "give it a role at the subscriptions that scripts work on"),
    });
}

fn role_missing(of: &str, refused: &Problem, advice: &str) -> Check {
    Check::problem(of, State::Warning, refused, advice)
}
