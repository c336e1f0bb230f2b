//! `mt5crs verify-proof`.

mod args;
mod page;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
