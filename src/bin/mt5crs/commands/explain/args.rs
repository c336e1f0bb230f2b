//! Arguments of `mt5crs explain`.

/// Explain a code, and what to do about it
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs explain 10018\nmt5crs explain 4\nmt5crs explain")]
pub(crate) struct Args {
    /// A return code of MetaTrader 5, an error code of the gateway, or an exit code [all of them]
    pub(super) code: Option<String>,
}
