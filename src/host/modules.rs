//! `import`: below the script's own folder, or from usher's own library; nowhere else.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};

use super::Host;
use super::errors::thrown_at;
use super::index::Index;
use super::powershell;
use super::sources::Sources;
use crate::problem::{Kind, Problem};

type SharedModule = Shared<Module>;

/// Modules that come with usher, by name.
pub const LIBRARY: &[(&str, &str)] = &[
    ("guests", include_str!("../../stdlib/guests.rhai")),
    ("reports", include_str!("../../stdlib/reports.rhai")),
];

/// Finds modules; each is compiled at its first import.
pub struct Resolver {
    /// The folder of the script, and of files it imports.
    root: Option<PathBuf>,
    index: Arc<Index>,
    sources: Arc<Sources>,
    host: Arc<Host>,
    known: RwLock<std::collections::HashMap<String, SharedModule>>,
}

impl Resolver {
    pub fn new(root: Option<PathBuf>, host: Arc<Host>) -> Resolver {
        let (index, sources) = (host.index.clone(), host.sources.clone());
        Resolver { root, index, sources, host, known: RwLock::default() }
    }

    /// PowerShell's ways, which are native.
    fn powershell(&self) -> Module {
        let session = self.host.session();
        let arguments = self.host.arguments.lock().unwrap_or_else(PoisonError::into_inner).clone();
        powershell::module(&powershell::Place {
            folders: session.folders.clone(),
            index: self.index.clone(),
            watch: session.watch.clone(),
            fails: Arc::new(move || session.note_failed_round()),
            answers: powershell::answers(arguments),
        })
    }

    fn keep(&self, path: &str, module: Module) -> SharedModule {
        let module: SharedModule = module.into();
        if let Ok(mut known) = self.known.write() {
            known.insert(path.to_owned(), module.clone());
        }
        module
    }

    fn text(&self, path: &str) -> Result<(String, String), Problem> {
        if let Some((_, text)) = LIBRARY.iter().find(|(name, _)| *name == path) {
            return Ok((format!("stdlib/{path}.rhai"), (*text).to_owned()));
        }
        let outside = || {
            Problem::new(Kind::InvalidInput, format!("`{path}` lies outside the script's folder"))
                .hint("modules are imported from the folder of the script and below it, or from usher's own: guests, reports, powershell")
        };
        let Some(root) = self.root.as_ref().and_then(|root| root.canonicalize().ok()) else {
            return Err(outside());
        };
        let asked = Path::new(path);
        if asked.is_absolute()
            || asked
                .components()
                .any(|part| matches!(part, std::path::Component::ParentDir | std::path::Component::Prefix(_)))
        {
            return Err(outside());
        }
        let mut file = root.join(asked);
        if file.extension().is_none() {
            file.set_extension("rhai");
        }
        let Ok(real) = file.canonicalize() else {
            let problem = Problem::new(Kind::InvalidInput, format!("there is no module `{path}`"));
            let near =
                crate::words::nearest(path, LIBRARY.iter().map(|(name, _)| *name).chain([powershell::NAME]));
            return Err(match near {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!(
                    "looked for {}; usher's own modules: guests, reports, powershell",
                    file.display()
                )),
            });
        };
        if !real.starts_with(&root) {
            return Err(outside());
        }
        let bytes = crate::disk::read(&real).map_err(|error| Problem::new(Kind::File, error.to_string()))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Problem::new(Kind::File, format!("`{path}` is not UTF-8 text")))?;
        let name = real
            .strip_prefix(&root)
            .map_or_else(|_| real.display().to_string(), |below| below.display().to_string());
        Ok((name, text))
    }
}

thread_local! {
    static IMPORTING: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// A module that is being imported on this thread.
struct Importing;

impl Importing {
    fn begin(name: &str) -> Result<Importing, Problem> {
        IMPORTING.with_borrow_mut(|names| match names.iter().any(|known| known == name) {
            true => Err(Problem::new(
                Kind::InvalidInput,
                format!("modules import each other: {} -> {name}", names.join(" -> ")),
            )
            .hint("move what both need into a third module")),
            false => {
                names.push(name.to_owned());
                Ok(Importing)
            }
        })
    }
}

impl Drop for Importing {
    fn drop(&mut self) {
        IMPORTING.with_borrow_mut(|names| names.pop());
    }
}

impl ModuleResolver for Resolver {
    fn resolve(
        &self,
        engine: &Engine,
        _: Option<&str>,
        path: &str,
        at: Position,
    ) -> Result<SharedModule, Box<EvalAltResult>> {
        if let Some(module) = self.known.read().ok().and_then(|known| known.get(path).cloned()) {
            return Ok(module);
        }
        if path == powershell::NAME {
            return Ok(self.keep(path, self.powershell()));
        }
        let (name, text) = self.text(path).map_err(|problem| thrown_at(problem, at))?;
        let _importing = Importing::begin(&name).map_err(|problem| thrown_at(problem, at))?;
        self.sources.add(&name, &text);
        let mut ast = engine.compile(&text).map_err(|error| {
            Box::new(EvalAltResult::ErrorInModule(
                name.clone(),
                Box::new(EvalAltResult::ErrorParsing(*error.0, error.1)),
                at,
            ))
        })?;
        ast.set_source(name.as_str());
        self.index.learn(&name, &ast);
        let module = Module::eval_ast_as_new(Scope::new(), &ast, engine)
            .map_err(|error| Box::new(EvalAltResult::ErrorInModule(name.clone(), error, at)))?;
        Ok(self.keep(path, module))
    }
}
