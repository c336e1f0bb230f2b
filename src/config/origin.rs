//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

/// The layers that settings come from; a greater one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Nobody set it.
    Default,
    /// The profile of that name in the profiles' file.
    Profile,
    /// The `.env` file.
    EnvFile,
    /// The environment that this process was started with.
    Environment,
    /// The command line.
    Flag,
}

/// Where one value came from, precisely enough to go there and change it.
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
        /// The variable, which may be the key's second name.
        name: String,
    },
    /// The `.env` file.
    EnvFile {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The variable, which may be the key's second name; empty where the line has none.
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
    /// Nobody set it.
    Default,
}

impl Origin {
    /// Which layer that is.
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
        // Names come from files and from whoever started this process: control characters are shown escaped.
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
