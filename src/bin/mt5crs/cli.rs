//! The parts of the command line that commands share: the options of all of them, and parsers for values.

mod global;
mod shared;
pub(crate) mod value;

pub(crate) use global::{Global, LogFormat, OutputFormat, SimArgs, SimRole, SimSigning};
pub(crate) use shared::{CreditArg, ORDER_SAFETY, RowsArg};
