//! What Azure's own tools ask before they have a token: where everything is.

use serde_json::{Value, json};

use crate::sandbox::http::{Reply, Request};
use crate::sandbox::router::is_service_host;

/// One object since 2022, an array of clouds before, and something smaller in the beginning.
pub fn answer(request: &Request) -> Reply {
    let version = request.option("api-version").unwrap_or_default();
    match version {
        "" => super::fault::Fault::missing_version(&request.path).reply(),
        version if version < "2019" => Reply::ok(oldest(request)),
        version if version < "2022-09-01" => Reply::ok(json!([cloud(request)])),
        _ => Reply::ok(cloud(request)),
    }
}

fn audiences() -> Value {
    json!(["https://management.core.windows.net/", "https://management.azure.com/"])
}

/// Where sign-in, Azure and Graph are: all at one address, or each at its public one for those who came by that.
fn stands_in(request: &Request) -> [&str; 3] {
    if is_service_host(&request.host) {
        ["https://login.microsoftonline.com", "https://management.azure.com", "https://graph.microsoft.com"]
    } else {
        [&request.base; 3]
    }
}

/// The sandbox stands in for sign-in, Graph and Azure; the rest is what the public cloud says.
fn cloud(request: &Request) -> Value {
    let [login, azure, graph] = stands_in(request);
    json!({
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": login,
            "audiences": audiences(),
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": "https://rest.media.azure.net",
        "graphAudience": "https://graph.windows.net/",
        "graph": graph,
        "name": "AzureCloud",
        "suffixes": {
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "acrLoginServer": "azurecr.io",
            "sqlServerHostname": "database.windows.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "keyVaultDns": "vault.azure.net",
            "storage": "core.windows.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "mhsmDns": "managedhsm.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "synapseAnalytics": "dev.azuresynapse.net",
            "attestationEndpoint": "attest.azure.net",
        },
        "batch": "https://batch.core.windows.net/",
        "resourceManager": azure,
        "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "microsoftGraphResourceId": graph,
        "appInsightsResourceId": "https://api.applicationinsights.io",
        "appInsightsTelemetryChannelResourceId": "https://dc.applicationinsights.azure.com/v2/track",
        "attestationResourceId": "https://attest.azure.net",
        "synapseAnalyticsResourceId": "https://dev.azuresynapse.net",
        "logAnalyticsResourceId": "https://api.loganalytics.io",
        "ossrDbmsResourceId": "https://ossrdbms-aad.database.windows.net",
        "gallery": "https://gallery.azure.com/",
    })
}

fn oldest(request: &Request) -> Value {
    let [login, _, graph] = stands_in(request);
    json!({
        "galleryEndpoint": "https://gallery.azure.com/",
        "graphEndpoint": graph,
        "portalEndpoint": "https://portal.azure.com/",
        "graphAudience": "https://graph.windows.net/",
        "authentication": { "loginEndpoint": login, "audiences": audiences() },
    })
}
