//! Arguments of `mt5crs key`.

use std::path::PathBuf;

/// Make a key for the link to the gateway, or for the evidence
///
/// The link's key signs requests and proves replies. Both ends hold it: mt5crs in the file that MT5CRS_LINK_KEY_FILE names, the gateway in its folder of keys as
/// NAME.trade, NAME.read or NAME.admin. Where a key is configured, an answer that it does not vouch for is "not the gateway".
///
/// The evidence's key signs checkpoints of the records (MT5CRS_EVIDENCE_KEY_FILE), a witness's those of another machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs key new link.key\nmt5crs key new desk.key --signing desk.example")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    New(NewArgs),
    /// Print the public half of a signing key, by which others check its signatures
    #[command(after_help = "mt5crs key show evidence.key\nmt5crs key show evidence.key -o json")]
    Show {
        /// The key's file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Write a new key to a new file that only its owner can read
///
/// An existing file is never replaced. The public half of a signing key is in FILE.pub.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs key new link.key\n\
    mt5crs key new desk.key --signing desk.example\n\
    mt5crs key new seen.key --witness witness.example")]
pub(super) struct NewArgs {
    /// The new file
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Make a key that signs checkpoints of the evidence, under this name
    #[arg(long, value_name = "NAME", conflicts_with = "witness")]
    pub(super) signing: Option<String>,
    /// Make a key that cosigns checkpoints of other machines, under this name
    #[arg(long, value_name = "NAME")]
    pub(super) witness: Option<String>,
}
