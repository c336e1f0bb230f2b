//! `mt5crs drift`, and what the canary's watch shares with it.

mod args;
mod page;
mod run;

use mt5crs::config::Key;
use mt5crs::exit::Exit;
use mt5crs::ops::drift::Report;

pub(super) use self::args::{Args, SampleArgs};
pub(super) use self::run::{flags, limits, samples};
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] = &[Document::report::<Report>("drift")];

/// The settings that it reads.
const KEYS: &[Key] =
    &[Key::DriftReference, Key::DriftCurrent, Key::DriftField, Key::PsiWatch, Key::PsiDrift];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts {
            has_metrics: true,
            accounts: Accounts::Each,
            reads: Some(KEYS),
            ..Facts::of_tool("drift")
        }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
