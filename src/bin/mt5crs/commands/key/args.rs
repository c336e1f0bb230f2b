//! Arguments of `mt5crs key`.

use std::path::PathBuf;

/// Make a key for the link to the gateway
///
/// It signs requests and proves replies. Both ends hold it: mt5crs in the file that MT5CRS_LINK_KEY_FILE names, the gateway in its folder of keys as
/// NAME.trade, NAME.read or NAME.admin. Where a key is configured, an answer that it does not vouch for is "not the gateway".
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs key new link.key\nmt5crs key new bot-2.trade")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Write 32 random bytes to a new file that only its owner can read
    ///
    /// An existing file is never replaced.
    #[command(after_help = "mt5crs key new link.key\nmt5crs key new bot-2.trade")]
    New {
        /// The new file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}
