//! The operating system: everything that can block, needs a descriptor, or must outlive a power cut.
//!
//! - [`with_deadline`]: runs blocking work (name resolution, connect, large files, other programs) with a deadline
//! - [`fifo`]: reads configuration files, which may be FIFOs, with a timeout
//! - [`durable`]: flushes bytes to the disk, and replaces files atomically
//! - [`instance_lock`]: one process at a time
//! - [`systemd`]: queries about units; [`process`], [`usage`]: memory and processor time of a process
//! - [`failpoints`]: safety rules that a debug build can break, so that tests can show who notices

pub mod durable;
pub mod failpoints;
pub(crate) mod fifo;
pub mod instance_lock;
pub mod process;
pub mod systemd;
pub mod usage;
pub(crate) mod with_deadline;
