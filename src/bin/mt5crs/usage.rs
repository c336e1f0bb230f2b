//! What can't be parsed, told in the form that was asked for.

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;
use mt5crs::clock::{Clock, StopToken, SystemClock};
use mt5crs::exit::Exit;
use mt5crs::report::{Envelope, Failure};

use crate::render::Screen;
use crate::render::nagios::{self, State};

/// Prints help, version, or what is wrong with the arguments, and says what the process ends with. A script that asked
/// for JSON gets its one document, a monitor its line.
pub(crate) fn explain(error: &clap::Error) -> u8 {
    let asked_for_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // Where this can't be printed, the exit code is all that is left to say.
    let _ = error.print();
    if asked_for_help {
        return Exit::Ok.code();
    }
    let rendered = error.to_string();
    let mut lines = rendered.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    if wants("nagios") {
        let line = nagios::line("mt5crs", State::Unknown, &message, &[]);
        let _ = Screen { quiet: false }.text(&line);
        return State::Unknown.code();
    }
    if wants("json") {
        let failure = Failure {
            code: "usage",
            message,
            causes: lines
                .filter(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
                .map(str::to_owned)
                .collect(),
            remedy: "mt5crs --help, or mt5crs COMMAND --help".to_owned(),
            exit: Exit::Usage,
        };
        let document = Envelope::<()> {
            schema: "mt5crs.usage/1".to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            profile: None,
            endpoint: None,
            target: None,
            started_at: SystemClock::new(StopToken::never()).now(),
            duration_ms: 0,
            verdict: failure.verdict(),
            exit_code: Exit::Usage.code(),
            run_log: None,
            verify_log: None,
            scratch: None,
            report: None,
            warnings: &[],
            error: Some(&failure),
        };
        let _ = Screen { quiet: false }.json(&document);
    }
    Exit::Usage.code()
}

/// Looks for `-o FORMAT` in arguments that could not be parsed.
fn wants(format: &str) -> bool {
    let arguments: Vec<_> = std::env::args_os().take_while(|argument| argument != "--").collect();
    let joined = ["-o", "-o=", "--output="].map(|flag| OsString::from(format!("{flag}{format}")));
    let separate = ["-o", "--output"].map(OsStr::new);
    arguments.iter().any(|argument| joined.contains(argument))
        || arguments
            .windows(2)
            .any(|pair| separate.contains(&pair[0].as_os_str()) && pair[1] == format)
}
