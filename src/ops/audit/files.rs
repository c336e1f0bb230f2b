//! Checks of this machine's files: can they be written, are they whole, are they of this version?

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use super::Audit;
use super::catalogue::Group;
use super::findings::first_few;
use crate::config::Key;
use crate::evidence::Evidence;
use crate::failure::cause_of;
use crate::guard::breaker;
use crate::ops::sync::snapshot::{Previous, Store};
use crate::report::Check;

/// Timeout for another process's append.
const APPEND_TIMEOUT: Duration = Duration::from_secs(2);
/// Free bytes below which logs and evidence may not be written any more.
const MIN_FREE_BYTES: u64 = 64 << 20;
/// Free bytes below which the check warns.
const LOW_FREE_BYTES: u64 = 1 << 30;
/// A snapshot counts as taken in the future past this clock difference.
const FUTURE_TOLERANCE: Duration = Duration::from_secs(60);
/// A longer file is not a completion script.
const MAX_SCRIPT_BYTES: u64 = 4 << 20;

/// This binary.
#[derive(Debug, Clone)]
pub struct Build {
    /// Version, commit and libzmq's version.
    pub version: String,
    /// Its path, where that is known.
    pub path: Option<PathBuf>,
}

/// One shell's completions, as this binary prints them.
#[derive(Debug, Clone)]
pub struct Completions {
    /// The shell's name, as `mt5crs completions` takes it.
    pub shell: &'static str,
    /// The script that this binary generates.
    pub script: Vec<u8>,
    /// The usual installation paths.
    pub places: Vec<PathBuf>,
}

/// The paths to check, owned by the thread that checks them.
struct Places {
    /// This gateway's state.
    state: PathBuf,
    logs: PathBuf,
    verify_log: PathBuf,
    kill_switch: PathBuf,
    /// `tcp://HOST:PORT`, where a gateway is configured.
    endpoint: Option<String>,
    build: Build,
    /// The value of `PATH`.
    search_path: Option<OsString>,
    completions: Vec<Completions>,
    now: Timestamp,
}

/// Checks the files and directories of this machine.
pub(super) fn check(audit: &mut Audit<'_>) {
    let keys = [Key::StateDir, Key::LogDir, Key::VerifyLog, Key::KillSwitchFile, Key::Profile];
    audit.require_paths(Group::Files, &keys);
    let (options, settings) = (audit.options, &audit.options.settings);
    let shared = audit.engine.check_kill_switch(&settings.kill_switch_file);
    audit.findings.add(shared.named("files.kill-switch-shared"));
    audit.findings.add(audit.engine.check_active().named("files.engine-unit"));
    let places = Places {
        state: audit.state_dir(),
        logs: settings.log_dir.clone(),
        verify_log: settings.verify_log.clone(),
        kill_switch: settings.kill_switch_file.clone(),
        endpoint: audit.endpoint(),
        build: options.build.clone(),
        search_path: options.search_path.clone(),
        completions: options.completions.clone(),
        now: audit.deps.clock.now(),
    };
    audit.check_group(Group::Files, move || places.check());
}

impl Places {
    fn check(&self) -> Vec<Check> {
        vec![
            directory(&self.state).named("files.state"),
            directory(&self.logs).named("files.logs"),
            file(&self.verify_log).named("files.verify-log"),
            evidence(&self.state).named("files.evidence"),
            space(&[&self.state, &self.logs, &self.verify_log]).named("files.space"),
            snapshot(self).named("files.snapshot"),
            binary(&self.build, self.search_path.as_ref()).named("files.binary"),
            completions(&self.completions).named("files.completions"),
            kill_switch(&self.kill_switch).named("files.kill-switch"),
            engaged(&self.kill_switch).named("files.breaker"),
        ]
    }
}

/// A directory that can be written to, or created.
fn directory(path: &Path) -> Check {
    let (nearest, metadata) = match nearest(path) {
        Ok(found) => found,
        Err(why) => return Check::fail(why),
    };
    let shown = path.display();
    if !metadata.is_dir() {
        return Check::fail(format!("{} is not a directory", nearest.display()));
    }
    match access(nearest, AccessFlags::W_OK | AccessFlags::X_OK) {
        Err(errno) => Check::fail(format!("{}: {}", nearest.display(), errno.desc())),
        Ok(()) if nearest == path => Check::pass(format!("{shown}")),
        Ok(()) => Check::pass(format!("{shown} does not exist yet, and can be created")),
    }
}

/// The path itself, or its nearest existing ancestor.
fn nearest(path: &Path) -> Result<(&Path, Metadata), String> {
    for ancestor in path.ancestors().filter(|ancestor| *ancestor != Path::new("")) {
        match fs::metadata(ancestor) {
            Ok(metadata) => return Ok((ancestor, metadata)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(format!("{}: {error}", ancestor.display())),
        }
    }
    Err(format!("no part of {} exists", path.display()))
}

/// A file that can be written to, or created.
fn file(path: &Path) -> Check {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            Check::fail(format!("{} is not a file", path.display()))
        }
        Ok(_) => match access(path, AccessFlags::W_OK) {
            Ok(()) => Check::pass(path.display().to_string()),
            Err(errno) => Check::fail(format!("{}: {}", path.display(), errno.desc())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => match path.parent() {
            Some(parent) => directory(parent),
            None => Check::fail(format!("{}: {error}", path.display())),
        },
        Err(error) => Check::fail(format!("{}: {error}", path.display())),
    }
}

/// Creates nothing where there are no records yet.
fn evidence(state: &Path) -> Check {
    let evidence = Evidence::at(state.to_owned());
    if !evidence.path().exists() {
        let mut directory = directory(state);
        directory.found = format!("no records yet; {}", directory.found);
        return directory;
    }
    match evidence.check_writable(APPEND_TIMEOUT) {
        Ok(()) => Check::pass(evidence.path().display().to_string()),
        Err(error) => Check::fail(cause_of(&error)),
    }
}

fn space(paths: &[&Path]) -> Check {
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
            Err(why) => return Check::fail(why),
        }
    }
    let (free, path) = least.unwrap_or_default();
    judge_space(free, &path)
}

fn judge_space(free: u64, path: &str) -> Check {
    let found = format!("{} MiB free at {path}", free >> 20);
    match free {
        ..MIN_FREE_BYTES => Check::fail(found),
        MIN_FREE_BYTES..LOW_FREE_BYTES => Check::warn(found),
        _ => Check::pass(found),
    }
}

fn snapshot(places: &Places) -> Check {
    let snapshot = match Store::new(places.state.clone()).load() {
        Previous::Found(snapshot) => snapshot,
        Previous::Absent => return Check::warn("no sync has succeeded here yet"),
        Previous::Unusable(why) => {
            return Check::warn(format!("unusable, and treated as absent: {why}"));
        }
    };
    if places.endpoint.as_deref().is_some_and(|endpoint| endpoint != snapshot.endpoint) {
        return Check::warn(format!("of another gateway: {}", snapshot.endpoint));
    }
    let age = places.now.duration_since(snapshot.taken_at);
    if age.is_negative() && age.unsigned_abs() > FUTURE_TOLERANCE {
        let found = format!("taken in the future, at {}", snapshot.taken_at);
        return Check::warn(found).with_remedy("set this machine's clock, then mt5crs sync");
    }
    let count = snapshot.positions.len();
    Check::pass(format!("{count} positions, taken {:.1} h ago", age.as_secs_f64() / 3600.0))
}

fn binary(build: &Build, search_path: Option<&OsString>) -> Check {
    let Some(path) = &build.path else {
        return Check::warn(format!("{}; its path is unknown", build.version))
            .with_remedy("start it by a path that exists: its file may have been replaced");
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
        None => Check::pass(format!("{found}; none on the PATH")),
        Some(first) if same(&first, path) => Check::pass(found),
        Some(first) => Check::warn(format!("{found}; first on the PATH is {}", first.display())),
    }
}

fn completions(all: &[Completions]) -> Check {
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
            Check::warn(format!("generated by another version: {}", first_few(places)))
                .with_remedy(format!("mt5crs completions {shell} > {place}"))
        }
        (None, true) => Check::not_applicable("none installed in the usual places"),
        (None, false) => Check::pass(first_few(current.into_iter().map(|(_, place)| place))),
    }
}

fn kill_switch(path: &Path) -> Check {
    let Some(parent) = path.parent().filter(|parent| parent.is_dir()) else {
        return Check::fail(format!("{}: its directory does not exist", path.display()));
    };
    if let Err(errno) = access(parent, AccessFlags::W_OK | AccessFlags::X_OK) {
        return Check::fail(format!("{}: {}", parent.display(), errno.desc()));
    }
    let (Ok(directory), us) = (fs::metadata(parent), nix::unistd::geteuid().as_raw()) else {
        return Check::fail(format!("{} can't be read", parent.display()));
    };
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => {
            Check::fail(format!("{} is a directory, which a release can't remove", path.display()))
        }
        Ok(there) if !may_remove(&directory, there.uid(), us) => Check::fail(format!(
            "{} belongs to uid {}, and its directory is sticky",
            path.display(),
            there.uid()
        )),
        _ => Check::pass(path.display().to_string()),
    }
}

/// Whether `who` may remove a file of `owner` (both uids): in a sticky directory only the file's owner, the directory's
/// owner and root may.
pub(super) fn may_remove(directory: &Metadata, owner: u32, who: u32) -> bool {
    const STICKY: u32 = 0o1000;
    directory.mode() & STICKY == 0 || who == 0 || who == owner || who == directory.uid()
}

fn engaged(path: &Path) -> Check {
    match breaker::engaged(path) {
        Some(why) => Check::warn(why),
        None => Check::pass(format!("{} does not exist", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Status;

    #[test]
    fn low_space_warns_and_too_little_fails() {
        assert_eq!(judge_space(LOW_FREE_BYTES, "/").status, Status::Pass);
        assert_eq!(judge_space(LOW_FREE_BYTES - 1, "/").status, Status::Warn);
        assert_eq!(judge_space(MIN_FREE_BYTES - 1, "/").status, Status::Fail);
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
