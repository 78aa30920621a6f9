//! Who calls: credentials, clouds, tokens.
