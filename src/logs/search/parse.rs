//! Reads a log line back, in text or JSON.
//!
//! Other programs write into VERIFY_LOG.log as well (`… | tee -a`), with or without a line end. A line without our header
//! is foreign; a line of ours behind another program's unfinished one is still ours. Only the first header in a line
//! counts, so quoted text is never taken for an event.

use std::borrow::Cow;

use jiff::Timestamp;
use memchr::memmem;
use serde::{Deserialize, Deserializer};
use tracing::Level;

/// The end of the time in every header; it has [`TIME_BYTES`] bytes before it.
const OFFSET: &[u8] = b"+00:00 ";
const TIME_BYTES: usize = 26;

/// One line of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Line<'a> {
    /// When it was written, by the writer's clock.
    pub time: Timestamp,
    /// Its level.
    #[serde(deserialize_with = "level_by_name")]
    pub level: Level,
    /// The run's process.
    pub pid: u32,
    /// The first digits of the run's id.
    #[serde(borrow)]
    pub run: Cow<'a, str>,
    /// The part of the tool that wrote it.
    #[serde(borrow)]
    pub component: Cow<'a, str>,
    /// The message.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
}

impl<'a> Line<'a> {
    /// Reads a line; `None` where it is foreign.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.first() == Some(&b'{') {
            return serde_json::from_slice(bytes).ok();
        }
        memmem::find_iter(bytes, OFFSET).find_map(|at| {
            let time = bytes.get(at.checked_sub(TIME_BYTES)?..at + 6)?;
            header(time, bytes.get(at + OFFSET.len()..)?)
        })
    }

    /// Whether the line is of the run that is given as `PID-RUN`, as the run's digits or as its whole id.
    pub fn is_of(&self, run: &str) -> bool {
        let id = run.replace('-', "");
        run == self.run
            || id.len() == 32 && id.starts_with(&*self.run)
            || run == format!("{}-{}", self.pid, self.run)
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

/// Splits at the first space.
fn word(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b' ', bytes)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn level_by_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Level, D::Error> {
    let name = <&str>::deserialize(deserializer)?;
    name.parse().map_err(serde::de::Error::custom)
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
