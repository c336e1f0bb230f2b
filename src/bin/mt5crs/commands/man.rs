//! `mt5crs man [PAGE]`.

mod args;
mod page;
mod pager;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
