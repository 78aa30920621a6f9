//! Lines of earlier sessions, readable by the user alone. Lines that look as if they held a secret are not kept.

use std::path::{Path, PathBuf};

use rustyline::history::FileHistory;
use rustyline::{Editor, Helper};

use crate::{disk, net};

/// The file that the lines are kept in; `None` where it cannot be written, and they live as long as the session.
pub struct History(Option<PathBuf>);

impl History {
    pub fn open<H: Helper>(path: &Path, editor: &mut Editor<H, FileHistory>) -> History {
        // A history that is not there yet is an empty one.
        let _ = editor.load_history(path);
        let ready = path.parent().is_some_and(|folder| disk::private_folder(folder).is_ok())
            && (path.exists() || disk::create_private(path).is_ok());
        History(ready.then(|| path.to_owned()))
    }

    /// Kept at once: the session may not get to an orderly end.
    pub fn add<H: Helper>(&self, editor: &mut Editor<H, FileHistory>, text: &str) {
        if looks_secret(text) || !editor.add_history_entry(text).unwrap_or(false) {
            return;
        }
        if let Some(path) = &self.0 {
            // Without it the line is lost to the next session, and to nobody else.
            let _ = editor.append_history(path);
        }
    }
}

/// Words that stand beside secrets, in lower case without `_` and `-`.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "privatekey",
    "credential",
    "bearer",
    "redeem",
];

/// Rather a line too many left out than one too few.
fn looks_secret(text: &str) -> bool {
    let folded: String = text
        .chars()
        .filter(|letter| !matches!(letter, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect();
    WORDS.iter().any(|word| folded.contains(word))
        || net::scrub(text) != text
        || text.split(|letter: char| !(letter.is_alphanumeric() || "~._-+/=".contains(letter))).any(is_random)
}

/// Long, and of letters, capitals and digits all mixed: no address, no id, no path reads like that.
fn is_random(word: &str) -> bool {
    let runs = word.split(['/', '.']).map(|run| run.trim_matches(['~', '-', '_', '=', '+']));
    let mixed = |run: &str| {
        run.len() >= 24
            && run.contains(|letter: char| letter.is_ascii_digit())
            && run.contains(|letter: char| letter.is_ascii_uppercase())
            && run.contains(|letter: char| letter.is_ascii_lowercase())
    };
    (word.contains('~') && word.len() >= 30) || runs.into_iter().any(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_ordinary_lines() {
        for secret in [
            "let client_secret = \"x\"",
            "connect(#{ passWord: p })",
            "let k = \"aB3~dEfGhIjKlMnOpQrStUvWxYz0123456789abcd\"",
            "let k = \"Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==\"",
        ] {
            assert!(looks_secret(secret), "{secret}");
        }
        for plain in [
            "get_user(\"ann.lee-hansen@fabrikam.example\")",
            "get_user(\"5414793d-3020-5c62-aa01-2de2c393b710\")",
            "assign_role(u, \"Reader\", #{ scope: \"/subscriptions/5414793d-3020-5c62-aa01-2de2c393b710/resourceGroups/rg-backup\" })",
            "new_invitation(#{ invitedUserEmailAddress: \"a@b.example\", sendInvitationMessage: true })",
            "format_table(get_users(#{ filter: \"createdDateTime ge 2025-01-01T00:00:00Z\" }))",
        ] {
            assert!(!looks_secret(plain), "{plain}");
        }
    }
}
