//! `mt5crs logs presets`.

use std::io;

use mt5crs::exit::Exit;
use mt5crs::ops::logs::presets::{self, Report};

use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::RenderOptions;
use crate::render::table::row;
use crate::render::{Page, Sheet, View, table};

pub(super) const DOCUMENT: Document = Document::report::<Report>("logs-presets");

/// List the searches that have names, each with the grep that it replaces
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs logs presets\nmt5crs logs presets -o json")]
pub(super) struct Args {}

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts { accounts: Accounts::One("logs presets"), ..super::facts("logs-presets") }
    }

    fn run(&self, app: &App) -> Exit {
        app.end(self.facts().name, Ok(presets::run()), None, &RenderOptions::default())
    }
}

impl Page for Report {
    fn page(&self, _: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let rows = self.presets.iter().map(|it| row![it.name, it.about, it.replaces]);
        table::list(sheet, &["PRESET", "FINDS", "REPLACES"], rows)
    }
}
