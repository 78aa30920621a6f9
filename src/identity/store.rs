//! What is kept of a sign-in between commands: refresh token, access tokens, a client secret; one private file a profile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OwnedMutexGuard};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::seal::Seal;
use super::{Error, Profile, Secret, Service, Token};
use crate::disk;

/// How often whoever waits for another usher looks whether it is done.
const LOOK: Duration = Duration::from_millis(20);
/// The form of the file.
const FORMAT: u32 = 1;

/// Where sign-ins are kept; clones keep in the same place.
#[derive(Clone)]
pub struct TokenStore(Place);

#[derive(Clone)]
enum Place {
    /// For this process only.
    Memory(Arc<Mutex<Kept>>),
    File {
        folder: PathBuf,
        name: String,
        seal: Seal,
        /// Whose sign-in leads into this tenant of a customer's.
        partner: Option<Box<Partner>>,
    },
}

/// The sign-in that tokens for customers are made by: it is kept once, with the partner's profile.
#[derive(Clone)]
struct Partner {
    name: String,
    of: Whose,
}

impl std::fmt::Debug for TokenStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Place::Memory(_) => f.write_str("TokenStore(memory)"),
            Place::File { name, .. } => write!(f, "TokenStore({name})"),
        }
    }
}

/// Whose sign-in something was kept of. What was kept of another is never given out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Whose {
    pub(super) login: String,
    pub(super) tenant: String,
    pub(super) client: String,
    pub(super) method: String,
}

/// What is kept.
#[derive(Clone, Default, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    format: u32,
    #[zeroize(skip)]
    of: Whose,
    /// Who signed in, as they were called then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) client_secret: Option<String>,
    /// What a service demands of the next sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) challenge: Option<String>,
    /// Exactly what was asked for, by service; everything consented to where it is not said.
    #[serde(default)]
    #[zeroize(skip)]
    pub(super) scopes: BTreeMap<String, String>,
    #[serde(default)]
    tokens: Vec<KeptToken>,
}

#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(rename_all = "camelCase")]
struct KeptToken {
    scope: String,
    token: String,
    /// Both by the clock of this machine, in seconds of the Unix era.
    asked_on: i64,
    expires_on: i64,
}

impl Kept {
    pub(super) fn new(of: Whose) -> Kept {
        let mut kept = Kept::default();
        (kept.format, kept.of) = (FORMAT, of);
        kept
    }

    /// A token that still lasts.
    pub(super) fn token(&self, scope: &str) -> Option<Token> {
        let kept = self.tokens.iter().find(|kept| kept.scope == scope)?;
        Some(Token::kept(Secret::new(kept.token.as_str()), kept.asked_on, kept.expires_on))
            .filter(Token::is_fresh)
    }

    pub(super) fn keep(&mut self, scope: &str, token: &Token) {
        self.tokens.retain(|kept| kept.scope != scope);
        let (asked_on, expires_on) = token.times();
        self.tokens.push(KeptToken {
            scope: scope.to_owned(),
            token: token.reveal().to_owned(),
            asked_on,
            expires_on,
        });
    }

    /// No token that was made so far is good enough any more.
    pub(super) fn forget_tokens(&mut self) {
        self.tokens.clear();
    }

    pub(super) fn scope<'a>(&'a self, service: Service, usual: &'a str) -> &'a str {
        self.scopes.get(service.name()).map_or(usual, String::as_str)
    }

    /// The same for another name of the tenant: `organizations` becomes the tenant that somebody signed in to.
    fn now_of(&mut self, of: Whose) {
        self.of = of;
    }
}

/// What is kept, held for this process alone until it is let go.
pub(super) struct Held {
    pub(super) kept: Kept,
    of: Whose,
    of_customer: bool,
    back: Back,
}

enum Back {
    Memory(OwnedMutexGuard<Kept>),
    File { path: PathBuf, seal: Seal, _lock: disk::Lock },
}

impl TokenStore {
    /// Forgets with the process.
    pub fn none() -> TokenStore {
        TokenStore(Place::Memory(Arc::new(Mutex::new(Kept::default()))))
    }

    /// In the state folder, for the profile of this name.
    pub fn of(home: &Path, profile: &str) -> TokenStore {
        TokenStore(Place::File {
            folder: folder(home),
            name: profile.to_owned(),
            seal: Seal::usual(),
            partner: None,
        })
    }

    /// The same; tokens for a customer's tenant lie apart from the partner's own, and are made by the partner's sign-in.
    pub fn of_profile(home: &Path, profile: &Profile) -> TokenStore {
        let Some(tenant) = &profile.customer_of else { return TokenStore::of(home, &profile.name) };
        let partner = Profile { tenant: tenant.clone(), customer_of: None, ..profile.clone() };
        TokenStore(Place::File {
            folder: folder(home),
            name: format!("{}.{}", profile.name, profile.tenant.to_lowercase()),
            seal: Seal::usual(),
            partner: Some(Box::new(Partner { name: partner.name.clone(), of: Whose::of(&partner) })),
        })
    }

    /// Whether anything outlives the process.
    pub(super) fn lasts(&self) -> bool {
        matches!(self.0, Place::File { .. })
    }

    /// What is kept of this sign-in; nothing where it is another's. Others wait until it is let go.
    pub(super) async fn hold(&self, of: &Whose) -> Result<Held, Error> {
        let own = |kept: Kept| if kept.of == *of { kept } else { Kept::new(of.clone()) };
        let (kept, back) = match &self.0 {
            Place::Memory(memory) => {
                let held = memory.clone().lock_owned().await;
                (own(held.clone()), Back::Memory(held))
            }
            Place::File { folder, name, seal, partner } => {
                let path = file(folder, name)?;
                disk::secret_folder(folder).map_err(unusable)?;
                let lock = lock(folder, name).await?;
                let mut kept = own(read(&path, name, seal)?.unwrap_or_default());
                if let Some(partner) = partner {
                    let theirs = read(&file(folder, &partner.name)?, &partner.name, seal)?;
                    if let Some(theirs) = theirs.filter(|theirs| theirs.of == partner.of) {
                        kept.refresh_token.clone_from(&theirs.refresh_token);
                        kept.client_secret.clone_from(&theirs.client_secret);
                        kept.user.clone_from(&theirs.user);
                    }
                }
                (kept, Back::File { path, seal: seal.clone(), _lock: lock })
            }
        };
        Ok(Held { kept, of: of.clone(), of_customer: self.is_of_customer(), back })
    }

    /// The same for a sign-in that begins anew: what is there and cannot be read is no hindrance then.
    pub(super) async fn hold_anew(&self, of: &Whose) -> Result<Held, Error> {
        match (self.hold(of).await, &self.0) {
            (Err(Error::Unusable { .. }), Place::File { folder, name, seal, .. }) => {
                let path = file(folder, name)?;
                disk::secret_folder(folder).map_err(unusable)?;
                // A link or an open file stays an error: they are no accident of usher's.
                disk::read_secret(&path).map_err(unusable)?;
                let lock = lock(folder, name).await?;
                let back = Back::File { path, seal: seal.clone(), _lock: lock };
                let of_customer = self.is_of_customer();
                Ok(Held { kept: Kept::new(of.clone()), of: of.clone(), of_customer, back })
            }
            (held, _) => held,
        }
    }

    fn is_of_customer(&self) -> bool {
        matches!(&self.0, Place::File { partner: Some(_), .. })
    }

    /// Gives what was kept another owner, after a sign-in has shown which tenant it is of.
    pub(super) async fn hand_over(&self, from: &Whose, to: &Whose) -> Result<(), Error> {
        let mut held = self.hold(from).await?;
        held.kept.now_of(to.clone());
        held.of = to.clone();
        held.save()
    }

    /// Removes all that is kept, customers' tokens as well; says whether there was anything.
    pub fn remove(&self) -> Result<bool, Error> {
        match &self.0 {
            Place::Memory(_) => Ok(false),
            Place::File { folder, name, seal, .. } => {
                let path = file(folder, name)?;
                remove_customers(folder, name, seal)?;
                let was = disk::remove_secret(&path).map_err(unusable)?;
                disk::remove_secret(&folder.join(format!("{name}.lock"))).map_err(unusable)?;
                seal.forget(name);
                Ok(was)
            }
        }
    }

    /// Renames what is kept along with its profile.
    pub fn rename(&self, home: &Path, to: &str) -> Result<(), Error> {
        let Place::File { folder: from, name, seal, .. } = &self.0 else { return Ok(()) };
        // Tokens are made again when they are needed.
        remove_customers(from, name, seal)?;
        let (old, new) = (file(from, name)?, file(&folder(home), to)?);
        if let Some(kept) = read(&old, name, seal)? {
            write(&new, to, seal, &kept)?;
            disk::remove_secret(&old).map_err(unusable)?;
            seal.forget(name);
        }
        Ok(())
    }

    /// The profiles of which anything is kept.
    pub fn names(home: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder(home)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
            // A customer's lies behind the partner's.
            .map(|name| name.split('.').next().unwrap_or_default().to_owned())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Where secrets are kept, in words.
    pub fn in_words(&self) -> String {
        match &self.0 {
            Place::Memory(_) => "nowhere: it is forgotten when this command ends".to_owned(),
            Place::File { folder, name, seal, .. } => {
                let path = folder.join(format!("{name}.json"));
                format!("in {}, {}", path.display(), seal.in_words())
            }
        }
    }
}

impl Held {
    /// Puts it back, for the next command and for whoever waits.
    pub(super) fn save(&mut self) -> Result<(), Error> {
        debug_assert_eq!(self.kept.of, self.of, "what is kept belongs to whom it was held for");
        match &mut self.back {
            Back::Memory(kept) => {
                **kept = self.kept.clone();
                Ok(())
            }
            Back::File { path, seal, .. } => {
                let name =
                    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                // What leads into every customer's tenant is kept in one place only.
                let mut kept = self.kept.clone();
                if self.of_customer {
                    (kept.refresh_token, kept.client_secret) = (None, None);
                }
                write(path, &name, seal, &kept)
            }
        }
    }

    /// Begins anew; a client secret that was given before may go on to be kept.
    pub(super) fn begin_anew(&mut self, with_secret: bool) {
        let client_secret = self.kept.client_secret.take().filter(|_| with_secret);
        self.kept = Kept::new(self.of.clone());
        self.kept.client_secret = client_secret;
    }
}

fn folder(home: &Path) -> PathBuf {
    home.join("tokens")
}

/// A name is a name, and leads nowhere else.
fn file(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        let reason = "the name of a tenant is made of letters, digits, `-`, `_` and `.`".to_owned();
        return Err(Error::Invalid { value: name.to_owned(), reason });
    }
    Ok(folder.join(format!("{name}.json")))
}

fn remove_customers(folder: &Path, partner: &str, seal: &Seal) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let customer =
            name.strip_prefix(partner).filter(|rest| rest.starts_with('.') && rest.len() > ".json".len());
        let Some(kept) = customer.and_then(|_| name.strip_suffix(".json").or(name.strip_suffix(".lock")))
        else {
            continue;
        };
        disk::remove_secret(&entry.path()).map_err(unusable)?;
        seal.forget(kept);
    }
    Ok(())
}

/// Waits for another usher that uses the same sign-in at this moment: it may be making the token that is wanted.
async fn lock(folder: &Path, name: &str) -> Result<disk::Lock, Error> {
    let path = folder.join(format!("{name}.lock"));
    // Refuses a link; what is in the file does not matter.
    disk::read_secret(&path).map_err(unusable)?;
    loop {
        match disk::Lock::take(&path).map_err(unusable)? {
            Some(lock) => return Ok(lock),
            None => tokio::time::sleep(LOOK).await,
        }
    }
}

fn read(path: &Path, name: &str, seal: &Seal) -> Result<Option<Kept>, Error> {
    let Some(bytes) = disk::read_secret(path).map_err(unusable)? else { return Ok(None) };
    let bytes = Zeroizing::new(bytes);
    let damaged = |reason: &str| Error::Unusable {
        what: format!("`{}`", path.display()),
        reason: reason.to_owned(),
        hint: Some(format!("`usher login --name {name}` signs in anew and replaces it")),
    };
    let opened = seal.open(name, &bytes).map_err(|reason| damaged(&reason))?;
    let kept: Kept =
        serde_json::from_slice(&opened).map_err(|_| damaged("this is not a sign-in that usher kept"))?;
    match kept.format {
        FORMAT => Ok(Some(kept)),
        _ => Err(damaged("another version of usher kept this sign-in")),
    }
}

fn write(path: &Path, name: &str, seal: &Seal, kept: &Kept) -> Result<(), Error> {
    let unsealed =
        |reason: String| Error::Unusable { what: format!("`{}`", path.display()), reason, hint: None };
    let text = Zeroizing::new(serde_json::to_vec(kept).map_err(|error| unsealed(error.to_string()))?);
    let sealed = seal.close(name, &text).map_err(unsealed)?;
    disk::write_secret(path, &sealed).map_err(unusable)
}

/// A file that cannot be used, as a sign-in says it.
fn unusable(error: disk::Error) -> Error {
    let hint = match &error {
        disk::Error::Unsafe { hint, .. } => Some(hint.clone()),
        _ => Some("see that usher's own folder can be read and written; USHER_HOME names another".to_owned()),
    };
    Error::Unusable { what: "the kept sign-in cannot be used".to_owned(), reason: error.to_string(), hint }
}
