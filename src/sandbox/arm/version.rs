//! `api-version`: every call must name one that the type it asks for has.

use jiff::civil::Date;

use super::fault::Fault;
use crate::sandbox::http::Request;

/// The newest that any type here has.
const NEWEST: &str = "2026-12-31";

/// What a call is for, as far as versions go.
pub enum Of<'a> {
    /// Subscriptions, resource groups and what lies directly below them.
    Resources,
    /// A type of `Microsoft.Authorization`.
    Authorization(&'a str),
    /// A resource of some provider.
    Resource,
}

/// The version of a call, if the type has it.
pub fn check<'a>(request: &'a Request, of: &Of) -> Result<&'a str, Fault> {
    let version = request.option("api-version").unwrap_or_default();
    if version.is_empty() {
        return Err(Fault::missing_version(&request.path));
    }
    let (oldest, known): (&str, &str) = match of {
        Of::Resources => ("2014-04-01", "2025-04-01,2024-11-01,2022-12-01,2021-04-01,2020-06-01,2016-06-01"),
        Of::Resource => ("2014-04-01", "2025-04-01,2024-03-01,2022-03-01"),
        Of::Authorization(kind) if kind.to_ascii_lowercase().contains("schedule") => {
            ("2020-10-01", "2020-10-01-preview,2020-10-01,2022-04-01-preview,2024-09-01-preview")
        }
        Of::Authorization(_) => (
            "2014-04-01",
            "2014-07-01-preview,2015-07-01,2018-01-01-preview,2018-09-01-preview,2020-04-01-preview,2022-04-01",
        ),
    };
    let day = version.get(..10).unwrap_or_default();
    let stage = version.get(10..).unwrap_or_default();
    let well_formed = day.parse::<Date>().is_ok()
        && ["", "-preview", "-alpha", "-beta", "-privatepreview"]
            .contains(&stage.to_ascii_lowercase().as_str());
    if well_formed && day >= oldest && day <= NEWEST {
        return Ok(version);
    }
    Err(match of {
        Of::Resources => Fault::new(
            400,
            "InvalidApiVersionParameter",
            format!("The api-version '{version}' is invalid. The supported versions are '{known}'."),
        ),
        Of::Resource => Fault::new(
            400,
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for API version '{version}'. The supported api-versions are \
                 '{known}'."
            ),
        ),
        Of::Authorization(kind) => Fault::new(
            400,
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for location 'global' and API version '{version}' for type \
                 '{kind}'. The supported api-versions are '{known}'. The supported locations are 'global'."
            ),
        ),
    })
}
