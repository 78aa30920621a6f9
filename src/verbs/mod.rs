//! The verbs, one file per noun. A verb is an options type, a card and a body; everything else is derived from these.

pub mod azure;
pub mod card;
pub mod change;
pub mod data;
mod denied;
pub mod entra;
pub mod exchange;
pub mod period;
pub mod raw;
pub mod refs;
pub mod session;
pub mod shapes;
pub mod waiting;

use std::sync::OnceLock;

use async_trait::async_trait;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use card::{Area, Card, Certainty, EffectKind, Returns};

use crate::identity::Service;
use crate::problem::{Kind, Problem, Result};
use crate::runs::context::Scope;
use crate::runs::effect::Step;
use crate::runs::reader::Reader;
use crate::runs::session::Session;
use crate::runs::write::Prepare;

/// An options type with its card.
pub trait Verb: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    const CARD: Card;
}

/// A verb that only looks.
#[async_trait]
pub trait ReadingVerb: Verb {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value>;
}

/// A verb that changes something: it looks first and says what has to be sent.
#[async_trait]
pub trait WritingVerb: Verb {
    /// Whether some of its calls only read, as raw ones do.
    const READS_TOO: bool = false;
    /// Whether this call only reads: then it is on the path of a read, which no allowance stops.
    fn reads(&self, _tenant: &Reader<'_>) -> bool {
        false
    }
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step>;
}

/// A verb about the session itself.
#[async_trait]
pub trait SessionVerb: Verb {
    async fn call(self, session: &Session) -> Result<Value>;
}

type Body = for<'a> fn(Value, &'a Session, Option<&'a Scope>) -> BoxFuture<'a, Result<Value>>;

/// Reads a verb's arguments into what can be prepared.
type Prepares = fn(&Value) -> Result<Box<dyn Prepare>>;

/// A verb as the catalogue lists it.
pub struct Entry {
    pub card: Card,
    schema: fn() -> Value,
    described: OnceLock<Value>,
    /// `None` for verbs that the language's host carries out itself, since they take closures or tables.
    body: Option<Body>,
    /// The first half of a writing verb.
    prepares: Option<Prepares>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Entry").field(&self.card.name).finish()
    }
}

impl Entry {
    pub fn reads<V: ReadingVerb>() -> Entry {
        Entry {
            card: V::CARD,
            schema: schema_of::<V>,
            described: OnceLock::new(),
            body: Some(|arguments, session, scope| Box::pin(read::<V>(arguments, session, scope))),
            prepares: None,
        }
    }

    pub fn writes<V: WritingVerb>() -> Entry {
        Entry {
            card: V::CARD,
            schema: schema_of::<V>,
            described: OnceLock::new(),
            body: Some(|arguments, session, scope| Box::pin(write::<V>(arguments, session, scope))),
            prepares: Some(preparing::<V>),
        }
    }

    pub fn session<V: SessionVerb>() -> Entry {
        Entry {
            card: V::CARD,
            schema: schema_of::<V>,
            described: OnceLock::new(),
            body: Some(|arguments, session, _| {
                Box::pin(async move {
                    parsed::<V>(arguments)?.call(session).await.map_err(|p| p.verb(V::CARD.name))
                })
            }),
            prepares: None,
        }
    }

    /// A verb whose body is in the host.
    pub fn hosted<V: Verb>() -> Entry {
        Entry {
            card: V::CARD,
            schema: schema_of::<V>,
            described: OnceLock::new(),
            body: None,
            prepares: None,
        }
    }

    /// Another name for the same verb.
    pub fn called(
        mut self,
        name: &'static str,
        cmdlets: &'static [card::Cmdlet],
        summary: &'static str,
    ) -> Entry {
        self.card.name = name;
        self.card.cmdlets = cmdlets;
        self.card.summary = summary;
        self.card.examples = &[];
        self
    }

    /// JSON Schema of the arguments, positional ones included.
    pub fn schema(&self) -> &Value {
        self.described.get_or_init(self.schema)
    }

    /// How the verb is called: `set_user(user, #{ options })`.
    pub fn signature(&self) -> String {
        let card = &self.card;
        let known = self.schema()["properties"].as_object();
        let has_options =
            known.is_some_and(|known| known.keys().any(|name| !card.positional.contains(&name.as_str())));
        let mut parts = card.positional.to_vec();
        if has_options {
            parts.push("#{ options }");
        }
        if card.name == "bulk" {
            parts.push("|row| ...");
        }
        format!("{}({})", card.name, parts.join(", "))
    }

    /// A writing verb that is ready to look at the tenant.
    pub fn prepare(&self, arguments: &Value) -> Option<Result<Box<dyn Prepare>>> {
        self.prepares.map(|prepare| prepare(arguments))
    }

    pub fn is_hosted(&self) -> bool {
        self.body.is_none()
    }

    /// What a verb that only reads gives, without a word to anybody: for looks that nobody asked for aloud.
    pub async fn look(&self, arguments: Value, session: &Session) -> Result<Value> {
        match self.body.filter(|_| !self.card.effect.writes()) {
            Some(body) => body(arguments, session, None).await,
            None => Err(Problem::new(Kind::Internal, format!("`{}` does not only read", self.card.name))),
        }
    }

    /// Carries the verb out; the arguments have been held against the schema.
    pub async fn call(&self, arguments: Value, session: &Session, scope: Option<&Scope>) -> Result<Value> {
        match self.body {
            Some(body) => {
                denied::warn(session, &self.card);
                let called = body(arguments, session, scope).await;
                called.map_err(|problem| denied::explained(problem, session, &self.card))
            }
            None => {
                Err(Problem::new(Kind::Internal, format!("`{}` needs the language's host", self.card.name)))
            }
        }
    }
}

fn schema_of<V: Verb>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<V>().to_value()
}

fn parsed<V: Verb>(arguments: Value) -> Result<V> {
    serde_json::from_value(arguments)
        .map_err(|error| Problem::new(Kind::InvalidOption, error.to_string()).verb(V::CARD.name))
}

async fn read<V: ReadingVerb>(arguments: Value, session: &Session, scope: Option<&Scope>) -> Result<Value> {
    let mut waiting = session.waiting(scope);
    loop {
        let verb = parsed::<V>(arguments.clone())?;
        let refused = match verb.read(&session.reader_in(scope).await?).await {
            Ok(read) => return Ok(read),
            Err(refused) => refused,
        };
        let waited = waiting.out(refused, Service::Graph).await;
        waited.map_err(|problem| problem.verb(V::CARD.name))?;
    }
}

struct Preparing<V>(V);

#[async_trait]
impl<V: WritingVerb> Prepare for Preparing<V> {
    async fn prepare(self: Box<Self>, tenant: &Reader<'_>) -> Result<Step> {
        self.0.prepare(tenant).await
    }
}

fn preparing<V: WritingVerb>(arguments: &Value) -> Result<Box<dyn Prepare>> {
    Ok(Box::new(Preparing(parsed::<V>(arguments.clone())?)))
}

async fn write<V: WritingVerb>(arguments: Value, session: &Session, scope: Option<&Scope>) -> Result<Value> {
    if V::READS_TOO {
        let verb = parsed::<V>(arguments.clone())?;
        let reader = session.reader_in(scope).await?;
        if verb.reads(&reader)
            && let Step::Read(output) =
                verb.prepare(&reader).await.map_err(|problem| problem.verb(V::CARD.name))?
        {
            return Ok(output);
        }
    }
    let named = named(&V::CARD, &arguments);
    session.write(V::CARD.name, &named, &|| preparing::<V>(&arguments), scope).await
}

/// The arguments with ids in place of the objects that are acted on: what a call is known by, and what it can be made from
/// once more when the objects are no longer at hand.
fn named(card: &Card, arguments: &Value) -> Value {
    let mut named = arguments.clone();
    for name in card.positional {
        if let Some(argument) = named.get_mut(*name)
            && let Some(object) = argument.as_object()
        {
            let of = |name: &str| object.get(name).and_then(Value::as_str);
            let invited = object.get("invitedUser").and_then(|user| user["id"].as_str());
            let id = invited.or_else(|| of("guid")).or_else(|| of("skuId")).or_else(|| of("id"));
            if let Some(id) = id.map(str::to_owned) {
                *argument = Value::String(id);
            }
        }
    }
    named
}
