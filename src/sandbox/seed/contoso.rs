//! The tenant to try everything on: a firm with departments, partners, groups, few seats and some servers.

use serde_json::json;
use uuid::Uuid;

use super::contoso_people::{GUESTS, STAFF};
use super::plants::{AZURE_OWNER, Sort, gather, grant_azure, ground, hire, join, role, subscribe, welcome};
use super::{applications, id};
use crate::sandbox::tenant::{Kind, Object, Profile, Relation, Tenant, map};
use crate::sandbox::{exchange, graph};

const READER: Uuid = Uuid::from_u128(0xacdd_72a7_3385_48ef_bd42_f606_fba8_1ae7);

pub fn plant() -> Tenant {
    let profile = Profile {
        seed: "contoso".to_owned(),
        tenant_id: Uuid::from_u128(0x7c4b_1d8e_52a6_4f93_8e0d_b3f7_19c2_6a45),
        display_name: "Contoso".to_owned(),
        initial_domain: "contoso.onmicrosoft.com".to_owned(),
        default_domain: "contoso.example".to_owned(),
        subscription_id: Uuid::from_u128(0x3e8f_27b1_94d5_4c60_a1b8_6f02_d7e9_5c34),
        client_id: Uuid::from_u128(0xd19e_5c72_0b8a_4a36_9c4f_e785_61f3_20bd),
    };
    let blocked = ["blocked.example", "mailinator.example"];
    let mut tenant = ground(profile, "public-secret-of-contoso", &blocked, "2020-03-02T08:00:00Z");
    for (number, person) in STAFF.iter().enumerate() {
        hire(&mut tenant, number + 1, person);
    }
    for guest in GUESTS {
        welcome(&mut tenant, guest);
    }
    let staff = |local: &str| id(&format!("{local}@contoso.example"));
    groups(&mut tenant, &staff);
    units(&mut tenant, &staff);
    applications::of_contoso(&mut tenant, &staff);

    exchange::add_contact(&mut tenant, "Litware Sales", "sales@litware.example");
    exchange::add_contact(&mut tenant, "Northwind Orders", "orders@northwind.example");
    exchange::add_contact(&mut tenant, "Margarida Sousa", "margarida.sousa@woodgrove.example");
    exchange::add_contact(&mut tenant, "Reception Desk Boston", "reception@tailspin.example");

    role(&mut tenant, staff("ola.nordmann"), "Global Administrator");
    role(&mut tenant, staff("irina.volkova"), "User Administrator");
    role(&mut tenant, staff("zoe.garcia"), "Helpdesk Administrator");
    role(&mut tenant, staff("juergen.mueller"), "Guest Inviter");
    role(&mut tenant, staff("mai.nguyen"), "Security Reader");
    role(&mut tenant, id("lidia.holloway@fabrikam.example"), "Directory Readers");

    let servers = "Microsoft.Compute/virtualMachines";
    subscribe(
        &mut tenant,
        "Contoso Production",
        &[
            (
                "rg-backup",
                "switzerlandnorth",
                &[
                    (servers, "backupserver21"),
                    ("Microsoft.RecoveryServices/vaults", "vault-contoso"),
                    ("Microsoft.Storage/storageAccounts", "stcontosobackup"),
                ],
            ),
            (
                "rg-web",
                "westeurope",
                &[
                    ("Microsoft.Web/sites", "www-contoso"),
                    (servers, "gateway01"),
                    ("Microsoft.KeyVault/vaults", "kv-contoso-web"),
                ],
            ),
            (
                "rg-data",
                "westeurope",
                &[
                    ("Microsoft.Sql/servers", "sql-contoso"),
                    ("Microsoft.Storage/storageAccounts", "stcontosodata"),
                    (servers, "gateway01"),
                ],
            ),
        ],
    );
    let root = format!("/subscriptions/{}", tenant.profile.subscription_id);
    grant_azure(&mut tenant, staff("ola.nordmann"), AZURE_OWNER, &root, "User");
    let group = format!("/subscriptions/{}/resourceGroups/rg-web", tenant.profile.subscription_id);
    grant_azure(&mut tenant, id("diego.siciliani@fabrikam.example"), READER, &group, "User");
    tenant
}

fn groups(tenant: &mut Tenant, staff: &dyn Fn(&str) -> Uuid) {
    let helpdesk = gather(
        tenant,
        "helpdesk-administrators",
        "Helpdesk administrators",
        "People who answer the phone and reset passwords",
        Sort::Security,
    );
    join(tenant, helpdesk, &[staff("zoe.garcia"), staff("juergen.mueller")]);
    tenant.link(Relation::Owner, helpdesk, staff("ola.nordmann"));

    let falcon =
        gather(tenant, "project-falcon", "Project Falcon", "The new warehouse, with Fabrikam", Sort::Unified);
    let team = [staff("alex.wilber"), staff("anneli.korhonen"), staff("omar.haddad")];
    join(tenant, falcon, &team);
    join(tenant, falcon, &[id("diego.siciliani@fabrikam.example"), id("lidia.holloway@fabrikam.example")]);
    tenant.link(Relation::Owner, falcon, staff("alex.wilber"));

    let partners = gather(
        tenant,
        "external-partners",
        "External partners",
        "Guests who work on projects",
        Sort::Security,
    );
    let guests: Vec<Uuid> =
        GUESTS.iter().take(11).filter(|guest| guest.enabled).map(|guest| id(guest.address)).collect();
    join(tenant, partners, &guests);

    let suppliers = gather(tenant, "suppliers", "Suppliers", "Guests who deliver goods", Sort::Security);
    join(tenant, suppliers, &[id("carlos.vega@litware.example"), id("patti.fernandez@litware.example")]);
    tenant.link(Relation::Owner, suppliers, staff("tomas.novak"));
    // A group within a group, so that transitive membership shows.
    join(tenant, partners, &[suppliers]);

    gather(tenant, "all-guests", "All guests", "Everybody from elsewhere, by rule", Sort::Dynamic);

    let news = gather(
        tenant,
        "marketing-news",
        "Marketing news",
        "What Marketing sends out",
        Sort::DistributionList,
    );
    join(tenant, news, &[staff("megan.bowen"), staff("aiko.tanaka"), staff("nadia.rossi")]);

    let reviewers = gather(
        tenant,
        "finance-reviewers",
        "Finance reviewers",
        "People who sign the monthly statements",
        Sort::MailSecurity,
    );
    join(tenant, reviewers, &[staff("henrietta.voegeli"), staff("thabo.nkosi")]);

    let berlin = gather(tenant, "contractors-berlin", "Contractors", "Contractors in Berlin", Sort::Security);
    join(tenant, berlin, &[id("johanna.lorenz@adatum.example")]);
    let boston = gather(tenant, "contractors-boston", "Contractors", "Contractors in Boston", Sort::Security);
    join(tenant, boston, &[id("henrik.aas@adatum.example")]);
}

/// Two parts of the directory with administrators of their own.
fn units(tenant: &mut Tenant, staff: &dyn Fn(&str) -> Uuid) {
    let mut found = |key: &str, name: &str, description: &str| {
        let properties = map(json!({
            "displayName": name, "description": description, "isMemberManagementRestricted": false,
        }));
        let unit = Object::new(id(&format!("unit/{key}")), Kind::AdministrativeUnit, properties);
        tenant.insert(unit)
    };
    let berlin = found("berlin", "Berlin office", "Everybody who works in Berlin");
    let legal = found("legal", "Legal department", "Contracts and disputes");
    let in_berlin: Vec<Uuid> =
        STAFF.iter().filter(|person| person.office == "Berlin").map(|person| staff(person.local)).collect();
    join(tenant, berlin, &in_berlin);
    join(tenant, legal, &[staff("eszter.nagy"), staff("hannah.schmid")]);
    let helpdesk = graph::role_by_name("Helpdesk Administrator").expect("it is built in");
    tenant.grant_directory_role(
        staff("juergen.mueller"),
        helpdesk,
        &format!("/administrativeUnits/{berlin}"),
    );
}
