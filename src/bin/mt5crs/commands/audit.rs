//! `mt5crs audit` and `mt5crs audit checks`.

mod args;
mod completions;
mod page;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
