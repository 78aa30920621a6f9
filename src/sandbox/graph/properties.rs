//! Setting properties from a body: names in any case, values held against the schema.

use serde_json::{Map, Value};

use super::call::Fault;
use super::schema::{Entity, Holds, Property};

/// ISO 3166-1 alpha-2, for `usageLocation`.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR \
BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ \
FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IS IT JE \
JM JO JP KE KG KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR \
MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS \
RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA \
UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// The settable properties of a body in the service's spelling, each checked. Annotations are left out.
pub fn checked(entity: &'static Entity, body: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let mut found = Map::new();
    for (name, value) in body.iter().filter(|(name, _)| !name.contains('@')) {
        let property = entity.property(name).ok_or_else(|| {
            Fault::request(format!(
                "Property '{name}' does not exist as a declared property or extension property."
            ))
        })?;
        if property.limit == 0 {
            return Err(Fault::request(format!(
                "Property '{}' is read-only and cannot be set.",
                property.name
            )));
        }
        fits(entity, property, value)?;
        found.insert(property.name.to_owned(), value.clone());
    }
    Ok(found)
}

fn fits(entity: &Entity, property: &Property, value: &Value) -> Result<(), Fault> {
    let text_fits = |text: &str| text.chars().count() <= property.limit;
    let fits = match (property.holds, value) {
        (Holds::Yes, Value::Null) => false,
        (_, Value::Null) => property.name != "displayName" && property.name != "userPrincipalName",
        (Holds::Text, Value::String(text)) if text.is_empty() => false,
        (Holds::Text, Value::String(text)) => text_fits(text),
        (Holds::Guid, Value::String(text)) => uuid::Uuid::try_parse(text).is_ok(),
        (Holds::Moment, Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
        (Holds::Flag | Holds::Yes, Value::Bool(_)) => true,
        (Holds::Number, Value::Number(number)) => number.is_i64(),
        (Holds::Texts, Value::Array(items)) => {
            items.iter().all(|item| item.as_str().is_some_and(|text| !text.is_empty() && text_fits(text)))
        }
        (Holds::Items, Value::Array(items)) => items.iter().all(Value::is_object),
        (Holds::Complex, Value::Object(_)) => true,
        _ => false,
    };
    let known_country = property.name != "usageLocation"
        || value
            .as_str()
            .is_none_or(|code| COUNTRIES.split(' ').any(|known| known.eq_ignore_ascii_case(code)));
    if fits && known_country {
        return Ok(());
    }
    let mut resource = entity.name.to_owned();
    resource[..1].make_ascii_uppercase();
    Err(Fault::request(format!(
        "Invalid value specified for property '{}' of resource '{resource}'.",
        property.name
    )))
}

/// One text of a body, its name in any case.
pub fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    value(body, name).as_str()
}

/// One value of a body, its name in any case; null when it is not there.
pub fn value<'a>(body: &'a Map<String, Value>, name: &str) -> &'a Value {
    body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or(&Value::Null, |(_, value)| value)
}
