//! `mt5crs completions SHELL`.

mod args;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
