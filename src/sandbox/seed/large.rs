//! A tenant of the size at which scripts show what they are worth: 20,000 guests, 2,000 groups, 500 people.
//! Everything follows from one number.

use serde_json::json;
use uuid::Uuid;

use super::id;
use super::plants::{
    Outsider, Person, Sort, gather, grant_azure, ground, hire, join, role, subscribe, welcome,
};
use super::products::SPE_E3;
use crate::sandbox::exchange;
use crate::sandbox::tenant::{Profile, Relation, Tenant};

const PEOPLE: usize = 500;
const GUESTS: usize = 20_000;
const GROUPS: usize = 2_000;
const PARTNERS: usize = 400;
const READER: Uuid = Uuid::from_u128(0xacdd_72a7_3385_48ef_bd42_f606_fba8_1ae7);

const GIVEN: [&str; 24] = [
    "Ada", "Amir", "Anna", "Ben", "Carla", "Chen", "Dana", "Emil", "Eva", "Farid", "Gro", "Hana", "Ines",
    "Jonas", "Kaya", "Lea", "Mika", "Nils", "Olga", "Paul", "Rosa", "Sven", "Tara", "Yuki",
];
const FAMILY: [&str; 20] = [
    "Abel", "Berg", "Costa", "Dahl", "Engel", "Fischer", "Gupta", "Holm", "Ito", "Jansen", "Keller", "Lopez",
    "Moreau", "Novak", "Okafor", "Petrov", "Rossi", "Silva", "Tanaka", "Weber",
];
const DEPARTMENTS: [&str; 8] =
    ["Engineering", "Finance", "IT", "Legal", "Marketing", "Operations", "Purchasing", "Sales"];
const OFFICES: [(&str, &str); 4] = [("Bern", "CH"), ("Berlin", "DE"), ("Boston", "US"), ("London", "GB")];
const ISSUERS: [&str; 5] = ["ExternalAzureAD", "ExternalAzureAD", "mail", "google.com", "MicrosoftAccount"];

/// Numbers that look like chance and are the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) % sides.max(1) as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn moment(&mut self, first_year: usize, years: usize) -> String {
        let (year, month, day) = (first_year + self.below(years), 1 + self.below(12), 1 + self.below(28));
        format!("{year}-{month:02}-{day:02}T{:02}:{:02}:00Z", 6 + self.below(14), self.below(60))
    }
}

pub fn plant(number: u64) -> Tenant {
    let named = |what: &str| id(&format!("large/{number}/{what}"));
    let (own, initial) = ("wingtip.example".to_owned(), "wingtip.onmicrosoft.com".to_owned());
    let profile = Profile {
        seed: if number == 1 { "large".to_owned() } else { format!("large:{number}") },
        tenant_id: named("tenant"),
        display_name: "Wingtip".to_owned(),
        initial_domain: initial,
        default_domain: own,
        subscription_id: named("subscription"),
        client_id: named("client"),
    };
    let mut dice = Dice(number);
    let mut tenant = ground(profile, "public-secret-of-large", &["blocked.example"], "2014-05-05T08:00:00Z");
    let staff: Vec<(String, Uuid)> = (0..PEOPLE).map(|n| member(&mut tenant, &mut dice, n)).collect();
    let guests: Vec<Uuid> = (0..GUESTS).map(|n| guest(&mut tenant, &mut dice, n, &staff)).collect();
    for n in 0..GROUPS {
        group(&mut tenant, &mut dice, n, &staff, &guests);
    }
    for n in 0..200 {
        let address = format!("desk{n}@partner{:03}.example", dice.below(PARTNERS));
        exchange::add_contact(&mut tenant, &format!("Desk {n}"), &address);
    }
    role(&mut tenant, staff[0].1, "Global Administrator");
    role(&mut tenant, staff[1].1, "User Administrator");
    role(&mut tenant, staff[2].1, "Guest Inviter");
    subscribe(
        &mut tenant,
        "Wingtip Production",
        &[
            ("rg-core", "westeurope", &[("Microsoft.Compute/virtualMachines", "core01")]),
            ("rg-data", "westeurope", &[("Microsoft.Storage/storageAccounts", "stwingtip")]),
        ],
    );
    let scope = format!("/subscriptions/{}/resourceGroups/rg-data", tenant.profile.subscription_id);
    for guest in guests.iter().step_by(1_000) {
        grant_azure(&mut tenant, *guest, READER, &scope, "User");
    }
    tenant
}

fn member(tenant: &mut Tenant, dice: &mut Dice, n: usize) -> (String, Uuid) {
    let (given, family) = (dice.pick(&GIVEN), dice.pick(&FAMILY));
    let local = format!("{}.{}{n}", given.to_lowercase(), family.to_lowercase());
    let (office, country) = dice.pick(&OFFICES);
    let person = Person {
        given,
        family,
        local: &local,
        title: "Specialist",
        department: dice.pick(&DEPARTMENTS),
        office,
        country,
        manager: "",
        skus: if n < 20 { &[SPE_E3] } else { &[] },
    };
    let user = hire(tenant, n, &person);
    (local, user)
}

fn guest(tenant: &mut Tenant, dice: &mut Dice, n: usize, staff: &[(String, Uuid)]) -> Uuid {
    let (given, family) = (dice.pick(&GIVEN), dice.pick(&FAMILY));
    let partner = dice.below(PARTNERS);
    let address =
        format!("{}.{}{n}@partner{partner:03}.example", given.to_lowercase(), family.to_lowercase());
    let invited = dice.moment(2016, 9);
    let accepted = (dice.below(5) > 0).then(|| (dice.moment(2025, 1), dice.pick(&ISSUERS)));
    let last = if accepted.is_some() && dice.below(3) > 0 { dice.moment(2025, 2) } else { String::new() };
    let outsider = Outsider {
        address: &address,
        name: &format!("{given} {family}"),
        company: &format!("Partner {partner:03}"),
        invited: &invited,
        accepted: accepted.as_ref().map(|(at, issuer)| (at.as_str(), *issuer)),
        enabled: dice.below(20) > 0,
        sponsor: if dice.below(2) == 0 { &staff[dice.below(staff.len())].0 } else { "" },
        last_sign_in: &last,
    };
    welcome(tenant, &outsider)
}

fn group(tenant: &mut Tenant, dice: &mut Dice, n: usize, staff: &[(String, Uuid)], guests: &[Uuid]) {
    let sort = match n % 10 {
        0 => Sort::Unified,
        1 => Sort::DistributionList,
        _ => Sort::Security,
    };
    let name = format!("{} {:04}", dice.pick(&DEPARTMENTS), n);
    let made = gather(tenant, &format!("group-{n:04}"), &name, "", sort);
    if n == 9 {
        tenant.update(made, |group| {
            group.set("groupTypes", json!(["DynamicMembership"]));
            group.set("membershipRule", "(user.userType -eq \"Guest\")");
            group.set("membershipRuleProcessingState", "On");
        });
        return;
    }
    tenant.link(Relation::Owner, made, staff[dice.below(staff.len())].1);
    let members: Vec<Uuid> = (0..dice.below(30)).map(|_| guests[dice.below(guests.len())]).collect();
    join(tenant, made, &members);
    join(tenant, made, &[staff[dice.below(staff.len())].1]);
}
