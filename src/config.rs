//! Settings with their origin: flag, environment, `.env`, profile, default, in that order of precedence.
//!
//! [`resolve`] reads every layer and collects everything that is wrong before anybody stops; a command then chooses how
//! strict to be ([`Resolved::strict`], [`Resolved::without_gateway`], [`Resolved::lenient`]). A typing error must not
//! pass for "not set" (an `EXPECT_LOGIN` that is misspelt protects nothing), and it must not keep an operator from
//! flattening a book in an incident either.
//!
//! Nothing here asks the system for anything but files, and those through [`Files`].

pub mod duration;
mod env_file;
mod files;
mod handover;
mod host;
mod key;
mod layers;
mod origin;
mod problem;
mod profile;
mod resolved;
mod secret;
mod settings;
#[cfg(test)]
mod tests;
mod unknown;
mod value;

pub use files::{Content, Disk, FileSeen, FileState, Files};
pub use handover::handover;
pub use host::HostPort;
pub use key::{CATALOGUE, Key, Row};
pub use layers::{Environment, Flags, Inputs};
pub use origin::{Layer, Origin};
pub use problem::{Problem, ProblemKind, Problems, Warning, WarningKind};
pub use resolved::{Accepted, Entry, Resolved, profile_names, resolve};
pub use settings::Settings;
pub use value::TradeMode;
