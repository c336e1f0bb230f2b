//! Are the settings what somebody meant?

use crate::clock::Deadline;
use crate::config::{FileState, Key, Origin, Problem, ProblemKind, Resolved, WarningKind};
use crate::link::target::{self, resolve};

use super::findings::{Findings, Found};
use super::{Deps, Options};

/// More than these are counted, not listed.
const LISTED: usize = 5;

pub(super) fn check(options: &Options, deps: &Deps<'_>, findings: &mut Findings<'_>) {
    let resolved = &options.resolved;
    findings.add("config.keys", keys(resolved));
    findings.add("config.unknown", unknown(resolved));
    findings.add("config.origins", origins(resolved));
    findings.add("config.gateway", gateway(options));
    findings.add("config.env-file", env_file(resolved));
    if findings.wants_code("config.target") {
        findings.add("config.target", address(options, deps));
    }
}

/// Each problem is told by one check.
fn told_by(problem: &Problem) -> &'static str {
    let is_gateway = matches!(problem.key, Some(Key::GatewayHost | Key::GatewayPort));
    match problem.kind {
        ProblemKind::UnknownKey => "config.unknown",
        ProblemKind::MissingHost => "config.gateway",
        ProblemKind::Conflict if is_gateway => "config.gateway",
        _ => "config.keys",
    }
}

fn problems<'r>(resolved: &'r Resolved, code: &str) -> Vec<&'r Problem> {
    resolved.problems.iter().filter(|problem| told_by(problem) == code).collect()
}

fn failed(problems: &[&Problem]) -> Found {
    let mut remedies: Vec<&str> = problems.iter().map(|problem| problem.remedy.as_str()).collect();
    remedies.dedup();
    let remedy = remedies.iter().take(LISTED).copied().collect::<Vec<_>>().join("; ");
    Found::fail(list(problems.iter().map(|problem| problem.message.clone()))).remedy(remedy)
}

/// The first few, and how many more there are.
pub(super) fn list(all: impl IntoIterator<Item = String>) -> String {
    let all: Vec<String> = all.into_iter().collect();
    let shown = all.iter().take(LISTED).cloned().collect::<Vec<_>>().join("; ");
    match all.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

fn keys(resolved: &Resolved) -> Found {
    let set = resolved.table.iter().filter(|entry| !entry.is_default).count();
    match problems(resolved, "config.keys").as_slice() {
        [] => Found::pass(format!("{set} of {} are set", resolved.table.len())),
        some => failed(some),
    }
}

fn unknown(resolved: &Resolved) -> Found {
    let slips: Vec<String> = warnings(resolved, WarningKind::NoEffect);
    match (problems(resolved, "config.unknown").as_slice(), slips.is_empty()) {
        ([], true) => Found::pass("none"),
        ([], false) => Found::warn(list(slips)).remedy("mend the name, or take it out"),
        (some, _) => failed(some),
    }
}

fn warnings(resolved: &Resolved, kind: WarningKind) -> Vec<String> {
    let fits = resolved.warnings.iter().filter(|warning| warning.kind == kind);
    fits.map(|warning| warning.message.clone()).collect()
}

fn origins(resolved: &Resolved) -> Found {
    let overrides = warnings(resolved, WarningKind::Overrides);
    if !overrides.is_empty() {
        return Found::warn(list(overrides));
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
    let said = counts.iter().filter(|(count, _)| *count > 0);
    Found::pass(said.map(|(count, by)| format!("{count} {by}")).collect::<Vec<_>>().join(", "))
}

fn gateway(options: &Options) -> Found {
    if options.practising {
        return Found::not_applicable("a simulated gateway stands in for the configured one");
    }
    match (problems(&options.resolved, "config.gateway").as_slice(), &options.settings.gateway) {
        ([], Some(gateway)) => Found::pass(format!("{gateway} ({})", options.origin)),
        ([], None) => Found::not_reached("what names it can't be used: see config.keys"),
        (some, _) => failed(some),
    }
}

fn address(options: &Options, deps: &Deps<'_>) -> Found {
    let Some(gateway) = &options.settings.gateway else {
        return Found::not_reached("no gateway is named");
    };
    let is_address = gateway.host.parse::<std::net::IpAddr>().is_ok();
    if options.selection.is_offline() && !is_address {
        return Found::not_applicable("without the link no name is resolved");
    }
    let clock = &**deps.clock;
    let until = Deadline::after(clock, options.settings.sync_timeout).min(deps.deadline);
    let target = match resolve(&gateway.host, gateway.port, clock, deps.stop, until) {
        Ok(target) => target,
        Err(error) => return Found::not_reached(error.to_string()),
    };
    match target::allow(&target, options.allow_loopback) {
        Err(own) => Found::fail(format!("{} is {own}", target.host)),
        Ok(_) => match &target.own {
            Some(own) => Found::pass(format!("{} is {own}, as asked for", target.host)),
            None => Found::pass(format!("{} is not this machine", target.address.ip())),
        },
    }
}

fn env_file(resolved: &Resolved) -> Found {
    let open = warnings(resolved, WarningKind::Permissions);
    // The first file that settings are looked for in is always this one.
    match resolved.files.first() {
        _ if !open.is_empty() => Found::warn(list(open)),
        Some(file) if file.state == FileState::Read => {
            Found::pass(format!("{} is closed to others", file.path.display()))
        }
        _ => Found::not_applicable("there is no .env"),
    }
}
