//! `usher runs verify`: does the ledger still say what was written? In plain words, entry by entry.

use clap::Args;
use serde_json::{Value, json};

use super::super::exit::Exit;
use super::super::output::Output;
use super::{flat, object};
use crate::runs::ledger::{Error, Fault, Ledger, SHORT_HEAD, Verdict};
use crate::terminal;
use crate::words::count;

#[derive(Args)]
pub struct Verify {
    /// The run: its name or id, the beginning of either, or `last`; every run when left out
    #[arg(value_name = "ID")]
    run: Option<String>,
    /// The head that the run printed at its end: nothing it vouches for may be missing or written anew
    #[arg(long, value_name = "HASH", requires = "run")]
    head: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl Verify {
    pub fn main(self, ledger: &Ledger) -> Result<Exit, Error> {
        if let Some(head) = &self.head
            && !(head.len() >= SHORT_HEAD
                && head.len() <= 64
                && head.chars().all(|digit| digit.is_ascii_hexdigit()))
        {
            terminal::say(&format!(
                "error: `{head}` is no head of a chain\nhint: it has {SHORT_HEAD} to 64 hexadecimal digits; the last line of a run prints it"
            ));
            return Ok(Exit::Usage);
        }
        let (names, file) = match &self.run {
            Some(run) => {
                let run = ledger.named(run)?;
                (vec![run], None)
            }
            // The file as a whole is the work of seconds, so it is not looked through for the sake of one run.
            None => (ledger.names()?, ledger.check().err()),
        };
        let mut broken = 0;
        let mut objects: Vec<Value> = Vec::new();
        for (id, name) in &names {
            let verdict = ledger.verify(id, self.head.as_deref());
            let (whole, line) = told(name, &verdict);
            broken += usize::from(!whole);
            match self.output.is_for_people() {
                true => terminal::tell(&line),
                false => objects.push(as_object(ledger, id, name, whole, &verdict)),
            }
        }
        self.output.write(objects.clone(), || objects.iter().map(flat).collect());
        if let Some(error) = &file {
            terminal::say(&format!("error: {error}"));
            error.hint().iter().for_each(|hint| terminal::say(&format!("hint: {hint}")));
        }
        if self.output.is_for_people() {
            match (names.len(), broken) {
                (0, _) if file.is_none() => terminal::say("no runs yet: there is nothing to verify"),
                (runs, 0) if runs > 1 && file.is_none() => {
                    terminal::tell(&format!("{}: all as they were written", count(runs, "run")));
                }
                (runs, broken) if broken > 0 && runs > 1 => {
                    terminal::tell(&format!("{broken} of {} not as written", count(runs, "run")));
                }
                _ => {}
            }
        }
        Ok(if broken == 0 && file.is_none() { Exit::Done } else { Exit::Script })
    }
}

/// Whether the run is as it was written, and a line that says so.
fn told(name: &str, verdict: &Result<Verdict, Error>) -> (bool, String) {
    match verdict {
        Ok(Verdict::Verified { entries, head, erased, vouched }) => {
            let entries = *entries as usize;
            let mut line =
                format!("ok      {name}  {}, head {}", count(entries, "entry"), &head[..SHORT_HEAD]);
            if *erased > 0 {
                line.push_str(&format!("; {} erased, as an entry says", count(*erased as usize, "value")));
            }
            if let Some(vouched) = vouched {
                let vouched = *vouched as usize;
                line.push_str(&match vouched == entries {
                    true => "; the given head is its end".to_owned(),
                    false => format!(
                        "; the given head vouches for the first {vouched}, {} came later",
                        count(entries - vouched, "entry")
                    ),
                });
            }
            (true, line)
        }
        Ok(Verdict::Broken { at, what }) => {
            let said = match what {
                Fault::Head | Fault::State => {
                    format!("{} (last entry: {at})", what.describe())
                }
                _ => format!("entry {at}: {}", what.describe()),
            };
            (false, format!("BROKEN  {name}  {said}"))
        }
        Err(error) => (false, format!("BROKEN  {name}  {error}")),
    }
}

fn as_object(ledger: &Ledger, id: &str, name: &str, whole: bool, verdict: &Result<Verdict, Error>) -> Value {
    // What cannot be read of a damaged run is left out of it; that it is damaged is told.
    let mut all = ledger.run(id).map_or_else(|_| json!({ "id": id, "name": name }), |run| object(&run));
    all["verified"] = whole.into();
    match verdict {
        Ok(Verdict::Verified { entries, erased, vouched, .. }) => {
            all["entries"] = (*entries).into();
            all["erased"] = (*erased).into();
            all["vouched"] = (*vouched).into();
        }
        Ok(Verdict::Broken { at, what }) => {
            all["brokenAt"] = (*at).into();
            all["fault"] = what.describe().into();
        }
        Err(error) => all["fault"] = error.to_string().into(),
    }
    all
}
