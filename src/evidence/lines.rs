//! Reads a file line by line in bounded memory, for any content.

use std::io::{self, BufRead, BufReader, Read};

use super::line::MAX_LINE_BYTES;

/// The lines of a reader.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    buffer: Vec<u8>,
}

/// One line, without its newline.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A line that could be a record's.
    Whole {
        /// The bytes of the line.
        bytes: &'a [u8],
        /// Whether a newline ended it.
        ended: bool,
    },
    /// A line longer than the limit; it was skipped.
    Oversized {
        /// Length of the line with its newline.
        bytes: u64,
    },
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, reader), buffer: Vec::new() }
    }

    /// Reads the next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        // The longest line and its newline.
        let limit = MAX_LINE_BYTES as u64 + 1;
        let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        if let Some(bytes) = self.buffer.strip_suffix(b"\n") {
            return Ok(Some(Line::Whole { bytes, ended: true }));
        }
        if read <= MAX_LINE_BYTES {
            return Ok(Some(Line::Whole { bytes: &self.buffer, ended: false }));
        }
        let skipped = self.reader.skip_until(b'\n')?;
        Ok(Some(Line::Oversized { bytes: (read + skipped) as u64 }))
    }
}
