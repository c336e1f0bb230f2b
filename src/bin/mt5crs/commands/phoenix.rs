//! `mt5crs phoenix`: rounds against embedded simulators, or with `--gateway` a read of the configured gateway.

mod args;
mod page;
mod run;

use mt5crs::exit::Exit;
use mt5crs::ops::phoenix::Report;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts, Simulation};

pub(super) const DOCUMENTS: &[Document] = &[Document::report::<Report>("phoenix")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let facts = Facts::of_gateway("phoenix", "play a crash against", 60);
        match self.gateway {
            true => facts,
            false => Facts {
                simulation: Simulation::Nothing("phoenix starts gateways of its own"),
                ..facts
            },
        }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
