//! Failed attempts to reach the gateway: a warning on stderr, and a marker line in the log.

use std::cell::RefCell;

use mt5crs::link::client::Listener;
use mt5crs::link::transport::LinkError;
use mt5crs::logs::write::{Marker, Record};

use crate::render::Screen;

/// Writes one `Connection failed` for each failed attempt, and warns once for each change of the cause.
pub(crate) struct Attempts<'a> {
    pub(crate) screen: &'a Screen,
    pub(crate) record: &'a Record,
    pub(crate) endpoint: &'a str,
    /// The number of attempts in all.
    pub(crate) of: u32,
    /// The cause of the last warning.
    pub(crate) last_cause: RefCell<String>,
}

impl Listener for Attempts<'_> {
    fn attempt_failed(&self, number: u32, error: &LinkError) {
        let cause = error.to_string();
        self.record.marker(&Marker::ConnectionFailed { endpoint: self.endpoint, cause: &cause });
        if *self.last_cause.borrow() == cause {
            return;
        }
        self.screen.warn(&format!(
            "attempt {number} of {} to reach {} failed: {cause}",
            self.of, self.endpoint
        ));
        self.last_cause.replace(cause);
    }
}
