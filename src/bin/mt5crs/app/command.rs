//! The interface between the driver and a command: its [`Facts`], and how to run it.

use std::fmt;
use std::time::Duration;

use mt5crs::config::Key;
use mt5crs::exit::Exit;
use mt5crs::report::Envelope;
use schemars::{JsonSchema, Schema, schema_for};

use super::App;

/// A command with its arguments parsed. Clap fills its type in; adding a command means implementing this.
pub(crate) trait Command: fmt::Debug {
    /// Facts that the driver needs before it runs the command. Some depend on the arguments.
    fn facts(&self) -> Facts;

    /// Runs it to its end.
    fn run(&self, app: &App) -> Exit;

    /// Turns arguments that were typed for several accounts into one worker's task.
    fn assign(&mut self, _: Task) {}
}

/// Facts about a command that the driver needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// Its name in documents (`mt5crs.NAME/1`), logs and metrics.
    pub(crate) name: &'static str,
    /// Verb phrase between "failed to" and the endpoint in messages, such as `sync`.
    pub(crate) verb: &'static str,
    /// Time limit unless `--deadline` is given; `None` where there is no limit.
    pub(crate) deadline: Option<Duration>,
    /// The settings without whose right value it would do harm: only their problems stop it, others become warnings.
    /// `None` where every problem stops it.
    pub(crate) reads: Option<&'static [Key]>,
    /// The effect of `--sim` on it.
    pub(crate) simulation: Simulation,
    /// Whether `-o nagios` and `-o prometheus` go with it: reads that have metrics. A command that sends an order or
    /// changes the deployment is not run every minute by a monitor.
    pub(crate) has_metrics: bool,
    /// How many accounts it takes.
    pub(crate) accounts: Accounts,
    /// Whether it, or the command that it starts, can open a position.
    pub(crate) opens: bool,
    /// Whether its exit code tells what it did to positions, the kill switch or records: a report that can't be written
    /// changes none of that. A read whose report is lost has not answered.
    pub(crate) acts: bool,
}

/// The effect of `--sim` on a command.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Simulation {
    /// A simulated gateway, and a scratch tree for state, logs, evidence and kill switch.
    Gateway,
    /// The scratch tree alone.
    Scratch,
    /// Nothing; the reason, as read after "--sim-… shapes the gateway that --sim brings, and".
    Nothing(&'static str),
    /// Refused, with the message and the remedy.
    Refused(&'static str, &'static str),
}

/// How many accounts a command takes at once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Accounts {
    /// Any number, with a worker process for each.
    Each,
    /// As [`Accounts::Each`], of a command without a gateway. Where none is named, every account of the configuration file.
    EachByDefault,
    /// One, or every account of the configuration file: orders for "these two" are one slip away from either.
    OneOrAll(Closing),
    /// One; the name of the command or flag that takes no more.
    One(&'static str),
    /// As [`Accounts::One`], and to be named where the configuration file has accounts.
    OneNamed(&'static str),
    /// Any number, which it judges together by itself.
    Together,
    /// None: accounts mean nothing to it.
    Nothing,
}

/// Task of one account's worker. The operator confirms once, for all accounts, before any worker acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Show the plan.
    Plan,
    /// Do it.
    Act,
}

/// How positions of every account are to be closed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Closing {
    /// Only show the positions.
    pub(crate) dry_run: bool,
    /// Close without asking.
    pub(crate) yes: bool,
    /// Show every position before asking.
    pub(crate) all_rows: bool,
}

impl Facts {
    /// A command that talks to the configured gateway, for one account; within that many seconds.
    pub(crate) const fn of_gateway(name: &'static str, verb: &'static str, seconds: u64) -> Self {
        Self {
            name,
            verb,
            deadline: Some(Duration::from_secs(seconds)),
            reads: None,
            simulation: Simulation::Gateway,
            has_metrics: false,
            accounts: Accounts::One(name),
            opens: false,
            acts: false,
        }
    }

    /// A command that talks to no gateway and reads no account's settings.
    pub(crate) const fn of_tool(name: &'static str) -> Self {
        Self {
            name,
            verb: "",
            deadline: None,
            reads: None,
            simulation: Simulation::Nothing("this command talks to none"),
            has_metrics: false,
            accounts: Accounts::Nothing,
            opens: false,
            acts: false,
        }
    }
}

/// A JSON document that a command prints, by the name that `mt5crs schema` knows it by.
#[derive(Clone, Copy)]
pub(crate) struct Document {
    pub(crate) name: &'static str,
    pub(crate) schema: fn() -> Schema,
}

impl Document {
    /// A report in its envelope.
    pub(crate) const fn report<R: JsonSchema + 'static>(name: &'static str) -> Self {
        Self { name, schema: || schema_for!(Envelope<'static, R>) }
    }

    /// A document of another form, such as a line of a stream.
    pub(crate) const fn line<T: JsonSchema>(name: &'static str) -> Self {
        Self { name, schema: || schema_for!(T) }
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
