//! For the tests of crashes: this process kills itself at a chosen entry. Builds without `debug_assertions` cannot.

/// `before:17` dies when the 17th entry of this process is about to be written, `after:17` when it is on the disk and nobody
/// has heard of it.
pub const VARIABLE: &str = "USHER_CRASH";

/// How many entries this process has written, and at which one it is to die.
#[derive(Default)]
pub struct Crash {
    written: usize,
    at: Option<(Moment, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    After,
}

impl Crash {
    pub fn from_environment() -> Crash {
        let wanted = if cfg!(debug_assertions) { std::env::var(VARIABLE).ok() } else { None };
        Crash { written: 0, at: wanted.as_deref().and_then(read) }
    }

    /// An entry is about to be written.
    pub fn before(&self) {
        if self.at == Some((Moment::Before, self.written + 1)) {
            die();
        }
    }

    /// How many entries may go together, so that the chosen one is not passed over.
    pub fn most(&self, usual: usize) -> usize {
        let left = match self.at {
            Some((Moment::Before, at)) => at.saturating_sub(self.written + 1),
            Some((Moment::After, at)) => at.saturating_sub(self.written),
            None => usual,
        };
        if left == 0 { usual } else { left.min(usual) }
    }

    /// So many entries are on the disk.
    pub fn after(&mut self, entries: usize) {
        self.written += entries;
        if self.at == Some((Moment::After, self.written)) {
            die();
        }
    }
}

fn read(text: &str) -> Option<(Moment, usize)> {
    let (moment, entry) = text.split_once(':')?;
    let moment = match moment {
        "before" => Moment::Before,
        "after" => Moment::After,
        _ => return None,
    };
    Some((moment, entry.parse().ok()?))
}

/// SIGKILL, which nothing in this process can answer.
fn die() -> ! {
    let _ = std::process::Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status();
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::{Crash, read};

    #[test]
    fn a_group_ends_where_the_chosen_entry_is() {
        let crash = |text: &str, written| Crash { written, at: read(text) };
        assert_eq!(crash("after:17", 10).most(512), 7);
        assert_eq!(crash("before:17", 10).most(512), 6);
        assert_eq!(crash("before:17", 17).most(512), 512);
        assert_eq!(crash("never", 0).most(512), 512);
    }
}
