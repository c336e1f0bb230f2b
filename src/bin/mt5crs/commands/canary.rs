//! `mt5crs canary`: one small order, and with `--monitor` a watch over its position.

mod args;
mod live;
mod observer;
mod page;
mod run;
mod watch_page;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
use crate::app::command::Facts;

/// The facts of the command without options.
const FACTS: Facts = Facts::of_gateway("canary", "trade a canary on", 120);
