//! Candidates for the values of options and arguments, where the definition of the command line doesn't list them.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};
use mt5crs::config::{self, Content, Disk, Files, Flags, Inputs, Key};
use mt5crs::logs::search::preset::PRESETS;
use mt5crs::ops::audit::catalogue::{CHECKS, Group};
use mt5crs::ops::explain;
use mt5crs::ops::sync::checks;
use mt5crs::sim::FAULTS;
use nix::unistd::{AccessFlags, access};

use crate::app::settings::system_dir;

/// The words typed so far, the program's name first.
type Words = Arc<[OsString]>;

/// Adds the candidates to every argument of the whole command line.
pub(super) fn add(root: Command, words: &Words) -> Command {
    let mut pages = vec![];
    list_pages(&root, "", &mut pages);
    add_below(root, words, &Arc::from(pages))
}

fn add_below(command: Command, words: &Words, pages: &Arc<[String]>) -> Command {
    command
        .mut_args(|arg| with_values(arg, words, pages))
        .mut_subcommands(|below| add_below(below, words, pages))
}

fn with_values(arg: Arg, words: &Words, pages: &Arc<[String]>) -> Arg {
    let (words, pages) = (Arc::clone(words), Arc::clone(pages));
    match arg.get_id().as_str() {
        "profile" => arg.add(ArgValueCandidates::new(move || profiles(&words))),
        "fault" | "sim_fault" => arg.add(ArgValueCandidates::new(faults)),
        "only" | "skip" => arg.add(ArgValueCandidates::new(audit_checks)),
        "allow_warn" => arg.add(ArgValueCandidates::new(|| plain(checks::WARNING))),
        "presets" => arg.add(ArgValueCandidates::new(presets)),
        "code" => arg.add(ArgValueCandidates::new(codes)),
        "page" => arg.add(ArgValueCandidates::new(move || plain(pages.iter()))),
        "command" => {
            arg.add(ArgValueCompleter::new(move |last: &OsStr| command_line(&words, last)))
        }
        _ => with_paths(arg),
    }
}

/// Files and directories, for a value that is kept as text.
fn with_paths(arg: Arg) -> Arg {
    let names = arg.get_value_names().unwrap_or_default();
    match names.first().map(|name| name.as_str()) {
        Some("FILE") => arg.value_hint(ValueHint::FilePath),
        Some("DIR") => arg.value_hint(ValueHint::DirPath),
        _ => arg,
    }
}

fn plain<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Vec<CompletionCandidate> {
    names.into_iter().map(|name| CompletionCandidate::new(name.as_ref())).collect()
}

fn explained(name: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(name).help(Some(help.to_owned().into()))
}

/// The manual's pages, under the short names that `man` takes.
fn list_pages(command: &Command, path: &str, pages: &mut Vec<String>) {
    for below in command.get_subcommands() {
        let page = format!("{path}{}", below.get_name());
        list_pages(below, &format!("{page}-"), pages);
        pages.push(page);
    }
}

fn faults() -> Vec<CompletionCandidate> {
    let on_demand = FAULTS.iter().filter(|fault| !fault.always);
    let help = |form: &str, effect: &str| format!("{form}  {effect}");
    on_demand.map(|it| explained(it.name, &help(it.form, it.explanation))).collect()
}

/// Groups and checks of `audit`.
fn audit_checks() -> Vec<CompletionCandidate> {
    let groups = Group::ALL.iter().map(|group| explained(group.name(), "the whole group"));
    groups.chain(CHECKS.iter().map(|check| explained(check.code, check.looks_at))).collect()
}

fn presets() -> Vec<CompletionCandidate> {
    PRESETS.iter().map(|preset| explained(preset.name, preset.about)).collect()
}

/// Everything that `explain` knows: codes, checks, guards, alert rules. An alert is shown by its name without the group.
fn codes() -> Vec<CompletionCandidate> {
    let mut seen = BTreeSet::new();
    let every = explain::every();
    let words = every.iter().flat_map(|it| {
        let name = (it.kind == explain::Kind::AlertRule).then_some((&it.name, it));
        [(&it.code, it)].into_iter().chain(name)
    });
    let first = words.filter(|(word, _)| seen.insert(word.as_str()));
    first.map(|(word, it)| explained(word, &it.meaning)).collect()
}

/// The names in the profiles' file that this command line would read; none where it can't be read.
fn profiles(words: &[OsString]) -> Vec<CompletionCandidate> {
    let mut flags = Flags::default();
    if let Some(file) = value_of("--config", words).and_then(|it| it.to_str().map(str::to_owned)) {
        flags.set(Key::ConfigFile, "--config", file);
    }
    let inputs = Inputs {
        flags,
        environment: std::env::vars_os().collect(),
        env_file: value_of("--env-file", words).map(PathBuf::from),
        cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        system_dir: Some(system_dir()),
    };
    // A name that is no profile's could mean anything to a shell.
    let is_plain =
        |name: &String| name.chars().all(|it| it.is_ascii_alphanumeric() || "._-".contains(it));
    let names = config::profile_names(&inputs, &RegularFiles).unwrap_or_default();
    plain(names.into_iter().filter(is_plain))
}

/// The last value of a flag.
fn value_of(flag: &str, words: &[OsString]) -> Option<OsString> {
    let joined = format!("{flag}=");
    let given = words.iter().enumerate().rev().find_map(|(index, word)| {
        let value = word.as_bytes().strip_prefix(joined.as_bytes()).map(OsStr::from_bytes);
        value.or_else(|| words.get(index + 1).filter(|_| word == flag).map(OsString::as_os_str))
    });
    given.map(OsStr::to_owned)
}

/// Settings from regular files alone: a FIFO hands its text out once, and the command needs it.
struct RegularFiles;

impl Files for RegularFiles {
    fn read(&self, path: &Path) -> io::Result<Content> {
        match path.metadata()?.is_file() {
            true => Disk.read(path),
            false => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        Disk.exists(path)
    }

    fn is_writable_directory(&self, path: &Path) -> bool {
        Disk.is_writable_directory(path)
    }

    fn is_operators_directory(&self, path: &Path) -> bool {
        Disk.is_operators_directory(path)
    }
}

/// Behind `sync --`: a command first, then its paths.
fn command_line(words: &[OsString], last: &OsStr) -> Vec<CompletionCandidate> {
    let Some(escape) = words.iter().position(|word| word == "--") else { return vec![] };
    match words.len() - escape {
        2 if !last.as_bytes().contains(&b'/') => programs(last),
        2 => PathCompleter::any().filter(|path| path.is_dir() || is_program(path)).complete(last),
        _ => PathCompleter::any().complete(last),
    }
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}

/// Programs on the search path.
fn programs(start: &OsStr) -> Vec<CompletionCandidate> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::env::split_paths(&path).filter_map(|it| it.read_dir().ok());
    let entries = directories.flatten().filter_map(Result::ok);
    let begins = |name: &OsStr| name.as_bytes().starts_with(start.as_bytes());
    let programs = entries.filter(|it| begins(&it.file_name()) && is_program(&it.path()));
    let names: BTreeSet<OsString> = programs.map(|it| it.file_name()).collect();
    names.into_iter().map(CompletionCandidate::new).collect()
}
