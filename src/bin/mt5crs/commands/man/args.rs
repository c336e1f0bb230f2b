//! Arguments of `mt5crs man`.

use std::path::PathBuf;

use super::page::pages;

/// Print a manual page, or write them all
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs man sync\nmt5crs man --dir man1")]
pub(crate) struct Args {
    /// The page: mt5crs, or mt5crs-sync for a command's own
    #[arg(default_value = "mt5crs", value_parser = page)]
    pub(super) page: String,
    /// Write every page into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    pub(super) dir: Option<PathBuf>,
}

/// The name of a page, with or without the program's own name in front.
fn page(text: &str) -> Result<String, String> {
    let exists = |name: &str| pages().iter().any(|page| page.name == name);
    let whole = format!("mt5crs-{text}");
    match (exists(text), exists(&whole)) {
        (true, _) => Ok(text.to_owned()),
        (_, true) => Ok(whole),
        _ => Err("`mt5crs man` names the pages under SUBCOMMANDS".to_owned()),
    }
}
