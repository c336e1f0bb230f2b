//! What is wrong with the settings, and what only deserves a word.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::key::Key;
use super::origin::{Layer, Origin};

/// One thing that is wrong. All of them are collected before anybody stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// What sort of thing.
    pub kind: ProblemKind,
    /// The setting that it spoils, where it is one that is known.
    pub key: Option<Key>,
    /// Where it stands.
    pub origin: Option<Origin>,
    /// What is wrong, to be read after `error: `.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// The layer that can't be fully known because of it: any key may have stood in what could not be read.
    #[serde(skip)]
    pub(super) hides: Option<Layer>,
}

/// What sort of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// No gateway is named.
    MissingHost,
    /// A value is not what its key takes.
    InvalidValue,
    /// A key is said twice, differently.
    Conflict,
    /// A key that looks like one of ours and is none.
    UnknownKey,
    /// A file that was asked for is missing or can't be read.
    UnreadableFile,
    /// A line or a member that can't be read.
    Malformed,
    /// No profile of that name.
    UnknownProfile,
    /// Something that looks like a secret stands where none may.
    Secret,
}

impl Problem {
    /// A problem that stands nowhere in particular; the `with_…` calls say more.
    pub(super) fn new(
        kind: ProblemKind,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (message, remedy) = (message.into(), remedy.into());
        Self { kind, key: None, origin: None, message, remedy, hides: None }
    }

    pub(super) fn with_key(self, key: impl Into<Option<Key>>) -> Self {
        Self { key: key.into(), ..self }
    }

    pub(super) fn with_origin(self, origin: Origin) -> Self {
        Self { origin: Some(origin), ..self }
    }

    pub(super) fn hiding(self, layer: Layer) -> Self {
        Self { hides: Some(layer), ..self }
    }

    /// Whether the key's right value is in doubt because of it, where the value in use comes from `layer`. What lies in
    /// a lower layer doesn't matter; an unreadable layer above might have said something else.
    pub(super) fn spoils(&self, key: Key, layer: Layer) -> bool {
        let reaches = |origin: &Origin| origin.layer() >= layer;
        let itself = self.key == Some(key) && self.origin.as_ref().is_none_or(reaches);
        // Without knowing which profile is meant, none of it is known.
        let hides = match self.key {
            Some(Key::Profile | Key::ConfigFile) => Some(Layer::Profile),
            _ => self.hides,
        };
        itself || hides.is_some_and(|hidden| layer < hidden)
    }

    /// The same, for a command that it doesn't stop.
    pub(super) fn into_warning(self) -> Warning {
        let mut message = self.message;
        if self.kind == ProblemKind::InvalidValue {
            message.push_str("; it is not used");
        }
        Warning { kind: WarningKind::Passed, key: self.key, origin: self.origin, message }
    }
}

/// One or more problems that stop a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `Ok` where there are none.
    pub(super) fn none_in(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// Each of them, in the order in which the settings are listed.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(problems: Vec<Problem>) -> Self {
        Self(problems)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let comma = if index > 0 { "; " } else { "" };
            write!(f, "{comma}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Something that works and should be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Warning {
    /// What sort of thing.
    pub kind: WarningKind,
    /// The setting that it is about, where it is one that is known.
    pub key: Option<Key>,
    /// Where it stands.
    pub origin: Option<Origin>,
    /// What there is to know, to be read after `warning: `.
    pub message: String,
}

/// What sort of thing deserves a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// Everybody on the machine can read a file, or write to it.
    Permissions,
    /// One layer wins over another that says something else.
    Overrides,
    /// A key that has no effect: one that reads like a slip, or one that goes with another that isn't there.
    NoEffect,
    /// A problem that this command can work with.
    Passed,
}

impl Warning {
    pub(super) fn new(kind: WarningKind, message: impl Into<String>) -> Self {
        Self { kind, key: None, origin: None, message: message.into() }
    }

    pub(super) fn with_key(self, key: impl Into<Option<Key>>) -> Self {
        Self { key: key.into(), ..self }
    }

    pub(super) fn with_origin(self, origin: Origin) -> Self {
        Self { origin: Some(origin), ..self }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
