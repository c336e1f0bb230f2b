//! Origins of values.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

/// The layers of settings; a greater one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// No layer sets it.
    Default,
    /// The selected profile.
    Profile,
    /// The `.env` file.
    EnvFile,
    /// The inherited environment.
    Environment,
    /// The command line.
    Flag,
}

/// The place where a value is set, precise enough to find and change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "layer", rename_all = "snake_case")]
pub enum Origin {
    /// The command line.
    Flag {
        /// The flag with its dashes.
        flag: String,
    },
    /// The environment.
    Environment {
        /// The variable, which may be the key's alias.
        name: String,
    },
    /// The `.env` file.
    EnvFile {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The variable, which may be the key's alias; empty where the line has none.
        name: String,
    },
    /// A profile.
    Profile {
        /// The profile's name.
        profile: String,
        /// The file that holds it.
        file: PathBuf,
        /// The member, in lower case.
        name: String,
    },
    /// No layer sets it.
    Default,
}

impl Origin {
    /// The origin's layer.
    pub fn layer(&self) -> Layer {
        match self {
            Self::Flag { .. } => Layer::Flag,
            Self::Environment { .. } => Layer::Environment,
            Self::EnvFile { .. } => Layer::EnvFile,
            Self::Profile { .. } => Layer::Profile,
            Self::Default => Layer::Default,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names from files and the environment may have control characters.
        match self {
            Self::Flag { flag } => f.write_str(flag),
            Self::Environment { name } => write!(f, "{} in the environment", name.escape_debug()),
            Self::EnvFile { file, line, name } if name.is_empty() => {
                write!(f, "{}:{line}", file.display())
            }
            Self::EnvFile { file, line, name } => {
                write!(f, "{} at {}:{line}", name.escape_debug(), file.display())
            }
            Self::Profile { profile, file, name } => {
                let name = name.escape_debug();
                write!(f, "{name} in profile {profile} of {}", file.display())
            }
            Self::Default => f.write_str("default"),
        }
    }
}
