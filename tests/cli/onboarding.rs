//! The main job: a CSV of people becomes guests, once, however often it is run.

use crate::usher::Usher;

const JOB: [&str; 2] = ["scripts/onboard.rhai", "scripts/guests.csv"];

#[test]
fn everybody_in_the_list_becomes_a_guest() {
    let usher = Usher::with_scripts();
    let (guests, mails) = usher.guests_and_mails();
    let ran = usher.again().args(JOB).run();
    ran.success()
        .stdout_has("25 rows: 25 done")
        .stderr_has("wrote guests.results.csv")
        .stderr_has("134 writes sent");
    assert!(ran.stderr.starts_with("tenant: sandbox (simulated, no mail is sent)\n"), "{}", ran.stderr);
    assert_eq!(usher.guests_and_mails(), (guests + 25, mails + 25));
    assert!(!usher.exists("guests.failed.csv"));
}

#[test]
fn the_results_file_has_the_columns_of_the_list_and_what_became_of_each_row() {
    let usher = Usher::with_scripts();
    usher.again().args(JOB).run().success();
    let results = usher.read("guests.results.csv");
    let header = usher.read("scripts/guests.csv").lines().next().unwrap().to_owned();
    assert_eq!(results.lines().next().unwrap(), format!("line,key,status,{header},value,error,effects"));
    let rows = usher.table("guests.results.csv");
    assert_eq!(rows.iter().filter(|row| row["status"] == "done" && row["error"] == "").count(), 25);
    let people = usher.table("scripts/guests.csv");
    for (person, row) in people.iter().zip(&rows) {
        assert_eq!(person["email"], row["email"]);
        assert_eq!(person["displayName"], row["displayName"]);
    }
}

#[test]
fn each_guest_gets_one_mail() {
    let usher = Usher::with_scripts();
    usher.again().args(JOB).run().success();
    let mails = usher.ask("sandbox::outbox()").to_string();
    for person in usher.table("scripts/guests.csv") {
        let address = person["email"].as_str().unwrap();
        let to = usher.ask(&format!("sandbox::outbox().filter(|mail| mail.to == \"{address}\").len()"));
        assert_eq!(to, 1, "{address}: {mails}");
    }
}

#[test]
fn a_second_run_changes_nothing_and_says_so_row_by_row() {
    let usher = Usher::with_scripts();
    usher.again().args(JOB).run().success();
    let before = (usher.tenant(), usher.guests_and_mails());
    let ran = usher.again().args(JOB).run();
    ran.success()
        .stdout_has("25 rows: 25 already done")
        .stdout_has("already a guest")
        .stdout_has("already a member");
    let rows: Vec<&str> = ran.stdout.lines().filter(|line| line.contains(".example")).collect();
    assert_eq!(rows.len(), 25);
    assert!(rows.iter().all(|row| row.contains("  already  ")), "{rows:#?}");
    assert_eq!((usher.tenant(), usher.guests_and_mails()), before);
    assert!(!usher.exists("guests.failed.csv"));
}

#[test]
fn names_arrive_as_they_are_written() {
    let usher = Usher::with_scripts();
    usher.again().args(JOB).run().success();
    for person in usher.table("scripts/guests.csv").iter().filter(|person| person["displayName"] != "") {
        let address = person["email"].as_str().unwrap();
        assert_eq!(usher.ask(&format!("get_user(\"{address}\").displayName")), person["displayName"]);
    }
}

#[test]
fn the_job_without_a_list_says_what_it_takes() {
    let ran = Usher::with_scripts().args(["scripts/onboard.rhai"]).run();
    ran.exits(1).stderr_has("error: this script takes one CSV file").stderr_has("scripts/guests.csv");
}

#[test]
fn the_guide_goes_through_every_step_and_leaves_the_tenant_as_it_was() {
    let usher = Usher::with_scripts();
    let before = usher.tenant();
    let ran = usher.again().args(["scripts/guide.rhai"]).run();
    ran.success();
    for step in [
        "1. Sign in",
        "2. Mail contact",
        "3. Invitation",
        "ann@fabrikam.example: PendingAcceptance",
        "4. Confirm",
        "Ann Lee (Fabrikam) is a Guest, PendingAcceptance; mail: none, the contact has it",
        "5. Groups",
        "member of Helpdesk administrators",
        "6. Licence",
        "POWER_BI_STANDARD",
        "7. Directory role",
        "8. Azure role on a resource",
        "Security Admin on backupserver21 in rg-backup",
        "9. What the guest has now",
        "10. Remove",
        "the guest is gone (30 days in the bin), and so is the contact",
    ] {
        ran.stdout_has(step);
    }
    let cost = ran.stdout.find("A contact and a guest on one address").unwrap();
    assert!(cost < ran.stdout.find("PendingAcceptance").unwrap(), "the cost is told before the invitation");
    ran.stderr_has("warning: the mail contact `Ann Lee (Fabrikam)` is on `ann@fabrikam.example`");
    assert_eq!(usher.tenant(), before);
}

/// Names, addresses and groups that look like a list somebody keeps, the same ones each time.
fn generated(rows: usize) -> Vec<[String; 5]> {
    const FIRST: [&str; 12] = [
        "Ann", "Björn", "Chloé", "D'Arcy", "Elif", "Łukasz", "健二", "Noa", "O’Neil", "Siobhán", "Ива", "Zoë",
    ];
    const LAST: [&str; 10] = [
        "Lee",
        "Müller",
        "Núñez",
        "O'Brien",
        "Smith, Jr.",
        "\"Mac\" Iver",
        "Żak",
        "佐藤",
        "D'Angelo",
        "de la Cruz",
    ];
    const COMPANY: [&str; 5] = ["fabrikam", "northwind", "adatum", "tailspin", "litware"];
    const GROUPS: [&str; 6] = [
        "",
        "Suppliers",
        "Project Falcon",
        "External partners",
        "Suppliers; External partners",
        "Helpdesk administrators;Project Falcon",
    ];
    let mut seed: u64 = 20_240_607;
    let mut below = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 33) as usize) % n
    };
    (0..rows)
        .map(|n| {
            let company = COMPANY[below(5)];
            [
                format!("person.{n}@{company}.example"),
                format!("{} {}", FIRST[below(12)], LAST[below(10)]),
                company.to_owned(),
                GROUPS[below(6)].to_owned(),
                if below(3) == 0 { "Welcome,\nand see you soon; \"bye\"".to_owned() } else { String::new() },
            ]
        })
        .collect()
}

fn csv(header: &str, delimiter: u8, rows: &[Vec<String>]) -> String {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("a row of text");
    }
    format!("{header}{}", String::from_utf8(writer.into_inner().expect("all rows")).expect("UTF-8"))
}

#[test]
fn a_list_of_500_that_nobody_made_by_hand_is_done() {
    let people = generated(500);
    let rows: Vec<Vec<String>> = people.iter().map(|person| person.to_vec()).collect();
    let usher = Usher::with_scripts()
        .csv("list.csv", &csv("email,displayName,company,groups,message\n", b',', &rows));
    let (guests, mails) = usher.guests_and_mails();
    let ran = usher.again().args(["scripts/onboard.rhai", "list.csv"]).run();
    ran.success().stdout_has("500 rows: 500 done").stdout_has("… and 440 rows more, in the results file");
    assert_eq!(usher.guests_and_mails(), (guests + 500, mails + 500));
    let done = usher.table("list.results.csv");
    assert_eq!(done.iter().filter(|row| row["status"] == "done").count(), 500);
    for (person, row) in people.iter().zip(&done) {
        assert_eq!(
            (row["email"].as_str().unwrap(), row["displayName"].as_str().unwrap()),
            (&*person[0], &*person[1])
        );
    }
}

const TEMPLATE: &str = "version:v1.0\r\n\
    Email address to invite [inviteeEmail] Required;Redirection url [inviteRedirectURL] Required;\
    Send invitation message (true or false) [sendEmail];Customized invitation message [customizedMessageBody]\r\n\
    Example: lstokes@fabrikam.com;https://myapplications.microsoft.com;TRUE;Welcome!\r\n";

#[test]
fn microsofts_bulk_invite_template_works_as_a_european_spreadsheet_saves_it() {
    let send = |n: usize| if n.is_multiple_of(2) { "TRUE" } else { "false" };
    let rows: Vec<Vec<String>> = generated(40)
        .into_iter()
        .enumerate()
        .map(|(n, [address, _, _, _, message])| {
            vec![address, "https://myapplications.microsoft.com".to_owned(), send(n).to_owned(), message]
        })
        .collect();
    let text = csv(TEMPLATE, b';', &rows);
    let utf16: Vec<u8> =
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let usher = Usher::with_scripts().file("UserInviteTemplate.csv", utf16);
    let (guests, mails) = usher.guests_and_mails();
    let ran = usher.again().args(["scripts/onboard.rhai", "UserInviteTemplate.csv"]).run();
    ran.success().stdout_has("40 rows: 40 done");
    assert_eq!(usher.guests_and_mails(), (guests + 40, mails + 20));
}

#[test]
fn no_seats_left_stops_the_run_and_keeps_the_other_rows_for_later() {
    let rows: Vec<Vec<String>> = generated(60)
        .into_iter()
        .map(|[address, name, ..]| vec![address, name, "VISIOCLIENT".to_owned(), "DE".to_owned()])
        .collect();
    let usher =
        Usher::with_scripts().csv("list.csv", &csv("email,displayName,licence,usageLocation\n", b',', &rows));
    let (guests, _) = usher.guests_and_mails();
    let ran = usher.again().args(["scripts/onboard.rhai", "list.csv", "--throttle-limit", "2"]).run();
    ran.exits(5)
        .stdout_has("no seat of `VISIOCLIENT` is left")
        .stdout_has("not attempted")
        .stdout_has("stopped: ");
    let left = usher.table("list.failed.csv");
    assert_eq!(left.len(), 60);
    let waiting = left.iter().filter(|row| row["usher: error"] == "not attempted").count();
    assert!(waiting >= 58, "{waiting} of 60 rows were left alone");
    assert_eq!(usher.guests_and_mails().0, guests + 60 - waiting as u64);
}
