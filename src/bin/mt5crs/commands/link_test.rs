//! `mt5crs link-test`: one test, or a watch with `--watch`.

mod args;
mod page;
mod run;
mod watch;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
use crate::app::command::{Accounts, Facts};

/// The facts of the command without options.
const FACTS: Facts = Facts {
    has_metrics: true,
    accounts: Accounts::Each,
    ..Facts::of_gateway("link-test", "test the link to", 15)
};
