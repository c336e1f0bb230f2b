//! `mt5crs config show` and `config check`: they work whatever is wrong with the settings, and name it.

mod args;
mod page;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
