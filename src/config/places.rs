//! Places of the files that nobody names: the working directory, then the directory that the shipped units read. So a
//! command that is typed anywhere on a machine reads what the unit reads.

use std::path::{Path, PathBuf};

use super::files::Files;

/// The profiles' file, in either directory.
pub(super) const CONFIG_FILE: &str = "config.json";

/// The profiles' file: the working directory's, unless only the machine's directory has one. The first is relative, as
/// messages name it.
pub(super) fn config_file(cwd: &Path, system_dir: Option<&Path>, files: &dyn Files) -> PathBuf {
    let is_here = files.exists(&cwd.join(CONFIG_FILE));
    let system = system_dir.map(|directory| directory.join(CONFIG_FILE));
    let only_there = system.filter(|system| !is_here && files.exists(system));
    only_there.unwrap_or_else(|| PathBuf::from(CONFIG_FILE))
}

/// The file in the machine's directory that is a profile's own `.env`.
pub(super) fn env_file_of(profile: &str, system_dir: &Path) -> PathBuf {
    system_dir.join(format!("{profile}.env"))
}

/// The warning that a file of the working directory is read and the machine's is not, although the units read that one.
pub(super) fn differs_from_units(here: &str, system: &Path, flag: &str) -> String {
    let system = system.display();
    format!(
        "{here} of this directory is read, and {system}, which the units read, is not; to read that one: {flag} {system}"
    )
}
