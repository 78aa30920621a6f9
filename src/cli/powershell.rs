//! PowerShell scripts as the commands take them: read from their file, translated, and what is said of them.

use std::path::Path;

use crate::disk;
use crate::host::ScriptError;
use crate::powershell::{Conversion, Remark, Session, Severity, convert, parse};
use crate::table;

/// How many reasons a refusal lists.
const LISTED: usize = 10;

/// Whether a file is PowerShell by its name.
pub(super) fn is_script(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with(".ps1") || name.ends_with(".psm1")
}

/// A script and its translation.
pub(super) struct Script {
    name: String,
    text: String,
    pub conversion: Conversion,
}

impl Script {
    /// Reads a file in whatever encoding it is; or what to say instead.
    pub fn read(name: &str) -> Result<Script, String> {
        let bytes = disk::read(Path::new(name)).map_err(|error| format!("error: {error}"))?;
        if bytes.iter().take(1024).filter(|byte| **byte == 0).count() > 0 && !looks_like_utf_16(&bytes) {
            return Err(format!("error: `{name}` is not text"));
        }
        let text = table::decoded(bytes);
        let mut conversion = convert(&text);
        conversion.remarks.sort_by_key(|remark| remark.span.start);
        Ok(Script { name: name.to_owned(), text, conversion })
    }

    /// A line given for a script, if it is PowerShell: its value is that of its last statement, as at the prompt.
    pub fn of_line(name: &str, text: &str) -> Option<Script> {
        parse::is_powershell(text).then(|| {
            let conversion = Session::new().line(text);
            Script { name: name.to_owned(), text: text.to_owned(), conversion }
        })
    }

    /// Whether nothing needs a look and nothing is left over.
    pub fn is_whole(&self) -> bool {
        self.conversion.counts.attention == 0 && self.conversion.counts.unsupported == 0
    }

    /// What is said of places of the original, from this severity up.
    pub fn remarks(&self, least: Severity) -> Vec<String> {
        let fits = |remark: &&Remark| remark.severity >= least;
        self.conversion.remarks.iter().filter(fits).map(|remark| self.line(remark)).collect()
    }

    fn line(&self, remark: &Remark) -> String {
        let word = match remark.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Attention => "needs attention",
            Severity::Unsupported => "not supported",
        };
        format!("{}:{}: {word}: {}", self.name, remark.span.line, remark.message)
    }

    /// `guests.ps1: 34 statements translated, 2 need attention, 1 not supported`
    pub fn summary(&self) -> String {
        let counts = self.conversion.counts;
        let statements = if counts.translated == 1 { "statement" } else { "statements" };
        let need = if counts.attention == 1 { "needs" } else { "need" };
        format!(
            "{}: {} {statements} translated, {} {need} attention, {} not supported",
            self.name, counts.translated, counts.attention, counts.unsupported
        )
    }

    /// Why it is not run, where a part of it could not be translated.
    pub fn refusal(&self) -> Option<String> {
        let reasons: Vec<&Remark> = self
            .conversion
            .remarks
            .iter()
            .filter(|remark| remark.severity == Severity::Unsupported)
            .collect();
        if reasons.is_empty() && self.conversion.counts.unsupported == 0 {
            return None;
        }
        let mut out =
            format!("error: not all of `{}` can be translated, so nothing of it is run\n", self.name);
        for remark in reasons.iter().take(LISTED) {
            out.push_str(&format!("  {}:{}: {}\n", self.name, remark.span.line, remark.message));
        }
        if reasons.len() > LISTED {
            out.push_str(&format!("  and {} more\n", reasons.len() - LISTED));
        }
        out.push_str(&match is_script(&self.name) {
            true => format!(
                "hint: usher convert {} -o {} writes the rest of it as Rhai, with `TODO(convert)` where something is left to do",
                self.name,
                Path::new(&self.name).with_extension("rhai").display()
            ),
            false => "hint: leave that part out, or say it in Rhai".to_owned(),
        });
        Some(out)
    }

    /// What errors call the Rhai that is run.
    pub fn rhai_name(&self) -> String {
        format!("{} as Rhai", self.name)
    }

    /// The line of the original that an error comes from, where it is known.
    pub fn place(&self, error: &ScriptError) -> Option<String> {
        let rhai = self.rhai_name();
        let frame = error.frames.iter().find(|frame| frame.source == rhai)?;
        let line = *self.conversion.lines.get(frame.line.checked_sub(1)?)?;
        let text = self.text.lines().nth(line.checked_sub(1)?)?;
        Some(format!("it comes from line {line} of {}: {}", self.name, text.trim()))
    }
}

/// A byte order mark, or every other byte of the beginning NUL.
fn looks_like_utf_16(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    let half =
        |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count() * 3 > head.len();
    head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) || half(0) || half(1)
}
