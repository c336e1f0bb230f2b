//! Asks a person to confirm. Without a terminal nothing is asked: the refusal names the command line that needs no answer.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use mt5crs::clock::poll_timeout;
use mt5crs::failure::{Code, Failure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::App;
use crate::render::fitting_stderr;

/// End of a refusal where an order was to be sent.
pub(crate) const NOTHING_SENT: &str = "nothing was sent";

/// Refuses without a terminal to ask at.
pub(super) fn require_terminal() -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let given = std::env::args_os().map(|argument| quoted(&argument.to_string_lossy()));
        let command: Vec<String> = given.chain(["--yes".to_owned()]).collect();
        let message = "refused: this asks for confirmation, and there is no terminal to ask at";
        return Err(Failure::new(Code::NotConfirmed, message)
            .with_remedy(format!("run `{}`", command.join(" "))));
    }
    Ok(())
}

/// Asks for `word` to be typed before a dangerous step. Any other answer, or the end of the input, is a refusal; `kept` says
/// in it how things stay.
pub(crate) fn confirm(app: &App, question: &str, word: &str, kept: &str) -> Result<(), Failure> {
    require_terminal()?;
    // A question that can't be shown has no valid answer.
    let shown =
        write!(io::stderr().lock(), "{}\nType \"{word}\" to go on: ", fitting_stderr(question))
            .and_then(|()| io::stderr().flush());
    let answer = match shown {
        Ok(()) => read_line(app)?,
        Err(_) => Some(String::new()),
    };
    let Some(answer) = answer else {
        let message = format!("not confirmed before the deadline; {kept}");
        return Err(Failure::new(Code::NotConfirmed, message)
            .with_remedy("run it again; a longer --deadline leaves more time to answer"));
    };
    if answer.trim() == word {
        return Ok(());
    }
    let message = format!("not confirmed: \"{word}\" was not typed; {kept}");
    Err(Failure::new(Code::NotConfirmed, message).with_remedy("run it again"))
}

/// Quotes an argument for a shell.
pub(crate) fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

/// Reads a line; a signal ends the wait. `None` after the command's deadline, past which nothing could be done.
fn read_line(app: &App) -> Result<Option<String>, Failure> {
    let (stdin, deadline) = (io::stdin(), app.watchdog.deadline());
    loop {
        if let Err(stopped) = app.stop.check() {
            // The answer's line is not ended yet.
            let _ = writeln!(io::stderr().lock());
            return Err(Failure::interrupted(stopped));
        }
        let mut watched = vec![PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        watched.extend(app.stop.wake_fd().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        let left = deadline.map(|deadline| deadline.left(&*app.clock));
        if left.is_some_and(|left| left.is_zero()) {
            let _ = writeln!(io::stderr().lock());
            return Ok(None);
        }
        let timeout = left.map_or(PollTimeout::NONE, poll_timeout);
        match poll(&mut watched, timeout) {
            Ok(_) if watched[0].any().unwrap_or(false) => {
                let mut line = String::new();
                // The end of the input reads as an empty line, which is a refusal.
                let _ = stdin.read_line(&mut line);
                return Ok(Some(line));
            }
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(_) => return Ok(Some(String::new())),
        }
    }
}
