//! The plan of a preview: what would have been done, the tenant as it would look by then, and the questions that are asked of it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::effect::{Action, Collection, Fact, is_placeholder};
use super::filter::Filter;
use crate::identity::Service;

/// Where something stands in a preview: after how many bulks have begun, and in which row. Rows end in no order of their own.
pub type Order = (u32, usize);

/// One write that a real run would make.
#[derive(Clone, Debug)]
pub struct Planned {
    pub order: Order,
    pub address: String,
    pub row: Option<String>,
    pub verb: &'static str,
    pub action: Action,
    pub target: String,
    pub service: Service,
    pub warnings: Vec<String>,
}

/// Grows as a preview goes on; shared by the rows of a bulk.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    planned: Vec<Planned>,
    already: usize,
    warnings: Vec<(Order, String)>,
    created: HashMap<Collection, Vec<Value>>,
    changed: HashMap<(Collection, String), Value>,
    gone: HashSet<(Collection, String)>,
    linked: HashMap<(Collection, String, &'static str), Vec<Value>>,
    unlinked: HashSet<(Collection, String, &'static str, String)>,
    seats: HashMap<String, i64>,
}

impl Plan {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, planned: Planned, facts: Vec<Fact>) {
        let mut inner = self.lock();
        inner.planned.push(planned);
        for fact in facts {
            inner.learn(fact);
        }
    }

    /// A verb found its work done.
    pub fn note_already(&self) {
        self.lock().already += 1;
    }

    pub fn warn(&self, order: Order, warning: String) {
        self.lock().warnings.push((order, warning));
    }

    /// In the order of the script and its rows.
    pub fn planned(&self) -> Vec<Planned> {
        let mut planned = self.lock().planned.clone();
        planned.sort_by_key(|planned| planned.order);
        planned
    }

    pub fn summary(&self) -> Summary {
        let inner = self.lock();
        let mut counts = BTreeMap::new();
        for planned in &inner.planned {
            *counts.entry((planned.action, planned.verb)).or_default() += 1;
        }
        let of_effects = inner
            .planned
            .iter()
            .flat_map(|planned| planned.warnings.iter().map(|warning| (planned.order, warning.clone())));
        let mut all: Vec<(Order, String)> = inner.warnings.iter().cloned().chain(of_effects).collect();
        all.sort_by_key(|(order, _)| *order);
        let mut warnings: Vec<String> = Vec::new();
        for (_, warning) in all {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        Summary { counts, already: inner.already, warnings }
    }

    /// What came to be true without a write of the plan: a sandbox's guest accepts.
    pub fn learn(&self, fact: Fact) {
        self.lock().learn(fact);
    }

    /// Whether anything of a collection would look other than the service says.
    pub fn knows_of(&self, collection: Collection) -> bool {
        let inner = self.lock();
        inner.created.contains_key(&collection) || inner.changed.keys().any(|(of, _)| *of == collection)
    }

    pub fn is_gone(&self, collection: Collection, id: &str) -> bool {
        self.lock().gone.contains(&(collection, id.to_owned()))
    }

    /// Objects of the service that the plan changed in a way that matters to a question.
    pub fn changed(&self, collection: Collection, matters: impl Fn(&Value) -> bool) -> Vec<String> {
        let inner = self.lock();
        let ids = inner.changed.iter().filter(|((of, id), patch)| {
            *of == collection
                && !is_placeholder(id)
                && matters(patch)
                && !inner.gone.contains(&(*of, id.clone()))
        });
        let mut ids: Vec<String> = ids.map(|((_, id), _)| id.clone()).collect();
        ids.sort();
        ids
    }

    /// A collection as it would look: `objects` are the service's answer to a question, `doubted` what it has of objects whose
    /// changes matter to the question, and `fits` answers the question for these and for created ones.
    pub fn over(
        &self,
        collection: Collection,
        mut objects: Vec<Value>,
        doubted: Vec<Value>,
        fits: impl Fn(&Value) -> bool,
    ) -> Vec<Value> {
        let inner = self.lock();
        objects.retain(|object| !inner.gone.contains(&(collection, id_of(object))));
        for object in &mut objects {
            inner.patch(collection, object);
        }
        for mut object in doubted {
            inner.patch(collection, &mut object);
            let id = id_of(&object);
            let listed = objects.iter().position(|other| id_of(other) == id);
            match (listed, fits(&object) && !inner.gone.contains(&(collection, id))) {
                (Some(at), false) => drop(objects.remove(at)),
                (None, true) => objects.push(object),
                _ => {}
            }
        }
        for created in inner.created.get(&collection).into_iter().flatten() {
            let mut object = created.clone();
            inner.patch(collection, &mut object);
            if !inner.gone.contains(&(collection, id_of(&object))) && fits(&object) {
                objects.push(object);
            }
        }
        objects
    }

    /// One object as it would look; `read` is what the service has. Created ones answer to their sign-in name and mail too.
    pub fn over_one(&self, collection: Collection, key: &str, read: Option<Value>) -> Option<Value> {
        let inner = self.lock();
        let is_there = |object: &Value| !inner.gone.contains(&(collection, id_of(object)));
        let called = |object: &Value| {
            let is = |name: &str| object[name].as_str().is_some_and(|text| same(text, key));
            id_of(object) == key || is("userPrincipalName") || is("mail")
        };
        let created =
            || inner.created.get(&collection)?.iter().find(|object| is_there(object) && called(object));
        let mut object = read.filter(is_there).or_else(|| created().cloned())?;
        inner.patch(collection, &mut object);
        Some(object)
    }

    /// A relation (`members`, `memberOf`, `sponsors`) as it would look.
    pub fn over_related(
        &self,
        collection: Collection,
        id: &str,
        relation: &'static str,
        mut objects: Vec<Value>,
    ) -> Vec<Value> {
        let inner = self.lock();
        let linked = inner.linked.get(&(collection, id.to_owned(), relation)).map_or(&[][..], Vec::as_slice);
        objects.retain(|object| linked.iter().all(|other| id_of(other) != id_of(object)));
        objects.extend_from_slice(linked);
        // A new manager takes the place of the one before, even when the new one is gone by now.
        if relation == "manager" && objects.len() > 1 {
            objects.drain(..objects.len() - 1);
        }
        let is_there = |object: &Value| {
            let other = id_of(object);
            let gone = |of| inner.gone.contains(&(of, other.clone()));
            !gone(Collection::Users)
                && !gone(Collection::Groups)
                && !inner.unlinked.contains(&(collection, id.to_owned(), relation, other.clone()))
        };
        objects.retain(is_there);
        objects
    }

    /// Whether the plan makes or ends ties of a kind.
    pub fn ties(&self, relation: &str) -> bool {
        let inner = self.lock();
        inner.linked.keys().any(|(_, _, known)| *known == relation)
            || inner.unlinked.iter().any(|(_, _, known, _)| *known == relation)
    }

    /// Seats of a licence the plan has taken so far.
    pub fn seats(&self, sku: &str) -> i64 {
        self.lock().seats.get(sku).copied().unwrap_or(0)
    }
}

/// What a preview comes to.
#[derive(Clone, Debug)]
pub struct Summary {
    pub counts: BTreeMap<(Action, &'static str), usize>,
    pub already: usize,
    pub warnings: Vec<String>,
}

impl Inner {
    fn learn(&mut self, fact: Fact) {
        match fact {
            // What was gone for a while is as it was, wherever that is known.
            Fact::Exists { collection, object } if self.gone.remove(&(collection, id_of(&object))) => {}
            Fact::Exists { collection, object } => self.created.entry(collection).or_default().push(object),
            Fact::Changed { collection, id, patch } => {
                let known =
                    self.changed.entry((collection, id)).or_insert_with(|| Value::Object(Default::default()));
                merge(known, &patch);
            }
            Fact::Gone { collection, id } => {
                self.gone.insert((collection, id));
            }
            Fact::Linked { collection, id, relation, object } => {
                self.unlinked.remove(&(collection, id.clone(), relation, id_of(&object)));
                let linked = self.linked.entry((collection, id, relation)).or_default();
                linked.retain(|other| id_of(other) != id_of(&object));
                linked.push(object);
            }
            Fact::Unlinked { collection, id, relation, other } => {
                self.unlinked.insert((collection, id, relation, other));
            }
            Fact::Seats { sku, taken } => *self.seats.entry(sku).or_default() += taken,
        }
    }

    fn patch(&self, collection: Collection, object: &mut Value) {
        if let Some(patch) = self.changed.get(&(collection, id_of(object))) {
            merge(object, patch);
        }
    }
}

/// Addresses and sign-in names are the same in any case.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn merge(into: &mut Value, patch: &Value) {
    if let (Some(into), Some(patch)) = (into.as_object_mut(), patch.as_object()) {
        for (name, value) in patch {
            into.insert(name.clone(), value.clone());
        }
    }
}

/// The id of an object: Graph's `id`, Exchange's `guid`.
pub fn id_of(object: &Value) -> String {
    let id = |name| object.get(name).and_then(Value::as_str);
    id("guid").or_else(|| id("id")).unwrap_or_default().to_owned()
}

/// What is asked of a collection, so that it can be asked of single objects too.
pub(super) struct Question<'a> {
    /// The properties that the answer follows from.
    pub names: Vec<String>,
    pub fits: Box<dyn Fn(&Value) -> bool + Send + Sync + 'a>,
}

impl Question<'_> {
    pub fn all_or_none(all: bool) -> Question<'static> {
        Question { names: Vec::new(), fits: Box::new(move |_| all) }
    }

    /// The question of a `$filter` and a `$search`, or the text that is not understood.
    pub fn of<'t>(filter: Option<&'t str>, search: Option<&'t str>) -> Result<Question<'static>, &'t str> {
        let mut names = filter.map(named_in).unwrap_or_default();
        let filter = filter.map(|text| Filter::parse(text).map_err(|_| text)).transpose()?;
        let search = search.map(|text| Search::parse(text).ok_or(text)).transpose()?;
        names.extend(search.as_ref().map(|search| search.property.clone()));
        let fits = move |object: &Value| {
            filter.as_ref().is_none_or(|filter| filter.matches(object).unwrap_or(false))
                && search.as_ref().is_none_or(|search| search.finds(object))
        };
        Ok(Question { names, fits: Box::new(fits) })
    }

    /// Whether a change can change the answer.
    pub fn is_about(&self, patch: &Value) -> bool {
        let changes = |name: &str| self.names.iter().any(|other| other.eq_ignore_ascii_case(name));
        patch.as_object().is_some_and(|patch| patch.keys().any(|name| changes(name)))
    }
}

/// The properties that a filter names, each once: words that are neither in quotes, nor of the language, nor a function's or a
/// lambda's. Of a path it is the first part.
pub(super) fn named_in(filter: &str) -> Vec<String> {
    const LANGUAGE: &[&str] = &[
        "eq", "ne", "gt", "ge", "lt", "le", "has", "and", "or", "not", "in", "any", "all", "true", "false",
        "null",
    ];
    // What stands between quotes is every second part; a doubled quote makes an empty one.
    let bare: Vec<&str> = filter.split('\'').step_by(2).collect();
    let bare = bare.join(" ' ");
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.';
    let mut words: Vec<(&str, Option<char>, Option<char>)> = Vec::new();
    let mut rest = 0;
    while let Some(from) = bare[rest..].find(is_word).map(|at| rest + at) {
        let to = bare[from..].find(|c| !is_word(c)).map_or(bare.len(), |at| from + at);
        let before = bare[..from].chars().next_back();
        words.push((&bare[from..to], before, bare[to..].trim_start().chars().next()));
        rest = to;
    }
    let variables: Vec<&str> =
        words.iter().filter(|(_, _, after)| *after == Some(':')).map(|(word, ..)| *word).collect();
    let mut names: Vec<String> = Vec::new();
    for (word, before, after) in words {
        let is_name = word.starts_with(char::is_alphabetic)
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !matches!(before, Some('/' | '$'))
            && after != Some('(')
            && !variables.contains(&word)
            && !LANGUAGE.iter().any(|known| known.eq_ignore_ascii_case(word));
        if is_name && !names.iter().any(|name| name.eq_ignore_ascii_case(word)) {
            names.push(word.to_owned());
        }
    }
    names
}

/// A `$search` for one thing, `"displayName:ann"`. Others are left to the service.
/// <https://learn.microsoft.com/graph/search-query-parameter>
struct Search {
    property: String,
    wanted: Vec<String>,
}

impl Search {
    fn parse(text: &str) -> Option<Search> {
        let text = text.trim().strip_prefix('"')?.strip_suffix('"')?;
        let (property, wanted) = text.split_once(':')?;
        let plain = !text.contains('"') && property.chars().all(char::is_alphanumeric);
        plain.then(|| Search { property: property.to_owned(), wanted: words(wanted) })
    }

    /// Each word that is looked for begins a word of the property.
    fn finds(&self, object: &Value) -> bool {
        let mut properties = object.as_object().into_iter().flatten();
        let value =
            properties.find(|(name, _)| name.eq_ignore_ascii_case(&self.property)).map(|(_, value)| value);
        let texts: Vec<&str> = match value {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let has_all = |text: &str| {
            let has = words(text);
            self.wanted.iter().all(|wanted| has.iter().any(|word| word.starts_with(wanted.as_str())))
        };
        texts.into_iter().any(has_all)
    }
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Search, named_in};

    #[test]
    fn a_filter_names_its_properties() {
        let named = |filter: &str, names: &[&str]| assert_eq!(named_in(filter), names, "{filter}");
        named(
            "userType eq 'Guest' and startsWith(displayName, 'O''Neil mail')",
            &["userType", "displayName"],
        );
        named("not(mail eq null) or MAIL ne 'x'", &["mail"]);
        named(
            "proxyAddresses/any(p:p eq 'SMTP:a') or otherMails/$count ge 2",
            &["proxyAddresses", "otherMails"],
        );
        named("signInActivity/lastSignInDateTime le 2026-01-01T00:00:00Z", &["signInActivity"]);
        named("id eq abcdef01-0000-4000-8000-000000000000 or id in ('a','b')", &["id"]);
        named("ExternalEmailAddress -eq 'SMTP:a' -and Name -like 'x*'", &["ExternalEmailAddress", "Name"]);
    }

    #[test]
    fn a_search_is_for_beginnings_of_words() {
        let finds =
            |text: &str| Search::parse(text).map(|s| s.finds(&json!({ "displayName": "Ann O'Lee-Smith" })));
        assert_eq!(finds("\"displayName:ANN smi\""), Some(true));
        assert_eq!(finds("\"displayname:mith\""), Some(false));
        assert_eq!(finds("\"mail:ann\""), Some(false));
        assert_eq!(finds("\"displayName:a\" OR \"displayName:b\""), None);
        assert_eq!(finds("ann"), None);
    }
}
