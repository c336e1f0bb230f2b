//! Format of a line: `2026-01-17T03:54:22.961398+00:00 INFO [4711-3f2a9c1b] StateReconciler message`.
//!
//! One event is one line, and quoted text never looks like another event. Gateways send control characters (hazard 16),
//! and markers' words such as `State synchronized` in their messages. Operators count lines with those words, so in quoted
//! text their last character is escaped (`State synchronize\u{64}`).

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tracing::Level;

use crate::escape::visible;

/// Words that only markers contain.
pub(in crate::logs) const RESERVED: [&str; 13] = [
    "State synchronized",
    "positions recovered",
    "State synchronization failed",
    "Connection failed",
    "LAUNCH_APPROVED",
    "DECISION_HASH",
    "ORDER_FILLED",
    "Ticket:",
    "Deal:",
    "Balance:",
    "P99",
    "Latency",
    "ERROR_CODE",
];

/// No line at INFO or below contains this word. A WARN or ERROR line may quote it in a code (`SERVER_ERROR`).
const UNHEALTHY: &str = "ERROR";

/// Escapes reserved words in text that is quoted in a line of this level.
pub(super) fn quote(text: &str, level: Level) -> Cow<'_, str> {
    let mut quoted = Cow::Borrowed(text);
    let healthy = level >= Level::INFO;
    for word in RESERVED.into_iter().chain(healthy.then_some(UNHEALTHY)) {
        if quoted.contains(word) {
            quoted = Cow::Owned(quoted.replace(word, &escape_last(word)));
        }
    }
    quoted
}

fn escape_last(word: &str) -> String {
    let mut rest = word.chars();
    let last = rest.next_back().map(char::escape_unicode);
    rest.chain(last.into_iter().flatten()).collect()
}

/// Format of a run's own log. VERIFY_LOG.log is always text, because scripts search it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// Text, for people and grep.
    #[default]
    Text,
    /// One JSON object per line, for log collectors.
    Json,
}

/// A line with its end. `stamp` is `PID-RUN`.
pub(crate) fn compose(
    format: Format,
    time: Timestamp,
    level: Level,
    stamp: &str,
    component: &str,
    text: &str,
) -> String {
    let time = time.to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00");
    let text = visible(text);
    let mut line = String::with_capacity(120);
    // Writing to a string cannot fail.
    let _ = match format {
        Format::Text => writeln!(line, "{time} {level} [{stamp}] {component} {text}"),
        Format::Json => {
            let (pid, run) = stamp.split_once('-').unwrap_or(("0", stamp));
            let (component, text) = (quoted(component), quoted(&text.to_string()));
            writeln!(
                line,
                r#"{{"time":"{time}","level":"{level}","pid":{pid},"run":"{run}","component":{component},"text":{text}}}"#
            )
        }
    };
    line
}

/// Encodes a JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(text: &str) -> String {
        let time = "2026-01-17T03:54:22.961398Z".parse().unwrap();
        compose(Format::Text, time, Level::INFO, "4711-3f2a9c1b", "Config", text)
    }

    #[test]
    fn has_the_documented_format() {
        assert_eq!(
            composed(r#"read "C:\mt5\.env", 5 °"#),
            "2026-01-17T03:54:22.961398+00:00 INFO [4711-3f2a9c1b] Config \
             read \"C:\\mt5\\.env\", 5 °\n"
        );
    }

    #[test]
    fn an_event_is_one_line_without_control_characters() {
        let line = composed("a\nb\r\x1b[31mc");
        assert!(line.ends_with(" Config a\\nb\\r\\u{1b}[31mc\n"), "{line}");
        assert_eq!(line.chars().filter(|character| character.is_control()).count(), 1);
    }

    #[test]
    fn quoted_text_never_looks_like_a_marker() {
        for word in RESERVED {
            let quoted = quote(word, Level::ERROR);
            assert!(RESERVED.iter().all(|word| !quoted.contains(word)), "{quoted}");
        }
        assert_eq!(quote("Balance: 5", Level::ERROR), r"Balance\u{3a} 5");
        assert_eq!(quote("SERVER_ERROR", Level::ERROR), "SERVER_ERROR");
        assert_eq!(quote("SERVER_ERROR", Level::WARN), "SERVER_ERROR");
        assert_eq!(quote("SERVER_ERROR", Level::INFO), r"SERVER_ERRO\u{52}");
        assert!(!quote("ERROR_CODE", Level::DEBUG).contains("ERROR"));
    }
}
