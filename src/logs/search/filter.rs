//! Selects among the matching lines: by time, level and run.
//!
//! Only matching lines are parsed. A line without our header has no time, level or run: it is left out and counted.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp};
use tracing::Level;

use crate::logs::search::parse::Line;

/// Conditions on a line; without any, every line is selected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Earlier lines are left out.
    pub since: Option<Timestamp>,
    /// Later lines are left out.
    pub until: Option<Timestamp>,
    /// Less severe lines are left out.
    pub level: Option<Level>,
    /// Lines of other runs are left out: see [`Line::is_of`].
    pub run: Option<String>,
}

/// A filter's result for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// The line meets the conditions.
    Wanted,
    /// The line misses a condition.
    Unwanted,
    /// The line has no header of ours.
    Foreign,
}

/// A time window that ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing is since {since:.0} and until {until:.0}: the end is before the beginning")]
pub struct EmptyWindow {
    /// Its beginning.
    pub since: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

impl Filter {
    /// Fails where the time window is empty.
    pub fn check(&self) -> Result<(), EmptyWindow> {
        match (self.since, self.until) {
            (Some(since), Some(until)) if since > until => Err(EmptyWindow { since, until }),
            _ => Ok(()),
        }
    }

    /// Judges a line, without its line end.
    pub fn judge(&self, line: &[u8]) -> Judged {
        if *self == Self::default() {
            return Judged::Wanted;
        }
        let Some(line) = Line::parse(line) else { return Judged::Foreign };
        // ERROR is the least level.
        let wanted = self.since.is_none_or(|since| line.time >= since)
            && self.until.is_none_or(|until| line.time <= until)
            && self.level.is_none_or(|level| line.level <= level)
            && self.run.as_deref().is_none_or(|run| line.is_of(run));
        if wanted { Judged::Wanted } else { Judged::Unwanted }
    }
}

/// A text that is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is neither a time such as 2026-01-17T04:00 nor how long ago, such as 2h or 3d")]
pub struct NotATime;

/// Reads a time with an offset, a time or date in the local zone, or a duration before `now`.
pub fn parse_time(text: &str, now: Timestamp, local: &TimeZone) -> Result<Timestamp, NotATime> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    // A text with an unreadable offset fails here: it must not be read as a local time.
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from));
    if let Ok(civil) = civil {
        let zoned = local.to_ambiguous_zoned_datetime(civil).compatible().map_err(|_| NotATime)?;
        return Ok(zoned.timestamp());
    }
    let ago: Span = text.parse().map_err(|_| NotATime)?;
    // "3d" is a duration, not a date: each day has 24 hours.
    let ago = ago.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| NotATime)?;
    if ago.is_negative() {
        return Err(NotATime);
    }
    now.checked_sub(ago).map_err(|_| NotATime)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn reads_durations_local_times_and_times_with_offset() {
        let now = time("2026-01-17T12:00:00Z");
        let local = TimeZone::fixed(jiff::tz::offset(8));
        let read = |text| parse_time(text, now, &local);
        for (text, expected) in [
            ("2h", "2026-01-17T10:00:00Z"),
            ("72h", "2026-01-14T12:00:00Z"),
            ("3d", "2026-01-14T12:00:00Z"),
            ("1d 30m", "2026-01-16T11:30:00Z"),
            ("2026-01-17T04:00", "2026-01-16T20:00:00Z"),
            ("2026-01-17 04:00:01", "2026-01-16T20:00:01Z"),
            ("2026-01-17", "2026-01-16T16:00:00Z"),
            ("2026-01-17T04:00Z", "2026-01-17T04:00:00Z"),
            ("2026-01-17T04:00+01:00", "2026-01-17T03:00:00Z"),
        ] {
            assert_eq!(read(text), Ok(time(expected)), "{text}");
        }
        for text in ["", "yesterday", "2", "-2h", "2h ago", "2026-13-01", "99999999999h"] {
            assert_eq!(read(text), Err(NotATime), "{text}");
        }
    }

    #[test]
    fn judges_by_the_lines_own_header() {
        let line =
            b"2026-01-17T03:54:22.961398+00:00 WARN [4711-3f2a9c1b] Gateway Connection failed: x";
        let open = Filter::default;
        let (at, later) = (time("2026-01-17T03:54:22.961398Z"), time("2026-01-17T03:54:23Z"));
        for (filter, expected) in [
            (open(), Judged::Wanted),
            (Filter { since: Some(at), until: Some(at), ..open() }, Judged::Wanted),
            (Filter { since: Some(later), ..open() }, Judged::Unwanted),
            (Filter { until: Some(time("2026-01-17T03:54:22Z")), ..open() }, Judged::Unwanted),
            (Filter { level: Some(Level::WARN), ..open() }, Judged::Wanted),
            (Filter { level: Some(Level::INFO), ..open() }, Judged::Wanted),
            (Filter { level: Some(Level::ERROR), ..open() }, Judged::Unwanted),
            (Filter { run: Some("3f2a9c1b".into()), ..open() }, Judged::Wanted),
            (Filter { run: Some("3f2a9c1c".into()), ..open() }, Judged::Unwanted),
        ] {
            assert_eq!(filter.judge(line), expected, "{filter:?}");
        }
        let foreign = Filter { level: Some(Level::TRACE), ..open() };
        assert_eq!(foreign.judge(b"Connection failed"), Judged::Foreign);
        assert_eq!(open().judge(b"Connection failed"), Judged::Wanted);
    }

    #[test]
    fn an_end_before_the_beginning_is_refused() {
        let (one, two) = (Some(time("2026-01-17T01:00:00Z")), Some(time("2026-01-17T02:00:00Z")));
        assert!(Filter { since: one, until: two, ..Filter::default() }.check().is_ok());
        assert!(Filter { since: one, until: one, ..Filter::default() }.check().is_ok());
        assert!(Filter { since: two, until: one, ..Filter::default() }.check().is_err());
    }
}
