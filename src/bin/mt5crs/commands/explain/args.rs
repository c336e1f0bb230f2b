//! `mt5crs explain`, as it can be typed.

/// Explain a code and what to do about it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A return code of MetaTrader 5, an error code of the gateway, or an exit code [all of them]
    pub(super) code: Option<String>,
}
