//! A person at a terminal of 80 by 24: types, and reads until the prompt is back.

// Helpers of tests are tests; the lint knows only functions that are marked as such.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Session};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);

pub fn usher(home: &TempDir) -> Command {
    let mut usher = Command::new(env!("CARGO_BIN_EXE_usher"));
    usher.env("USHER_HOME", home.path()).current_dir(home.path()).env("TERM", "xterm").env("NO_COLOR", "1");
    usher.env_remove("USHER_TENANT").env_remove("VISUAL").env_remove("LESS").env("PAGER", "cat");
    usher
}

/// A session at the prompt.
pub struct Prompt {
    home: TempDir,
    session: OsSession,
    /// What stands before the cursor.
    prompt: String,
    typed: String,
    /// The tenant's server, where it is not usher's own.
    server: Option<Server>,
}

impl Prompt {
    pub fn new() -> Prompt {
        Prompt::at(tempfile::tempdir().unwrap())
    }

    pub fn at(home: TempDir) -> Prompt {
        Prompt::open(usher(&home), home, "sandbox> ")
    }

    /// On the sandbox, with these options and this prompt.
    pub fn with(options: &[&str], prompt: &str) -> Prompt {
        let home = tempfile::tempdir().unwrap();
        let mut command = usher(&home);
        command.args(options);
        Prompt::open(command, home, prompt)
    }

    /// With this variable in its surroundings.
    pub fn knowing(name: &str, value: &str) -> Prompt {
        let home = tempfile::tempdir().unwrap();
        let mut command = usher(&home);
        command.env(name, value);
        Prompt::open(command, home, "sandbox> ")
    }

    /// With colours.
    pub fn colored() -> Prompt {
        let home = tempfile::tempdir().unwrap();
        let mut command = usher(&home);
        command.env_remove("NO_COLOR").env("TERM", "xterm-256color");
        Prompt::open(command, home, "\x1b[32msandbox")
    }

    /// From now on this stands before the cursor.
    pub fn is_now(&mut self, prompt: &str) -> &mut Prompt {
        prompt.clone_into(&mut self.prompt);
        self
    }

    /// The folder that it works in.
    pub fn place(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Presses Tab until that is offered, for it may have to be asked for first.
    pub fn tabs_until(&mut self, text: &str) {
        self.session.set_expect_timeout(Some(Duration::from_millis(400)));
        let found = (0..40).any(|_| {
            self.session.send("\t").unwrap();
            self.session.expect(text).is_ok()
        });
        self.session.set_expect_timeout(Some(PATIENCE));
        assert!(found, "{text:?} is never offered");
    }

    /// Drops what was typed.
    pub fn drops(&mut self) -> &mut Prompt {
        self.types("\x03").shows_prompt();
        self
    }

    /// On the tenant `contoso` of a profile, for which a sandbox stands that is served elsewhere.
    pub fn real(options: &[&str]) -> Prompt {
        let home = tempfile::tempdir().unwrap();
        let server = Server::start(&home);
        let mut command = usher(&home);
        command.args(["--tenant", "contoso"]).args(options);
        command.env("CONTOSO_SECRET", server.told("clientSecret"));
        std::fs::write(home.path().join("tenants.toml"), server.profile()).unwrap();
        let mut prompt = Prompt::open(command, home, "contoso> ");
        prompt.server = Some(server);
        prompt
    }

    pub fn open(command: Command, home: TempDir, prompt: &str) -> Prompt {
        let mut session = Session::spawn(command).unwrap();
        session.get_process_mut().set_window_size(80, 24).unwrap();
        session.set_expect_timeout(Some(PATIENCE));
        let mut prompt =
            Prompt { home, session, prompt: prompt.to_owned(), typed: String::new(), server: None };
        prompt.sees("Ctrl-D leaves");
        prompt.shows_prompt();
        prompt
    }

    pub fn types(&mut self, keys: &str) -> &mut Prompt {
        self.session.send(keys).unwrap();
        self
    }

    pub fn pastes(&mut self, text: &str) -> &mut Prompt {
        self.types(&format!("\x1b[200~{text}\x1b[201~"))
    }

    /// Types the rest of a line, and Enter.
    pub fn line(&mut self, text: &str) -> &mut Prompt {
        self.typed = text.to_owned();
        self.types(&format!("{text}\r"))
    }

    /// Reads on until `text` was there.
    pub fn sees(&mut self, text: &str) -> String {
        match self.session.expect(text) {
            Ok(found) => String::from_utf8_lossy(found.as_bytes()).into_owned(),
            Err(error) => panic!("waiting for {text:?} after {:?}: {error}", self.typed),
        }
    }

    /// The next prompt; everything before it. A line that is edited is drawn again and again, so a prompt that waits
    /// is one that nothing follows: bracketed paste is switched on, and the line is drawn empty.
    fn until_prompt(&mut self) -> String {
        let before = self.sees("\x1b[?2004h");
        self.sees(&self.prompt.clone());
        before
    }

    pub fn shows_prompt(&mut self) {
        self.until_prompt();
    }

    /// What the line came to has `text` in it.
    pub fn shows(&mut self, text: &str) -> String {
        let shown = self.result();
        assert!(shown.contains(text), "after {:?}, not {text:?} but:\n{shown}", self.typed);
        shown
    }

    pub fn shows_nothing(&mut self) {
        let shown = self.result();
        assert_eq!(shown.trim(), "", "after {:?}", self.typed);
    }

    /// What was written between the end of the typing and the next prompt.
    fn result(&mut self) -> String {
        let all = self.until_prompt();
        let shown = all.rsplit("\x1b[?2004l").next().unwrap_or_default();
        shown.trim_end_matches("\x1b[?2004h").replace('\r', "")
    }

    /// SIGINT from elsewhere, which no line editor sees as a key.
    pub fn interrupts(&mut self) -> &mut Prompt {
        self.session.get_process_mut().signal(expectrl::process::unix::Signal::SIGINT).unwrap();
        self
    }

    /// Ctrl-D, and a good end.
    pub fn leaves(mut self) -> TempDir {
        self.types("\x04");
        self.session.expect(Eof).unwrap();
        match self.session.get_process().wait().unwrap() {
            WaitStatus::Exited(_, 0) => self.home,
            other => panic!("{other:?}"),
        }
    }
}

/// A sandbox that a profile describes as if it were a real tenant.
pub struct Server {
    child: std::process::Child,
    connection: serde_json::Value,
}

impl Server {
    fn start(home: &TempDir) -> Server {
        let mut command = usher(home);
        command.args(["sandbox", "serve", "--memory", "--http", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Server { child, connection: serde_json::from_str(&line).unwrap() }
    }

    fn told(&self, name: &str) -> &str {
        self.connection[name].as_str().unwrap()
    }

    fn profile(&self) -> String {
        let (tenant, client, address) = (self.told("tenantDomain"), self.told("clientId"), self.told("http"));
        format!(
            "[tenants.contoso]\ntenant = \"{tenant}\"\nclientId = \"{client}\"\n\
             clientSecretEnv = \"CONTOSO_SECRET\"\nloginUrl = \"{address}\"\ngraphUrl = \"{address}\"\n\
             exchangeUrl = \"{address}\"\nazureUrl = \"{address}\"\n"
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// `... | usher`
pub fn piped(lines: &str) -> Run {
    let home = tempfile::tempdir().unwrap();
    let mut child =
        usher(&home).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}
