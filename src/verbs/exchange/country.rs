//! Countries as Exchange gives them back: by name, whichever way they were given.

use serde_json::Value;

/// Whether two texts mean one country: a code of ISO 3166, or a name. Exchange's own names are not published whole; for one
/// that is not listed here the answer is no, and the value is sent once more, which changes nothing.
pub fn same_country(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_str(), other.as_str()) else { return one == other };
    let name = |text: &str| {
        let known = COUNTRIES.iter().find(|(code, _)| code.eq_ignore_ascii_case(text.trim()));
        known.map_or(text.trim(), |(_, name)| *name).to_lowercase()
    };
    name(one) == name(other)
}

#[rustfmt::skip]
const COUNTRIES: &[(&str, &str)] = &[
    ("AE", "United Arab Emirates"), ("AF", "Afghanistan"), ("AL", "Albania"), ("AM", "Armenia"), ("AO", "Angola"),
    ("AR", "Argentina"), ("AT", "Austria"), ("AU", "Australia"), ("AZ", "Azerbaijan"), ("BA", "Bosnia and Herzegovina"),
    ("BD", "Bangladesh"), ("BE", "Belgium"), ("BG", "Bulgaria"), ("BH", "Bahrain"), ("BN", "Brunei"), ("BO", "Bolivia"),
    ("BR", "Brazil"), ("BW", "Botswana"), ("BY", "Belarus"), ("CA", "Canada"), ("CH", "Switzerland"), ("CL", "Chile"),
    ("CM", "Cameroon"), ("CN", "China"), ("CO", "Colombia"), ("CR", "Costa Rica"), ("CU", "Cuba"), ("CY", "Cyprus"),
    ("CZ", "Czechia"), ("DE", "Germany"), ("DK", "Denmark"), ("DO", "Dominican Republic"), ("DZ", "Algeria"),
    ("EC", "Ecuador"), ("EE", "Estonia"), ("EG", "Egypt"), ("ES", "Spain"), ("ET", "Ethiopia"), ("FI", "Finland"),
    ("FR", "France"), ("GB", "United Kingdom"), ("GE", "Georgia"), ("GH", "Ghana"), ("GR", "Greece"),
    ("GT", "Guatemala"), ("HK", "Hong Kong SAR"), ("HN", "Honduras"), ("HR", "Croatia"), ("HU", "Hungary"),
    ("ID", "Indonesia"), ("IE", "Ireland"), ("IL", "Israel"), ("IN", "India"), ("IQ", "Iraq"), ("IR", "Iran"),
    ("IS", "Iceland"), ("IT", "Italy"), ("JM", "Jamaica"), ("JO", "Jordan"), ("JP", "Japan"), ("KE", "Kenya"),
    ("KH", "Cambodia"), ("KR", "Korea"), ("KW", "Kuwait"), ("KZ", "Kazakhstan"), ("LA", "Laos"), ("LB", "Lebanon"),
    ("LI", "Liechtenstein"), ("LK", "Sri Lanka"), ("LT", "Lithuania"), ("LU", "Luxembourg"), ("LV", "Latvia"),
    ("LY", "Libya"), ("MA", "Morocco"), ("MC", "Monaco"), ("MD", "Moldova"), ("ME", "Montenegro"),
    ("MK", "North Macedonia"), ("MM", "Myanmar"), ("MN", "Mongolia"), ("MT", "Malta"), ("MU", "Mauritius"),
    ("MX", "Mexico"), ("MY", "Malaysia"), ("MZ", "Mozambique"), ("NA", "Namibia"), ("NG", "Nigeria"),
    ("NI", "Nicaragua"), ("NL", "Netherlands"), ("NO", "Norway"), ("NP", "Nepal"), ("NZ", "New Zealand"), ("OM", "Oman"),
    ("PA", "Panama"), ("PE", "Peru"), ("PH", "Philippines"), ("PK", "Pakistan"), ("PL", "Poland"), ("PR", "Puerto Rico"),
    ("PT", "Portugal"), ("PY", "Paraguay"), ("QA", "Qatar"), ("RO", "Romania"), ("RS", "Serbia"), ("RU", "Russia"),
    ("RW", "Rwanda"), ("SA", "Saudi Arabia"), ("SE", "Sweden"), ("SG", "Singapore"), ("SI", "Slovenia"),
    ("SK", "Slovakia"), ("SM", "San Marino"), ("SN", "Senegal"), ("SV", "El Salvador"), ("SY", "Syria"),
    ("TH", "Thailand"), ("TN", "Tunisia"), ("TR", "Türkiye"), ("TT", "Trinidad and Tobago"), ("TW", "Taiwan"),
    ("TZ", "Tanzania"), ("UA", "Ukraine"), ("UG", "Uganda"), ("US", "United States"), ("UY", "Uruguay"),
    ("UZ", "Uzbekistan"), ("VE", "Venezuela"), ("VN", "Vietnam"), ("YE", "Yemen"), ("ZA", "South Africa"),
    ("ZM", "Zambia"), ("ZW", "Zimbabwe"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_code_and_its_name_are_one_country() {
        assert!(same_country(&json!("de"), &json!("Germany")));
        assert!(same_country(&json!("Atlantis"), &json!("atlantis")));
        assert!(!same_country(&json!("DE"), &json!("Denmark")));
        assert!(!same_country(&json!("DE"), &Value::Null));
    }
}
