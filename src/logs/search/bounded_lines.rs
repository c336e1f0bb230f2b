//! Reads a stream as lines of bounded length, up to its first error.
//!
//! The library holds a whole line in memory, and a file without line ends would be held whole. So a line past the limit
//! gets a line end put into it: each piece is searched, and only a match across two pieces is missed, which is reported.
//! An error is kept and ends the stream, because the library would drop the line before it.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read};

/// The longest line that is searched in one piece, in bytes.
pub(super) const LONGEST: usize = 4 << 20;

/// A change of a stream while it was read.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Offsets in [`Pieces`] of the line ends that were put into long lines.
    pub(super) seams: Vec<u64>,
    /// The error that ended the stream early.
    pub(super) error: Option<io::Error>,
    /// The stream's own line ends, where they are counted.
    pub(super) lines: u64,
}

/// A stream with line ends put into long lines.
pub(super) struct Pieces<'s, R> {
    inner: R,
    seen: &'s RefCell<Seen>,
    counts_lines: bool,
    /// Bytes read so far, seams included.
    offset: u64,
    /// Bytes since the last line end.
    open: usize,
    longest: usize,
}

impl<'s, R: Read> Pieces<'s, R> {
    pub(super) fn new(inner: R, seen: &'s RefCell<Seen>, counts_lines: bool) -> Self {
        Self { inner, seen, counts_lines, offset: 0, open: 0, longest: LONGEST }
    }
}

impl<R: Read> Read for Pieces<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut seen = self.seen.borrow_mut();
        if self.open >= self.longest {
            seen.seams.push(self.offset);
            (self.offset, self.open) = (self.offset + 1, 0);
            buffer[0] = b'\n';
            return Ok(1);
        }
        let room = buffer.len().min(self.longest - self.open);
        let count = loop {
            match self.inner.read(&mut buffer[..room]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    seen.error.get_or_insert(error);
                    return Ok(0);
                }
                Ok(count) => break count,
            }
        };
        self.offset += count as u64;
        if self.counts_lines {
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
        assert_eq!(seen.into_inner().error.unwrap().kind(), ErrorKind::UnexpectedEof);
    }
}
