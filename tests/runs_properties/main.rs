//! What holds of any run: taken up again it repeats nothing and skips nothing, taken back the tenant is as before, and a plan
//! that is carried out is what happens.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod stage;
mod steps;

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use stage::{Sitting, Stage};
use steps::{Row, Step, rows, script};
use usher::problem::Kind;
use usher::runs::policy::Policy;
use usher::runs::undo::Left;

/// Each case has a tenant of its own.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() }
}

/// What a script may take from the tenant and give back. Removed objects lie in the bin afterwards, mails stay sent, and audit
/// logs tell of all that was done.
fn state(stage: &Stage) -> Value {
    let mut state = stage.state();
    for name in ["deleted", "outbox", "entries"] {
        state.as_object_mut().unwrap().remove(name);
    }
    plain(&mut state);
    state
}

fn refused(printed: &[String]) -> bool {
    printed.iter().any(|line| line.starts_with("refused"))
}

/// What is empty may be there or not, and who lies in the bin has a number before the name.
fn plain(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(plain);
            map.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()));
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::String(text) if text.contains("#EXT#") => {
            let number = text.chars().take_while(char::is_ascii_hexdigit).count();
            if number >= 32 {
                text.drain(..32);
            }
        }
        _ => {}
    }
}

/// The same with the mails and the bin, but without the audit logs, which tell the order of things.
fn everything(stage: &Stage) -> Value {
    let mut state = stage.state();
    state.as_object_mut().unwrap().remove("entries");
    plain(&mut state);
    state
}

/// Places where two states differ, shortly.
fn differences(at: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            names.iter().for_each(|name| {
                differences(&format!("{at}/{name}"), &one[name.as_str()], &other[name.as_str()], found);
            });
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            left.iter().zip(right).enumerate().for_each(|(n, (left, right))| {
                differences(&format!("{at}/{n}"), left, right, found);
            });
        }
        _ if one == other => {}
        _ => found.push(format!("{at}: {one} and {other}")),
    }
}

fn same(one: &Value, other: &Value) -> Result<(), TestCaseError> {
    let mut found = Vec::new();
    differences("", one, other, &mut found);
    prop_assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn a_run_that_is_taken_up_repeats_nothing_and_skips_nothing(
        rows in rows(),
        stops in prop::collection::vec(0usize..14, 1..4),
        width in 1usize..5,
    ) {
        let text = script(&rows);
        let whole = Stage::new();
        let uninterrupted = whole.play(&text, Sitting::default());
        let stage = Stage::new();
        let policy = Policy { throttle_limit: Some(width), ..Policy::default() };
        let (mut sent, mut taken) = (Vec::new(), 0);
        let mut run = None;
        for stop in stops.into_iter().map(Some).chain([None]) {
            let sitting = Sitting { stop_at: stop, resume: run.clone(), policy: policy.clone() };
            let told = stage.play(&text, sitting);
            sent.extend(told.sent);
            taken += told.taken;
            // What changed nothing left no run.
            run = told.run.or(run);
            if told.error.is_none() {
                break;
            }
            prop_assert_eq!(told.error.unwrap().kind, Kind::Interrupted);
        }
        // Whatever was refused and tried again: what the service took, it was sent once.
        let done = run.as_ref().map_or(0, |run| stage.done(run).len());
        prop_assert_eq!(taken, done);
        if refused(&uninterrupted.printed) {
            // What was refused is tried again by whoever takes the run up, and may work by then: more may be done, no less.
            if let (Some(one), Some(other)) = (&uninterrupted.run, &run) {
                let (one, other) = (whole.done(one), stage.done(other));
                prop_assert!(one.iter().all(|address| other.contains(address)), "{one:?} and {other:?}");
            }
            return Ok(());
        }
        sent.sort();
        prop_assert_eq!(sent, uninterrupted.sent);
        same(&everything(&whole), &everything(&stage))?;
        if let (Some(one), Some(other)) = (&uninterrupted.run, &run) {
            prop_assert_eq!(whole.done(one), stage.done(other));
        }
    }

    #[test]
    fn a_run_that_is_taken_back_leaves_the_tenant_as_it_was(rows in rows()) {
        let stage = Stage::new();
        let before = state(&stage);
        let told = stage.play(&script(&rows), Sitting::default());
        if let Some(run) = told.run {
            let plan = stage.undo_plan(&run);
            let left: Vec<String> = plan
                .stays
                .iter()
                .filter(|stays| stays.left != Left::Already && !stays.why.contains("mailed"))
                .map(|stays| format!("{}: {}", stays.what, stays.why))
                .collect();
            prop_assert!(left.is_empty(), "{}", left.join("\n"));
            stage.undo(&run, plan);
            same(&before, &state(&stage))?;
            let again: Vec<String> =
                stage.undo_plan(&run).steps().map(|step| format!("{} {}", step.verb, step.of)).collect();
            prop_assert!(again.is_empty(), "a second time: {}", again.join("\n"));
        }
    }

    #[test]
    fn a_plan_that_is_carried_out_is_what_happens(rows in rows()) {
        let text = script(&rows);
        let stage = Stage::new();
        let plan = Arc::new(stage.plan(&text));
        let mut planned: Vec<String> =
            plan.contents.effects.iter().map(|effect| effect.address.clone()).collect();
        planned.sort();
        let policy = Policy { carry_out: Some(plan.clone()), ..Policy::default() };
        let told = stage.play(&text, Sitting { policy, ..Sitting::default() });
        prop_assert!(told.error.is_none(), "{}", told.error.unwrap().sentence());
        let done = told.run.map(|run| stage.done(&run)).unwrap_or_default();
        if refused(&told.printed) {
            // A preview cannot know all that a service refuses.
            prop_assert!(done.iter().all(|address| planned.contains(address)), "{done:?} and {planned:?}");
            return Ok(());
        }
        prop_assert_eq!(done, planned);
        prop_assert!(plan.left().is_empty());
    }

    #[test]
    fn a_write_that_is_not_in_the_plan_stops_the_run(rows in rows(), forgotten in 0usize..40) {
        let stage = Stage::new();
        let mut fewer = rows.clone();
        let count: usize = rows.iter().map(|row| row.steps.len()).sum();
        let mut forgotten = forgotten % count;
        for row in &mut fewer {
            if forgotten < row.steps.len() {
                row.steps.remove(forgotten);
                break;
            }
            forgotten -= row.steps.len();
        }
        let plan = Arc::new(stage.plan(&script(&fewer)));
        let planned: BTreeSet<String> =
            plan.contents.effects.iter().map(|effect| effect.address.clone()).collect();
        let all = stage.plan(&script(&rows));
        let beyond = all.contents.effects.iter().any(|effect| !planned.contains(&effect.address));
        let policy = Policy { carry_out: Some(plan), ..Policy::default() };
        let told = stage.play(&script(&rows), Sitting { policy, ..Sitting::default() });
        // A preview cannot know all that a service refuses, and what hangs on it goes another way.
        let foreseen = !refused(&told.printed);
        match told.error {
            Some(error) => {
                prop_assert!(beyond || !foreseen, "{}", error.sentence());
                prop_assert_eq!(error.kind, Kind::Stopped);
                prop_assert!(error.message.contains("the plan has no "), "{}", error.message);
            }
            None => prop_assert!(!beyond || !foreseen, "it went on"),
        }
        let done = told.run.map(|run| stage.done(&run)).unwrap_or_default();
        prop_assert!(done.iter().all(|address| planned.contains(address)));
    }
}

/// Taken out of a group in vain, then put in, then stopped: whoever takes the run up must not take them out after all.
#[test]
fn what_was_found_done_is_not_done_over_the_runs_own_writes() {
    let steps = vec![Step::Leave(1), Step::Join(1), Step::Enable, Step::Disable, Step::Set(0, 0)];
    let rows = vec![Row { person: 3, steps }];
    let stage = Stage::new();
    let first = stage.play(&script(&rows), Sitting { stop_at: Some(4), ..Sitting::default() });
    assert_eq!(first.error.unwrap().kind, Kind::Interrupted);
    assert_eq!(first.sent.len(), 2, "{:#?}", first.sent);
    let second = stage.play(&script(&rows), Sitting { resume: first.run, ..Sitting::default() });
    assert!(second.error.is_none());
    assert_eq!(second.sent, ["PATCH v1.0/users/{id} {\"department\":\"Sales\"}"]);
}

/// A plan holds what a run does that adds somebody twice whom it has made itself.
#[test]
fn a_plan_that_asks_twice_for_the_same_is_carried_out() {
    let steps = vec![
        Step::Invite,
        Step::Join(0),
        Step::Join(0),
        Step::Manager(0),
        Step::Manager(0),
        Step::Manager(1),
    ];
    let text = script(&[Row { person: 0, steps }]);
    let stage = Stage::new();
    let plan = Arc::new(stage.plan(&text));
    assert_eq!(plan.contents.effects.len(), 4);
    let policy = Policy { carry_out: Some(plan), ..Policy::default() };
    let told = stage.play(&text, Sitting { policy, ..Sitting::default() });
    assert!(told.error.is_none(), "{}", told.error.unwrap().sentence());
    assert_eq!(told.sent.len(), 4);
}

/// A guest in the bin keeps the address, which a preview does not know: the contact is not there to be removed, and tried
/// again it is more than was planned.
#[test]
fn what_hangs_on_something_refused_goes_another_way_than_planned() {
    let row = |steps: &[Step]| script(&[Row { person: 0, steps: steps.to_vec() }]);
    let told = |planned: &[Step], text: &[Step]| {
        let stage = Stage::new();
        let plan = Arc::new(stage.plan(&row(planned)));
        assert_eq!(plan.contents.effects.len(), 3);
        let policy = Policy { carry_out: Some(plan), ..Policy::default() };
        let told = stage.play(&row(text), Sitting { policy, ..Sitting::default() });
        assert!(refused(&told.printed), "{:?}", told.printed);
        assert_eq!(told.sent.len(), 3, "{:?}", told.sent);
        told.error
    };
    let planned = [Step::Invite, Step::Remove, Step::Contact];
    let gone = [Step::Invite, Step::Remove, Step::Contact, Step::RemoveContact];
    assert!(told(&planned, &gone).is_none());
    let again = [Step::Invite, Step::Remove, Step::Contact, Step::Contact];
    assert_eq!(told(&planned, &again).unwrap().kind, Kind::Stopped);
}

/// In the bin nothing can be looked at: what the run changed before it removed somebody is taken back all the same.
#[test]
fn who_was_changed_and_then_removed_is_taken_back_whole() {
    let steps = vec![Step::Manager(0), Step::Sponsor(0), Step::Set(0, 0), Step::Remove];
    let stage = Stage::new();
    let before = state(&stage);
    let told = stage.play(&script(&[Row { person: 4, steps }]), Sitting::default());
    let run = told.run.unwrap();
    let plan = stage.undo_plan(&run);
    assert!(plan.stays.is_empty(), "{:?}", plan.stays);
    assert_eq!(plan.count(), 4);
    stage.undo(&run, plan);
    same(&before, &state(&stage)).unwrap();
}

/// The properties would hold of scripts that do nothing.
#[test]
fn the_scripts_that_are_tried_do_much() {
    let all = rows_of_all_kinds();
    let stage = Stage::new();
    let told = stage.play(&script(&all), Sitting::default());
    let refused: Vec<&String> = told.printed.iter().filter(|line| line.contains("refused")).collect();
    assert!(refused.is_empty(), "{refused:?}");
    // A licence brings the usage location with it, in a write of its own.
    assert_eq!(told.sent.len(), all.iter().map(|row| row.steps.len()).sum::<usize>() + 1, "{:#?}", told.sent);
}

fn rows_of_all_kinds() -> Vec<Row> {
    vec![
        Row {
            person: 0,
            steps: vec![Step::Invite, Step::Set(0, 1), Step::Join(0), Step::Join(1), Step::License],
        },
        Row {
            person: 1,
            steps: vec![Step::Invite, Step::Role, Step::AzureRole, Step::Sponsor(0), Step::Manager(0)],
        },
        Row { person: 2, steps: vec![Step::Contact] },
        Row { person: 3, steps: vec![Step::Set(1, 2), Step::Disable, Step::Remove] },
        Row {
            person: 4,
            steps: vec![Step::Set(0, 0), Step::Clear(0), Step::Manager(1), Step::Role, Step::NoManager],
        },
    ]
}
