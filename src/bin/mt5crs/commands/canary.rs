//! `mt5crs canary`: one small order, and with `--monitor` a watch over its position.

mod args;
mod live;
mod observer;
mod page;
mod run;
mod watch_page;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
