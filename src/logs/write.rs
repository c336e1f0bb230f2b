//! Writes the logs of one run: its own file, and the lines that operators search for in `VERIFY_LOG.log`.
//!
//! - [`record`]: the files of one run, and how a line gets into them whole
//! - [`marker`]: the lines that operators search for, one for each event
//! - `rotation`: parts by size and age while a run lasts, gzip once it is over
//! - [`line`](mod@line): one event is one line, whatever text it quotes
//! - [`layer`](mod@layer): the library's own `tracing` events, in the run's own log

pub mod layer;
pub mod line;
pub mod marker;
pub mod record;
mod rotation;

pub use line::Format;
pub use marker::Marker;
pub use record::{Record, RecordError};
