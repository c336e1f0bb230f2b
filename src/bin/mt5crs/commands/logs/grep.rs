//! `mt5crs logs grep`.

mod args;
mod printer;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENT;
