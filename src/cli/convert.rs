//! `usher convert`: a PowerShell script as Rhai, and a list of what somebody should look at.

use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Exit;
use super::powershell::Script;
use crate::powershell::Severity;
use crate::{disk, terminal};

#[derive(Args)]
#[command(
    after_help = "What could not be translated stands in the result as a comment, marked TODO(convert), with the reason and the original lines.\n\
Exit code 0 when everything was translated, 1 when something needs attention or is not supported, 2 when nothing was written."
)]
pub struct Convert {
    /// The PowerShell script
    #[arg(value_name = "FILE.ps1")]
    file: PathBuf,
    /// Write the Rhai to this file instead of stdout
    #[arg(short = 'o', long, value_name = "FILE.rhai")]
    out: Option<PathBuf>,
    /// Write over a file that is there and says something else
    #[arg(long, requires = "out")]
    force: bool,
    /// Say only what needs attention or is not supported
    #[arg(long, short = 'q')]
    quiet: bool,
}

impl Convert {
    pub fn main(self) -> Exit {
        let script = match Script::read(&self.file.display().to_string()) {
            Ok(script) => script,
            Err(error) => return refused(&error),
        };
        let code = format!("{}\n", script.conversion.code.trim_end());
        let wrote = match &self.out {
            Some(out) => match self.write(out, &code) {
                Ok(wrote) => Some(wrote),
                Err(error) => return refused(&error),
            },
            None => {
                terminal::tell(code.trim_end());
                None
            }
        };
        let least = if self.quiet { Severity::Attention } else { Severity::Note };
        script.remarks(least).iter().for_each(|remark| terminal::say(remark));
        if !self.quiet {
            terminal::say(&script.summary());
            wrote.iter().for_each(|line| terminal::say(line));
        }
        if script.is_whole() { Exit::Done } else { Exit::Script }
    }

    /// Never over what somebody may have worked on.
    fn write(&self, out: &Path, code: &str) -> Result<String, String> {
        let same =
            |a: &Path, b: &Path| a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
        if same(out, &self.file) {
            return Err(format!(
                "error: `{}` is the script itself\nhint: give another name with -o",
                out.display()
            ));
        }
        if let (true, false) = (out.exists(), self.force) {
            let there = disk::read(out).map_err(|error| format!("error: {error}"))?;
            if there == code.as_bytes() {
                return Ok(format!("{} says the same already", out.display()));
            }
            return Err(format!(
                "error: `{}` is there already and says something else\nhint: --force writes over it",
                out.display()
            ));
        }
        disk::write_private(out, code.as_bytes()).map_err(|error| format!("error: {error}"))?;
        Ok(format!("wrote {}", out.display()))
    }
}

fn refused(error: &str) -> Exit {
    terminal::say(error);
    Exit::Usage
}
