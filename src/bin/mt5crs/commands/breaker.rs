//! `mt5crs breaker status`, `engage` and `release`: the kill switch's file.

mod args;
mod gateway;
mod page;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
