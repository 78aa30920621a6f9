//! Lines of PowerShell: what they come to in usher's language, and what is said of that.

use crate::host::Interpreter;
use crate::powershell::{IMPORT, Session, Severity, parse};

/// A line in usher's language, and what whoever typed it should know of the translation.
#[derive(Debug, Default)]
pub struct Translated {
    /// Empty where nothing is left to be done.
    pub code: String,
    pub notes: Vec<String>,
}

pub fn is_foreign(text: &str) -> bool {
    parse::is_powershell(text)
}

/// Whether a line of PowerShell goes on.
pub fn is_unfinished(text: &str) -> bool {
    parse::is_unfinished(text)
}

/// What a line comes to, or why it cannot be said in usher's language: then nothing of it is done.
pub fn translated(session: &mut Session, text: &str, known: &Interpreter) -> Result<Translated, String> {
    session.there_are(&known.names());
    let before = session.clone();
    let conversion = session.line(text);
    let said = |least: Severity| {
        let mut remarks: Vec<_> =
            conversion.remarks.iter().filter(|remark| remark.severity >= least).collect();
        remarks.sort_by_key(|remark| remark.span.start);
        remarks.into_iter().map(|remark| remark.message.clone()).collect::<Vec<_>>()
    };
    if conversion.counts.unsupported > 0 {
        *session = before;
        let reasons = said(Severity::Unsupported).join("\n  ");
        return Err(format!(
            "error: this cannot be said in usher's language, so nothing of it was done\n  {reasons}\n\
             hint: leave that part out, or `usher convert` the whole script and mend what it marks"
        ));
    }
    // The prompt says earlier lines' imports again by itself.
    let imported = known.imports().iter().any(|(name, path)| name == "ps" && path == "powershell");
    let code = conversion.code.trim();
    let code = code.strip_prefix(IMPORT).filter(|_| imported).unwrap_or(code).trim();
    Ok(match conversion.does_something() {
        true => Translated { code: code.to_owned(), notes: said(Severity::Warning) },
        // What is not needed here is told, with nothing to run.
        false => Translated {
            code: String::new(),
            notes: code.lines().map(|line| line.trim().trim_start_matches("// ").to_owned()).collect(),
        },
    })
}
