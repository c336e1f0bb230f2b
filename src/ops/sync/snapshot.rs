//! The last state that was recovered, in one file.
//!
//! It is replaced atomically: written beside the old one, flushed to the disk, renamed over it. A run that is
//! interrupted at any point leaves the old one whole. A file that can't be read, or that another version wrote in
//! another form, counts as absent, with a warning: only a comparison is lost.

use std::fs;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::history::HistoryMark;
use super::recovered::RecoveredPositions;
use crate::failure::{Code, Failure};
use crate::os::durable::{Access, AtomicFile};
use crate::os::fifo::read_regular;
use crate::proof::money::Statement;
use crate::protocol::account::Account;
use crate::protocol::pending::PendingOrder;
use crate::protocol::positions::Position;

pub(crate) const SCHEMA: &str = "mt5crs.snapshot/1";
const FILE: &str = "snapshot.json";
/// Large, so that a list of thousands takes few writes.
const BUFFER_BYTES: usize = 256 << 10;
/// A snapshot is a few MiB at most; a file past this is something else.
const MAX_BYTES: u64 = 64 << 20;

/// Account and positions at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Snapshot {
    schema: String,
    /// Time of the snapshot, by this machine's clock.
    pub taken_at: Timestamp,
    /// The gateway's endpoint as it was configured then.
    pub endpoint: String,
    /// The account.
    pub account: Account,
    /// The positions.
    pub positions: Vec<Position>,
    /// The pending orders; `None` where the gateway couldn't list them.
    #[serde(default)]
    pub pending_orders: Option<Vec<PendingOrder>>,
    /// The deals that the balance held; `None` where the gateway listed none.
    #[serde(default)]
    pub history: Option<HistoryMark>,
}

/// A snapshot to write, without copies of its values; it is read back as a [`Snapshot`].
#[derive(Debug, Serialize)]
pub struct NewSnapshot<'a> {
    pub(super) schema: &'static str,
    pub(super) taken_at: Timestamp,
    pub(super) endpoint: &'a str,
    pub(super) account: &'a Account,
    pub(super) positions: &'a RecoveredPositions,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pending_orders: Option<&'a [PendingOrder]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) history: Option<&'a HistoryMark>,
}

/// The member that every version's form has.
#[derive(Deserialize)]
struct Form {
    schema: String,
}

impl Snapshot {
    /// Its account and positions.
    pub fn statement(&self) -> Statement<'_> {
        Statement { account: &self.account, positions: &self.positions }
    }
}

/// Reads a snapshot. Another version's is distinguished from a broken one by its form.
fn parse(text: &str) -> Result<Snapshot, String> {
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

/// The snapshot in a report.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Kept {
    /// Path of the file.
    pub path: PathBuf,
    /// Whether this run replaced it.
    pub replaced: bool,
}

/// The last snapshot in a directory.
#[derive(Debug)]
pub enum Previous {
    /// A snapshot.
    Found(Box<Snapshot>),
    /// There is none.
    Absent,
    /// It can't be used; holds why.
    Unusable(String),
}

/// The directory of one account's state.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
    file: PathBuf,
}

impl Store {
    /// The state in that directory, which is created when needed.
    pub fn new(directory: PathBuf) -> Self {
        let file = directory.join(FILE);
        Self { directory, file }
    }

    /// The snapshot's path.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// Checks that a file can be created in the directory, which is created where missing.
    pub fn check_writable(&self) -> Result<(), Failure> {
        fs::create_dir_all(&self.directory)
            .and_then(|()| tempfile::NamedTempFile::new_in(&self.directory))
            .map(drop)
            .map_err(|error| self.failure("failed to write to the state directory", &error))
    }

    /// The last snapshot.
    pub fn load(&self) -> Previous {
        let read = || -> io::Result<Snapshot> {
            let bytes = read_regular(&self.file, MAX_BYTES)?;
            let text = String::from_utf8(bytes).map_err(io::Error::other)?;
            parse(&text).map_err(io::Error::other)
        };
        match read() {
            Ok(snapshot) => Previous::Found(Box::new(snapshot)),
            Err(error) if error.kind() == ErrorKind::NotFound => Previous::Absent,
            Err(error) => Previous::Unusable(error.to_string()),
        }
    }

    /// Replaces the snapshot. `Ok` may hold a warning: it is written, but a power cut could still bring back the old one.
    pub fn replace(&self, snapshot: &NewSnapshot<'_>) -> Result<Option<String>, Failure> {
        let unflushed = self
            .write(snapshot)
            .map_err(|error| self.failure("failed to keep the snapshot", &error))?;
        Ok(unflushed.map(|error| format!("the snapshot's directory could not be flushed: {error}")))
    }

    fn write(&self, snapshot: &NewSnapshot<'_>) -> io::Result<Option<io::Error>> {
        let file = AtomicFile::create(&self.file, Access::Umask)?;
        let mut writer = BufWriter::with_capacity(BUFFER_BYTES, file);
        serde_json::to_writer(&mut writer, snapshot)?;
        writer.write_all(b"\n")?;
        writer.into_inner()?.replace()
    }

    fn failure(&self, message: &str, error: &io::Error) -> Failure {
        let message = format!("{message} {}", self.directory.display());
        Failure::new(Code::StateNotWritable, message).with_cause(error)
    }
}
