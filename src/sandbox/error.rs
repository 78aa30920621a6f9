//! Why a sandbox could not start.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug)]
pub enum Error {
    /// Another process owns the state file; this is where it listens. Empty while it has not said yet.
    InUse {
        url: String,
    },
    UnknownSeed {
        seed: String,
        known: &'static [&'static str],
    },
    /// The state file is there but cannot be read as one.
    Damaged {
        path: PathBuf,
        reason: String,
    },
    /// The state file was written by another version of the program.
    OtherVersion {
        path: PathBuf,
        format: i64,
        known: i64,
    },
    /// A file of faults that does not say what it means.
    Faults {
        path: PathBuf,
        reason: String,
    },
    /// TLS without a file to put the authority in.
    NoAuthorityFile,
    Certificate {
        reason: String,
    },
    /// The address to listen on is reachable from other machines.
    NotLoopback {
        address: SocketAddr,
    },
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    File {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InUse { url } if url.is_empty() => write!(f, "another process owns the sandbox"),
            Error::InUse { url } => write!(f, "another process owns the sandbox: it listens at {url}"),
            Error::UnknownSeed { seed, known } => {
                write!(f, "no seed `{seed}`: the known ones are {}", known.join(", "))
            }
            Error::Damaged { path, reason } => {
                write!(f, "the sandbox state in `{}` is damaged: {reason}", path.display())
            }
            Error::OtherVersion { path, format, known } => {
                let age = if format < known { "an older" } else { "a newer" };
                write!(
                    f,
                    "the sandbox state in `{}` was written by {age} version (format {format}; this one reads \
                     {known}): `usher sandbox reset` starts it afresh",
                    path.display()
                )
            }
            Error::NotLoopback { address } => {
                write!(f, "`{address}` can be reached from other machines, which has to be asked for")
            }
            Error::Faults { path, reason } => write!(f, "reading faults from `{}`: {reason}", path.display()),
            Error::NoAuthorityFile => {
                write!(f, "clients have to be told whom to trust: a file for the authority is needed")
            }
            Error::Certificate { reason } => write!(f, "making a certificate: {reason}"),
            Error::Listen { address, .. } => write!(f, "listening on `{address}`"),
            Error::File { path, .. } => write!(f, "opening `{}`", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Listen { source, .. } | Error::File { source, .. } => Some(source),
            _ => None,
        }
    }
}
