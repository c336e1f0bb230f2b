//! Keeps heads of the evidence elsewhere, as records of consequence are added: [`command`] gives them to the operator's
//! own command, `gateway` to the gateway's journal.
//!
//! Each keeper works on a thread of its own, so it holds no order back. While it works, a later head replaces one that
//! waits: the later one vouches for all records of the earlier one.

mod gateway;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::evidence::{Head, Witness};
use crate::failure::cause_of;
use crate::os::hook;

pub use gateway::{GatewayJournal, held_against, stream_of};

/// How long one head may take.
pub const LIMIT: Duration = Duration::from_secs(5);

/// When heads are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// As they come.
    AtOnce,
    /// The last of them, once there are no more: nothing else is asked of the gateway while positions are closed.
    AtTheEnd,
}

/// Why a head is not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// The keeper can't take it now; a later head vouches for it as well.
    #[error("{0}")]
    Failed(String),
    /// The keeper holds a head that these records don't lead to.
    #[error("{0}")]
    Conflict(String),
}

/// What became of the heads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Number of heads that were kept.
    pub told: u64,
    /// Number of heads that were not.
    pub failed: u64,
    /// The last failure, in words.
    pub error: Option<String>,
    /// The first conflict, in words.
    pub conflict: Option<String>,
}

/// Tells heads to one keeper.
#[derive(Debug)]
pub struct Teller {
    /// `None` once it is finished.
    heads: Mutex<Option<Sender<Head>>>,
    told: Mutex<Receiver<Told>>,
    limit: Duration,
}

/// Tells the operator's command, which gets `COUNT:HASH` on its standard input, and is killed with its children when its
/// time is over.
pub fn command(command: String, limit: Duration) -> std::io::Result<Teller> {
    Teller::start(Moment::AtOnce, limit, move |head| {
        let run = hook::run(&command, format!("{head}\n").as_bytes(), limit);
        run.map(|()| true).map_err(|error| NotKept::Failed(cause_of(&error)))
    })
}

impl Teller {
    /// Starts the thread. `keep` takes at most `limit`, and returns whether the head is kept; `false` where the keeper keeps
    /// none at all.
    pub fn start(
        moment: Moment,
        limit: Duration,
        mut keep: impl FnMut(Head) -> Result<bool, NotKept> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, heads) = mpsc::channel();
        let (done, told) = mpsc::channel();
        let teller = thread::Builder::new().name("anchors".to_owned());
        teller.spawn(move || {
            let _ = done.send(tell_all(&mut keep, &heads, moment));
        })?;
        Ok(Self { heads: Mutex::new(Some(sender)), told: Mutex::new(told), limit })
    }

    /// Waits until the heads so far are told: the one that is being told and the last that waits, as long as two may take. A
    /// second call finds nothing more.
    pub fn finish(&self) -> Told {
        drop(self.heads.lock().unwrap_or_else(PoisonError::into_inner).take());
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.recv_timeout(2 * self.limit + Duration::from_secs(1)) {
            Ok(told) => told,
            Err(RecvTimeoutError::Disconnected) => Told::default(),
            Err(RecvTimeoutError::Timeout) => {
                let error = Some("it did not end in time".to_owned());
                Told { failed: 1, error, ..Told::default() }
            }
        }
    }
}

impl Witness for Teller {
    fn tell(&self, head: Head) {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread lives as long as the sender.
        let _ = heads.as_ref().map(|heads| heads.send(head));
    }
}

fn tell_all(
    keep: &mut impl FnMut(Head) -> Result<bool, NotKept>,
    heads: &Receiver<Head>,
    moment: Moment,
) -> Told {
    let mut told = Told::default();
    while let Ok(mut head) = heads.recv() {
        match moment {
            Moment::AtOnce => head = heads.try_iter().last().unwrap_or(head),
            Moment::AtTheEnd => head = heads.iter().last().unwrap_or(head),
        }
        match keep(head) {
            Ok(is_kept) => told.told += u64::from(is_kept),
            Err(not_kept) => told.add(head, not_kept),
        }
    }
    told
}

impl Told {
    fn add(&mut self, head: Head, not_kept: NotKept) {
        self.failed += 1;
        let (failed, cause) = (self.failed, not_kept.to_string());
        match not_kept {
            NotKept::Failed(_) => {
                tracing::warn!(
                    "Evidence anchor {head} was not kept ({failed} of this run): {cause}"
                );
                self.error = Some(cause);
            }
            NotKept::Conflict(_) => {
                tracing::error!("EVIDENCE ANCHOR CONFLICT at {head}: {cause}");
                self.conflict.get_or_insert(cause);
            }
        }
    }
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
        let witness = self::command(command, LIMIT).unwrap();
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
        let witness = command("exit 3".to_owned(), LIMIT).unwrap();
        witness.tell(head(1));
        let told = witness.finish();
        assert_eq!((told.told, told.failed), (0, 1));
        assert!(told.error.unwrap().contains("exit status: 3"));
        let limit = Duration::from_millis(200);
        let witness = command("sleep 600".to_owned(), limit).unwrap();
        witness.tell(head(1));
        assert!(witness.finish().error.unwrap().contains("was killed"));
    }

    #[test]
    fn the_last_head_alone_is_told_at_the_end() {
        let (sender, kept) = mpsc::channel();
        let keep = move |head: Head| {
            let _ = sender.send(head.count);
            Ok(true)
        };
        let teller = Teller::start(Moment::AtTheEnd, LIMIT, keep).unwrap();
        for count in 1..=5 {
            teller.tell(head(count));
        }
        assert_eq!(kept.try_recv(), Err(mpsc::TryRecvError::Empty));
        assert_eq!(teller.finish().told, 1);
        assert_eq!(kept.iter().collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn a_conflict_is_counted_and_a_keeper_of_none_is_no_failure() {
        let conflict = |_| Err(NotKept::Conflict("another head".to_owned()));
        let teller = Teller::start(Moment::AtOnce, LIMIT, conflict).unwrap();
        teller.tell(head(1));
        let told = teller.finish();
        assert_eq!((told.failed, told.conflict.as_deref()), (1, Some("another head")));
        let teller = Teller::start(Moment::AtOnce, LIMIT, |_| Ok(false)).unwrap();
        teller.tell(head(1));
        assert_eq!(teller.finish(), Told::default());
    }
}
