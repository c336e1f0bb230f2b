//! Questions to a person. Without a terminal none is asked: the command that answers it beforehand is named instead.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use mt5crs::failure::{Code, Failure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::run::Run;

/// Whether there is a terminal to ask at; if not, what answers beforehand is named.
pub(crate) fn possible() -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let given = std::env::args_os().map(|argument| quoted(&argument.to_string_lossy()));
        let command: Vec<String> = given.chain(["--yes".to_owned()]).collect();
        let message = "refused: this asks for confirmation, and there is no terminal to ask at";
        return Err(Failure::new(Code::NotConfirmed, message)
            .with_remedy(format!("run `{}`", command.join(" "))));
    }
    Ok(())
}

/// Asks that `word` be typed. Anything else, and the end of the input, is a no.
pub(crate) fn typed(run: &Run, question: &str, word: &str) -> Result<(), Failure> {
    possible()?;
    // Where the question can't be shown, no answer to it counts.
    let shown = write!(io::stderr().lock(), "{question}\nType {word} to go on: ")
        .and_then(|()| io::stderr().flush());
    let answer = match shown {
        Ok(()) => read_line(run)?,
        Err(_) => String::new(),
    };
    if answer.trim() == word {
        return Ok(());
    }
    let message = format!("not confirmed: {word} was not typed; nothing was sent");
    Err(Failure::new(Code::NotConfirmed, message).with_remedy("run it again"))
}

/// As a shell takes it for one word.
pub(crate) fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

/// Reads a line, or ends because somebody asked to stop.
fn read_line(run: &Run) -> Result<String, Failure> {
    let stdin = io::stdin();
    loop {
        run.stop.check().map_err(Failure::interrupted)?;
        let mut watched = vec![PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        watched.extend(run.stop.wake_fd().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        match poll(&mut watched, PollTimeout::NONE) {
            Ok(_) if watched[0].any().unwrap_or(false) => {
                let mut line = String::new();
                // An end of the input reads as an empty line, which is a no.
                let _ = stdin.read_line(&mut line);
                return Ok(line);
            }
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(_) => return Ok(String::new()),
        }
    }
}
