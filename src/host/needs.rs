//! Which verbs a script calls, itself and in what it imports, without running it: what its permissions follow from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rhai::{AST, ASTNode, Engine, Expr, FnPtr, OptimizationLevel, Stmt};

use super::modules::LIBRARY;
use crate::problem::{Kind, Problem, Result};
use crate::verbs::Entry;

/// The verbs that the script can come to call, in the order of the reference. Of what it imports
/// only the functions count that it calls, and what those come to call.
pub fn verbs_called(script: &Path) -> Result<Vec<&'static Entry>> {
    let text = read(script)?;
    let mut search = Search {
        root: script.parent().unwrap_or(Path::new(".")),
        sources: BTreeMap::new(),
        calls: BTreeSet::new(),
    };
    let name = script.display().to_string();
    let source = compile(&name, &text)?;
    let mut open = search.follow(&source.aliases, &source.tree, &name);
    search.sources.insert(name, source);
    let mut seen = BTreeSet::new();
    while let Some(wanted) = open.pop() {
        if seen.insert(wanted.clone()) {
            open.extend(search.function(&wanted)?);
        }
    }
    let called = |entry: &&Entry| search.calls.contains(entry.card.name);
    Ok(crate::catalogue::entries().iter().filter(called).collect())
}

fn read(file: &Path) -> Result<String> {
    let bytes = crate::disk::read(file).map_err(|error| Problem::new(Kind::File, error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A module, and a function in it.
type Wanted = (String, String);

struct Source {
    tree: AST,
    /// What it imports, by the name it goes under.
    aliases: BTreeMap<String, String>,
}

struct Search<'a> {
    root: &'a Path,
    sources: BTreeMap<String, Source>,
    calls: BTreeSet<String>,
}

impl Search<'_> {
    /// What one function of a module calls; what follows from that is given back.
    fn function(&mut self, (module, name): &Wanted) -> Result<Vec<Wanted>> {
        if !self.sources.contains_key(module) {
            let text = match LIBRARY.iter().find(|(known, _)| known == module) {
                Some((_, text)) => (*text).to_owned(),
                None => {
                    let mut file = self.root.join(module);
                    if file.extension().is_none() {
                        file.set_extension("rhai");
                    }
                    read(&file)?
                }
            };
            self.sources.insert(module.clone(), compile(module, &text)?);
        }
        let Some(source) = self.sources.get(module) else { return Ok(Vec::new()) };
        // Not `clone_functions_only_filtered`: rhai 1.27 lets all functions through where none was there before.
        let mut only = source.tree.clone_functions_only();
        only.retain_functions(|_, _, found, _| found == name);
        let aliases = source.aliases.clone();
        Ok(self.follow(&aliases, &only, module))
    }

    /// Notes the calls in a tree, and gives back the functions of modules that they lead to.
    fn follow(&mut self, aliases: &BTreeMap<String, String>, tree: &AST, module: &str) -> Vec<Wanted> {
        let mut next = Vec::new();
        tree.walk(&mut |path: &[ASTNode]| {
            match path.last() {
                Some(
                    ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
                    | ASTNode::Stmt(Stmt::FnCall(call, _)),
                ) => {
                    let space = call.namespace.to_string();
                    let space = space.trim_end_matches("::");
                    match aliases.get(space) {
                        Some(other) => next.push((other.clone(), call.name.to_string())),
                        None if space.is_empty() => {
                            self.calls.insert(call.name.to_string());
                            next.push((module.to_owned(), call.name.to_string()));
                        }
                        None => {
                            self.calls.insert(format!("{space}::{}", call.name));
                        }
                    }
                }
                // A closure, or a function that is handed on.
                Some(ASTNode::Expr(Expr::DynamicConstant(value, _))) => {
                    if let Some(pointer) = value.read_lock::<FnPtr>() {
                        self.calls.insert(pointer.fn_name().to_owned());
                        next.push((module.to_owned(), pointer.fn_name().to_owned()));
                    }
                }
                // `Fn("new_invitation")` calls it as well; any other text is only text.
                Some(ASTNode::Expr(Expr::StringConstant(text, _))) if names_a_function(path) => {
                    self.calls.insert(text.to_string());
                    next.push((module.to_owned(), text.to_string()));
                }
                _ => {}
            }
            true
        });
        next
    }
}

/// Whether the last node is what a call of `Fn` is given.
fn names_a_function(path: &[ASTNode]) -> bool {
    let [.., ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)), _] = path else {
        return false;
    };
    call.name == "Fn"
}

fn compile(name: &str, text: &str) -> Result<Source> {
    // A line such as `#!/usr/bin/env usher` is none of the language.
    let text = text.strip_prefix("#!").map_or_else(|| text.to_owned(), |rest| format!("// {rest}"));
    let mut engine = Engine::new_raw();
    // Folded expressions would hide what they were made of.
    engine.set_optimization_level(OptimizationLevel::None).set_max_expr_depths(0, 0);
    let tree = engine.compile(&text).map_err(|error| {
        let line = error.1.line().unwrap_or(1);
        super::errors::parse_problem(&error.0).doing(format!("reading `{name}`, line {line}"))
    })?;
    let mut aliases = BTreeMap::new();
    tree.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last()
            && let Expr::StringConstant(module, _) = &import.0
        {
            aliases.insert(import.1.name.to_string(), module.to_string());
        }
        true
    });
    Ok(Source { tree, aliases })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_functions_closures_and_modules_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("job.rhai");
        std::fs::write(folder.path().join("more.rhai"), "fn more(x) { remove_user(x); }").unwrap();
        let text = "#!/usr/bin/env usher\nimport \"more\" as m;\nfn f(x) { x.add_sponsor(\"a\") }\n\
                    bulk([], |row| new_invitation(#{}));\nif false { m::more(1); }";
        std::fs::write(&script, text).unwrap();
        let names: BTreeSet<&str> =
            verbs_called(&script).unwrap().iter().map(|entry| entry.card.name).collect();
        for wanted in ["new_invitation", "add_sponsor", "remove_user", "bulk"] {
            assert!(names.contains(wanted), "{wanted} is not among {names:?}");
        }
        assert!(!names.contains("assign_role"));
    }

    #[test]
    fn only_what_is_called_of_the_library_counts() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("job.rhai");
        let names = |text: &str| -> BTreeSet<&str> {
            std::fs::write(&script, text).unwrap();
            verbs_called(&script).unwrap().iter().map(|entry| entry.card.name).collect()
        };
        assert!(names("import \"guests\" as guests;").is_empty());
        let onboarding = names("import \"guests\" as guests; guests::onboard(#{});");
        assert!(onboarding.contains("new_invitation"), "{onboarding:?}");
        for other in ["remove_user", "remove_role_assignment"] {
            assert!(!onboarding.contains(other), "{other} is among {onboarding:?}");
        }
    }

    #[test]
    fn a_script_that_does_not_parse_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("job.rhai");
        std::fs::write(&script, "let x = 1;\nlet = 2;").unwrap();
        let problem = verbs_called(&script).err().unwrap();
        assert!(problem.sentence().contains("line 2"), "{}", problem.sentence());
    }
}
