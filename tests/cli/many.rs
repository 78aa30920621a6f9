//! One script on several tenants: once for each of a list, or going from one to another by itself.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use crate::profiles::{FILE, Served, contoso};
use crate::usher::Usher;

/// An usher that knows two served sandboxes, as `contoso` and as `tiny`.
fn two() -> (Usher, Served, Served) {
    let (usher, first) = contoso("");
    let second = Served::new(&usher, &["--seed", "tiny"]);
    let address = second.text("http");
    let more = format!(
        "[tenants.tiny]\ntenant = \"{}\"\nclientId = \"{}\"\nclientSecretEnv = \"TINY_SECRET\"\n\
         loginUrl = \"{address}\"\ngraphUrl = \"{address}\"\nexchangeUrl = \"{address}\"\nazureUrl = \"{address}\"\n",
        second.text("tenantDomain"),
        second.text("clientId"),
    );
    let file = format!("{}{more}", usher.read(FILE));
    let usher = usher.file(FILE, file).variable("TINY_SECRET", second.text("clientSecret"));
    (usher, first, second)
}

const JOB: &str =
    "let r = bulk(import_csv(args[0]), |row| { new_invitation(#{ invitedUserEmailAddress: row.email }); });
    #{ tenant: get_context().tenant, done: r.succeeded }";

#[test]
fn a_script_is_run_once_for_each_tenant_of_a_list() {
    let (usher, _contoso, _tiny) = two();
    let usher = usher
        .csv("people.csv", "email\nzora.quill@fabrikam.example\n")
        .file("tenants.txt", "# ours\ncontoso\ntiny   # the small one\n")
        .file("job.rhai", JOB);
    let words = ["job.rhai", "people.csv", "--tenants", "tenants.txt"];
    usher.again().args(words).run().exits(5).stderr_has("nobody is there to say yes");
    let ran = usher.again().args(words).args(["--yes"]).run();
    ran.success().stderr_has("contoso | tenant: contoso").stderr_has("2 tenants: 2 done, 0 not");
    let printed = ran.json();
    assert_eq!(printed["contoso"]["tenant"], "contoso");
    assert_eq!(printed["tiny"]["done"], 1);
    assert!(usher.exists("people.contoso.results.csv") && usher.exists("people.tiny.results.csv"));
    let runs = usher.again().command(["runs", "--output", "json"]).run().json();
    assert_eq!(runs.as_array().unwrap().len(), 2, "each has a run of its own");
    assert_ne!(runs[0]["tenantId"], runs[1]["tenantId"]);
}

#[test]
fn a_tenant_that_fails_takes_no_other_with_it() {
    let (usher, _contoso, _tiny) = two();
    let usher = usher.file("tenants.txt", "contoso\ntiny\n").variable("TINY_SECRET", "wrong");
    let ran = usher.again().args(["--tenants", "tenants.txt", "--yes"]).code("get_context().tenant").run();
    ran.exits(4).stderr_has("2 tenants: 1 done, 1 not").stderr_has("tiny | error:");
    assert_eq!(ran.json()["contoso"], "contoso");
    usher
        .file("other.txt", "contoso\nnowhere\n")
        .args(["--tenants", "other.txt", "--yes"])
        .code("1")
        .run()
        .exits(3)
        .stderr_has("there is no tenant profile `nowhere`");
}

#[test]
fn a_script_goes_to_another_tenant_only_if_the_command_line_lists_it() {
    let (usher, _contoso, _tiny) = two();
    let go = "in_tenant(\"tiny\", || { new_invitation(#{ invitedUserEmailAddress: \"zora.quill@fabrikam.example\" }); get_context().tenant })";
    let code = format!("[get_context().tenant, {go}, get_context().tenant]");
    let refused = usher.again().args(["--tenant", "contoso", "--yes"]).code(&code).run();
    refused.exits(3).stderr_has("this run may not reach the tenant `tiny`").stderr_has("--with-tenant tiny");
    let words = ["--tenant", "contoso", "--with-tenant", "tiny", "--yes"];
    let ran = usher.again().args(words).code(&code).run();
    ran.success().stderr_has("ledger of tiny: run");
    assert_eq!(ran.json(), serde_json::json!(["contoso", "tiny", "contoso"]));
    let is_there = |tenant: &str| {
        let asked = usher
            .again()
            .args(["-q", "--tenant", tenant])
            .code("find_user(\"zora.quill@fabrikam.example\") != ()")
            .run();
        asked.success().stdout.trim() == "true"
    };
    assert_eq!((is_there("contoso"), is_there("tiny")), (false, true));
    let in_a_row = format!("bulk([#{{ id: \"a\" }}], |row| {{ {go} }}).rows[0].error.message");
    let ran = usher.again().args(words).code(&in_a_row).run();
    ran.stderr_has("a row of a bulk cannot go to another tenant");
}
