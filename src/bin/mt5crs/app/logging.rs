//! The library's own log events: warnings to stderr, the rest to the run's log.

use std::sync::Arc;

use mt5crs::logs::write::{self, Record};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::cli::Global;
use crate::render::patient::Stderr;

/// Installs both subscribers. Round trips and ticks are DEBUG, which only `-vv` shows.
pub(super) fn install(global: &Global, record: &Arc<Record>) {
    let on_stderr = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let in_log = on_stderr.max(LevelFilter::INFO);
    let stderr = fmt::layer().with_writer(|| Stderr).with_ansi(false).with_filter(on_stderr);
    let run_log = write::layer::layer(Arc::clone(record), in_log);
    // A second subscriber in one process would be a bug here, and no reason to stop a run.
    let _ = tracing_subscriber::registry().with(run_log).with(stderr).try_init();
}
