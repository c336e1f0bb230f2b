//! `mt5crs figures export`: the figures of the watches for other programs.

mod args;
mod page;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
