//! `config check`: every profile of the file and the settings in force, judged before anybody depends on them.
//!
//! A profile is judged as a command that names it would meet it, with what stands above it in the environment and in
//! `.env`. What is wrong there is told once, and not again for each profile.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::{
    self, FileSeen, Files, HostPort, Inputs, Key, Layer, Problem, ProblemKind, Resolved, Warning,
};
use crate::exit::Exit;
use crate::report::{Outcome, Verdict};

/// What was judged, and what is wrong with it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Whether every profile, and what is in force without one, can be used.
    pub usable: bool,
    /// Each profile, in the file's order or as they were named.
    pub profiles: Vec<Profile>,
    /// What is wrong whichever profile is named: in the environment, in `.env`, in the profiles' file as a whole.
    pub problems: Vec<Problem>,
    /// What deserves a word, likewise.
    pub warnings: Vec<Warning>,
    /// The files that were read, or looked for.
    pub files: Vec<FileSeen>,
}

/// One profile as a command would meet it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// `HOST:PORT`; null where it can't be told.
    pub gateway: Option<String>,
    /// The kill switch that holds for it.
    pub kill_switch_file: PathBuf,
    /// Where that is set.
    pub kill_switch_origin: config::Origin,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// What deserves a word.
    pub warnings: Vec<Warning>,
}

/// A profile and where its gateway is.
pub type Member = (String, Option<HostPort>);

/// Judges the named profiles, or all of the file. `inputs` name none themselves; `flag` is how one is named.
pub fn run(inputs: &Inputs, files: &dyn Files, named: &[String], flag: &str) -> Outcome<Report> {
    let in_force = config::resolve(inputs, files);
    let is_named = in_force.origin_of(Key::Profile).layer() != Layer::Default;
    let (names, unread) = match names(&in_force, inputs, files, named) {
        Ok(names) => (names, Vec::new()),
        Err(problems) => (Vec::new(), problems),
    };
    let Resolved { mut problems, mut warnings, files: mut seen, .. } = in_force;
    problems.extend(unread.into_iter().filter(|it| !problems.contains(it)).collect::<Vec<_>>());
    if !names.is_empty() {
        // Whoever has accounts need not have a gateway beside them, and the file was named to be read here.
        problems.retain(|it| is_named || it.kind != ProblemKind::MissingHost);
        warnings.retain(|it| it.key != Some(Key::ConfigFile));
    }
    let (mut profiles, mut members) = (Vec::new(), Vec::new());
    for name in names {
        let mut inputs = inputs.clone();
        inputs.flags.set(Key::Profile, flag, name.clone());
        let mut resolved = config::resolve(&inputs, files);
        seen.extend(resolved.files.drain(..).filter(|it| !seen.contains(it)).collect::<Vec<_>>());
        // A secret lies in the file, whichever profile is named.
        let (of_file, own): (Vec<_>, Vec<_>) =
            resolved.problems.drain(..).partition(|it| it.kind == ProblemKind::Secret);
        problems
            .extend(of_file.into_iter().filter(|it| !problems.contains(it)).collect::<Vec<_>>());
        let mut own: Vec<_> = own.into_iter().filter(|it| !problems.contains(it)).collect();
        if let Some(bad_name) = own.iter().find(|it| it.key == Some(Key::Profile)) {
            // What follows from it is no second thing to mend.
            own = vec![of_its_name(&name, bad_name)];
        }
        let of_profile = resolved.warnings.drain(..).filter(|it| !warnings.contains(it)).collect();
        let (profile, gateway) = judged(name.clone(), resolved, own, of_profile);
        profiles.push(profile);
        members.push((name, gateway));
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

fn judged(
    name: String,
    resolved: Resolved,
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
) -> (Profile, Option<HostPort>) {
    let kill_switch_origin = resolved.origin_of(Key::KillSwitchFile);
    let settings = resolved.as_they_are().clone();
    let profile = Profile {
        name,
        gateway: settings.gateway.as_ref().map(ToString::to_string),
        kill_switch_file: settings.kill_switch_file,
        kill_switch_origin,
        problems,
        warnings,
    };
    (profile, settings.gateway)
}

/// A name that can't be used, told where nobody typed it.
fn of_its_name(name: &str, problem: &Problem) -> Problem {
    let mut problem = problem.clone();
    if problem.kind == ProblemKind::InvalidValue {
        let (expects, name) = (Key::Profile.row().expects, name.escape_debug());
        problem.message = format!("a profile is called by {expects}, not `{name}`");
        "give the profile another name".clone_into(&mut problem.remedy);
        problem.origin = None;
    }
    problem
}

/// Those that were named, or all of the file. Without a file that anybody named there are none, and nothing is wrong.
fn names(
    in_force: &Resolved,
    inputs: &Inputs,
    files: &dyn Files,
    named: &[String],
) -> Result<Vec<String>, Vec<Problem>> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let file = in_force.table.iter().find(|entry| entry.key == Key::ConfigFile);
    let path = file.and_then(|entry| entry.value.as_deref()).unwrap_or_default();
    let is_absent = files.read(Path::new(path)).is_err_and(|it| it.kind() == ErrorKind::NotFound);
    if is_absent && file.is_none_or(|entry| entry.is_default) {
        return Ok(Vec::new());
    }
    config::profile_names(inputs, files).map_err(|problems| problems.iter().cloned().collect())
}

/// Two profiles that name one gateway are one account seen twice, which is legal and rarely meant.
pub fn shared_gateways(members: &[Member]) -> Vec<String> {
    let shared = members.iter().enumerate().filter_map(|(index, (name, gateway))| {
        let gateway = gateway.as_ref()?;
        let (other, _) = members[..index].iter().find(|(_, of)| of.as_ref() == Some(gateway))?;
        Some(format!(
            "profiles {other} and {name} name the same gateway, {gateway}: what they report is one account"
        ))
    });
    shared.collect()
}
