//! `--sim`: what stands in for the configured gateway, state, logs, records and kill switch, and which of its flags make
//! sense beside each other.
//!
//! This is the one place that takes settings away from what is configured, so that no command has to remember to.

use std::path::PathBuf;
use std::sync::Arc;

use mt5crs::config::{HostPort, Settings};
use mt5crs::failure::{Code, Failure};
use mt5crs::sim::Server;

use crate::args::{Command, Global, SimArgs};
use crate::commands::sim::{no_such_fault, not_started};
use crate::run::{Run, usage};

/// The flag that everything here is about.
pub(crate) const FLAG: &str = "--sim";

/// Points everything that a command could write or look at into a tree that was made for it.
pub(crate) fn scratch_tree(settings: &mut Settings) -> Result<PathBuf, Failure> {
    let scratch = tempfile::Builder::new()
        .prefix("mt5crs-sim-")
        .tempdir()
        .map_err(|error| {
            Failure::new(Code::Simulator, "failed to make a scratch directory")
                .with_cause(error)
                .with_remedy("set TMPDIR to a directory that can be written")
        })?
        .keep();
    settings.gateway = None;
    settings.profile = None;
    settings.state_dir = scratch.join("state");
    settings.log_dir = scratch.join("logs");
    settings.verify_log = settings.log_dir.join("VERIFY_LOG.log");
    settings.kill_switch_file = scratch.join("kill_switch.lock");
    Ok(scratch)
}

/// Starts the embedded gateway and makes it the one that is talked to.
pub(crate) fn serve(run: &Run, settings: &mut Settings) -> Result<Server, Failure> {
    let options = run.global.sim.options().map_err(|error| no_such_fault(&error))?;
    let server = Server::start(options, Arc::clone(&run.clock))
        .map_err(|error| not_started(&error, "--sim-"))?;
    let endpoint = server.endpoint();
    settings.gateway = Some(HostPort { host: endpoint.ip().to_string(), port: endpoint.port() });
    Ok(server)
}

/// What was typed as if for practice and would be for real, or the other way round. A flag that is passed over in silence
/// is how a drill becomes a trade.
///
/// Clap can't tell: it judges each side of the command's name by itself, and these flags may stand on either.
pub(crate) fn contradiction(global: &Global, command: &Command) -> Option<Failure> {
    let shaping = global.sim.shaping();
    if let (false, Some(flag)) = (global.sim.sim, shaping) {
        return Some(usage(
            format!(
                "{flag} shapes a simulated gateway, and without --sim there is none: nothing was done"
            ),
            format!("add --sim, or leave out {flag}"),
        ));
    }
    if !global.sim.sim {
        return None;
    }
    let named = [("--host", &global.settings.host), ("--port", &global.settings.port)];
    if let Some((flag, _)) = named.iter().find(|(_, value)| value.is_some()) {
        return Some(usage(
            format!(
                "--sim brings a gateway of its own, and {flag} names another: nothing was done"
            ),
            format!("leave out --sim, or {flag}"),
        ));
    }
    let flag = shaping?;
    let why = without_its_gateway(command)?;
    Some(usage(
        format!("{flag} shapes the gateway that --sim brings, and {why}: nothing was done"),
        format!("leave out {flag}"),
    ))
}

/// Why a command has no use for the embedded gateway, where it hasn't.
fn without_its_gateway(command: &Command) -> Option<&'static str> {
    match command {
        Command::LinkTest(_)
        | Command::Positions(_)
        | Command::Sync(_)
        | Command::Canary(_)
        | Command::EmergencyClose(_) => None,
        Command::Audit(args) if args.command.is_none() => None,
        Command::Phoenix(args) if args.gateway => None,
        Command::Phoenix(_) => Some("phoenix starts gateways of its own"),
        Command::Sim(_) => Some("sim is shaped by flags of its own, without the `sim-`"),
        Command::Audit(_)
        | Command::Drift(_)
        | Command::Breaker(_)
        | Command::Evidence(_)
        | Command::Logs(_)
        | Command::Config(_)
        | Command::Explain(_)
        | Command::Schema(_)
        | Command::Completions(_)
        | Command::Man(_) => Some("this command talks to none"),
    }
}

impl SimArgs {
    /// A flag that shapes the embedded gateway, if one was given.
    fn shaping(&self) -> Option<&'static str> {
        // Taken apart, so that a flag that is added tomorrow can't be forgotten here.
        let Self {
            sim: _,
            sim_positions,
            sim_seed,
            sim_fault,
            sim_book,
            sim_link_rtt,
            sim_exec_time,
        } = self;
        let given = [
            ("--sim-positions", sim_positions.is_some()),
            ("--sim-seed", sim_seed.is_some()),
            ("--sim-fault", !sim_fault.is_empty()),
            ("--sim-book", sim_book.is_some()),
            ("--sim-link-rtt", sim_link_rtt.is_some()),
            ("--sim-exec-time", sim_exec_time.is_some()),
        ];
        given.into_iter().find_map(|(flag, given)| given.then_some(flag))
    }
}
