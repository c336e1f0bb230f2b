//! Arguments of `mt5crs phoenix`.

use std::time::Duration;

use mt5crs::explore::world::World;
use mt5crs::ops::phoenix::KIND_COUNT;

use crate::cli::value::{number, positive_duration};

/// Test recovery: kill processes, cut wires, fill disks
///
/// First the deployment guide's five steps, then rounds. A round starts real processes of this program in a scratch tree: a
/// simulated gateway, and a sync, canary or emergency-close that talks to it. In the middle the command or the gateway is
/// killed with SIGKILL, the connection is dropped, delayed, cut within a reply or taken over by another program, the disk
/// is full, the power is cut, the gateway lies or executes late, the clock steps, locks fail, threads or descriptors run
/// out, or a FIFO takes a file's place. Then it restarts, and everything that was recorded and reported is
/// checked against the simulated broker's executions. Nothing that is configured is touched.
///
/// Any 41 rounds in a row hold every kind once. A disturbance that the command did not meet counts as not played. A round's seed determines all of it, and replays it: --rounds 1 --seed N.
///
/// Not shown: the full disk is a limit on the size of files. Only a build with debug assertions can step its clock, and knows
/// what a power cut would take; a released binary counts both as not played.
///
/// With --worlds no process is started. Canary, its watch, emergency-close, and sync after a canary that died run in this
/// process and in virtual time, in worlds in which the gateway, its broker or other people do something at each request.
/// First every act alone is played, then every two, then two to eight at random. Each claim is held against the world's
/// truth; a lie, a false alarm, a hang or a second order fails, and is shown with the fewest acts that cause it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "mt5crs phoenix --rounds 3\nmt5crs phoenix --gateway\nmt5crs phoenix --worlds --for 2s"
)]
pub(crate) struct Args {
    /// Number of rounds, 1 to 100000
    #[arg(long, value_name = "COUNT", default_value_t = KIND_COUNT, value_parser = number("a count", 1..=100_000_u64))]
    pub(super) rounds: u64,
    /// Seed of the first round or world; the others count on [random, and printed]
    #[arg(long, value_name = "NUMBER", value_parser = number("a seed", 0..=u64::MAX))]
    pub(super) seed: Option<u64>,
    /// Only read, from the configured gateway: kill a sync midway, restart it, compare the two
    #[arg(long, conflicts_with = "rounds")]
    pub(super) gateway: bool,
    /// Look for a false claim in simulated worlds, in this process
    #[arg(long, conflicts_with_all = ["rounds", "gateway"])]
    pub(super) worlds: bool,
    /// Play every single act and every two first, however long that takes: --for is then the time for seeded worlds
    #[arg(long, requires = "worlds", hide_short_help = true)]
    pub(super) pairs: bool,
    /// Play seeded worlds alone, without single acts and pairs
    #[arg(long, requires = "worlds", conflicts_with = "pairs", hide_short_help = true)]
    pub(super) seeded: bool,
    /// Duration of --worlds
    #[arg(long = "for", value_name = "DURATION", requires = "worlds", default_value = "60s", value_parser = positive_duration)]
    pub(super) duration: Duration,
    /// Play only this world, by the name that a finding shows
    #[arg(long, value_name = "WORLD", conflicts_with_all = ["rounds", "gateway", "worlds", "seed"])]
    pub(super) world: Option<World>,
}
