//! What becomes of a request for a role: the rules of Privileged Identity Management, the same in the directory and
//! in Azure. Each service words the request and the answer in its own way.

use serde_json::Value;
use uuid::Uuid;

use super::{Period, Plane, Schedule, Tenant};

/// Longer than this nobody may activate a role at once.
const LONGEST_ACTIVATION_HOURS: i64 = 8;
/// Sooner than this, in milliseconds, an activation cannot be given back.
const SHORTEST_ACTIVATION: i64 = 5 * 60_000;

/// As Graph writes them; Azure begins them with a capital letter.
const ACTIONS: [&str; 9] = [
    "adminAssign",
    "adminUpdate",
    "adminRemove",
    "selfActivate",
    "selfDeactivate",
    "adminExtend",
    "adminRenew",
    "selfExtend",
    "selfRenew",
];

/// An action in any case, in Graph's spelling.
pub fn action(given: &str) -> Option<&'static str> {
    ACTIONS.into_iter().find(|action| action.eq_ignore_ascii_case(given))
}

/// What a request asks for, all of it looked up.
pub struct Wish {
    pub id: Uuid,
    pub plane: Plane,
    pub action: &'static str,
    pub eligible: bool,
    pub principal: Uuid,
    pub role: Uuid,
    pub scope: String,
    pub period: Period,
    /// Whether a reason that is needed was given.
    pub justified: bool,
    /// What an Azure assignment would have besides.
    pub properties: Value,
    /// Whether an eligibility for the first place holds in the second.
    pub covers: fn(&str, &str) -> bool,
}

/// What becomes of it.
pub struct Outcome {
    pub status: &'static str,
    pub completed: Option<i64>,
    pub target: Option<Uuid>,
    pub effect: Effect,
}

pub enum Effect {
    Nothing,
    Plan(Schedule),
    End(Schedule),
    /// An assignment that no schedule stands behind.
    Take(String),
}

/// Why a request is not met. All of them are answered with 400.
#[derive(Debug)]
pub struct Refusal {
    pub code: &'static str,
    pub message: String,
}

impl Refusal {
    fn new(code: &'static str, message: &str) -> Refusal {
        Refusal { code, message: message.to_owned() }
    }

    pub fn subject() -> Refusal {
        Refusal::new("SubjectNotFound", "The subject is not found.")
    }

    pub fn role() -> Refusal {
        Refusal::new("RoleNotFound", "The role is not found.")
    }

    fn rules(rules: &[&str]) -> Refusal {
        let rules = rules.iter().map(|rule| format!("\"{rule}\"")).collect::<Vec<_>>().join(",");
        Refusal {
            code: "RoleAssignmentRequestPolicyValidationFailed",
            message: format!("The following policy rules failed: [{rules}]"),
        }
    }

    fn exists() -> Refusal {
        Refusal::new("RoleAssignmentExists", "The Role assignment already exists.")
    }

    fn missing() -> Refusal {
        Refusal::new("RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
    }
}

impl Tenant {
    pub fn judge(&self, wish: &Wish) -> Result<Outcome, Refusal> {
        let now = self.milliseconds();
        let current = self
            .schedules(wish.plane, wish.eligible)
            .map(|(_, schedule)| schedule)
            .find(|schedule| schedule.is_for(wish.principal, wish.role, &wish.scope));
        let held = if wish.eligible { None } else { self.held(wish) };
        match wish.action {
            "adminAssign" | "selfActivate" => {
                let mut outcome = begin(wish, now)?;
                if current.is_some() || held.is_some() {
                    return Err(Refusal::exists());
                }
                if wish.action == "selfActivate"
                    && let Effect::Plan(schedule) = &mut outcome.effect
                {
                    let eligibility = self.eligibility(wish).ok_or_else(Refusal::missing)?;
                    schedule.linked = Some(eligibility.id);
                    // Nobody keeps a role for longer than they may have it.
                    schedule.end = [schedule.end, eligibility.end].into_iter().flatten().min();
                }
                Ok(outcome)
            }
            "adminUpdate" | "adminExtend" => change(wish, current.ok_or_else(Refusal::missing)?, now),
            "adminRenew" => match current {
                Some(current) => change(wish, current, now),
                None if held.is_some() => Err(Refusal::exists()),
                None => begin(wish, now),
            },
            "adminRemove" => match (current, held) {
                (Some(current), _) => Ok(ended(Effect::End(current))),
                (None, Some(held)) => Ok(ended(Effect::Take(held))),
                (None, None) => Err(Refusal::missing()),
            },
            "selfDeactivate" => {
                let current = current.filter(|schedule| schedule.linked.is_some());
                let current = current.ok_or_else(Refusal::missing)?;
                if current.start <= now && now - current.start < SHORTEST_ACTIVATION {
                    return Err(Refusal::new(
                        "ActiveDurationTooShort",
                        "Active duration is too short. Minimum required is 5 minutes.",
                    ));
                }
                Ok(ended(Effect::End(current)))
            }
            // An extension asked for oneself waits until an administrator decides.
            _ => {
                if wish.action == "selfExtend" && current.is_none() {
                    return Err(Refusal::missing());
                }
                let target = current.map(|schedule| schedule.id);
                Ok(Outcome {
                    status: "PendingAdminDecision",
                    completed: None,
                    target,
                    effect: Effect::Nothing,
                })
            }
        }
    }

    pub fn carry_out(&mut self, plane: Plane, effect: Effect) {
        match (effect, plane) {
            (Effect::Nothing, _) => {}
            (Effect::Plan(schedule), _) => self.plan(&schedule),
            (Effect::End(schedule), _) => self.end_schedule(&schedule),
            (Effect::Take(assignment), Plane::Directory) => {
                self.revoke_directory_role(&assignment);
            }
            (Effect::Take(assignment), Plane::Azure) => {
                if let Ok(name) = Uuid::try_parse(&assignment) {
                    self.revoke_azure_role(name);
                }
            }
        }
    }

    /// Calls a request off whose time has not come. The outer error is the status that stands against it.
    pub fn call_off(&mut self, plane: Plane, eligible: bool, key: &str) -> Option<Result<(), String>> {
        let shelf = plane.requests(eligible);
        let mut request = self.shelved(shelf, key)?.clone();
        let status = request["status"].as_str().unwrap_or_default().to_owned();
        if !matches!(status.as_str(), "Granted" | "PendingAdminDecision") {
            return Some(Err(status));
        }
        let planned = self
            .schedules(plane, eligible)
            .map(|(_, schedule)| schedule)
            .find(|schedule| schedule.request.to_string() == key && status == "Granted");
        if let Some(planned) = planned {
            self.end_schedule(&planned);
        }
        request["status"] = Value::from("Canceled");
        self.shelve(shelf, key, request);
        Some(Ok(()))
    }

    /// The assignment at exactly this place, not by a group.
    fn held(&self, wish: &Wish) -> Option<String> {
        let at = |role: Uuid, scope: &str| role == wish.role && scope.eq_ignore_ascii_case(&wish.scope);
        match wish.plane {
            Plane::Directory => {
                let mut held = self.directory_assignments.of(wish.principal);
                held.find(|granted| at(granted.role, &granted.scope)).map(|granted| granted.id.clone())
            }
            Plane::Azure => {
                let mut held = self.azure_assignments.of(wish.principal);
                held.find(|granted| at(granted.role, &granted.scope)).map(|granted| granted.name.to_string())
            }
        }
    }

    /// The eligibility that somebody can make use of, be it a group's.
    fn eligibility(&self, wish: &Wish) -> Option<Schedule> {
        let principal = self.get(wish.principal)?;
        let mut holders = vec![principal.id];
        holders.extend(self.all_groups_of(principal).iter().map(|(_, group)| group.id));
        self.schedules(wish.plane, true).map(|(_, schedule)| schedule).find(|schedule| {
            holders.contains(&schedule.principal)
                && schedule.role == wish.role
                && (wish.covers)(&schedule.scope, &wish.scope)
                && schedule.runs(wish.period.start)
        })
    }
}

fn begin(wish: &Wish, now: i64) -> Result<Outcome, Refusal> {
    let activation = wish.action == "selfActivate";
    let mut broken = Vec::new();
    if !wish.period.lasts() || activation && !wish.period.fits_hours(LONGEST_ACTIVATION_HOURS) {
        broken.push("ExpirationRule");
    }
    if !wish.eligible && !wish.justified {
        broken.push("JustificationRule");
    }
    if activation && wish.eligible {
        broken.push("EligibilityRule");
    }
    if !broken.is_empty() {
        return Err(Refusal::rules(&broken));
    }
    let schedule = Schedule {
        id: wish.id,
        plane: wish.plane,
        eligible: wish.eligible,
        principal: wish.principal,
        role: wish.role,
        scope: wish.scope.clone(),
        start: wish.period.start,
        end: wish.period.end,
        created: now,
        modified: None,
        request: wish.id,
        linked: None,
        assignment: None,
        properties: wish.properties.clone(),
    };
    Ok(Outcome {
        status: if wish.period.start > now { "Granted" } else { "Provisioned" },
        completed: Some(wish.period.start),
        target: Some(wish.id),
        effect: Effect::Plan(schedule),
    })
}

fn change(wish: &Wish, mut current: Schedule, now: i64) -> Result<Outcome, Refusal> {
    if !wish.period.lasts() {
        return Err(Refusal::rules(&["ExpirationRule"]));
    }
    // What runs already goes on running; only what is still to come can be put off.
    if current.start > now {
        current.start = wish.period.start;
    }
    current.end = wish.period.end;
    current.modified = Some(now);
    Ok(Outcome {
        status: "Provisioned",
        completed: Some(now),
        target: Some(current.id),
        effect: Effect::Plan(current),
    })
}

fn ended(effect: Effect) -> Outcome {
    Outcome { status: "Revoked", completed: None, target: None, effect }
}
