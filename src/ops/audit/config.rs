//! Checks of the settings: are they valid, known, unambiguous and private?

use super::findings::first_few;
use super::{Audit, Deps, Options};
use crate::clock::Deadline;
use crate::config::{FileState, Key, Origin, Problem, ProblemKind, Resolved, WarningKind};
use crate::link::target::{self, resolve};
use crate::report::Check;

/// Checks the settings.
pub(super) fn check(audit: &mut Audit<'_>) {
    let (options, deps) = (audit.options, audit.deps);
    let resolved = &options.resolved;
    for check in [
        keys(resolved).named("config.keys"),
        unknown(resolved).named("config.unknown"),
        origins(resolved).named("config.origins"),
        gateway(options).named("config.gateway"),
        env_file(resolved).named("config.env-file"),
    ] {
        audit.findings.add(check);
    }
    if audit.findings.wants_code("config.target") {
        audit.findings.add(address(options, deps).named("config.target"));
    }
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

fn problems<'r>(resolved: &'r Resolved, code: &str) -> Vec<&'r Problem> {
    resolved.problems.iter().filter(|problem| code_of(problem) == code).collect()
}

fn failed(problems: &[&Problem]) -> Check {
    let mut remedies: Vec<String> = problems.iter().map(|problem| problem.remedy.clone()).collect();
    remedies.dedup();
    let messages = problems.iter().map(|problem| problem.message.clone());
    Check::fail(first_few(messages)).with_remedy(first_few(remedies))
}

fn keys(resolved: &Resolved) -> Check {
    let set = resolved.table.iter().filter(|entry| !entry.is_default).count();
    match problems(resolved, "config.keys").as_slice() {
        [] => Check::pass(format!("{set} of {} are set", resolved.table.len())),
        some => failed(some),
    }
}

fn unknown(resolved: &Resolved) -> Check {
    let slips: Vec<String> = warnings(resolved, WarningKind::NoEffect);
    match (problems(resolved, "config.unknown").as_slice(), slips.is_empty()) {
        ([], true) => Check::pass("none"),
        ([], false) => Check::warn(first_few(slips)).with_remedy("correct the name, or remove it"),
        (some, _) => failed(some),
    }
}

fn warnings(resolved: &Resolved, kind: WarningKind) -> Vec<String> {
    let fits = resolved.warnings.iter().filter(|warning| warning.kind == kind);
    fits.map(|warning| warning.message.clone()).collect()
}

fn origins(resolved: &Resolved) -> Check {
    let overrides = warnings(resolved, WarningKind::Overrides);
    if !overrides.is_empty() {
        return Check::warn(first_few(overrides));
    }
    let count = |fits: fn(&Origin) -> bool| {
        resolved.table.iter().filter(|entry| fits(&entry.origin)).count()
    };
    let counts = [
        (count(|origin| matches!(origin, Origin::Flag { .. })), "by flag"),
        (count(|origin| matches!(origin, Origin::Environment { .. })), "in the environment"),
        (count(|origin| matches!(origin, Origin::EnvFile { .. })), "in .env"),
        (count(|origin| matches!(origin, Origin::Profile { .. })), "in the profile"),
        (count(|origin| matches!(origin, Origin::Default)), "by default"),
    ];
    let used = counts.iter().filter(|(count, _)| *count > 0);
    Check::pass(used.map(|(count, by)| format!("{count} {by}")).collect::<Vec<_>>().join(", "))
}

fn gateway(options: &Options) -> Check {
    if options.sim_mode {
        return Check::not_applicable("a simulated gateway replaces the configured one");
    }
    match (problems(&options.resolved, "config.gateway").as_slice(), &options.settings.gateway) {
        ([], Some(gateway)) => Check::pass(format!("{gateway} ({})", options.origin)),
        ([], None) => Check::not_reached("its settings are invalid: see config.keys"),
        (some, _) => failed(some),
    }
}

fn address(options: &Options, deps: &Deps<'_>) -> Check {
    let Some(gateway) = &options.settings.gateway else {
        return Check::not_reached("no gateway is configured");
    };
    let is_address = gateway.host.parse::<std::net::IpAddr>().is_ok();
    if options.selection.is_offline() && !is_address {
        return Check::not_applicable("with --skip link no name is resolved");
    }
    let clock = &**deps.clock;
    let until = Deadline::after(clock, options.settings.sync_timeout).min(deps.deadline);
    let target = match resolve(&gateway.host, gateway.port, clock, deps.stop, until) {
        Ok(target) => target,
        Err(error) => return Check::not_reached(error.to_string()),
    };
    match target::allow(&target, options.allow_loopback) {
        Err(own) => Check::fail(format!("{} is {own}", target.host)),
        Ok(_) => match &target.own {
            Some(own) => {
                Check::pass(format!("{} is {own}, as --allow-loopback allows", target.host))
            }
            None => Check::pass(format!("{} is not this machine", target.address.ip())),
        },
    }
}

fn env_file(resolved: &Resolved) -> Check {
    let open = warnings(resolved, WarningKind::Permissions);
    // `.env` is always the first file.
    match resolved.files.first() {
        _ if !open.is_empty() => Check::warn(first_few(open)),
        Some(file) if file.state == FileState::Read => {
            Check::pass(format!("{} is closed to other users", file.path.display()))
        }
        _ => Check::not_applicable("there is no .env"),
    }
}
