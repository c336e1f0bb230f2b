//! `mt5crs drift`, and what the canary's watch shares with it.

mod args;
mod page;
mod run;

pub(super) use self::args::{Args, SampleArgs};
pub(super) use self::run::DOCUMENTS;
pub(super) use self::run::{flags, limits, samples};
