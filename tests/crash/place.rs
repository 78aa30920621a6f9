//! A working folder with a list and a job, an usher at work in it that may be killed, and what is left of it afterwards.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use usher::runs::ledger::{Kind, Ledger, RunState, Status, Verdict};

/// Longer than anything here takes: whoever is at work then hangs.
const TOO_LONG: Duration = Duration::from_secs(180);

/// What an outsider gets: contact or address book, invitation by mail, groups, licence, roles of both kinds.
const JOB: &str = r#"
let result = bulk(import_csv(args[0]), |row| {
    if row.contact == "yes" {
        new_mail_contact(#{ name: row.displayName, externalEmailAddress: row.email });
    }
    let invitation = new_invitation(#{
        invitedUserEmailAddress: row.email,
        invitedUserDisplayName: row.displayName,
        sendInvitationMessage: true,
    });
    let guest = invitation.invitedUser;
    if row.contact != "yes" {
        set_user(guest, #{ companyName: row.company, showInAddressList: true });
    }
    add_group_member("Suppliers", guest);
    add_group_member(row.group, guest);
    add_license(guest, "POWER_BI_STANDARD", #{ usageLocation: "DE" });
    assign_role(guest, "Guest Inviter");
    assign_role(guest, "Security Admin", #{ scope: "backupserver21" });
    invitation.inviteRedeemUrl
});
print(result);
"#;

/// When usher is to be killed.
#[derive(Clone, Copy, Debug)]
pub enum Kill {
    /// When this entry of its ledger is about to be written.
    Before(usize),
    /// When it is on the disk and nobody has heard of it.
    After(usize),
    At(Duration),
}

/// What became of one usher.
pub struct Ended {
    /// `None` when it was killed.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

impl Ended {
    pub fn whole(&self) -> String {
        format!("exit {:?} after {:?}\n{}\n{}", self.code, self.took, self.out, self.err)
    }
}

/// The list's addresses; every third has a mail contact.
pub fn addresses(rows: usize) -> Vec<String> {
    (0..rows).map(|n| format!("guest{n:03}@fabrikam.example")).collect()
}

fn list(rows: usize) -> String {
    const GROUPS: [&str; 2] = ["Project Falcon", "External partners"];
    let mut text = "email,displayName,company,contact,group\n".to_owned();
    for (n, address) in addresses(rows).iter().enumerate() {
        let contact = if n % 3 == 0 { "yes" } else { "no" };
        let group = GROUPS[n % GROUPS.len()];
        text.push_str(&format!("{address},\"Guest, {n:03}\",Fabrikam,{contact},{group}\n"));
    }
    text
}

pub struct Place {
    folder: TempDir,
    url: String,
}

impl Place {
    pub fn new(rows: usize, url: &str) -> Place {
        let folder = tempfile::Builder::new().prefix("usher-crash-").tempdir().unwrap();
        std::fs::write(folder.path().join("job.rhai"), JOB).unwrap();
        std::fs::write(folder.path().join("list.csv"), list(rows)).unwrap();
        Place { folder, url: url.to_owned() }
    }

    fn home(&self) -> std::path::PathBuf {
        self.folder.path().join("home")
    }

    /// Begins the run, or takes it up where there is one.
    pub fn go_on(&self, kill: Option<Kill>) -> Ended {
        match self.state() {
            None => self.usher(&["run", "job.rhai", "list.csv"], kill),
            Some(_) => self.usher(&["runs", "resume", "last"], kill),
        }
    }

    /// The state of the one run; `None` when nothing of it came to the disk.
    pub fn state(&self) -> Option<RunState> {
        let runs = Ledger::open(&self.home()).unwrap().runs().unwrap();
        assert!(runs.len() <= 1, "a run that is taken up is no other run");
        runs.first().map(|run| run.state)
    }

    fn usher(&self, words: &[&str], kill: Option<Kill>) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.args(words).args(["--sandbox", &self.url]).current_dir(self.folder.path());
        command.env("USHER_HOME", self.home()).env("NO_COLOR", "1").env_remove("USHER_TENANT");
        match kill {
            Some(Kill::Before(entry)) => drop(command.env("USHER_CRASH", format!("before:{entry}"))),
            Some(Kill::After(entry)) => drop(command.env("USHER_CRASH", format!("after:{entry}"))),
            _ => {}
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().unwrap();
        let (out, err) = (text(child.stdout.take()), text(child.stderr.take()));
        let limit = if let Some(Kill::At(moment)) = kill { moment } else { TOO_LONG };
        let out = heard(&out, limit, &mut child, kill);
        let status = child.wait().unwrap();
        Ended { code: status.code(), out, err: err.recv().unwrap(), took: begun.elapsed() }
    }

    /// What holds of a run that went through: its ledger is whole, and each effect was done exactly once. Gives the effects by
    /// their addresses, each with its row and verb.
    pub fn ledger(&self) -> (usize, BTreeMap<String, String>) {
        let ledger = Ledger::open(&self.home()).unwrap();
        let run = ledger.runs().unwrap().remove(0);
        let entries = match ledger.verify(&run.id, Some(&run.head)).unwrap() {
            Verdict::Verified { entries, .. } => entries as usize,
            other => panic!("the ledger does not verify: {other:?}"),
        };
        let counted = ledger.entries(&run.id).unwrap().map(Result::unwrap);
        let own = counted.filter(|entry| !matches!(entry.kind, Kind::Start | Kind::Resume)).count();
        assert!(own <= entries);
        let mut done = BTreeMap::new();
        for known in ledger.effects(&run.id).unwrap() {
            let record = ledger.effect(&run.id, known).unwrap();
            let intent = record.intent.unwrap();
            let what = format!("{} {} {}", intent.address.row, intent.address.verb, intent.target);
            match record.status {
                Some(Status::Done | Status::Changed | Status::Already) => {
                    let twice = done.insert(intent.address.to_string(), what.clone());
                    assert!(twice.is_none(), "done twice: {what}");
                }
                Some(Status::Failed) => {}
                None | Some(Status::Unknown) => panic!("nobody knows what became of {what}"),
            }
        }
        (own, done)
    }

    /// The rows of the results: address, status and value.
    pub fn results(&self) -> Vec<(String, String, String)> {
        let mut reader = csv::Reader::from_path(self.folder.path().join("list.results.csv")).unwrap();
        let headers = reader.headers().unwrap().clone();
        let at = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let (address, status, value) = (at("email"), at("status"), at("value"));
        let rows = reader.records().map(|record| {
            let record = record.unwrap();
            (record[address].to_owned(), record[status].to_owned(), record[value].to_owned())
        });
        rows.collect()
    }

    pub fn failed_rows(&self) -> bool {
        Path::new(&self.folder.path().join("list.failed.csv")).exists()
    }
}

/// Reads to the end on a thread of its own.
fn text(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.unwrap().read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// Waits for the end of the output, and kills whoever does not come to one by then.
fn heard(out: &Receiver<String>, limit: Duration, child: &mut Child, kill: Option<Kill>) -> String {
    match out.recv_timeout(limit) {
        Ok(text) => text,
        Err(RecvTimeoutError::Disconnected) => String::new(),
        Err(RecvTimeoutError::Timeout) => {
            child.kill().unwrap();
            let text = out.recv().unwrap_or_default();
            assert!(matches!(kill, Some(Kill::At(_))), "usher hung, {kill:?}:\n{text}");
            text
        }
    }
}
