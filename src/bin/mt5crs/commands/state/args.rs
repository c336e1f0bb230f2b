//! Arguments of `mt5crs state`.

use std::path::PathBuf;

/// Show a gateway's state directory, or join a second one
///
/// Records in a second place don't show an order or a position of the first. A command that can open a position is refused
/// where another usual directory, or another name in this one, holds records of the same gateway.
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs state show\nmt5crs state adopt ~/.local/state/mt5crs/account1")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Name the directories with records of this gateway; exit code 1 if there are two
    #[command(after_help = "mt5crs state show\nmt5crs state show --profile account1")]
    Show,
    /// Join another directory's records, or retire them
    ///
    /// Where this gateway's own directory has no records, the other one is moved there. Where both have records, the other
    /// one is renamed and no longer looked at; everything in it must be settled.
    #[command(after_help = "\
        mt5crs state adopt ~/.local/state/mt5crs/account1\n\
        mt5crs state adopt /var/lib/mt5crs/account1 --profile account1")]
    Adopt {
        /// The other directory
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
}
