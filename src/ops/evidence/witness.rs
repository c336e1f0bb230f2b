//! The operator's own command that keeps anchors: it gets `COUNT:HASH` on its standard input after each record of
//! consequence.
//!
//! It runs on a thread of its own and is killed with its children when its time is over, so it holds no order back. While
//! it runs, a later head replaces one that waits: the later one vouches for all records of the earlier one.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::evidence::{Head, Witness};
use crate::failure::cause_of;
use crate::os::hook;

/// How long the command may take.
pub const LIMIT: Duration = Duration::from_secs(5);

/// What became of the heads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Number of heads that the command took.
    pub told: u64,
    /// Number of heads that it failed to take.
    pub failed: u64,
    /// The last failure, in words.
    pub error: Option<String>,
}

/// Tells heads to the command.
#[derive(Debug)]
pub struct CommandWitness {
    /// `None` once it is finished.
    heads: Mutex<Option<Sender<Head>>>,
    told: Mutex<Receiver<Told>>,
    limit: Duration,
}

impl CommandWitness {
    /// Starts the thread.
    pub fn start(command: String, limit: Duration) -> std::io::Result<Self> {
        let (sender, heads) = mpsc::channel();
        let (done, told) = mpsc::channel();
        let teller = thread::Builder::new().name("anchors".to_owned());
        teller.spawn(move || {
            let _ = done.send(tell_all(&command, &heads, limit));
        })?;
        Ok(Self { heads: Mutex::new(Some(sender)), told: Mutex::new(told), limit })
    }

    /// Waits until the heads so far are told: the one that runs and the last that waits, as long as two may take. A second
    /// call finds nothing more.
    pub fn finish(&self) -> Told {
        drop(self.heads.lock().unwrap_or_else(PoisonError::into_inner).take());
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.recv_timeout(2 * self.limit + Duration::from_secs(1)) {
            Ok(told) => told,
            Err(RecvTimeoutError::Disconnected) => Told::default(),
            Err(RecvTimeoutError::Timeout) => {
                let error = Some("it could not be killed in time".to_owned());
                Told { failed: 1, error, ..Told::default() }
            }
        }
    }
}

impl Witness for CommandWitness {
    fn tell(&self, head: Head) {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread lives as long as the sender.
        let _ = heads.as_ref().map(|heads| heads.send(head));
    }
}

fn tell_all(command: &str, heads: &Receiver<Head>, limit: Duration) -> Told {
    let mut told = Told::default();
    while let Ok(mut head) = heads.recv() {
        while let Ok(later) = heads.try_recv() {
            head = later;
        }
        match hook::run(command, format!("{head}\n").as_bytes(), limit) {
            Ok(()) => told.told += 1,
            Err(error) => {
                told.failed += 1;
                let (failed, cause) = (told.failed, cause_of(&error));
                tracing::warn!(
                    "Evidence anchor {head} was not kept ({failed} of this run): {cause}"
                );
                told.error = Some(cause);
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Sha256Hex;

    fn head(count: u64) -> Head {
        Head { count, hash: Sha256Hex::of(&count.to_be_bytes()) }
    }

    #[test]
    fn the_command_gets_each_head_or_a_later_one() {
        let tree = tempfile::tempdir().unwrap();
        let file = tree.path().join("anchors");
        let command = format!("cat >> '{}'", file.display());
        let witness = CommandWitness::start(command, LIMIT).unwrap();
        for count in 1..=5 {
            witness.tell(head(count));
        }
        let told = witness.finish();
        assert_eq!((told.failed, told.error), (0, None));
        let lines = std::fs::read_to_string(file).unwrap();
        assert_eq!(lines.lines().count() as u64, told.told);
        assert_eq!(lines.lines().last(), Some(head(5).to_string().as_str()));
        // Too late, and no harm.
        witness.tell(head(6));
        assert_eq!(witness.finish(), Told::default());
    }

    #[test]
    fn failures_are_counted_and_a_command_that_hangs_is_killed() {
        let witness = CommandWitness::start("exit 3".to_owned(), LIMIT).unwrap();
        witness.tell(head(1));
        let told = witness.finish();
        assert_eq!((told.told, told.failed), (0, 1));
        assert!(told.error.unwrap().contains("exit status: 3"));
        let limit = Duration::from_millis(200);
        let witness = CommandWitness::start("sleep 600".to_owned(), limit).unwrap();
        witness.tell(head(1));
        assert!(witness.finish().error.unwrap().contains("was killed"));
    }
}
