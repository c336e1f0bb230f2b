//! `mt5crs phoenix`, as it can be typed.

const LONG_ABOUT: &str = "\
Kill it in the middle, cut its wire, fill its disk: does recovery really work?

First the deployment guide's five steps, then rounds. A round starts real processes of this program in a scratch tree: a
simulated gateway, and a sync, canary or emergency-close that talks to it. In the middle the command or the gateway is
killed with SIGKILL, the connection is dropped, delayed, cut within a reply or taken over by another program, the disk is
full, the power is cut, or the gateway lies. Then it restarts, and everything that was recorded and reported is held
against what executed at the simulated broker. Nothing that is configured is touched.

Any 25 rounds in a row hold every kind once. A round's seed draws all of it, and replays it: --rounds 1 --seed N.

What it can't show: the full disk is a limit on the size of files, and what a power cut takes is only known to a build
with debug assertions; in a released binary such a round kills and takes nothing.";

/// Kill it in the middle, cut its wire, fill its disk: does recovery really work?
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
pub(crate) struct Args {
    /// Rounds, from 1 to 100000
    #[arg(long, value_name = "COUNT", default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(super) rounds: u64,
    /// The first round's seed, from which the others count on; drawn and shown unless it is given
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
    /// Only read, and from the configured gateway: kill a sync midway, restart it, compare the two reads
    #[arg(long, conflicts_with = "rounds")]
    pub(super) gateway: bool,
}
