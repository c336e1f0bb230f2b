//! `config check`: validates every profile and the settings in force before a command depends on them.
//!
//! Each profile is resolved as for a command that selects it, with the environment and `.env` above it. A problem there is
//! reported once, not again for each profile.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::config::{
    self, FileSeen, Files, HostPort, Inputs, Key, Layer, Problem, ProblemKind, Resolved, Settings,
    Warning, WarningKind,
};
use crate::exit::Exit;
use crate::os::lasting;
use crate::report::Outcome;

/// Report of `config check`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Whether every profile, and the settings in force without one, are valid.
    pub usable: bool,
    /// Each profile, in the file's order or in the order of the command line.
    pub profiles: Vec<Profile>,
    /// Problems of every profile: in the environment, in `.env`, or in the configuration file as a whole.
    pub problems: Vec<Problem>,
    /// Warnings of every profile.
    pub warnings: Vec<Warning>,
    /// The files that were read or looked for.
    pub files: Vec<FileSeen>,
}

/// One profile, resolved as for a command that selects it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// `HOST:PORT`; null where it has no valid gateway.
    pub gateway: Option<String>,
    /// Its kill switch file.
    pub kill_switch_file: PathBuf,
    /// Origin of that path.
    pub kill_switch_origin: config::Origin,
    /// Its own problems.
    pub problems: Vec<Problem>,
    /// Its own warnings.
    pub warnings: Vec<Warning>,
}

/// A profile's name and its gateway.
pub type Member = (String, Option<HostPort>);

/// A configured kill switch in a place where files get lost, or can't be made.
fn kill_switch_doubt(files: &[PathBuf], origin: &config::Origin, tries: bool) -> Option<Warning> {
    let path = files.first().filter(|_| origin.layer() != Layer::Default)?;
    let doubt = lasting::doubt(path).or_else(|| {
        let error = tries.then(|| lasting::try_to_make_a_file(path).err())??;
        Some(format!("can't be made: {error}"))
    })?;
    Some(Warning {
        kind: WarningKind::Unreliable,
        key: Some(Key::KillSwitchFile),
        origin: Some(origin.clone()),
        message: format!("the kill switch {} {doubt}", path.display()),
    })
}

/// Validates the named profiles, or all of the file. `inputs` select no profile; `flag` is the flag that selects one. With
/// `tries`, makes a file beside each configured kill switch and removes it.
pub fn run(
    inputs: &Inputs,
    files: &dyn Files,
    named: &[String],
    flag: &str,
    tries: bool,
) -> Outcome<Report> {
    let in_force = config::resolve(inputs, files);
    let is_named = in_force.origin_of(Key::Profile).layer() != Layer::Default;
    let (names, mut unread) = match names(&in_force, inputs, files, named) {
        Ok(names) => (names, Vec::new()),
        Err(problems) => (Vec::new(), problems),
    };
    let origin = in_force.origin_of(Key::KillSwitchFile);
    let doubt = kill_switch_doubt(&in_force.as_they_are().kill_switch_files, &origin, tries);
    let Resolved { mut problems, mut warnings, files: mut seen, .. } = in_force;
    warnings.extend(doubt);
    unread.retain(|it| !problems.contains(it));
    problems.extend(unread);
    if !names.is_empty() {
        // With profiles a gateway beside them is optional, and the file is read on purpose.
        problems.retain(|it| is_named || it.kind != ProblemKind::MissingHost);
        warnings.retain(|it| it.key != Some(Key::ConfigFile));
    }
    let (mut profiles, mut members) = (Vec::new(), Vec::new());
    let mut known: HashSet<FileSeen> = seen.iter().cloned().collect();
    let of_all = problems.clone();
    for (resolved, name) in config::resolve_each(inputs, files, flag, &names).zip(&names) {
        let kill_switch_origin = resolved.origin_of(Key::KillSwitchFile);
        let Settings { gateway, kill_switch_files, .. } = resolved.as_they_are().clone();
        let Resolved { problems: mut own, warnings: mut of_profile, files: mut read, .. } =
            resolved;
        read.retain(|it| known.insert(it.clone()));
        seen.extend(read);
        own.retain(|it| !of_all.contains(it));
        of_profile.extend(kill_switch_doubt(&kill_switch_files, &kill_switch_origin, tries));
        of_profile.retain(|it| !warnings.contains(it));
        // A secret in the file is a problem of every profile.
        let (of_file, mut own): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|it| it.kind == ProblemKind::Secret);
        problems.extend(of_file);
        if let Some(bad_name) = own.iter().find(|it| it.key == Some(Key::Profile)) {
            // Problems that follow from the name are not reported as well.
            own = vec![reword_name_problem(name, bad_name)];
        }
        profiles.push(Profile {
            name: name.clone(),
            gateway: gateway.as_ref().map(ToString::to_string),
            kill_switch_file: kill_switch_files.into_iter().next().unwrap_or_default(),
            kill_switch_origin,
            problems: own,
            warnings: of_profile,
        });
        members.push((name.clone(), gateway));
    }
    let shared = shared_gateways(&members);
    let usable = problems.is_empty() && profiles.iter().all(|profile| profile.problems.is_empty());
    let is_quiet = warnings.is_empty() && profiles.iter().all(|it| it.warnings.is_empty());
    let verdict = match (usable, is_quiet && shared.is_empty()) {
        (false, _) => Verdict::Fail,
        (true, false) => Verdict::Warn,
        (true, true) => Verdict::Pass,
    };
    let report = Report { usable, profiles, problems, warnings, files: seen };
    let outcome = Outcome::judged(report, verdict, false);
    let exit = if usable { Exit::Ok } else { Exit::Usage };
    Outcome { exit, warnings: shared, ..outcome }
}

/// Words the problem of an invalid name for `config check`, where nobody typed the name.
fn reword_name_problem(name: &str, problem: &Problem) -> Problem {
    let mut problem = problem.clone();
    if problem.kind == ProblemKind::InvalidValue {
        let (expects, name) = (Key::Profile.row().expects, name.escape_debug());
        problem.message = format!("a profile has {expects}, not `{name}`");
        "give the profile another name".clone_into(&mut problem.remedy);
        problem.origin = None;
    }
    problem
}

/// The named profiles, or all of the file. Without a configured file there are none, which is no problem.
fn names(
    in_force: &Resolved,
    inputs: &Inputs,
    files: &dyn Files,
    named: &[String],
) -> Result<Vec<String>, Vec<Problem>> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let file = in_force.entry(Key::ConfigFile);
    let path = file.value.as_deref().unwrap_or_default();
    let is_absent = files.read(Path::new(path)).is_err_and(|it| it.kind() == ErrorKind::NotFound);
    if is_absent && file.is_default {
        return Ok(Vec::new());
    }
    config::profile_names(inputs, files).map_err(|problems| problems.iter().cloned().collect())
}

/// Warns of profiles with the same gateway: they report one account twice, which is allowed and rarely intended.
pub fn shared_gateways(members: &[Member]) -> Vec<String> {
    let mut first = HashMap::new();
    let shared = members.iter().filter_map(|(name, gateway)| {
        let gateway = gateway.as_ref()?;
        let other = *first.entry(gateway).or_insert(name);
        (other != name).then(|| format!(
            "profiles {other} and {name} have the same gateway, {gateway}: both report one account"
        ))
    });
    shared.collect()
}
