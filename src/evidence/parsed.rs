//! Reads and parses lines in batches, in this thread or on all processors.
//!
//! Parsing a line, most of all its hash, needs no other line. So a walk over all records has other threads do that, and
//! only follows the chain itself. A start reads few records, and parses them as it goes.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::line::{MAX_LINE_BYTES, ParsedLine, parse};
use super::source::{BadSegment, Source};

/// The largest batch in bytes, but for one long line.
const BATCH_BYTES: usize = 256 << 10;
/// Number of lines in the first batch; each further one has this many times as many.
const GROWTH: usize = 16;
/// Number of batches that are read ahead.
const AHEAD: usize = 8;

/// One line.
#[derive(Debug)]
pub(super) enum Line {
    /// A line that could be a record's. The flag says whether a newline ended it.
    Whole { parsed: ParsedLine, ended: bool },
    /// A line longer than the limit; it was skipped. Its length with its newline.
    Oversized { bytes: u64 },
    /// A sealed segment could not be read to its end; here the next one begins.
    Bad(BadSegment),
}

/// Consecutive lines.
#[derive(Default)]
struct Batch {
    text: Vec<u8>,
    raw: Vec<Raw>,
    lines: std::vec::IntoIter<(Range<usize>, Line)>,
    error: Option<io::Error>,
    is_last: bool,
}

/// A line that is not parsed yet.
enum Raw {
    Whole { at: Range<usize>, ended: bool },
    Oversized { bytes: u64 },
    Bad(BadSegment),
}

impl Batch {
    fn read(reader: &mut BufReader<Source>, most: usize) -> Self {
        let mut batch = Self::default();
        while batch.raw.len() < most && batch.text.len() < BATCH_BYTES && !batch.is_last {
            if let Err(error) = batch.read_line(reader) {
                (batch.error, batch.is_last) = (Some(error), true);
            }
        }
        batch
    }

    fn read_line(&mut self, reader: &mut BufReader<Source>) -> io::Result<()> {
        let start = self.text.len();
        // The longest line and its newline.
        let limit = MAX_LINE_BYTES as u64 + 1;
        let read = reader.by_ref().take(limit).read_until(b'\n', &mut self.text)?;
        while let Some(bad) = reader.get_mut().take_bad() {
            self.raw.push(Raw::Bad(bad));
        }
        let ended = self.text.len() > start && self.text.last() == Some(&b'\n');
        self.raw.push(if read == 0 {
            self.is_last = true;
            return Ok(());
        } else if ended {
            Raw::Whole { at: start..self.text.len() - 1, ended }
        } else if read <= MAX_LINE_BYTES {
            Raw::Whole { at: start..self.text.len(), ended }
        } else {
            self.text.truncate(start);
            let skipped = reader.skip_until(b'\n')?;
            Raw::Oversized { bytes: (read + skipped) as u64 }
        });
        Ok(())
    }

    fn parse(mut self) -> Self {
        let text = &self.text;
        let parsed = std::mem::take(&mut self.raw).into_iter().map(|raw| match raw {
            Raw::Whole { at, ended } => {
                (at.clone(), Line::Whole { parsed: parse(&text[at]), ended })
            }
            Raw::Oversized { bytes } => (0..0, Line::Oversized { bytes }),
            Raw::Bad(bad) => (0..0, Line::Bad(bad)),
        });
        self.lines = parsed.collect::<Vec<_>>().into_iter();
        self
    }
}

/// The parsed lines of all records.
pub(super) struct ParsedLines {
    from: From,
    batch: Batch,
    /// The place in the batch of the line that was returned last.
    at: Range<usize>,
}

enum From {
    /// This thread.
    Here { reader: Box<BufReader<Source>>, lines: usize },
    /// Other threads.
    Threads { batches: Receiver<Receiver<Batch>> },
}

impl ParsedLines {
    pub(super) fn here(source: Source) -> Self {
        let reader = Box::new(BufReader::with_capacity(64 << 10, source));
        Self { from: From::Here { reader, lines: 1 }, batch: Batch::default(), at: 0..0 }
    }

    /// Parses on all processors from now on; where no thread can be started, in this one.
    pub(super) fn on_threads(&mut self) {
        let From::Here { reader, .. } = &mut self.from else { return };
        let count = thread::available_parallelism().map_or(1, usize::from).min(8);
        let (work, jobs) = mpsc::channel::<(Batch, Sender<Batch>)>();
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..count {
            let jobs = Arc::clone(&jobs);
            let builder = thread::Builder::new().name("parse-records".to_owned());
            if builder.spawn(move || parse_all(&jobs)).is_err() {
                // The threads so far end with the channel.
                return;
            }
        }
        let (order, batches) = mpsc::sync_channel(AHEAD);
        // The source is handed over once there is a thread to take it.
        let (give, take) = mpsc::sync_channel::<BufReader<Source>>(1);
        let builder = thread::Builder::new().name("read-records".to_owned());
        let reading = builder.spawn(move || {
            if let Ok(mut reader) = take.recv() {
                read_all(&mut reader, &work, &order);
            }
        });
        if reading.is_err() {
            return;
        }
        let empty = BufReader::with_capacity(0, Source::empty());
        let _ = give.send(std::mem::replace(&mut **reader, empty));
        self.from = From::Threads { batches };
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            if let Some((at, line)) = self.batch.lines.next() {
                self.at = at;
                return Ok(Some(line));
            }
            self.at = 0..0;
            if let Some(error) = self.batch.error.take() {
                return Err(error);
            }
            if self.batch.is_last {
                return Ok(None);
            }
            self.batch = match &mut self.from {
                From::Here { reader, lines } => {
                    let batch = Batch::read(reader, *lines).parse();
                    *lines = lines.saturating_mul(GROWTH);
                    batch
                }
                From::Threads { batches } => {
                    let ended = |_| io::Error::other("a thread of mt5crs that reads it ended");
                    batches.recv().and_then(|batch| batch.recv()).map_err(ended)?
                }
            };
        }
    }

    /// The line that was returned last, without its newline.
    pub(super) fn line(&self) -> &[u8] {
        &self.batch.text[self.at.clone()]
    }
}

fn read_all(
    reader: &mut BufReader<Source>,
    work: &Sender<(Batch, Sender<Batch>)>,
    order: &SyncSender<Receiver<Batch>>,
) {
    loop {
        let batch = Batch::read(reader, usize::MAX);
        let is_last = batch.is_last;
        let (done, parsed) = mpsc::channel();
        // Nobody waits for the rest where the walk has ended.
        if work.send((batch, done)).is_err() || order.send(parsed).is_err() || is_last {
            return;
        }
    }
}

fn parse_all(jobs: &Mutex<Receiver<(Batch, Sender<Batch>)>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((batch, done)) = job else { return };
        let _ = done.send(batch.parse());
    }
}
