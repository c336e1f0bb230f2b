//! `evidence checkpoint`: signs the records as they are now, prepares the request for a witness, and keeps its cosignature.

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::evidence::Evidence;
use crate::evidence::cosigner::Request;
use crate::evidence::note::{Signature, SignerKey, VerifierKey};
use crate::evidence::signing::{SigningError, Wanted};
use crate::evidence::tree;
use crate::evidence::tree_head::{SignedHead, base64_of};
use crate::failure::{Code, Failure};
use crate::report::Outcome;

/// Options of signing.
#[derive(Debug)]
pub struct Options {
    /// The records.
    pub evidence: Evidence,
    /// The key.
    pub key: SignerKey,
    /// Number of records that the witness has cosigned; the newest cosignature's where it is `None`.
    pub old: Option<u64>,
}

/// A signed checkpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The name of the evidence in its checkpoints.
    pub origin: String,
    /// Number of records.
    pub size: u64,
    /// The root of their tree, in base64.
    pub root: String,
    /// The key by which others check it.
    pub verifier_key: String,
    /// The names of the keys under it, this one and those of witnesses.
    pub signed_by: Vec<String>,
    /// The checkpoint: a signed note.
    pub checkpoint: String,
    /// Number of records that the request below extends.
    pub old_size: u64,
    /// The request that a witness takes on its standard input.
    pub request: String,
}

/// Signs, and keeps the checkpoint.
pub fn run(options: &Options) -> Outcome<Report> {
    match sign(options) {
        Ok(report) => Outcome::judged(report, Verdict::Pass, false),
        Err(failure) => Outcome::failed(failure),
    }
}

fn sign(options: &Options) -> Result<Report, Failure> {
    let Options { evidence, key, old } = options;
    let checkpoint = evidence.sign(key)?;
    let size = checkpoint.head.size;
    let cosigned = || Ok::<_, SigningError>(evidence.cosigned()?.map_or(0, |kept| kept.head.size));
    let old = old.map_or_else(cosigned, Ok)?;
    if old > size {
        let message = format!("there are {size} records, and --old says {old}");
        return Err(Failure::new(Code::CheckpointNotSigned, message));
    }
    let proof = match tree::consistency(old, size) {
        ranges if ranges.is_empty() => vec![],
        subtrees => {
            let wanted = Wanted { size: Some(size), subtrees, ..Wanted::default() };
            evidence.compute(wanted)?.subtrees.unwrap_or_default()
        }
    };
    Ok(report(key.verifier(), checkpoint, old, proof))
}

fn report(key: &VerifierKey, checkpoint: SignedHead, old: u64, proof: Vec<tree::Hash>) -> Report {
    let request = Request { old, proof, checkpoint };
    let text = request.text();
    let SignedHead { head, note } = request.checkpoint;
    Report {
        origin: head.origin.clone(),
        size: head.size,
        root: base64_of(&head.root),
        verifier_key: key.to_string(),
        signed_by: note.names().map(str::to_owned).collect(),
        checkpoint: note.to_string(),
        old_size: old,
        request: text,
    }
}

/// Keeps what a witness printed beside the newest checkpoint.
pub fn add(
    evidence: &Evidence,
    key: &SignerKey,
    witness: &VerifierKey,
    lines: &str,
) -> Outcome<Report> {
    let add = || -> Result<Report, Failure> {
        let signatures: Vec<Signature> =
            lines.lines().filter_map(|line| line.parse().ok()).collect();
        let name = witness.name();
        match evidence.add_cosignatures(signatures, witness)? {
            Some(checkpoint) => {
                let size = checkpoint.head.size;
                Ok(report(key.verifier(), checkpoint, size, vec![]))
            }
            None => Err(Failure::new(
                Code::NotCosigned,
                format!("no line is a cosignature of {name} for the newest checkpoint"),
            )
            .with_cause("it is of another witness, was changed, or is for an earlier checkpoint")),
        }
    };
    match add() {
        Ok(report) => Outcome::judged(report, Verdict::Pass, false),
        Err(failure) => Outcome::failed(failure),
    }
}

impl From<SigningError> for Failure {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Evidence(error) => error.into(),
            SigningError::Empty { .. } => Self::from_error(Code::CheckpointNotSigned, &error)
                .with_remedy("sign once something is recorded: an order, its outcome, a closing"),
            SigningError::Io { .. } => Self::from_error(Code::EvidenceNotAccessible, &error),
            _ => Self::from_error(Code::CheckpointNotSigned, &error),
        }
    }
}
