//! A handful of objects, for tests that count.

use uuid::Uuid;

use super::plants::{
    AZURE_OWNER, Outsider, Person, Sort, gather, grant_azure, ground, hire, role, subscribe, welcome,
};
use super::products::SPE_E3;
use crate::sandbox::exchange;
use crate::sandbox::tenant::{Profile, Tenant};

pub fn plant() -> Tenant {
    let profile = Profile {
        seed: "tiny".to_owned(),
        tenant_id: Uuid::from_u128(0x2d6f_4f6e_7c1a_4f0b_8a35_90b1_64c7_e512),
        display_name: "Tiny".to_owned(),
        initial_domain: "tiny.onmicrosoft.com".to_owned(),
        default_domain: "tiny.example".to_owned(),
        subscription_id: Uuid::from_u128(0x91c3_a8d2_0e47_4b6a_9f21_5d77_3e80_b14c),
        client_id: Uuid::from_u128(0x5a10_7b3e_d4c9_4e82_b6f0_28a9_c751_3dd6),
    };
    let mut tenant = ground(profile, "public-secret-of-tiny", &["blocked.example"], "2024-01-15T09:00:00Z");
    let person = Person {
        given: "Ida",
        family: "Lund",
        local: "ida.lund",
        title: "Administrator",
        department: "IT",
        office: "Bern",
        country: "CH",
        manager: "",
        skus: &[SPE_E3],
    };
    let ida = hire(&mut tenant, 1, &person);
    role(&mut tenant, ida, "Global Administrator");
    let guest = Outsider {
        address: "ann@fabrikam.example",
        name: "Ann Berg",
        company: "Fabrikam",
        invited: "2024-02-01T10:00:00Z",
        accepted: Some(("2024-02-02T11:00:00Z", "ExternalAzureAD")),
        enabled: true,
        sponsor: "ida.lund",
        last_sign_in: "2024-11-05T07:30:00Z",
    };
    welcome(&mut tenant, &guest);
    gather(&mut tenant, "partners", "Partners", "Everybody from elsewhere", Sort::Security);
    exchange::add_contact(&mut tenant, "Press office", "press@northwind.example");
    subscribe(
        &mut tenant,
        "Tiny",
        &[("rg-one", "switzerlandnorth", &[("Microsoft.Compute/virtualMachines", "server1")])],
    );
    let root = format!("/subscriptions/{}", tenant.profile.subscription_id);
    grant_azure(&mut tenant, ida, AZURE_OWNER, &root, "User");
    tenant
}
