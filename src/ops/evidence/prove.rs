//! `evidence prove SEQ`: one record with its path to the root of a signed checkpoint, for a reader who trusts a key and
//! nothing else.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::evidence::Evidence;
use crate::evidence::note::SignerKey;
use crate::evidence::portable::Proof;
use crate::evidence::signing::{SigningError, Wanted};
use crate::evidence::tree;
use crate::evidence::tree_head::SignedHead;
use crate::failure::{Code, Failure};
use crate::os::durable::{Access, AtomicFile};
use crate::report::Outcome;

/// Options of the proof.
#[derive(Debug)]
pub struct Options {
    /// The records.
    pub evidence: Evidence,
    /// The key, to sign where no kept checkpoint covers the record.
    pub key: Option<SignerKey>,
    /// The record's number, from 1.
    pub seq: u64,
    /// A file that gets the proof alone.
    pub file: Option<PathBuf>,
}

/// The proof.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The record's number.
    pub seq: u64,
    /// The name of the evidence in its checkpoints.
    pub origin: String,
    /// Number of records of the checkpoint.
    pub size: u64,
    /// The names of the keys under the checkpoint.
    pub signed_by: Vec<String>,
    /// The file that holds the proof alone.
    pub file: Option<PathBuf>,
    /// The proof: `mt5crs verify-proof` checks it.
    pub proof: Proof,
}

/// Computes the proof.
pub fn run(options: &Options) -> Outcome<Report> {
    match write(options) {
        Ok(report) => Outcome::judged(report, Verdict::Pass, false),
        Err(failure) => Outcome::failed(failure),
    }
}

fn write(options: &Options) -> Result<Report, Failure> {
    let Options { evidence, key, seq, file } = options;
    let (proof, checkpoint) = prove(evidence, key.as_ref(), *seq)?;
    if let Some(file) = file {
        save(&proof, file)?;
    }
    Ok(Report {
        seq: *seq,
        origin: checkpoint.head.origin.clone(),
        size: checkpoint.head.size,
        signed_by: checkpoint.note.names().map(str::to_owned).collect(),
        file: file.clone(),
        proof,
    })
}

/// Proves that the record is part of a signed checkpoint: of the newest that a witness cosigned, the newest that was signed,
/// or a new one.
pub fn prove(
    evidence: &Evidence,
    key: Option<&SignerKey>,
    seq: u64,
) -> Result<(Proof, SignedHead), Failure> {
    let covers = |kept: &SignedHead| kept.head.size >= seq;
    let cosigned = evidence.cosigned()?.filter(covers);
    let kept = match cosigned {
        Some(cosigned) => Some(cosigned),
        None => evidence.signed()?.filter(covers),
    };
    let checkpoint = match (kept, key) {
        (Some(kept), _) => kept,
        (None, Some(key)) => evidence.sign(key)?,
        (None, None) => {
            let message = format!("no signed checkpoint covers record {seq}");
            return Err(Failure::new(Code::NoSigningKey, message));
        }
    };
    let size = checkpoint.head.size;
    if seq == 0 || seq > size {
        let message = format!("there is no record {seq}: the last one is {size}");
        return Err(Failure::new(Code::NoRecord, message));
    }
    let wanted = Wanted {
        size: Some(size),
        roots: vec![],
        subtrees: tree::inclusion(seq - 1, size),
        line: Some(seq),
    };
    let computed = evidence.compute(wanted)?;
    if computed.frontier.size() != size {
        return Err(SigningError::Rewritten { size, why: "there are fewer" }.into());
    }
    if computed.frontier.root() != checkpoint.head.root {
        return Err(SigningError::Rewritten { size, why: "their root is another" }.into());
    }
    let (Some(line), Some(path)) = (computed.line, computed.subtrees) else {
        return Err(SigningError::Rewritten { size, why: "one is missing" }.into());
    };
    let line = String::from_utf8_lossy(&line).into_owned();
    Ok((Proof::new(line, seq - 1, &path, &checkpoint), checkpoint))
}

/// Writes the proof alone to a file.
pub fn save(proof: &Proof, file: &Path) -> Result<(), Failure> {
    use std::io::Write as _;
    let write = || {
        if std::fs::symlink_metadata(file).is_ok_and(|there| !there.is_file()) {
            return Err(std::io::Error::other("it is no regular file"));
        }
        let mut bytes = serde_json::to_vec_pretty(proof)?;
        bytes.push(b'\n');
        let mut out = AtomicFile::create(file, Access::Umask)?;
        out.write_all(&bytes)?;
        out.replace().map(drop)
    };
    write().map_err(|error: std::io::Error| {
        let message = format!("the proof was not written to {}", file.display());
        Failure::new(Code::ExportNotWritten, message).with_cause(error)
    })
}
