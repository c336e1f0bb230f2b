//! What a shell is told at a TAB: the candidates for the last word of an unfinished command line.
//!
//! It reads the definition of the command line, the names in the profiles' file and the directories that a path or a
//! command is looked for in. It talks to no gateway, writes nothing but its answer, and is silent about everything that is
//! wrong: a person is typing.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::panic::{catch_unwind, set_hook};
use std::process::ExitCode;
use std::sync::Arc;

use clap_complete::engine::{CompletionCandidate, complete};
use clap_complete::env::Shells;

use super::script::VARIABLE;
use super::values;
use crate::commands::definition::definition;

/// The shell's line up to the cursor, which only bash's script passes.
const LINE: &str = "_MT5CRS_LINE";

/// Answers a shell, where one asks: its script sets [`VARIABLE`], and passes the words behind a `--`. A command that was
/// typed has no `--` in front, so an exported variable can't turn it into a question.
pub(crate) fn answer() -> Option<ExitCode> {
    let shell = std::env::var(VARIABLE).ok()?;
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != "--" {
        return None;
    }
    let words: Vec<OsString> = arguments.collect();
    set_hook(Box::new(|_| {}));
    let answered = catch_unwind(|| candidates(&shell, words)).ok().flatten();
    let written = answered.map(|text| std::io::stdout().write_all(&text));
    Some(if matches!(written, Some(Ok(()))) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The candidates in the shell's own form.
fn candidates(shell: &str, words: Vec<OsString>) -> Option<Vec<u8>> {
    let format: fn(&Candidate) -> String = match shell {
        "bash" => of_bash,
        "zsh" => of_zsh,
        "fish" => of_fish,
        other => return of_clap(other, words),
    };
    let (words, shown_before) = match shell {
        "bash" => joined(words, &std::env::var(LINE).unwrap_or_default()),
        _ => (words, 0),
    };
    let found = found(words)?;
    let lines = found.iter().map(|it| it.without(shown_before)).map(|it| format(&it) + "\n");
    Some(lines.collect::<String>().into_bytes())
}

/// The answer to a shell whose script is clap's.
fn of_clap(shell: &str, words: Vec<OsString>) -> Option<Vec<u8>> {
    let shells = Shells::builtins();
    let shell = shells.completer(shell)?;
    let mut command = values::add(definition(), &Arc::from(words.clone()));
    let (directory, mut answer) = (std::env::current_dir().ok(), Vec::new());
    shell.write_complete(&mut command, words, directory.as_deref(), &mut answer).ok()?;
    Some(answer)
}

/// A word that can stand in place of the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    value: String,
    help: Option<String>,
}

impl Candidate {
    /// `None` for what no shell can be given in one line.
    fn of(found: &CompletionCandidate) -> Option<Self> {
        let value = found.get_value().to_str()?.to_owned();
        let help = found.get_help().map(|help| help.to_string());
        let help = help.and_then(|help| Some(help.lines().next()?.replace('\t', " ")));
        (!value.contains(char::is_control)).then_some(Self { value, help })
    }

    /// Without the bytes in front that the shell keeps.
    fn without(&self, shown_before: usize) -> Self {
        let value = self.value.get(shown_before..).unwrap_or_default().to_owned();
        Self { value, help: self.help.clone() }
    }
}

/// The candidates for the last word. Options are shown once a hyphen is typed, or where there is nothing else.
fn found(words: Vec<OsString>) -> Option<Vec<Candidate>> {
    let last = words.len().checked_sub(1)?;
    let is_empty = words[last].is_empty();
    let mut command = values::add(definition(), &Arc::from(words.clone()));
    let directory = std::env::current_dir().ok();
    let found = complete(&mut command, words, last, directory.as_deref()).ok()?;
    let mut found: Vec<Candidate> = found.iter().filter_map(Candidate::of).collect();
    let is_option = |it: &Candidate| it.value.starts_with('-');
    if is_empty && !found.iter().all(is_option) {
        found.retain(|it| !is_option(it));
    }
    Some(found)
}

/// The words that bash splits at `=` and `:` joined again, and the number of bytes of the last word that bash keeps in
/// front of a candidate.
fn joined(words: Vec<OsString>, line: &str) -> (Vec<OsString>, usize) {
    let is_break = |word: &OsStr| {
        let bytes = word.as_encoded_bytes();
        !bytes.is_empty() && bytes.iter().all(|byte| b"=:".contains(byte))
    };
    let last = words.len().saturating_sub(1);
    // Behind a blank, the last word is a new one.
    let is_new = line.ends_with(char::is_whitespace);
    let (mut all, mut kept, mut is_open) = (Vec::<OsString>::new(), 0, false);
    for (index, word) in words.into_iter().enumerate() {
        let is_separate = index == last && is_new;
        let is_break = is_break(&word);
        match all.last_mut() {
            Some(earlier) if (is_break || is_open) && !is_separate && index > 1 => {
                kept = earlier.len() + if is_break { word.len() } else { 0 };
                earlier.push(word);
            }
            _ => {
                kept = 0;
                all.push(word);
            }
        }
        is_open = is_break;
    }
    (all, kept)
}

/// Bash inserts a candidate as it stands, so what it would split or expand is escaped.
fn of_bash(candidate: &Candidate) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+=:,@%~".contains(letter);
    let letters = candidate.value.chars();
    letters.flat_map(|it| (!is_plain(it)).then_some('\\').into_iter().chain([it])).collect()
}

/// Zsh takes the first colon for the one in front of the help.
fn of_zsh(candidate: &Candidate) -> String {
    let value = candidate.value.replace('\\', "\\\\").replace(':', "\\:");
    match &candidate.help {
        Some(help) => format!("{value}:{help}"),
        None => value,
    }
}

fn of_fish(candidate: &Candidate) -> String {
    match &candidate.help {
        Some(help) => format!("{}\t{help}", candidate.value),
        None => candidate.value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined_of(words: &[&str], line: &str) -> (Vec<String>, usize) {
        let (words, kept) = joined(words.iter().map(OsString::from).collect(), line);
        (words.into_iter().map(|word| word.into_string().unwrap()).collect(), kept)
    }

    #[test]
    fn words_that_bash_split_are_joined() {
        for (split, line, whole, kept) in [
            (&["mt5crs", "sync"][..], "mt5crs sync", &["mt5crs", "sync"][..], 0),
            (&["mt5crs", ""], "mt5crs ", &["mt5crs", ""], 0),
            (
                &["mt5crs", "--profile", "=", "acc"],
                "mt5crs --profile=acc",
                &["mt5crs", "--profile=acc"],
                10,
            ),
            (&["mt5crs", "--profile", "="], "mt5crs --profile=", &["mt5crs", "--profile="], 10),
            (
                &["mt5crs", "--sim-fault", "=", "garbage", ":", "SY"],
                "mt5crs --sim-fault=garbage:SY",
                &["mt5crs", "--sim-fault=garbage:SY"],
                20,
            ),
            // A blank ends the word.
            (
                &["mt5crs", "--port", "=", "5555", ""],
                "mt5crs --port=5555 ",
                &["mt5crs", "--port=5555", ""],
                0,
            ),
            (&["mt5crs", "--port", "=", ""], "mt5crs --port= ", &["mt5crs", "--port=", ""], 0),
        ] {
            let whole = whole.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(joined_of(split, line), (whole, kept), "{line}");
        }
    }

    #[test]
    fn each_shell_gets_its_own_form() {
        let help = Some("fails: twice".to_owned());
        let of = |value: &str| Candidate { value: value.to_owned(), help: help.clone() };
        assert_eq!(of_bash(&of("a b$(c)")), "a\\ b\\$\\(c\\)");
        assert_eq!(of_bash(&of("--profile=a.b")), "--profile=a.b");
        assert_eq!(of_zsh(&of("a:b")), "a\\:b:fails: twice");
        assert_eq!(of_fish(&of("a:b")), "a:b\tfails: twice");
    }
}
