//! One usher in a place of its own: `Usher::new().csv(..).script(..).what_if().run().success()`.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use serde_json::Value;
use tempfile::TempDir;

/// Variables that a program needs from its surroundings; all else is kept from it.
const NEEDED: &[&str] = &["PATH", "SystemRoot", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH"];

/// A command line to be run, in a working folder and with a sandbox tenant that no other test sees.
#[derive(Clone)]
pub struct Usher {
    place: Arc<TempDir>,
    args: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stdin: Option<Vec<u8>>,
}

impl Usher {
    /// `usher run` in an empty folder, with a tenant fresh from its seed.
    pub fn new() -> Usher {
        let place = tempfile::Builder::new().prefix("usher-cli-").tempdir().expect("a temporary folder");
        std::fs::create_dir(place.path().join("work")).expect("a working folder");
        Usher { place: Arc::new(place), args: vec!["run".into()], environment: Vec::new(), stdin: None }
    }

    /// The same, with the project's own scripts in `scripts/`.
    pub fn with_scripts() -> Usher {
        let mut usher = Usher::new();
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
        for entry in std::fs::read_dir(scripts).expect("the project has scripts") {
            let path = entry.expect("an entry").path();
            let name = format!("scripts/{}", path.file_name().expect("a name").to_string_lossy());
            usher = usher.file(&name, std::fs::read(&path).expect("a readable script"));
        }
        usher
    }

    /// Another `usher run` in the same place, on the same tenant.
    pub fn again(&self) -> Usher {
        Usher {
            place: self.place.clone(),
            args: vec!["run".into()],
            environment: self.environment.clone(),
            stdin: None,
        }
    }

    /// With this environment variable, and those that come `again` as well.
    pub fn variable(self, name: &str, value: impl AsRef<OsStr>) -> Usher {
        self.env(name, value)
    }

    /// Another command than `run`.
    pub fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, words: I) -> Usher {
        self.args = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
        self
    }

    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, args: I) -> Usher {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// With this environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Usher {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// With this on standard input, through a pipe.
    pub fn stdin(mut self, text: &str) -> Usher {
        self.stdin = Some(text.as_bytes().to_vec());
        self
    }

    pub fn what_if(self) -> Usher {
        self.args(["--what-if"])
    }

    /// Runs this line of code.
    pub fn code(self, code: &str) -> Usher {
        self.args(["-e", code])
    }

    /// Writes a script and runs it.
    pub fn script(self, name: &str, text: &str) -> Usher {
        self.file(name, text).args([name])
    }

    pub fn csv(self, name: &str, text: &str) -> Usher {
        self.file(name, text)
    }

    pub fn file(self, name: &str, contents: impl AsRef<[u8]>) -> Usher {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, contents).expect("a written file");
        self
    }

    /// A path below the working folder; `../x` is beside it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join("work").join(name)
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The rows of a CSV file, each as a map of its columns.
    pub fn table(&self, name: &str) -> Vec<Value> {
        let text = self.read(name);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let headers = reader.headers().expect("a header").clone();
        let object = |record: &csv::StringRecord| {
            Value::Object(
                headers.iter().zip(record).map(|(name, cell)| (name.to_owned(), cell.into())).collect(),
            )
        };
        reader.records().map(|record| object(&record.expect("a row"))).collect()
    }

    /// What a line of code gives on this tenant.
    pub fn ask(&self, code: &str) -> Value {
        let ran = self.again().args(["-q", "--output", "json"]).code(code).run();
        ran.success();
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{ran:?}"))
    }

    /// How many guests there are, and how many mails have been sent.
    pub fn guests_and_mails(&self) -> (u64, u64) {
        let counts = self.ask("[get_guests().len(), sandbox::outbox().len()]");
        (counts[0].as_u64().expect("a count"), counts[1].as_u64().expect("a count"))
    }

    /// Everything in the tenant that the verbs can see, the mails left out.
    pub fn tenant(&self) -> Value {
        self.ask(
            "let groups = get_groups();
             #{ users: get_users(), contacts: get_mail_contacts(), groups: groups, skus: get_subscribed_skus(),
                members: groups.map(|group| get_group_members(group).map(|member| member.id)) }",
        )
    }

    fn process(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.args(&self.args).args(self.recording()).current_dir(self.path("")).env_clear();
        command.envs(NEEDED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("USHER_HOME", self.path("../home")).env("HOME", self.path("..")).env("NO_COLOR", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// With `SANDBOX_RECORDING=FOLDER` what usher and its sandbox say to each other is kept there.
    fn recording(&self) -> Vec<OsString> {
        let runs = self.args.first().is_some_and(|word| word == "run");
        let elsewhere = self.args.iter().any(|word| word == "--record" || word == "--");
        match std::env::var_os("SANDBOX_RECORDING") {
            Some(folder) if runs && !elsewhere => {
                let name = format!("{}.usher.jsonl", uuid::Uuid::new_v4().simple());
                vec!["--record".into(), Path::new(&folder).join(name).into()]
            }
            _ => Vec::new(),
        }
    }

    pub fn run(&self) -> Ended {
        let mut process = self.process();
        let output = match &self.stdin {
            None => process.output().expect("usher starts"),
            Some(text) => {
                let mut child = process.stdin(Stdio::piped()).spawn().expect("usher starts");
                let mut pipe = child.stdin.take().expect("a pipe");
                // Whoever does not read to the end has a reason.
                let _ = std::io::Write::write_all(&mut pipe, text);
                drop(pipe);
                child.wait_with_output().expect("usher ends")
            }
        };
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8 output");
        Ended::new(&self.args, text(output.stdout), text(output.stderr), output.status)
    }

    /// Runs it at a terminal, where somebody sits.
    #[cfg(unix)]
    pub fn at_terminal(&self) -> crate::terminal::Terminal {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.args(&self.args).current_dir(self.path("")).env_clear();
        command.envs(NEEDED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("USHER_HOME", self.path("../home")).env("HOME", self.path("..")).env("NO_COLOR", "1");
        command.env("TERM", "xterm").envs(self.environment.iter().map(|(name, value)| (name, value)));
        crate::terminal::Terminal::open(command, self.place.clone())
    }

    /// Runs it in the background.
    pub fn start(&self) -> Running {
        let mut child = self.process().spawn().expect("usher starts");
        let (sender, lines) = channel();
        let out = child.stdout.take().expect("a pipe");
        let mut err = child.stderr.take().expect("a pipe");
        let out = std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let err = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = err.read_to_string(&mut text);
            text
        });
        Running {
            _place: self.place.clone(),
            args: self.args.clone(),
            child,
            lines,
            seen: Vec::new(),
            readers: Some((out, err)),
        }
    }
}

/// An usher that is at work. It is ended with the test.
pub struct Running {
    /// Kept as long as it runs, although the test may have let go of it.
    _place: Arc<TempDir>,
    args: Vec<OsString>,
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    readers: Option<(JoinHandle<()>, JoinHandle<String>)>,
}

impl Running {
    /// Waits for the next line on stdout.
    pub fn line(&mut self) -> String {
        match self.lines.recv() {
            Ok(line) => {
                self.seen.push(line.clone());
                line
            }
            Err(_) => {
                let (_, err) = self.readers.take().expect("the readers are asked once");
                panic!(
                    "usher ended before it printed a line\nstdout: {:?}\nstderr:\n{}",
                    self.seen,
                    err.join().unwrap_or_default()
                )
            }
        }
    }

    /// Ctrl-C.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal was sent");
    }

    /// The process, as other commands name it.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// An end without warning, as by `kill -9` or a power cut.
    pub fn kill(mut self) {
        self.child.kill().expect("usher is running");
    }

    /// Waits until it has ended.
    pub fn end(mut self) -> Ended {
        let status = self.child.wait().expect("usher ends");
        let (out, err) = self.readers.take().expect("the readers are asked once");
        out.join().expect("stdout is read");
        let stderr = err.join().expect("stderr is read");
        let mut seen = std::mem::take(&mut self.seen);
        seen.extend(self.lines.try_iter());
        Ended::new(&self.args, seen.join("\n"), stderr, status)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What became of a run. Each check that fails shows both outputs whole.
#[derive(Debug)]
pub struct Ended {
    command: String,
    pub stdout: String,
    pub stderr: String,
    status: ExitStatus,
}

impl Ended {
    fn new(args: &[OsString], stdout: String, stderr: String, status: ExitStatus) -> Ended {
        let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        let ended = Ended { command: format!("usher {}", words.join(" ")), stdout, stderr, status };
        ended.is_for_people();
        ended
    }

    fn whole(&self) -> String {
        format!(
            "\n$ {}\n[{}]\n--- stdout\n{}\n--- stderr\n{}",
            self.command, self.status, self.stdout, self.stderr
        )
    }

    /// Nothing that a user sees talks of how usher is built.
    fn is_for_people(&self) {
        let inside = [
            "Err(",
            "Some(",
            "None,",
            "panicked",
            "rhai::",
            "usher::",
            "core::",
            "std::",
            "alloc::",
            "ImmutableString",
        ];
        for word in inside {
            let told = self.stdout.contains(word) || self.stderr.contains(word);
            assert!(!told, "`{word}` is nothing for users{}", self.whole());
        }
    }

    pub fn exits(&self, code: i32) -> &Ended {
        assert_eq!(self.status.code(), Some(code), "exit code{}", self.whole());
        self
    }

    pub fn success(&self) -> &Ended {
        self.exits(0)
    }

    /// It ended by a signal, without an exit code.
    pub fn was_killed(&self) -> bool {
        self.status.code().is_none()
    }

    pub fn stdout_has(&self, text: &str) -> &Ended {
        assert!(self.stdout.contains(text), "stdout lacks `{text}`{}", self.whole());
        self
    }

    pub fn stdout_lacks(&self, text: &str) -> &Ended {
        assert!(!self.stdout.contains(text), "stdout has `{text}`{}", self.whole());
        self
    }

    pub fn stdout_is(&self, text: &str) -> &Ended {
        assert_eq!(self.stdout.trim_end(), text.trim_end(), "stdout{}", self.whole());
        self
    }

    pub fn stderr_lacks(&self, text: &str) -> &Ended {
        assert!(!self.stderr.contains(text), "stderr has `{text}`{}", self.whole());
        self
    }

    pub fn stderr_has(&self, text: &str) -> &Ended {
        assert!(self.stderr.contains(text), "stderr lacks `{text}`{}", self.whole());
        self
    }

    /// stdout is a JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}{}", self.whole()))
    }

    /// All that was said on stderr, without what differs from run to run.
    pub fn told(&self) -> String {
        masked(&self.stderr)
    }

    /// The error, as the user reads it.
    pub fn error(&self) -> String {
        let told = self.told();
        let from = told.find("error: ").unwrap_or_else(|| panic!("there was no error{}", self.whole()));
        told[from..].trim_end().to_owned()
    }

    /// All of stdout, without what differs from run to run.
    pub fn printed(&self) -> String {
        masked(&self.stdout)
    }
}

/// Names of runs and heads of chains made alike.
fn masked(text: &str) -> String {
    let mut out = text.to_owned();
    for (before, mask) in [("run 26", "run RUN"), ("resume 26", "resume RUN"), ("head ", "head HEAD")] {
        let mut rest = out.as_str();
        let mut next = String::new();
        while let Some(at) = rest.find(before) {
            next.push_str(&rest[..at]);
            next.push_str(mask);
            let after = &rest[at + before.len()..];
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(after.len());
            rest = &after[end..];
        }
        next.push_str(rest);
        out = next;
    }
    out
}
