//! Arguments of `mt5crs logs ack`.

use std::time::Duration;

use crate::cli::value::positive_duration;

/// End the alert about a run that crashed, once you have looked at it
///
/// The acknowledgement is a line in VERIFY_LOG.log with your name. The next good run of the same command ends the alert as
/// well. Other alerts end by what ends them: a proved flat, a resolved order, an adopted position.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs logs ack 4711-3f2a9c1b\n\
    mt5crs logs ack 4711-3f2a9c1b --reason 'killed by the update'")]
pub(crate) struct Args {
    /// The run: PID-RUN as its lines show it, or its id
    #[arg(value_name = "RUN")]
    pub(super) run: String,
    /// Why it ended, for those who read the logs later
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// How far back to look for the crash
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = positive_duration)]
    pub(super) window: Duration,
}
