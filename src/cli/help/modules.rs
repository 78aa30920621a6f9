//! Pages of the modules that come with usher: from their own comments, and PowerShell's from its page.

use super::{listed, wrapped};
use crate::host::{LIBRARY, library};

/// The page that a test holds against the functions there are.
const POWERSHELL: &str = include_str!("../../../docs/powershell.md");
const ITS_NAME: &str = "powershell";
const ITS_TITLE: &str = "PowerShell's ways with values, for scripts that `usher convert` made.";

/// A line each, under a heading of their own.
pub fn overview() -> String {
    let mut out = String::from("\nModules: import \"guests\" as guests;\n");
    for (name, text) in LIBRARY {
        out.push_str(&format!("{}\n", listed(name, &library::about(text).module)));
    }
    out.push_str(&format!("{}\n", listed(ITS_NAME, ITS_TITLE)));
    out
}

/// The page of a module, as `guests`, or of a function, as `guests::onboard` and `ps::like`.
pub fn about(name: &str) -> Option<String> {
    let (module, function) = match name.split_once("::") {
        Some((module, function)) => (module, Some(function.trim_end_matches("()"))),
        None => (name, None),
    };
    if matches!(module, ITS_NAME | "ps") {
        return match function {
            None => Some(powershell()),
            Some(function) => powershells(function),
        };
    }
    let (_, text) = LIBRARY.iter().find(|(name, _)| *name == module)?;
    let about = library::about(text);
    let Some(wanted) = function else {
        let mut out =
            format!("{module}\n{}\n\n  import \"{module}\" as {module};\n\n", wrapped(&about.module, 2));
        for function in &about.functions {
            let first = function.about.split("\n\n").next().unwrap_or_default().replace('\n', " ");
            let first = first.split(". ").next().unwrap_or_default();
            out.push_str(&format!("{}\n", listed(&function.signature, first)));
        }
        out.push_str(&format!("\n  usher help {module}::NAME tells more of one\n"));
        return Some(out);
    };
    let same: Vec<_> = about.functions.iter().filter(|function| function.name == wanted).collect();
    let pages = same
        .iter()
        .map(|function| format!("{module}::{}\n{}", function.signature, paragraphs(&function.about)));
    (!same.is_empty()).then(|| pages.collect::<Vec<_>>().join("\n"))
}

/// Text of a comment; examples keep their lines.
fn paragraphs(text: &str) -> String {
    let mut out = String::new();
    let mut words = String::new();
    let mut example = false;
    let flush = |words: &mut String, out: &mut String| {
        if !words.is_empty() {
            out.push_str(&format!("{}\n", wrapped(words, 2)));
            words.clear();
        }
    };
    for line in text.lines() {
        if line.starts_with("```") {
            flush(&mut words, &mut out);
            example = !example;
        } else if example {
            out.push_str(&format!("    {line}\n"));
        } else if line.is_empty() {
            flush(&mut words, &mut out);
            out.push('\n');
        } else {
            words.push_str(if words.is_empty() { "" } else { " " });
            words.push_str(line);
        }
    }
    flush(&mut words, &mut out);
    out
}

/// Headings, and rows of what stands for what.
enum Part {
    Heading(String),
    Row { function: String, stands_for: String },
}

fn parts() -> impl Iterator<Item = Part> {
    let from = POWERSHELL.find("## `import").unwrap_or(0);
    POWERSHELL[from..].lines().filter_map(|line| {
        if let Some(rest) = line.strip_prefix("**") {
            let title = rest.split("**").next()?.trim_end_matches('.');
            return Some(Part::Heading(title.to_owned()));
        }
        let (function, stands_for) = line.strip_prefix("| `")?.strip_suffix(" |")?.split_once(" | ")?;
        let plain = |text: &str| text.replace('`', "").replace("\\|", "|");
        Some(Part::Row { function: plain(function), stands_for: plain(stands_for) })
    })
}

fn powershell() -> String {
    let mut out = format!("{ITS_NAME}\n{}\n\n  import \"{ITS_NAME}\" as ps;\n", wrapped(ITS_TITLE, 2));
    for part in parts() {
        match part {
            Part::Heading(title) => out.push_str(&format!("\n{title}\n")),
            Part::Row { function, stands_for } => {
                out.push_str(&format!("{}\n", listed(&function, &stands_for)));
            }
        }
    }
    out
}

fn powershells(wanted: &str) -> Option<String> {
    let named = |function: &str| {
        function.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == wanted)
    };
    let found: Vec<String> = parts()
        .filter_map(|part| match part {
            Part::Row { function, stands_for } if named(&function) => Some(listed(&function, &stands_for)),
            _ => None,
        })
        .collect();
    (!found.is_empty()).then(|| found.join("\n"))
}
