//! Runs `verify-proof`.

use mt5crs::exit::Exit;
use mt5crs::ops::verify_proof::{self, Options, Report};

use super::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};
use crate::app::end::RenderOptions;

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("verify-proof")];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts::of_tool("verify-proof")
    }

    fn run(&self, app: &App) -> Exit {
        let options = Options {
            file: self.file.clone(),
            key: self.key.clone(),
            witnesses: self.witness.clone(),
            credit: self.credit.credit.clone(),
        };
        let outcome = verify_proof::run(&options);
        app.end(self.facts().name, Ok(outcome), None, &RenderOptions::default())
    }
}
