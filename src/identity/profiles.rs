//! The file of tenants that usher was told of, `tenants.toml`: read with a place for each fault, written with the user's
//! comments and order kept.

use std::ops::Range;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use toml_edit::{Array, Document, DocumentMut, Item, Table, TableLike};

use super::Profile;
use super::settings::{self, Given, SETTINGS, SIMULATED, Setting, Takes, Value, Whence, unfit_name};
use crate::disk;
use crate::problem::{Kind, Place, Problem, Result};
use crate::words::nearest;

/// Its name in usher's own folder.
const FILE: &str = "tenants.toml";
/// The table that holds one table for each tenant.
const TENANTS: &str = "tenants";
/// The tenant of a run that names none.
const DEFAULT: &str = "default";

/// The tenants by the names the user gave them.
#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    document: DocumentMut,
    known: IndexMap<String, (Profile, Given)>,
    default: Option<String>,
}

impl Profiles {
    /// The file in usher's own folder; none there means no tenants yet.
    pub fn open(home: &Path) -> Result<Profiles> {
        let path = home.join(FILE);
        refuse_link(&path)?;
        let text = match path.exists() {
            true => disk::read(&path).map_err(|error| file_problem(&error))?,
            false => Vec::new(),
        };
        let text = String::from_utf8(text)
            .map_err(|_| Problem::new(Kind::File, format!("`{}` is not UTF-8 text", path.display())))?;
        Profiles::read(path, text)
    }

    fn read(path: PathBuf, text: String) -> Result<Profiles> {
        let source = Source { path: &path, text: &text };
        let document = Document::parse(text.as_str()).map_err(|error| {
            let message = error.message().trim().lines().next().unwrap_or_default().trim_end_matches('.');
            source.at(error.span(), None).fault(format!("this is not TOML: {message}"))
        })?;
        let (known, default) = source.tenants(document.as_table())?;
        let document = document.into_mut();
        Ok(Profiles { path: path.clone(), document, known, default })
    }

    /// Where the file is, or will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.known.get(name).map(|(profile, _)| profile)
    }

    /// What the file says of a tenant, setting by setting.
    pub fn given(&self, name: &str) -> Option<&Given> {
        self.known.get(name).map(|(_, given)| given)
    }

    /// In the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    /// The tenant of a run that names none: one of these, or the sandbox.
    pub fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// The tenant of this name, or which names there are.
    pub fn need(&self, name: &str) -> Result<&Profile> {
        self.get(name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Problem {
        let problem = Problem::new(Kind::InvalidOption, format!("there is no tenant `{name}`")).value(name);
        let hint = match nearest(name, self.names()) {
            Some(near) => format!("did you mean `{near}`? `usher tenants` lists them"),
            None if self.known.is_empty() => {
                "there are none yet: `usher login` adds one, `usher tenants setup` says what it takes"
                    .to_owned()
            }
            None => format!("there is {}", self.names().collect::<Vec<_>>().join(", ")),
        };
        problem.hint(hint)
    }

    /// Adds a tenant, or changes what is said of it; what is said already stays as it is written.
    pub fn put(&mut self, profile: &Profile) -> Result<()> {
        if let Some(why) = unfit_name(&profile.name) {
            let problem = Problem::new(Kind::InvalidOption, format!("`{}` {why}", profile.name));
            return Err(problem.hint("choose another name for the tenant, such as `contoso`"));
        }
        let wanted: Vec<_> = settings::of(profile)
            .into_iter()
            .map(|(setting, value)| (setting, self.beside(setting, value)))
            .collect();
        let table = self.table(&profile.name)?;
        table.retain(|key, _| {
            settings::find(key).is_none() || wanted.iter().any(|(setting, _)| setting.key == key)
        });
        for (setting, value) in &wanted {
            // What goes without saying is not written.
            let usual = setting.key == "cloud" && *value == Value::Text("global".to_owned());
            match table.get_mut(setting.key) {
                Some(item) if read_value(setting, item).as_ref() == Some(value) => {}
                Some(item) => replace(item, value),
                None if usual => {}
                None => {
                    table.insert(setting.key, Item::Value(toml(value)));
                }
            }
        }
        self.anew()
    }

    /// A path as the file has it: what lies beside the file by its name alone, what lies elsewhere in full.
    fn beside(&self, setting: &Setting, value: Value) -> Value {
        let Value::Text(text) = &value else { return value };
        if setting.takes != Takes::File {
            return value;
        }
        let path = Path::new(text);
        let near = self.path.parent().and_then(|folder| path.strip_prefix(folder).ok());
        let written = near.map(Path::to_owned).or_else(|| std::path::absolute(path).ok());
        Value::Text(written.as_deref().unwrap_or(path).to_string_lossy().into_owned())
    }

    /// Which tenant a run goes to that names none; `sandbox` is one to choose as well.
    pub fn set_default(&mut self, name: &str) -> Result<()> {
        if name != SIMULATED {
            self.need(name)?;
        }
        match self.document.get_mut(DEFAULT) {
            Some(item) => replace(item, &Value::Text(name.to_owned())),
            None => {
                self.document.insert(DEFAULT, toml_edit::value(name));
            }
        }
        self.anew()
    }

    /// The same tenant under another name, at its place in the file.
    pub fn rename(&mut self, old: &str, new: &str) -> Result<()> {
        self.need(old)?;
        if let Some(why) = unfit_name(new) {
            return Err(Problem::new(Kind::InvalidOption, format!("`{new}` {why}")));
        }
        if self.known.contains_key(new) {
            let problem = Problem::new(Kind::AlreadyExists, format!("there is a tenant `{new}` already"));
            return Err(problem.hint("choose another name, or remove that one first"));
        }
        let tenants = self.document.get_mut(TENANTS).and_then(Item::as_table_mut);
        let Some(tenants) = tenants else { return Err(self.unknown(old)) };
        // Tables know their place in the file, whatever they are called.
        if let Some(item) = tenants.remove(old) {
            tenants.insert(new, item);
        }
        if self.default.as_deref() == Some(old)
            && let Some(item) = self.document.get_mut(DEFAULT)
        {
            replace(item, &Value::Text(new.to_owned()));
        }
        self.anew()
    }

    /// Forgets a tenant; a default that is gone is none.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        self.need(name)?;
        if let Some(tenants) = self.document.get_mut(TENANTS).and_then(Item::as_table_mut) {
            tenants.remove(name);
        }
        if self.default.as_deref() == Some(name) {
            self.document.remove(DEFAULT);
        }
        self.anew()
    }

    /// Writes the file whole, readable by the user alone.
    pub fn save(&self) -> Result<()> {
        refuse_link(&self.path)?;
        if let Some(folder) = self.path.parent() {
            disk::private_folder(folder).map_err(|error| file_problem(&error))?;
        }
        let mut text = self.document.to_string();
        if !self.path.exists() {
            text.insert_str(0, &head());
        }
        disk::write_private(&self.path, text.as_bytes()).map_err(|error| file_problem(&error))
    }

    /// The table of a tenant, made if need be.
    fn table(&mut self, name: &str) -> Result<&mut Table> {
        let inline = || {
            Problem::new(
                Kind::Unsupported,
                format!("`{TENANTS}.{name}` is not written as a table of its own"),
            )
            .hint(format!("write it under a line [{TENANTS}.{name}]"))
        };
        let tenants = self.document.entry(TENANTS).or_insert_with(|| {
            let mut table = Table::new();
            // No line [tenants] of its own.
            table.set_implicit(true);
            Item::Table(table)
        });
        let tenants = tenants.as_table_mut().ok_or_else(inline)?;
        tenants.entry(name).or_insert_with(toml_edit::table).as_table_mut().ok_or_else(inline)
    }

    /// Reads what was changed as if it came from the disk, so that nothing is ever written that cannot be read.
    fn anew(&mut self) -> Result<()> {
        *self = Profiles::read(self.path.clone(), self.document.to_string())?;
        Ok(())
    }
}

/// The remarks at the head of a new file.
fn head() -> String {
    let mut head = String::from(
        "# The tenants that usher works on. It holds no secret. `usher login` and `usher tenants` write here,\n# and keep remarks and order.\n#\n# default = \"NAME\" chooses the tenant of a run that names none.\n# Each tenant has a table [tenants.NAME] with:\n",
    );
    let width = SETTINGS.iter().map(|setting| setting.key.len()).max().unwrap_or(0);
    for setting in SETTINGS {
        head.push_str(&format!("#   {:<width$}  {}\n", setting.key, setting.about));
    }
    head.push('\n');
    head
}

/// A link would let somebody else say where secrets are sent.
fn refuse_link(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Ok(found) if found.file_type().is_symlink() => {
            let problem = Problem::new(
                Kind::File,
                format!("`{}` is a link, and usher follows none there", path.display()),
            );
            Err(problem.hint("put the file itself there"))
        }
        _ => Ok(()),
    }
}

fn file_problem(error: &disk::Error) -> Problem {
    Problem::new(Kind::File, error.to_string()).hint("USHER_HOME names the folder of usher's own files")
}

fn toml(value: &Value) -> toml_edit::Value {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::YesOrNo(yes) => (*yes).into(),
        Value::Names(names) => toml_edit::Value::Array(names.iter().map(String::as_str).collect::<Array>()),
    }
}

/// Another value, with the remark behind the old one.
fn replace(item: &mut Item, value: &Value) {
    let decor = item.as_value().map(|old| old.decor().clone());
    let mut new = toml(value);
    if let Some(decor) = decor {
        *new.decor_mut() = decor;
    }
    *item = Item::Value(new);
}

/// A value of the kind that the setting takes.
fn read_value(setting: &Setting, item: &Item) -> Option<Value> {
    match setting.takes {
        Takes::YesOrNo => item.as_bool().map(Value::YesOrNo),
        Takes::Names => {
            let names = item.as_array()?.iter().map(|name| name.as_str().map(str::to_owned));
            names.collect::<Option<_>>().map(Value::Names)
        }
        _ => item.as_str().map(|text| Value::Text(text.to_owned())),
    }
}

fn wanted(takes: Takes) -> &'static str {
    match takes {
        Takes::YesOrNo => "true or false",
        Takes::Names => "a list of texts, such as [\"a\", \"b\"]",
        Takes::Secret => "the name of an environment variable, in quotes",
        Takes::File => "the path of a file, in quotes",
        Takes::Address => "an address, in quotes",
        Takes::Text => "a text in quotes",
    }
}

/// The text of the file, to say where in it something is.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

type Known = IndexMap<String, (Profile, Given)>;

impl Source<'_> {
    fn at(&self, span: Option<Range<usize>>, key: Option<String>) -> Whence {
        let before = &self.text[..span.map_or(0, |span| span.start.min(self.text.len()))];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Whence::File(Place { file: self.path.display().to_string(), line, column: Some(column), header: key })
    }

    fn tenants(&self, root: &Table) -> Result<(Known, Option<String>)> {
        let mut known = Known::new();
        let mut default = None;
        for (key, item) in root.iter() {
            let whence = self.at(key_span(root, key), Some(key.to_owned()));
            match key {
                DEFAULT => {
                    let name = item.as_str().ok_or_else(|| {
                        whence.fault("`default` takes a text in quotes").hint("it names one of the tenants")
                    })?;
                    default = Some((name.to_owned(), whence));
                }
                TENANTS => {
                    let tenants = item.as_table_like().ok_or_else(|| {
                        whence
                            .fault("`tenants` is no table")
                            .hint("write [tenants.NAME] over the settings of each")
                    })?;
                    for (name, item) in tenants.iter() {
                        let whence = self.at(key_span(tenants, name), Some(format!("{TENANTS}.{name}")));
                        known.insert(name.to_owned(), self.tenant(name, item, &whence)?);
                    }
                }
                _ => {
                    let near = nearest(key, [DEFAULT, TENANTS]);
                    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                    return Err(whence.fault(format!("there is no setting `{key}` here")).hint(format!(
                        "{near}outside of the tenants' tables stands `default`; each tenant has a table [{TENANTS}.NAME]"
                    )));
                }
            }
        }
        let default = match default {
            Some((name, whence)) if name != SIMULATED && !known.contains_key(&name) => {
                let near = nearest(&name, known.keys().map(String::as_str).chain([SIMULATED]));
                let problem = whence.fault(format!("there is no tenant `{name}`"));
                return Err(match near {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem
                        .hint(format!("`default` names one of the tables [{TENANTS}.NAME], or `sandbox`")),
                });
            }
            default => default.map(|(name, _)| name),
        };
        Ok((known, default))
    }

    fn tenant(&self, name: &str, item: &Item, whence: &Whence) -> Result<(Profile, Given)> {
        if let Some(why) = unfit_name(name) {
            let problem = whence.fault(format!("`{name}` {why}"));
            return Err(problem.hint("choose another name for the tenant, such as `contoso`"));
        }
        let Some(table) = item.as_table_like() else {
            let problem = whence.fault(format!("`{name}` is no table"));
            return Err(problem.hint(format!("write [{TENANTS}.{name}] over its settings")));
        };
        let mut given = Given::default();
        for (key, item) in table.iter() {
            let place = |span| self.at(span, Some(format!("{TENANTS}.{name}.{key}")));
            let Some(setting) = settings::find(key) else {
                let keys: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
                let near = nearest(key, keys.iter().copied());
                let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                return Err(place(key_span(table, key))
                    .fault(format!("there is no setting `{key}`"))
                    .hint(format!("{near}the settings are {}", keys.join(", "))));
            };
            let whence = place(item.span().or_else(|| key_span(table, key)));
            let value = read_value(setting, item).ok_or_else(|| {
                let got = item.type_name();
                whence.fault(format!(
                    "`{key}` takes {}, and got {}",
                    wanted(setting.takes),
                    with_article(got)
                ))
            })?;
            given.put(setting.key, value, whence);
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let profile = given.profile(name, whence, folder)?;
        Ok((profile, given))
    }
}

fn key_span(table: &dyn TableLike, key: &str) -> Option<Range<usize>> {
    table.get_key_value(key).and_then(|(key, _)| key.span())
}

fn with_article(kind: &str) -> String {
    match kind {
        "string" => "a text".to_owned(),
        "boolean" => "true or false".to_owned(),
        kind if kind.starts_with(['a', 'i', 'o']) => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Cloud, Method, SecretFrom};

    const FILE_TEXT: &str = r#"# Mine.
default = "contoso" # for now

# The big one.
[tenants.contoso]
tenant = "contoso.onmicrosoft.com" # as the portal says
clientId = "11111111-2222-3333-4444-555555555555"
clientSecretEnv = "CONTOSO_SECRET"
readOnly = true
caFile = "ca.pem"

[tenants.fabrikam]
method = "device-code"
tenant = "fabrikam.example"
clientId = "11111111-2222-3333-4444-555555555555"
"#;

    fn profiles(text: &str) -> Result<Profiles> {
        Profiles::read(PathBuf::from("home/tenants.toml"), text.to_owned())
    }

    #[track_caller]
    fn fault(text: &str) -> (usize, String, String, String) {
        let problem = profiles(text).unwrap_err();
        let place = problem.place.unwrap();
        (place.line, place.header.unwrap_or_default(), problem.message, problem.hint.unwrap_or_default())
    }

    #[test]
    fn a_tenant_is_read_with_what_it_says() {
        let profiles = profiles(FILE_TEXT).unwrap();
        let contoso = profiles.get("contoso").unwrap();
        assert_eq!(profiles.default(), Some("contoso"));
        assert_eq!(profiles.names().collect::<Vec<_>>(), ["contoso", "fabrikam"]);
        assert_eq!(
            contoso.method,
            Method::ClientSecret { secret: SecretFrom::Env("CONTOSO_SECRET".to_owned()) }
        );
        assert!(contoso.read_only);
        assert_eq!(contoso.ca_file.as_deref(), Some(Path::new("home/ca.pem")), "beside the file");
    }

    #[test]
    fn each_fault_names_line_and_key_and_what_is_allowed() {
        let with = |line: &str| FILE_TEXT.replace("readOnly = true", line);
        let (line, key, message, hint) = fault(&with("readonly = true"));
        assert_eq!((line, key.as_str()), (9, "tenants.contoso.readonly"));
        assert_eq!(message, "there is no setting `readonly`");
        assert!(hint.starts_with("did you mean `readOnly`?"), "{hint}");
        let (line, _, message, _) = fault(&with("readOnly = \"yes\""));
        assert_eq!((line, message.as_str()), (9, "`readOnly` takes true or false, and got a text"));
        let (line, _, message, _) = fault(&with("allow = \"new_invitation\""));
        assert_eq!(line, 9);
        assert!(message.starts_with("`allow` takes a list of texts"), "{message}");
        let (line, _, _, hint) = fault(&with("cloud = \"us-gov\""));
        assert_eq!(line, 9);
        assert!(hint.starts_with("did you mean `usgov`?"), "{hint}");
        let (line, _, message, hint) = fault(&FILE_TEXT.replace("device-code", "devise-code"));
        assert_eq!(line, 13);
        assert!(message.contains("devise-code") && hint.contains("did you mean `device-code`?"), "{hint}");
        let (line, key, message, _) = fault(&FILE_TEXT.replace("tenant = \"fabrikam.example\"\n", ""));
        assert_eq!((line, key.as_str(), message.as_str()), (12, "tenants.fabrikam", "`tenant` is missing"));
        let (line, _, message, _) = fault(&FILE_TEXT.replace("tenants.fabrikam", "tenants.sandbox"));
        assert_eq!((line, message.as_str()), (12, "`sandbox` is the name of the simulated tenant"));
        let (line, _, _, hint) = fault(&FILE_TEXT.replace("\"contoso\" # for", "\"contosso\" # for"));
        assert_eq!((line, hint.as_str()), (2, "did you mean `contoso`?"));
        let (line, _, message, _) = fault(&with("graphUrl = \"http://graph.example\""));
        assert!(line == 9 && message.contains("not an https address"), "{message}");
        let (line, _, message, _) = fault(&FILE_TEXT.replace("[tenants.fabrikam]", "[tenants.fabrikam"));
        assert!(line == 12 && message.starts_with("this is not TOML"), "{line} {message}");
        let (line, key, _, _) = fault(&with("certificate = \"a.pem\""));
        assert_eq!((line, key.as_str()), (9, "tenants.contoso.certificate"), "two ways of signing in");
    }

    #[test]
    fn remarks_and_order_survive_what_is_changed() {
        let mut changed = profiles(FILE_TEXT).unwrap();
        let mut contoso = changed.get("contoso").unwrap().clone();
        contoso.read_only = false;
        contoso.tenant = "contoso.example".to_owned();
        contoso.cloud = Cloud::UsGov;
        changed.put(&contoso).unwrap();
        let text = changed.document.to_string();
        assert!(
            text.starts_with(
                "# Mine.\ndefault = \"contoso\" # for now\n\n# The big one.\n[tenants.contoso]\n"
            )
        );
        assert!(text.contains("tenant = \"contoso.example\" # as the portal says\n"), "{text}");
        assert!(!text.contains("readOnly") && text.contains("cloud = \"usgov\"\n"), "{text}");
        assert!(text.contains("caFile = \"ca.pem\"\n"), "{text}");
        assert_eq!(changed.get("contoso"), Some(&contoso));

        changed.rename("contoso", "main").unwrap();
        let text = changed.document.to_string();
        assert!(
            text.starts_with("# Mine.\ndefault = \"main\" # for now\n\n# The big one.\n[tenants.main]\n"),
            "{text}"
        );
        assert!(text.find("[tenants.main]") < text.find("[tenants.fabrikam]"));
        changed.remove("main").unwrap();
        assert_eq!((changed.default(), changed.names().collect::<Vec<_>>()), (None, vec!["fabrikam"]));
    }

    #[test]
    fn what_is_put_is_what_is_got() {
        let mut new = profiles("").unwrap();
        let given = profiles(FILE_TEXT).unwrap();
        for name in ["contoso", "fabrikam"] {
            new.put(given.get(name).unwrap()).unwrap();
            assert_eq!(new.get(name), given.get(name));
        }
        assert!(new.set_default("nobody").is_err());
        new.set_default("fabrikam").unwrap();
        assert_eq!(new.default(), Some("fabrikam"));
    }

    #[test]
    fn the_file_is_private_and_explains_itself() {
        let home = tempfile::tempdir().unwrap();
        let mut new = Profiles::open(home.path()).unwrap();
        new.put(profiles(FILE_TEXT).unwrap().get("fabrikam").unwrap()).unwrap();
        new.save().unwrap();
        let text = std::fs::read_to_string(new.path()).unwrap();
        assert!(SETTINGS.iter().all(|setting| text.contains(setting.about)));
        assert_eq!(Profiles::open(home.path()).unwrap().names().collect::<Vec<_>>(), ["fabrikam"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(new.path()).unwrap().permissions().mode() & 0o777, 0o600);
            let elsewhere = home.path().join("elsewhere.toml");
            std::fs::rename(new.path(), &elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, new.path()).unwrap();
            assert!(new.save().unwrap_err().message.contains("is a link"));
            assert!(Profiles::open(home.path()).is_err());
        }
    }
}
