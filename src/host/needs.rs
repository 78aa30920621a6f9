//! Which verbs a script calls, itself and in what it imports, without running it: what its permissions follow from.

use std::collections::BTreeSet;
use std::path::Path;

use rhai::{AST, ASTNode, Engine, Expr, OptimizationLevel, Stmt};

use super::modules::LIBRARY;
use crate::problem::{Kind, Problem, Result};
use crate::verbs::Entry;

/// The verbs that the script can come to call, in the order of the reference.
pub fn verbs_called(script: &Path) -> Result<Vec<&'static Entry>> {
    let text = read(script)?;
    let mut found = Found::default();
    let root = script.parent().unwrap_or(Path::new("."));
    found.look(&script.display().to_string(), &text, root)?;
    let called = |entry: &&Entry| found.calls.contains(entry.card.name);
    Ok(crate::catalogue::entries().iter().filter(called).collect())
}

fn read(file: &Path) -> Result<String> {
    let bytes = crate::disk::read(file).map_err(|error| Problem::new(Kind::File, error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Default)]
struct Found {
    calls: BTreeSet<String>,
    modules: BTreeSet<String>,
}

impl Found {
    fn look(&mut self, name: &str, text: &str, root: &Path) -> Result<()> {
        // A line such as `#!/usr/bin/env usher` is none of the language.
        let text = text.strip_prefix("#!").map_or_else(|| text.to_owned(), |rest| format!("// {rest}"));
        let mut engine = Engine::new_raw();
        // Folded expressions would hide what they were made of.
        engine.set_optimization_level(OptimizationLevel::None).set_max_expr_depths(0, 0);
        let ast = engine.compile(&text).map_err(|error| {
            super::errors::parse_problem(&error.0)
                .doing(format!("reading `{name}`, line {}", error.1.line().unwrap_or(1)))
        })?;
        let mut imported = Vec::new();
        self.walk(&ast, &mut imported);
        for module in imported {
            if !self.modules.insert(module.clone()) {
                continue;
            }
            if let Some((_, text)) = LIBRARY.iter().find(|(known, _)| *known == module) {
                self.look(&module, text, root)?;
                continue;
            }
            let mut file = root.join(&module);
            if file.extension().is_none() {
                file.set_extension("rhai");
            }
            self.look(&module, &read(&file)?, root)?;
        }
        Ok(())
    }

    fn walk(&mut self, ast: &AST, imported: &mut Vec<String>) {
        ast.walk(&mut |path: &[ASTNode]| {
            match path.last() {
                Some(
                    ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
                    | ASTNode::Stmt(Stmt::FnCall(call, _)),
                ) => {
                    let space = call.namespace.to_string();
                    self.calls.insert(match space.as_str() {
                        "sandbox" => format!("sandbox::{}", call.name),
                        _ => call.name.to_string(),
                    });
                }
                Some(ASTNode::Stmt(Stmt::Import(import, _))) => {
                    if let Expr::StringConstant(module, _) = &import.0 {
                        imported.push(module.to_string());
                    }
                }
                // `Fn("new_invitation")` calls it as well.
                Some(ASTNode::Expr(Expr::StringConstant(text, _))) if text.contains('_') => {
                    self.calls.insert(text.to_string());
                }
                _ => {}
            }
            true
        });
    }
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
    fn the_librarys_functions_bring_their_verbs() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("job.rhai");
        std::fs::write(&script, "import \"guests\" as guests;").unwrap();
        let names: Vec<&str> = verbs_called(&script).unwrap().iter().map(|entry| entry.card.name).collect();
        assert!(names.contains(&"new_invitation"), "{names:?}");
    }

    #[test]
    fn a_script_that_does_not_parse_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("job.rhai");
        std::fs::write(&script, "let x = 1;\nlet = 2;").unwrap();
        let problem = verbs_called(&script).unwrap_err();
        assert!(problem.sentence().contains("line 2"), "{}", problem.sentence());
    }
}
