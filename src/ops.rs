//! What the tool does: one file a command, options in, a serialisable report out. Nothing here prints.

pub mod explain;
