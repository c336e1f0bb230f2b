//! From arguments to the read of the positions.

use mt5crs::exit::Exit;
use mt5crs::ops::positions::{self, Options};
use mt5crs::units::Symbol;

use super::Args;
use crate::app::App;
use crate::app::command::Command as _;
use crate::app::end::RenderOptions;

pub(super) fn run(app: &App, args: &Args) -> Exit {
    let render = RenderOptions { all_rows: args.rows.all, ..RenderOptions::default() };
    app.with_gateway(&args.facts(), &[], render, |context, render| {
        let options = Options {
            symbols: args.symbol.iter().map(|symbol| Symbol::new(symbol)).collect(),
            credit: args.credit.credit.clone(),
            names: context.failure_context.clone(),
        };
        let (outcome, target) = context.read(|client| positions::run(client, &options))?;
        render.target = Some(target);
        Ok(outcome.into())
    })
}
