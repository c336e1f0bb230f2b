//! `mt5crs completions SHELL`, and the answers that the shells' scripts ask for.

mod answer;
mod args;
mod run;
mod script;
mod values;

pub(crate) use self::answer::answer;
pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
pub(super) use self::script::script;
