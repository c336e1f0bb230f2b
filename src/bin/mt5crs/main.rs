//! The command line: arguments in, a report and an exit code out.
//!
//! Ground rules. It never says that something happened unless the gateway's own later state shows it. It names whose view
//! it shows. Before it fails, it prints the results so far. stdout is data, stderr is talk. The exit code is the answer
//! for scripts. A report that was asked for and can't be written makes a read fail; what an order did, it never changes.
//!
//! `commands/NAME/` holds one command: `args.rs` its arguments, `run.rs` the call of its operation, `page.rs` its page.
//! `app/` runs any of them, `render/` prints, `cli/` has the options that all commands share.
//! Direction: `render, cli ← app ← commands`.

mod app;
mod cli;
mod commands;
mod render;

use std::process::ExitCode;
use std::sync::LazyLock;

use app::worker_role::WorkerRole;
use app::{App, driver, usage_error};
use commands::{Arguments, completions, definition};

/// Version, commit and libzmq's version, for `--version` and bug reports.
pub(crate) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let (major, minor, patch) = zmq::version();
        let (ours, commit) = (env!("CARGO_PKG_VERSION"), env!("BUILT_FROM_COMMIT"));
        format!("{ours} (commit {commit}, libzmq {major}.{minor}.{patch})")
    });
    &VERSION
}

/// In a build for tests the environment can break a safety rule, seal the evidence early, and name a file for notes of
/// flushed files and one that steps the wall clock.
#[cfg(debug_assertions)]
fn prepare_for_tests() {
    let wanted = |name| std::env::var_os(name);
    let broken = wanted("BREAK_RULE")
        .map(|rule| mt5crs::os::failpoints::break_rules(&rule.to_string_lossy()));
    let noted =
        wanted("NOTE_FLUSHES").map(|path| mt5crs::os::durable::flush_log::start(path.as_ref()));
    if wanted("TRUST_PLACES").is_some() {
        mt5crs::os::failpoints::trust_places();
    }
    let sealed = wanted("SEAL_AT").and_then(|records| records.to_str()?.parse().ok());
    if let Some(records) = sealed {
        mt5crs::os::failpoints::seal_at(records);
    }
    if let Some(file) = wanted("STEP_CLOCK_BY") {
        mt5crs::clock::stepped::step_by(file.into());
    }
    assert!(broken != Some(false), "BREAK_RULE names no rule");
    assert!(!matches!(noted, Some(Err(_))), "NOTE_FLUSHES can't be written");
}

fn main() -> ExitCode {
    #[cfg(debug_assertions)]
    prepare_for_tests();
    if let Some(answered) = completions::answer() {
        return answered;
    }
    let (role, typed) = WorkerRole::split_off(std::env::args_os().collect());
    let Arguments { mut global, mut command } = match definition::parse(typed) {
        Ok(arguments) => arguments,
        Err(error) => return ExitCode::from(usage_error::print(&error, definition::width())),
    };
    if let Some(role) = role {
        role.apply(&mut global, command.as_command_mut());
    }
    render::style::choose(global.color);
    let ended = std::panic::catch_unwind(move || {
        let app = App::start(global);
        driver::run(&app, command.as_command())
    });
    let code = ended.unwrap_or_else(|_| {
        let failure = app::bug();
        render::Screen { quiet: false }.fail(&failure);
        failure.exit().code()
    });
    ExitCode::from(code)
}
