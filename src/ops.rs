//! What the commands do: one file a command, options in, a report out. Nothing here prints, and nothing here knows how
//! a command line looks.

pub mod config_show;
pub mod empty_book;
pub mod evidence;
pub mod explain;
pub mod link_test;
pub mod positions;
pub mod sync;
