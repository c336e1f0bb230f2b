//! `mt5crs link-test`: one test, or a watch with `--watch`.

mod args;
mod page;
mod run;
mod watch;

use mt5crs::exit::Exit;
use mt5crs::ops::link_test::Report;
use mt5crs::ops::link_test::watch::Event;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] =
    &[Document::report::<Report>("link-test"), Document::line::<Event>("link-watch")];

const FACTS: Facts = Facts {
    has_metrics: true,
    accounts: Accounts::Each,
    ..Facts::of_gateway("link-test", "test the link to", 15)
};

impl Command for Args {
    fn facts(&self) -> Facts {
        match self.watch {
            // A watch goes on until it is stopped.
            Some(_) => {
                Facts { deadline: None, accounts: Accounts::One("link-test --watch"), ..FACTS }
            }
            None => FACTS,
        }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
