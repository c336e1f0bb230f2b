//! Runs `key`.

use std::path::{Path, PathBuf};

use mt5crs::evidence::note::KeyKind;
use mt5crs::exit::Exit;
use mt5crs::ops::key::{self, Report};

use super::Args;
use super::args::{NewArgs, Subcommand};
use crate::app::App;
use crate::app::command::{Command, Document, Facts};
use crate::app::end::RenderOptions;

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("key")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let acts = matches!(self.command, Subcommand::New { .. });
        Facts { acts, ..Facts::of_tool("key") }
    }

    fn run(&self, app: &App) -> Exit {
        let outcome = match &self.command {
            Subcommand::Show { file } => key::show(&absolute(file)),
            Subcommand::New(NewArgs { file, signing, witness }) => match (signing, witness) {
                (Some(name), _) => key::create_signing(&absolute(file), name, KeyKind::Log),
                (None, Some(name)) => key::create_signing(&absolute(file), name, KeyKind::Witness),
                (None, None) => key::create(&absolute(file)),
            },
        };
        app.end(self.facts().name, Ok(outcome), None, &RenderOptions::default())
    }
}

fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}
