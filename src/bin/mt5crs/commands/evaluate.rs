//! `mt5crs evaluate`: may the position be raised? It asks the gateway nothing.

mod args;
mod html;
mod page;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
