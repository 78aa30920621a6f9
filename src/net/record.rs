//! The recording behind `--record`: every exchange as it was on the wire, one JSON line each, secrets removed.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::redact::{Place, body, headers, url};
use super::{Error, Request, Response};

/// A file of exchanges that only its owner may read.
#[derive(Debug)]
pub struct Recorder {
    file: Mutex<File>,
}

impl Recorder {
    /// Starts a recording; what was in the file before is gone.
    pub fn create(path: &Path) -> Result<Recorder, Error> {
        let file = open(path).map_err(|error| Error::Setup {
            reason: format!("recording to `{}`: {error}", path.display()),
        })?;
        Ok(Recorder { file: Mutex::new(file) })
    }

    fn write(&self, request: &Request, response: Option<&Response>) -> Result<(), Error> {
        let at_sign_in = Place::of(&request.url);
        let mut line = json!({
            "method": request.method.as_str(),
            "url": url(&request.url),
            "request_headers": headers(&request.headers),
            "request_body": request.body.as_ref().map_or(Value::Null, |bytes| body(bytes, &request.headers, at_sign_in)),
            "status": Value::Null,
            "response_headers": Value::Object(Map::new()),
            "response_body": Value::Null,
        });
        if let Some(response) = response {
            line["status"] = response.status.into();
            line["response_headers"] = headers(&response.headers);
            line["response_body"] = body(&response.body, &response.headers, at_sign_in);
        }
        let mut line = line.to_string();
        line.push('\n');
        // One write a line, so that a run which is killed leaves whole lines behind.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())
            .map_err(|error| Error::Setup { reason: format!("recording: {error}") })
    }
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // The mode above counts for a new file only.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    // Below the user's own folders, Windows gives new files to that user alone.
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

/// An exchange under way; dropped before its end (a cancelled call), it is recorded without an answer.
pub(super) struct Exchange {
    recorder: Arc<Recorder>,
    request: Option<Request>,
}

impl Exchange {
    pub(super) fn started(recorder: &Arc<Recorder>, request: Request) -> Exchange {
        Exchange { recorder: recorder.clone(), request: Some(request) }
    }

    /// A recording that cannot be written must not turn a carried-out write into a failure, so it is a warning.
    pub(super) fn ended(&mut self, response: Option<&Response>) {
        if let Some(request) = self.request.take()
            && let Err(error) = self.recorder.write(&request, response)
        {
            tracing::warn!("{error}");
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.ended(None);
    }
}
