//! Every request as it came in, one line of JSON each: what a ledger can't show. It holds what executed; this holds what
//! was asked, by whom, and in which order, whatever became of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;

use super::server::SimError;

/// One request.
#[derive(Serialize)]
struct Line<'a> {
    /// Whose it is: equal for all that came over one connection, and for no others.
    connection: String,
    /// Its very text where that is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a RawValue>,
    /// Its text, as far as it is text, where it isn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// The file that they are written to.
#[derive(Debug)]
pub(super) struct Requests {
    path: PathBuf,
    file: File,
}

impl Requests {
    /// Goes on with a file that is there.
    pub(super) fn open(path: &Path) -> Result<Self, SimError> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|source| failed(path, source))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Written before anything becomes of it, in one piece, so that a crash leaves whole lines.
    pub(super) fn note(&mut self, connection: &[u8], body: &[u8]) -> Result<(), SimError> {
        // A line break within would make two lines of one.
        let flat = |text: &&RawValue| !text.get().contains(['\n', '\r']);
        let request = serde_json::from_slice::<&RawValue>(body).ok().filter(flat);
        let text = request.is_none().then(|| String::from_utf8_lossy(body).into_owned());
        let connection = connection.iter().map(|byte| format!("{byte:02x}")).collect();
        let line = serde_json::to_vec(&Line { connection, request, text });
        let written = line.map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            self.file.write_all(&line)
        });
        written.map_err(|source| failed(&self.path, source))
    }
}

fn failed(path: &Path, source: io::Error) -> SimError {
    SimError::Requests { path: path.to_owned(), source }
}
