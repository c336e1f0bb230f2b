//! Only the last hits, as `… | tail -n N` shows them, in bounded memory.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::logs::search::files::Unreadable;
use crate::logs::search::listener::{Hit, Listener};

/// Maximum size of the kept lines, in bytes.
const MAX_BYTES: usize = 8 << 20;

/// Keeps the last hits until the existing files are searched, and passes later hits on at once.
pub struct Last<'l> {
    listener: &'l mut dyn Listener,
    max: usize,
    kept: VecDeque<Kept>,
    bytes: usize,
    /// Number of hits among the last `max` that did not fit into memory.
    pub dropped: usize,
    path: Rc<PathBuf>,
    is_finished: bool,
}

/// Path, line number and text of a hit.
type Kept = (Rc<PathBuf>, Option<u64>, Box<[u8]>);

impl<'l> Last<'l> {
    /// Keeps the last `max` hits.
    pub fn new(max: usize, listener: &'l mut dyn Listener) -> Self {
        Self {
            listener,
            max,
            kept: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            path: Rc::default(),
            is_finished: false,
        }
    }

    fn drop_first(&mut self) {
        if let Some((_, _, line)) = self.kept.pop_front() {
            self.bytes -= line.len();
        }
    }
}

impl Listener for Last<'_> {
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()> {
        if self.is_finished {
            return self.listener.hit(hit);
        }
        if *self.path != hit.path {
            self.path = Rc::new(hit.path.to_owned());
        }
        let (path, number) = (Rc::clone(&self.path), hit.number);
        self.bytes += hit.line.len();
        self.kept.push_back((path, number, hit.line.into()));
        if self.kept.len() + self.dropped > self.max {
            if self.dropped > 0 {
                self.dropped -= 1;
            } else {
                self.drop_first();
            }
        }
        while self.bytes > MAX_BYTES && self.kept.len() > 1 {
            self.drop_first();
            self.dropped += 1;
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, matches: u64) -> io::Result<()> {
        self.listener.file(path, matches)
    }

    fn unreadable(&mut self, unreadable: &Unreadable) {
        self.listener.unreadable(unreadable);
    }

    fn idle(&mut self) -> io::Result<()> {
        self.is_finished = true;
        for (path, number, line) in self.kept.drain(..) {
            self.listener.hit(Hit { path: &path, number, line: &line, matches: true })?;
        }
        self.listener.idle()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Lines(Vec<String>);

    impl Listener for Lines {
        fn hit(&mut self, hit: Hit<'_>) -> io::Result<()> {
            self.0.push(String::from_utf8_lossy(&hit.line[..hit.line.len().min(3)]).into_owned());
            Ok(())
        }

        fn unreadable(&mut self, _: &Unreadable) {}
    }

    fn hit(line: &[u8]) -> Hit<'_> {
        Hit { path: Path::new("a.log"), number: None, line, matches: true }
    }

    #[test]
    fn keeps_the_last_and_passes_later_hits_on() {
        let mut lines = Lines::default();
        let mut last = Last::new(2, &mut lines);
        for line in ["one", "two", "tri"] {
            last.hit(hit(line.as_bytes())).unwrap();
        }
        last.idle().unwrap();
        last.hit(hit(b"fou")).unwrap();
        assert_eq!(lines.0, ["two", "tri", "fou"]);
        let mut none = Lines::default();
        let mut last = Last::new(0, &mut none);
        last.hit(hit(b"one")).unwrap();
        last.idle().unwrap();
        assert_eq!(last.dropped, 0);
        assert!(none.0.is_empty());
    }

    #[test]
    fn hits_that_do_not_fit_are_counted() {
        let mut lines = Lines::default();
        let mut last = Last::new(4, &mut lines);
        let long = vec![b'x'; MAX_BYTES / 2];
        for line in [b"one".as_slice(), &long, &long, &long, b"end"] {
            last.hit(hit(line)).unwrap();
        }
        last.idle().unwrap();
        assert_eq!(last.dropped, 2);
        assert_eq!(lines.0, ["xxx", "end"]);
    }
}
