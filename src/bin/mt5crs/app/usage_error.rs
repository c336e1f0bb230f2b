//! A command line that clap refuses, reported in the requested format.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::error::ErrorKind;
use mt5crs::clock::{Clock, StopToken, SystemClock};
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::report::Envelope;

use super::command::Document;
use crate::render::nagios::{self, State};
use crate::render::{self, Screen};

/// The document of a command line that is refused: there is no command, and no report.
pub(crate) const DOCUMENT: Document = Document::report::<()>("usage");

/// Prints help, version, or the problem with the arguments, and returns the exit code. With `-o json` the one document is
/// printed, with `-o nagios` the plugin's line. Help is `width` columns wide.
pub(crate) fn print(error: &clap::Error, width: usize) -> u8 {
    let screen = Screen { quiet: false };
    let printed = match error.kind() {
        ErrorKind::DisplayHelp => screen.text(&wrapped(&error.to_string(), width)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            screen.text_on_stderr(&wrapped(&error.to_string(), width))
        }
        // On a terminal the refusal is wrapped like every message.
        _ if error.use_stderr() && std::io::stderr().is_terminal() => {
            screen.text_on_stderr(&render::fitting_stderr(&error.to_string()))
        }
        _ => error.print(),
    };
    if !error.use_stderr() {
        return match printed {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                screen.warn(&format!("failed to write: {error}"));
                Exit::No.code()
            }
            _ => Exit::Ok.code(),
        };
    }
    // Where the error can't be printed, only the exit code is left.
    let rendered = error.to_string();
    let mut lines = rendered.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    if is_asked_for("nagios") {
        let line = nagios::line("mt5crs", State::Unknown, &message, &[]);
        let _ = screen.text(&line);
        return State::Unknown.code();
    }
    if is_asked_for("json") {
        let causes =
            lines.filter(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
        let failure = Failure::new(Code::Usage, message).with_causes(causes);
        let now = SystemClock::new(StopToken::never()).now();
        let document = Envelope::of_failure("usage", now, Duration::ZERO, &failure);
        let _ = screen.json(&document);
    }
    Exit::Usage.code()
}

/// Wraps the lines that clap leaves as long as they are, such as the usage of a command with many arguments.
fn wrapped(text: &str, width: usize) -> String {
    let lines = text.lines().map(|line| {
        let indent = line.len() - line.trim_start().len() + 2;
        render::wrapped(line, width, indent) + "\n"
    });
    lines.collect()
}

/// Whether `-o FORMAT` is among arguments that could not be parsed.
fn is_asked_for(format: &str) -> bool {
    let arguments: Vec<_> = std::env::args_os().take_while(|argument| argument != "--").collect();
    let joined = ["-o", "-o=", "--output="].map(|flag| OsString::from(format!("{flag}{format}")));
    let separate = ["-o", "--output"].map(OsStr::new);
    arguments.iter().any(|argument| joined.contains(argument))
        || arguments
            .windows(2)
            .any(|pair| separate.contains(&pair[0].as_os_str()) && pair[1] == format)
}
