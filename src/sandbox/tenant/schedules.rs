//! Roles for a time: who may take which role, and who has one from when until when.
//!
//! An active schedule holds an assignment while it runs, so that everything that asks for assignments need not know
//! of schedules. Nobody watches the clock: whoever asks next makes the tenant catch up.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AzureAssignment, Tenant};

/// Whose roles they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Plane {
    Directory,
    Azure,
}

impl Plane {
    fn shelf(self) -> &'static str {
        match self {
            Plane::Directory => "directorySchedules",
            Plane::Azure => "azureSchedules",
        }
    }

    /// Where the requests lie that made the schedules.
    pub fn requests(self, eligible: bool) -> &'static str {
        match (self, eligible) {
            (Plane::Directory, true) => "directoryEligibilityRequests",
            (Plane::Directory, false) => "directoryAssignmentRequests",
            (Plane::Azure, true) => "azureEligibilityRequests",
            (Plane::Azure, false) => "azureAssignmentRequests",
        }
    }
}

/// Moments are milliseconds of the tenant's clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    pub id: Uuid,
    pub plane: Plane,
    /// May take the role, in contrast to having it.
    pub eligible: bool,
    pub principal: Uuid,
    pub role: Uuid,
    pub scope: String,
    pub start: i64,
    pub end: Option<i64>,
    pub created: i64,
    pub modified: Option<i64>,
    pub request: Uuid,
    /// The eligibility that was made use of.
    pub linked: Option<Uuid>,
    /// The assignment that stands for an active schedule while it runs.
    pub assignment: Option<String>,
    /// What an Azure assignment has besides.
    pub properties: Value,
}

impl Schedule {
    pub fn runs(&self, now: i64) -> bool {
        self.start <= now && self.end.is_none_or(|end| now < end)
    }

    pub fn is_for(&self, principal: Uuid, role: Uuid, scope: &str) -> bool {
        self.principal == principal && self.role == role && self.scope.eq_ignore_ascii_case(scope)
    }
}

impl Tenant {
    pub fn milliseconds(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Schedules that are not over, each with its place.
    pub fn schedules(&self, plane: Plane, eligible: bool) -> impl Iterator<Item = (u64, Schedule)> + '_ {
        self.shelf(plane.shelf())
            .filter_map(|(place, value)| Some((place, Schedule::deserialize(value).ok()?)))
            .filter(move |(_, schedule)| schedule.eligible == eligible)
    }

    /// Puts a schedule, new or changed; one that is to run already runs afterwards.
    pub fn plan(&mut self, schedule: &Schedule) {
        let value = serde_json::to_value(schedule).unwrap_or(Value::Null);
        self.shelve(schedule.plane.shelf(), &schedule.id.to_string(), value);
        self.next_due = 0;
        self.catch_up();
    }

    /// Ends a schedule now, with what it holds and what was activated by it.
    pub fn end_schedule(&mut self, schedule: &Schedule) {
        self.unshelve(schedule.plane.shelf(), &schedule.id.to_string());
        if let Some(assignment) = &schedule.assignment {
            match schedule.plane {
                Plane::Directory => {
                    self.revoke_directory_role(assignment);
                }
                Plane::Azure => {
                    if let Ok(name) = Uuid::try_parse(assignment) {
                        self.revoke_azure_role(name);
                    }
                }
            }
        }
        if schedule.eligible {
            let activated: Vec<Schedule> = self
                .schedules(schedule.plane, false)
                .map(|(_, other)| other)
                .filter(|other| other.linked == Some(schedule.id))
                .collect();
            activated.iter().for_each(|other| self.end_schedule(other));
        }
    }

    /// Takes away all that somebody was promised in the directory.
    pub(super) fn end_schedules_of(&mut self, principal: Uuid) {
        for eligible in [true, false] {
            let own: Vec<Schedule> = self
                .schedules(Plane::Directory, eligible)
                .map(|(_, schedule)| schedule)
                .filter(|schedule| schedule.principal == principal)
                .collect();
            own.iter().for_each(|schedule| self.end_schedule(schedule));
        }
    }

    /// True when the clock has passed the start or the end of something since the last time, the bin's keeping too.
    pub fn is_due(&self) -> bool {
        self.next_due != i64::MAX && self.milliseconds() >= self.next_due
    }

    /// Starts what is to run by now, ends what is over, and takes from the bin what was there for too long.
    pub fn catch_up(&mut self) {
        if !self.is_due() {
            return;
        }
        let now = self.milliseconds();
        self.next_due = i64::MAX;
        self.empty_bin(now);
        for plane in [Plane::Directory, Plane::Azure] {
            for eligible in [true, false] {
                let all: Vec<Schedule> = self.schedules(plane, eligible).map(|(_, found)| found).collect();
                for schedule in all {
                    self.advance(schedule, now);
                }
            }
        }
    }

    fn advance(&mut self, mut schedule: Schedule, now: i64) {
        if schedule.end.is_some_and(|end| end <= now) {
            self.end_schedule(&schedule);
            return;
        }
        if let Some(end) = schedule.end {
            self.next_due = self.next_due.min(end);
        }
        if schedule.start > now {
            self.next_due = self.next_due.min(schedule.start);
            return;
        }
        self.provision(&schedule);
        if schedule.eligible || schedule.assignment.is_some() {
            return;
        }
        let name = match schedule.plane {
            Plane::Directory => self.grant_directory_role(schedule.principal, schedule.role, &schedule.scope),
            Plane::Azure => {
                let name = Uuid::new_v5(&schedule.id, b"assignment");
                self.grant_azure_role(AzureAssignment {
                    name,
                    principal: schedule.principal,
                    role: schedule.role,
                    scope: schedule.scope.clone(),
                    sequence: 0,
                    properties: schedule.properties.clone(),
                });
                name.to_string()
            }
        };
        schedule.assignment = Some(name);
        let value = serde_json::to_value(&schedule).unwrap_or(Value::Null);
        self.shelve(schedule.plane.shelf(), &schedule.id.to_string(), value);
    }

    /// A request that was granted for later is provisioned once its time has come.
    fn provision(&mut self, schedule: &Schedule) {
        let shelf = schedule.plane.requests(schedule.eligible);
        let key = schedule.request.to_string();
        let Some(request) = self.shelved(shelf, &key).filter(|request| request["status"] == "Granted") else {
            return;
        };
        let mut request = request.clone();
        request["status"] = json!("Provisioned");
        self.shelve(shelf, &key, request);
    }
}
