//! Applications of Microsoft's own that every tenant has: public clients, which hold no secret.

use serde_json::json;
use uuid::Uuid;

use super::super::tenant::{App, Kind, Object, Tenant, map};

/// One of them.
pub struct Microsoft {
    pub client_id: Uuid,
    pub name: &'static str,
    /// Shares its refresh tokens with the others of the family.
    pub family: bool,
    /// Was given what administration tools need, not whatever is asked for.
    pub directory_only: bool,
}

/// The tenant that owns Microsoft's applications.
const OWNER: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

const fn app(client_id: u128, name: &'static str, family: bool, directory_only: bool) -> Microsoft {
    Microsoft { client_id: Uuid::from_u128(client_id), name, family, directory_only }
}

pub static MICROSOFT: &[Microsoft] = &[
    app(0x14d8_2eec_204b_4c2f_b7e8_296a_70da_b67e, "Microsoft Graph Command Line Tools", false, false),
    app(0x04b0_7795_8ddb_461a_bbee_02f9_e1bf_7b46, "Microsoft Azure CLI", true, true),
    app(0x1950_a258_227b_4e31_a9cf_7174_9594_5fc2, "Microsoft Azure PowerShell", true, true),
    app(
        0xfb78_d390_0c51_40cd_8e17_fdbf_ab77_341b,
        "Microsoft Exchange REST API Based Powershell",
        false,
        true,
    ),
    app(0x3135_9c7f_bd7e_475c_86db_fdb8_c937_548e, "PnP Management Shell", false, false),
];

pub fn microsoft(client_id: Uuid) -> Option<&'static Microsoft> {
    MICROSOFT.iter().find(|known| known.client_id == client_id)
}

/// Registers them in a fresh tenant, each with its service principal.
pub fn install(tenant: &mut Tenant) {
    for known in MICROSOFT {
        let principal = Uuid::new_v5(&tenant.profile.tenant_id, known.client_id.as_bytes());
        let id = known.client_id.to_string();
        let properties = map(json!({
            "accountEnabled": true,
            "appId": id,
            "appRoleAssignmentRequired": false,
            "appDisplayName": known.name,
            "displayName": known.name,
            "servicePrincipalType": "Application",
            "appOwnerOrganizationId": OWNER,
            "signInAudience": "AzureADandPersonalMicrosoftAccount",
            "servicePrincipalNames": [id],
        }));
        tenant.insert(Object::new(principal, Kind::ServicePrincipal, properties));
        tenant.register(App {
            client_id: known.client_id,
            principal,
            name: known.name.to_owned(),
            public: true,
            ..App::default()
        });
    }
}
