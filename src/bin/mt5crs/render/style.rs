//! Colours, and text from outside made safe for terminals.

use std::env;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::sync::OnceLock;

use clap::ValueEnum;
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

/// When colours are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed
    Auto,
    /// Into pipes and files as well
    Always,
    /// Nowhere
    Never,
}

static CHOSEN: OnceLock<Colour> = OnceLock::new();

/// Chooses for the whole process; the first choice stands.
pub(crate) fn choose(colour: Colour) {
    let _ = CHOSEN.set(colour);
}

/// Whether a stream has colours. The flag stands above the environment, and in it `NO_COLOR` above `CLICOLOR_FORCE`.
fn has_colours(
    chosen: Colour,
    variable: impl Fn(&str) -> Option<OsString>,
    is_terminal: bool,
) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    match chosen {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto if is_set("NO_COLOR") => false,
        Colour::Auto
            if is_set("CLICOLOR_FORCE") && variable("CLICOLOR_FORCE") != Some("0".into()) =>
        {
            true
        }
        Colour::Auto => is_terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// Colours or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    colours: bool,
}

impl Style {
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        let chosen = CHOSEN.get().copied().unwrap_or(Colour::Auto);
        Self { colours: has_colours(chosen, |name| env::var_os(name), stream.is_terminal()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_stands_above_the_environment() {
        for (chosen, variables, is_terminal, expected) in [
            (Colour::Auto, &[][..], true, true),
            (Colour::Auto, &[], false, false),
            (Colour::Auto, &[("TERM", "dumb")], true, false),
            (Colour::Auto, &[("NO_COLOR", "1")], true, false),
            (Colour::Auto, &[("NO_COLOR", "")], true, true),
            (Colour::Auto, &[("CLICOLOR_FORCE", "1")], false, true),
            (Colour::Auto, &[("CLICOLOR_FORCE", "0")], false, false),
            (Colour::Auto, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, false),
            (Colour::Always, &[("NO_COLOR", "1")], false, true),
            (Colour::Never, &[("CLICOLOR_FORCE", "1")], true, false),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            let found = has_colours(chosen, variable, is_terminal);
            assert_eq!(found, expected, "{chosen:?} {variables:?} {is_terminal}");
        }
    }
}
