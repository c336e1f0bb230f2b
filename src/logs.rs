//! What a run leaves behind for people and scripts to read.
//!
//! - [`record`]: the files of one run, and how a line gets into them whole
//! - [`marker`]: the lines that operators grep for, one for each event
//! - `rotation`: the runs' own logs in parts, and compressed once they are old
//! - `line`: one event is one line, whatever text it quotes
//! - [`layer`](mod@layer): what the library says of itself (`tracing`), in the run's own log
//!
//! And what is read of it later:
//!
//! - [`parse`]: a line read back; [`filter`]: which lines are wanted
//! - [`query`], [`preset`]: what is looked for; [`places`], [`files`]: where, oldest first
//! - [`search`]: through files; [`tail`]: and on through what is written to them
//! - [`event`]: what the markers say; [`alerts`]: what is wrong by them; [`summary`]: what was done by them
//! - [`watch`]: alerts as they are raised; [`last`]: the last hits alone; [`report`], [`figures`]: what programs read of
//!   all this
//! - [`engine`], [`process`]: what the system says of the engine's unit, and of a run that has not ended; [`usage`]: what
//!   either holds of memory and uses of the processor

mod ahead;
pub mod alerts;
pub mod engine;
pub mod event;
pub mod figures;
pub mod files;
pub mod filter;
mod follow;
pub mod last;
pub mod layer;
mod line;
pub mod marker;
pub mod parse;
mod pieces;
pub mod places;
pub mod preset;
pub mod process;
pub mod query;
pub mod record;
pub mod report;
mod rotation;
pub mod search;
mod sink;
pub mod summary;
pub mod tail;
pub mod usage;
pub mod watch;

pub use line::Format;

pub use marker::Marker;
pub use record::{Record, RecordError};
