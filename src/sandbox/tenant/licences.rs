//! Who holds which product, given directly or through a group.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Object, Relation, Tenant};

impl Tenant {
    /// The licences that were given to an object itself.
    pub fn own_licences(&self, object: &Object) -> Vec<Value> {
        let list = |name: &str| object.properties.get(name).and_then(Value::as_array);
        match list("licenseAssignmentStates") {
            // Nobody told yet where they come from: they are the object's own.
            None => list("assignedLicenses").cloned().unwrap_or_default(),
            Some(states) => states
                .iter()
                .filter(|state| state["assignedByGroup"].is_null())
                .map(|state| json!({ "disabledPlans": state["disabledPlans"], "skuId": state["skuId"] }))
                .collect(),
        }
    }

    /// Groups that give their members licences, of those that an object is directly in.
    fn giving_groups(&self, object: &Object) -> Vec<(Uuid, Vec<Value>)> {
        let groups = self.sources(Relation::Member, object.id);
        let giving = groups.filter_map(|(_, group)| {
            let given = group.properties.get("assignedLicenses")?.as_array()?;
            (!given.is_empty()).then(|| (group.id, given.clone()))
        });
        giving.collect()
    }

    /// Works out anew what a user holds: their own licences, and what groups give as far as seats last.
    pub fn relicense(&mut self, user: Uuid, own: Option<Vec<Value>>) {
        let Some(object) = self.get(user) else { return };
        let own = own.unwrap_or_else(|| self.own_licences(object));
        let giving = self.giving_groups(object);
        let before = object.properties.get("licenseAssignmentStates").and_then(Value::as_array).cloned();
        let before = before.unwrap_or_default();
        let held_before =
            object.properties.get("assignedLicenses").and_then(Value::as_array).cloned().unwrap_or_default();
        let now = self.stamp();
        let mut held: Vec<Value> = own.clone();
        let mut states: Vec<Value> = own.iter().map(|licence| state(licence, None, "None")).collect();
        let mut failing = Vec::new();
        for (group, given) in &giving {
            for licence in given {
                let place = held.iter().position(|held| same(&held["skuId"], &licence["skuId"]));
                let had = held_before.iter().any(|held| same(&held["skuId"], &licence["skuId"]));
                let error = if place.is_none() && !had && !self.has_seat(&licence["skuId"]) {
                    "CountViolation"
                } else {
                    "None"
                };
                states.push(state(licence, Some(*group), error));
                match place {
                    _ if error != "None" => failing.push(*group),
                    // A plan is off only where every source has it off.
                    Some(place) => {
                        let off = licence["disabledPlans"].as_array().cloned().unwrap_or_default();
                        if let Some(plans) = held[place]["disabledPlans"].as_array_mut() {
                            plans.retain(|plan| off.contains(plan));
                        }
                    }
                    None => held.push(
                        json!({ "disabledPlans": licence["disabledPlans"], "skuId": licence["skuId"] }),
                    ),
                }
            }
        }
        for state in &mut states {
            let old = before.iter().find(|old| {
                old["skuId"] == state["skuId"]
                    && old["assignedByGroup"] == state["assignedByGroup"]
                    && old["state"] == state["state"]
            });
            state["lastUpdatedDateTime"] =
                old.map_or_else(|| json!(now), |old| old["lastUpdatedDateTime"].clone());
        }
        let plans = self.plans_of(&held, self.get(user), &now);
        self.update(user, |user| {
            user.set("assignedPlans", Value::Array(plans));
            user.set("assignedLicenses", Value::Array(held));
            user.set("licenseAssignmentStates", Value::Array(states));
        });
        for group in failing {
            self.update(group, |group| group.set("hasMembersWithLicenseErrors", true));
        }
    }

    /// The plans that licences switch on, each once. Who had one before keeps its date.
    fn plans_of(&self, held: &[Value], user: Option<&Object>, now: &str) -> Vec<Value> {
        let before = user.and_then(|user| user.properties.get("assignedPlans")?.as_array());
        let mut plans: Vec<Value> = Vec::new();
        for licence in held {
            let products = self.setting("skus").as_array().into_iter().flatten();
            let Some(product) = products.clone().find(|known| same(&known["skuId"], &licence["skuId"]))
            else {
                continue;
            };
            let off = licence["disabledPlans"].as_array().map_or(&[][..], Vec::as_slice);
            for plan in product["servicePlans"].as_array().into_iter().flatten() {
                let id = &plan["servicePlanId"];
                if off.iter().any(|off| same(off, id))
                    || plans.iter().any(|on| same(&on["servicePlanId"], id))
                {
                    continue;
                }
                let old = before.into_iter().flatten().find(|old| same(&old["servicePlanId"], id));
                plans.push(json!({
                    "assignedDateTime": old.map_or_else(|| json!(now), |old| old["assignedDateTime"].clone()),
                    "capabilityStatus": "Enabled",
                    "service": service_of(plan["servicePlanName"].as_str().unwrap_or_default()),
                    "servicePlanId": id,
                }));
            }
        }
        plans
    }

    /// Works out again what groups give to a user who was away while they may have changed.
    pub(super) fn relicense_by_groups(&mut self, user: Uuid) {
        let by_group = |user: &Object| {
            let states = user.properties.get("licenseAssignmentStates").and_then(Value::as_array);
            states.into_iter().flatten().any(|state| !state["assignedByGroup"].is_null())
        };
        if self.get(user).is_some_and(|user| by_group(user) || !self.giving_groups(user).is_empty()) {
            self.relicense(user, None);
        }
    }

    /// Whoever holds a licence has had it, and the plans in it, since they came.
    pub(super) fn account_for_licences(&mut self) {
        let says_nothing = |user: &&Object| {
            let held = user.properties.get("assignedLicenses").and_then(Value::as_array);
            user.kind == super::Kind::User
                && held.is_some_and(|held| !held.is_empty())
                && !user.properties.contains_key("licenseAssignmentStates")
        };
        let holders: Vec<Uuid> = self.objects.values().filter(says_nothing).map(|user| user.id).collect();
        for holder in holders {
            self.relicense(holder, None);
            self.update(holder, |user| {
                let since = user.properties.get("createdDateTime").cloned().unwrap_or_default();
                for (list, date) in [
                    ("assignedPlans", "assignedDateTime"),
                    ("licenseAssignmentStates", "lastUpdatedDateTime"),
                ] {
                    let items = user.properties.get_mut(list).and_then(Value::as_array_mut);
                    items.into_iter().flatten().for_each(|item| item[date] = since.clone());
                }
            });
        }
    }

    fn has_seat(&self, sku: &Value) -> bool {
        let product =
            self.setting("skus").as_array().into_iter().flatten().find(|known| same(&known["skuId"], sku));
        let Some(product) = product else { return false };
        let units = &product["prepaidUnits"];
        let bought = units["enabled"].as_u64().unwrap_or(0) + units["warning"].as_u64().unwrap_or(0);
        u64::from(self.seats_used(sku.as_str().unwrap_or_default())) < bought
    }

    /// A user who joined or left a group that gives licences holds others than before.
    pub(super) fn membership_changed(&mut self, group: Uuid, member: Uuid) {
        let gives = self.get(group).is_some_and(|group| {
            group
                .properties
                .get("assignedLicenses")
                .and_then(Value::as_array)
                .is_some_and(|given| !given.is_empty())
        });
        if gives && self.get(member).is_some_and(|member| member.kind == super::Kind::User) {
            self.relicense(member, None);
        }
    }
}

/// The service behind a plan, as the directory calls it.
fn service_of(plan: &str) -> &'static str {
    const SERVICES: [(&str, &str); 11] = [
        ("EXCHANGE", "exchange"),
        ("SHAREPOINT", "SharePoint"),
        ("TEAMS", "TeamspaceAPI"),
        ("OFFICE", "MicrosoftOffice"),
        ("INTUNE", "SCO"),
        ("AAD", "AADPremiumService"),
        ("MFA", "MultiFactorService"),
        ("ADALLOM", "Adallom"),
        ("BI", "PowerBI"),
        ("FLOW", "ProcessSimple"),
        ("VISIO", "MicrosoftOffice"),
    ];
    SERVICES.iter().find(|(start, _)| plan.starts_with(start)).map_or("", |(_, service)| service)
}

fn same(left: &Value, right: &Value) -> bool {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        _ => false,
    }
}

fn state(licence: &Value, group: Option<Uuid>, error: &str) -> Value {
    json!({
        "skuId": licence["skuId"],
        "disabledPlans": licence["disabledPlans"],
        "assignedByGroup": group.map(|group| group.to_string()),
        "state": if error == "None" { "Active" } else { "Error" },
        "error": error,
    })
}
