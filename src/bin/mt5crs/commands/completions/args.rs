//! Arguments of `mt5crs completions`.

use clap_complete::Shell;

/// Print a shell's completions
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs completions bash\nmt5crs completions zsh")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}
