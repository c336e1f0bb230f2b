//! One file a command: arguments to options, the operation, the report to the screen.

mod audit;
mod breaker;
mod canary;
mod codes;
mod config;
mod drift;
mod emergency_close;
mod evidence;
mod fleet;
mod link_test;
mod logs;
mod man;
mod phoenix;
mod positions;
mod schema;
pub(crate) mod sim;
mod sync;

use mt5crs::exit::Exit;
use mt5crs::ops::logs::presets;

use crate::args::logs::LogsCommand;
use crate::args::{Arguments, Command, Format};
use crate::run::{Run, usage};
use crate::sim_mode;

/// Runs the command that was asked for, and says what the process ends with.
pub(crate) fn dispatch(arguments: Arguments) -> u8 {
    let run = Run::begin(arguments.global);
    let output = run.global.output;
    let is_monitored = matches!(output, Format::Nagios | Format::Prometheus);
    let contradiction = sim_mode::contradiction(&run.global, &arguments.command);
    let exit = if let Some(failure) = contradiction.or_else(|| fleet::left_out(&run)) {
        run.give_up::<presets::Report>("usage", failure)
    } else if is_monitored && !has_figures(&arguments.command) {
        let failure = usage(
            "this command has no figures for monitoring: nothing was done".to_owned(),
            "-o nagios and -o prometheus go with link-test, sync, audit, drift, logs alerts and canary --monitor".to_owned(),
        );
        // No plugin's line: it would be one of a command that monitoring has no business with.
        run.screen.fail(&failure);
        failure.exit
    } else if run.global.outfile.is_some() && output != Format::Prometheus {
        let failure = usage(
            "--outfile is for -o prometheus alone: nothing was done".to_owned(),
            "add -o prometheus, or redirect what is printed".to_owned(),
        );
        run.give_up::<presets::Report>("usage", failure)
    } else if fleet::is_asked_for(&run, &arguments.command) {
        fleet::run(&run, &arguments.command)
    } else {
        command(&run, arguments.command)
    };
    run.code(exit)
}

/// Whether monitoring may ask for it: reads that have figures. Whatever sends an order or changes the deployment is
/// nothing to be run every minute by a program that expects one line.
fn has_figures(command: &Command) -> bool {
    match command {
        Command::LinkTest(_) | Command::Sync(_) => true,
        Command::Drift(_) => true,
        Command::Audit(args) => args.command.is_none(),
        // Of a canary nothing but what it watches: an order is nothing to be sent every minute.
        Command::Canary(args) => args.monitor.is_some(),
        Command::Logs(command) => matches!(command, LogsCommand::Alerts(_)),
        _ => false,
    }
}

fn command(run: &Run, command: Command) -> Exit {
    match command {
        Command::LinkTest(args) => link_test::run(run, &args),
        Command::Positions(args) => positions::run(run, args),
        Command::Sync(args) => sync::run(run, args),
        Command::Audit(args) => audit::run(run, *args),
        Command::Canary(args) => canary::run(run, &args),
        Command::Drift(args) => drift::run(run, &args),
        Command::EmergencyClose(args) => emergency_close::run(run, &args),
        Command::Phoenix(args) => phoenix::run(run, &args),
        Command::Breaker(command) => breaker::run(run, &command),
        Command::Evidence(command) => evidence::run(run, command),
        Command::Sim(args) => sim::run(run, &args),
        Command::Logs(command) => logs::run(run, command),
        Command::Config(args) => config::run(run, &args),
        Command::Explain(args) => codes::run(run, &args),
        Command::Schema(args) => schema::run(run, &args),
        Command::Completions(args) => schema::completions(run, &args),
        Command::Man(args) => man::run(run, &args),
    }
}
