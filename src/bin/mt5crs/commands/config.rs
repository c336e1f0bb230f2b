//! `mt5crs config show` and `config check`: they work with any fault of the settings, and name it.

mod args;
mod page;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
