//! Any stream as lines of a bounded length, up to its first error.
//!
//! The searcher holds a whole line at a time; a file without line ends would be held whole. Here a line past the limit
//! gets a line end put into it: each piece is searched, and only a match across a seam is lost, which is told. An error
//! ends the stream early instead of losing the line before it.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read};

/// The longest line that is searched in one piece, in bytes.
pub(super) const LONGEST: usize = 4 << 20;

/// What happened to a stream while it was read.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Where line ends were put in, as offsets in the stream that was handed on.
    pub(super) seams: Vec<u64>,
    /// Whether any was.
    pub(super) cut: bool,
    /// What ended the stream before its end.
    pub(super) trouble: Option<io::Error>,
    /// The bytes that were handed on.
    pub(super) handed: u64,
    /// The lines of the stream itself, where they are counted.
    pub(super) lines: u64,
}

impl Seen {
    /// Takes the seams in that range of the stream, as offsets in the range.
    pub(super) fn take_seams(&mut self, from: u64, to: u64) -> Vec<u64> {
        let count = self.seams.partition_point(|&seam| seam < to);
        self.seams.drain(..count).map(|seam| seam.saturating_sub(from)).collect()
    }
}

/// See the module.
pub(super) struct Pieces<'s, R> {
    inner: R,
    seen: &'s RefCell<Seen>,
    /// Bytes since the last line end.
    open: usize,
    longest: usize,
    counted: bool,
}

impl<'s, R: Read> Pieces<'s, R> {
    pub(super) fn new(inner: R, seen: &'s RefCell<Seen>, counted: bool) -> Self {
        Self { inner, seen, open: 0, longest: LONGEST, counted }
    }
}

impl<R: Read> Read for Pieces<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut seen = self.seen.borrow_mut();
        if self.open >= self.longest {
            let at = seen.handed;
            seen.seams.push(at);
            seen.cut = true;
            seen.handed += 1;
            self.open = 0;
            buffer[0] = b'\n';
            return Ok(1);
        }
        let room = buffer.len().min(self.longest - self.open);
        let count = loop {
            match self.inner.read(&mut buffer[..room]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    seen.trouble.get_or_insert(error);
                    return Ok(0);
                }
                Ok(count) => break count,
            }
        };
        seen.handed += count as u64;
        if self.counted {
            seen.lines += memchr::memchr_iter(b'\n', &buffer[..count]).count() as u64;
        }
        match memchr::memrchr(b'\n', &buffer[..count]) {
            Some(at) => self.open = count - at - 1,
            None => self.open += count,
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8], longest: usize) -> (String, Vec<u64>, u64) {
        let seen = RefCell::default();
        let mut text = String::new();
        Pieces { longest, ..Pieces::new(input, &seen, true) }.read_to_string(&mut text).unwrap();
        let seen = seen.into_inner();
        (text, seen.seams, seen.lines)
    }

    #[test]
    fn only_lines_past_the_limit_are_cut() {
        assert_eq!(read(b"abc\nde\n\nfgh", 4), ("abc\nde\n\nfgh".into(), vec![], 3));
        assert_eq!(
            read(b"abc\nabcdefghij\nkl\n", 4),
            ("abc\nabcd\nefgh\nij\nkl\n".into(), vec![8, 13], 3)
        );
    }

    #[test]
    fn an_error_is_kept_and_ends_the_stream() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(ErrorKind::UnexpectedEof.into())
            }
        }
        let seen = RefCell::default();
        let mut text = String::new();
        Pieces::new(b"last".chain(Broken), &seen, false).read_to_string(&mut text).unwrap();
        assert_eq!(text, "last");
        assert_eq!(seen.into_inner().trouble.unwrap().kind(), ErrorKind::UnexpectedEof);
    }
}
