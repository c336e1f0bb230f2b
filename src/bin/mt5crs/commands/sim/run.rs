//! Runs `sim`: the simulated gateway, until it is stopped.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::ops::simulator::{self, Faults, Ledger, Listening, Printed};
use mt5crs::report::Envelope;
use mt5crs::sim::{OnCrash, Options, Server, ServerExit, SimError};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use super::Args;
use super::practice::Practice;
use crate::app::App;
use crate::app::command::{Command, Document, Facts, Simulation};
use crate::app::end::{Answer, RenderOptions};
use crate::app::sim_mode::{self, not_started};
use crate::cli::{SimArgs, SimRole};

/// Prefix of this command's flags.
const PREFIX: &str = "--";

pub(crate) const DOCUMENTS: &[Document] = &[
    Document::line::<Printed<Envelope<'static, Ledger>>>("sim"),
    Document::report::<Faults>("sim-faults"),
    Document::report::<Ledger>("sim-ledger"),
];

impl Command for Args {
    fn facts(&self) -> Facts {
        let name = match (self.list_faults, self.ledger) {
            (true, _) => "sim-faults",
            (false, true) => "sim-ledger",
            (false, false) => "sim",
        };
        let why = "sim is shaped by flags of its own, without the `sim-`";
        Facts { simulation: Simulation::Nothing(why), ..Facts::of_tool(name) }
    }

    fn run(&self, app: &App) -> Exit {
        run(app, self, self.facts().name)
    }
}

fn run(app: &App, args: &Args, name: &str) -> Exit {
    let render = RenderOptions::default();
    if args.list_faults {
        return app.end(name, Ok(simulator::list_faults()), None, &render);
    }
    let served = match (args.ledger, &args.book) {
        (true, Some(book)) => Ok(Answer::Report(simulator::ledger(book))),
        _ => serve(app, args).map(Answer::Printed),
    };
    app.end::<Ledger>(name, served, None, &render)
}

/// The file of the key that the gateway knows: the one of the flag, or that of a practice directory.
fn key(args: &Args) -> Result<Option<PathBuf>, Failure> {
    match (&args.key, &args.practice) {
        (None, Some(directory)) if args.protocol != Some(4) => Practice::key(directory).map(Some),
        (key, _) => Ok(key.clone()),
    }
}

fn options(app: &App, args: &Args, key: Option<&Path>) -> Result<Options, Failure> {
    let options = sim_mode::options(
        &SimArgs {
            sim: false,
            keep: false,
            sim_positions: args.positions,
            sim_seed: args.seed,
            sim_fault: args.fault.clone(),
            sim_protocol: args.protocol,
            sim_pending: args.pending,
            sim_key: key.map(Path::to_owned),
            // The key of a practice directory releases the kill switch as well.
            sim_role: args.role.or((args.key.is_none() && key.is_some()).then_some(SimRole::Admin)),
            sim_signing: args.signing,
            sim_book: args.book.clone(),
            sim_link_rtt: args.link_rtt,
            sim_exec_time: args.exec_time,
        },
        PREFIX,
    )?;
    Ok(Options {
        port: args.listen_port.unwrap_or(0),
        requests: args.requests.clone(),
        on_crash: OnCrash::KillProcess,
        stop: app.stop.clone(),
        signature_ttl: args.signature_ttl.unwrap_or(options.signature_ttl),
        ..options
    })
}

fn serve(app: &App, args: &Args) -> Result<Exit, Failure> {
    let key = key(args)?;
    let options = options(app, args, key.as_deref())?;
    if args.end_with_stdin {
        end_with_stdin()?;
    }
    let server = Server::start(options, Arc::clone(&app.clock))
        .map_err(|error| not_started(&error, PREFIX))?;
    let endpoint = format!("tcp://{}", server.endpoint());
    let practice =
        args.practice.as_deref().map(|it| Practice::make(it, server.endpoint(), key.as_deref()));
    let practice = practice.transpose()?;
    let printed = if app.is_json() {
        let pid = std::process::id();
        app.screen.json_line(&Listening { schema: "mt5crs.sim/1", endpoint, simulated: true, pid })
    } else {
        let printed = app.screen.text(&endpoint);
        let command = match &practice {
            Some(practice) => format!("{} link-test", practice.script.display()),
            None => format!(
                "mt5crs link-test --allow-loopback --host 127.0.0.1 --port {}",
                server.endpoint().port()
            ),
        };
        app.screen.note(&format!("a simulated gateway; try: {command}"));
        printed
    };
    if let Err(error) = printed {
        app.screen.warn(&format!("failed to print the endpoint: {error}"));
    }
    match server.join().map_err(|error| not_started(&error, PREFIX))? {
        // A signal is how it is meant to end.
        ServerExit::Stopped => Ok(Exit::Ok),
        ServerExit::Crashed => Ok(Exit::No),
    }
}

/// Stops this process as SIGTERM would at the end of its standard input.
fn end_with_stdin() -> Result<(), Failure> {
    let wait = || {
        // An error counts as the end.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        // A signal to one's own process can't fail.
        let _ = signal::kill(Pid::this(), Signal::SIGTERM);
    };
    match std::thread::Builder::new().name("stdin".to_owned()).spawn(wait) {
        Ok(_) => Ok(()),
        Err(error) => Err(not_started(&SimError::System(error), PREFIX)),
    }
}
