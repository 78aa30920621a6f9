//! The door to the disk: what a script may read and write, and files only the user can read.

mod secret;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, RwLock};

pub use secret::{read_secret, remove_secret, secret_folder, write_secret};

/// Why a path was refused or could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{}` lies outside the working directory and the folders given with --allow-path", .path.display())]
    Outside { path: PathBuf },
    /// A file of secrets that somebody else may have made, read or turned elsewhere.
    #[error("`{}` {what}", .path.display())]
    Unsafe { path: PathBuf, what: &'static str, hint: String },
    #[error("`{}`: {}", .path.display(), reason(.source))]
    Io { path: PathBuf, source: std::io::Error },
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "the system does not let you open it".into(),
        std::io::ErrorKind::IsADirectory => "this is a folder, not a file".into(),
        _ => error.to_string(),
    }
}

/// The folders a script may use: the working directory and what `--allow-path` named, and the files given as arguments.
#[derive(Clone, Debug)]
pub struct Folders {
    working: PathBuf,
    allowed: Vec<PathBuf>,
    files: Arc<RwLock<Vec<PathBuf>>>,
    /// usher's own folder: ledger, sandbox, history. No script reads or writes there, wherever it lies.
    own: Option<PathBuf>,
}

impl Folders {
    pub fn new(working: &Path, allowed: &[PathBuf]) -> Result<Folders, Error> {
        let real =
            |path: &Path| path.canonicalize().map_err(|source| Error::Io { path: path.to_owned(), source });
        Ok(Folders {
            working: real(working)?,
            allowed: allowed.iter().map(|path| real(path)).collect::<Result<_, _>>()?,
            files: Arc::default(),
            own: None,
        })
    }

    /// Keeps scripts out of usher's own folder.
    pub fn except(mut self, own: &Path) -> Folders {
        let whole = self.working.join(own);
        self.own = Some(whole.canonicalize().unwrap_or_else(|_| lexical(&whole)));
        self
    }

    pub fn working(&self) -> &Path {
        &self.working
    }

    /// Lets one file be read wherever it is: files named on the command line.
    pub fn admit(&self, path: &Path) {
        if let Ok(path) = self.working.join(path).canonicalize()
            && let Ok(mut files) = self.files.write()
        {
            files.push(path);
        }
    }

    /// The real path of a file to read, links resolved, if a script may read it.
    pub fn readable(&self, path: &str) -> Result<PathBuf, Error> {
        let asked = self.working.join(path);
        let real = match asked.canonicalize() {
            Ok(real) => real,
            // Whether a file outside exists is none of the script's business.
            Err(_) if !self.covers(&lexical(&asked)) => return Err(Error::Outside { path: path.into() }),
            Err(source) => return Err(Error::Io { path: path.into(), source }),
        };
        let admitted = self.files.read().is_ok_and(|files| files.contains(&real));
        if admitted || self.covers(&real) { Ok(real) } else { Err(Error::Outside { path: path.into() }) }
    }

    /// The real path of a file to write, if a script may write it; its folder has to exist.
    pub fn writable(&self, path: &str) -> Result<PathBuf, Error> {
        let asked = lexical(&self.working.join(path));
        let (Some(parent), Some(name)) = (asked.parent(), asked.file_name()) else {
            return Err(Error::Outside { path: path.into() });
        };
        if !self.covers(parent) && parent.canonicalize().map_or(true, |real| !self.covers(&real)) {
            return Err(Error::Outside { path: path.into() });
        }
        let parent = parent.canonicalize().map_err(|source| Error::Io { path: parent.to_owned(), source })?;
        let real = parent.join(name);
        let target = real.canonicalize().unwrap_or_else(|_| real.clone());
        if self.covers(&parent) && self.covers(&target) {
            Ok(target)
        } else {
            Err(Error::Outside { path: path.into() })
        }
    }

    fn covers(&self, path: &Path) -> bool {
        if self.own.as_ref().is_some_and(|own| path.starts_with(own)) {
            return false;
        }
        path.starts_with(&self.working) || self.allowed.iter().any(|folder| path.starts_with(folder))
    }
}

/// The path with `.` and `..` taken out by name, for folders that may not exist.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}

/// Files and folders whose path begins so, in any case; folders end in `/`.
pub fn beginning_so(typed: &str) -> Vec<String> {
    let (folder, begun) = typed.split_at(typed.rfind(['/', '\\']).map_or(0, |at| at + 1));
    let place = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let path = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let hidden = name.starts_with('.') && !begun.starts_with('.');
        let fits = name.to_lowercase().starts_with(&begun.to_lowercase());
        let end = if entry.path().is_dir() { "/" } else { "" };
        (fits && !hidden && !name.contains(char::is_control)).then(|| format!("{folder}{name}{end}"))
    };
    let mut found: Vec<String> = entries.filter_map(Result::ok).filter_map(path).collect();
    found.sort();
    found
}

pub fn remove(path: &Path) -> Result<(), Error> {
    std::fs::remove_file(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}

/// Writes a file whole or not at all, readable by the user alone.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_private_with(path, |out| out.write_all(bytes))
}

/// The same for what is too long to hold: `write` is given where it goes.
pub fn write_private_with(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), Error> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = create_private(&beside).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()?;
        out.get_ref().sync_data()?;
        std::fs::rename(&beside, path)
    });
    written.map_err(|source| {
        let _ = std::fs::remove_file(&beside);
        Error::Io { path: path.to_owned(), source }
    })
}

/// A new empty file that only the user can read; replaces what was there.
pub fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    // One that was there before may be open to others.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// A file that lines are added to; private to the user when it is made here.
pub fn append_private(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A lock of the system's on a file. It goes with the process, so a file that was left behind locks nobody out.
pub struct Lock(File);

impl Lock {
    /// `None` when another process has it.
    pub fn take(path: &Path) -> Result<Option<Lock>, Error> {
        let failed = |source| Error::Io { path: path.to_owned(), source };
        let file = append_private(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing it would do; said here, so that it is let go of in the same moment everywhere.
        let _ = self.0.unlock();
    }
}

/// A folder that only the user can enter, made if need be.
pub fn private_folder(path: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> (tempfile::TempDir, Folders) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("work")).unwrap();
        std::fs::write(root.path().join("secret.txt"), "s").unwrap();
        let folders = Folders::new(&root.path().join("work"), &[]).unwrap();
        (root, folders)
    }

    #[test]
    fn a_script_reads_and_writes_below_the_working_directory_only() {
        let (_root, folders) = folders();
        assert!(folders.writable("out.csv").is_ok());
        assert!(matches!(folders.readable("../secret.txt"), Err(Error::Outside { .. })));
        assert!(matches!(folders.readable("/etc/passwd"), Err(Error::Outside { .. })));
        assert!(matches!(folders.writable("../out.csv"), Err(Error::Outside { .. })));
        assert!(matches!(folders.readable("../nothing-there"), Err(Error::Outside { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_out() {
        let (root, folders) = folders();
        std::os::unix::fs::symlink(root.path(), root.path().join("work/up")).unwrap();
        std::os::unix::fs::symlink(root.path().join("secret.txt"), root.path().join("work/link")).unwrap();
        assert!(folders.readable("up/secret.txt").is_err());
        assert!(folders.writable("up/out.csv").is_err());
        assert!(folders.writable("link").is_err());
    }

    #[test]
    fn usher_keeps_its_own_folder_to_itself() {
        let (root, folders) = folders();
        let own = root.path().join("work/own");
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join("ledger.sqlite"), "l").unwrap();
        let folders = folders.except(&own);
        assert!(matches!(folders.readable("own/ledger.sqlite"), Err(Error::Outside { .. })));
        assert!(matches!(folders.writable("own/ledger.sqlite"), Err(Error::Outside { .. })));
    }

    #[test]
    fn a_file_named_on_the_command_line_may_be_read() {
        let (root, folders) = folders();
        folders.admit(&root.path().join("secret.txt"));
        assert!(folders.readable("../secret.txt").is_ok());
        assert!(folders.writable("../secret.txt").is_err());
    }
}
