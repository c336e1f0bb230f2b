//! One file a command: options in, a serialisable report out. Nothing here prints or knows of the command line.

pub mod config_show;
