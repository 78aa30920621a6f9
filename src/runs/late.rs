//! Services hear of a new object late. What a run made a moment ago is waited for, visibly and not forever; anything else
//! that is not there is not there.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::context::Scope;
use super::effect::Collection;
use super::made::{LATE, name_in};
use super::session::Session;
use crate::identity::Service;
use crate::problem::{Kind, Problem, Result};
use crate::services::explain::problem;
use crate::transport::Reason;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);

/// Refusals that are said of an object the service has not heard of yet, besides 404.
const LATE_CODES: &[&str] = &["PrincipalNotFound", "SubjectNotFound", "Directory_ObjectNotFound"];

impl Session {
    /// When the object of this id was made, by whichever run, if that was a moment ago.
    pub(super) fn made_lately(&self, name: &str) -> Option<Timestamp> {
        let late = self.services.get().is_some_and(|services| !services.tenant.lateness.others().is_zero());
        if !late {
            return None;
        }
        let since = self.clock.now().checked_sub(LATE).ok()?;
        let made = self.made.at(name).filter(|at| *at >= since);
        // A ledger that cannot be read is told of at the first write.
        made.or_else(|| self.ledger().ok()?.created_since(name, since).ok()?)
    }

    /// The same for an object that is looked up by id or by a name it answers to.
    pub(super) fn made_lately_in(&self, collection: Collection, key: &str) -> Option<Timestamp> {
        let tenant = self.services.get().map(|services| services.tenant.id.as_str()).unwrap_or_default();
        self.made_lately(key).or_else(|| self.made_lately(&name_in(tenant, collection, key)))
    }

    /// When the object was made that a refusal speaks of, if it may only be too early for it.
    pub(super) fn is_early(&self, refused: &Problem) -> Option<Timestamp> {
        let code = refused.code.as_deref().unwrap_or_default();
        let of_this_kind = refused.kind == Kind::NotFound
            || LATE_CODES.contains(&code)
            || refused.message.to_lowercase().contains("not a valid reference update");
        if !of_this_kind {
            return None;
        }
        let named = ids_in(&refused.message);
        if !named.is_empty() {
            return named.iter().find_map(|id| self.made_lately(id));
        }
        let value = refused.value.as_deref()?;
        let of = |collection| self.made_lately_in(collection, value);
        of(Collection::Users).or_else(|| of(Collection::Contacts))
    }

    /// For a call that may come too early, in a row of a bulk or in the script itself.
    pub fn waiting<'a>(&'a self, scope: Option<&'a Scope>) -> Waiting<'a> {
        Waiting { session: self, scope: scope.unwrap_or(&self.script_effects), patience: None }
    }

    /// Waiting for an object that was made then, for as long as services that hear of it late may take.
    pub(super) fn patience<'a>(&'a self, scope: &'a Scope, what: &str, made: Timestamp) -> Patience<'a> {
        let others = self.services.get().map(|services| services.tenant.lateness.others());
        self.patience_of(scope, what, made, others.unwrap_or_default())
    }

    fn patience_of<'a>(
        &'a self,
        scope: &'a Scope,
        what: &str,
        made: Timestamp,
        limit: Duration,
    ) -> Patience<'a> {
        let what = format!("`{}`", self.made.label(what).unwrap_or_else(|| what.to_owned()));
        let limit = SignedDuration::try_from(limit.min(self.policy.wait_limit)).unwrap_or(LATE).min(LATE);
        Patience { session: self, scope, what, until: made.checked_add(limit).unwrap_or(made), next: FIRST }
    }
}

/// Waits out refusals that only came too early.
pub struct Waiting<'a> {
    session: &'a Session,
    scope: &'a Scope,
    patience: Option<Patience<'a>>,
}

impl Waiting<'_> {
    /// Waits when there is reason to try again; gives the refusal back when there is none.
    pub async fn out(&mut self, refused: Problem, service: Service) -> Result<()> {
        let Some(made) = self.session.is_early(&refused) else { return Err(refused) };
        let what = match &refused.value {
            Some(value) => value.clone(),
            None => ids_in(&refused.message).into_iter().next().unwrap_or_else(|| "it".to_owned()),
        };
        let patience = self.patience.get_or_insert_with(|| self.session.patience(self.scope, &what, made));
        match patience.once_more(service).await? {
            true => Ok(()),
            false => Err(never_seen(refused, made, self.session.clock.now())),
        }
    }
}

/// Looks again for what is not found though it was made a moment ago.
pub(super) struct Lookout<'a> {
    session: &'a Session,
    scope: &'a Scope,
    service: Service,
    names: (Collection, &'a str),
    patience: Option<Patience<'a>>,
}

impl<'a> Lookout<'a> {
    pub fn new(
        session: &'a Session,
        scope: &'a Scope,
        service: Service,
        collection: Collection,
        key: &'a str,
    ) -> Lookout<'a> {
        Lookout { session, scope, service, names: (collection, key), patience: None }
    }

    /// After a look that found nothing: waits, and says whether to look once more.
    pub async fn again(&mut self) -> Result<bool> {
        if self.patience.is_none() {
            let (collection, key) = self.names;
            let made = self.session.made_lately_in(collection, key);
            // A look that finds nothing may be right: it is repeated for as long as the service's own copies take.
            let own = self.session.services().await?.tenant.lateness.own();
            self.patience = made.map(|made| self.session.patience_of(self.scope, key, made, own));
        }
        match &mut self.patience {
            Some(patience) => patience.once_more(self.service).await,
            None => Ok(false),
        }
    }
}

/// Waiting for one object, a little longer from look to look.
pub(super) struct Patience<'a> {
    session: &'a Session,
    scope: &'a Scope,
    /// What is waited for, as people call it.
    what: String,
    until: Timestamp,
    next: Duration,
}

impl Patience<'_> {
    /// Waits, and says whether to look once more.
    pub async fn once_more(&mut self, service: Service) -> Result<bool> {
        let left = self.until.duration_since(self.session.clock.now());
        let Ok(left) = Duration::try_from(left) else { return Ok(false) };
        if left.is_zero() {
            return Ok(false);
        }
        let wait = self.next.min(left);
        self.next = self.next.mul_f64(1.6).min(LONGEST);
        let _aside = self.scope.step_aside();
        self.session.watch.row_waits(true);
        self.session.watch.waits_to_see(service.name(), &self.what);
        let transport = &self.session.services().await?.transport;
        let rested = transport.rest(service, wait, Reason::Unseen).await;
        self.session.watch.row_waits(false);
        rested.map_err(|failure| problem(failure, "waiting"))?;
        Ok(true)
    }
}

/// What a refusal says when the waiting was in vain.
pub(super) fn never_seen(mut refused: Problem, made: Timestamp, now: Timestamp) -> Problem {
    let minutes = now.duration_since(made).as_secs().max(0) / 60;
    let ago = match minutes {
        0 => "less than a minute".to_owned(),
        n => crate::words::count(usize::try_from(n).unwrap_or_default(), "minute"),
    };
    refused.message = format!(
        "{}: it was made {ago} ago, and the service does not show it still",
        refused.message.trim_end_matches('.')
    );
    refused.retriable = true;
    refused.hint = Some(
        "the rest can be done later: resume the run; should it never appear, it was lost on the service's side"
            .to_owned(),
    );
    refused
}

/// The ids that a message names, in their usual form; Azure leaves the dashes out.
fn ids_in(message: &str) -> Vec<String> {
    let words = message.split(|c: char| !c.is_ascii_hexdigit() && c != '-');
    words
        .filter(|word| word.len() == 36 || word.len() == 32)
        .filter_map(|word| uuid::Uuid::try_parse(word).ok())
        .map(|id| id.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ids_in;

    #[test]
    fn ids_are_found_in_either_form() {
        let id = "0b6cdb4e-8f4b-4f2b-9a41-000000000001";
        let bare = id.replace('-', "");
        assert_eq!(ids_in(&format!("Resource '{id}' does not exist")), [id]);
        assert_eq!(ids_in(&format!("Principal {bare} does not exist.")), [id]);
        assert!(ids_in("there is no group `Suppliers`").is_empty());
    }
}
