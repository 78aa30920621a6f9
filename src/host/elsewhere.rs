//! `in_tenant`: a closure that runs against another tenant of the command line.

use std::sync::{Arc, PoisonError};

use rhai::{Dynamic, EvalAltResult, FnPtr, NativeCallContext};

use super::Host;
use super::bulk::current_scope;
use super::errors::thrown;
use crate::problem::{Kind, Problem, Result};
use crate::runs::session::Session;

/// The tenants that the command line lists. Each has a session of its own, and with it a run in the ledger.
pub trait Elsewhere: Send + Sync {
    /// The session of a tenant by its name, or why a script may not go there.
    fn session(&self, name: &str) -> Result<Arc<Session>>;
}

/// Runs the closure; whatever it calls goes to that tenant.
pub fn in_tenant(
    host: &Host,
    context: &NativeCallContext,
    name: &str,
    closure: &FnPtr,
) -> std::result::Result<Dynamic, Box<EvalAltResult>> {
    if current_scope().is_some() {
        let problem = Problem::new(Kind::Unsupported, "a row of a bulk cannot go to another tenant");
        return Err(thrown(problem.hint("call `bulk` inside of `in_tenant`, once for each tenant")));
    }
    let session = if host.session().tenant_name().eq_ignore_ascii_case(name) {
        host.session()
    } else {
        let elsewhere = host.elsewhere.get().ok_or_else(|| thrown(not_listed(name)))?;
        elsewhere.session(name).map_err(thrown)?
    };
    let _back = Visit::to(host, session);
    closure.call_within_context(context, ())
}

/// A tenant that nobody said the script may reach.
pub fn not_listed(name: &str) -> Problem {
    Problem::new(Kind::NotAllowed, format!("this run may not reach the tenant `{name}`"))
        .hint(format!("list it on the command line: --with-tenant {name}"))
        .value(name)
}

/// However the closure ends, the script is back in its own tenant.
struct Visit<'a>(&'a Host);

impl Visit<'_> {
    fn to(host: &Host, session: Arc<Session>) -> Visit<'_> {
        host.visits.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        Visit(host)
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.visits.lock().unwrap_or_else(PoisonError::into_inner).pop();
    }
}
