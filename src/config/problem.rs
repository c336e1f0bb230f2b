//! Problems and warnings about settings.

use schemars::JsonSchema;
use serde::Serialize;

use super::key::Key;
use super::origin::{Layer, Origin};

/// A problem with a setting. All problems are collected before a command stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// Kind of problem.
    pub kind: ProblemKind,
    /// The setting, where it is a known one.
    pub key: Option<Key>,
    /// Where the problem is.
    pub origin: Option<Origin>,
    /// The mistake, shown after `error: `.
    pub message: String,
    /// The remedy.
    pub remedy: String,
    /// The layer of which a part could not be read, so that it may set any key.
    #[serde(skip)]
    pub(super) hides: Option<Layer>,
}

/// Kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// No gateway is set.
    MissingHost,
    /// A value is invalid for its key.
    InvalidValue,
    /// A path that depends on the working directory, where units and people must mean the same file.
    RelativePath,
    /// A key is set twice, to different values.
    Conflict,
    /// A name with this program's prefix, or in a profile, is no setting.
    UnknownKey,
    /// A named file is missing or can't be read.
    UnreadableFile,
    /// A line or member can't be parsed.
    Malformed,
    /// The file has no profile with this name.
    UnknownProfile,
    /// A name in the profiles' file looks like a secret.
    Secret,
}

impl Problem {
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

    /// Whether the problem leaves in doubt which value is meant for the key, whose value in force comes from `layer`. Lower
    /// layers don't matter; a part of a higher layer that could not be read may set the key.
    pub(super) fn spoils(&self, key: Key, layer: Layer) -> bool {
        // It is resolved in one way.
        if self.kind == ProblemKind::RelativePath {
            return false;
        }
        let is_of_key = self.key == Some(key);
        let reaches = self.origin.as_ref().is_none_or(|origin| origin.layer() >= layer);
        let hides = match self.key {
            // Without knowing the profile or its file, the whole layer is unknown.
            Some(Key::Profile | Key::ConfigFile) => Some(Layer::Profile),
            _ => self.hides,
        };
        is_of_key && reaches || hides.is_some_and(|hidden| layer < hidden)
    }

    /// The warning for a command that the problem doesn't stop.
    pub(super) fn into_warning(self) -> Warning {
        let mut message = self.message;
        if self.kind == ProblemKind::InvalidValue {
            message.push_str("; it is not used");
        }
        Warning { kind: WarningKind::Passed, key: self.key, origin: self.origin, message }
    }
}

/// The problems that stop a command; at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Problems(pub(super) Vec<Problem>);

impl Problems {
    /// `Ok` without problems.
    pub(super) fn none_in(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// The problems, first those of whole layers, then those of values in the catalogue's order.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

/// A warning about a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Warning {
    /// Kind of warning.
    pub kind: WarningKind,
    /// The setting, where it is a known one.
    pub key: Option<Key>,
    /// Where the setting is.
    pub origin: Option<Origin>,
    /// The text, shown after `warning: `.
    pub message: String,
}

/// Kind of warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// Everybody on the machine can read or write a file.
    Permissions,
    /// A layer overrides another value of a lower one.
    Overrides,
    /// A name has no effect: it resembles a setting's, or belongs to a setting that is not set.
    NoEffect,
    /// A file is in a place where files get lost, or can't be made.
    Unreliable,
    /// A problem that doesn't stop this command.
    Passed,
}
