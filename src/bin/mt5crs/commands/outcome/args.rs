//! Arguments of `mt5crs outcome`.

/// Ask the gateway's journal about an order
///
/// The journal (protocol 5) is a witness; `mt5crs sync` proves an order's outcome by the position lists. The exit code is 0 where the
/// journal says that the order executed, 7 where it says that it did not and won't, and 4 where it doesn't know.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs outcome 7d0b3b0c-6c0e-4f0e-9d5e-3d1f6a2b4c5d\n\
    mt5crs outcome 7d0b3b0c-6c0e-4f0e-9d5e-3d1f6a2b4c5d --void")]
pub(crate) struct Args {
    /// The order's uuid, or a run of this machine that sent an order (the beginning of its id is enough)
    #[arg(value_name = "UUID|RUN")]
    pub(super) order: String,
    /// Let the journal void an order that it has never seen: it will never execute
    #[arg(long)]
    pub(super) void: bool,
}
