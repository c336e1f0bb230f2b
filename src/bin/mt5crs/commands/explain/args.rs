//! Arguments of `mt5crs explain`.

/// Explain a code and its remedy
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs explain 10018\nmt5crs explain 4\nmt5crs explain")]
pub(crate) struct Args {
    /// An exit code, a failure code, an error code of the gateway, or a return code of MetaTrader 5 [all of them]
    pub(super) code: Option<String>,
}
