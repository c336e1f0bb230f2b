//! `mt5crs logs alerts`.

mod args;
mod page;
mod run;

use mt5crs::config::Key;
use mt5crs::exit::Exit;
use mt5crs::logs::alerts::rules::Alert;
use mt5crs::logs::search::report::Alerts;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};

pub(super) const DOCUMENT: Document = Document::report::<Alerts>("logs-alerts");
/// A line of `--follow`.
pub(super) const LINE: Document = Document::line::<Alert>("logs-alert");

/// Where the logs are, and the limits of the rules: with a wrong one, an alert could be missed.
const KEYS: &[Key] = &[
    Key::LogDir,
    Key::VerifyLog,
    Key::StateDir,
    Key::AlertFailedSyncs,
    Key::AlertSilence,
    Key::AlertSync,
    Key::AlertRetry,
    Key::AlertMemory,
    Key::AlertCpu,
    Key::EngineUnit,
];

impl Command for Args {
    fn facts(&self) -> Facts {
        let accounts = match () {
            () if self.follow => Accounts::One("logs alerts --follow"),
            () if !self.paths.is_empty() => Accounts::One("logs alerts with paths"),
            () => Accounts::Each,
        };
        Facts { has_metrics: true, reads: Some(KEYS), accounts, ..super::facts("logs-alerts") }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
