//! Arguments of `mt5crs config`.

/// Show or check the settings
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs config show\nmt5crs config check")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Show each setting with its origin, and the files that were read
    #[command(after_help = "mt5crs config show\nmt5crs config show --profile account1")]
    Show,
    /// Check the settings of every profile, and without one
    ///
    /// The exit code is 0, or 2 with each problem named.
    #[command(after_help = "mt5crs config check\nmt5crs config check --profile account1")]
    Check,
}
