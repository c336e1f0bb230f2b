//! How an operator meets mt5crs: arguments in, a report and an exit code out.
//!
//! Ground rules. It never says that something happened unless the gateway's own later state shows it. It says whose view
//! it shows. It prints what it could find out and then fails, never the other way round. stdout is data, stderr is talk.
//! The exit code is the answer for scripts, and a report that can't be printed never changes it.

mod args;
mod commands;
mod context;
mod listener;
mod logging;
mod outfile;
mod prompt;
mod render;
mod run;
mod sd_notify;
mod signals;
mod sim_mode;
mod umask;
mod usage;
mod worker_role;
mod workers;

use std::process::ExitCode;
use std::sync::LazyLock;

use clap::Parser;

use args::Arguments;
use mt5crs::exit::Exit;
use worker_role::WorkerRole;

/// Version, commit and libzmq's version, for `--version` and bug reports.
pub(crate) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let (major, minor, patch) = zmq::version();
        let (ours, commit) = (env!("CARGO_PKG_VERSION"), env!("BUILT_FROM_COMMIT"));
        format!("{ours} (commit {commit}, libzmq {major}.{minor}.{patch})")
    });
    &VERSION
}

/// In a build for tests the environment can break a safety rule, and ask for notes of what was flushed.
#[cfg(debug_assertions)]
fn rehearse() {
    let wanted = |name| std::env::var_os(name);
    let broken = wanted("BREAK_RULE")
        .map(|rule| mt5crs::os::failpoints::break_rule(&rule.to_string_lossy()));
    let noted =
        wanted("NOTE_FLUSHES").map(|path| mt5crs::os::durable::flush_log::start(path.as_ref()));
    assert!(broken != Some(false), "BREAK_RULE names no rule");
    assert!(!matches!(noted, Some(Err(_))), "NOTE_FLUSHES can't be written");
}

fn main() -> ExitCode {
    #[cfg(debug_assertions)]
    rehearse();
    let (part, given) = WorkerRole::taken_from(std::env::args_os().collect());
    let mut arguments = match Arguments::try_parse_from(given) {
        Ok(arguments) => arguments,
        Err(error) => return ExitCode::from(usage::explain(&error)),
    };
    if let Some(part) = part {
        part.apply(&mut arguments);
    }
    let ended = std::panic::catch_unwind(|| commands::dispatch(arguments));
    let code = ended.unwrap_or_else(|_| {
        let screen = render::Screen { quiet: false };
        screen.fail(&run::bug());
        Exit::Bug.code()
    });
    ExitCode::from(code)
}
