//! Settings with everything that is wrong with them, and who is stopped by it.

use schemars::JsonSchema;
use serde::Serialize;

use super::files::{FileSeen, Files};
use super::key::Key;
use super::layers::{Inputs, Layers, Text};
use super::origin::{Layer, Origin};
use super::problem::{Problem, ProblemKind, Problems, Warning};
use super::settings::{Reader, Settings};

/// One key as it holds: a row of `config show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The effective value as text; `None` where there is none. A bad one is shown as it stands.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
    /// Whether nobody set it.
    pub is_default: bool,
    /// What the key is for.
    pub description: &'static str,
}

impl Entry {
    pub(super) fn new(key: Key, said: Option<&Text>) -> Self {
        let row = key.row();
        let value = match said {
            Some(said) => Some(said.text.clone()),
            None => row.default.map(str::to_owned),
        };
        let origin = said.map_or(Origin::Default, |said| said.origin.clone());
        Self { key, value, is_default: origin == Origin::Default, origin, description: row.about }
    }
}

/// Every layer read and judged, and nobody stopped yet: a command chooses how strict to be.
#[derive(Debug, Clone)]
pub struct Resolved {
    settings: Settings,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// What deserves a word.
    pub warnings: Vec<Warning>,
    /// Each key as it holds, in the catalogue's order.
    pub table: Vec<Entry>,
    /// The files that were read, or looked for.
    pub files: Vec<FileSeen>,
}

/// Settings that a command may work with, and what it should say about them.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The settings.
    pub settings: Settings,
    /// To be shown before anything else.
    pub warnings: Vec<Warning>,
}

/// Reads every layer and judges it.
pub fn resolve(inputs: &Inputs, files: &dyn Files) -> Resolved {
    let layers = Layers::read(inputs, files);
    let mut reader = Reader::new(&layers, inputs);
    let settings = reader.settings(&inputs.environment, files);
    let Reader { problems: of_values, table, .. } = reader;
    let Layers { mut problems, warnings, files, .. } = layers;
    problems.extend(of_values);
    Resolved { settings, problems, warnings, table, files }
}

/// The names in the profiles' file, in its order: what `--all-profiles` stands for.
pub fn profile_names(inputs: &Inputs, files: &dyn Files) -> Result<Vec<String>, Problems> {
    Layers::profile_names(inputs, files).map_err(Problems::from)
}

impl Resolved {
    /// For a command that talks to a gateway: any problem stops it, a missing host too.
    pub fn strict(self) -> Result<Accepted, Problems> {
        self.stopped_by(|_, _| true)
    }

    /// For a command that talks to none, or to a simulated one: as strict, but no host is needed.
    pub fn without_gateway(self) -> Result<Accepted, Problems> {
        self.stopped_by(|_, problem| problem.kind != ProblemKind::MissingHost)
    }

    /// For a command of an emergency: only what it reads can stop it, the rest becomes warnings. `reads` are the keys
    /// without whose right value it would do harm; for others of its keys the default serves. What stops it is a
    /// problem with one of them, or a file that couldn't be read and might have set one: a value from a layer above that
    /// file is safe from it.
    pub fn lenient(self, reads: &[Key]) -> Result<Accepted, Problems> {
        self.stopped_by(|resolved, problem| {
            reads.iter().any(|key| problem.spoils(*key, resolved.origin_of(*key).layer()))
        })
    }

    /// The first problem because of which one of these keys may not be what was meant.
    pub fn doubt(&self, keys: &[Key]) -> Option<&Problem> {
        self.problems.iter().find(|problem| {
            keys.iter().any(|key| problem.spoils(*key, self.origin_of(*key).layer()))
        })
    }

    /// The settings for a look at them: a bad value is replaced by its default, which [`Resolved::doubt`] tells of.
    pub fn as_they_are(&self) -> &Settings {
        &self.settings
    }

    /// Host or port of the gateway, where a layer above the profile says it and thereby takes the account to a gateway
    /// that its profile doesn't name. With several accounts all of them would go there.
    pub fn gateway_above_profile(&self) -> Option<&Entry> {
        self.table.iter().find(|entry| {
            let above = entry.origin.layer() > Layer::Profile;
            match entry.key {
                Key::GatewayHost => above,
                Key::GatewayPort => above && self.settles(&entry.origin),
                _ => false,
            }
        })
    }

    /// Whether a value of that origin won over another one.
    fn settles(&self, origin: &Origin) -> bool {
        self.warnings.iter().any(|warning| warning.origin.as_ref() == Some(origin))
    }

    fn stopped_by(self, stops: impl Fn(&Self, &Problem) -> bool) -> Result<Accepted, Problems> {
        let stop = |problem: &&Problem| stops(&self, problem);
        let stopping: Vec<Problem> = self.problems.iter().filter(stop).cloned().collect();
        Problems::none_in(stopping)?;
        let mut warnings = self.warnings;
        // A missing host is no news to a command that needs none.
        let passed = self.problems.into_iter().filter(|p| p.kind != ProblemKind::MissingHost);
        warnings.extend(passed.map(Problem::into_warning));
        Ok(Accepted { settings: self.settings, warnings })
    }

    /// Where a key's effective value comes from.
    pub fn origin_of(&self, key: Key) -> Origin {
        let row = self.table.iter().find(|row| row.key == key);
        row.map_or(Origin::Default, |row| row.origin.clone())
    }
}
