//! From a code to its explanation.

use mt5crs::exit::Exit;
use mt5crs::ops::explain;
use mt5crs::report::{Failure, Outcome, Verdict};

use super::Args;
use crate::app::App;
use crate::app::command::Command as _;
use crate::app::end::RenderOptions;

pub(super) fn run(app: &App, args: &Args) -> Exit {
    let outcome = match explain::explain(args.code.as_deref()) {
        Ok(report) => Ok(Outcome::judged(report, Verdict::Pass, false)),
        Err(unknown) => Err(Failure {
            code: "unknown-code",
            message: unknown.to_string(),
            causes: Vec::new(),
            remedy: "`mt5crs explain` lists all codes".to_owned(),
            exit: Exit::Usage,
        }),
    };
    app.end(args.facts().name, outcome, None, &RenderOptions::default())
}
