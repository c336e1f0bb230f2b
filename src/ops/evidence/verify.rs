//! `evidence verify`: checks that the records are unaltered and complete.
//!
//! The head that it reports is to be noted elsewhere: given later as an anchor, it shows that nothing up to it was
//! rewritten, which the files alone can't.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::evidence::chain::Step;
use crate::evidence::chain::anchor::{self, Anchor};
use crate::evidence::damage::{Damage, DamageKind, Remark, RemarkKind};
use crate::evidence::note::{MAX_BYTES, VerifierKey};
use crate::evidence::tree_head::SignedHead;
use crate::evidence::{CheckpointTruth, Evidence, EvidenceError, Head, Record};
use crate::failure::{Code, Failure};
use crate::os::fifo::read_with_timeout;
use crate::report::Outcome;

use super::tree_heads::{Held, TreeHeads};

/// Number of damages, and of remarks, that are listed; the rest is counted.
const LISTED: usize = 1000;
/// A file of anchors is no longer: a million of them.
const MAX_ANCHOR_BYTES: u64 = 100 << 20;
/// Number of records between two reports of progress.
const PROGRESS_EVERY: u64 = 4096;

/// Options of the verification.
#[derive(Debug, Clone)]
pub struct Options {
    /// The records.
    pub evidence: Evidence,
    /// A head that was noted earlier and must be part of the chain.
    pub anchor: Option<Head>,
    /// A place that kept such heads.
    pub anchors: Option<AnchorSource>,
    /// A copy of a signed checkpoint that was kept elsewhere.
    pub checkpoint: Option<PathBuf>,
    /// The key that must have signed every checkpoint; without one only their content is looked at.
    pub key: Option<VerifierKey>,
    /// Another copy of the evidence, to be compared record by record.
    pub against: Option<Evidence>,
}

/// A place that kept heads of the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorSource {
    /// A file, a head a line; or a pipe.
    File(PathBuf),
    /// The gateway's journal, which was asked.
    Gateway(Vec<Anchor>),
}

impl AnchorSource {
    /// All of its heads.
    fn read(&self) -> Result<Vec<Anchor>, Failure> {
        let path = match self {
            Self::File(path) => path,
            Self::Gateway(anchors) => return Ok(anchors.clone()),
        };
        let failed = |error: &dyn std::error::Error| {
            let message = format!("failed to read the anchors in {}", path.display());
            Failure::new(Code::Usage, message)
                .with_cause(error)
                .with_remedy("name a file with a line COUNT:HASH for each anchor")
        };
        let (bytes, _) =
            read_with_timeout(path, MAX_ANCHOR_BYTES).map_err(|error| failed(&error))?;
        let text = String::from_utf8_lossy(&bytes);
        let anchors = anchor::read_lines(&text).map_err(|error| failed(&error))?;
        match anchors.is_empty() {
            true => Err(failed(&std::io::Error::other("it holds none"))),
            false => Ok(anchors),
        }
    }
}

impl Options {
    /// Without anchors.
    pub fn of(evidence: Evidence) -> Self {
        Self { evidence, anchor: None, anchors: None, checkpoint: None, key: None, against: None }
    }
}

/// The result of the verification.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Report {
    /// The file of records.
    pub path: PathBuf,
    /// Number of readable records whose own hash is right.
    pub records: u64,
    /// Number and hash of the last record, to be noted as an anchor; null where it could not be read.
    pub head: Option<Head>,
    /// The given anchor.
    pub anchor: Option<Head>,
    /// Number of anchors that were kept elsewhere.
    pub anchors: usize,
    /// The checkpoint, by which a start spares itself most records; null where there is none, or the records are damaged.
    pub checkpoint: Option<CheckpointTruth>,
    /// Number of signed checkpoints that were held against the records.
    pub signed_checkpoints: usize,
    /// Whether a key was known by which their signatures were checked.
    pub signatures_checked: bool,
    /// The damages, in the order of the walk; at most 1000.
    pub damages: Vec<Damage>,
    /// Number of damages in all.
    pub damage_count: u64,
    /// Peculiarities that are no damage; at most 1000.
    pub remarks: Vec<Remark>,
    /// Number of peculiarities in all.
    pub remark_count: u64,
}

impl Report {
    fn add_damage(&mut self, damage: Damage) {
        self.damage_count += 1;
        if self.damages.len() < LISTED {
            self.damages.push(damage);
        }
    }
}

/// Walks along the whole chain.
pub fn run(options: &Options) -> Outcome<Report> {
    run_with(options, &|_, _| {})
}

/// The same. `progress` gets the number of bytes that were read, and of all.
pub fn run_with(options: &Options, progress: &dyn Fn(u64, u64)) -> Outcome<Report> {
    walk(options, progress).unwrap_or_else(Outcome::failed)
}

fn walk(options: &Options, progress: &dyn Fn(u64, u64)) -> Result<Outcome<Report>, Failure> {
    let path = options.evidence.path().to_owned();
    let kept = options.anchors.as_ref().map_or(Ok(vec![]), AnchorSource::read)?;
    let mut report =
        Report { path, anchor: options.anchor, anchors: kept.len(), ..Report::default() };
    let mut of_copies = vec![];
    let held = signed_heads(options, &mut of_copies)?;
    report.signed_checkpoints = held.len();
    report.signatures_checked = options.key.is_some() && !held.is_empty();
    let mut tree_heads = TreeHeads::new(held, options.key.as_ref());
    let mut other = options.against.as_ref().map(Other::open).transpose()?;
    let (mut set_back, mut is_chain) = (0_u64, true);
    // First: an append may replace it while the records are read.
    let mut trial = options.evidence.try_checkpoint();
    let anchors = options.anchor.map(Anchor::given).into_iter().chain(trial.anchor());
    let anchors = anchors.chain(kept);
    let mut chain = options.evidence.walk(anchors)?.on_threads();
    while let Some(step) = chain.next() {
        match step? {
            Step::Record(record) => {
                report.records += 1;
                if report.records.is_multiple_of(PROGRESS_EVERY) {
                    let (done, of) = chain.progress();
                    progress(done, of);
                }
                tree_heads.add(&record);
                if let Some(other) = &mut other {
                    of_copies.extend(other.compare(&record)?);
                }
                trial.add(*record, chain.line());
            }
            Step::Damage(damage) => {
                is_chain &= damage.kind.leaves_a_chain();
                report.add_damage(damage);
            }
            Step::Remark(remark) => {
                report.remark_count += 1;
                set_back += u64::from(remark.kind == RemarkKind::TimeWentBack);
                if report.remarks.len() < LISTED {
                    report.remarks.push(remark);
                }
            }
        }
    }
    report.head = chain.reached();
    let (checkpoint, damage) = trial.finish(report.damage_count == 0);
    report.checkpoint = checkpoint;
    damage.into_iter().for_each(|damage| report.add_damage(damage));
    of_copies.extend(tree_heads.finish(is_chain));
    of_copies.into_iter().for_each(|damage| report.add_damage(damage));
    let mut warnings = Vec::new();
    let no_evidence = report.records == 0 && report.damage_count == 0;
    if no_evidence {
        warnings.push(format!("no record is in {}", report.path.display()));
    }
    if set_back > 0 {
        let records = if set_back == 1 { "record" } else { "records" };
        warnings.push(format!("the machine's clock was set back before {set_back} {records}"));
    }
    // Bytes that are no record are no evidence; a fresh directory holds none.
    let is_junk = no_evidence && report.remark_count > 0;
    let verdict = match (report.damage_count, warnings.is_empty()) {
        (0, true) => Verdict::Pass,
        (0, false) if !is_junk => Verdict::Warn,
        _ => Verdict::Fail,
    };
    Ok(Outcome { warnings, ..Outcome::judged(report, verdict, false) })
}

/// The signed checkpoints beside the records, and the copy that was named.
fn signed_heads(options: &Options, damages: &mut Vec<Damage>) -> Result<Vec<Held>, Failure> {
    let mut held = vec![];
    let beside = [
        ("the signed checkpoint", options.evidence.signed()),
        ("the cosigned checkpoint", options.evidence.cosigned()),
    ];
    for (kept, found) in beside {
        match found {
            Ok(Some(checkpoint)) => held.push(Held { kept: kept.to_owned(), checkpoint }),
            Ok(None) => {}
            Err(error) => damages.push(Damage {
                kind: DamageKind::SignedUnreadable,
                line: None,
                seq: None,
                found: error.to_string(),
            }),
        }
    }
    if let Some(path) = &options.checkpoint {
        let checkpoint = read_checkpoint(path)?;
        held.push(Held { kept: format!("the checkpoint in {}", path.display()), checkpoint });
    }
    Ok(held)
}

fn read_checkpoint(path: &Path) -> Result<SignedHead, Failure> {
    let failed = |error: &dyn std::error::Error| {
        let message = format!("failed to read the signed checkpoint in {}", path.display());
        Failure::new(Code::Usage, message)
            .with_cause(error)
            .with_remedy("name a file that `mt5crs evidence checkpoint` or a witness printed")
    };
    let (bytes, _) = read_with_timeout(path, MAX_BYTES as u64).map_err(|error| failed(&error))?;
    SignedHead::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| failed(&error))
}

/// Another copy of the evidence, read along with this one.
struct Other<'o> {
    path: &'o Path,
    records: Box<dyn Iterator<Item = Result<Record, EvidenceError>> + 'o>,
    /// Whether the first difference was found, or the copy has ended.
    is_over: bool,
}

impl<'o> Other<'o> {
    fn open(evidence: &'o Evidence) -> Result<Self, EvidenceError> {
        let records = Box::new(evidence.records()?);
        Ok(Self { path: evidence.path(), records, is_over: false })
    }

    /// The damage, where this is the first record that differs.
    fn compare(&mut self, record: &Record) -> Result<Option<Damage>, EvidenceError> {
        if self.is_over {
            return Ok(None);
        }
        let theirs = self.records.next().transpose()?;
        self.is_over = theirs.as_ref().is_none_or(|it| it.hash != record.hash);
        Ok(theirs.filter(|_| self.is_over).map(|_| Damage {
            kind: DamageKind::Fork,
            line: None,
            seq: Some(record.seq),
            found: format!(
                "record {} is the first in which it differs from {}: one was rewritten, or two machines went on from the same records",
                record.seq,
                self.path.display()
            ),
        }))
    }
}
