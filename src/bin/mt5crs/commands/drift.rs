//! `mt5crs drift`, and its arguments that the canary's watch shares.

mod args;
mod page;
mod run;

pub(super) use self::args::{Args, SampleArgs};
pub(super) use self::run::DOCUMENTS;
pub(super) use self::run::{flags, limits, samples};
