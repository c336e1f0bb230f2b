//! Shows a page to a person: formatted by `man`, which runs the pager that `MANPAGER` or `PAGER` names, or else less.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

/// Shows the page, which is in the language that `man` reads. `false` where no formatter is installed.
pub(super) fn show(page: &str) -> bool {
    // mandoc stands in where `man` takes no file; both read standard input and page their output.
    [&["man", "-l", "-"][..], &["mandoc", "-a"]].iter().any(|command| run(command, page))
}

fn run(command: &[&str], page: &str) -> bool {
    let Some((program, arguments)) = command.split_first() else { return false };
    let started = Command::new(program).args(arguments).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = started else { return false };
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(page.as_bytes()));
    // A pager that was left early has shown enough.
    let is_written = match written {
        Some(Err(error)) => error.kind() == ErrorKind::BrokenPipe,
        Some(Ok(())) => true,
        None => false,
    };
    is_written && child.wait().is_ok_and(|ended| ended.success())
}
