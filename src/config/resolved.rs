//! Resolves all settings, and decides which of their problems stop a command.

use std::path::PathBuf;

use super::files::{FileSeen, Files};
use super::key::Key;
use super::layers::{Entry, Inputs, Layers};
use super::origin::{Layer, Origin};
use super::problem::{Problem, ProblemKind, Problems, Warning};
use super::settings::{Reader, Settings};

/// All settings with all their problems. A command chooses how strict to be.
#[derive(Debug, Clone)]
pub struct Resolved {
    settings: Settings,
    /// All problems.
    pub problems: Vec<Problem>,
    /// All warnings.
    pub warnings: Vec<Warning>,
    /// Each key's value in force, in the catalogue's order.
    pub table: Vec<Entry>,
    /// The files that were read or looked for.
    pub files: Vec<FileSeen>,
    /// Where `.env` sets the gateway's host, even if a higher layer overrides it.
    pub host_in_env_file: Option<Origin>,
    /// The selected profile's own `.env` file, in the machine's directory.
    own_env_file: Option<PathBuf>,
}

/// Settings that a command may use.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The settings.
    pub settings: Settings,
    /// Warnings to be shown first.
    pub warnings: Vec<Warning>,
}

/// Reads every layer and parses every value.
pub fn resolve(inputs: &Inputs, files: &dyn Files) -> Resolved {
    parse(Layers::read(inputs, files), inputs, files)
}

/// Resolves each profile as for a command that selects it by `flag`. The files are read once, and secrets in the profiles'
/// file are among the first profile's problems.
pub fn resolve_each<'r>(
    inputs: &'r Inputs,
    files: &'r dyn Files,
    flag: &'r str,
    names: &'r [String],
) -> impl Iterator<Item = Resolved> + 'r {
    let layers = Layers::read_each(inputs, files, flag, names);
    layers.map(move |layers| parse(layers, inputs, files))
}

fn parse(layers: Layers, inputs: &Inputs, files: &dyn Files) -> Resolved {
    let mut reader = Reader::new(&layers, inputs);
    let settings = reader.settings(files);
    let Reader { problems: of_values, table, .. } = reader;
    let host_in_env_file = layers.origin_in(Layer::EnvFile, Key::GatewayHost).cloned();
    let Layers { mut problems, warnings, files, own_env_file, .. } = layers;
    problems.extend(of_values);
    Resolved { settings, problems, warnings, table, files, host_in_env_file, own_env_file }
}

/// The names in the profiles' file, in its order: the meaning of `--all-profiles`.
pub fn profile_names(inputs: &Inputs, files: &dyn Files) -> Result<Vec<String>, Problems> {
    Layers::profile_names(inputs, files).map_err(Problems)
}

/// The problem that the profiles' file is there and hides its profiles; see [`profile_names`].
pub fn hidden_profiles(inputs: &Inputs, files: &dyn Files) -> Option<Problem> {
    let problems = Layers::profile_names(inputs, files).err()?;
    Layers::read_above_profile(inputs, files).hidden_profiles(problems, inputs, files)
}

impl Resolved {
    /// For a command that talks to a gateway: every problem stops it, a missing host too.
    pub fn strict(self) -> Result<Accepted, Problems> {
        self.stopped_by(|_, _| true)
    }

    /// For a command without a gateway, or with a simulated one: every problem but a missing host stops it.
    pub fn without_gateway(self) -> Result<Accepted, Problems> {
        self.stopped_by(|_, problem| problem.kind != ProblemKind::MissingHost)
    }

    /// For a command of an emergency: a problem stops it only if one of these keys may not have its intended value. The
    /// other problems become warnings. `reads` are the keys with which a wrong value does harm; for other keys the default
    /// will do.
    pub fn lenient(self, reads: &[Key]) -> Result<Accepted, Problems> {
        self.stopped_by(|resolved, problem| resolved.is_in_doubt(reads, problem))
    }

    /// The first problem that leaves in doubt which value is meant for one of these keys.
    pub fn doubt(&self, keys: &[Key]) -> Option<&Problem> {
        self.problems.iter().find(|problem| self.is_in_doubt(keys, problem))
    }

    fn is_in_doubt(&self, keys: &[Key], problem: &Problem) -> bool {
        keys.iter().any(|key| problem.spoils(*key, self.entry(*key).origin.layer()))
    }

    /// The settings for display: an invalid value is replaced by its default, see [`Resolved::doubt`].
    pub fn as_they_are(&self) -> &Settings {
        &self.settings
    }

    /// The gateway's host or port, where a layer above the profile sets it to another value than the profile. With several
    /// accounts, all of them would use that gateway.
    pub fn gateway_above_profile(&self) -> Option<&Entry> {
        let is_above =
            |entry: &Entry| entry.origin.layer() > Layer::Profile && !self.is_own(&entry.origin);
        let host = Some(self.entry(Key::GatewayHost)).filter(|host| is_above(host));
        let overrides = |entry: &Entry| {
            self.warnings.iter().any(|warning| warning.origin.as_ref() == Some(&entry.origin))
        };
        let port = self.entry(Key::GatewayPort);
        host.or_else(|| Some(port).filter(|port| is_above(port) && overrides(port)))
    }

    /// Whether the value comes from the profile's own `.env` file.
    fn is_own(&self, origin: &Origin) -> bool {
        let Origin::EnvFile { file, .. } = origin else { return false };
        self.own_env_file.as_ref() == Some(file)
    }

    fn stopped_by(self, stops: impl Fn(&Self, &Problem) -> bool) -> Result<Accepted, Problems> {
        let stop = |problem: &&Problem| stops(&self, problem);
        Problems::none_in(self.problems.iter().filter(stop).cloned().collect())?;
        let mut warnings = self.warnings;
        // A command that needs no host isn't warned of a missing one.
        let passed = self.problems.into_iter().filter(|it| it.kind != ProblemKind::MissingHost);
        warnings.extend(passed.map(Problem::into_warning));
        Ok(Accepted { settings: self.settings, warnings })
    }

    /// A key's value in force.
    pub fn entry(&self, key: Key) -> &Entry {
        // The table has every key once, in the catalogue's order.
        &self.table[key as usize]
    }

    /// The origin of a key's value in force.
    pub fn origin_of(&self, key: Key) -> Origin {
        self.entry(key).origin.clone()
    }
}
