//! Writes the logs of one run: its own log, and the lines that operators search for in `VERIFY_LOG.log`.
//!
//! - [`record`]: the log files of one run
//! - [`marker`]: the lines that operators search for, one per event
//! - `file`: appends whole lines, and renames a file at its limits; `compress`: gzip for finished runs;
//!   `prune`: deletes their oldest logs; `due`: when these two have work
//! - [`line`](mod@line): one event is one line, whatever text it quotes
//! - [`layer`](mod@layer): the library's own `tracing` events, in the run's own log

mod compress;
mod due;
pub(in crate::logs) mod file;
pub mod layer;
pub mod line;
pub mod marker;
mod prune;
pub mod record;

pub use line::Format;
pub use marker::Marker;
pub use prune::Keep;
pub use record::{Record, RecordError};
