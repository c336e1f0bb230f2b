//! Reads the layers of settings, and finds each key's text in force with its origin.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, ErrorKind::NotFound};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::env_file;
use super::files::{Content, FileSeen, FileState, Files};
use super::json_names;
use super::key::{CATALOGUE, Key, LINK_KEY_VARIABLE};
use super::origin::{Layer, Origin};
use super::places;
use super::problem::{Problem, ProblemKind, Warning, WarningKind};
use super::profile::{self, Profiles};
use super::secret;
use super::unknown::{self, Unknown};
use super::value;

/// Environment variables by name. Names and values need not be UTF-8.
pub type Environment = BTreeMap<OsString, OsString>;

/// Sources of settings besides files.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Settings from the command line.
    pub flags: Flags,
    /// The inherited environment.
    pub environment: Environment,
    /// The file that `--env-file` names. Without it, `.env` in the working directory is read if it exists.
    pub env_file: Option<PathBuf>,
    /// The working directory, to which relative paths are joined.
    pub cwd: PathBuf,
    /// The machine's directory of settings, which the shipped units read. `config.json`, and `PROFILE.env` for `.env`, are
    /// looked for there where the working directory has none. `None` for no such directory.
    pub system_dir: Option<PathBuf>,
}

impl Inputs {
    /// The profiles' file of the machine's directory.
    fn systems_config_file(&self) -> Option<PathBuf> {
        self.system_dir.as_ref().map(|directory| directory.join(places::CONFIG_FILE))
    }
}

/// Settings from the command line.
#[derive(Debug, Clone, Default)]
pub struct Flags(Vec<(Key, String, String)>);

impl Flags {
    /// Sets a key by the flag with this name (`--host`). The value is read as in the environment; the last one wins.
    pub fn set(&mut self, key: Key, flag: &str, value: impl Into<String>) {
        self.0.push((key, flag.to_owned(), value.into()));
    }
}

/// One key's value in force: a row of `config show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value in force as text, also where it is invalid; null where there is none.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether no layer sets it.
    pub is_default: bool,
    /// The purpose of the key.
    pub description: &'static str,
}

/// A key's text in one layer.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// The name that the layer uses, as the catalogue spells it: a key's two names are compared.
    name: &'static str,
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// The profiles, and the problems of every profile with their file.
type Parsed = (Option<Profiles>, Vec<Problem>);

/// Every layer's texts, not yet parsed.
#[derive(Debug, Default, Clone)]
pub(super) struct Layers {
    /// At most one for each name and layer.
    texts: Vec<Text>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Warning>,
    pub(super) files: Vec<FileSeen>,
    /// The profiles' file that is used where no layer names one.
    pub(super) found_config: PathBuf,
    /// The selected profile's own `.env` file, in the machine's directory.
    pub(super) own_env_file: Option<PathBuf>,
}

impl Layers {
    /// Reads flags, environment, `.env` and the selected profile.
    pub(super) fn read(inputs: &Inputs, files: &dyn Files) -> Self {
        let mut layers = Self::read_above_profile(inputs, files);
        layers.read_own_env_file(inputs, files);
        layers.read_profile(inputs, files, &mut None);
        layers.warn_of_overrides();
        layers
    }

    /// Reads the layers once for each profile, as if `flag` selected it. The files are read and parsed once, and the
    /// secrets in the profiles' file are among the first profile's problems.
    pub(super) fn read_each<'r>(
        inputs: &'r Inputs,
        files: &'r dyn Files,
        flag: &'r str,
        names: &'r [String],
    ) -> impl Iterator<Item = Self> + 'r {
        let above = Self::read_above_profile(inputs, files);
        let mut parsed = None;
        names.iter().map(move |name| {
            let mut layers = above.clone();
            let origin = Origin::Flag { flag: flag.to_owned() };
            layers.add(Key::Profile.name(), origin, Ok(name.clone()));
            layers.read_own_env_file(inputs, files);
            layers.read_profile(inputs, files, &mut parsed);
            layers.warn_of_overrides();
            layers
        })
    }

    /// The names in the profiles' file.
    pub(super) fn profile_names(
        inputs: &Inputs,
        files: &dyn Files,
    ) -> Result<Vec<String>, Vec<Problem>> {
        let mut layers = Self::read_above_profile(inputs, files);
        // Other problems stop the command that uses the profile.
        let is_file_known = !layers.is_spoiled(Key::ConfigFile);
        match layers.read_profiles(inputs, files) {
            Some(profiles) if is_file_known => Ok(profiles.names),
            _ => Err(layers.problems),
        }
    }

    /// Of the problems of the profiles' file, the one that hides the profiles of this machine: the file can't be read, or it
    /// is the one that the units read. Elsewhere a `config.json` may be another program's.
    pub(super) fn hidden_profiles(
        &self,
        problems: Vec<Problem>,
        inputs: &Inputs,
        files: &dyn Files,
    ) -> Option<Problem> {
        let path = inputs.cwd.join(self.entry(Key::ConfigFile).value?);
        let is_ours = Some(&path) == inputs.systems_config_file().as_ref();
        let is_there = files.exists(&path);
        problems.into_iter().find(|it| {
            let is_unread = it.kind == ProblemKind::UnreadableFile;
            it.hides == Some(Layer::Profile) && is_there && (is_ours || is_unread)
        })
    }

    pub(super) fn read_above_profile(inputs: &Inputs, files: &dyn Files) -> Self {
        let mut layers = Self::default();
        for (key, flag, text) in &inputs.flags.0 {
            layers.add(key.name(), Origin::Flag { flag: flag.clone() }, Ok(text.clone()));
        }
        for (name, text) in &inputs.environment {
            // Every known name is UTF-8.
            let Some(name) = name.to_str() else { continue };
            let text = text.to_str().map(str::to_owned).ok_or("is not UTF-8");
            layers.add(name, Origin::Environment { name: name.to_owned() }, text);
        }
        layers.read_env_file(inputs, files);
        layers.found_config = places::config_file(&inputs.cwd, inputs.system_dir.as_deref(), files);
        layers
    }

    /// The text in force for a key. Of its two names, the one in the higher layer wins; [`Self::conflict`] compares them.
    pub(super) fn in_force(&self, key: Key) -> Option<&Text> {
        let names = [key.row().alias, Some(key.name())].into_iter().flatten();
        names.filter_map(|name| of_name(&self.texts, name)).max_by_key(|it| it.origin.layer())
    }

    /// Where one layer sets the key.
    pub(super) fn origin_in(&self, layer: Layer, key: Key) -> Option<&Origin> {
        let mut origins = self.texts.iter().filter(|it| Key::named(it.name) == Some(key));
        origins.find_map(|it| (it.origin.layer() == layer).then_some(&it.origin))
    }

    /// The key's row of `config show`.
    pub(super) fn entry(&self, key: Key) -> Entry {
        let row = key.row();
        let (value, origin) = match self.in_force(key) {
            Some(Text { text, origin, .. }) => (Some(text.clone()), origin.clone()),
            None if key == Key::ConfigFile => {
                (Some(self.found_config.display().to_string()), Origin::Default)
            }
            None => (row.default.map(str::to_owned), Origin::Default),
        };
        Entry { key, value, is_default: origin == Origin::Default, origin, description: row.about }
    }

    /// Whether a problem so far leaves the key's intended value in doubt.
    pub(super) fn is_spoiled(&self, key: Key) -> bool {
        let layer = self.in_force(key).map_or(Layer::Default, |it| it.origin.layer());
        self.problems.iter().any(|problem| problem.spoils(key, layer))
    }

    /// The problem that a key's two names are set to different values. A flag settles it.
    pub(super) fn conflict(&self, key: Key) -> Option<Problem> {
        let (name, alias) = (key.name(), key.row().alias?);
        let (first, second) = (of_name(&self.texts, name)?, of_name(&self.texts, alias)?);
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
        let remedy = format!("set one of {name} and {alias}, or the flag");
        let problem = Problem::new(ProblemKind::Conflict, message, remedy).with_key(key);
        Some(problem.with_origin(self.in_force(key)?.origin.clone()))
    }

    /// Adds a layer's text under the name that the layer uses. `Err` says why the value is no text.
    fn add(&mut self, name: &str, origin: Origin, text: Result<String, &str>) {
        let layer = origin.layer();
        let Some((key, name)) = look_up(name, layer) else {
            return self.report_unknown(name, origin);
        };
        match text {
            Ok(text) => {
                self.texts.retain(|it| it.name != name || it.origin.layer() != layer);
                self.texts.push(Text { name, text, origin });
            }
            Err(reason) => {
                let (message, remedy) =
                    (format!("{origin} {reason}"), format!("set it to {}", key.row().expects));
                let problem = Problem::new(ProblemKind::InvalidValue, message, remedy);
                self.problems.push(problem.with_key(key).with_origin(origin));
            }
        }
    }

    /// Reports a name that the catalogue lacks. Its value may be another program's secret, and is never shown.
    fn report_unknown(&mut self, name: &str, origin: Origin) {
        let nearest = match unknown::judge(name) {
            _ if origin.layer() == Layer::Profile => {
                // Secrets are reported wherever they are in the file.
                if secret::looks_secret(name) {
                    return;
                }
                let member = unknown::nearest(name).map(str::to_ascii_lowercase);
                member.filter(|member| look_up(member, Layer::Profile).is_some())
            }
            // The secret that stands for a key's file; `link_key` reads it.
            Unknown::Ours(_)
                if name == LINK_KEY_VARIABLE && origin.layer() == Layer::Environment =>
            {
                return;
            }
            Unknown::Ours(nearest) => nearest.map(str::to_owned),
            Unknown::NearMiss(known) => {
                self.warnings.push(Warning {
                    kind: WarningKind::NoEffect,
                    key: Key::named(known),
                    message: format!("{origin} has no effect; did you mean {known}?"),
                    origin: Some(origin),
                });
                return;
            }
            Unknown::Foreign => return,
        };
        // The hint is in the message, because a command that only warns shows no remedy.
        let (hint, remedy) = match nearest {
            Some(nearest) => (
                format!(" (did you mean {nearest}?)"),
                format!("rename it to {nearest}, or remove it"),
            ),
            None => (String::new(), "remove it".to_owned()),
        };
        let message = format!("{origin} is no setting of this program{hint}");
        let problem = Problem::new(ProblemKind::UnknownKey, message, remedy);
        self.problems.push(problem.with_origin(origin));
    }

    fn read_env_file(&mut self, inputs: &Inputs, files: &dyn Files) {
        let path = inputs.env_file.as_deref().unwrap_or(Path::new(".env"));
        match self.open(path, inputs, files) {
            Err(error) if error.kind() == NotFound && inputs.env_file.is_none() => {}
            content => self.add_env_file(path, content),
        }
    }

    /// Reads the selected profile's own `.env` file in the machine's directory, where no other was named or found. Its name
    /// comes from the command line or the environment then.
    fn read_own_env_file(&mut self, inputs: &Inputs, files: &dyn Files) {
        let Some(Text { text: profile, .. }) = self.in_force(Key::Profile) else { return };
        if inputs.env_file.is_some() || value::profile_name(profile).is_err() {
            return;
        }
        let Some(system_dir) = &inputs.system_dir else { return };
        let path = places::env_file_of(profile, system_dir);
        let here = inputs.cwd.join(".env");
        if self.files.iter().any(|it| it.path == here && it.state != FileState::Absent) {
            if files.exists(&path) {
                self.warn_of_another_file(places::differs_from_units(".env", &path, "--env-file"));
            }
            return;
        }
        if !files.exists(&path) {
            return self.files.push(FileSeen { path, state: FileState::Absent });
        }
        let content = self.open(&path, inputs, files);
        self.add_env_file(&path, content);
        self.own_env_file = Some(path);
    }

    fn warn_of_another_file(&mut self, message: String) {
        let kind = WarningKind::Overrides;
        self.warnings.push(Warning { kind, key: None, origin: None, message });
    }

    /// Adds the assignments of a `.env` file; an error becomes a problem that leaves the layer unknown.
    fn add_env_file(&mut self, path: &Path, content: io::Result<Content>) {
        let remedy =
            "correct it, name another file with --env-file, or read none: --env-file /dev/null";
        let Some(content) = self.readable(path, content, Layer::EnvFile, remedy) else { return };
        let shown = path.display();
        let can = match content.mode.unwrap_or_default() & 0o006 {
            0 => None,
            0o004 => Some("read"),
            0o002 => Some("write"),
            _ => Some("read and write"),
        };
        if let (Some(can), Some(mode)) = (can, content.mode) {
            let message = format!(
                "everybody on this machine can {can} {shown} (mode {mode:04o}); chmod 600 {shown}"
            );
            let kind = WarningKind::Permissions;
            self.warnings.push(Warning { kind, key: None, origin: None, message });
        }
        let read = env_file::parse(path, &content.bytes);
        self.problems.extend(read.problems);
        for env_file::Entry { name, value, line } in read.entries {
            let origin = Origin::EnvFile { file: path.to_owned(), line, name: name.clone() };
            let is_earlier = |it: &&Text| it.name == name && it.origin.layer() == Layer::EnvFile;
            if let Some(earlier) = self.texts.iter().find(is_earlier)
                && earlier.text != value
            {
                // bash uses the last line, dotenvy's loader the first.
                let message = format!("{} is set to another value at line {line}", earlier.origin);
                let problem =
                    Problem::new(ProblemKind::Conflict, message, "remove one of the lines");
                let problem = problem.with_key(Key::named(&name));
                self.problems.push(problem.with_origin(origin.clone()));
            }
            self.add(&name, origin, Ok(value));
        }
    }

    /// Reads the profiles' file; `None` leaves a problem.
    fn read_profiles(&mut self, inputs: &Inputs, files: &dyn Files) -> Option<Profiles> {
        let path = PathBuf::from(self.entry(Key::ConfigFile).value?);
        if self.in_force(Key::ConfigFile).is_none()
            && let Some(system) = inputs.systems_config_file()
        {
            let here = inputs.cwd.join(places::CONFIG_FILE);
            if path == system {
                self.files.push(FileSeen { path: here, state: FileState::Absent });
            } else if here != system && files.exists(&system) {
                let message = places::differs_from_units(places::CONFIG_FILE, &system, "--config");
                self.warn_of_another_file(message);
            }
        }
        let content = self.open(&path, inputs, files);
        let remedy = "name the profiles' file with --config, or select no profile";
        let content = self.readable(&path, content, Layer::Profile, remedy)?;
        let names = json_names::paths(&content.bytes);
        let secrets = names.iter().filter(|names| secret::is_secret(names));
        self.problems.extend(secrets.map(|names| secret_problem(names, &path)));
        Profiles::parse(path, &content.bytes).map_err(|problem| self.problems.push(*problem)).ok()
    }

    fn read_profile(&mut self, inputs: &Inputs, files: &dyn Files, parsed: &mut Option<Parsed>) {
        let Some(Text { text: name, origin, .. }) = self.in_force(Key::Profile) else {
            if let Some(Text { text, origin, .. }) = self.in_force(Key::ConfigFile)
                && !holds_no_profile(Path::new(text), files)
            {
                self.warnings.push(Warning {
                    kind: WarningKind::NoEffect,
                    key: Some(Key::ConfigFile),
                    message: format!("{origin} has no effect without a profile's name"),
                    origin: Some(origin.clone()),
                });
            }
            return;
        };
        let (name, selected_by) = (name.clone(), origin.clone());
        // An invalid name is reported where all values are parsed.
        if value::profile_name(&name).is_err() {
            return;
        }
        let profiles = match parsed {
            Some((profiles, problems)) => {
                self.problems.extend_from_slice(problems);
                profiles
            }
            None => {
                let known = self.problems.len();
                let profiles = self.read_profiles(inputs, files);
                let is_shared = |it: &&Problem| it.kind != ProblemKind::Secret;
                let problems = self.problems[known..].iter().filter(is_shared).cloned();
                &mut parsed.insert((profiles, problems.collect())).0
            }
        };
        let Some(profiles) = profiles else { return };
        let members = match profiles.members(&name, selected_by) {
            Ok(members) => members,
            Err(problem) => return self.problems.push(*problem),
        };
        let origin_of = |member: &str| Origin::Profile {
            profile: name.clone(),
            file: profiles.file.clone(),
            name: member.to_owned(),
        };
        if let Some(member) = profiles.repeated.get(&name) {
            let origin = origin_of(member);
            let message = format!("{origin} is set twice");
            let problem = Problem::new(ProblemKind::Conflict, message, "remove one of them");
            let key = look_up(member, Layer::Profile).map(|(key, _)| key);
            self.problems.push(problem.with_key(key).with_origin(origin));
        }
        for (member, value) in members {
            let text = profile::as_text(value).ok_or("is neither a text nor a number");
            self.add(member, origin_of(member), text);
        }
    }

    /// Warns where a layer overrides another value of a lower one. A flag is on the command itself: it needs no warning.
    fn warn_of_overrides(&mut self) {
        let Self { texts, warnings, .. } = self;
        for row in CATALOGUE {
            for name in row.names() {
                let Some(winner) = of_name(texts, name) else { continue };
                let layer = winner.origin.layer();
                let is_overridden = |it: &&Text| {
                    it.name == name && it.origin.layer() < layer && it.text != winner.text
                };
                if layer == Layer::Flag {
                    continue;
                }
                warnings.extend(texts.iter().filter(is_overridden).map(|loser| Warning {
                    kind: WarningKind::Overrides,
                    key: Some(row.key),
                    origin: Some(winner.origin.clone()),
                    message: format!(
                        "{} is `{}`, which wins over `{}` ({})",
                        winner.origin,
                        winner.text.escape_debug(),
                        loser.text.escape_debug(),
                        loser.origin
                    ),
                }));
            }
        }
    }

    /// Reads a file, and lists it among the files that were looked for.
    fn open(&mut self, path: &Path, inputs: &Inputs, files: &dyn Files) -> io::Result<Content> {
        let path = inputs.cwd.join(path);
        let read = files.read(&path);
        let state = match &read {
            Ok(_) => FileState::Read,
            Err(error) if error.kind() == NotFound => FileState::Absent,
            Err(_) => FileState::Unreadable,
        };
        self.files.push(FileSeen { path, state });
        read
    }

    /// A file's content; an error becomes a problem that leaves the layer unknown.
    fn readable(
        &mut self,
        path: &Path,
        content: io::Result<Content>,
        layer: Layer,
        remedy: &str,
    ) -> Option<Content> {
        let report = |error: io::Error| {
            let message = match error.kind() {
                NotFound => format!("there is no {}", path.display()),
                _ => format!("{} can't be read: {error}", path.display()),
            };
            let problem = Problem::new(ProblemKind::UnreadableFile, message, remedy);
            self.problems.push(problem.hiding(layer));
        };
        content.map_err(report).ok()
    }
}

/// The text in force among those of one name.
fn of_name<'t>(texts: &'t [Text], name: &str) -> Option<&'t Text> {
    texts.iter().filter(|it| it.name == name).max_by_key(|it| it.origin.layer())
}

/// The key that a name stands for in a layer, and the name as the catalogue spells it. Names in profiles are lower case.
fn look_up(name: &str, layer: Layer) -> Option<(Key, &'static str)> {
    let is_profile = layer == Layer::Profile;
    if is_profile && name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let name = if is_profile { &upper } else { name };
    let row = Key::named(name)?.row();
    // A profile can't select a profile or its file.
    if is_profile && matches!(row.key, Key::Profile | Key::ConfigFile) {
        return None;
    }
    row.names().find(|known| *known == name).map(|known| (row.key, known))
}

/// The problem of a secret in the profiles' file; `names` lead to it.
fn secret_problem(names: &[String], file: &Path) -> Problem {
    const REMEDY: &str = "remove it: the profiles' file holds no secrets, and this program needs none; another program's secrets go into its environment, or into a file that its NAME_FILE names";
    let problem =
        |place| Problem::new(ProblemKind::Secret, format!("{place} looks like a secret"), REMEDY);
    match names {
        [top, profile, name] if top == "profiles" => {
            let (profile, name) = (profile.clone(), name.clone());
            let origin = Origin::Profile { profile, file: file.to_owned(), name };
            problem(origin.to_string()).with_origin(origin)
        }
        _ => problem(format!("{} in {}", names.join(".").escape_debug(), file.display())),
    }
}

/// Whether the file is there and has an empty list of profiles, so that none could be meant.
fn holds_no_profile(path: &Path, files: &dyn Files) -> bool {
    let content = files.read(path).ok();
    let profiles = content.and_then(|it| Profiles::parse(path.to_owned(), &it.bytes).ok());
    profiles.is_some_and(|profiles| profiles.names.is_empty())
}
