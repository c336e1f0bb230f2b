//! `mt5crs sim`: a simulated gateway to practise on, its faults, and the ledger of a book.

mod args;
mod page;
mod practice;
mod run;

pub(super) use self::args::Args;
pub(super) use self::run::DOCUMENTS;
