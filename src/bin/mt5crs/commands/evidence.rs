//! `mt5crs evidence show`, `verify`, `resolve` and `export`. None of them asks the gateway.

mod args;
mod page;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
