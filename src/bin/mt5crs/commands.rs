//! One file a command: arguments to options, the operation, the report to the screen.

mod breaker;
mod canary;
mod codes;
mod config;
mod drift;
mod emergency_close;
mod evidence;
mod link_test;
mod logs;
mod positions;
mod schema;
mod sim;
mod sync;

use mt5crs::exit::Exit;

use crate::args::{Arguments, Command};
use crate::run::Run;

/// Runs the command that was asked for.
pub(crate) fn dispatch(arguments: Arguments) -> Exit {
    let run = Run::begin(arguments.global);
    match arguments.command {
        Command::LinkTest(args) => link_test::run(&run, &args),
        Command::Positions(args) => positions::run(&run, args),
        Command::Sync(args) => sync::run(&run, args),
        Command::Canary(args) => canary::run(&run, &args),
        Command::Drift(args) => drift::run(&run, &args),
        Command::EmergencyClose(args) => emergency_close::run(&run, &args),
        Command::Breaker(command) => breaker::run(&run, &command),
        Command::Evidence(command) => evidence::run(&run, command),
        Command::Sim(args) => sim::run(&run, &args),
        Command::Logs(command) => logs::run(&run, command),
        Command::Config(args) => config::run(&run, &args),
        Command::Explain(args) => codes::run(&run, &args),
        Command::Schema(args) => schema::run(&run, &args),
        Command::Completions(args) => schema::completions(&run, &args),
    }
}
