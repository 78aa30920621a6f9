//! What a tenant looks like after ten years: everything that a script about guests meets and did not think of.

use serde_json::{Value, json};
use uuid::Uuid;

use super::id;
use super::plants::{
    Outsider, Person, Sort, gather, grant_azure, ground, hire, join, role, subscribe, welcome,
};
use super::products::{AAD_PREMIUM, SPE_E3};
use crate::sandbox::exchange;
use crate::sandbox::tenant::{Kind, Object, Profile, Relation, Tenant, map};

const OWNER: Uuid = Uuid::from_u128(0x8e3a_f657_a8ff_443c_a75c_2fe8_c4bc_b635);
const READER: Uuid = Uuid::from_u128(0xacdd_72a7_3385_48ef_bd42_f606_fba8_1ae7);

const STAFF: &[(&str, &str, &str, &str)] = &[
    ("Gunnar", "Ek", "gunnar.ek", "IT"),
    ("Mary", "O'Neil", "mary.oneil", "IT"),
    ("José", "Muñoz", "jose.munoz", "Sales"),
    ("Li", "Wei", "li.wei", "Purchasing"),
    ("Anna-Lena", "von der Au", "annalena.vonderau", "Finance"),
    ("Tom", "Smith", "tom.smith", "Sales"),
    ("Tom", "Smith", "tom.smith2", "Legal"),
    ("Old", "Admin", "old.admin", ""),
];

/// How each guest of the years came out: address, name, invited, accepted with whom, last seen.
type Story = (&'static str, &'static str, &'static str, Option<(&'static str, &'static str)>, &'static str);

#[rustfmt::skip]
const GUESTS: &[Story] = &[
    // Invited years ago and never came.
    ("karl.old@fabrikam.example", "Karl Old", "2017-03-01T09:00:00Z", None, ""),
    ("petra.old@fabrikam.example", "Petra Old", "2018-06-11T09:00:00Z", None, ""),
    ("info@litware.example", "info", "2019-01-20T09:00:00Z", None, ""),
    ("noreply@adatum.example", "noreply", "2020-02-02T09:00:00Z", None, ""),
    ("rana.haddad@proseware.example", "Rana Haddad", "2026-10-30T09:00:00Z", None, ""),
    // The same person twice and three times, by other addresses.
    ("ann.lee@fabrikam.example", "Ann Lee", "2019-04-01T08:00:00Z", Some(("2019-04-02T08:00:00Z", "ExternalAzureAD")), "2026-11-10T08:00:00Z"),
    ("ann@fabrikam.example", "Ann Lee", "2021-04-01T08:00:00Z", Some(("2021-04-01T10:00:00Z", "ExternalAzureAD")), "2022-01-10T08:00:00Z"),
    ("ann.lee.private@outlook.example", "ann lee", "2020-04-01T08:00:00Z", Some(("2020-04-04T08:00:00Z", "MicrosoftAccount")), "2020-05-01T08:00:00Z"),
    // Two people by one name.
    ("john.smith@fabrikam.example", "John Smith", "2020-01-10T08:00:00Z", Some(("2020-01-11T08:00:00Z", "ExternalAzureAD")), "2026-09-01T08:00:00Z"),
    ("john.smith@litware.example", "John Smith", "2022-01-10T08:00:00Z", Some(("2022-01-10T09:00:00Z", "mail")), "2023-02-01T08:00:00Z"),
    // Came once, long ago; or never since they accepted.
    ("marco.rossi@adatum.example", "Marco Rossi", "2016-10-01T08:00:00Z", Some(("2016-10-03T08:00:00Z", "ExternalAzureAD")), "2017-12-24T08:00:00Z"),
    ("silent.partner@woodgrove.example", "Silent Partner", "2021-10-01T08:00:00Z", Some(("2021-10-03T08:00:00Z", "google.com")), ""),
    ("sue.black@woodgrove.example", "Sue Black", "2023-05-01T08:00:00Z", Some(("2023-05-02T08:00:00Z", "facebook.com")), "2026-11-01T08:00:00Z"),
    ("federated.fred@northwind.example", "Federated Fred", "2022-05-01T08:00:00Z", Some(("2022-05-02T08:00:00Z", "https://sts.northwind.example/adfs/services/trust")), "2026-10-20T08:00:00Z"),
    // From where nobody may come any more.
    ("late.guest@blocked.example", "Late Guest", "2018-05-01T08:00:00Z", Some(("2018-05-02T08:00:00Z", "ExternalAzureAD")), "2024-05-02T08:00:00Z"),
    // Names as people type them.
    ("olafur@island.example", "  Ólafur Þór  ", "2022-05-01T08:00:00Z", Some(("2022-05-02T08:00:00Z", "mail")), "2026-08-02T08:00:00Z"),
    ("wei.zhang@proseware.example", "张伟 (Proseware)", "2022-06-01T08:00:00Z", Some(("2022-06-02T08:00:00Z", "ExternalAzureAD")), "2026-07-02T08:00:00Z"),
    ("MiXeD.Case@Fabrikam.Example", "Mixed Case", "2022-07-01T08:00:00Z", Some(("2022-07-02T08:00:00Z", "ExternalAzureAD")), "2026-06-02T08:00:00Z"),
    ("=cmd@proseware.example", "=HYPERLINK(\"https://proseware.example\")", "2022-08-01T08:00:00Z", Some(("2022-08-02T08:00:00Z", "mail")), "2025-01-02T08:00:00Z"),
    ("dots.and_underscores-dash@sub.domain.fabrikam.example", "Dots Underscores", "2023-08-01T08:00:00Z", Some(("2023-08-02T08:00:00Z", "ExternalAzureAD")), "2026-11-12T08:00:00Z"),
];

pub fn plant() -> Tenant {
    let profile = Profile {
        seed: "messy".to_owned(),
        tenant_id: Uuid::from_u128(0x64a0_9e1b_3c57_4d28_9b1e_0d4c_8f7a_2e63),
        display_name: "Relecloud Holding (old)".to_owned(),
        initial_domain: "relecloud.onmicrosoft.com".to_owned(),
        default_domain: "relecloud.example".to_owned(),
        subscription_id: Uuid::from_u128(0x0b5f_6a7d_92ce_4e10_8d3b_61f2_a94c_d7e8),
        client_id: Uuid::from_u128(0xc9d2_17e4_5f38_4ab6_9a7c_3e05_b861_f24d),
    };
    let blocked = ["blocked.example"];
    let mut tenant = ground(profile, "public-secret-of-messy", &blocked, "2015-02-02T08:00:00Z");
    for (number, (given, family, local, department)) in STAFF.iter().enumerate() {
        let person = Person {
            given,
            family,
            local,
            title: "",
            department,
            office: "Berlin",
            // Nobody knows where the others are, so they cannot be licensed.
            country: if number < 3 { "DE" } else { "" },
            manager: "",
            skus: if number < 3 { &[SPE_E3, AAD_PREMIUM] } else { &[] },
        };
        hire(&mut tenant, number + 1, &person);
    }
    for (number, (address, name, invited, accepted, last_sign_in)) in GUESTS.iter().enumerate() {
        let sponsor = if number % 3 == 0 { "old.admin" } else { "" };
        let enabled = number % 7 != 6;
        let company = "";
        welcome(
            &mut tenant,
            &Outsider {
                address,
                name,
                company,
                invited,
                accepted: *accepted,
                enabled,
                sponsor,
                last_sign_in,
            },
        );
    }
    odd_guests(&mut tenant);
    contacts_in_the_way(&mut tenant);
    groups(&mut tenant);
    roles(&mut tenant);
    bin(&mut tenant);
    tenant
}

fn staff(local: &str) -> Uuid {
    id(&format!("{local}@relecloud.example"))
}

/// Accounts that are guests by one sign and not by another.
fn odd_guests(tenant: &mut Tenant) {
    // A guest who was made a member, by hand.
    tenant.update(id("sue.black@woodgrove.example"), |user| user.set("userType", "Member"));
    // Nobody wrote down what they are.
    tenant.update(id("marco.rossi@adatum.example"), |user| {
        user.set("userType", Value::Null);
        user.set("creationType", Value::Null);
        user.set("externalUserState", Value::Null);
    });
    // Signed in before such things were kept: the date that means never.
    tenant.update(id("silent.partner@woodgrove.example"), |user| {
        user.set(
            "signInActivity",
            json!({
                "lastSignInDateTime": "0001-01-01T00:00:00Z",
                "lastSignInRequestId": "",
                "lastNonInteractiveSignInDateTime": null,
                "lastNonInteractiveSignInRequestId": null,
                "lastSuccessfulSignInDateTime": null,
                "lastSuccessfulSignInRequestId": null,
            }),
        );
    });
    // Failed attempts only: the last sign-in is recent, the last that worked is not.
    tenant.update(id("john.smith@litware.example"), |user| {
        if let Some(Value::Object(activity)) = user.properties.get_mut("signInActivity") {
            activity.insert("lastSignInDateTime".to_owned(), json!("2026-11-15T03:12:00Z"));
        }
    });
    // A partner's account that was made here: a guest without an invitation.
    let address = "external.desk@relecloud.example";
    let properties = map(json!({
        "accountEnabled": true,
        "createdDateTime": "2018-09-01T08:00:00Z",
        "displayName": "External Desk",
        "identities": [{ "signInType": "userPrincipalName", "issuer": "relecloud.onmicrosoft.com", "issuerAssignedId": address }],
        "mail": address,
        "mailNickname": "external.desk",
        "proxyAddresses": [format!("SMTP:{address}")],
        "userPrincipalName": address,
        "userType": "Guest",
    }));
    tenant.insert(Object::new(id(address), Kind::User, properties));
    // The name was taken twice, so the service put a number to it.
    tenant.update(id("ann@fabrikam.example"), |user| {
        user.set("userPrincipalName", "ann_fabrikam.example1234#EXT#@relecloud.onmicrosoft.com");
    });
    // A guest with a seat, and one whose address changed since.
    tenant.update(id("ann.lee@fabrikam.example"), |user| {
        user.set("usageLocation", "DE");
        user.set("assignedLicenses", json!([{ "disabledPlans": [], "skuId": AAD_PREMIUM }]));
        user.set("otherMails", json!(["ann.lee@fabrikam.example", "ann.married@fabrikam.example"]));
    });
    // Shown in the address book.
    tenant.update(id("john.smith@fabrikam.example"), |user| user.set("showInAddressList", true));
}

/// Contacts on addresses that somebody will want to invite, and a guest who lost the address to one.
fn contacts_in_the_way(tenant: &mut Tenant) {
    for (name, address) in [
        ("Bea Hart", "bea.hart@fabrikam.example"),
        ("Bea Hart (old)", "bea.hart.old@fabrikam.example"),
        ("Reception", "reception@litware.example"),
        ("Dario Conti", "dario.conti@adatum.example"),
        ("Shared Inbox", "orders@proseware.example"),
    ] {
        exchange::add_contact(tenant, name, address);
    }
    welcome(
        tenant,
        &Outsider {
            address: "dario.conti+guest@adatum.example",
            name: "Dario Conti",
            company: "A. Datum",
            invited: "2023-02-01T08:00:00Z",
            accepted: None,
            enabled: true,
            sponsor: "jose.munoz",
            last_sign_in: "",
        },
    );
    tenant.update(id("dario.conti+guest@adatum.example"), |user| {
        user.set("mail", Value::Null);
        user.set("proxyAddresses", Value::Null);
        user.set("otherMails", json!(["dario.conti@adatum.example"]));
    });
}

fn groups(tenant: &mut Tenant) {
    let all: Vec<Uuid> = GUESTS.iter().map(|(address, ..)| id(address)).collect();
    let everybody = gather(tenant, "all-externals", "All externals", "", Sort::Security);
    join(tenant, everybody, &all);
    // Two by one name; nobody owns either.
    let one = gather(tenant, "project-x", "Project X", "", Sort::Unified);
    let other = gather(tenant, "project-x2", "Project X", "do not use", Sort::Security);
    join(tenant, one, &[id("ann.lee@fabrikam.example"), staff("jose.munoz")]);
    join(tenant, other, &[id("ann@fabrikam.example")]);
    // Groups in a ring.
    let ring = gather(tenant, "ring-a", "Ring A", "", Sort::Security);
    let back = gather(tenant, "ring-b", "Ring B", "", Sort::Security);
    join(tenant, ring, &[back, id("marco.rossi@adatum.example")]);
    join(tenant, back, &[ring]);
    gather(tenant, "empty", "Empty since 2019", "", Sort::Security);
    gather(tenant, "guests-by-rule", "Guests by rule", "", Sort::Dynamic);
    let synced = gather(tenant, "synced", "Synced from the old domain", "", Sort::Security);
    tenant.update(synced, |group| {
        group.set("onPremisesSyncEnabled", true);
        group.set("onPremisesLastSyncDateTime", "2026-11-20T22:00:00Z");
    });
    let assignable = gather(tenant, "tier-zero", "Tier zero", "May hold roles", Sort::Security);
    tenant.update(assignable, |group| group.set("isAssignableToRole", true));
    join(tenant, assignable, &[staff("gunnar.ek")]);
    let list = gather(tenant, "newsletter", "Newsletter", "", Sort::DistributionList);
    join(tenant, list, &[staff("mary.oneil"), id("sue.black@woodgrove.example")]);
    // The owner is a guest.
    tenant.link(Relation::Owner, one, id("ann.lee@fabrikam.example"));
}

fn roles(tenant: &mut Tenant) {
    role(tenant, staff("gunnar.ek"), "Global Administrator");
    role(tenant, staff("old.admin"), "Global Administrator");
    role(tenant, id("federated.fred@northwind.example"), "Global Administrator");
    role(tenant, id("ann.lee@fabrikam.example"), "Guest Inviter");
    tenant.update(staff("old.admin"), |user| user.set("accountEnabled", false));
    subscribe(
        tenant,
        "Relecloud",
        &[
            ("rg-old", "westeurope", &[("Microsoft.Compute/virtualMachines", "backupserver21")]),
            ("RG-OLD-copy", "westeurope", &[("Microsoft.Compute/virtualMachines", "backupserver21")]),
        ],
    );
    let subscription = format!("/subscriptions/{}", tenant.profile.subscription_id);
    grant_azure(tenant, id("ann.lee@fabrikam.example"), OWNER, &subscription, "User");
    // Nobody knows whose these were.
    for gone in ["left.2017", "left.2019", "left.2021"] {
        grant_azure(tenant, id(gone), READER, &format!("{subscription}/resourceGroups/rg-old"), "User");
    }
}

/// Guests who were removed lately; their addresses are not free yet.
fn bin(tenant: &mut Tenant) {
    for (address, name) in
        [("removed.rita@fabrikam.example", "Removed Rita"), ("removed.rolf@litware.example", "Removed Rolf")]
    {
        let guest = welcome(
            tenant,
            &Outsider {
                address,
                name,
                company: "",
                invited: "2020-02-01T08:00:00Z",
                accepted: Some(("2020-02-02T08:00:00Z", "ExternalAzureAD")),
                enabled: true,
                sponsor: "",
                last_sign_in: "2021-02-02T08:00:00Z",
            },
        );
        tenant.discard(guest);
    }
}
