//! A large text in chunks of whole lines, read ahead by another thread while this one searches.
//!
//! Copying a file out of the page cache takes as long as searching it. Mapping it instead would save the copy, and cost
//! what a log can't afford: one that is truncated under a mapping kills its reader, and all of it counts as resident.

use std::cell::RefCell;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::logs::search::bounded_lines::{Pieces, Seen};

/// How much is read at a time, in bytes: the chunks in flight stay in the processor's cache.
const CHUNK: usize = 256 * 1024;
/// Chunks in flight.
const FLIGHT: usize = 3;

/// Whole lines; only the last of a text may lack its end.
pub(super) struct Chunk {
    buffer: Vec<u8>,
    length: usize,
    /// The text's lines before these, where lines are counted.
    pub(super) before: u64,
    /// Where line ends were put into long lines, as offsets in these bytes.
    pub(super) seams: Vec<u64>,
}

impl Chunk {
    pub(super) fn lines(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

/// Hands every chunk to `each` until it says that it has enough. Returns what happened to the text.
pub(super) fn read(
    text: impl Read + Send,
    counted: bool,
    each: &mut dyn FnMut(&Chunk) -> io::Result<bool>,
) -> io::Result<Seen> {
    let (full, chunks) = sync_channel(FLIGHT);
    let (back, free) = sync_channel(FLIGHT + 1);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || fill(text, counted, &full, &free));
        let taken = take(chunks, &back, each);
        // Both ends are gone by now, so that the reader ends as well.
        let seen = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        taken.map(|()| seen)
    })
}

fn take(
    chunks: Receiver<Chunk>,
    back: &SyncSender<Vec<u8>>,
    each: &mut dyn FnMut(&Chunk) -> io::Result<bool>,
) -> io::Result<()> {
    for chunk in chunks {
        if !each(&chunk)? {
            break;
        }
        // A reader that is through needs no buffer.
        let _ = back.try_send(chunk.buffer);
    }
    Ok(())
}

/// Reads until the text ends or nobody wants more of it.
fn fill(
    text: impl Read,
    counted: bool,
    full: &SyncSender<Chunk>,
    free: &Receiver<Vec<u8>>,
) -> Seen {
    let seen = RefCell::new(Seen::default());
    let mut text = Pieces::new(text, &seen, false);
    let mut rest = Vec::new();
    let (mut handed, mut before) = (0, 0);
    loop {
        let mut buffer = free.try_recv().unwrap_or_default();
        let (length, ended) = whole_lines(&mut text, &rest, &mut buffer);
        let end = if ended {
            length
        } else {
            memchr::memrchr(b'\n', &buffer[..length]).map_or(length, |at| at + 1)
        };
        rest.clear();
        rest.extend_from_slice(&buffer[end..length]);
        let seams = seen.borrow_mut().take_seams(handed, handed + end as u64);
        let lines = match counted {
            true => memchr::memchr_iter(b'\n', &buffer[..end]).count() as u64 - seams.len() as u64,
            false => 0,
        };
        let chunk = Chunk { buffer, length: end, before, seams };
        handed += end as u64;
        before += lines;
        if full.send(chunk).is_err() || ended {
            break;
        }
    }
    drop(text);
    Seen { lines: before, ..seen.into_inner() }
}

/// Fills the buffer behind what was left over, until it is full and holds a line end, or the text ends.
fn whole_lines(text: &mut impl Read, rest: &[u8], buffer: &mut Vec<u8>) -> (usize, bool) {
    buffer.resize(buffer.len().max(rest.len() + CHUNK), 0);
    buffer[..rest.len()].copy_from_slice(rest);
    let mut length = rest.len();
    loop {
        // Errors were kept as the end of the text.
        match text.read(&mut buffer[length..]).unwrap_or(0) {
            0 => return (length, true),
            count => length += count,
        }
        if length < buffer.len() {
            continue;
        }
        if memchr::memrchr(b'\n', buffer).is_some() {
            return (length, false);
        }
        // Bounded: past the limit a line end is put in.
        buffer.resize(length + CHUNK, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(text: &[u8]) -> (Vec<u8>, Vec<u64>, Seen) {
        let (mut all, mut before) = (Vec::new(), Vec::new());
        let seen = read(text, true, &mut |chunk| {
            all.extend_from_slice(chunk.lines());
            before.push(chunk.before);
            Ok(true)
        });
        (all, before, seen.unwrap())
    }

    #[test]
    fn every_chunk_but_the_last_ends_with_a_line() {
        let text: String = (0..100_000).map(|number| format!("line {number}\n")).collect();
        let text = text + "without end";
        let mut last = false;
        read(text.as_bytes(), false, &mut |chunk| {
            assert!(!last);
            last = !chunk.lines().ends_with(b"\n");
            Ok(true)
        })
        .unwrap();
        assert!(last);
        let (all, before, seen) = chunks(text.as_bytes());
        assert_eq!(all, text.as_bytes());
        assert!(before.len() > 3 && before.is_sorted());
        assert_eq!(seen.lines, 100_000);
    }

    #[test]
    fn a_line_longer_than_a_chunk_stays_whole_and_an_endless_one_is_cut() {
        let long = vec![b'x'; 3 * CHUNK];
        assert_eq!(chunks(&long).0, long);
        let endless = vec![b'x'; 2 * crate::logs::search::bounded_lines::LONGEST + 5];
        let (all, _, seen) = chunks(&endless);
        assert_eq!(all.len(), endless.len() + 2);
        assert_eq!((seen.lines, seen.cut), (0, true));
        assert_eq!(chunks(b"").0, b"");
    }

    #[test]
    fn whoever_has_enough_ends_the_reading() {
        let mut count = 0;
        read(io::repeat(b'\n'), false, &mut |_| {
            count += 1;
            Ok(count < 3)
        })
        .unwrap();
        assert_eq!(count, 3);
        assert!(read(io::repeat(b'\n'), false, &mut |_| Err(io::ErrorKind::Other.into())).is_err());
    }
}
