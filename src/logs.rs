//! What a run leaves behind for people and scripts to read.
//!
//! - [`record`]: the files of one run, and how a line gets into them whole
//! - [`marker`]: the lines that operators grep for, one for each event
//! - `line`: one event is one line, whatever text it quotes
//! - [`layer`](mod@layer): what the library says of itself (`tracing`), in the run's own log

pub mod layer;
mod line;
pub mod marker;
pub mod record;

pub use marker::Marker;
pub use record::{Record, RecordError};
