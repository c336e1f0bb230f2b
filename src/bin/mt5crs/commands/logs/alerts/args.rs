//! Arguments of `mt5crs logs alerts`.

use std::path::PathBuf;
use std::time::Duration;

use mt5crs::config::duration;

use crate::app::on_change::OnChangeArgs;
use crate::cli::value::positive_duration;

/// List alerts, each with the lines that raised it
///
/// The rules are failed syncs, silence, slow syncs and retries, runs without an end, and the engine's memory and CPU.
/// MT5CRS_ALERT_… set their limits. Rotated logs are read as far back as the window reaches, because an alert lasts until a
/// later line shows that it is over; what was open in deleted ones is in the state directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs logs alerts\nmt5crs logs alerts --window 1h -o nagios")]
pub(crate) struct Args {
    /// How far back to look
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = positive_duration)]
    pub(super) window: Duration,
    /// Measure the CPU of the engine, or of a run that has not ended, over this time; 0s leaves it out [10s where MT5CRS_ENGINE_UNIT names the engine, else 0s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, conflicts_with = "follow")]
    pub(super) cpu_over: Option<Duration>,
    /// Go on, and print each alert as it is raised and cleared
    #[arg(short, long, visible_alias = "watch")]
    pub(super) follow: bool,
    #[command(flatten)]
    pub(super) changes: OnChangeArgs,
    /// Files and directories [VERIFY_LOG.log and the log directory]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
}
