//! From a code to its explanation.

use mt5crs::check::Verdict;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::ops::explain::{self, Report};
use mt5crs::report::Outcome;

use super::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};
use crate::app::end::RenderOptions;

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("explain")];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts::of_tool("explain")
    }

    fn run(&self, app: &App) -> Exit {
        let outcome = match explain::explain(self.code.as_deref()) {
            Ok(report) => Ok(Outcome::judged(report, Verdict::Pass, false)),
            Err(unknown) => Err(Failure::from_error(Code::UnknownCode, &unknown)),
        };
        app.end(self.facts().name, outcome, None, &RenderOptions::default())
    }
}
