//! Runs `positions`.

use mt5crs::exit::Exit;
use mt5crs::ops::positions::{self, Options, Report};
use mt5crs::units::Symbol;

use super::Args;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::RenderOptions;

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("positions")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let facts = Facts::of_gateway("positions", "read the positions of", 30);
        match self.credit.is_given() {
            true => Facts { accounts: Accounts::One("--credit"), ..facts },
            false => Facts { accounts: Accounts::Each, ..facts },
        }
    }

    fn run(&self, app: &App) -> Exit {
        let render = RenderOptions { all_rows: self.rows.all, ..RenderOptions::default() };
        app.with_gateway(&self.facts(), &[], render, |context, render| {
            let options = Options {
                symbols: self.symbol.iter().map(|symbol| Symbol::new(symbol)).collect(),
                credit: self.credit.credit.clone(),
                failure_context: context.failure_context.clone(),
            };
            let (outcome, target) = context.read(|client| positions::run(client, &options))?;
            render.target = Some(target);
            Ok(outcome.into())
        })
    }
}
