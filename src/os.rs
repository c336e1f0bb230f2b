//! The operating system: everything that can block, needs a descriptor, or must survive a power cut.
//!
//! - `with_deadline`: runs blocking work (name resolution, connect, large files, other programs) with a deadline
//! - [`fifo`]: opens files without waiting, and reads and writes what may be a FIFO with a timeout
//! - [`durable`]: flushes files to the disk, and replaces them atomically
//! - [`lasting`]: whether a file lasts at its place
//! - [`file_lock`]: locks between processes, and one instance at a time
//! - `gzip`: gzip copies of files that are never written again
//! - [`scratch_directory`]: temporary directories of one user, and the removal of those that a killed process left
//! - [`hook`]: runs an operator's own command with a deadline
//! - [`systemd`]: queries about units; [`process`], [`resources`]: memory and CPU use of processes and units
//! - [`failpoints`]: safety rules that a debug build can break, so that tests show which check notices

pub mod durable;
pub mod failpoints;
pub mod fifo;
pub mod file_lock;
pub(crate) mod gzip;
pub mod hook;
pub mod lasting;
pub mod process;
pub mod resources;
mod scratch;
pub mod systemd;
pub(crate) mod with_deadline;

pub use scratch::{ScratchDirectory, scratch_directory};
