//! Arguments of `mt5crs breaker`.

/// Show, engage or release the kill switch
#[derive(Debug, clap::Args)]
#[command(
    after_help = "mt5crs breaker status\nmt5crs breaker engage --reason 'spread of 9 points'"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Is the kill switch engaged? Exit code 0 if not, 1 if so
    #[command(after_help = "mt5crs breaker status\nmt5crs breaker status --sim")]
    Status,
    /// Engage the kill switch: write its file
    #[command(after_help = "\
        mt5crs breaker engage --reason 'spread of 9 points'\n\
        mt5crs breaker engage --reason drill --sim")]
    Engage {
        /// Why, for the person who finds it
        #[arg(long)]
        reason: String,
    },
    /// Write again the files of an engaged kill switch that vanished, as after a reboot
    #[command(after_help = "mt5crs breaker restore\nmt5crs breaker restore --sim")]
    Restore,
    /// Release the kill switch: remove its file
    #[command(
        after_help = "mt5crs breaker release --yes --profile account1\nmt5crs breaker release --yes --sim"
    )]
    Release {
        /// Don't ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
}
