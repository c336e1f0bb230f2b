//! What the library tells of itself: warnings to stderr, the story to the run's log.

use std::sync::Arc;

use mt5crs::logs::write::{self, Record};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::args::Global;

/// Installs both listeners. Round trips and ticks are DEBUG, and off unless `-vv` asks for them.
pub(crate) fn install(global: &Global, record: &Arc<Record>) {
    let on_stderr = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let in_log = on_stderr.max(LevelFilter::INFO);
    let stderr = fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_filter(on_stderr);
    let run_log = write::layer::layer(Arc::clone(record), in_log);
    // A second subscriber in one process would be a bug of ours, and nothing to stop a run for.
    let _ = tracing_subscriber::registry().with(run_log).with(stderr).try_init();
}
