//! A line read back: who said what, when and how loudly.
//!
//! The inverse of the form in `line`, text and JSON. Other programs write into VERIFY_LOG.log as well (`… | tee -a`), with
//! or without a line end: what has our form nowhere is foreign, and a line of ours behind somebody's unfinished one is
//! still ours. Only the first header in a line counts, so that a text we quote is never taken for an event.

use std::borrow::Cow;

use jiff::Timestamp;
use memchr::memmem;
use serde::Deserialize;
use tracing::Level;

/// Ends the time in every header; what stands before it is 26 bytes long.
const OFFSET: &[u8] = b"+00:00 ";
const TIME_BYTES: usize = 26;

/// One line of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// When it was written, by the clock of the machine that wrote it.
    pub time: Timestamp,
    /// How loudly.
    pub level: Level,
    /// The process.
    pub pid: u32,
    /// The first digits of the run's id.
    pub run: Cow<'a, str>,
    /// Which part of the tool.
    pub component: Cow<'a, str>,
    /// What it said.
    pub text: Cow<'a, str>,
}

impl<'a> Line<'a> {
    /// Reads a line; `None` where it isn't ours.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.first() == Some(&b'{') {
            return from_json(bytes);
        }
        memmem::find_iter(bytes, OFFSET).find_map(|at| {
            let time = bytes.get(at.checked_sub(TIME_BYTES)?..at + 6)?;
            header(time, bytes.get(at + OFFSET.len()..)?)
        })
    }

    /// Whether the line is of that run, given as `PID-RUN`, as the run's digits or as its whole id.
    pub fn is_of(&self, run: &str) -> bool {
        let simple = run.replace('-', "");
        let whole = simple.len() == 32 && simple.starts_with(&*self.run);
        whole
            || run == self.run
            || run
                .split_once('-')
                .is_some_and(|(pid, digits)| digits == self.run && pid.parse() == Ok(self.pid))
    }
}

fn header<'a>(time: &[u8], rest: &'a [u8]) -> Option<Line<'a>> {
    let time = std::str::from_utf8(time).ok()?.parse().ok()?;
    let (level, rest) = word(rest)?;
    let (stamp, rest) = word(rest)?;
    let (component, text) = word(rest)?;
    let stamp = std::str::from_utf8(stamp).ok()?.strip_prefix('[')?.strip_suffix(']')?;
    let (pid, run) = stamp.split_once('-')?;
    Some(Line {
        time,
        level: std::str::from_utf8(level).ok()?.parse().ok()?,
        pid: pid.parse().ok()?,
        run: Cow::Borrowed(run),
        component: String::from_utf8_lossy(component),
        text: String::from_utf8_lossy(text),
    })
}

/// Up to the next blank, and what stands behind it.
fn word(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b' ', bytes)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn from_json(bytes: &[u8]) -> Option<Line<'_>> {
    #[derive(Deserialize)]
    struct Form<'a> {
        time: Timestamp,
        level: &'a str,
        pid: u32,
        #[serde(borrow)]
        run: Cow<'a, str>,
        #[serde(borrow)]
        component: Cow<'a, str>,
        #[serde(borrow)]
        text: Cow<'a, str>,
    }
    let form: Form<'_> = serde_json::from_slice(bytes).ok()?;
    Some(Line {
        time: form.time,
        level: form.level.parse().ok()?,
        pid: form.pid,
        run: form.run,
        component: form.component,
        text: form.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::write::line::{Format, compose};

    const TIME: &str = "2026-01-17T03:54:22.961398Z";

    fn written(format: Format) -> String {
        compose(
            format,
            TIME.parse().unwrap(),
            Level::WARN,
            "4711-3f2a9c1b",
            "Gateway",
            "say \"5 °\"",
        )
    }

    #[test]
    fn what_was_written_is_read_back_in_either_format() {
        for format in [Format::Text, Format::Json] {
            let line = written(format);
            let line = Line::parse(line.trim_end().as_bytes()).unwrap();
            assert_eq!(line.time, TIME.parse().unwrap());
            assert_eq!((line.level, line.pid, &*line.run), (Level::WARN, 4711, "3f2a9c1b"));
            assert_eq!((&*line.component, &*line.text), ("Gateway", "say \"5 °\""));
        }
    }

    #[test]
    fn a_line_behind_somebodys_unfinished_one_is_ours_and_a_quoted_one_is_not() {
        let ours = written(Format::Text);
        let glued = format!("12+00:00 reviewing… {ours}");
        assert_eq!(
            Line::parse(glued.trim_end().as_bytes()),
            Line::parse(ours.trim_end().as_bytes())
        );
        let quoting = ours.trim_end().to_owned() + " " + &ours.replace("4711", "9");
        assert_eq!(Line::parse(quoting.as_bytes()).unwrap().pid, 4711);
    }

    #[test]
    fn foreign_lines_are_foreign() {
        for text in [
            "",
            "{",
            "{}",
            "State synchronization failed",
            "2026-01-17 03:54:22,961 ERROR State synchronization failed",
            "2026-01-17T03:54:22.961398+00:00 LOUD [1-a] Component text",
            "2026-01-17T03:54:22.961398+00:00 INFO [x-a] Component text",
            "2026-13-17T03:54:22.961398+00:00 INFO [1-a] Component text",
            "+00:00 ",
        ] {
            assert_eq!(Line::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_run_is_known_by_its_stamp_its_digits_or_its_whole_id() {
        let line = written(Format::Text);
        let line = Line::parse(line.as_bytes()).unwrap();
        for run in ["4711-3f2a9c1b", "3f2a9c1b", "3f2a9c1b-0000-4000-8000-000000000000"] {
            assert!(line.is_of(run), "{run}");
        }
        for run in ["4712-3f2a9c1b", "3f2a", "4711", "", "3f2a9c1c-0000-4000-8000-000000000000"] {
            assert!(!line.is_of(run), "{run}");
        }
    }
}
