//! `mt5crs sim`: a simulated gateway to practise on, until it is stopped.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mt5crs::exit::Exit;
use mt5crs::ops::simulator::{self, Listening};
use mt5crs::report::Failure;

use mt5crs::sim::{
    FaultSpec, JournalError, OnCrash, Options, Server, ServerExit, SimError, SpecError,
};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use crate::args::{ServeArgs, SimArgs};
use crate::run::Run;

const NAME: &str = "sim";
/// What the flags of a simulator of its own begin with.
const OWN: &str = "--";

pub(crate) fn run(run: &Run, args: &ServeArgs) -> Exit {
    if args.list_faults {
        return run.finish_alone("sim-faults", &simulator::list_faults());
    }
    if let (true, Some(book)) = (args.ledger, &args.book) {
        return run.finish_alone("sim-ledger", &simulator::ledger(book));
    }
    let wanted = Wanted {
        positions: args.positions,
        seed: args.seed,
        faults: &args.fault,
        book: &args.book,
        link_rtt: args.link_rtt,
        exec_time: args.exec_time,
    };
    let served = wanted.options().map_err(|error| no_such_fault(&error)).and_then(|options| {
        let options = Options {
            port: args.listen_port.unwrap_or(0),
            requests: args.requests.clone(),
            on_crash: OnCrash::KillProcess,
            stop: run.stop.clone(),
            signature_ttl: args.signature_ttl.unwrap_or(options.signature_ttl),
            ..options
        };
        if args.end_with_stdin {
            end_with_stdin()?;
        }
        serve(run, options)
    });
    match served {
        Ok(exit) => exit,
        Err(failure) => run.give_up::<simulator::Ledger>(NAME, failure),
    }
}

/// Stops this process as SIGTERM would once nobody can write to its standard input any more.
fn end_with_stdin() -> Result<(), Failure> {
    let listen = || {
        // Whatever is said there, its end is what counts; an error is one.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        // One's own process is always there to be told.
        let _ = signal::kill(Pid::this(), Signal::SIGTERM);
    };
    match std::thread::Builder::new().name("stdin".to_owned()).spawn(listen) {
        Ok(_) => Ok(()),
        Err(error) => Err(not_started(&SimError::System(error), OWN)),
    }
}

fn serve(run: &Run, options: Options) -> Result<Exit, Failure> {
    let server =
        Server::start(options, Arc::clone(&run.clock)).map_err(|error| not_started(&error, OWN))?;
    let endpoint = format!("tcp://{}", server.endpoint());
    let told = if run.json() {
        let pid = std::process::id();
        run.screen.json_line(&Listening { schema: "mt5crs.sim/1", endpoint, simulated: true, pid })
    } else {
        let hint = format!(
            "a simulated gateway; try: mt5crs link-test --allow-loopback --host 127.0.0.1 --port {}",
            server.endpoint().port()
        );
        let told = run.screen.text(&endpoint);
        run.screen.note(&hint);
        told
    };
    if let Err(error) = told {
        run.screen.warn(&format!("failed to print the endpoint: {error}"));
    }
    match server.join().map_err(|error| not_started(&error, OWN))? {
        // A stop that was asked for is how it is meant to end.
        ServerExit::Stopped => Ok(Exit::Ok),
        ServerExit::Crashed => Ok(Exit::No),
    }
}

/// Why there is no simulated gateway, and what to do about just that; `flags` is what its flags begin with.
pub(crate) fn not_started(error: &SimError, flags: &str) -> Failure {
    let remedy = match error {
        SimError::Journal(JournalError::InUse(_)) => {
            format!(
                "each simulated gateway needs a book of its own: name another file with {flags}book"
            )
        }
        SimError::Journal(JournalError::Corrupt { .. }) => {
            format!("name another file with {flags}book, or remove this one")
        }
        SimError::Journal(JournalError::Io { .. }) => {
            format!("name a file with {flags}book that this user can write")
        }
        SimError::Requests { .. } => {
            "name a file with --requests that this user can write".to_owned()
        }
        SimError::Socket { port: 0, .. } => {
            "the system gives no port on 127.0.0.1: see what it is short of".to_owned()
        }
        SimError::Socket { .. } => {
            "another program listens there: name another --listen-port, or leave it to the system"
                .to_owned()
        }
        SimError::System(_) => "see what the system is short of: files, threads, memory".to_owned(),
        SimError::Panicked => {
            "report it with the lines above and the output of mt5crs --version".to_owned()
        }
    };
    failure(error, remedy)
}

/// A fault that can't be meant.
pub(crate) fn no_such_fault(error: &SpecError) -> Failure {
    failure(error, "mt5crs sim --list-faults shows every fault with its form".to_owned())
}

fn failure(error: &dyn std::error::Error, remedy: String) -> Failure {
    Failure {
        code: "simulator",
        message: error.to_string(),
        causes: error.source().map(ToString::to_string).into_iter().collect(),
        remedy,
        exit: Exit::Usage,
    }
}

/// What both kinds of simulated gateway can be told.
struct Wanted<'a> {
    positions: Option<u32>,
    seed: Option<u64>,
    faults: &'a [String],
    book: &'a Option<PathBuf>,
    link_rtt: Option<Duration>,
    exec_time: Option<Duration>,
}

impl Wanted<'_> {
    fn options(self) -> Result<Options, SpecError> {
        let default = Options::default();
        let faults: Result<Vec<FaultSpec>, SpecError> =
            self.faults.iter().map(|fault| fault.parse()).collect();
        Ok(Options {
            positions: self.positions.map_or(default.positions, |count| count as usize),
            seed: self.seed.unwrap_or(default.seed),
            faults: faults?,
            book: self.book.clone(),
            link_rtt: self.link_rtt.unwrap_or_default(),
            exec_time: self.exec_time.unwrap_or_default(),
            ..default
        })
    }
}

impl SimArgs {
    /// The embedded gateway as these flags shape it.
    pub(crate) fn options(&self) -> Result<Options, SpecError> {
        let wanted = Wanted {
            positions: self.sim_positions,
            seed: self.sim_seed,
            faults: &self.sim_fault,
            book: &self.sim_book,
            link_rtt: self.sim_link_rtt,
            exec_time: self.sim_exec_time,
        };
        wanted.options()
    }
}
