//! What is known of cmdlets' parameters: which are switches, which come by position or down the pipe, and where they go.

use std::collections::HashMap;
use std::sync::OnceLock;

/// A cmdlet and its parameters.
#[derive(Debug)]
pub struct Known {
    /// As Microsoft writes it.
    pub name: &'static str,
    pub parameters: Vec<Parameter>,
}

#[derive(Debug, Default)]
pub struct Parameter {
    pub name: &'static str,
    pub aliases: Vec<&'static str>,
    /// The verb's argument, where it is not the name in camelCase.
    pub argument: Option<&'static str>,
    pub switch: bool,
    pub position: Option<usize>,
    pub piped: bool,
    /// Without meaning here: paging, consistency, encodings.
    pub idle: bool,
}

/// Parameters that every cmdlet takes, with the short forms in use and whether they are switches.
const COMMON: &[(&str, &[&str], bool)] = &[
    ("ErrorAction", &["EA"], false),
    ("ErrorVariable", &["EV"], false),
    ("WarningAction", &["WA"], false),
    ("WarningVariable", &["WV"], false),
    ("InformationAction", &["Infa"], false),
    ("InformationVariable", &["IV"], false),
    ("OutVariable", &["OV"], false),
    ("OutBuffer", &["OB"], false),
    ("PipelineVariable", &["PV"], false),
    ("ProgressAction", &["Proga"], false),
    ("Verbose", &["VB"], true),
    ("Debug", &["DB"], true),
    ("WhatIf", &["WI"], true),
    ("Confirm", &["CF"], true),
];

/// Switches of cmdlets that are not listed; their names mean the same everywhere.
const USUAL_SWITCHES: &[&str] = &[
    "Force",
    "All",
    "PassThru",
    "AsJob",
    "Append",
    "NoClobber",
    "Recurse",
    "IncludeSoftDeletedRecipients",
    "AllowClobber",
    "GroupMailbox",
    "Archive",
    "BypassSecurityGroupManagerCheck",
    "IncludeAllProperties",
    "NoWelcome",
    "Wait",
    "ListAvailable",
];

fn text() -> &'static str {
    include_str!("parameters.txt")
}

fn table() -> &'static HashMap<String, Known> {
    static TABLE: OnceLock<HashMap<String, Known>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = HashMap::new();
        for line in text().lines().filter(|line| !line.starts_with('#')) {
            let Some((names, parameters)) = line.split_once(':') else { continue };
            for name in names.split(',').map(str::trim) {
                let parameters = parameters.split_whitespace().map(parameter_of).collect();
                table.insert(name.to_lowercase(), Known { name, parameters });
            }
        }
        table
    })
}

fn parameter_of(word: &'static str) -> Parameter {
    const SIGNS: [char; 6] = ['=', '>', '!', ':', '@', '-'];
    let end = |text: &str| text.find(SIGNS).unwrap_or(text.len());
    let (name, mut rest) = word.split_at(end(word));
    let mut parameter = Parameter { name, ..Parameter::default() };
    while let Some(sign) = rest.chars().next() {
        let tail = &rest[sign.len_utf8()..];
        let (value, after) = tail.split_at(end(tail));
        match sign {
            '=' => parameter.aliases.push(value),
            '>' => parameter.argument = Some(value),
            '!' => parameter.switch = true,
            ':' => parameter.position = value.parse().ok(),
            '@' => parameter.piped = true,
            _ => parameter.idle = true,
        }
        rest = after;
    }
    parameter
}

/// The name under which a cmdlet is listed: beta, old module and prefix forms mean the same.
pub fn plain_name(cmdlet: &str) -> String {
    let name = cmdlet.rsplit('\\').next().unwrap_or(cmdlet).to_lowercase();
    name.replacen("-mgbeta", "-mg", 1).replacen("-entrabeta", "-entra", 1).replacen("-azurerm", "-az", 1)
}

/// What is known of a cmdlet, in any letter case.
pub fn known(cmdlet: &str) -> Option<&'static Known> {
    table().get(&plain_name(cmdlet))
}

/// Every listed cmdlet.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = &'static Known> {
    table().values()
}

impl Known {
    /// The parameter that was meant: its name, an alias, or the beginning of one name.
    pub fn parameter(&self, typed: &str) -> Option<&Parameter> {
        let same = |name: &str| name.eq_ignore_ascii_case(typed);
        let exact = self
            .parameters
            .iter()
            .find(|known| same(known.name) || known.aliases.iter().any(|alias| same(alias)));
        exact.or_else(|| self.parameters.iter().find(|known| begins(known.name, typed)))
    }
}

fn begins(name: &str, typed: &str) -> bool {
    name.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

/// The full name of a parameter that every cmdlet takes.
pub fn common(typed: &str) -> Option<&'static str> {
    let same = |name: &str| name.eq_ignore_ascii_case(typed);
    let exact = COMMON.iter().find(|(name, short, _)| same(name) || short.iter().any(|short| same(short)));
    // Three letters tell these apart from each other, and from what a cmdlet calls its own.
    let found = exact.or_else(|| COMMON.iter().find(|(name, _, _)| typed.len() >= 3 && begins(name, typed)));
    found.map(|(name, _, _)| *name)
}

/// The full name of a parameter, from what was typed of it.
pub fn full_name(cmdlet: &str, typed: &str) -> Option<&'static str> {
    let own = known(cmdlet).and_then(|known| known.parameter(typed));
    own.map(|parameter| parameter.name).or_else(|| common(typed))
}

/// Whether a parameter takes no value of its own.
pub fn is_switch(cmdlet: &str, typed: &str) -> bool {
    if let Some(parameter) = known(cmdlet).and_then(|known| known.parameter(typed)) {
        return parameter.switch;
    }
    if let Some(name) = common(typed) {
        return COMMON.iter().any(|(known, _, switch)| *known == name && *switch);
    }
    USUAL_SWITCHES.iter().any(|name| name.eq_ignore_ascii_case(typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_and_aliases_are_full_names() {
        assert_eq!(full_name("get-azureaduser", "obj"), Some("ObjectId"));
        assert_eq!(full_name("Get-MgBetaUser", "Select"), Some("Property"));
        assert_eq!(full_name("Get-MgUser", "ea"), Some("ErrorAction"));
        assert_eq!(full_name("Get-Anything", "Nonsense"), None);
    }

    #[test]
    fn switches_are_told_from_parameters_with_a_value() {
        assert!(is_switch("Get-MgUser", "All"));
        assert!(!is_switch("Get-AzureADUser", "All"));
        assert!(is_switch("Export-Csv", "nti"));
        assert!(is_switch("Some-Cmdlet", "Confirm"));
        assert!(!is_switch("Some-Cmdlet", "Name"));
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        for known in all() {
            for parameter in &known.parameters {
                assert!(
                    parameter.name.chars().all(|letter| letter.is_ascii_alphanumeric())
                        && !parameter.name.is_empty(),
                    "{} {:?}",
                    known.name,
                    parameter
                );
            }
        }
        assert!(all().count() > 200);
    }
}
