//! The settings of a profile: what each is called in the file and in the environment, what it may say, and what they make.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Addresses, Cloud, Method, Profile, SecretFrom};
use crate::net::{Url, is_loopback};
use crate::problem::{Kind, Place, Problem, Result};
use crate::words::nearest;

/// The name of the tenant that only the environment describes.
pub const ENVIRONMENT: &str = "environment";
/// The name that belongs to the simulated tenant.
pub const SIMULATED: &str = "sandbox";

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// In the file of profiles.
    pub key: &'static str,
    /// In the environment.
    pub variable: &'static str,
    pub takes: Takes,
    /// What it says, for the head of the file and the reference.
    pub about: &'static str,
}

/// What kind of value a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Text,
    YesOrNo,
    Names,
    File,
    Address,
    /// In the file the name of an environment variable that holds a secret; in the environment that secret itself.
    Secret,
}

const fn setting(key: &'static str, variable: &'static str, takes: Takes, about: &'static str) -> Setting {
    Setting { key, variable, takes, about }
}

/// All of them, in the order in which they are written.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    setting("tenant", "USHER_TENANT_ID", Takes::Text, "the tenant's id, or a domain of it"),
    setting("cloud", "USHER_CLOUD", Takes::Text, "global, usgov, usgov-dod or china; global when left out"),
    setting("clientId", "USHER_CLIENT_ID", Takes::Text, "the app registration that signs in: its Application (client) ID"),
    setting("method", "USHER_METHOD", Takes::Text, "how one signs in; follows from the other settings when left out, else browser"),
    setting("clientSecretEnv", "USHER_CLIENT_SECRET", Takes::Secret, "the environment variable that holds the client secret"),
    setting("certificate", "USHER_CERTIFICATE", Takes::File, "the app's certificate with its key: PEM or PFX"),
    setting("certificatePasswordEnv", "USHER_CERTIFICATE_PASSWORD", Takes::Secret, "the environment variable that holds the password of a PFX file"),
    setting("managedIdentityId", "USHER_MANAGED_IDENTITY_ID", Takes::Text, "which identity of the Azure machine, where it has several"),
    setting("accessTokenEnv", "USHER_ACCESS_TOKEN", Takes::Secret, "the environment variable that holds a token made elsewhere"),
    setting("readOnly", "USHER_READ_ONLY", Takes::YesOrNo, "true: nothing is written, whatever a script tries"),
    setting("requireApproval", "USHER_REQUIRE_APPROVAL", Takes::YesOrNo, "true: removals and roles need a plan that a second person approved"),
    setting("allow", "USHER_ALLOW", Takes::Names, "the only verbs that may write"),
    setting("neverTouch", "USHER_NEVER_TOUCH", Takes::Names, "addresses, ids and names that nothing is done to"),
    setting("loginUrl", "USHER_LOGIN_URL", Takes::Address, "another address of the sign-in service than the cloud's"),
    setting("graphUrl", "USHER_GRAPH_URL", Takes::Address, "the same for Graph"),
    setting("exchangeUrl", "USHER_EXCHANGE_URL", Takes::Address, "the same for Exchange"),
    setting("azureUrl", "USHER_AZURE_URL", Takes::Address, "the same for Azure"),
    setting("caFile", "USHER_CA_FILE", Takes::File, "certificates to trust beside the system's, as PEM"),
];

/// What keeps a run from doing harm: the environment adds to these, and takes nothing away.
const SAFETY: [&str; 4] = ["readOnly", "requireApproval", "allow", "neverTouch"];
/// What belongs to one way of signing in: whoever chooses another leaves these behind.
const WAYS: [&str; 6] = [
    "method",
    "clientSecretEnv",
    "certificate",
    "certificatePasswordEnv",
    "managedIdentityId",
    "accessTokenEnv",
];
const METHODS: [&str; 8] = [
    "browser",
    "device-code",
    "client-secret",
    "certificate",
    "workload-identity",
    "managed-identity",
    "azure-cli",
    "access-token",
];

/// The setting of a key.
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// A value that was given, as far as its kind goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    YesOrNo(bool),
    Names(Vec<String>),
}

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whence {
    File(Place),
    Variable(&'static str),
}

impl Whence {
    /// What is wrong there.
    pub fn fault(&self, message: impl Into<String>) -> Problem {
        let message = message.into();
        match self {
            Whence::File(place) => {
                let mut problem = Problem::new(Kind::InvalidOption, message);
                problem.place = Some(place.clone());
                problem
            }
            Whence::Variable(name) => Problem::new(Kind::InvalidOption, format!("{name}: {message}")),
        }
    }
}

/// The settings of one tenant as they were given, each with its place.
#[derive(Debug, Clone, Default)]
pub struct Given(BTreeMap<&'static str, (Value, Whence)>);

/// What the environment demands of every run, beside what a profile does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Safety {
    pub read_only: bool,
    pub require_approval: bool,
    pub allow: Option<Vec<String>>,
    pub never_touch: Vec<String>,
}

impl Given {
    /// What these variables say; `variable` looks one up.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Given> {
        let mut given = Given::default();
        for setting in SETTINGS {
            let Some(text) = variable(setting.variable).filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            let whence = Whence::Variable(setting.variable);
            let value = match setting.takes {
                Takes::Text | Takes::File | Takes::Address => Value::Text(text.trim().to_owned()),
                Takes::Secret => Value::Text(setting.variable.to_owned()),
                Takes::YesOrNo => Value::YesOrNo(
                    yes_or_no(&text)
                        .ok_or_else(|| whence.fault(format!("`{text}` is neither true nor false")))?,
                ),
                Takes::Names => {
                    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                    Value::Names(names.map(str::to_owned).collect())
                }
            };
            given.put(setting.key, value, whence);
        }
        Ok(given)
    }

    pub fn put(&mut self, key: &'static str, value: Value, whence: Whence) {
        self.0.insert(key, (value, whence));
    }

    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Where a key was given.
    pub fn place(&self, key: &str) -> Option<&Whence> {
        self.0.get(key).map(|(_, whence)| whence)
    }

    /// These settings with those of the environment in their place; what keeps from harm is left as it is.
    pub fn overlaid(&self, environment: &Given) -> Given {
        let mut both = self.clone();
        if WAYS.iter().any(|key| environment.has(key)) {
            both.0.retain(|key, _| !WAYS.contains(key));
        }
        let over = environment.0.iter().filter(|(key, _)| !SAFETY.contains(key));
        both.0.extend(over.map(|(key, given)| (*key, given.clone())));
        both
    }

    /// What of these keeps from harm.
    pub fn safety(&self) -> Safety {
        Safety {
            read_only: self.yes("readOnly"),
            require_approval: self.yes("requireApproval"),
            allow: self.names("allow"),
            never_touch: self.names("neverTouch").unwrap_or_default(),
        }
    }

    fn text(&self, key: &str) -> Option<(&str, &Whence)> {
        match self.0.get(key) {
            Some((Value::Text(text), whence)) => Some((text, whence)),
            _ => None,
        }
    }

    fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(|(text, _)| text.to_owned())
    }

    fn yes(&self, key: &str) -> bool {
        matches!(self.0.get(key), Some((Value::YesOrNo(true), _)))
    }

    fn names(&self, key: &str) -> Option<Vec<String>> {
        match self.0.get(key) {
            Some((Value::Names(names), _)) => Some(names.clone()),
            _ => None,
        }
    }

    fn address(&self, key: &str) -> Result<Option<String>> {
        let Some((text, whence)) = self.text(key) else { return Ok(None) };
        let address = service_address(text);
        address.map(Some).map_err(|(message, hint)| whence.fault(message).hint(hint))
    }

    /// A path; a relative one stands beside the file that names it.
    fn file(&self, key: &str, folder: &Path) -> Option<PathBuf> {
        match self.text(key)? {
            (text, Whence::File(_)) => Some(folder.join(text)),
            (text, Whence::Variable(_)) => Some(PathBuf::from(text)),
        }
    }

    /// The profile that they make; `whence` is where the tenant as such was named.
    pub fn profile(&self, name: &str, whence: &Whence, folder: &Path) -> Result<Profile> {
        let cloud = match self.text("cloud") {
            None => Cloud::default(),
            Some((text, whence)) => Cloud::find(text).ok_or_else(|| {
                let words = Cloud::ALL.map(Cloud::word);
                choice(whence, "cloud", text, &words)
            })?,
        };
        let client_id = match self.text("clientId") {
            Some((text, whence)) if uuid::Uuid::try_parse(text).is_err() => {
                return Err(whence
                    .fault(format!("`{text}` is not the id of an app"))
                    .hint("it is the Application (client) ID on the app's page, such as 11111111-2222-3333-4444-555555555555"));
            }
            given => given.map(|(text, _)| text.to_owned()),
        };
        let method = self.method(folder)?;
        let needs_app = matches!(
            method,
            Method::Browser | Method::DeviceCode | Method::ClientSecret { .. } | Method::Certificate { .. }
        );
        if needs_app && client_id.is_none() {
            return Err(whence
                .fault(format!("`clientId` is missing: `{}` signs in by an app registration", method.word()))
                .hint("give its Application (client) ID; `usher tenants setup` says how one is made"));
        }
        let Safety { read_only, require_approval, allow, never_touch } = self.safety();
        Ok(Profile {
            name: name.to_owned(),
            tenant: self.tenant(whence)?,
            cloud,
            client_id,
            method,
            read_only,
            require_approval,
            allow,
            never_touch,
            addresses: Addresses {
                login: self.address("loginUrl")?,
                graph: self.address("graphUrl")?,
                exchange: self.address("exchangeUrl")?,
                azure: self.address("azureUrl")?,
            },
            ca_file: self.file("caFile", folder),
            customer_of: None,
        })
    }

    fn tenant(&self, whence: &Whence) -> Result<String> {
        let hint = "give the tenant's id, or a domain of it such as contoso.onmicrosoft.com";
        let Some((tenant, whence)) = self.text("tenant") else {
            return Err(whence.fault("`tenant` is missing").hint(hint));
        };
        if ["common", "organizations", "consumers"].contains(&tenant.to_lowercase().as_str()) {
            return Err(whence.fault(format!("`{tenant}` names no tenant")).hint(hint));
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
        let is_domain = tenant.contains('.') && tenant.chars().all(plain);
        if uuid::Uuid::try_parse(tenant).is_err() && !is_domain {
            return Err(whence.fault(format!("`{tenant}` is neither a tenant's id nor a domain")).hint(hint));
        }
        Ok(tenant.to_owned())
    }

    fn method(&self, folder: &Path) -> Result<Method> {
        let word = match self.text("method") {
            Some((text, whence)) => *METHODS
                .iter()
                .find(|word| word.eq_ignore_ascii_case(text))
                .ok_or_else(|| choice(whence, "way to sign in", text, &METHODS))?,
            None if self.has("clientSecretEnv") => "client-secret",
            None if self.has("certificate") => "certificate",
            None if self.has("accessTokenEnv") => "access-token",
            None if self.has("managedIdentityId") => "managed-identity",
            None => "browser",
        };
        let owners = [
            ("clientSecretEnv", "client-secret"),
            ("certificate", "certificate"),
            ("certificatePasswordEnv", "certificate"),
            ("managedIdentityId", "managed-identity"),
            ("accessTokenEnv", "access-token"),
        ];
        for (key, owner) in owners {
            if let Some(whence) = self.place(key).filter(|_| owner != word) {
                return Err(whence
                    .fault(format!("`{key}` belongs to the method `{owner}`, and this signs in by `{word}`"))
                    .hint(format!("take `{key}` out, or let the method be `{owner}`")));
            }
        }
        let missing = |key: &str| {
            let whence = self.place("method").cloned().unwrap_or(Whence::Variable("USHER_METHOD"));
            whence.fault(format!("the method `{word}` needs `{key}`"))
        };
        Ok(match word {
            "device-code" => Method::DeviceCode,
            "client-secret" => Method::ClientSecret {
                secret: self.owned("clientSecretEnv").map_or(SecretFrom::Kept, SecretFrom::Env),
            },
            "certificate" => Method::Certificate {
                file: self.file("certificate", folder).ok_or_else(|| missing("certificate"))?,
                password_env: self.owned("certificatePasswordEnv"),
            },
            "workload-identity" => Method::WorkloadIdentity,
            "managed-identity" => Method::ManagedIdentity { id: self.owned("managedIdentityId") },
            "azure-cli" => Method::AzureCli,
            "access-token" => Method::AccessToken {
                env: self.owned("accessTokenEnv").ok_or_else(|| missing("accessTokenEnv"))?,
            },
            _ => Method::Browser,
        })
    }
}

/// The settings that a profile was made of, or can be made of again.
pub fn of(profile: &Profile) -> Vec<(&'static Setting, Value)> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let (mut secret, mut certificate, mut password, mut identity, mut token) = (None, None, None, None, None);
    match &profile.method {
        Method::ClientSecret { secret: SecretFrom::Env(name) } => secret = Some(name.clone()),
        Method::Certificate { file, password_env } => {
            (certificate, password) = (Some(path(file)), password_env.clone());
        }
        Method::ManagedIdentity { id } => identity.clone_from(id),
        Method::AccessToken { env } => token = Some(env.clone()),
        _ => {}
    }
    let Addresses { login, graph, exchange, azure } = profile.addresses.clone();
    let text = |key: &str| match key {
        "tenant" => Some(profile.tenant.clone()),
        "cloud" => Some(profile.cloud.word().to_owned()),
        "clientId" => profile.client_id.clone(),
        "method" => Some(profile.method.word().to_owned()),
        "clientSecretEnv" => secret.clone(),
        "certificate" => certificate.clone(),
        "certificatePasswordEnv" => password.clone(),
        "managedIdentityId" => identity.clone(),
        "accessTokenEnv" => token.clone(),
        "loginUrl" => login.clone(),
        "graphUrl" => graph.clone(),
        "exchangeUrl" => exchange.clone(),
        "azureUrl" => azure.clone(),
        "caFile" => profile.ca_file.as_deref().map(path),
        _ => None,
    };
    let value = |setting: &'static Setting| {
        let value = match setting.key {
            "readOnly" => profile.read_only.then_some(Value::YesOrNo(true)),
            "requireApproval" => profile.require_approval.then_some(Value::YesOrNo(true)),
            "allow" => profile.allow.clone().map(Value::Names),
            "neverTouch" if profile.never_touch.is_empty() => None,
            "neverTouch" => Some(Value::Names(profile.never_touch.clone())),
            key => text(key).map(Value::Text),
        };
        Some((setting, value?))
    };
    SETTINGS.iter().filter_map(value).collect()
}

/// Why a name is none for a profile.
pub fn unfit_name(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.eq_ignore_ascii_case(SIMULATED) {
        return Some("is the name of the simulated tenant");
    }
    if name.eq_ignore_ascii_case(ENVIRONMENT) {
        return Some("is the name of the tenant that environment variables describe");
    }
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    (!begins_well || name.len() > 64 || !name.chars().all(plain))
        .then_some("is not a plain word: letters, digits, `-` and `_`")
}

/// The address of a service without a slash at its end, or what is wrong with it and what would do.
pub fn service_address(text: &str) -> std::result::Result<String, (String, &'static str)> {
    const SUCH_AS: &str = "such as https://graph.example";
    let url = Url::parse(text).map_err(|_| (format!("`{text}` is not an address"), SUCH_AS))?;
    if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
        return Err((
            format!("`{text}` is not an https address"),
            "what goes there carries tokens; http is let through to this machine only",
        ));
    }
    let bare = url.username().is_empty() && url.password().is_none();
    if !bare || url.query().is_some() || url.fragment().is_some() {
        return Err(("an address of a service has no name, password, `?` or `#` in it".to_owned(), SUCH_AS));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// A variable that looks like a setting's and is none: `USHER_READONLY` would protect nobody.
pub fn mistyped(variable: &str) -> Option<&'static str> {
    const OTHERS: [&str; 2] = ["USHER_HOME", "USHER_TENANT"];
    let known = || SETTINGS.iter().map(|setting| setting.variable);
    if !variable.starts_with("USHER_") || OTHERS.contains(&variable) || known().any(|name| name == variable) {
        return None;
    }
    nearest(variable, known())
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "t" | "1" => Some(true),
        "false" | "no" | "off" | "n" | "f" | "0" => Some(false),
        _ => None,
    }
}

fn choice(whence: &Whence, what: &str, text: &str, words: &[&str]) -> Problem {
    let near = nearest(text, words.iter().copied()).map(|near| format!("did you mean `{near}`? "));
    whence.fault(format!("there is no {what} `{text}`")).hint(format!(
        "{}it is one of {}",
        near.unwrap_or_default(),
        words.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "11111111-2222-3333-4444-555555555555";

    fn environment(variables: &[(&str, &str)]) -> Result<Given> {
        Given::from_environment(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        })
    }

    fn profile(variables: &[(&str, &str)]) -> Result<Profile> {
        environment(variables)?.profile(ENVIRONMENT, &Whence::Variable("USHER_TENANT_ID"), Path::new("."))
    }

    #[test]
    fn a_secret_of_the_environment_is_known_by_its_variable_alone() {
        let given = [
            ("USHER_TENANT_ID", "contoso.example"),
            ("USHER_CLIENT_ID", APP),
            ("USHER_CLIENT_SECRET", "marked"),
        ];
        let made = profile(&given).unwrap();
        let secret = SecretFrom::Env("USHER_CLIENT_SECRET".to_owned());
        assert_eq!(made.method, Method::ClientSecret { secret });
        assert!(!format!("{made:?}").contains("marked"));
    }

    #[test]
    fn another_way_of_signing_in_leaves_that_of_the_file_behind() {
        let file = environment(&[("USHER_TENANT_ID", "contoso.example"), ("USHER_CERTIFICATE", "app.pem")]);
        let over = environment(&[("USHER_CLIENT_SECRET", "x"), ("USHER_CLIENT_ID", APP)]).unwrap();
        let both = file.unwrap().overlaid(&over);
        let made = both.profile("contoso", &Whence::Variable("USHER_TENANT_ID"), Path::new(".")).unwrap();
        assert_eq!(made.method.word(), "client-secret");
    }

    #[test]
    fn the_environment_takes_no_safety_away() {
        let file = environment(&[("USHER_READ_ONLY", "true"), ("USHER_ALLOW", "new_invitation")]).unwrap();
        let over = environment(&[("USHER_READ_ONLY", "false"), ("USHER_ALLOW", "remove_user")]).unwrap();
        let safety = file.overlaid(&over).safety();
        assert!(safety.read_only);
        assert_eq!(safety.allow, Some(vec!["new_invitation".to_owned()]));
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        let refused = |more: (&str, &str)| {
            let problem = profile(&[("USHER_TENANT_ID", "contoso.example"), ("USHER_CLIENT_ID", APP), more])
                .unwrap_err();
            format!("{} / {}", problem.message, problem.hint.unwrap_or_default())
        };
        assert!(refused(("USHER_CLOUD", "usgow")).contains("did you mean `usgov`?"));
        assert!(refused(("USHER_METHOD", "certificat")).contains("did you mean `certificate`?"));
        assert!(refused(("USHER_GRAPH_URL", "http://graph.example")).contains("not an https address"));
        assert!(refused(("USHER_GRAPH_URL", "https://me:it@graph.example")).contains("no name, password"));
        assert!(refused(("USHER_READ_ONLY", "maybe")).contains("neither true nor false"));
        let common = profile(&[("USHER_TENANT_ID", "common"), ("USHER_CLIENT_ID", APP)]).unwrap_err();
        assert!(common.message.contains("names no tenant"));
    }

    #[test]
    fn a_mistyped_variable_is_noticed() {
        assert_eq!(mistyped("USHER_READONLY"), Some("USHER_READ_ONLY"));
        assert_eq!(mistyped("USHER_READ_ONLY"), None);
        assert_eq!(mistyped("USHER_HOME"), None);
        assert_eq!(mistyped("HOME"), None);
    }

    #[test]
    fn names_are_plain_words() {
        assert!(unfit_name("contoso-2").is_none());
        for name in ["sandbox", "Environment", "", "a b", "../x", "-x", "ä"] {
            assert!(unfit_name(name).is_some(), "{name}");
        }
    }
}
