//! Runs `outcome`.

use mt5crs::evidence::Evidence;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::ops::evidence;
use mt5crs::ops::outcome::{self, Options, Report};
use uuid::Uuid;

use super::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};
use crate::app::context::GatewayContext;
use crate::app::end::RenderOptions;

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("outcome")];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts::of_gateway("outcome", "ask the journal of", 30)
    }

    fn run(&self, app: &App) -> Exit {
        app.with_gateway(&self.facts(), &[], RenderOptions::default(), |context, render| {
            let options = Options {
                of: order(self, context)?,
                void: self.void,
                failure_context: context.failure_context.clone(),
            };
            let (outcome, target) = context.read(|client| outcome::run(client, &options))?;
            render.target = Some(target);
            Ok(outcome.into())
        })
    }
}

/// The order's `uuid`: that of a run's order, or else as typed.
fn order(args: &Args, context: &GatewayContext<'_>) -> Result<Uuid, Failure> {
    if let Ok(run) = args.order.parse() {
        let evidence = Evidence::at(context.state_dir());
        if let Some(order) = evidence::order_of(&evidence, &run)? {
            return Ok(order);
        }
    }
    Uuid::try_parse(&args.order).map_err(|_| {
        let typed = args.order.escape_debug();
        Failure::new(
            Code::UnknownRun,
            format!("{typed} is neither a uuid nor a run that sent an order"),
        )
        .with_remedy("mt5crs evidence list shows the runs; or give the order's whole uuid")
    })
}
