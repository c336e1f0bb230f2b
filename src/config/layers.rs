//! The layers of settings, laid over each other: which text holds for each key, and where it came from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::env_file;
use super::files::{Content, FileSeen, FileState, Files};
use super::key::{CATALOGUE, Key, Row};
use super::origin::{Layer, Origin};
use super::problem::{Problem, ProblemKind, Warning, WarningKind};
use super::profile::{self, Profiles};
use super::secret;
use super::unknown::{self, Unknown};
use super::value;

/// Environment variables by name. FailureContext and values need not be UTF-8.
pub type Environment = BTreeMap<OsString, OsString>;

/// What settings are made from, besides files.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// What the command line sets.
    pub flags: Flags,
    /// What this process was started with.
    pub environment: Environment,
    /// The file that `--env-file` names. Without it `.env` in the working directory is read, if it is there.
    pub env_file: Option<PathBuf>,
    /// The working directory, where relative paths start.
    pub cwd: PathBuf,
}

/// Settings from the command line.
#[derive(Debug, Clone, Default)]
pub struct Flags(Vec<(Key, String, String)>);

impl Flags {
    /// Sets a key by the flag of that name (`--host`). The value is read as the key's would be in the environment. The
    /// last one holds.
    pub fn set(&mut self, key: Key, flag: &str, value: impl Into<String>) {
        self.0.push((key, flag.to_owned(), value.into()));
    }
}

/// A key's text as some layer has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// Every layer, read, and not yet judged by what the keys mean.
#[derive(Debug, Default)]
pub(super) struct Layers {
    /// By the name that was used, because a key's two names are compared.
    said: BTreeMap<&'static str, BTreeMap<Layer, Text>>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Warning>,
    pub(super) files: Vec<FileSeen>,
}

impl Layers {
    /// Reads flags, environment, `.env` and the named profile.
    pub(super) fn read(inputs: &Inputs, files: &dyn Files) -> Self {
        let mut layers = Self::default();
        layers.read_flags(&inputs.flags);
        layers.read_environment(&inputs.environment);
        layers.read_env_file(inputs, files);
        layers.read_profile(inputs, files);
        layers.compare();
        layers
    }

    /// Reads what names the profiles' file, and its profiles' names.
    pub(super) fn profile_names(
        inputs: &Inputs,
        files: &dyn Files,
    ) -> Result<Vec<String>, Vec<Problem>> {
        let mut layers = Self::default();
        layers.read_flags(&inputs.flags);
        layers.read_environment(&inputs.environment);
        layers.read_env_file(inputs, files);
        let named_by =
            layers.effective(Key::ConfigFile).map_or(Layer::Default, |said| said.origin.layer());
        // What else is wrong stops whoever reads it; which file is meant must not be in doubt.
        let in_doubt = layers.problems.iter().any(|it| it.spoils(Key::ConfigFile, named_by));
        match layers.read_profiles(inputs, files) {
            Some((_, profiles)) if !in_doubt => Ok(profiles.names().map(str::to_owned).collect()),
            _ => Err(layers.problems),
        }
    }

    /// The text that holds for a key. A key said by both of its names holds by the higher layer; whether they agree is
    /// [`Self::conflict`]'s question.
    pub(super) fn effective(&self, key: Key) -> Option<&Text> {
        let of_name = |name| self.said.get(name).and_then(|by_layer| by_layer.values().next_back());
        let [first, second] =
            [Some(key.row().name), key.row().alias].map(|name| name.and_then(of_name));
        match (first, second) {
            (Some(first), Some(second)) if second.origin.layer() > first.origin.layer() => {
                Some(second)
            }
            (first, second) => first.or(second),
        }
    }

    /// A key's two names that say different things. A flag has the last word.
    pub(super) fn conflict(&self, key: Key) -> Option<Problem> {
        let row = key.row();
        let of_name = |name| self.said.get(name).and_then(|by_layer| by_layer.values().next_back());
        let (first, second) = (of_name(row.name)?, of_name(row.alias?)?);
        if first.origin.layer() == Layer::Flag || first.text.eq_ignore_ascii_case(&second.text) {
            return None;
        }
        let message = format!(
            "{} is `{}` and {} is `{}`: they mean the same and differ",
            first.origin,
            first.text.escape_debug(),
            second.origin,
            second.text.escape_debug()
        );
        let remedy = format!("set one of {} and {}, or the flag", row.name, row.alias?);
        let higher = self.effective(key)?.origin.clone();
        let problem = Problem::new(ProblemKind::Conflict, message, remedy);
        Some(problem.with_key(key).with_origin(higher))
    }

    fn say(&mut self, name: &'static str, origin: Origin, text: String) {
        let by_layer = self.said.entry(name).or_default();
        by_layer.insert(origin.layer(), Text { text, origin });
    }

    fn read_flags(&mut self, flags: &Flags) {
        for (key, flag, text) in &flags.0 {
            self.say(key.name(), Origin::Flag { flag: flag.clone() }, text.clone());
        }
    }

    fn read_environment(&mut self, environment: &Environment) {
        for (name, text) in environment {
            // A name that isn't UTF-8 is nobody's that we know.
            let Some(name) = name.to_str() else { continue };
            let origin = Origin::Environment { name: name.to_owned() };
            let Some((key, known)) = look_up(name) else {
                self.judge_unknown(name, origin);
                continue;
            };
            match text.to_str() {
                Some(text) => self.say(known, origin, text.to_owned()),
                None => {
                    let message = format!("{origin} is not UTF-8");
                    let problem = Problem::new(
                        ProblemKind::InvalidValue,
                        message,
                        format!("set {name} anew"),
                    );
                    self.problems.push(problem.with_key(key).with_origin(origin));
                }
            }
        }
    }

    fn read_env_file(&mut self, inputs: &Inputs, files: &dyn Files) {
        let shown = inputs.env_file.as_deref().unwrap_or(Path::new(".env"));
        let content = match self.open(shown, inputs, files) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound && inputs.env_file.is_none() => {
                return;
            }
            Err(error) => {
                let remedy =
                    "mend it, name another with --env-file, or do without: --env-file /dev/null";
                self.problems.push(unreadable(shown, &error, remedy).hiding(Layer::EnvFile));
                return;
            }
        };
        if let Some(mode) = content.mode.filter(|mode| mode & 0o006 != 0) {
            let can = match mode & 0o006 {
                0o004 => "read",
                0o002 => "write",
                _ => "read and write",
            };
            let shown = shown.display();
            self.warnings.push(Warning::new(WarningKind::Permissions, format!(
                "everybody on this machine can {can} {shown} (mode {mode:04o}); chmod 600 {shown}"
            )));
        }
        let read = env_file::parse(shown, &content.bytes);
        self.problems.extend(read.problems);
        for env_file::Entry { name, value, line } in read.entries {
            let origin = Origin::EnvFile { file: shown.to_owned(), line, name: name.clone() };
            let Some((key, known)) = look_up(&name) else {
                self.judge_unknown(&name, origin);
                continue;
            };
            let earlier = self.said.get(known).and_then(|by_layer| by_layer.get(&Layer::EnvFile));
            if let Some(earlier) = earlier.filter(|earlier| earlier.text != value) {
                // bash takes the last one, dotenvy's loader the first: neither is believed.
                let message =
                    format!("{} is said again, differently, at line {line}", earlier.origin);
                let problem =
                    Problem::new(ProblemKind::Conflict, message, "take one of the lines out");
                self.problems.push(problem.with_key(key).with_origin(origin.clone()));
            }
            self.say(known, origin, value);
        }
    }

    /// The profiles' file as it is shown, and what it holds; a problem where it can't be had.
    fn read_profiles(&mut self, inputs: &Inputs, files: &dyn Files) -> Option<(PathBuf, Profiles)> {
        let named = self.effective(Key::ConfigFile).map(|said| said.text.clone());
        let shown = PathBuf::from(named.as_deref().or(Key::ConfigFile.row().default)?);
        let content = match self.open(&shown, inputs, files) {
            Ok(content) => content,
            Err(error) => {
                let remedy = "name the profiles' file with --config, or name no profile";
                self.problems.push(unreadable(&shown, &error, remedy).hiding(Layer::Profile));
                return None;
            }
        };
        self.problems
            .extend(secret::members(&content.bytes).iter().map(|path| a_secret(path, &shown)));
        match Profiles::parse(&shown, &content.bytes) {
            Ok(profiles) => Some((shown, profiles)),
            Err(problem) => {
                self.problems.push(*problem);
                None
            }
        }
    }

    fn read_profile(&mut self, inputs: &Inputs, files: &dyn Files) {
        let Some(Text { text: profile, origin: named_by }) = self.effective(Key::Profile).cloned()
        else {
            if let Some(config) = self.effective(Key::ConfigFile) {
                let message = format!("{} has no effect without a profile's name", config.origin);
                let warning =
                    Warning::new(WarningKind::NoEffect, message).with_key(Key::ConfigFile);
                let warning = warning.with_origin(config.origin.clone());
                self.warnings.push(warning);
            }
            return;
        };
        // What is wrong with a bad name is said where the names of all keys are judged.
        if value::profile_name(&profile).is_err() {
            return;
        }
        let Some((file, profiles)) = self.read_profiles(inputs, files) else { return };
        let shown = file.display();
        let Some(members) = profiles.named(&profile) else {
            let names: Vec<&str> = profiles.names().collect();
            let known = if names.is_empty() {
                "it holds none".to_owned()
            } else {
                format!("it holds {}", names.join(", ").escape_debug())
            };
            let message = format!("{shown} holds no profile {profile}");
            let problem = Problem::new(ProblemKind::UnknownProfile, message, known);
            let problem = problem.with_key(Key::Profile).with_origin(named_by);
            self.problems.push(problem.hiding(Layer::Profile));
            return;
        };
        let Some(members) = members else {
            let message = format!("profile {profile} of {shown} is no object");
            let remedy = r#"write "NAME": {"gateway_host": "…"}"#;
            let problem = Problem::new(ProblemKind::Malformed, message, remedy);
            self.problems.push(problem.hiding(Layer::Profile));
            return;
        };
        let origin_of = |name: &str| {
            let (profile, file, name) = (profile.clone(), file.clone(), name.to_owned());
            Origin::Profile { profile, file, name }
        };
        if let Some(name) = members.repeated() {
            let origin = origin_of(name);
            let key = look_up_in_profile(name).map(|(key, _)| key);
            let problem = Problem::new(
                ProblemKind::Conflict,
                format!("{origin} stands there twice"),
                "take one of them out",
            );
            self.problems.push(problem.with_key(key).with_origin(origin));
        }
        for (name, member) in members.iter() {
            let origin = origin_of(name);
            let Some((key, known)) = look_up_in_profile(name) else {
                // What looks like a secret was told already, wherever it stands.
                if !secret::looks_secret(name) {
                    self.problems.push(unknown_member(name, origin));
                }
                continue;
            };
            match profile::as_text(member) {
                Some(text) => self.say(known, origin, text),
                None => {
                    let message = format!("{origin} is neither a text nor a number");
                    let remedy = format!("write it as {}", key.row().expects);
                    let problem = Problem::new(ProblemKind::InvalidValue, message, remedy);
                    self.problems.push(problem.with_key(key).with_origin(origin));
                }
            }
        }
    }

    /// Words where one layer silently wins over another that somebody may have meant.
    fn compare(&mut self) {
        for row in CATALOGUE {
            let by_name = row.names().filter_map(|name| self.said.get(name));
            for by_layer in by_name {
                let overridden = match by_layer.iter().next_back() {
                    Some((Layer::Environment, _)) => [Layer::EnvFile, Layer::Profile].as_slice(),
                    Some((Layer::EnvFile, _)) => &[Layer::Profile],
                    _ => &[],
                };
                let Some(winner) = by_layer.values().next_back() else { continue };
                let losers = overridden.iter().filter_map(|layer| by_layer.get(layer));
                for loser in losers.filter(|loser| loser.text != winner.text) {
                    let message = format!(
                        "{} is `{}`, which wins over `{}` ({})",
                        winner.origin,
                        winner.text.escape_debug(),
                        loser.text.escape_debug(),
                        loser.origin
                    );
                    let warning = Warning::new(WarningKind::Overrides, message).with_key(row.key);
                    self.warnings.push(warning.with_origin(winner.origin.clone()));
                }
            }
        }
    }

    /// A name that isn't in the catalogue. Its value is none of our business, and never shown.
    fn judge_unknown(&mut self, name: &str, origin: Origin) {
        match unknown::judge(name) {
            Unknown::Ours(nearest) => {
                let message = format!("{origin} is no setting of this program");
                let problem = Problem::new(
                    ProblemKind::UnknownKey,
                    message,
                    format!("did you mean {nearest}?"),
                );
                self.problems.push(problem.with_origin(origin));
            }
            Unknown::NearMiss(known) => {
                let message = format!("{origin} has no effect; did you mean {known}?");
                self.warnings.push(
                    Warning::new(WarningKind::NoEffect, message)
                        .with_key(Key::named(known))
                        .with_origin(origin),
                );
            }
            Unknown::Foreign => {}
        }
    }

    /// Reads a file, and notes what came of it. A relative path starts at the working directory that was given.
    fn open(&mut self, path: &Path, inputs: &Inputs, files: &dyn Files) -> io::Result<Content> {
        let path = inputs.cwd.join(path);
        let read = files.read(&path);
        let state = match &read {
            Ok(_) => FileState::Read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => FileState::Absent,
            Err(_) => FileState::Unreadable,
        };
        self.files.push(FileSeen { path, state });
        read
    }
}

fn unreadable(path: &Path, error: &io::Error, remedy: &str) -> Problem {
    let message = match error.kind() {
        io::ErrorKind::NotFound => format!("there is no {}", path.display()),
        _ => format!("{} can't be read: {error}", path.display()),
    };
    Problem::new(ProblemKind::UnreadableFile, message, remedy)
}

/// The key of that name, and the name as the catalogue has it.
fn look_up(name: &str) -> Option<(Key, &'static str)> {
    let row = Key::named(name)?.row();
    row.names().find(|known| *known == name).map(|known| (row.key, known))
}

/// The same for a profile's member: lower case, and only what a profile may hold.
fn look_up_in_profile(name: &str) -> Option<(Key, &'static str)> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let found = look_up(&name.to_ascii_uppercase())?;
    // A profile can't say which profile it is, nor where it lies.
    (!matches!(found.0, Key::Profile | Key::ConfigFile)).then_some(found)
}

fn unknown_member(name: &str, origin: Origin) -> Problem {
    let nearest = unknown::nearest(name).to_ascii_lowercase();
    let message = format!("{origin} is no setting of this program");
    let remedy = format!("did you mean {nearest}?");
    Problem::new(ProblemKind::UnknownKey, message, remedy).with_origin(origin)
}

/// What must not lie in the profiles' file, by the names on the way to it.
fn a_secret(path: &[String], file: &Path) -> Problem {
    const REMEDY: &str = "take it out: the profiles' file holds no secrets, and this program needs none; what another program needs goes into its environment, or into a file that its NAME_FILE names";
    let origin = match path {
        [top, profile, name] if top == "profiles" => Some(Origin::Profile {
            profile: profile.clone(),
            file: file.to_owned(),
            name: name.clone(),
        }),
        _ => None,
    };
    let place = match &origin {
        Some(origin) => origin.to_string(),
        None => format!("{} in {}", path.join(".").escape_debug(), file.display()),
    };
    let problem = Problem::new(ProblemKind::Secret, format!("{place} looks like a secret"), REMEDY);
    Problem { origin, ..problem }
}

impl Row {
    /// What to do about a bad value.
    pub(super) fn remedy(&self) -> String {
        match self.default {
            Some(default) => format!("mend it, or leave it out for the default {default}"),
            None => "mend it, or leave it out".to_owned(),
        }
    }
}
