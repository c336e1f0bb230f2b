//! Commands about the tool itself: a gateway to practise on, settings, codes, schemas, completions, manual.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use mt5crs::config::duration;

use super::value::positive_duration;

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
