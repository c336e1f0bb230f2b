//! `mt5crs completions`, as it can be typed.

use clap_complete::Shell;

/// Print a shell's completions
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}
