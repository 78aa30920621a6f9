//! The tenants that usher was told of, by name.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Addresses, Cloud, Method, Profile, SecretFrom};
use crate::disk;
use crate::problem::{Kind, Problem, Result};

/// The tenants by the names the user gave them.
#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    default: Option<String>,
    known: Vec<Profile>,
}

impl Profiles {
    pub fn open(home: &Path) -> Result<Profiles> {
        let path = home.join("tenants.json");
        let bytes = disk::read_secret(&path).map_err(|error| failed(&error))?;
        let told: Value = match bytes {
            None => json!({}),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| {
                Problem::new(Kind::File, format!("`{}` is not a list of tenants", path.display()))
            })?,
        };
        let known = told["tenants"].as_array().into_iter().flatten().filter_map(read).collect();
        Ok(Profiles { path, default: told["default"].as_str().map(str::to_owned), known })
    }

    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.known.iter().find(|profile| profile.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|profile| profile.name.as_str())
    }

    pub fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    pub fn put(&mut self, profile: &Profile) -> Result<()> {
        self.known.retain(|known| known.name != profile.name);
        self.known.push(profile.clone());
        Ok(())
    }

    pub fn set_default(&mut self, name: &str) -> Result<()> {
        self.default = Some(name.to_owned());
        Ok(())
    }

    pub fn remove(&mut self, name: &str) -> Result<()> {
        self.known.retain(|known| known.name != name);
        self.default = self.default.take().filter(|default| default != name);
        Ok(())
    }

    pub fn save(&self) -> Result<()> {
        let tenants: Vec<Value> = self.known.iter().map(written).collect();
        let text = json!({ "default": self.default, "tenants": tenants });
        disk::write_secret(&self.path, format!("{text:#}\n").as_bytes()).map_err(|error| failed(&error))
    }
}

fn failed(error: &disk::Error) -> Problem {
    Problem::new(Kind::File, error.to_string())
}

fn written(profile: &Profile) -> Value {
    let method = match &profile.method {
        Method::ClientSecret { secret: SecretFrom::Env(env) } | Method::AccessToken { env } => json!(env),
        Method::Certificate { file, password_env } => json!([file, password_env]),
        Method::ManagedIdentity { id } => json!(id),
        _ => Value::Null,
    };
    json!({
        "name": profile.name, "tenant": profile.tenant, "cloud": profile.cloud.word(), "clientId": profile.client_id,
        "method": profile.method.word(), "of": method, "readOnly": profile.read_only,
        "requireApproval": profile.require_approval, "allow": profile.allow, "neverTouch": profile.never_touch,
        "loginUrl": profile.addresses.login, "graphUrl": profile.addresses.graph,
        "exchangeUrl": profile.addresses.exchange, "azureUrl": profile.addresses.azure, "caFile": profile.ca_file,
    })
}

fn read(told: &Value) -> Option<Profile> {
    let text = |name: &str| told[name].as_str().map(str::to_owned);
    let list = |name: &str| {
        let all = told[name].as_array()?;
        Some(all.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>())
    };
    let method = match told["method"].as_str()? {
        "browser" => Method::Browser,
        "device-code" => Method::DeviceCode,
        "client-secret" => {
            Method::ClientSecret { secret: text("of").map_or(SecretFrom::Kept, SecretFrom::Env) }
        }
        "certificate" => Method::Certificate {
            file: told["of"][0].as_str()?.into(),
            password_env: told["of"][1].as_str().map(str::to_owned),
        },
        "workload-identity" => Method::WorkloadIdentity,
        "managed-identity" => Method::ManagedIdentity { id: text("of") },
        "azure-cli" => Method::AzureCli,
        "access-token" => Method::AccessToken { env: text("of")? },
        _ => return None,
    };
    Some(Profile {
        name: text("name")?,
        tenant: text("tenant")?,
        cloud: Cloud::find(told["cloud"].as_str()?)?,
        client_id: text("clientId"),
        method,
        read_only: told["readOnly"] == true,
        require_approval: told["requireApproval"] == true,
        allow: list("allow"),
        never_touch: list("neverTouch").unwrap_or_default(),
        addresses: Addresses {
            login: text("loginUrl"),
            graph: text("graphUrl"),
            exchange: text("exchangeUrl"),
            azure: text("azureUrl"),
        },
        ca_file: text("caFile").map(PathBuf::from),
    })
}
