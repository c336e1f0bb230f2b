//! Arguments of `mt5crs explain`.

/// Explain a code, a check, a guard or an alert, and its remedy
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs explain 10018\nmt5crs explain link.tcp\nmt5crs explain")]
pub(crate) struct Args {
    /// An exit code, a failure code, an error code of the gateway, a return code of MetaTrader 5 [all of these], or the name
    /// of a check, a guard or an alert
    #[arg(allow_negative_numbers = true)]
    pub(super) code: Option<String>,
}
