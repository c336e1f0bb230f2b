//! What lies on this machine: can it be written, is it whole, is it this version's?

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use super::findings::Found;
use crate::evidence::Evidence;
use crate::guard::breaker;
use crate::ops::sync::snapshot::{Previous, Store};

/// How long another process's append is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Free bytes below which nothing that matters can be relied on to be written.
const FEW_BYTES: u64 = 64 << 20;
/// Free bytes below which it is time to look.
const SOME_BYTES: u64 = 1 << 30;
/// Clocks may differ by this much before a snapshot counts as taken in the future.
const FUTURE_TOLERANCE: Duration = Duration::from_secs(60);
/// A script of completions longer than this is none.
const MAX_SCRIPT_BYTES: u64 = 4 << 20;

/// This binary.
#[derive(Debug, Clone)]
pub struct Build {
    /// Version, commit and libzmq's version.
    pub version: String,
    /// Where it lies, where that is known.
    pub path: Option<PathBuf>,
}

/// One shell's completions, as this binary prints them.
#[derive(Debug, Clone)]
pub struct Completions {
    /// The shell.
    pub shell: &'static str,
    /// The script.
    pub script: Vec<u8>,
    /// Where they are usually installed.
    pub places: Vec<PathBuf>,
}

/// Where everything lies.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// This gateway's state.
    pub(super) state: PathBuf,
    pub(super) logs: PathBuf,
    pub(super) verify_log: PathBuf,
    pub(super) kill_switch: PathBuf,
    /// `tcp://HOST:PORT`, where a gateway is named.
    pub(super) endpoint: Option<String>,
    pub(super) build: Build,
    /// `PATH`.
    pub(super) search_path: Option<OsString>,
    pub(super) completions: Vec<Completions>,
    pub(super) now: Timestamp,
}

/// Looks at all of it. It may take as long as the disks do.
pub(super) fn look(places: &Places) -> Vec<(&'static str, Found)> {
    vec![
        ("files.state", directory(&places.state)),
        ("files.logs", directory(&places.logs)),
        ("files.verify-log", file(&places.verify_log)),
        ("files.evidence", evidence(&places.state)),
        ("files.space", space(&[&places.state, &places.logs, &places.verify_log])),
        ("files.snapshot", snapshot(places)),
        ("files.binary", binary(&places.build, places.search_path.as_ref())),
        ("files.completions", completions(&places.completions)),
        ("files.kill-switch", kill_switch(&places.kill_switch)),
        ("files.breaker", engaged(&places.kill_switch)),
    ]
}

/// A directory that can be written to, or that could be made.
fn directory(path: &Path) -> Found {
    let (nearest, metadata) = match nearest(path) {
        Ok(found) => found,
        Err(why) => return Found::fail(why),
    };
    let shown = path.display();
    if !metadata.is_dir() {
        return Found::fail(format!("{} is in the way: it is no directory", nearest.display()));
    }
    match access(nearest, AccessFlags::W_OK | AccessFlags::X_OK) {
        Err(errno) => Found::fail(format!("{}: {}", nearest.display(), errno.desc())),
        Ok(()) if nearest == path => Found::pass(format!("{shown}")),
        Ok(()) => Found::pass(format!("{shown}, not there yet, can be made")),
    }
}

/// What is there of a path: itself, or the directory above it that is.
fn nearest(path: &Path) -> Result<(&Path, Metadata), String> {
    for ancestor in path.ancestors().filter(|ancestor| *ancestor != Path::new("")) {
        match fs::metadata(ancestor) {
            Ok(metadata) => return Ok((ancestor, metadata)),
            // What lies below a file isn't there either.
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(format!("{}: {error}", ancestor.display())),
        }
    }
    Err(format!("nothing is there of {}", path.display()))
}

/// A file that can be written to, or that could be made.
fn file(path: &Path) -> Found {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            Found::fail(format!("{} is no file", path.display()))
        }
        Ok(_) => match access(path, AccessFlags::W_OK) {
            Ok(()) => Found::pass(path.display().to_string()),
            Err(errno) => Found::fail(format!("{}: {}", path.display(), errno.desc())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => match path.parent() {
            Some(parent) => directory(parent),
            None => Found::fail(format!("{}: {error}", path.display())),
        },
        Err(error) => Found::fail(format!("{}: {error}", path.display())),
    }
}

/// Nothing is made where nothing is recorded yet.
fn evidence(state: &Path) -> Found {
    let evidence = Evidence::at(state.to_owned());
    if !evidence.path().exists() {
        let Found { status, found, .. } = directory(state);
        return Found::judge(
            status == super::Status::Pass,
            format!("nothing is recorded; {found}"),
        );
    }
    match evidence.check_writable(PATIENCE) {
        Ok(()) => Found::pass(evidence.path().display().to_string()),
        Err(error) => Found::fail(crate::failure::cause_of(&error)),
    }
}

fn space(paths: &[&Path]) -> Found {
    let mut least: Option<(u64, String)> = None;
    for path in paths {
        let free = nearest(path).and_then(|(there, _)| {
            let disk = statvfs(there).map_err(|errno| format!("{path:?}: {}", errno.desc()))?;
            Ok((disk.blocks_available().saturating_mul(disk.fragment_size()), there))
        });
        match free {
            Ok((free, there)) if least.as_ref().is_none_or(|(least, _)| free < *least) => {
                least = Some((free, there.display().to_string()));
            }
            Ok(_) => {}
            Err(why) => return Found::fail(why),
        }
    }
    let (free, path) = least.unwrap_or_default();
    judge_space(free, &path)
}

fn judge_space(free: u64, path: &str) -> Found {
    let found = format!("{} MiB free at {path}", free >> 20);
    match free {
        ..FEW_BYTES => Found::fail(found),
        FEW_BYTES..SOME_BYTES => Found::warn(found),
        _ => Found::pass(found),
    }
}

fn snapshot(places: &Places) -> Found {
    let snapshot = match Store::new(places.state.clone()).load() {
        Previous::Found(snapshot) => snapshot,
        Previous::Absent => return Found::warn("there is none: no sync has succeeded here yet"),
        Previous::Unusable(why) => {
            return Found::warn(format!("it can't be used, and is taken for absent: {why}"));
        }
    };
    if places.endpoint.as_deref().is_some_and(|endpoint| endpoint != snapshot.endpoint) {
        return Found::warn(format!("it is of another gateway: {}", snapshot.endpoint));
    }
    let age = places.now.duration_since(snapshot.taken_at);
    if age.is_negative() && age.unsigned_abs() > FUTURE_TOLERANCE {
        let found = format!("it was taken in the future, at {}", snapshot.taken_at);
        return Found::warn(found).remedy("set this machine's clock, then mt5crs sync");
    }
    let count = snapshot.positions.len();
    Found::pass(format!("{count} positions, taken {:.1} h ago", age.as_secs_f64() / 3600.0))
}

fn binary(build: &Build, search_path: Option<&OsString>) -> Found {
    let Some(path) = &build.path else {
        return Found::warn(format!("{}, and where it lies can't be told", build.version))
            .remedy("start it by a path that is still there: it may have been replaced meanwhile");
    };
    let directories = search_path.map(std::env::split_paths).into_iter().flatten();
    let mut on_path = directories.map(|directory| directory.join("mt5crs"));
    let first = on_path.find(|found| found.is_file());
    let same = |one: &Path, other: &Path| {
        let id = |path: &Path| fs::metadata(path).map(|meta| (meta.dev(), meta.ino()));
        matches!((id(one), id(other)), (Ok(one), Ok(other)) if one == other)
    };
    let found = format!("{} at {}", build.version, path.display());
    match first {
        None => Found::pass(format!("{found}; the PATH finds none")),
        Some(first) if same(&first, path) => Found::pass(found),
        Some(first) => Found::warn(format!("{found}; the PATH finds {}", first.display())),
    }
}

fn completions(all: &[Completions]) -> Found {
    let (mut current, mut stale) = (vec![], vec![]);
    for completions in all {
        for place in completions.places.iter().filter(|place| place.is_file()) {
            let small = fs::metadata(place).is_ok_and(|meta| meta.len() <= MAX_SCRIPT_BYTES);
            let same = small && fs::read(place).is_ok_and(|bytes| bytes == completions.script);
            let list = if same { &mut current } else { &mut stale };
            list.push((completions.shell, place.display().to_string()));
        }
    }
    match (stale.first(), current.is_empty()) {
        (Some((shell, place)), _) => {
            let places = stale.iter().map(|(_, place)| place.clone());
            Found::warn(format!("another version's: {}", super::config::list(places)))
                .remedy(format!("mt5crs completions {shell} > {place}"))
        }
        (None, true) => Found::not_applicable("none are installed where shells look for them"),
        (None, false) => {
            Found::pass(super::config::list(current.into_iter().map(|(_, place)| place)))
        }
    }
}

fn kill_switch(path: &Path) -> Found {
    let Some(parent) = path.parent().filter(|parent| parent.is_dir()) else {
        return Found::fail(format!("{}: its directory is not there", path.display()));
    };
    if let Err(errno) = access(parent, AccessFlags::W_OK | AccessFlags::X_OK) {
        return Found::fail(format!("{}: {}", parent.display(), errno.desc()));
    }
    let (Ok(directory), us) = (fs::metadata(parent), nix::unistd::geteuid().as_raw()) else {
        return Found::fail(format!("{} can't be looked at", parent.display()));
    };
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => {
            Found::fail(format!("{} is a directory, which no release removes", path.display()))
        }
        Ok(there) if !may_remove(&directory, there.uid(), us) => Found::fail(format!(
            "{} belongs to uid {}, and its directory is sticky",
            path.display(),
            there.uid()
        )),
        _ => Found::pass(path.display().to_string()),
    }
}

/// In a sticky directory only a file's owner, the directory's and root may remove it.
pub(super) fn may_remove(directory: &Metadata, owner: u32, who: u32) -> bool {
    const STICKY: u32 = 0o1000;
    directory.mode() & STICKY == 0 || who == 0 || who == owner || who == directory.uid()
}

fn engaged(path: &Path) -> Found {
    match breaker::engaged(path) {
        Some(why) => Found::warn(why),
        None => Found::pass(format!("{} is not there", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn little_space_warns_and_less_fails() {
        assert_eq!(judge_space(SOME_BYTES, "/").status, Status::Pass);
        assert_eq!(judge_space(SOME_BYTES - 1, "/").status, Status::Warn);
        assert_eq!(judge_space(FEW_BYTES - 1, "/").status, Status::Fail);
    }

    #[test]
    fn only_some_may_remove_a_file_from_a_sticky_directory() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let mode = |mode| {
            fs::set_permissions(place.path(), fs::Permissions::from_mode(mode)).unwrap();
            fs::metadata(place.path()).unwrap()
        };
        let sticky = mode(0o1777);
        let (owner, other) = (sticky.uid() + 1, sticky.uid() + 2);
        assert!(!may_remove(&sticky, owner, other));
        assert!(may_remove(&sticky, owner, owner) && may_remove(&sticky, owner, 0));
        assert!(may_remove(&sticky, owner, sticky.uid()));
        assert!(may_remove(&mode(0o777), owner, other));
    }
}
