//! Percent-encoding of what is put into addresses.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Letters, digits and `-._~` stand for themselves; all else is encoded, `#` of a guest's sign-in name above all.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// `$filter` stays readable in logs; `+`, `&`, `#`, `%` and blanks do not survive unencoded.
const QUERY: &AsciiSet = &SEGMENT
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b',')
    .remove(b':')
    .remove(b'/')
    .remove(b'$')
    .remove(b'*')
    .remove(b'!');

/// One segment of a path: `ann_fabrikam.example#EXT#@contoso.example` becomes `ann_fabrikam.example%23EXT%23@contoso.example`.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A value (or a name) in a query; a blank becomes `%20`, for not every service reads `+` as one.
pub fn query_value(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}
