//! Signs checkpoints of the records, and computes what proofs need, in one walk along all records.
//!
//! # Files
//!
//! - `evidence.signed`: the newest signed checkpoint, a note (`tree_head`), with the cosignatures that witnesses gave it;
//! - `evidence.cosigned`: the newest one that has a cosignature;
//! - `evidence.tree`: the frontier of its tree, and where its last record is, so that signing again reads only later records.
//!   It is believed only where its root is that of the signed checkpoint.
//!
//! All can be lost: the next signing reads every record. A signature is never given to records that don't begin with those
//! of the checkpoint before; who removes that checkpoint as well is found by a witness alone.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::chain::anchor::Anchors;
use super::chain::{Chain, Step};
use super::damage::RemarkKind;
use super::head::{self, Head};
use super::note::{MAX_BYTES, Note, Signature, SignerKey, VerifierKey, Vouched};
use super::source::Source;
use super::tree::{self, Frontier, Hash, Range, Subtrees};
use super::tree_head::{NotACheckpoint, SignedHead, TreeHead};
use super::{Evidence, EvidenceError, Sha256Hex, segments};
use crate::os::durable::{Access, AtomicFile};
use crate::os::fifo::read_regular;

/// The file of the newest signed checkpoint.
const SIGNED: &str = "evidence.signed";
/// The file of the newest cosigned one.
const COSIGNED: &str = "evidence.cosigned";
/// The file of its frontier.
const TREE: &str = "evidence.tree";
/// The form of the frontier's file.
const VERSION: u32 = 1;

/// Why no checkpoint was signed, or none could be read.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The records can't be read, or are damaged.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// There is no record.
    #[error("{} holds no record", .path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// Nothing was signed yet.
    #[error("{} holds no signed checkpoint", .path.display())]
    NoCheckpoint {
        /// The directory.
        path: PathBuf,
    },
    /// The kept checkpoint is no checkpoint.
    #[error("{} can't be used: {why}", .path.display())]
    Unreadable {
        /// Its file.
        path: PathBuf,
        /// Why.
        #[source]
        why: NotACheckpoint,
    },
    /// The kept checkpoint bears no signature of this key for this origin.
    #[error("{} is not signed by the key of {name} for {origin}: it was forged, or the key was changed", .path.display())]
    NotOurs {
        /// Its file.
        path: PathBuf,
        /// The key's name.
        name: String,
        /// The expected origin.
        origin: String,
    },
    /// The records don't begin with those that were signed.
    #[error("the records are not those of the signed checkpoint of {size}: {why}")]
    Rewritten {
        /// Number of records of the signed checkpoint.
        size: u64,
        /// What differs.
        why: &'static str,
    },
    /// A file can't be written.
    #[error("failed to write {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What a walk is to compute beside the root of all records.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Only so many records, from the first on; all where it is `None`.
    pub size: Option<u64>,
    /// The roots of these numbers of records.
    pub roots: Vec<u64>,
    /// The hashes of these subtrees.
    pub subtrees: Vec<Range>,
    /// The line of this record.
    pub line: Option<u64>,
}

/// What a walk along all records computed.
#[derive(Debug)]
pub struct Computed {
    /// The tree of the records that were asked for.
    pub frontier: Frontier,
    /// The roots that were asked for, by their number of records.
    pub roots: BTreeMap<u64, Hash>,
    /// The hashes of the subtrees in their order; `None` where records are missing for them.
    pub subtrees: Option<Vec<Hash>>,
    /// The line that was asked for, without its newline.
    pub line: Option<Vec<u8>>,
    /// The last record of the tree.
    last: Head,
    place: Option<Place>,
}

/// The end of the last record's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    segment: u32,
    end: u64,
}

/// The text that is signed in the frontier's file: no checkpoint begins like it.
fn tree_text(tree: &str) -> String {
    format!("mt5crs evidence.tree\n{tree}\n")
}

/// The content of the frontier's file, before the line with its signature.
#[derive(Debug, Serialize, Deserialize)]
struct StoredTree {
    v: u32,
    size: u64,
    last: Sha256Hex,
    #[serde(flatten)]
    place: Place,
    nodes: Vec<Sha256Hex>,
}

impl Evidence {
    fn signed_path(&self) -> PathBuf {
        self.directory.join(SIGNED)
    }

    fn tree_path(&self) -> PathBuf {
        self.directory.join(TREE)
    }

    /// The name of the evidence in its directory: the profile's, or host and port.
    pub fn name(&self) -> String {
        self.directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The origin of its checkpoints: one key may sign the evidence of several accounts.
    pub fn origin(&self, key: &VerifierKey) -> String {
        format!("{}/{}", key.name(), self.name())
    }

    /// The newest signed checkpoint; `None` where there is none. Whether it is true, a key must tell.
    pub fn signed(&self) -> Result<Option<SignedHead>, SigningError> {
        self.kept(self.signed_path())
    }

    /// The newest checkpoint that a witness has cosigned.
    pub fn cosigned(&self) -> Result<Option<SignedHead>, SigningError> {
        self.kept(self.directory.join(COSIGNED))
    }

    fn kept(&self, path: PathBuf) -> Result<Option<SignedHead>, SigningError> {
        let bytes = match read_regular(&path, MAX_BYTES as u64) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(EvidenceError::io("read", &path)(error).into()),
        };
        let text = String::from_utf8_lossy(&bytes);
        SignedHead::parse(&text).map(Some).map_err(|why| SigningError::Unreadable { path, why })
    }

    /// Walks along all records and computes. Fails on damage.
    pub fn compute(&self, wanted: Wanted) -> Result<Computed, EvidenceError> {
        let chain = self.walk([])?.on_threads();
        self.compute_along(chain, Frontier::default(), Head::EMPTY, wanted)
    }

    fn compute_along(
        &self,
        mut chain: Chain<'_>,
        frontier: Frontier,
        last: Head,
        wanted: Wanted,
    ) -> Result<Computed, EvidenceError> {
        let most = wanted.size.unwrap_or(u64::MAX);
        let mut subtrees = Subtrees::new(&wanted.subtrees);
        let mut is_ended = true;
        let mut computed = Computed {
            frontier,
            roots: BTreeMap::new(),
            subtrees: None,
            line: None,
            last,
            place: None,
        };
        while let Some(step) = chain.next() {
            match step? {
                Step::Record(record) if record.seq <= most => {
                    let leaf = tree::leaf(record.hash);
                    computed.frontier.add(leaf);
                    subtrees.add(record.seq - 1, leaf);
                    computed.last = Head { count: record.seq, hash: record.hash };
                    if wanted.line == Some(record.seq) {
                        computed.line = Some(chain.line().to_owned());
                    }
                    if wanted.roots.contains(&record.seq) {
                        computed.roots.insert(record.seq, computed.frontier.root());
                    }
                }
                Step::Record(_) => {}
                Step::Damage(damage) => return Err(self.damaged(damage.to_string())),
                Step::Remark(remark) => is_ended &= remark.kind != RemarkKind::UnfinishedLine,
            }
        }
        if is_ended && wanted.size.is_none() {
            let (segment, end) = (chain.files().active_number, chain.files().active_bytes);
            computed.place = Some(Place { segment, end });
        }
        computed.subtrees = subtrees.finish();
        Ok(computed)
    }

    /// Signs the records as they are now, and keeps the checkpoint. Where nothing was added, the kept one is the answer, with
    /// its cosignatures.
    pub fn sign(&self, key: &SignerKey) -> Result<SignedHead, SigningError> {
        let origin = self.origin(key.verifier());
        let kept = self.signed()?;
        if let Some(kept) = &kept
            && (kept.head.origin != origin || kept.note.vouched(key.verifier()) != Vouched::Signed)
        {
            let (path, name) = (self.signed_path(), key.verifier().name().to_owned());
            return Err(SigningError::NotOurs { path, name, origin });
        }
        let computed = self.compute_after(kept.as_ref(), key)?;
        let (size, root) = (computed.frontier.size(), computed.frontier.root());
        if size == 0 {
            return Err(SigningError::Empty { path: self.directory.clone() });
        }
        if let Some(kept) = kept.filter(|kept| kept.head.size == size) {
            return Ok(kept);
        }
        let head = TreeHead { origin, size, root };
        let mut note = Note::new(head.to_string());
        note.add(key.sign(note.text()));
        let signed = SignedHead { head, note };
        self.keep_signed(&signed)?;
        if let Some(place) = computed.place {
            self.keep_tree(&computed, place, key)?;
        }
        Ok(signed)
    }

    /// Signs where a file was sealed since the last checkpoint. Takes a while after many records: call it when nothing urgent
    /// is left.
    pub fn sign_sealed(&self, key: &SignerKey) -> Result<(), SigningError> {
        let sealed = segments::last_record(&self.directory)?.count;
        let signed = self.signed()?.map_or(0, |signed| signed.head.size);
        if sealed > signed { self.sign(key).map(drop) } else { Ok(()) }
    }

    /// Adds cosignatures to the newest checkpoint, those that this witness has made. `None` where there is none among them.
    pub fn add_cosignatures(
        &self,
        signatures: Vec<Signature>,
        witness: &VerifierKey,
    ) -> Result<Option<SignedHead>, SigningError> {
        let Some(mut signed) = self.signed()? else {
            return Err(SigningError::NoCheckpoint { path: self.directory.clone() });
        };
        let is_its = |signature: &Signature| {
            let mut note = Note::new(signed.note.text().to_owned());
            note.add(signature.clone());
            matches!(note.vouched(witness), Vouched::Cosigned(_))
        };
        let good: Vec<Signature> = signatures.into_iter().filter(is_its).collect();
        if good.is_empty() {
            return Ok(None);
        }
        good.into_iter().for_each(|signature| signed.note.put(signature));
        self.keep_signed(&signed)?;
        self.replace(self.directory.join(COSIGNED), signed.note.to_string().as_bytes())?;
        Ok(Some(signed))
    }

    /// All records, computed from the kept frontier where it can be believed.
    fn compute_after(
        &self,
        kept: Option<&SignedHead>,
        key: &SignerKey,
    ) -> Result<Computed, SigningError> {
        let Some(kept) = kept else { return Ok(self.compute(Wanted::default())?) };
        if let Some(computed) = self.compute_from_kept(&kept.head, key.verifier())? {
            return Ok(computed);
        }
        let size = kept.head.size;
        let roots = vec![size];
        let computed = self.compute(Wanted { roots, ..Wanted::default() })?;
        match computed.roots.get(&size) {
            Some(root) if *root == kept.head.root => Ok(computed),
            Some(_) => Err(SigningError::Rewritten { size, why: "their root is another" }),
            None => Err(SigningError::Rewritten { size, why: "there are fewer" }),
        }
    }

    /// Reads the records after the kept frontier; `None` where it can't be believed, or its place is compressed by now.
    fn compute_from_kept(
        &self,
        kept: &TreeHead,
        key: &VerifierKey,
    ) -> Result<Option<Computed>, EvidenceError> {
        let Some((frontier, last, place)) = self.kept_tree(kept, key) else { return Ok(None) };
        let lock = self.lock_shared()?;
        let head = head::load(&self.head);
        let mut source = Source::open(&self.directory, &self.records)?;
        // An emergency waits only shortly for it, and what is added from now on is not read.
        drop(lock);
        if !source.is_complete() {
            return Ok(None);
        }
        match source.skip_to(place.segment, place.end) {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(EvidenceError::io("read", &self.records)(error)),
            None => return Ok(None),
        }
        let chain = Chain::after(self, source, head, Anchors::default(), last, None);
        // Where something is wrong, reading every record names it.
        Ok(self.compute_along(chain, frontier, last, Wanted::default()).ok())
    }

    /// The kept frontier with the record behind which to read on, where the key signed both: who may write the file could
    /// otherwise name another record.
    fn kept_tree(&self, kept: &TreeHead, key: &VerifierKey) -> Option<(Frontier, Head, Place)> {
        let bytes = read_regular(&self.tree_path(), MAX_BYTES as u64).ok()?;
        let (tree, signature) = std::str::from_utf8(&bytes).ok()?.trim_end().split_once('\n')?;
        let mut note = Note::new(tree_text(tree));
        note.add(signature.parse().ok()?);
        if note.vouched(key) != Vouched::Signed {
            return None;
        }
        let StoredTree { v, size, last, place, nodes } = serde_json::from_str(tree).ok()?;
        let frontier =
            Frontier::from_parts(size, nodes.iter().map(|node| *node.bytes()).collect())?;
        let is_signed = v == VERSION && size == kept.size && frontier.root() == kept.root;
        is_signed.then_some((frontier, Head { count: size, hash: last }, place))
    }

    fn keep_signed(&self, signed: &SignedHead) -> Result<(), SigningError> {
        self.replace(self.signed_path(), signed.note.to_string().as_bytes())
    }

    fn keep_tree(
        &self,
        computed: &Computed,
        place: Place,
        key: &SignerKey,
    ) -> Result<(), SigningError> {
        let nodes = computed.frontier.nodes().iter().map(|node| Sha256Hex::from(*node)).collect();
        let (size, last) = (computed.frontier.size(), computed.last.hash);
        let stored = StoredTree { v: VERSION, size, last, place, nodes };
        let tree = serde_json::to_string(&stored)
            .map_err(|error| SigningError::Io { path: self.tree_path(), source: error.into() })?;
        let signature = key.sign(&tree_text(&tree));
        self.replace(self.tree_path(), format!("{tree}\n{signature}\n").as_bytes())
    }

    fn replace(&self, path: PathBuf, bytes: &[u8]) -> Result<(), SigningError> {
        let write = || {
            let mut file = AtomicFile::create(&path, Access::Umask)?;
            file.write_all(bytes)?;
            file.replace().map(drop)
        };
        write().map_err(|source| SigningError::Io { path: path.clone(), source })
    }
}
