//! Random scripts of verbs: each row is about one person, some of whom are not there yet.

use proptest::prelude::*;

/// One call of a verb, about the row's person.
#[derive(Clone, Debug)]
pub enum Step {
    Invite,
    Contact,
    RemoveContact,
    /// One of several properties, to one of several values.
    Set(usize, usize),
    Clear(usize),
    Disable,
    Enable,
    Remove,
    Join(usize),
    Leave(usize),
    Sponsor(usize),
    NoSponsor(usize),
    Manager(usize),
    NoManager,
    License,
    Unlicense,
    Role,
    NoRole,
    AzureRole,
    NoAzureRole,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub person: usize,
    pub steps: Vec<Step>,
}

/// Three who are not there yet, and guests and staff who are.
const PEOPLE: [&str; 7] = [
    "new.one@fabrikam.example",
    "new.two@fabrikam.example",
    "new.three@fabrikam.example",
    "lee.gu@fabrikam.example",
    "noor.janssen@contoso.example",
    "diego.siciliani@fabrikam.example",
    "hannah.schmid@contoso.example",
];

const GROUPS: [&str; 3] = ["Suppliers", "Project Falcon", "Helpdesk administrators"];
const OTHERS: [&str; 2] = ["megan.bowen@contoso.example", "adele.vance@contoso.example"];
const PROPERTIES: [&str; 3] = ["department", "companyName", "jobTitle"];
const VALUES: [&str; 3] = ["Sales", "Fabrikam", "Østre \\\"Ring\\\""];

impl Step {
    fn code(&self, person: &str) -> String {
        match self {
            Step::Invite => format!(
                "new_invitation(#{{ invitedUserEmailAddress: \"{person}\", sendInvitationMessage: true }})"
            ),
            Step::Contact => {
                format!("new_mail_contact(#{{ name: \"C {person}\", externalEmailAddress: \"{person}\" }})")
            }
            Step::RemoveContact => format!("remove_mail_contact(\"{person}\")"),
            Step::Set(property, value) => {
                format!("set_user(\"{person}\", #{{ {}: \"{}\" }})", PROPERTIES[*property], VALUES[*value])
            }
            Step::Clear(property) => {
                format!("set_user(\"{person}\", #{{ clear: [\"{}\"] }})", PROPERTIES[*property])
            }
            Step::Disable => format!("disable_user(\"{person}\")"),
            Step::Enable => format!("enable_user(\"{person}\")"),
            Step::Remove => format!("remove_user(\"{person}\")"),
            Step::NoSponsor(other) => format!("remove_sponsor(\"{person}\", \"{}\")", OTHERS[*other]),
            Step::NoManager => format!("remove_manager(\"{person}\")"),
            Step::Join(group) => format!("add_group_member(\"{}\", \"{person}\")", GROUPS[*group]),
            Step::Leave(group) => format!("remove_group_member(\"{}\", \"{person}\")", GROUPS[*group]),
            Step::Sponsor(other) => format!("add_sponsor(\"{person}\", \"{}\")", OTHERS[*other]),
            Step::Manager(other) => format!("set_manager(\"{person}\", \"{}\")", OTHERS[*other]),
            // A usage location is no step of its own here: every person gets one with it, who has none.
            Step::License => {
                format!("add_license(\"{person}\", \"FLOW_FREE\", #{{ usageLocation: \"DE\" }})")
            }
            Step::Unlicense => format!("remove_license(\"{person}\", \"FLOW_FREE\")"),
            Step::Role => format!("assign_role(\"{person}\", \"Guest Inviter\")"),
            Step::NoRole => format!("unassign_role(\"{person}\", \"Guest Inviter\")"),
            Step::AzureRole => {
                format!("assign_role(\"{person}\", \"Security Admin\", #{{ scope: \"backupserver21\" }})")
            }
            Step::NoAzureRole => {
                format!("unassign_role(\"{person}\", \"Security Admin\", #{{ scope: \"backupserver21\" }})")
            }
        }
    }
}

/// Says each step before it is done; one that is refused does not end its row.
pub fn script(rows: &[Row]) -> String {
    let mut text = "let rows = [".to_owned();
    for row in rows {
        text.push_str(&format!("#{{ id: \"{}\" }}, ", PEOPLE[row.person]));
    }
    text.push_str("];\nbulk(rows, |row| {\n");
    for row in rows {
        let person = PEOPLE[row.person];
        text.push_str(&format!("    if row.id == \"{person}\" {{\n"));
        for step in &row.steps {
            let code = step.code(person);
            let name = code.split('(').next().unwrap();
            text.push_str(&format!(
                "        print(\"{name}\"); try {{ {code}; }} catch (refused) {{ print(`refused: ${{refused.kind}}`); }}\n"
            ));
        }
        text.push_str("    }\n");
    }
    text.push_str("});\n");
    text
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Invite),
        1 => Just(Step::Contact),
        1 => Just(Step::RemoveContact),
        3 => (0..3usize, 0..3usize).prop_map(|(property, value)| Step::Set(property, value)),
        1 => (0..3usize).prop_map(Step::Clear),
        1 => Just(Step::Disable),
        1 => Just(Step::Enable),
        1 => Just(Step::Remove),
        1 => (0..2usize).prop_map(Step::NoSponsor),
        1 => Just(Step::NoManager),
        3 => (0..3usize).prop_map(Step::Join),
        2 => (0..3usize).prop_map(Step::Leave),
        2 => (0..2usize).prop_map(Step::Sponsor),
        2 => (0..2usize).prop_map(Step::Manager),
        2 => Just(Step::License),
        1 => Just(Step::Unlicense),
        2 => Just(Step::Role),
        1 => Just(Step::NoRole),
        2 => Just(Step::AzureRole),
        1 => Just(Step::NoAzureRole),
    ]
}

/// One to four people; those who are new are mostly invited first.
pub fn rows() -> impl Strategy<Value = Vec<Row>> {
    let people = Just((0..PEOPLE.len()).collect::<Vec<_>>()).prop_shuffle();
    let steps = prop::collection::vec((any::<u8>(), prop::collection::vec(step(), 1..7)), 1..5);
    (people, steps).prop_map(|(people, steps)| {
        let row = |(person, (chance, mut steps)): (usize, (u8, Vec<Step>))| {
            if person < 3 && chance > 40 {
                steps.insert(0, Step::Invite);
            }
            Row { person, steps }
        };
        people.into_iter().zip(steps).map(row).collect()
    })
}
