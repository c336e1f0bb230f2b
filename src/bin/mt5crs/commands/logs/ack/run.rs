//! Runs `logs ack`.

use jiff::Timestamp;
use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::logs::alerts::carried;
use mt5crs::logs::write::Marker;
use mt5crs::ops::logs::ack::{self, Deps, Report};
use mt5crs::ops::logs::alerts::Options;
use mt5crs::os::process;
use mt5crs::report::Outcome;

use super::Args;
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::RenderOptions;
use crate::app::settings::thresholds;
use crate::app::{App, kill_switch, settings, user};
use crate::commands::logs::{LOCATIONS, facts, no_query, places};

pub(crate) const DOCUMENT: Document = Document::report::<Report>("logs-ack");

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts { accounts: Accounts::OneNamed("logs ack"), ..facts("logs-ack") }
    }

    fn run(&self, app: &App) -> Exit {
        app.end(self.facts().name, acknowledge(app, self), None, &RenderOptions::default())
    }
}

fn acknowledge(app: &App, args: &Args) -> Result<Outcome<Report>, Failure> {
    let settings = settings::read_only(app, &[], &LOCATIONS)?;
    let since = app.clock.now().checked_sub(args.window).unwrap_or(Timestamp::MIN);
    let options = || Options {
        places: places(app, &[], &settings, since),
        carried: Some(carried::path(&settings.state_dir, &settings.verify_log)),
        since,
        thresholds: thresholds(&settings),
        cpu_window: None,
    };
    let write = |run: &str| {
        let _umask = kill_switch::shared_umask(&settings);
        let (by, reason) = (user(), args.reason.as_deref());
        kill_switch::log_alone(app, &settings, "logs-ack", Exit::Ok, |record| {
            record.marker(&Marker::Acknowledged { run, by: &by, reason });
        });
    };
    let deps = Deps { options: &options, is_alive: &process::is_alive, write: &write };
    ack::run(&args.run, &deps).map_err(|error| no_query(&error))
}
