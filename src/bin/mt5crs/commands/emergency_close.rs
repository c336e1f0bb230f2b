//! `mt5crs emergency-close`.

mod args;
mod page;
mod proof;
mod run;
mod trace;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
