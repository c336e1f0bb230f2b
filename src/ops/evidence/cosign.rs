//! `evidence witness`: on a second machine, cosigns a checkpoint that extends the one that was cosigned before.
//!
//! The state is replaced before the cosignature is given, under a lock: of two requests at a time the second sees the
//! first's.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::clock::Clock;
use crate::evidence::cosigner::{Request, State, VERSION};
use crate::evidence::note::{MAX_BYTES, SignerKey, VerifierKey};
use crate::failure::{Code, Failure};
use crate::os::durable::{Access, AtomicFile};
use crate::os::fifo::{open_regular, read_regular};
use crate::os::file_lock::{self, Mode};
use crate::report::Outcome;

/// How long a second request waits for the first.
const PATIENCE: Duration = Duration::from_secs(10);
/// A request is no longer: a checkpoint and 63 hashes.
pub const MAX_REQUEST: u64 = 2 * MAX_BYTES as u64;

/// Options of the witness.
#[derive(Debug)]
pub struct Options {
    /// The witness's key.
    pub key: SignerKey,
    /// The key of the evidence.
    pub log: VerifierKey,
    /// The file of the last checkpoint that was cosigned.
    pub state: PathBuf,
    /// The request.
    pub request: String,
}

/// A cosigned checkpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The name of the evidence.
    pub origin: String,
    /// Number of records.
    pub size: u64,
    /// Number of records that were cosigned before; 0 for the first time.
    pub old_size: u64,
    /// The cosignature, a line of a signed note.
    pub cosignature: String,
    /// The witness's name.
    pub witness: String,
    /// The key by which others check it.
    pub verifier_key: String,
}

/// Judges and cosigns.
pub fn run(options: &Options, clock: &dyn Clock) -> Outcome<Report> {
    match cosign(options, clock) {
        Ok(report) => Outcome::judged(report, Verdict::Pass, false),
        Err(failure) => Outcome::failed(failure),
    }
}

fn cosign(options: &Options, clock: &dyn Clock) -> Result<Report, Failure> {
    let Options { key, log, state: path, request } = options;
    let unusable = |error: io::Error| {
        let message = format!("nothing was signed: the state {} can't be used", path.display());
        Failure::new(Code::WitnessState, message).with_cause(error)
    };
    let _lock = lock(path).map_err(unusable)?;
    let known = load(path).map_err(unusable)?;
    let refused = |why: crate::evidence::cosigner::Refused| {
        Failure::new(Code::NotCosigned, "the checkpoint was not cosigned").with_cause(why)
    };
    let request = Request::parse(request).map_err(refused)?;
    request.judge(known.as_ref(), log).map_err(refused)?;
    let (signature, state) = request.cosign(key, clock.now());
    store(path, &state).map_err(unusable)?;
    Ok(Report {
        origin: state.origin,
        size: state.size,
        old_size: known.map_or(0, |known| known.size),
        cosignature: signature.to_string(),
        witness: key.verifier().name().to_owned(),
        verifier_key: key.verifier().to_string(),
    })
}

/// Locks a file beside the state, which is replaced itself.
fn lock(state: &Path) -> io::Result<File> {
    let mut name = state.as_os_str().to_owned();
    name.push(".lock");
    let mut options = File::options();
    let file = open_regular(options.write(true).create(true).truncate(false), Path::new(&name))?;
    file_lock::lock(&file, Mode::Exclusive, PATIENCE).map_err(io::Error::from)?;
    Ok(file)
}

fn load(path: &Path) -> io::Result<Option<State>> {
    let bytes = match read_regular(path, MAX_REQUEST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let state: State = serde_json::from_slice(&bytes)?;
    match state.v {
        VERSION => Ok(Some(state)),
        other => Err(io::Error::other(format!("a newer mt5crs wrote it, in form {other}"))),
    }
}

fn store(path: &Path, state: &State) -> io::Result<()> {
    let mut line = serde_json::to_vec(state)?;
    line.push(b'\n');
    let mut file = AtomicFile::create(path, Access::Umask)?;
    file.write_all(&line)?;
    // Not flushed, a power cut may bring the old state back behind an answer.
    file.replace()?.map_or(Ok(()), Err)
}
