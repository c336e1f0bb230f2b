//! The last state that was recovered and believed, kept as one file.
//!
//! It is replaced atomically: written beside the old one, flushed to the disk, renamed over it. A run that is
//! interrupted at any point leaves the old one whole. A file that can't be read, or that another version wrote in
//! another form, is taken for absent, with a warning: a comparison is lost, nothing else.

use std::fs;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::recovered::Recovered;
use crate::exit::Exit;
use crate::os::durable::{Access, AtomicFile};
use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::report::Failure;

pub(crate) const SCHEMA: &str = "mt5crs.snapshot/1";
const FILE: &str = "snapshot.json";
/// Few writes for a list of thousands.
const BUFFER_BYTES: usize = 256 << 10;
/// A snapshot is a few MiB at most; a file past this is something else.
const MAX_BYTES: u64 = 64 << 20;

/// Account and positions at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Snapshot {
    schema: String,
    /// When it was taken, by this machine's clock.
    pub taken_at: Timestamp,
    /// The gateway's endpoint as it was configured then.
    pub endpoint: String,
    /// The account.
    pub account: Account,
    /// The positions.
    pub positions: Vec<Position>,
}

/// A snapshot to be kept, of values that stay where they are; read back it is a [`Snapshot`].
#[derive(Debug, Serialize)]
pub struct Taken<'a> {
    schema: &'static str,
    taken_at: Timestamp,
    endpoint: &'a str,
    account: &'a Account,
    positions: &'a Recovered,
}

impl<'a> Taken<'a> {
    /// Of what was recovered at that moment.
    pub fn new(
        taken_at: Timestamp,
        endpoint: &'a str,
        account: &'a Account,
        positions: &'a Recovered,
    ) -> Self {
        Self { schema: SCHEMA, taken_at, endpoint, account, positions }
    }
}

/// Only what every form has, whatever version wrote it.
#[derive(Deserialize)]
struct Form {
    schema: String,
}

/// Another version's snapshot is told from a broken one by its form.
fn read(text: &str) -> Result<Snapshot, String> {
    let snapshot = serde_json::from_str::<Snapshot>(text);
    let form = match &snapshot {
        Ok(snapshot) => snapshot.schema.clone(),
        Err(_) => serde_json::from_str::<Form>(text).map_err(|error| error.to_string())?.schema,
    };
    if form != SCHEMA {
        return Err(format!("another version wrote it, in the form {form:?}"));
    }
    snapshot.map_err(|error| error.to_string())
}

/// Where a report says that the snapshot is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Kept {
    /// Its path.
    pub path: PathBuf,
    /// Whether this run replaced it.
    pub replaced: bool,
}

/// What the directory holds from before.
#[derive(Debug)]
pub enum Previous {
    /// A snapshot.
    Found(Box<Snapshot>),
    /// None.
    Absent,
    /// Something that can't be used; says why.
    Unusable(String),
}

/// The directory of one account's state.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
    file: PathBuf,
}

impl Store {
    /// In that directory, which is made when it is needed.
    pub fn new(directory: PathBuf) -> Self {
        let file = directory.join(FILE);
        Self { directory, file }
    }

    /// The snapshot's path.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// Makes the directory, and tries whether a file can be made in it.
    pub fn writable(&self) -> Result<(), Failure> {
        fs::create_dir_all(&self.directory)
            .and_then(|()| tempfile::NamedTempFile::new_in(&self.directory))
            .map(drop)
            .map_err(|error| self.failure("failed to write to the state directory", &error))
    }

    /// The last snapshot.
    pub fn load(&self) -> Previous {
        match fs::metadata(&self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Previous::Absent,
            Err(error) => return Previous::Unusable(error.to_string()),
            Ok(metadata) if metadata.len() > MAX_BYTES => {
                return Previous::Unusable(format!("{} bytes are no snapshot", metadata.len()));
            }
            Ok(_) => {}
        }
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) => return Previous::Unusable(error.to_string()),
        };
        match read(&text) {
            Ok(snapshot) => Previous::Found(Box::new(snapshot)),
            Err(why) => Previous::Unusable(why),
        }
    }

    /// Replaces the snapshot. `Ok` may hold a warning: it stands, but a power cut could still bring back the old one.
    pub fn keep(&self, snapshot: &Taken<'_>) -> Result<Option<String>, Failure> {
        let unflushed = self
            .replace(snapshot)
            .map_err(|error| self.failure("failed to keep the snapshot", &error))?;
        Ok(unflushed.map(|error| format!("the snapshot's directory could not be flushed: {error}")))
    }

    fn replace(&self, snapshot: &Taken<'_>) -> io::Result<Option<io::Error>> {
        let file = AtomicFile::create(&self.file, Access::Umask)?;
        let mut writer = BufWriter::with_capacity(BUFFER_BYTES, file);
        serde_json::to_writer(&mut writer, snapshot)?;
        writer.write_all(b"\n")?;
        writer.into_inner()?.replace()
    }

    fn failure(&self, message: &str, error: &io::Error) -> Failure {
        Failure {
            code: "state-not-writable",
            message: format!("{message} {}", self.directory.display()),
            causes: vec![error.to_string()],
            remedy: "the old snapshot is intact; free the disk or mend the directory's owner and mode, or name another with MT5CRS_STATE_DIR"
                .to_owned(),
            exit: Exit::Usage,
        }
    }
}
