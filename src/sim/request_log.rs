//! A log of every request as received, one line of JSON each. The ledger holds the executions; this log holds the requests
//! that were requested, over which connection and in which order.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;

/// The request log can't be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the requests to {path}")]
pub struct RequestLogError {
    /// The file.
    pub path: PathBuf,
    /// The system's error.
    pub source: io::Error,
}

/// One request.
#[derive(Serialize)]
struct Line<'a> {
    /// Identifies the connection.
    connection: String,
    /// The text, where it is JSON on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a RawValue>,
    /// Any other text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// The open log file.
#[derive(Debug)]
pub(super) struct RequestLog {
    path: PathBuf,
    file: File,
}

impl RequestLog {
    /// Opens the file, to append to it.
    pub(super) fn open(path: &Path) -> Result<Self, RequestLogError> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|source| failed(path, source))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Appends a request, before it is handled and in one write, so that a crash leaves whole lines.
    pub(super) fn append(&mut self, connection: &[u8], body: &[u8]) -> Result<(), RequestLogError> {
        // A line break within would make two lines.
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

fn failed(path: &Path, source: io::Error) -> RequestLogError {
    RequestLogError { path: path.to_owned(), source }
}
