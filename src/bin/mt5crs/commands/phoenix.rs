//! `mt5crs phoenix`: rounds against embedded simulators, or with `--gateway` a read of the configured gateway.

mod args;
mod page;
mod run;
mod worlds_page;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
