//! The list of commands. A command is the folder `commands/NAME/`: `args.rs` defines its arguments, `run.rs` turns them
//! into a call of the operation and states its [`Facts`](crate::app::command::Facts) and documents, `page.rs` renders its
//! report. A new command needs that folder, its `mod` and a line in [`commands!`].

mod audit;
mod breaker;
mod canary;
pub(crate) mod completions;
mod config;
pub(crate) mod definition;
mod drift;
mod emergency_close;
mod evaluate;
mod evidence;
mod explain;
mod figures;
mod key;
mod link_test;
mod logs;
mod man;
mod outcome;
mod phoenix;
mod positions;
mod schema;
mod sim;
mod state;
mod sync;
mod verify_proof;

use clap::{Parser, Subcommand};

use crate::app::command::{Command, Document};
use crate::app::{accounts, on_change, usage_error};
use crate::cli::Global;

/// Declares the commands, in the order of the help page.
macro_rules! commands {
    ($($module:ident => $variant:ident,)*) => {
        /// The command that was typed. Its help is the doc comment of its `Args`.
        #[derive(Debug, Subcommand)]
        pub(crate) enum AnyCommand {
            $($variant(Box<$module::Args>),)*
        }

        impl AnyCommand {
            pub(crate) fn as_command(&self) -> &dyn Command {
                match self {
                    $(Self::$variant(args) => &**args,)*
                }
            }

            pub(crate) fn as_command_mut(&mut self) -> &mut dyn Command {
                match self {
                    $(Self::$variant(args) => &mut **args,)*
                }
            }
        }

        /// Every JSON document that is printed.
        fn documents() -> Vec<Document> {
            let of_commands = [$($module::DOCUMENTS),*].concat();
            [of_commands, vec![accounts::DOCUMENT, usage_error::DOCUMENT, on_change::DOCUMENT]].concat()
        }
    };
}

commands! {
    link_test => LinkTest,
    positions => Positions,
    sync => Sync,
    audit => Audit,
    canary => Canary,
    drift => Drift,
    evaluate => Evaluate,
    emergency_close => EmergencyClose,
    phoenix => Phoenix,
    breaker => Breaker,
    outcome => Outcome,
    state => State,
    evidence => Evidence,
    verify_proof => VerifyProof,
    figures => Figures,
    sim => Sim,
    logs => Logs,
    config => Config,
    key => Key,
    explain => Explain,
    schema => Schema,
    completions => Completions,
    man => Man,
}

const EXIT_CODES: &str = "Exit codes: 0 it is so, 1 it is not, 2 usage or settings, 3 no answer, 4 outcome unknown, \
    5 refused by a guard, 6 not the gateway, 7 order refused, 8 not flat, 70 a bug. `mt5crs explain CODE` tells the remedy.";

/// Talk to a Windows MetaTrader 5 gateway over ZeroMQ, and believe only what its later state shows
#[derive(Debug, Parser)]
#[command(name = "mt5crs", version = crate::version(), propagate_version = true, disable_help_subcommand = true)]
#[command(after_long_help = EXIT_CODES, after_help = "mt5crs link-test --sim\nmt5crs config show\nmt5crs explain 4")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: AnyCommand,
}
