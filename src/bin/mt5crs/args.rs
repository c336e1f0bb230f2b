//! What can be typed: every clap type of the binary. A value is parsed here and given meaning in [`crate::commands`].

mod about;
mod global;
pub(crate) mod logs;
mod orders;
mod reads;
mod value;

use clap::builder::Styles;
use clap::{Parser, Subcommand};

pub(crate) use about::{
    CompletionsArgs, ConfigCommand, ExplainArgs, ManArgs, SchemaArgs, SchemaOf, ServeArgs,
};
pub(crate) use global::{Format, Global, LogFormat, SimArgs};
pub(crate) use orders::{
    BreakerCommand, CanaryArgs, EmergencyCloseArgs, EvidenceCommand, EvidencePlace,
};
pub(crate) use reads::{
    AuditArgs, AuditCommand, DriftArgs, LinkTestArgs, PhoenixArgs, PositionsArgs, RowsArg, SyncArgs,
};

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
