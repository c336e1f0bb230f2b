//! Checks of the settings: are they valid, known, unambiguous and private?

use super::findings::{Found, first_few};
use super::{Audit, Deps, Options};
use crate::check::Check;
use crate::clock::Deadline;
use crate::config::{FileState, Key, Origin, Problem, ProblemKind, Resolved, WarningKind};
use crate::link::target::{self, resolve};

/// Checks the settings.
pub(super) fn check(audit: &mut Audit<'_>) {
    let (options, deps, findings) = (audit.options, audit.deps, &mut audit.findings);
    let resolved = &options.resolved;
    findings.add("config.keys", || keys(resolved));
    findings.add("config.unknown", || unknown(resolved));
    findings.add("config.origins", || origins(resolved));
    findings.add("config.gateway", || gateway(options));
    findings.add("config.target", || address(options, deps));
    findings.add("config.env-file", || env_file(resolved));
}

/// The check that reports a problem; each problem has one.
fn code_of(problem: &Problem) -> &'static str {
    let is_gateway = matches!(problem.key, Some(Key::GatewayHost | Key::GatewayPort));
    match problem.kind {
        ProblemKind::UnknownKey => "config.unknown",
        ProblemKind::MissingHost => "config.gateway",
        ProblemKind::Conflict if is_gateway => "config.gateway",
        _ => "config.keys",
    }
}

/// Fails with the problems that this check reports, where there are any.
fn no_problem(resolved: &Resolved, code: &str) -> Result<(), Check> {
    let problems: Vec<&Problem> =
        resolved.problems.iter().filter(|problem| code_of(problem) == code).collect();
    if problems.is_empty() {
        return Ok(());
    }
    let mut remedies: Vec<String> = problems.iter().map(|problem| problem.remedy.clone()).collect();
    remedies.dedup();
    let messages = problems.iter().map(|problem| problem.message.clone());
    Err(Check::fail(first_few(messages)).with_remedy(first_few(remedies)))
}

/// Warns of the resolution's warnings of this kind, where there are any.
fn no_warning(resolved: &Resolved, kind: WarningKind) -> Result<(), Check> {
    let warnings = resolved.warnings.iter().filter(|warning| warning.kind == kind);
    let messages: Vec<String> = warnings.map(|warning| warning.message.clone()).collect();
    if messages.is_empty() { Ok(()) } else { Err(Check::warn(first_few(messages))) }
}

fn keys(resolved: &Resolved) -> Found {
    no_problem(resolved, "config.keys")?;
    let set = resolved.table.iter().filter(|entry| !entry.is_default).count();
    Ok(format!("{set} of {} are set", resolved.table.len()))
}

fn unknown(resolved: &Resolved) -> Found {
    no_problem(resolved, "config.unknown")?;
    no_warning(resolved, WarningKind::NoEffect)
        .map_err(|check| check.with_remedy("correct the name, or remove it"))?;
    Ok("none".to_owned())
}

fn origins(resolved: &Resolved) -> Found {
    no_warning(resolved, WarningKind::Overrides)?;
    let count = |layer: &'static str, fits: fn(&Origin) -> bool| {
        (resolved.table.iter().filter(|entry| fits(&entry.origin)).count(), layer)
    };
    let counts = [
        count("by flag", |origin| matches!(origin, Origin::Flag { .. })),
        count("in the environment", |origin| matches!(origin, Origin::Environment { .. })),
        count("in .env", |origin| matches!(origin, Origin::EnvFile { .. })),
        count("in the profile", |origin| matches!(origin, Origin::Profile { .. })),
        count("by default", |origin| matches!(origin, Origin::Default)),
    ];
    let used = counts.iter().filter(|(count, _)| *count > 0);
    Ok(used.map(|(count, layer)| format!("{count} {layer}")).collect::<Vec<_>>().join(", "))
}

fn gateway(options: &Options) -> Found {
    if options.sim_mode {
        return Err(Check::not_applicable("a simulated gateway replaces the configured one"));
    }
    no_problem(&options.resolved, "config.gateway")?;
    match &options.settings.gateway {
        Some(gateway) => Ok(format!("{gateway} ({})", options.origin)),
        None => Err(Check::not_reached("its settings are invalid: see config.keys")),
    }
}

fn address(options: &Options, deps: &Deps<'_>) -> Found {
    let Some(gateway) = &options.settings.gateway else {
        return Err(Check::not_reached("no gateway is configured"));
    };
    let is_address = gateway.host.parse::<std::net::IpAddr>().is_ok();
    if options.selection.is_offline() && !is_address {
        return Err(Check::not_applicable("with --skip link no name is resolved"));
    }
    let clock = &**deps.clock;
    let until = Deadline::after(clock, options.settings.sync_timeout).min(deps.deadline);
    let target = resolve(&gateway.host, gateway.port, clock, deps.stop, until)
        .map_err(|error| Check::not_reached(error.to_string()))?;
    target::allow(&target, options.allow_loopback)
        .map_err(|own| Check::fail(format!("{} is {own}", target.host)))?;
    Ok(match &target.own {
        Some(own) => format!("{} is {own}, as --allow-loopback allows", target.host),
        None => format!("{} is not this machine", target.address.ip()),
    })
}

fn env_file(resolved: &Resolved) -> Found {
    no_warning(resolved, WarningKind::Permissions)?;
    // `.env` is always the first file.
    match resolved.files.first() {
        Some(file) if file.state == FileState::Read => {
            Ok(format!("{} is closed to other users", file.path.display()))
        }
        _ => Err(Check::not_applicable("there is no .env")),
    }
}
