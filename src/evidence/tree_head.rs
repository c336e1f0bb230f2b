//! The signed statement about a tree (c2sp.org/tlog-checkpoint): three lines, the origin, the number of records and the root.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::note::{NotANote, Note};
use super::tree::Hash;

/// The number of records and the root of their tree, of the evidence with that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeHead {
    /// The name of the evidence, which no other evidence has.
    pub origin: String,
    /// Number of records.
    pub size: u64,
    /// The root of the tree.
    pub root: Hash,
}

/// Why a text is no signed checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotACheckpoint {
    /// It is no note.
    #[error(transparent)]
    Note(#[from] NotANote),
    /// Its text has another form.
    #[error(
        "it is no checkpoint: an origin, a number and a root must stand on its first three lines"
    )]
    Form,
}

/// The text that is signed.
impl fmt::Display for TreeHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, base64_of(&self.root))
    }
}

impl TreeHead {
    /// Reads a note's text. Further lines are allowed, and say nothing.
    pub fn parse(text: &str) -> Result<Self, NotACheckpoint> {
        let form = NotACheckpoint::Form;
        let mut lines = text.strip_suffix('\n').ok_or(form)?.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(form);
        let (origin, digits, root) = (line()?, line()?, line()?);
        let size: u64 = digits.parse().map_err(|_| form)?;
        let root = hash_of(root).ok_or(form)?;
        if size.to_string() != digits || lines.any(str::is_empty) {
            return Err(form);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

/// A checkpoint with its signatures. What it says counts only once a known key vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// What it says.
    pub head: TreeHead,
    /// The note.
    pub note: Note,
}

impl SignedHead {
    /// Reads a note.
    pub fn parse(note: &str) -> Result<Self, NotACheckpoint> {
        let note = Note::parse(note)?;
        Ok(Self { head: TreeHead::parse(note.text())?, note })
    }
}

/// A hash in base64, as checkpoints and proofs hold it.
pub fn base64_of(hash: &Hash) -> String {
    STANDARD.encode(hash)
}

/// Reads a hash in base64.
pub fn hash_of(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_is_written_and_no_other_way() {
        let head = TreeHead { origin: "desk.example/a1".to_owned(), size: 12, root: [7; 32] };
        let text = head.to_string();
        assert_eq!(text.lines().count(), 3);
        assert_eq!(TreeHead::parse(&text), Ok(head.clone()));
        assert_eq!(TreeHead::parse(&format!("{text}more\n")), Ok(head));
        for (from, to) in [
            ("12", "012"),
            ("12", "+12"),
            ("12", "-1"),
            ("12", ""),
            ("12", "1 2"),
            ("desk.example/a1", ""),
            ("Bw", "B"),
            ("\n12", ""),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_eq!(TreeHead::parse(&changed), Err(NotACheckpoint::Form), "{changed}");
        }
        assert_eq!(TreeHead::parse(text.trim_end()), Err(NotACheckpoint::Form));
        assert_eq!(TreeHead::parse(&format!("{text}\nmore\n")), Err(NotACheckpoint::Form));
    }
}
