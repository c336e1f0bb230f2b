//! Settings with their origin. Precedence: flag, environment, `.env`, profile, default.
//!
//! [`resolve`] reads every layer and collects all problems; a command then chooses which of them stop it
//! ([`Resolved::strict`], [`Resolved::without_gateway`], [`Resolved::lenient`]). A misspelt `EXPECT_LOGIN` must not count
//! as "not set", because then it protects nothing. And no misspelt name may keep an operator from closing positions in an
//! incident.
//!
//! Files are read through [`Files`]; nothing else asks the system.

pub mod duration;
mod env_file;
mod files;
mod handover;
mod host;
mod json_names;
mod key;
mod layers;
pub mod link_key;
mod origin;
mod places;
mod problem;
mod profile;
mod resolved;
mod secret;
mod settings;
#[cfg(test)]
mod tests;
mod unknown;
mod value;

pub use files::{Content, Disk, FileSeen, FileState, Files, is_shared_directory};
pub use handover::handover;
pub use host::HostPort;
pub use key::{CATALOGUE, Key, Row};
pub use layers::{Entry, Environment, Flags, Inputs};
pub use origin::{Layer, Origin};
pub use problem::{Problem, ProblemKind, Problems, Warning, WarningKind};
pub use resolved::{Accepted, Resolved, hidden_profiles, profile_names, resolve, resolve_each};
pub use settings::Settings;
pub use value::{ExpectedAmount, StopAction};
