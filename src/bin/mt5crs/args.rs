//! What can be typed: every clap type of the binary. A value is parsed here and given meaning in [`crate::commands`].

pub(crate) mod logs;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::Styles;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use mt5crs::config::duration;
use mt5crs::evidence::Head;
use mt5crs::ops::audit::catalogue::Level;
use mt5crs::ops::evidence::RunPrefix;

const AFTER_HELP: &str = "\
Exit codes: 0 it is so · 1 it is not · 2 usage or settings · 3 no answer · 4 outcome unknown · 5 refused by a guard ·
6 not the gateway · 7 order refused · 8 not flat · 70 a bug. `mt5crs explain CODE` says what to do.";

/// Talks to a Windows MetaTrader 5 gateway over ZeroMQ, and believes only what its later state shows.
#[derive(Debug, Parser)]
#[command(name = "mt5crs", version = crate::version(), after_help = AFTER_HELP, styles = Styles::plain())]
#[command(propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What goes with every command, before its name or after it.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// How the result is printed
    #[arg(short, long, global = true, value_enum, default_value = "human", value_name = "FORMAT")]
    pub(crate) output: Format,
    /// With -o prometheus: replace this file atomically instead of printing
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) outfile: Option<PathBuf>,
    /// More on stderr: once for the run's story, twice for every round trip
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Nothing but errors on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// How the run's own log is written; VERIFY_LOG.log is always text
    #[arg(long, global = true, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    pub(crate) sim: SimArgs,
    /// Whether this process looks after one of several accounts, and answers to the one that started it.
    #[arg(skip)]
    pub(crate) is_part: bool,
}

/// Flags that stand above the environment, `.env` and the profile.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SettingsArgs {
    /// The gateway's address or name [GATEWAY_HOST, GTW_HOST]
    #[arg(long, global = true)]
    pub(crate) host: Option<String>,
    /// The gateway's command port [GATEWAY_PORT, GTW_PORT]
    #[arg(long, global = true, allow_hyphen_values = true)]
    pub(crate) port: Option<String>,
    /// For one attempt of a read [SYNC_TIMEOUT_S]
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "DURATION")]
    pub(crate) timeout: Option<String>,
    /// Attempts of a read in all [SYNC_RETRY_COUNT]
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "COUNT")]
    pub(crate) attempts: Option<String>,
    /// Wait between two attempts [SYNC_RETRY_INTERVAL_S]
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "DURATION")]
    pub(crate) retry_interval: Option<String>,
    /// Where snapshots are kept [MT5CRS_STATE_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) state_dir: Option<String>,
    /// Where logs are written [MT5CRS_LOG_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) log_dir: Option<String>,
    /// Read this file instead of ./.env
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// The account in the configuration file [MT5CRS_PROFILE]; repeatable where nothing is ordered
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Vec<String>,
    /// Every account in the configuration file, side by side; the exit code is the worst
    #[arg(long, global = true)]
    pub(crate) all_profiles: bool,
    /// The configuration file [MT5CRS_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<String>,
    /// End with an honest code after this long, whatever happens
    #[arg(long, global = true, allow_hyphen_values = true, value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) deadline: Option<Duration>,
    /// Talk to an address of this machine
    #[arg(long, global = true)]
    pub(crate) allow_loopback: bool,
}

/// The embedded simulated gateway.
#[derive(Debug, Args)]
#[command(next_help_heading = "Practice on a simulated gateway")]
pub(crate) struct SimArgs {
    /// Run the command against a simulated gateway that lives just as long; configured state is never touched
    #[arg(long, global = true)]
    pub(crate) sim: bool,
    /// How many positions it holds
    #[arg(long, global = true, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(crate) sim_positions: Option<u32>,
    /// The seed of its prices
    #[arg(long, global = true, value_name = "SEED")]
    pub(crate) sim_seed: Option<u64>,
    /// How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each
    #[arg(long, global = true, value_name = "FAULT")]
    pub(crate) sim_fault: Vec<String>,
    /// Keep its book in this file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) sim_book: Option<PathBuf>,
    /// The link's round trip, which pipelining hides
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) sim_link_rtt: Option<Duration>,
    /// The broker's time for an order, which nothing hides
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) sim_exec_time: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text and tables
    Human,
    /// One JSON document, on failure too
    Json,
    /// For reads: one line for a monitoring plugin, exit codes 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
    Nagios,
    /// For reads: figures in the text form of Prometheus
    Prometheus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people and for grep
    Text,
    /// One object a line
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Test the link layer by layer: name, target, TCP, ZMTP, identity, clock, terminal, latency
    LinkTest(LinkTestArgs),
    /// Show account and positions as the gateway reports them now
    Positions(PositionsArgs),
    /// Recover and check account and positions, keep them, then become COMMAND
    Sync(SyncArgs),
    /// Is this deployment fit? Named checks in groups, each with what to do where it isn't
    Audit(Box<AuditArgs>),
    /// Open one tiny order, prove it, close it, prove that: can this system really trade?
    Canary(CanaryArgs),
    /// Compare what the strategy sees now with what it was made for: the Population Stability Index
    Drift(DriftArgs),
    /// Close every position, or say exactly what remains
    EmergencyClose(EmergencyCloseArgs),
    /// Kill it in the middle, cut its wire, fill its disk: does recovery really work?
    Phoenix(PhoenixArgs),
    /// Look at, write or remove the kill switch's file
    #[command(subcommand)]
    Breaker(BreakerCommand),
    /// What was intended and proved: show, verify, resolve or export the records
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Run a simulated gateway to practise on
    Sim(Box<ServeArgs>),
    /// Say what happened: search the logs, alerts, summary
    #[command(subcommand)]
    Logs(logs::LogsCommand),
    /// Show settings, or judge them
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Say what a code means and what to do
    Explain(ExplainArgs),
    /// Print the JSON Schema of a command's report
    Schema(SchemaArgs),
    /// Print a shell's completions
    Completions(CompletionsArgs),
    /// Print a manual page, or write them all
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub(crate) struct LinkTestArgs {
    /// Round trips
    #[arg(short, long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) count: u32,
    /// From one round trip to the next, on a fixed schedule
    #[arg(long, default_value = "10ms", value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) interval: Duration,
    /// Draw the distribution of the round trips
    #[arg(long)]
    pub(crate) histogram: bool,
    /// Go on until stopped, look this often (10ms at least), and tell of every change
    #[arg(long, value_name = "DURATION", value_parser = watch_interval, conflicts_with_all = ["count", "interval", "histogram"])]
    pub(crate) watch: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct PositionsArgs {
    /// Show this symbol alone (repeatable); spelled as the broker does
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) symbol: Vec<String>,
    #[command(flatten)]
    pub(crate) credit: CreditArg,
    #[command(flatten)]
    pub(crate) rows: RowsArg,
}

#[derive(Debug, Args)]
pub(crate) struct CreditArg {
    /// Credit that the account holds: an empty account's equity may differ from its balance by it
    #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = money)]
    pub(crate) credit: mt5crs::units::Money,
}

#[derive(Debug, Args)]
pub(crate) struct RowsArg {
    /// Show every row of a table, not the first 50
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// Let the gate pass this warning (repeatable)
    #[arg(long, value_name = "CHECK")]
    pub(crate) allow_warn: Vec<String>,
    /// Write the JSON report to this file as well
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) credit: CreditArg,
    #[command(flatten)]
    pub(crate) rows: RowsArg,
    /// The command to become once everything is proved; it never starts otherwise
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    pub(crate) command: Option<AuditCommand>,
    /// These checks or groups alone (repeatable, or with commas); `mt5crs audit checks` lists them
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Not these checks or groups; without `link` the gateway is not asked anything, for machines that are offline
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// From where on what is found makes the answer no (exit code 1); what can't be reached is never a yes
    #[arg(long, value_enum, default_value = "fail", value_name = "LEVEL")]
    pub(crate) fail_on: FailOn,
    /// Over which time the engine unit's CPU is measured
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = positive_duration)]
    pub(crate) cpu_window: Duration,
    #[command(flatten)]
    pub(crate) credit: CreditArg,
    #[command(flatten)]
    pub(crate) rows: RowsArg,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List every check: its code, the worst that it can say, what it looks at
    Checks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A warning is enough
    Warn,
    /// Only what failed
    Fail,
}

impl From<FailOn> for Level {
    fn from(level: FailOn) -> Self {
        match level {
            FailOn::Warn => Self::Warn,
            FailOn::Fail => Self::Fail,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct CanaryArgs {
    /// The instrument, spelled as the broker does [MT5CRS_CANARY_SYMBOL]
    #[arg(long)]
    pub(crate) symbol: Option<String>,
    /// Go on beside positions that are open in the symbol: on hedging accounts
    #[arg(long)]
    pub(crate) beside_open: bool,
    /// Leave the position open; of a watched one, when its time is over
    #[arg(long)]
    pub(crate) keep_open: bool,
    /// Keep the position and watch it for this long, up to 168h, then close it
    ///
    /// Every look asks for a PING, the account and the positions, and looks at the kill switch; drift is looked at once an
    /// hour. Where health is CRITICAL the kill switch is written, the position closed, and that proved: exit code 1, or 8
    /// where it remains. SIGTERM, SIGINT and SIGHUP close it first and end with 1, because the rest was not watched; a
    /// second one stops at once. SIGUSR1 hands over: it leaves the position open for --resume, and ends with 0. With -o
    /// json each look is one line on stdout, and the last line is the document. --deadline holds for the order before the
    /// watch and again for the close after it, not for the watch.
    #[arg(long, value_name = "DURATION", value_parser = watch_duration)]
    pub(crate) monitor: Option<Duration>,
    /// From one look of --monitor to the next, on a fixed schedule; 100ms to 60s
    #[arg(long, value_name = "DURATION", value_parser = look_interval, default_value = "1s", requires = "monitor")]
    pub(crate) monitor_interval: Duration,
    /// Watch without looking at drift
    #[arg(long, requires = "monitor", conflicts_with_all = ["drift_reference", "drift_current", "drift_field"])]
    pub(crate) without_drift: bool,
    /// Take up the open canary of an earlier run instead of opening one: to watch it on with --monitor, else to close it
    #[arg(long, conflicts_with_all = ["symbol", "beside_open", "decision", "decision_report", "decision_hash", "decision_max_age"])]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) drift: DriftArgs,
    /// Evaluate the guards and send no order
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// The admission decision, JSON [MT5CRS_DECISION_FILE]
    #[arg(long, value_name = "FILE")]
    pub(crate) decision: Option<String>,
    /// The report that must hold the decision's hash [MT5CRS_DECISION_REPORT]
    #[arg(long, value_name = "FILE")]
    pub(crate) decision_report: Option<String>,
    /// The decision's hash that is expected [MT5CRS_DECISION_HASH]
    #[arg(long, value_name = "HEX")]
    pub(crate) decision_hash: Option<String>,
    /// How old the decision may be [MT5CRS_DECISION_MAX_AGE]
    #[arg(long, value_name = "DURATION")]
    pub(crate) decision_max_age: Option<String>,
    #[command(flatten)]
    pub(crate) credit: CreditArg,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Drift")]
pub(crate) struct DriftArgs {
    /// The sample that the strategy was made for [MT5CRS_DRIFT_REFERENCE]
    #[arg(long, value_name = "FILE")]
    pub(crate) drift_reference: Option<String>,
    /// The sample of now, at least 200 values as well [MT5CRS_DRIFT_CURRENT]
    #[arg(long, value_name = "FILE")]
    pub(crate) drift_current: Option<String>,
    /// The CSV column or JSONL field of both; without it each line is a number [MT5CRS_DRIFT_FIELD]
    #[arg(long, value_name = "NAME")]
    pub(crate) drift_field: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EmergencyCloseArgs {
    /// Close this symbol alone (repeatable); spelled as the broker does
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) symbol: Vec<String>,
    /// Close this ticket alone (repeatable)
    #[arg(long, value_name = "TICKET", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) ticket: Vec<i64>,
    /// Close this magic number alone, on a gateway that reports it
    #[arg(long, value_name = "NUMBER")]
    pub(crate) magic: Option<i64>,
    /// List what would be closed, and engage nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Leave the kill switch alone
    #[arg(long, requires = "ticket")]
    pub(crate) no_breaker: bool,
    /// Stop the strategy engine's unit as well [MT5CRS_ENGINE_UNIT]
    #[arg(long)]
    pub(crate) stop_unit: bool,
    /// CLOSE requests in flight at once
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) window: u16,
    /// Rounds of closing at most
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    #[command(flatten)]
    pub(crate) credit: CreditArg,
    #[command(flatten)]
    pub(crate) rows: RowsArg,
}

const PHOENIX_LONG: &str = "\
Kill it in the middle, cut its wire, fill its disk: does recovery really work?

First the deployment guide's five steps, then rounds. A round starts real processes of this program in a scratch tree: a
simulated gateway, and a sync, canary or emergency-close that talks to it. In the middle the command or the gateway is
killed with SIGKILL, the connection is dropped, delayed, cut within a reply or taken over by another program, the disk is
full, the power is cut, or the gateway lies. Then it restarts, and everything that was recorded and reported is held
against what executed at the simulated broker. Nothing that is configured is touched.

Any 25 rounds in a row hold every kind once. A round's seed draws all of it, and replays it: --rounds 1 --seed N.

What it can't show: the full disk is a limit on the size of files, and what a power cut takes is only known to a build
with debug assertions; in a released binary such a round kills and takes nothing.";

#[derive(Debug, Args)]
#[command(long_about = PHOENIX_LONG)]
pub(crate) struct PhoenixArgs {
    /// Rounds, from 1 to 100000
    #[arg(long, value_name = "COUNT", default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) rounds: u64,
    /// The first round's seed, from which the others count on; drawn and shown unless it is given
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// Only read, and from the configured gateway: kill a sync midway, restart it, compare the two reads
    #[arg(long, conflicts_with = "rounds")]
    pub(crate) gateway: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BreakerCommand {
    /// Is the kill switch's file there? 0 if not, 1 if so
    Status,
    /// Write the kill switch's file
    Engage {
        /// Why, for whoever finds it
        #[arg(long)]
        reason: String,
    },
    /// Remove the kill switch's file
    Release {
        /// Don't ask
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// A table of runs, orders and what was proved
    Show {
        #[command(flatten)]
        place: EvidencePlace,
        /// How many of the runs that have nothing open
        #[arg(long, default_value_t = 20)]
        last: usize,
    },
    /// Whether the records are what was written: 0, or 1 and each damage named
    Verify {
        #[command(flatten)]
        place: EvidencePlace,
        /// A head that was noted earlier, which the records must still hold
        #[arg(long, value_name = "COUNT:HASH")]
        anchor: Option<Head>,
    },
    /// Record a person's word on an order that nothing is proved of
    Resolve {
        #[command(flatten)]
        place: EvidencePlace,
        /// The run, or the first digits of its id
        run: RunPrefix,
        /// It opened this position
        #[arg(long, value_name = "TICKET", value_parser = clap::value_parser!(i64).range(1..), required_unless_present = "not_executed", conflicts_with = "not_executed")]
        executed: Option<i64>,
        /// It opened nothing
        #[arg(long)]
        not_executed: bool,
        /// How that is known
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// One run's records as files for people
    Export {
        #[command(flatten)]
        place: EvidencePlace,
        /// The run, or the first digits of its id
        #[arg(long)]
        run: RunPrefix,
        /// Where the files are written
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct EvidencePlace {
    /// The directory of the records, instead of the configured gateway's
    #[arg(long = "evidence-dir", value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// How many positions it holds
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(crate) positions: Option<u32>,
    /// The seed of its prices
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// How it lies, by name (repeatable)
    #[arg(long, value_name = "FAULT")]
    pub(crate) fault: Vec<String>,
    /// Keep the book in this file, and take it up again from there
    #[arg(long, value_name = "FILE")]
    pub(crate) book: Option<PathBuf>,
    /// The link's round trip, which pipelining hides
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) link_rtt: Option<Duration>,
    /// The broker's time for an order, which nothing hides
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) exec_time: Option<Duration>,
    /// How old an order's risk signature may be
    #[arg(long, value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) signature_ttl: Option<Duration>,
    /// The port to listen on, on loopback; the system picks one unless it is given
    #[arg(long = "listen-port", value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) listen_port: Option<u16>,
    /// End when standard input does, so that it never outlives whoever started it
    #[arg(long)]
    pub(crate) end_with_stdin: bool,
    /// Note every request in this file as it comes in, a line of JSON each: which connection, and what
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list_faults", "ledger"])]
    pub(crate) requests: Option<PathBuf>,
    /// Explain every fault, and end
    #[arg(long)]
    pub(crate) list_faults: bool,
    /// Print what really executed on the book of --book, and end
    #[arg(long, requires = "book", conflicts_with = "list_faults")]
    pub(crate) ledger: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show each setting with its origin, and the files that were read
    Show,
    /// Judge every profile of the configuration file and what is in force without one: 0, or 2 and each problem named
    Check,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A return code of MetaTrader 5, an error code of the gateway, or an exit code; all of them without
    pub(crate) code: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The command or document; all of them are named without
    #[arg(value_enum)]
    pub(crate) command: Option<SchemaOf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    LinkTest,
    LinkWatch,
    Positions,
    Sync,
    Audit,
    AuditChecks,
    Canary,
    CanaryTick,
    Drift,
    EmergencyClose,
    Phoenix,
    Breaker,
    EvidenceShow,
    EvidenceVerify,
    EvidenceResolve,
    EvidenceExport,
    LogsGrep,
    LogsPresets,
    LogsAlerts,
    LogsAlert,
    LogsSummary,
    ConfigCheck,
    ConfigShow,
    Explain,
    Fleet,
    Sim,
    SimFaults,
    SimLedger,
    Schemas,
    Usage,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The page: mt5crs, or mt5crs-sync for a command's own
    #[arg(default_value = "mt5crs", value_parser = man_page)]
    pub(crate) page: String,
    /// Write every page into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    pub(crate) dir: Option<PathBuf>,
}

/// The name of a page, with the program's own name in front where it was left out.
fn man_page(text: &str) -> Result<String, String> {
    let named = |name: &str| crate::render::man::pages().iter().any(|page| page.name == name);
    let whole = format!("mt5crs-{text}");
    match (named(text), named(&whole)) {
        (true, _) => Ok(text.to_owned()),
        (_, true) => Ok(whole),
        _ => Err("`mt5crs man` names the pages under SUBCOMMANDS".to_owned()),
    }
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration::parse(text) {
        Ok(duration) if duration.is_zero() => Err("must be above 0".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

/// How long a position may be watched. The plan has 72 h; past a week nobody remembers why.
fn watch_duration(text: &str) -> Result<Duration, String> {
    within(
        text,
        Duration::from_nanos(1),
        Duration::from_secs(7 * 24 * 3600),
        "above 0 and at most 168h",
    )
}

/// How often a link may be looked at: each look is two questions to a gateway that answers one at a time.
fn watch_interval(text: &str) -> Result<Duration, String> {
    within(text, Duration::from_millis(10), Duration::MAX, "at least 10ms")
}

fn look_interval(text: &str) -> Result<Duration, String> {
    within(text, Duration::from_millis(100), Duration::from_secs(60), "from 100ms to 60s")
}

fn within(text: &str, least: Duration, most: Duration, range: &str) -> Result<Duration, String> {
    match duration::parse(text) {
        Ok(duration) if (least..=most).contains(&duration) => Ok(duration),
        Ok(_) => Err(format!("must be {range}")),
        Err(error) => Err(format!("{error}; it must be {range}")),
    }
}

fn money(text: &str) -> Result<mt5crs::units::Money, String> {
    match mt5crs::units::Exact::parse(text) {
        Ok(exact) => Ok(mt5crs::units::Money(exact)),
        Err(error) => Err(error.to_string()),
    }
}
