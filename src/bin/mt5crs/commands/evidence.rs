//! `mt5crs evidence`. Only `verify --anchors gateway` asks the gateway.

mod args;
mod gateway;
mod page;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
