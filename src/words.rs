//! Words for messages and names: the nearest known one, counts, letter cases.

/// The known name a mistyped one most likely meant; letter case, `_`, `-` and spaces do not count.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = fold(name);
    let known: Vec<&str> = known.into_iter().collect();
    let near = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &fold(candidate)), *candidate))
        .filter(|(distance, candidate)| {
            *distance <= 1 + candidate.chars().count() / 4 && *distance < wanted.len().max(1)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate);
    // Half a name is no typing slip, but as clear.
    let begun = || {
        known
            .iter()
            .copied()
            .filter(|candidate| fold(candidate).starts_with(&wanted))
            .min_by_key(|candidate| candidate.len())
    };
    near.or_else(|| if wanted.len() >= 4 { begun() } else { None })
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// "1 guest", "3 guests".
pub fn count(n: usize, one: &str) -> String {
    if n == 1 {
        return format!("1 {one}");
    }
    let many = match one {
        _ if one.ends_with('y') && !["ay", "ey", "oy", "uy"].iter().any(|end| one.ends_with(end)) => {
            format!("{}ies", &one[..one.len() - 1])
        }
        _ if one.ends_with('s') => format!("{one}es"),
        _ => format!("{one}s"),
    };
    format!("{} {many}", thousands(n))
}

/// "12,345".
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// .NET's camelCase policy: a leading run of capitals is lowered, but for the last before a small letter.
pub fn camel(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len());
    for (i, letter) in letters.iter().enumerate() {
        let stays =
            i > 0 && (!letter.is_uppercase() || letters.get(i + 1).is_some_and(|next| !next.is_uppercase()));
        if stays {
            out.extend(&letters[i..]);
            return out;
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// The way back: `hiddenFromAddressListsEnabled` to `HiddenFromAddressListsEnabled`.
pub fn pascal(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_finds_the_one_that_was_meant() {
        let known = ["invitedUserEmailAddress", "inviteRedirectUrl", "sendInvitationMessage"];
        assert_eq!(nearest("invitedUserEmailAdress", known), Some("invitedUserEmailAddress"));
        assert_eq!(nearest("invite_redirect_url", known), Some("inviteRedirectUrl"));
        assert_eq!(nearest("invitedUserEmail", known), Some("invitedUserEmailAddress"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn counts_read_as_people_write_them() {
        assert_eq!(count(1, "row"), "1 row");
        assert_eq!(count(12345, "row"), "12,345 rows");
        assert_eq!(count(2, "entry"), "2 entries");
        assert_eq!(count(2, "day"), "2 days");
    }

    #[test]
    fn names_follow_the_camel_case_policy() {
        for (from, to) in [
            ("ExternalEmailAddress", "externalEmailAddress"),
            ("SKUAssigned", "skuAssigned"),
            ("ID", "id"),
            ("UPN", "upn"),
            ("IPAddress", "ipAddress"),
            ("URLName", "urlName"),
            ("WhenCreatedUTC", "whenCreatedUTC"),
            ("displayName", "displayName"),
            ("A", "a"),
            ("", ""),
        ] {
            assert_eq!(camel(from), to, "{from}");
        }
        assert_eq!(pascal("externalEmailAddress"), "ExternalEmailAddress");
    }
}
