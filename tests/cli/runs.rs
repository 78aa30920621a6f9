//! `usher runs`: what the ledger tells people and auditors, and what is taken out of it.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use ring::digest::{Context, SHA256};
use serde_json::Value;

use crate::usher::{Ended, Usher};

/// Invites who is in the list; a group that is not there fails the row.
const JOB: &str = "let result = bulk(import_csv(args[0]), |row| {
        let invitation = new_invitation(#{ invitedUserEmailAddress: row.email });
        add_group_member(row.group, invitation);
    });
    print(result);";

const LIST: &str = "email,group
no-address,Suppliers
anna@fabrikam.example,Suppliers
ben@fabrikam.example,Nowhere
cleo@fabrikam.example,Suppliers
";

fn ran() -> Usher {
    let usher = Usher::new().csv("list.csv", LIST).script("job.rhai", JOB);
    let reason = ["--reason", "project Falcon", "--throttle-limit", "1"];
    usher
        .clone()
        .args(["list.csv"])
        .args(reason)
        .run()
        .exits(4)
        .stderr_has("resume it with: usher runs resume");
    usher
}

fn runs(usher: &Usher, words: &[&str]) -> Ended {
    usher.again().command(["runs"]).args(words).run()
}

fn newest(usher: &Usher) -> Value {
    runs(usher, &["--output", "json"]).json()[0].clone()
}

fn name(usher: &Usher) -> String {
    newest(usher)["name"].as_str().unwrap().to_owned()
}

#[test]
fn without_runs_there_is_nothing_to_list() {
    let usher = Usher::new();
    runs(&usher, &[]).success().stderr_has("no runs yet");
    assert_eq!(runs(&usher, &["list", "--output", "json"]).success().json(), Value::Array(vec![]));
    runs(&usher, &["verify"]).success().stderr_has("nothing to verify");
    runs(&usher, &["show", "last"]).exits(2).stderr_has("there are no runs yet");
}

#[test]
fn runs_are_listed_newest_first() {
    let usher = ran();
    usher
        .again()
        .code("new_invitation(#{ invitedUserEmailAddress: \"dora@fabrikam.example\" })")
        .run()
        .success();
    let list = runs(&usher, &["--output", "json"]).success().json();
    let (first, second) = (&list[0], &list[1]);
    assert_eq!((first["script"].as_str(), first["state"].as_str()), (Some("-e"), Some("done")));
    assert_eq!((second["script"].as_str(), second["state"].as_str()), (Some("job.rhai"), Some("failed")));
    let counts =
        ["rows", "succeeded", "failed", "skipped", "notAttempted", "effects"].map(|name| &second[name]);
    assert_eq!(counts, [4, 2, 2, 0, 0, 5]);
    assert_eq!(second["tenant"], "contoso.onmicrosoft.com");
    assert_eq!(second["reason"], "project Falcon");
    assert!(second["operator"].as_str().is_some_and(|operator| !operator.is_empty()), "{second}");
    let table = runs(&usher, &[]);
    table.success().stdout_has("2 of 4").stdout_has("job.rhai list.csv").stdout_has("1 write");
    let lines = runs(&usher, &["--output", "ndjson"]).stdout.lines().count();
    let csv = runs(&usher, &["--output", "csv"]);
    assert_eq!((lines, csv.stdout.lines().count()), (2, 3));
}

#[test]
fn a_run_is_shown_with_all_its_rows_and_what_to_do_next() {
    let usher = ran();
    let name = name(&usher);
    runs(&usher, &["show", "last"])
        .success()
        .stdout_has("project Falcon")
        .stdout_has("no-address")
        .stdout_has("there is no group `Nowhere`")
        .stdout_has(&format!("resume it: usher runs resume {name}"));
    let shown = runs(&usher, &["show", &name, "--failed", "--output", "json"]).success().json();
    let keys: Vec<&str> =
        shown[0]["results"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
    // Rows that failed before anything was written, too.
    assert_eq!(keys.len(), 2, "{shown}");
    assert!(keys.contains(&"no-address") && keys.contains(&"ben@fabrikam.example"), "{shown}");
    let one = runs(&usher, &["show", &name, "--row", "Anna@fabrikam.example"]);
    one.success().stdout_has("new_invitation").stdout_has("request").stdout_lacks("cleo@");
    runs(&usher, &["show", &name, "--row", "nobody"]).exits(2).stderr_has("has no row `nobody`");
    let csv = runs(&usher, &["show", &name, "--output", "csv"]);
    assert!(
        csv.success().stdout.starts_with("row,line,status,what happened,at,verb,target,outcome,requestId")
    );
}

#[test]
fn a_run_goes_by_its_name_its_id_or_the_beginning_of_either() {
    let usher = ran();
    let run = newest(&usher);
    let (id, name) = (run["id"].as_str().unwrap(), run["name"].as_str().unwrap());
    for called in [name, id, &name[..9], &id[..14], "last"] {
        runs(&usher, &["show", called]).success().stdout_has(id);
    }
    let mut wrong = name.to_owned();
    wrong.replace_range(8..9, "e");
    runs(&usher, &["show", &wrong]).exits(2).stderr_has(&format!("did you mean `{name}`?"));
    usher
        .again()
        .code("new_invitation(#{ invitedUserEmailAddress: \"dora@fabrikam.example\" })")
        .run()
        .success();
    let other = self::name(&usher);
    runs(&usher, &["show", &name[..4]]).exits(2).stderr_has(name).stderr_has(&other);
}

#[test]
fn a_run_that_was_killed_is_interrupted_and_one_at_work_is_running() {
    let usher = Usher::new().script(
        "job.rhai",
        "new_invitation(#{ invitedUserEmailAddress: \"anna@fabrikam.example\" }); print(\"begun\"); while true {}",
    );
    let mut running = usher.start();
    assert_eq!(running.line(), "begun");
    assert_eq!(newest(&usher)["state"], "running");
    runs(&usher, &["show", "last"]).success().stdout_has("it is being carried out");
    let forgetting = runs(&usher, &["forget", "--row", "anna@fabrikam.example", "--yes"]);
    forgetting.exits(5).stderr_has("another process holds it");
    running.kill();
    assert_eq!(newest(&usher)["state"], "interrupted");
    runs(&usher, &["show", "last"]).success().stdout_has("resume it: usher runs resume");
    runs(&usher, &["verify"]).success();
}

#[test]
fn a_power_cut_leaves_a_run_that_is_named_and_verified() {
    let usher = Usher::new().script(
        "forever.rhai",
        "new_invitation(#{ invitedUserEmailAddress: \"anna@fabrikam.example\" }); print(\"begun\"); while true {}",
    );
    let mut running = usher.start();
    running.line();
    running.kill();
    let log = usher.path("../home/ledger.sqlite-wal");
    let whole = std::fs::metadata(&log).unwrap().len();
    // The last bytes of the log never reached the disk, and with them the last that was written.
    std::fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(whole - 1).unwrap();
    runs(&usher, &["verify"]).success().stdout_has("2 entries");
    assert_eq!(newest(&usher)["state"], "interrupted");
    runs(&usher, &["show", "last"]).success().stdout_has("of 1 write nobody knows whether it happened");
}

/// Past usher, as someone with an editor would.
fn tamper(usher: &Usher, sql: &str) {
    let connection = rusqlite::Connection::open(usher.path("../home/ledger.sqlite")).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

#[test]
fn what_was_changed_is_named_and_the_exit_code_tells() {
    let usher = ran();
    let head = newest(&usher)["head"].as_str().unwrap().to_owned();
    runs(&usher, &["verify"]).success().stdout_has("ok ");
    for head in [&head[..], &head[..16]] {
        runs(&usher, &["verify", "last", "--head", head]).success().stdout_has("the given head is its end");
    }
    runs(&usher, &["verify", "last", "--head", &"0".repeat(64)])
        .exits(1)
        .stdout_has("does not contain the given head");
    runs(&usher, &["verify", "last", "--head", "beef"]).exits(2).stderr_has("no head of a chain");
    runs(&usher, &["verify", "--head", &head]).exits(2);
    tamper(
        &usher,
        "UPDATE entries SET value = replace(value, 'anna@', 'hans@') WHERE entry & 0xFFFFFFFF = 1",
    );
    runs(&usher, &["verify"]).exits(1).stdout_has("BROKEN").stdout_has("entry 1: its value was changed");
    let verdict = runs(&usher, &["verify", "--output", "json"]).exits(1).json();
    let told = ["verified", "brokenAt", "fault", "state"].map(|name| verdict[0][name].clone());
    assert_eq!(Value::from(told.to_vec()), serde_json::json!([false, 1, "its value was changed", "failed"]));
}

#[test]
fn an_entry_that_is_no_json_any_more_is_named_like_any_other() {
    let usher = ran();
    tamper(&usher, "UPDATE entries SET value = 'x' WHERE entry & 0xFFFFFFFF = 0");
    runs(&usher, &["verify"]).exits(1).stdout_has("entry 0: its value was changed");
    runs(&usher, &["verify", "--output", "json"]).exits(1).stdout_has("its value was changed");
}

fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Checks an export by nothing but what docs/events.md says of it.
fn hash_of_export(lines: &[Value]) -> Vec<u8> {
    let number = |words: &[&str], word: &Value| {
        word.as_str().map_or(0, |word| words.iter().position(|known| *known == word).unwrap() as u8 + 1)
    };
    let sum = |parts: &[&[u8]]| {
        let mut context = Context::new(&SHA256);
        parts.iter().for_each(|part| context.update(part));
        context.finish().as_ref().to_vec()
    };
    let mut previous = sum(&[b"usher ledger 1 ", lines[0]["id"].as_str().unwrap().as_bytes()]);
    for (seq, entry) in lines[1..].iter().enumerate() {
        assert_eq!(entry["seq"], seq);
        if !entry["value"].is_null() {
            let digest = sum(&[&unhex(&entry["salt"]), entry["value"].to_string().as_bytes()]);
            assert_eq!(digest, unhex(&entry["digest"]), "{entry}");
        }
        let kinds = ["start", "intent", "outcome", "row", "end", "resume", "forget"];
        let statuses: &[&str] = match entry["kind"].as_str().unwrap() {
            "outcome" => &["done", "already", "changed", "failed", "unknown"],
            "row" => &["done", "failed", "skipped"],
            _ => &["running", "done", "failed", "stopped", "interrupted"],
        };
        let at: jiff::Timestamp = entry["at"].as_str().unwrap().parse().unwrap();
        previous = sum(&[
            &previous,
            &(seq as u32).to_be_bytes(),
            &[number(&kinds, &entry["kind"]), number(statuses, &entry["status"])],
            &at.as_microsecond().to_be_bytes(),
            &(entry["of"].as_u64().unwrap_or(0) as u32).to_be_bytes(),
            &unhex(&entry["digest"]),
        ]);
        assert_eq!(previous, unhex(&entry["hash"]), "{entry}");
    }
    previous
}

fn export(usher: &Usher) -> Vec<Value> {
    let ended = runs(usher, &["export", "last"]);
    ended.success();
    ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_export_can_be_checked_without_usher() {
    let usher = ran();
    let lines = export(&usher);
    assert_eq!(lines[0]["export"], "usher run");
    assert_eq!(hash_of_export(&lines), unhex(&lines[0]["head"]));
    runs(&usher, &["forget", "--row", "anna@fabrikam.example", "--yes"]).success();
    let lines = export(&usher);
    assert!(lines.iter().any(|line| line["value"].is_null()));
    assert_eq!(hash_of_export(&lines), unhex(&lines[0]["head"]));
}

#[test]
fn a_person_is_forgotten_when_somebody_says_yes() {
    let usher = ran();
    let forget = ["forget", "--row", "ANNA@fabrikam.example"];
    runs(&usher, &forget).exits(5).stderr_has("nobody is there to ask").stderr_has("--yes");
    let everything = || runs(&usher, &["export", "last"]).stdout;
    assert!(everything().contains("anna@fabrikam.example"));
    runs(&usher, &[&forget[..], &["--yes"]].concat()).success().stderr_has("erased");
    assert!(!everything().contains("anna@fabrikam.example"));
    let home = usher.path("../home");
    let kept = |name: &str| std::fs::read(home.join(name)).unwrap_or_default();
    let left = [kept("ledger.sqlite"), kept("ledger.sqlite-wal")].concat();
    assert!(!String::from_utf8_lossy(&left).contains("anna@fabrikam.example"));
    runs(&usher, &["verify"]).success().stdout_has("erased, as an entry says");
    runs(&usher, &["show", "last"]).success().stdout_has("it cannot be resumed").stdout_has("(erased");
    runs(&usher, &forget).success().stderr_has("there is nothing to erase");
}

#[test]
fn who_is_only_spoken_of_is_told_of() {
    let usher = Usher::new().script(
        "job.rhai",
        "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\", invitedUserDisplayName: args[0] });",
    );
    usher.clone().args(["Friend of ben@fabrikam.example"]).run().success();
    let name = name(&usher);
    runs(&usher, &["forget", "--row", "ben@fabrikam.example"])
        .success()
        .stderr_has("there is nothing to erase")
        .stderr_has("is still mentioned in")
        .stderr_has(&format!("{name}, entry 0"));
}

#[test]
fn old_runs_go_when_somebody_says_yes() {
    let usher = ran();
    runs(&usher, &["prune", "--older-than", "30d"]).success().stderr_has("nothing was removed");
    let name = name(&usher);
    // As if it had been run two months ago.
    tamper(&usher, "UPDATE runs SET started = started - 60 * 86400000000");
    let started = "UPDATE entries SET at = at - 60 * 86400000000 WHERE entry & 0xFFFFFFFF = 0";
    tamper(&usher, started);
    for age in ["1y", "6mo", "12w"] {
        runs(&usher, &["prune", "--older-than", age]).success().stderr_has("nothing was removed");
    }
    let asked = runs(&usher, &["prune", "--older-than", "30d"]);
    asked.exits(5).stderr_has(&name).stderr_has("it is not done").stderr_has("nobody is there to ask");
    let removed = runs(&usher, &["prune", "--older-than", "1mo", "--yes", "--output", "json"]);
    assert_eq!(removed.success().json()[0]["name"], name.as_str());
    runs(&usher, &[]).success().stderr_has("no runs yet");
    for wrong in ["soon", "-3d", "0d", "30"] {
        let age = format!("--older-than={wrong}");
        runs(&usher, &["prune", &age]).exits(2).stderr_has("ages look like 30d, 12w, 6mo, 1y");
    }
}

#[test]
fn a_damaged_ledger_is_named_by_every_command() {
    let usher = ran();
    let path = usher.path("../home/ledger.sqlite");
    let mut file = std::fs::read(&path).unwrap();
    file[100..3000].fill(0x5A);
    std::fs::write(&path, file).unwrap();
    let commands: [&[&str]; 7] = [
        &[],
        &["show", "last"],
        &["verify"],
        &["export", "last"],
        &["prune", "--older-than", "1d"],
        &["forget", "--row", "anna@fabrikam.example"],
        &["list", "--output", "json"],
    ];
    for words in commands {
        runs(&usher, words).exits(1).stderr_has("ledger.sqlite").stderr_has("damaged").stderr_has("hint: ");
    }
    let invite = "new_invitation(#{ invitedUserEmailAddress: \"dora@fabrikam.example\" })";
    usher.again().code(invite).run().exits(5).stderr_has("damaged");
    assert_eq!(usher.ask("find_user(\"dora@fabrikam.example\") == ()"), true);
}

#[test]
fn an_option_that_does_not_exist_is_told_with_the_nearest() {
    let usher = Usher::new();
    runs(&usher, &["show", "last", "--faild"]).exits(2).stderr_has("did you mean `--failed`?");
    runs(&usher, &["prune", "--xyz"]).exits(2).stderr_has("`usher runs prune --help` lists the options");
}

#[cfg(unix)]
#[test]
fn tables_fit_a_terminal_of_80_columns() {
    let usher = ran();
    for words in [&["runs"][..], &["runs", "show", "last"], &["runs", "verify"]] {
        let (screen, code) = usher.again().command(words).at_terminal().ends();
        assert_eq!(code, 0, "{screen}");
        for line in screen.lines() {
            assert!(line.chars().count() <= 80, "{words:?}: {line}");
        }
    }
}

#[cfg(unix)]
#[test]
fn whoever_is_there_is_asked_and_no_is_no() {
    let usher = ran();
    let forget = usher.again().command(["runs", "forget", "--row", "anna@fabrikam.example"]);
    let mut terminal = forget.at_terminal();
    terminal.sees("erase them for good? [y/N]").types("n\r");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 5, "{screen}");
    assert!(screen.contains("nothing was removed"), "{screen}");
    let mut terminal = forget.at_terminal();
    terminal.sees("[y/N]").types("y\r");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("erased"), "{screen}");
}
