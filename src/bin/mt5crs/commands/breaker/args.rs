//! `mt5crs breaker`, as it can be typed.

/// Show, engage or release the kill switch
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Is the kill switch engaged? Exit code 0 if not, 1 if so
    Status,
    /// Engage the kill switch: write its file
    Engage {
        /// Why, for the person who finds it
        #[arg(long)]
        reason: String,
    },
    /// Release the kill switch: remove its file
    Release {
        /// Don't ask
        #[arg(short, long)]
        yes: bool,
    },
}
