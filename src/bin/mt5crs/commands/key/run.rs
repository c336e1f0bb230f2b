//! Runs `key`.

use mt5crs::exit::Exit;
use mt5crs::ops::key::{self, Report};

use super::Args;
use super::args::Subcommand;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};
use crate::app::end::RenderOptions;

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("key")];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts { acts: true, ..Facts::of_tool("key") }
    }

    fn run(&self, app: &App) -> Exit {
        let Subcommand::New { file } = &self.command;
        let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        app.end(self.facts().name, Ok(key::create(&file)), None, &RenderOptions::default())
    }
}
