//! `mt5crs sim`: a simulated gateway to practise on, its faults, and the ledger of a book.

mod args;
mod page;
mod run;

use mt5crs::exit::Exit;
use mt5crs::ops::simulator::{Faults, Ledger, Printed};
use mt5crs::report::Envelope;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts, Simulation};

pub(super) const DOCUMENTS: &[Document] = &[
    Document::line::<Printed<Envelope<'static, Ledger>>>("sim"),
    Document::report::<Faults>("sim-faults"),
    Document::report::<Ledger>("sim-ledger"),
];

impl Command for Args {
    fn facts(&self) -> Facts {
        let name = match (self.list_faults, self.ledger) {
            (true, _) => "sim-faults",
            (false, true) => "sim-ledger",
            (false, false) => "sim",
        };
        let why = "sim is shaped by flags of its own, without the `sim-`";
        Facts { simulation: Simulation::Nothing(why), ..Facts::of_tool(name) }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self, self.facts().name)
    }
}
