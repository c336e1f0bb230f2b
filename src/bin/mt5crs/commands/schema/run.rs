//! From a name to its schema.

use mt5crs::check::Verdict;
use mt5crs::exit::Exit;
use mt5crs::ops::schemas::Report;
use mt5crs::report::Outcome;

use super::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};
use crate::app::end::{Answer, RenderOptions};
use crate::commands::documents;

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("schemas")];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts::of_tool("schemas")
    }

    fn run(&self, app: &App) -> Exit {
        let answer = match self.document {
            Some(document) => {
                let schema = serde_json::to_string_pretty(&(document.schema)()).unwrap_or_default();
                Answer::Printed(app.screen.script(&schema))
            }
            None => {
                let schemas = documents().iter().map(|document| document.name.to_owned()).collect();
                Answer::Report(Outcome::judged(Report { schemas }, Verdict::Pass, false))
            }
        };
        app.end(self.facts().name, Ok(answer), None, &RenderOptions::default())
    }
}
