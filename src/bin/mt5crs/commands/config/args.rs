//! `mt5crs config`, as it can be typed.

/// Show the settings, or check them
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Show each setting with its origin, and the files that were read
    Show,
    /// Check every profile of the configuration file, and the settings without one: exit code 0, or 2 with each problem named
    Check,
}
