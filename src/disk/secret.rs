//! Files of secrets: only the user can read them, they are written whole, and no link leads elsewhere.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::Error;

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    move |source| Error::Io { path: path.to_owned(), source }
}

/// What stands at the path itself, links not followed.
fn at(path: &Path) -> Result<Option<Metadata>, Error> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path)(error)),
    }
}

fn no_link(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if metadata.file_type().is_symlink() {
        return Err(Error::Unsafe {
            path: path.to_owned(),
            what: "is a link, and secrets are kept in no place that a link leads to",
            hint: format!("look where it leads, and remove it: `rm '{}'`", path.display()),
        });
    }
    Ok(())
}

#[cfg(unix)]
fn no_others(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let own = if metadata.is_dir() { "700" } else { "600" };
    Err(Error::Unsafe {
        path: path.to_owned(),
        what: "holds secrets, and other users of this machine may read or change it",
        hint: format!(
            "`chmod {own} '{}'` closes it; sign in again if somebody may have looked",
            path.display()
        ),
    })
}

#[cfg(not(unix))]
fn no_others(_: &Path, _: &Metadata) -> Result<(), Error> {
    // Below the user's own folders, Windows gives new files to that user alone.
    Ok(())
}

/// Whether the file that was opened is the one that was looked at: somebody may have put a link there in between.
#[cfg(unix)]
fn same(opened: &Metadata, seen: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (opened.dev(), opened.ino()) == (seen.dev(), seen.ino())
}

#[cfg(not(unix))]
fn same(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// A folder for secrets, made if need be; refused when it is a link or open to others.
pub fn secret_folder(path: &Path) -> Result<(), Error> {
    if at(path)?.is_none() {
        super::private_folder(path)?;
    }
    let Some(metadata) = at(path)? else { return Ok(()) };
    no_link(path, &metadata)?;
    no_others(path, &metadata)
}

/// The file's contents; nothing where there is none. Refused when it is a link or open to others.
pub fn read_secret(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let Some(seen) = at(path)? else { return Ok(None) };
    no_link(path, &seen)?;
    no_others(path, &seen)?;
    let mut file = File::open(path).map_err(failed(path))?;
    let opened = file.metadata().map_err(failed(path))?;
    if !same(&opened, &seen) {
        return Err(Error::Unsafe {
            path: path.to_owned(),
            what: "was exchanged while it was opened",
            hint: "run the command again".to_owned(),
        });
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed(path))?;
    Ok(Some(bytes))
}

/// Writes the file whole or not at all, for the user alone. What is there is replaced, unless it is a link.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(before) = at(path)? {
        no_link(path, &before)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    // One that a killed process of the same number left behind; a link there is removed, not followed.
    if at(&beside)?.is_some() {
        std::fs::remove_file(&beside).map_err(failed(&beside))?;
    }
    let mut options = OpenOptions::new();
    // A new file only: an open one would lead through a link.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_data()?;
        std::fs::rename(&beside, path)
    });
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        failed(path)(error)
    })
}

/// Removes the file, or the link in its place; says whether there was one.
pub fn remove_secret(path: &Path) -> Result<bool, Error> {
    if at(path)?.is_none() {
        return Ok(false);
    }
    std::fs::remove_file(path).map_err(failed(path))?;
    Ok(true)
}
