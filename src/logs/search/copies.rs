//! Recognizes copies: a marker is in a run's own log and in the shared log, and is shown once.
//!
//! Only a line of ours that another file has shown is a copy; the same line twice in one file is shown twice. Memory is
//! bounded: of a search that shows millions of lines, a copy may be shown again, but no line is ever left out for
//! another's sake.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::logs::search::parse::Line;
use crate::logs::write::line::{Format, compose};

/// Number of lines that are remembered: at least this, at most twice as many, at some 20 bytes each.
const REMEMBERED: usize = 1_000_000;
/// The end of the time in the header of every line of ours, and its place.
const OFFSET: &[u8] = b"+00:00 ";
const TIME_BYTES: usize = 26;

/// Keys of the lines that were shown, in two generations, and of those of the present file.
#[derive(Debug, Default)]
pub(super) struct Copies {
    young: HashSet<u64>,
    old: HashSet<u64>,
    present: HashSet<u64>,
}

impl Copies {
    /// Whether another file has shown the line, which is given without its end.
    pub(super) fn is_copy(&mut self, line: &[u8]) -> bool {
        let Some(key) = key(line) else { return false };
        if self.young.contains(&key) || self.old.contains(&key) {
            return true;
        }
        self.present.insert(key);
        if self.present.len() >= REMEMBERED {
            self.next_file();
        }
        false
    }

    /// The next line is another file's.
    pub(super) fn next_file(&mut self) {
        self.young.extend(self.present.drain());
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

/// Equal for a line in text and in JSON; `None` where the line is not ours.
fn key(line: &[u8]) -> Option<u64> {
    let mut key = DefaultHasher::new();
    if line.first() == Some(&b'{') {
        let Line { time, level, pid, run, component, text } = Line::parse(line)?;
        let stamp = format!("{pid}-{run}");
        let text = compose(Format::Text, time, level, &stamp, &component, &text);
        text.trim_end_matches('\n').as_bytes().hash(&mut key);
    } else {
        let is_ours = line.get(TIME_BYTES..TIME_BYTES + OFFSET.len()) == Some(OFFSET);
        is_ours.then(|| line.hash(&mut key))?;
    }
    Some(key.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    fn written(format: Format, text: &str) -> Vec<u8> {
        let time = "2026-01-17T03:54:22.961398Z".parse().unwrap();
        let line = compose(format, time, Level::WARN, "4711-3f2a9c1b", "Gateway", text);
        line.trim_end_matches('\n').as_bytes().to_vec()
    }

    #[test]
    fn a_line_of_another_file_is_a_copy_in_either_format() {
        for text in ["plain", "say \"5 °\" \\n \u{1b}[2J\n", "a\\u{1b}b "] {
            for (first, second) in [(Format::Text, Format::Json), (Format::Json, Format::Text)] {
                let mut copies = Copies::default();
                assert!(!copies.is_copy(&written(first, text)));
                // The file itself may hold it twice.
                assert!(!copies.is_copy(&written(first, text)));
                copies.next_file();
                assert!(copies.is_copy(&written(second, text)), "{text:?}");
                assert!(!copies.is_copy(&written(second, "another")));
            }
        }
    }

    #[test]
    fn lines_of_other_programs_are_no_copies() {
        let mut copies = Copies::default();
        for line in [&b"State synchronized"[..], b"", b"{}", b"{\"level\":\"INFO\"}"] {
            assert!(!copies.is_copy(line));
            copies.next_file();
            assert!(!copies.is_copy(line));
        }
    }
}
