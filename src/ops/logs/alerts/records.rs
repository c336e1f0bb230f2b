//! Reads what an account's evidence leaves open, for the alert rules about orders and positions.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::evidence::Evidence;
use crate::evidence::book::Book;
use crate::failure::cause_of;
use crate::logs::alerts::rules::records::{OpenOrder, OpenPosition, Recorded};
use crate::ops::canary::LOCK;
use crate::os::file_lock::InstanceLock;

/// Length and modification time of the file of records.
type Stamp = Option<(u64, Option<SystemTime>)>;

/// The evidence of one account. It is read again only where its file has changed.
#[derive(Debug)]
pub struct Records {
    evidence: Evidence,
    canary_lock: PathBuf,
    last: RefCell<Option<(Stamp, Recorded)>>,
}

impl Records {
    /// The evidence in the state directory of one gateway.
    pub fn at(directory: &Path) -> Self {
        let evidence = Evidence::at(directory.to_owned());
        Self { evidence, canary_lock: directory.join(LOCK), last: RefCell::default() }
    }

    /// What it leaves open. The error says in words why it can't be told: the evidence can't be read, or is damaged.
    pub fn look(&self) -> Result<Recorded, String> {
        // Before and after: a canary may begin or end while the records are read.
        let is_watched = || InstanceLock::is_held(&self.canary_lock);
        let was_watched = is_watched();
        let recorded = self.read()?;
        Ok(Recorded { is_watched: was_watched || is_watched(), ..recorded })
    }

    fn read(&self) -> Result<Recorded, String> {
        let stamp = fs::metadata(self.evidence.path());
        let stamp = stamp.ok().map(|meta| (meta.len(), meta.modified().ok()));
        if let Some((of, recorded)) = &*self.last.borrow()
            && *of == stamp
        {
            return Ok(recorded.clone());
        }
        let found = self.evidence.left_open().map_err(|error| cause_of(&error))?;
        let recorded = recorded(&found.left.book);
        self.last.replace(Some((stamp, recorded.clone())));
        Ok(recorded)
    }
}

fn recorded(book: &Book) -> Recorded {
    let orders = book.unresolved().map(|intent| OpenOrder {
        run: intent.run.to_string(),
        since: intent.time,
        why: intent.unknown.clone(),
    });
    let positions = book.open_canaries().map(|canary| OpenPosition {
        ticket: canary.ticket.0,
        run: canary.run.to_string(),
        since: canary.since,
        kept_open: canary.kept_open,
    });
    Recorded {
        endpoint: book.owner.as_ref().map(|owner| owner.endpoint.clone()),
        orders: orders.collect(),
        positions: positions.collect(),
        is_watched: false,
    }
}
