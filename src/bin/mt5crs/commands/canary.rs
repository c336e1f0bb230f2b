//! `mt5crs canary`: one small order, and with `--monitor` a watch over its position.

mod args;
mod live;
mod observer;
mod page;
mod run;
mod watch_page;

use mt5crs::exit::Exit;
use mt5crs::ops::canary::Report;
use mt5crs::ops::canary::watch::Tick;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] =
    &[Document::report::<Report>("canary"), Document::line::<Tick>("canary-tick")];

const FACTS: Facts = Facts::of_gateway("canary", "trade a canary on", 120);

impl Command for Args {
    fn facts(&self) -> Facts {
        // Monitoring gets the watch; an order is not sent every minute.
        Facts { has_metrics: self.monitor.is_some(), ..FACTS }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
