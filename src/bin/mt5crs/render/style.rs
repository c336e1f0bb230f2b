//! Colours, and text from outside made safe for terminals.

use std::env;
use std::io::IsTerminal;

use mt5crs::check::{Status, Verdict};
use mt5crs::escape::visible;

/// The role of a coloured word; the colour follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Pass,
    Warn,
    Fail,
    Strong,
    Faint,
}

/// Colours or none: a pipe, `NO_COLOR` and `TERM=dumb` have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    colours: bool,
}

impl Style {
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { colours: stream.is_terminal() && !unwanted }
    }

    /// Without colours, for pipes and files.
    pub(crate) fn plain() -> Self {
        Self { colours: false }
    }

    pub(crate) fn has_colours(self) -> bool {
        self.colours
    }

    pub(crate) fn paint(self, ink: Ink, text: &str) -> String {
        if !self.colours {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Pass => "32",
            Ink::Warn => "33",
            Ink::Fail => "1;31",
            Ink::Strong => "1",
            Ink::Faint => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// The word for a status, and how it looks.
pub(crate) fn status(status: Status) -> (&'static str, Ink) {
    match status {
        Status::Pass => ("pass", Ink::Pass),
        Status::Info => ("info", Ink::Faint),
        Status::Warn => ("WARN", Ink::Warn),
        Status::Fail => ("FAIL", Ink::Fail),
        Status::NotReached => ("not reached", Ink::Faint),
        Status::NotApplicable => ("nothing", Ink::Faint),
        Status::Skipped => ("skipped", Ink::Faint),
    }
}

/// The word for a verdict, and how it looks.
pub(crate) fn verdict(verdict: Verdict) -> (&'static str, Ink) {
    match verdict {
        Verdict::Pass => ("PASS", Ink::Pass),
        Verdict::Warn => ("WARN", Ink::Warn),
        Verdict::Fail => ("FAIL", Ink::Fail),
        Verdict::Unknown => ("UNKNOWN", Ink::Fail),
    }
}

/// Text from outside, with every control character escaped (hazard 16).
pub(crate) fn clean(text: &str) -> String {
    visible(text).to_string()
}
