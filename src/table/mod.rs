//! Rows over shared storage: CSV in and out, text tables.
