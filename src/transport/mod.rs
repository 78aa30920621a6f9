//! One request at a time done well: pace, retry, page.
