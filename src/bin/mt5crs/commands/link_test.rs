//! `mt5crs link-test`: one test, or a watch with `--watch`.

mod args;
mod page;
mod run;
mod watch;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
