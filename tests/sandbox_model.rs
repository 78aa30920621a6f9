//! Random lives of guests, each step told beforehand by a small model of what must be true.
//!
//! The model knows people, groups, contacts, seats and roles as a reader of the documents would: it shares nothing
//! with the sandbox. After every step the status must be the one it foretold; now and then, and at the end, all that
//! can be listed must be what it has in mind.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sandbox_support::chance::each;
use sandbox_support::{Answer, Sandbox};
use serde_json::{Value, json};
use usher::sandbox::Store;
use uuid::Uuid;

const ADDRESSES: [&str; 6] = [
    "ann@fabrikam.example",
    "bob@fabrikam.example",
    "cleo@litware.example",
    "press@northwind.example",
    "eve@blocked.example",
    "ida.lund@tiny.example",
];
/// Nobody there is ever a guest: one domain is blocked, the other is the tenant's own.
const FIRST_REFUSED: usize = 4;
const PRESS: usize = 3;
const ROLES: [&str; 2] = ["88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "95e79109-95c0-4d8e-aee3-d01accf2d47b"];
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const VISIO: &str = "c5928f49-12ba-48f7-ada3-0d743a3601d5";
const SEATS: usize = 5;
/// Members who hold a seat throughout.
const SEATED: usize = 3;
const DAYS_KEPT: u32 = 30;

/// Guests and groups are meant by number, whatever became of them.
#[derive(Clone, Debug)]
enum Step {
    Invite { address: usize, loudly: bool },
    Accept(usize),
    Enable(usize, bool),
    Locate(usize),
    ChangeMail(usize, usize),
    Delete(usize),
    Restore(usize),
    Purge(usize),
    Join(usize, usize),
    Leave(usize, usize),
    Seat(usize),
    Unseat(usize),
    Promote(usize, usize),
    Demote(usize, usize),
    Grant(usize),
    Withdraw(usize),
    NewContact(usize),
    RemoveContact(usize),
    DeleteGroup(usize),
    RestoreGroup(usize),
    PurgeGroup(usize),
    Wait(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let guest = || 0..5_usize;
    let address = || 0..ADDRESSES.len();
    prop_oneof![
        6 => (address(), any::<bool>()).prop_map(|(address, loudly)| Step::Invite { address, loudly }),
        3 => guest().prop_map(Step::Accept),
        3 => (guest(), any::<bool>()).prop_map(|(guest, on)| Step::Enable(guest, on)),
        2 => guest().prop_map(Step::Locate),
        2 => (guest(), 0..FIRST_REFUSED).prop_map(|(guest, address)| Step::ChangeMail(guest, address)),
        4 => guest().prop_map(Step::Delete),
        4 => guest().prop_map(Step::Restore),
        1 => guest().prop_map(Step::Purge),
        4 => (guest(), 0..2_usize).prop_map(|(guest, group)| Step::Join(guest, group)),
        2 => (guest(), 0..2_usize).prop_map(|(guest, group)| Step::Leave(guest, group)),
        4 => guest().prop_map(Step::Seat),
        2 => guest().prop_map(Step::Unseat),
        3 => (guest(), 0..2_usize).prop_map(|(guest, role)| Step::Promote(guest, role)),
        2 => (guest(), 0..2_usize).prop_map(|(guest, role)| Step::Demote(guest, role)),
        3 => guest().prop_map(Step::Grant),
        1 => guest().prop_map(Step::Withdraw),
        3 => address().prop_map(Step::NewContact),
        2 => address().prop_map(Step::RemoveContact),
        1 => (0..2_usize).prop_map(Step::DeleteGroup),
        2 => (0..2_usize).prop_map(Step::RestoreGroup),
        1 => (0..2_usize).prop_map(Step::PurgeGroup),
        2 => prop_oneof![1..12_u32, Just(DAYS_KEPT - 1), Just(DAYS_KEPT)].prop_map(Step::Wait),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Here,
    /// Since this day.
    Bin(u32),
    Gone,
}

#[derive(Debug)]
struct Guest {
    id: String,
    name: String,
    place: Place,
    accepted: bool,
    redeemable: bool,
    enabled: bool,
    located: bool,
    seated: bool,
    /// The addresses that are the guest's alone, the primary one first.
    proxies: Vec<usize>,
    /// The address of the invitation.
    other: usize,
    /// Ids of assignments by role.
    roles: BTreeMap<usize, String>,
}

#[derive(Debug)]
struct Group {
    id: String,
    place: Place,
    members: BTreeSet<usize>,
}

#[derive(Debug)]
struct Model {
    day: u32,
    guests: Vec<Guest>,
    groups: Vec<Group>,
    contacts: BTreeSet<usize>,
    /// Guests with a role in Azure, whatever became of them.
    azure: BTreeSet<usize>,
}

impl Model {
    fn guest(&self, number: usize) -> usize {
        number % self.guests.len()
    }

    fn is_here(&self, guest: usize) -> bool {
        self.guests[guest].place == Place::Here
    }

    fn here(&self) -> impl Iterator<Item = (usize, &Guest)> {
        self.guests.iter().enumerate().filter(|(_, guest)| guest.place == Place::Here)
    }

    fn is_binned(&self, place: Place) -> bool {
        matches!(place, Place::Bin(since) if self.day - since < DAYS_KEPT)
    }

    /// Somebody other than `but` holds the address.
    fn is_held(&self, address: usize, but: Option<usize>) -> bool {
        ADDRESSES[address].ends_with("@tiny.example")
            || self.contacts.contains(&address)
            || self.here().any(|(number, guest)| Some(number) != but && guest.proxies.contains(&address))
    }

    fn seats(&self) -> usize {
        SEATED + self.here().filter(|(_, guest)| guest.seated).count()
    }

    /// Who is gone for good leaves groups, roles and seats, but not Azure.
    fn forget(&mut self, guest: usize) {
        self.groups.iter_mut().for_each(|group| {
            group.members.remove(&guest);
        });
        let guest = &mut self.guests[guest];
        guest.place = Place::Gone;
        guest.roles.clear();
    }

    fn wait(&mut self, days: u32) {
        self.day += days;
        let over = |place: Place| matches!(place, Place::Bin(_)) && !self.is_binned(place);
        let gone: Vec<usize> = (0..self.guests.len()).filter(|one| over(self.guests[*one].place)).collect();
        let groups: Vec<usize> = (0..self.groups.len()).filter(|one| over(self.groups[*one].place)).collect();
        gone.into_iter().for_each(|guest| self.forget(guest));
        for group in groups {
            self.groups[group].place = Place::Gone;
            self.groups[group].members.clear();
        }
    }
}

struct Life {
    sandbox: Sandbox,
    model: Model,
}

fn ids(page: &Value) -> BTreeSet<String> {
    texts(page, "id")
}

fn texts(page: &Value, name: &str) -> BTreeSet<String> {
    let items = page["value"].as_array().unwrap_or_else(|| panic!("no page: {page:#}"));
    items.iter().filter_map(|item| item[name].as_str().map(str::to_owned)).collect()
}

fn assignment_name(guest: usize) -> String {
    Uuid::from_u128(0x5e1f_0000 + guest as u128).to_string()
}

fn principal_name(address: &str, number: usize) -> String {
    let suffix = if number == 0 { String::new() } else { number.to_string() };
    format!("{}{suffix}#ext#@tiny.onmicrosoft.com", address.replace('@', "_"))
}

impl Life {
    /// A tenant with three seats taken, one group more, and the model of it.
    async fn begin(sandbox: Sandbox) -> Life {
        let mut calls = vec![json!({
            "id": "group", "method": "POST", "url": "/groups",
            "headers": { "Content-Type": "application/json" },
            "body": { "displayName": "Circle", "mailEnabled": true, "mailNickname": "circle",
                      "securityEnabled": false, "groupTypes": ["Unified"] },
        })];
        for name in ["jon", "kim"] {
            calls.push(json!({
                "id": name, "method": "POST", "url": "/users",
                "headers": { "Content-Type": "application/json" },
                "body": { "accountEnabled": true, "displayName": name, "mailNickname": name, "usageLocation": "CH",
                          "userPrincipalName": format!("{name}@tiny.example"),
                          "passwordProfile": { "password": "Not-a-secret-1" } },
            }));
        }
        for name in ["jon", "kim", "ida.lund"] {
            calls.push(json!({
                "id": format!("seat {name}"), "method": "POST",
                "url": format!("/users/{name}@tiny.example/assignLicense"),
                "headers": { "Content-Type": "application/json" },
                "body": { "addLicenses": [{ "skuId": VISIO }], "removeLicenses": [] },
            }));
        }
        let batch = sandbox.post("/v1.0/$batch", json!({ "requests": calls })).await.expect(200);
        let answered = batch["responses"].as_array().unwrap();
        assert!(answered.iter().all(|one| one["status"].as_u64().unwrap() < 300), "{batch:#}");
        let circle = answered.iter().find(|one| one["id"] == "group").unwrap()["body"]["id"].clone();
        let ann = sandbox.get("/v1.0/users?$filter=mail eq 'ann@fabrikam.example'").await.expect(200);
        let ann = Guest {
            id: ann["value"][0]["id"].as_str().unwrap().to_owned(),
            name: principal_name(ADDRESSES[0], 0),
            place: Place::Here,
            accepted: true,
            redeemable: false,
            enabled: true,
            located: false,
            seated: false,
            proxies: vec![0],
            other: 0,
            roles: BTreeMap::new(),
        };
        let group = |id: String| Group { id, place: Place::Here, members: BTreeSet::new() };
        let partners = sandbox.group("Partners").await;
        let model = Model {
            day: 0,
            guests: vec![ann],
            groups: vec![group(partners), group(circle.as_str().unwrap().to_owned())],
            contacts: BTreeSet::from([PRESS]),
            azure: BTreeSet::new(),
        };
        Life { sandbox, model }
    }

    async fn patch(&self, guest: usize, body: Value) -> Answer {
        self.sandbox.patch(&format!("/v1.0/users/{}", self.model.guests[guest].id), body).await
    }

    async fn azure(&self, method: &str, guest: usize) -> Answer {
        let subscription = self.sandbox.connection("subscriptionId");
        let scope = format!("/subscriptions/{subscription}/providers/Microsoft.Authorization");
        let path = format!("{scope}/roleAssignments/{}?api-version=2022-04-01", assignment_name(guest));
        let body = match method {
            "PUT" => json!({ "properties": {
                "roleDefinitionId": format!("{scope}/roleDefinitions/{READER}"),
                "principalId": self.model.guests[guest].id,
            } }),
            _ => Value::Null,
        };
        self.sandbox.call(method, &path, &[], body).await
    }

    /// Takes a step, and holds its status against the one that the model foretells.
    async fn step(&mut self, step: &Step) {
        let (answer, status) = match *step {
            Step::Invite { address, loudly } => return self.invite(address, loudly).await,
            Step::Accept(number) => {
                let guest = self.model.guest(number);
                let one = &mut self.model.guests[guest];
                let status = match one.place {
                    Place::Here if one.redeemable && one.enabled => 200,
                    Place::Here => 409,
                    _ => 404,
                };
                if status == 200 {
                    (one.accepted, one.redeemable) = (true, false);
                }
                let body = json!({ "user": one.id });
                (self.sandbox.post("/sandbox/accept", body).await, status)
            }
            Step::Enable(number, on) => {
                let guest = self.model.guest(number);
                let answer = self.patch(guest, json!({ "accountEnabled": on })).await;
                let here = self.model.is_here(guest);
                if here {
                    self.model.guests[guest].enabled = on;
                }
                (answer, if here { 204 } else { 404 })
            }
            Step::Locate(number) => {
                let guest = self.model.guest(number);
                let answer = self.patch(guest, json!({ "usageLocation": "CH" })).await;
                let here = self.model.is_here(guest);
                self.model.guests[guest].located |= here;
                (answer, if here { 204 } else { 404 })
            }
            Step::ChangeMail(number, address) => {
                let guest = self.model.guest(number);
                let answer = self.patch(guest, json!({ "mail": ADDRESSES[address] })).await;
                let status = match self.model.is_here(guest) {
                    false => 404,
                    true if self.model.is_held(address, Some(guest)) => 400,
                    true => 204,
                };
                if status == 204 {
                    let proxies = &mut self.model.guests[guest].proxies;
                    proxies.retain(|known| *known != address);
                    proxies.insert(0, address);
                }
                (answer, status)
            }
            Step::Delete(number) => {
                let guest = self.model.guest(number);
                let path = format!("/v1.0/users/{}", self.model.guests[guest].id);
                let here = self.model.is_here(guest);
                if here {
                    self.model.guests[guest].place = Place::Bin(self.model.day);
                }
                (self.sandbox.delete(&path).await, if here { 204 } else { 404 })
            }
            Step::Restore(number) => {
                let guest = self.model.guest(number);
                let one = &self.model.guests[guest];
                let path = format!("/v1.0/directory/deletedItems/{}/restore", one.id);
                let taken = one.proxies.iter().any(|address| self.model.is_held(*address, None))
                    || self.model.here().any(|(_, other)| other.name == one.name);
                let status = match self.model.is_binned(one.place) {
                    false => 404,
                    true if taken => 400,
                    true => 200,
                };
                if status == 200 {
                    self.model.guests[guest].place = Place::Here;
                }
                (self.sandbox.post(&path, Value::Null).await, status)
            }
            Step::Purge(number) => {
                let guest = self.model.guest(number);
                let one = &self.model.guests[guest];
                let path = format!("/v1.0/directory/deletedItems/{}", one.id);
                let binned = self.model.is_binned(one.place);
                if binned {
                    self.model.forget(guest);
                }
                (self.sandbox.delete(&path).await, if binned { 204 } else { 404 })
            }
            Step::Join(number, group) => {
                let guest = self.model.guest(number);
                let here = self.model.is_here(guest);
                let one = &mut self.model.groups[group];
                let status = match one.place {
                    Place::Here if !here => 404,
                    Place::Here if one.members.insert(guest) => 204,
                    Place::Here => 400,
                    _ => 404,
                };
                let path = format!("/v1.0/groups/{}/members/$ref", one.id);
                let reference = self.sandbox.reference(&self.model.guests[guest].id);
                (self.sandbox.post(&path, reference).await, status)
            }
            Step::Leave(number, group) => {
                let guest = self.model.guest(number);
                let here = self.model.is_here(guest);
                let one = &mut self.model.groups[group];
                let left = here && one.place == Place::Here && one.members.remove(&guest);
                let path = format!("/v1.0/groups/{}/members/{}/$ref", one.id, self.model.guests[guest].id);
                (self.sandbox.delete(&path).await, if left { 204 } else { 404 })
            }
            Step::Seat(number) => {
                let guest = self.model.guest(number);
                let full = self.model.seats() >= SEATS;
                let one = &mut self.model.guests[guest];
                let status = match one.place {
                    Place::Here if !one.located || (full && !one.seated) => 400,
                    Place::Here => 200,
                    _ => 404,
                };
                one.seated |= status == 200;
                let path = format!("/v1.0/users/{}/assignLicense", one.id);
                let body =
                    json!({ "addLicenses": [{ "disabledPlans": [], "skuId": VISIO }], "removeLicenses": [] });
                (self.sandbox.post(&path, body).await, status)
            }
            Step::Unseat(number) => {
                let guest = self.model.guest(number);
                let one = &mut self.model.guests[guest];
                let status = match one.place {
                    Place::Here if one.seated => 200,
                    Place::Here => 400,
                    _ => 404,
                };
                one.seated &= status != 200;
                let path = format!("/v1.0/users/{}/assignLicense", one.id);
                let body = json!({ "addLicenses": [], "removeLicenses": [VISIO] });
                (self.sandbox.post(&path, body).await, status)
            }
            Step::Promote(number, role) => {
                let guest = self.model.guest(number);
                let one = &mut self.model.guests[guest];
                let status = match one.place {
                    Place::Here if one.roles.contains_key(&role) => 400,
                    Place::Here => 201,
                    _ => 404,
                };
                let body = json!({ "roleDefinitionId": ROLES[role], "principalId": one.id, "directoryScopeId": "/" });
                let answer = self.sandbox.post("/v1.0/roleManagement/directory/roleAssignments", body).await;
                if status == 201 {
                    one.roles.insert(role, answer.body["id"].as_str().unwrap_or_default().to_owned());
                }
                (answer, status)
            }
            Step::Demote(number, role) => {
                let guest = self.model.guest(number);
                let here = self.model.is_here(guest);
                let roles = &mut self.model.guests[guest].roles;
                let held = roles.get(&role).cloned().unwrap_or_else(|| "nothing".to_owned());
                let status = if here && roles.remove(&role).is_some() { 204 } else { 404 };
                let path = format!("/v1.0/roleManagement/directory/roleAssignments/{held}");
                (self.sandbox.delete(&path).await, status)
            }
            Step::Grant(number) => {
                let guest = self.model.guest(number);
                let status = match self.model.is_here(guest) {
                    true if self.model.azure.insert(guest) => 201,
                    true => 200,
                    false => 400,
                };
                (self.azure("PUT", guest).await, status)
            }
            Step::Withdraw(number) => {
                let guest = self.model.guest(number);
                let status = if self.model.azure.remove(&guest) { 200 } else { 204 };
                (self.azure("DELETE", guest).await, status)
            }
            Step::NewContact(address) => {
                let binned = self
                    .model
                    .guests
                    .iter()
                    .any(|guest| self.model.is_binned(guest.place) && guest.proxies.contains(&address));
                let free = !binned && !self.model.is_held(address, None);
                if free {
                    self.model.contacts.insert(address);
                }
                let parameters =
                    json!({ "Name": format!("Desk {address}"), "ExternalEmailAddress": ADDRESSES[address] });
                let answer = self.sandbox.cmdlet("New-MailContact", parameters).await;
                (answer, if free { 200 } else { 400 })
            }
            Step::RemoveContact(address) => {
                let there = self.model.contacts.remove(&address);
                let parameters = json!({ "Identity": ADDRESSES[address], "Confirm": false });
                let answer = self.sandbox.cmdlet("Remove-MailContact", parameters).await;
                (answer, if there { 200 } else { 404 })
            }
            Step::DeleteGroup(group) => {
                let day = self.model.day;
                let one = &mut self.model.groups[group];
                let here = one.place == Place::Here;
                if here {
                    one.place = Place::Bin(day);
                }
                let path = format!("/v1.0/groups/{}", one.id);
                (self.sandbox.delete(&path).await, if here { 204 } else { 404 })
            }
            Step::RestoreGroup(group) => {
                let binned = self.model.is_binned(self.model.groups[group].place);
                let one = &mut self.model.groups[group];
                if binned {
                    one.place = Place::Here;
                }
                let path = format!("/v1.0/directory/deletedItems/{}/restore", one.id);
                (self.sandbox.post(&path, Value::Null).await, if binned { 200 } else { 404 })
            }
            Step::PurgeGroup(group) => {
                let binned = self.model.is_binned(self.model.groups[group].place);
                let one = &mut self.model.groups[group];
                if binned {
                    one.place = Place::Gone;
                    one.members.clear();
                }
                let path = format!("/v1.0/directory/deletedItems/{}", one.id);
                (self.sandbox.delete(&path).await, if binned { 204 } else { 404 })
            }
            Step::Wait(days) => {
                self.model.wait(days);
                (self.sandbox.post("/sandbox/clock", json!({ "advance": format!("P{days}D") })).await, 200)
            }
        };
        assert_eq!(answer.status, status, "{step:?}: {:#}\n{:#?}", answer.body, self.model);
    }

    async fn invite(&mut self, address: usize, loudly: bool) {
        let text = ADDRESSES[address];
        let known: Vec<usize> = self
            .model
            .here()
            .filter(|(_, guest)| guest.proxies.contains(&address) || guest.other == address)
            .map(|(number, _)| number)
            .collect();
        // Where two guests go by an address, the service decides whom it means.
        if known.len() > 1 {
            return;
        }
        let answer = self.sandbox.invite(&if loudly { text.to_uppercase() } else { text.to_owned() }).await;
        if address >= FIRST_REFUSED {
            let status = if text.ends_with("@blocked.example") { 403 } else { 400 };
            assert_eq!(answer.status, status, "{:#}", answer.body);
            return;
        }
        if let Some(number) = known.first() {
            let guest = &mut self.model.guests[*number];
            if !guest.enabled {
                assert_eq!(answer.status, 412, "{:#}", answer.body);
                return;
            }
            let body = answer.expect(201);
            let state = if guest.accepted { "Completed" } else { "PendingAcceptance" };
            assert_eq!(
                (body["invitedUser"]["id"].as_str(), &body["status"]),
                (Some(&*guest.id), &json!(state))
            );
            return;
        }
        let body = answer.expect(201);
        assert_eq!(body["status"], "PendingAcceptance");
        let numbers = 0..;
        let names = numbers.map(|number| principal_name(text, number));
        let name =
            names.into_iter().find(|name| self.model.here().all(|(_, one)| one.name != *name)).unwrap();
        let held = self.model.is_held(address, None);
        self.model.guests.push(Guest {
            id: body["invitedUser"]["id"].as_str().unwrap().to_owned(),
            name,
            place: Place::Here,
            accepted: false,
            redeemable: true,
            enabled: true,
            located: false,
            seated: false,
            proxies: if held { Vec::new() } else { vec![address] },
            other: address,
            roles: BTreeMap::new(),
        });
    }

    /// Everything that can be listed is what the model has in mind.
    async fn look(&self) {
        self.look_at_people().await;
        self.look_at_groups_and_roles().await;
        let (sandbox, model) = (&self.sandbox, &self.model);
        let skus = sandbox.get("/v1.0/subscribedSkus").await.expect(200);
        let skus = skus["value"].as_array().unwrap();
        let visio = skus.iter().find(|sku| sku["skuId"] == VISIO).unwrap();
        assert_eq!(visio["consumedUnits"], model.seats(), "{model:#?}");
        for kind in ["user", "group"] {
            let path = format!("/v1.0/directory/deletedItems/microsoft.graph.{kind}?$select=id");
            let binned = |place: Place| model.is_binned(place);
            let wanted: BTreeSet<String> = match kind {
                "user" => {
                    model.guests.iter().filter(|one| binned(one.place)).map(|one| one.id.clone()).collect()
                }
                _ => model.groups.iter().filter(|one| binned(one.place)).map(|one| one.id.clone()).collect(),
            };
            assert_eq!(ids(&sandbox.get(&path).await.expect(200)), wanted, "{model:#?}");
        }
        let wanted: BTreeSet<String> = model.contacts.iter().map(|one| ADDRESSES[*one].to_owned()).collect();
        let contacts = sandbox.get("/v1.0/contacts").await.expect(200);
        assert_eq!(texts(&contacts, "mail"), wanted);
        let contacts =
            sandbox.cmdlet("Get-MailContact", json!({ "ResultSize": "Unlimited" })).await.expect(200);
        let shown = texts(&contacts, "ExternalEmailAddress");
        let bare =
            shown.iter().map(|one| one.split_once(':').map_or(one.as_str(), |(_, bare)| bare).to_owned());
        assert_eq!(bare.collect::<BTreeSet<_>>(), wanted);
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01",
            sandbox.connection("subscriptionId")
        );
        let listed = sandbox.get(&path).await.expect(200);
        let names = texts(&listed, "name");
        for guest in 0..model.guests.len() {
            let there = names.contains(&assignment_name(guest));
            assert_eq!(there, model.azure.contains(&guest), "Azure, guest {guest}: {model:#?}");
        }
    }

    async fn look_at_people(&self) {
        let select = "id,mail,userPrincipalName,externalUserState,accountEnabled,proxyAddresses,otherMails,usageLocation";
        let users =
            self.sandbox.get(&format!("/v1.0/users?$select={select},userType&$top=999")).await.expect(200);
        let users = users["value"].as_array().unwrap();
        let mut held = BTreeSet::new();
        for address in users.iter().flat_map(|user| user["proxyAddresses"].as_array().unwrap()) {
            let address = address.as_str().unwrap().to_lowercase();
            assert!(held.insert(address.clone()), "{address} is held twice");
        }
        let guests: Vec<&Value> = users.iter().filter(|user| user["userType"] == "Guest").collect();
        assert_eq!(guests.len(), self.model.here().count(), "{:#?}", self.model);
        for (_, guest) in self.model.here() {
            let shown = guests.iter().find(|shown| shown["id"] == *guest.id).unwrap();
            let lower = |value: &Value| value.as_str().map(str::to_lowercase);
            let all = |value: &Value| -> Vec<String> {
                value.as_array().unwrap().iter().map(|one| lower(one).unwrap()).collect()
            };
            let proxies = guest.proxies.iter().map(|one| format!("smtp:{}", ADDRESSES[*one]));
            assert_eq!(lower(&shown["mail"]).as_deref(), guest.proxies.first().map(|one| ADDRESSES[*one]));
            assert_eq!(all(&shown["proxyAddresses"]), proxies.collect::<Vec<_>>());
            assert_eq!(all(&shown["otherMails"]), [ADDRESSES[guest.other]]);
            assert_eq!(lower(&shown["userPrincipalName"]).as_deref(), Some(&*guest.name));
            let state = if guest.accepted { "Accepted" } else { "PendingAcceptance" };
            assert_eq!(shown["externalUserState"], state);
            assert_eq!(shown["accountEnabled"], guest.enabled);
            assert_eq!(shown["usageLocation"].is_string(), guest.located);
        }
        for guest in &self.model.guests {
            let binned = self.sandbox.get(&format!("/v1.0/directory/deletedItems/{}", guest.id)).await;
            assert_eq!(binned.status, if self.model.is_binned(guest.place) { 200 } else { 404 });
            let here = self.sandbox.get(&format!("/v1.0/users/{}", guest.id)).await;
            assert_eq!(here.status, if guest.place == Place::Here { 200 } else { 404 });
        }
    }

    async fn look_at_groups_and_roles(&self) {
        let (sandbox, model) = (&self.sandbox, &self.model);
        for group in &model.groups {
            let members = sandbox.get(&format!("/v1.0/groups/{}/members?$select=id", group.id)).await;
            if group.place != Place::Here {
                assert_eq!(members.status, 404);
                continue;
            }
            let wanted = group.members.iter().filter(|one| model.is_here(**one));
            let wanted: BTreeSet<String> = wanted.map(|one| model.guests[*one].id.clone()).collect();
            assert_eq!(ids(&members.expect(200)), wanted, "{model:#?}");
        }
        let listed = sandbox.get("/v1.0/roleManagement/directory/roleAssignments").await.expect(200);
        let listed = listed["value"].as_array().unwrap();
        for (number, guest) in model.guests.iter().enumerate() {
            let here = guest.place == Place::Here;
            let own = listed.iter().filter(|one| one["principalId"] == *guest.id);
            let own: BTreeSet<&str> = own.map(|one| one["roleDefinitionId"].as_str().unwrap()).collect();
            let wanted: BTreeSet<&str> =
                guest.roles.keys().filter(|_| here).map(|role| ROLES[*role]).collect();
            assert_eq!(own, wanted, "{model:#?}");
            for id in guest.roles.values() {
                let one = sandbox.get(&format!("/v1.0/roleManagement/directory/roleAssignments/{id}")).await;
                assert_eq!(one.status, if here { 200 } else { 404 });
            }
            let around = sandbox.get(&format!("/v1.0/users/{}/memberOf", guest.id)).await;
            if !here {
                assert_eq!(around.status, 404);
                continue;
            }
            let around = around.expect(200);
            assert_eq!(
                texts(&around, "roleTemplateId").iter().map(String::as_str).collect::<BTreeSet<_>>(),
                wanted
            );
            let groups = model
                .groups
                .iter()
                .filter(|group| group.place == Place::Here && group.members.contains(&number));
            let groups: BTreeSet<String> = groups.map(|group| group.id.clone()).collect();
            let of_groups = around["value"].as_array().unwrap().iter();
            let of_groups = of_groups.filter(|one| one["@odata.type"] == "#microsoft.graph.group");
            let shown: BTreeSet<String> =
                of_groups.map(|one| one["id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(shown, groups, "{model:#?}");
        }
    }
}

fn steps(number: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), number)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn every_life_goes_as_the_model_foretells() {
    let runtime = runtime();
    each(48, steps(20..40), |steps| {
        runtime.block_on(async {
            let mut life = Life::begin(Sandbox::of("tiny", Store::Memory).await).await;
            for (number, step) in steps.iter().enumerate() {
                life.step(step).await;
                if number % 12 == 11 {
                    life.look().await;
                }
            }
            life.look().await;
        });
    });
}

#[test]
fn a_restart_changes_nothing() {
    let runtime = runtime();
    each(6, steps(20..30), |steps| {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = || Store::File(folder.path().join("tenant.db"));
            let mut life = Life::begin(Sandbox::of("tiny", store()).await).await;
            let (first, second) = steps.split_at(steps.len() / 2);
            for step in first {
                life.step(step).await;
            }
            let before = life.sandbox.get("/sandbox/state").await.expect(200);
            let Life { sandbox, model } = life;
            sandbox.running.stop().await;
            let mut life = Life { sandbox: Sandbox::of("tiny", store()).await, model };
            assert_eq!(life.sandbox.get("/sandbox/state").await.expect(200), before);
            life.look().await;
            for step in second {
                life.step(step).await;
            }
            life.look().await;
        });
    });
}
