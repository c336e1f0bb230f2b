//! Failed attempts to reach the gateway: a warning on stderr, and a marker line in the log.

use mt5crs::link::client::Listener;
use mt5crs::link::transport::LinkError;
use mt5crs::logs::write::{Marker, Record};

use crate::render::Screen;

/// Warns, and writes one `Connection failed` for each failed attempt.
pub(crate) struct Attempts<'a> {
    pub(crate) screen: &'a Screen,
    pub(crate) record: &'a Record,
    pub(crate) endpoint: &'a str,
    /// The number of attempts in all.
    pub(crate) of: u32,
}

impl Listener for Attempts<'_> {
    fn attempt_failed(&self, number: u32, error: &LinkError) {
        let cause = error.to_string();
        self.record.marker(&Marker::ConnectionFailed { endpoint: self.endpoint, cause: &cause });
        self.screen.warn(&format!(
            "attempt {number} of {} to reach {} failed: {cause}",
            self.of, self.endpoint
        ));
    }
}
