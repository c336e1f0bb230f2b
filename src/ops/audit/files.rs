//! Checks of this machine's files: can they be written, are they whole, are they of this version?

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use super::LocalFacts;
use super::findings::{Found, first_few};
use crate::check::Check;
use crate::config::Key;
use crate::evidence::Evidence;
use crate::failure::cause_of;
use crate::guard::kill_switch::KillSwitch;
use crate::ops::sync::snapshot::{Previous, Store};
use crate::os::lasting;

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

pub(super) const KEYS: &[Key] =
    &[Key::StateDir, Key::LogDir, Key::VerifyLog, Key::KillSwitchFile, Key::Profile];

/// Checks the files and directories of this machine.
pub(super) fn check(local: &LocalFacts) -> Vec<Check> {
    let (options, settings, state) = (&local.options, &local.options.settings, &local.state_dir);
    let files = &settings.kill_switch_files;
    let kill_switch = KillSwitch::new(files.clone(), &settings.state_dir);
    let checks: [(&str, Found); 10] = [
        ("state", directory(state)),
        ("logs", directory(&settings.log_dir)),
        ("verify-log", file(&settings.verify_log)),
        ("evidence", evidence(state)),
        ("space", space(&[state, &settings.log_dir, &settings.verify_log])),
        ("snapshot", snapshot(local)),
        ("binary", binary(&options.build, options.search_path.as_ref())),
        ("completions", completions(&options.completions)),
        ("kill-switch", removable(&kill_switch)),
        ("breaker", released(&kill_switch)),
    ];
    checks.into_iter().map(|(name, found)| Check::from(found).named(name)).collect()
}

fn denied(path: &Path, errno: Errno) -> Check {
    failed(path, errno.desc())
}

fn failed(path: &Path, why: impl std::fmt::Display) -> Check {
    Check::fail(format!("{}: {why}", path.display()))
}

/// A directory that can be written to, or created.
fn directory(path: &Path) -> Found {
    let (nearest, metadata) = nearest(path)?;
    if !metadata.is_dir() {
        return Err(Check::fail(format!("{} is not a directory", nearest.display())));
    }
    writable_directory(nearest)?;
    let created = if nearest == path { "" } else { " does not exist yet, and can be created" };
    Ok(format!("{}{created}", path.display()))
}

fn writable_directory(path: &Path) -> Result<(), Check> {
    access(path, AccessFlags::W_OK | AccessFlags::X_OK).map_err(|errno| denied(path, errno))
}

/// The path itself, or its nearest existing ancestor.
fn nearest(path: &Path) -> Result<(&Path, Metadata), Check> {
    for ancestor in path.ancestors().filter(|ancestor| *ancestor != Path::new("")) {
        match fs::metadata(ancestor) {
            Ok(metadata) => return Ok((ancestor, metadata)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(failed(ancestor, error)),
        }
    }
    Err(Check::fail(format!("no part of {} exists", path.display())))
}

/// A file that can be written to, or created.
fn file(path: &Path) -> Found {
    match (fs::metadata(path), path.parent()) {
        (Ok(metadata), _) if !metadata.is_file() => {
            Err(Check::fail(format!("{} is not a file", path.display())))
        }
        (Ok(_), _) => match access(path, AccessFlags::W_OK) {
            Ok(()) => Ok(path.display().to_string()),
            Err(errno) => Err(denied(path, errno)),
        },
        (Err(error), Some(parent)) if error.kind() == ErrorKind::NotFound => directory(parent),
        (Err(error), _) => Err(failed(path, error)),
    }
}

/// Creates nothing where there are no records yet.
fn evidence(state: &Path) -> Found {
    let evidence = Evidence::at(state.to_owned());
    if !evidence.has_records() {
        return directory(state)
            .map(|found| format!("no records yet; {found}"))
            .map_err(|check| Check { found: format!("no records yet; {}", check.found), ..check });
    }
    match evidence.check_writable(APPEND_TIMEOUT) {
        Ok(()) => Ok(evidence.path().display().to_string()),
        Err(error) => Err(Check::fail(cause_of(&error))),
    }
}

fn space(paths: &[&Path]) -> Found {
    let mut least: Option<(u64, &Path)> = None;
    for path in paths {
        let (existing, _) = nearest(path)?;
        let disk = statvfs(existing).map_err(|errno| denied(path, errno))?;
        // macOS counts blocks in 32 bits.
        let free = (disk.blocks_available() as u64).saturating_mul(disk.fragment_size() as u64);
        if least.is_none_or(|(least, _)| free < least) {
            least = Some((free, existing));
        }
    }
    let (free, path) = least.unwrap_or((0, Path::new("")));
    judge_space(free, path)
}

fn judge_space(free: u64, path: &Path) -> Found {
    let found = format!("{} MiB free at {}", free >> 20, path.display());
    match free {
        ..MIN_FREE_BYTES => Err(Check::fail(found)),
        MIN_FREE_BYTES..LOW_FREE_BYTES => Err(Check::warn(found)),
        _ => Ok(found),
    }
}

fn snapshot(local: &LocalFacts) -> Found {
    let snapshot = match Store::new(local.state_dir.clone()).load() {
        Previous::Found(snapshot) => snapshot,
        Previous::Absent => return Err(Check::warn("no sync has succeeded here yet")),
        Previous::Unusable(why) => {
            return Err(Check::warn(format!("unusable, and treated as absent: {why}")));
        }
    };
    if local.endpoint.as_deref().is_some_and(|endpoint| endpoint != snapshot.endpoint) {
        return Err(Check::warn(format!("of another gateway: {}", snapshot.endpoint)));
    }
    let age = local.now.duration_since(snapshot.taken_at);
    if age.is_negative() && age.unsigned_abs() > FUTURE_TOLERANCE {
        let found = format!("taken in the future, at {}", snapshot.taken_at);
        let remedy = "set this machine's clock, then mt5crs sync";
        return Err(Check::warn(found).with_remedy(remedy));
    }
    let hours = age.as_secs_f64() / 3600.0;
    Ok(format!("{} positions, taken {hours:.1} h ago", snapshot.positions.len()))
}

fn binary(build: &Build, search_path: Option<&OsString>) -> Found {
    let Some(path) = &build.path else {
        return Err(Check::warn(format!("{}; its path is unknown", build.version))
            .with_remedy("start it by a path that exists: its file may have been replaced"));
    };
    let directories = search_path.map(std::env::split_paths).into_iter().flatten();
    let mut on_path = directories.map(|directory| directory.join("mt5crs"));
    let found = format!("{} at {}", build.version, path.display());
    let Some(first) = on_path.find(|path| path.is_file()) else {
        return Ok(format!("{found}; none on the PATH"));
    };
    let id = |path: &Path| fs::metadata(path).map(|meta| (meta.dev(), meta.ino())).ok();
    if id(&first).is_some_and(|first| Some(first) == id(path)) {
        return Ok(found);
    }
    Err(Check::warn(format!("{found}; first on the PATH is {}", first.display())))
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
    if let Some((shell, place)) = stale.first() {
        let places = first_few(stale.iter().map(|(_, place)| place.clone()));
        return Err(Check::warn(format!("generated by another version: {places}"))
            .with_remedy(format!("mt5crs completions {shell} > {place}")));
    }
    if current.is_empty() {
        return Err(Check::not_applicable("none installed in the usual places"));
    }
    Ok(first_few(current.into_iter().map(|(_, place)| place)))
}

/// A kill switch that this user can write and remove, and that lasts.
fn removable(kill_switch: &KillSwitch) -> Found {
    let files = kill_switch.files();
    let found = files.iter().map(|path| removable_file(kill_switch, path));
    let found = found.collect::<Result<Vec<_>, _>>()?;
    // Where there are several files, the first one lasts for all.
    if let Some((path, doubt)) = files.first().and_then(|path| Some((path, lasting::doubt(path)?)))
    {
        return Err(Check::warn(format!("{} {doubt}", path.display())).with_remedy(
            "set KILL_SWITCH_FILE to a file in a directory that lasts, or enable mt5crs-kill-switch.service",
        ));
    }
    Ok(found.join(", "))
}

fn removable_file(kill_switch: &KillSwitch, path: &Path) -> Found {
    let try_to_make = || match kill_switch.try_to_make(path) {
        Ok(()) => Ok(path.display().to_string()),
        Err(error) => Err(Check::fail(format!("{} can't be made: {error}", path.display()))),
    };
    let Some(parent) = path.parent().filter(|parent| parent.is_dir()) else {
        return match path.parent() {
            Some(directory) if kill_switch.makes(directory) => try_to_make(),
            _ => Err(failed(path, "its directory does not exist")),
        };
    };
    writable_directory(parent)?;
    let directory = fs::metadata(parent)
        .map_err(|_| Check::fail(format!("{} can't be read", parent.display())))?;
    let us = nix::unistd::geteuid().as_raw();
    let shown = path.display();
    match fs::symlink_metadata(path) {
        Ok(file) if file.is_dir() => {
            Err(Check::fail(format!("{shown} is a directory, which a release can't remove")))
        }
        Ok(file) if !may_remove(&directory, file.uid(), us) => {
            let uid = file.uid();
            Err(Check::fail(format!("{shown} belongs to uid {uid}, and its directory is sticky")))
        }
        Ok(_) => Ok(shown.to_string()),
        Err(_) => try_to_make(),
    }
}

/// Whether `who` may remove a file of `owner` (both uids): in a sticky directory only the file's owner, the directory's
/// owner and root may.
pub(super) fn may_remove(directory: &Metadata, owner: u32, who: u32) -> bool {
    const STICKY: u32 = 0o1000;
    directory.mode() & STICKY == 0 || who == 0 || who == owner || who == directory.uid()
}

fn released(kill_switch: &KillSwitch) -> Found {
    match kill_switch.engaged() {
        Some(why) => Err(Check::warn(why)),
        None => {
            let files = kill_switch.files().iter().map(|path| path.display().to_string());
            Ok(format!("{} does not exist", files.collect::<Vec<_>>().join(" or ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;

    #[test]
    fn low_space_warns_and_too_little_fails() {
        let status = |free| Check::from(judge_space(free, Path::new("/"))).status;
        assert_eq!(status(LOW_FREE_BYTES), Status::Pass);
        assert_eq!(status(LOW_FREE_BYTES - 1), Status::Warn);
        assert_eq!(status(MIN_FREE_BYTES - 1), Status::Fail);
    }

    #[test]
    fn in_a_sticky_directory_only_owners_may_remove_a_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let mode = |mode| {
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
            fs::metadata(directory.path()).unwrap()
        };
        let sticky = mode(0o1777);
        let (owner, other) = (sticky.uid() + 1, sticky.uid() + 2);
        assert!(!may_remove(&sticky, owner, other));
        assert!(may_remove(&sticky, owner, owner) && may_remove(&sticky, owner, 0));
        assert!(may_remove(&sticky, owner, sticky.uid()));
        assert!(may_remove(&mode(0o777), owner, other));
    }
}
