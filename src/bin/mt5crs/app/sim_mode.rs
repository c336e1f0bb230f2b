//! `--sim`: replaces the configured gateway, state, logs, records and kill switch, and checks which of its flags go together.
//!
//! This is the only place that replaces configured paths.

use std::path::PathBuf;
use std::sync::Arc;

use mt5crs::config::{HostPort, Settings};
use mt5crs::failure::{Code, Failure};
use mt5crs::os::scratch_directory;
use mt5crs::protocol::gateway::Signing;
use mt5crs::protocol::signed::LinkKey;
use mt5crs::sim::{
    FaultSpec, GatewayKey, JournalError, Options, Protocol, Role, Server, SimError, SpecError,
};

use super::command::Simulation;
use super::{App, usage};
use crate::cli::{Global, SimArgs, SimRole, SimSigning};

/// The flag that switches it on.
pub(crate) const FLAG: &str = "--sim";
/// Prefix of the flags that shape the embedded gateway.
const FLAGS: &str = "--sim-";

/// Points everything that a command could read or write into a new scratch tree, which is removed at the end of the run
/// unless it is to be kept.
pub(super) fn use_scratch_tree(app: &App, settings: &mut Settings) -> Result<PathBuf, Failure> {
    let directory = scratch_directory("mt5crs-sim-", &std::env::temp_dir()).map_err(|error| {
        Failure::new(Code::Simulator, "failed to make a scratch directory")
            .with_cause(error)
            .with_remedy("set TMPDIR to a directory that can be written")
    })?;
    let scratch = directory.path().to_owned();
    if app.global.sim.keep {
        directory.keep();
    } else {
        app.scratch.replace(Some(directory));
    }
    settings.gateway = None;
    settings.profile = None;
    // The simulated gateway has an account of its own.
    settings.expect_login = None;
    settings.expect_server = None;
    settings.expect_trade_mode = None;
    settings.expect_currency = None;
    settings.expect_leverage = None;
    settings.expect_balance = None;
    settings.state_dir = scratch.join("state");
    settings.log_dir = scratch.join("logs");
    settings.verify_log = settings.log_dir.join("VERIFY_LOG.log");
    settings.kill_switch_files = vec![scratch.join("kill_switch.lock")];
    Ok(scratch)
}

/// How long the scratch tree is there, in words behind its path.
pub(super) fn how_long(app: &App) -> &'static str {
    if app.global.sim.keep { "" } else { " until the end (--keep leaves them)" }
}

/// Starts the embedded gateway and makes it the configured one.
pub(super) fn serve(app: &App, settings: &mut Settings) -> Result<Server, Failure> {
    let options = options(&app.global.sim, FLAGS)?;
    let server = Server::start(options, Arc::clone(&app.clock))
        .map_err(|error| not_started(&error, FLAGS))?;
    let endpoint = server.endpoint();
    settings.gateway = Some(HostPort { host: endpoint.ip().to_string(), port: endpoint.port() });
    Ok(server)
}

/// The simulated gateway that these flags describe; `flags` is their prefix.
pub(crate) fn options(args: &SimArgs, flags: &str) -> Result<Options, Failure> {
    let default = Options::default();
    let faults: Result<Vec<FaultSpec>, SpecError> =
        args.sim_fault.iter().map(|fault| fault.parse()).collect();
    let faults = faults.map_err(|error| {
        failure(&error, "mt5crs sim --list-faults shows every fault with its form".to_owned())
    })?;
    let protocol = match args.sim_protocol {
        Some(4) => Protocol::Four,
        _ => Protocol::Five,
    };
    if protocol == Protocol::Four {
        check_protocol_4(args, &faults, flags)?;
    }
    let keys: Vec<GatewayKey> = key(args, flags)?.into_iter().collect();
    Ok(Options {
        positions: args.sim_positions.map_or(default.positions, |count| count as usize),
        seed: args.sim_seed.unwrap_or(default.seed),
        protocol,
        pending: args.sim_pending.map_or(default.pending, |count| count as usize),
        signing: signing(args.sim_signing, !keys.is_empty()),
        keys,
        faults,
        book: args.sim_book.clone(),
        link_rtt: args.sim_link_rtt.unwrap_or_default(),
        exec_time: args.sim_exec_time.unwrap_or_default(),
        ..default
    })
}

/// Refuses what only protocol 5 has: ignored in silence, it would make a drill easier than it was meant to be.
fn check_protocol_4(args: &SimArgs, faults: &[FaultSpec], flags: &str) -> Result<(), Failure> {
    let fault = faults.iter().find(|fault| fault.protocol() == Protocol::Five);
    let given = [
        ("pending", args.sim_pending.is_some()),
        ("key", args.sim_key.is_some()),
        ("role", args.sim_role.is_some()),
        ("signing", args.sim_signing.is_some()),
    ];
    let flag = given.into_iter().find(|(_, given)| *given);
    let what = match (fault, flag) {
        (Some(fault), _) => format!("the fault {fault} belongs to"),
        (None, Some((flag, _))) => format!("{flags}{flag} shapes a gateway of"),
        (None, None) => return Ok(()),
    };
    let text = format!("{what} protocol 5, and this simulated gateway speaks 4: nothing was done");
    Err(usage(text, format!("leave out {flags}protocol, or set it to 5")))
}

/// The key with which a command signs to its embedded gateway.
pub(super) fn link_key(args: &SimArgs) -> Result<Option<LinkKey>, Failure> {
    Ok(key(args, FLAGS)?.map(|key| key.key))
}

/// The key in the file of these flags, where there is one; its name is the file's without an extension.
fn key(args: &SimArgs, flags: &str) -> Result<Option<GatewayKey>, Failure> {
    let Some(file) = args.sim_key.as_deref() else { return Ok(None) };
    let failed = |error: &dyn std::error::Error| {
        let remedy = format!(
            "name a file with {flags}key that holds 64 hexadecimal digits and is called after the key (a-z, 0-9, _ and -)"
        );
        let text = format!("failed to read the simulated gateway's key {}", file.display());
        Failure::new(Code::Simulator, text).with_cause(error).with_remedy(remedy)
    };
    let secret = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let key = LinkKey::new(&name, &secret).map_err(|error| failed(&error))?;
    let role = match args.sim_role.unwrap_or(SimRole::Trade) {
        SimRole::Read => Role::Read,
        SimRole::Trade => Role::Trade,
        SimRole::Admin => Role::Admin,
    };
    Ok(Some(GatewayKey { key, role }))
}

fn signing(given: Option<SimSigning>, has_key: bool) -> Signing {
    match given {
        Some(SimSigning::Off) => Signing::Off,
        Some(SimSigning::Orders) => Signing::Orders,
        Some(SimSigning::All) => Signing::All,
        None if has_key => Signing::All,
        None => Signing::Off,
    }
}

/// Failure of a simulated gateway to start, with its remedy; `flags` is the prefix of its flags.
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
            "the system assigned no port on 127.0.0.1: check its limits on ports and open files"
                .to_owned()
        }
        SimError::Socket { .. } => {
            "another program listens there: name another --listen-port, or leave it out".to_owned()
        }
        SimError::System(_) => {
            "check the system's limits on open files, threads and memory".to_owned()
        }
        SimError::Panicked => {
            "report it with the lines above and the output of mt5crs --version".to_owned()
        }
    };
    failure(error, remedy)
}

fn failure(error: &dyn std::error::Error, remedy: String) -> Failure {
    Failure::from_error(Code::Simulator, error).with_remedy(remedy)
}

/// Refuses flags that were meant for practice and would act for real, or the other way round: a flag that is ignored in
/// silence turns a drill into a trade.
///
/// Clap can't tell: it checks each side of the command's name by itself, and these flags may stand on either.
pub(super) fn contradiction(global: &Global, simulation: Simulation) -> Option<Failure> {
    if global.sim.keep && !global.sim.sim {
        return Some(usage(
            "--keep keeps the scratch tree of --sim, and without --sim there is none: nothing was done",
            "add --sim, or leave out --keep",
        ));
    }
    let shaping = shaping_flag(&global.sim);
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
    let why = match simulation {
        Simulation::Gateway => return None,
        Simulation::Nothing(why) => why,
        Simulation::Scratch | Simulation::Refused(..) => "this command talks to none",
    };
    Some(usage(
        format!("{flag} shapes the gateway that --sim brings, and {why}: nothing was done"),
        format!("leave out {flag}"),
    ))
}

/// A flag that shapes the embedded gateway, if one is given.
fn shaping_flag(args: &SimArgs) -> Option<&'static str> {
    // Destructured, so that a new flag can't be forgotten here.
    let SimArgs {
        sim: _,
        keep: _,
        sim_positions,
        sim_seed,
        sim_fault,
        sim_protocol,
        sim_pending,
        sim_key,
        sim_role,
        sim_signing,
        sim_book,
        sim_link_rtt,
        sim_exec_time,
    } = args;
    let given = [
        ("--sim-positions", sim_positions.is_some()),
        ("--sim-seed", sim_seed.is_some()),
        ("--sim-fault", !sim_fault.is_empty()),
        ("--sim-protocol", sim_protocol.is_some()),
        ("--sim-pending", sim_pending.is_some()),
        ("--sim-key", sim_key.is_some()),
        ("--sim-role", sim_role.is_some()),
        ("--sim-signing", sim_signing.is_some()),
        ("--sim-book", sim_book.is_some()),
        ("--sim-link-rtt", sim_link_rtt.is_some()),
        ("--sim-exec-time", sim_exec_time.is_some()),
    ];
    given.into_iter().find_map(|(flag, given)| given.then_some(flag))
}
