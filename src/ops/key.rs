//! `key new`: makes a key of the link.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::failure::{Code, Failure};
use crate::os::durable;
use crate::report::Outcome;

/// The new key. Its secret is in the file alone.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The file, readable by its owner alone.
    pub file: PathBuf,
}

/// Writes 32 random bytes as 64 hex digits to a new file.
pub fn create(file: &Path) -> Outcome<Report> {
    match write(file) {
        Ok(()) => Outcome::judged(Report { file: file.to_owned() }, Verdict::Pass, false),
        Err(error) => Outcome::failed(failure(file, error)),
    }
}

fn write(path: &Path) -> io::Result<()> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let written = writeln!(file, "{hex}").and_then(|()| durable::sync_all(&file));
    if written.is_err() {
        // A part of a key is no key.
        let _ = std::fs::remove_file(path);
    }
    written?;
    // The file itself is on the disk; a directory that can't be flushed loses it at worst to a power cut.
    let _ = durable::sync_directory(durable::directory_of(path));
    Ok(())
}

fn failure(file: &Path, error: io::Error) -> Failure {
    let message = format!("no key was made: {}", file.display());
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Failure::new(Code::FileExists, message)
            .with_cause("the file exists, and a key is never replaced")
            .with_remedy("name another file; a key that both ends use is replaced by a second one with another name");
    }
    Failure::new(Code::ExportNotWritten, message)
        .with_cause(error)
        .with_remedy("name a file in a directory that this user can write")
}
