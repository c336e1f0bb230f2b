//! `mt5crs sync [-- COMMAND…]`.

mod args;
mod gate;
mod page;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
