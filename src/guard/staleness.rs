//! Figures that never move: the market is closed, or the terminal is cut off from its broker and answers from its cache
//! (hazard 19). A client can't tell them apart, so the warning names both.

use std::time::Duration;

/// Figures of an open market move within this time.
pub const STALE: Duration = Duration::from_secs(5 * 60);

/// The last figures of repeated reads, and the time of their last change.
#[derive(Debug, Default)]
pub struct Figures(Option<(String, Duration)>);

impl Figures {
    /// Records the figures at `now` on the monotonic clock.
    pub fn record(&mut self, now: Duration, figures: String) {
        if self.0.as_ref().is_none_or(|(last, _)| *last != figures) {
            self.0 = Some((figures, now));
        }
    }

    /// Forgets the figures: without open positions they don't move.
    pub fn forget(&mut self) {
        self.0 = None;
    }

    /// Time since the last change, where it is [`STALE`] or longer.
    pub fn stale_for(&self, now: Duration) -> Option<Duration> {
        let (_, since) = self.0.as_ref()?;
        Some(now.saturating_sub(*since)).filter(|span| *span >= STALE)
    }
}

/// The warning about figures that have not moved for `span`.
pub fn describe(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    format!(
        "no figure has moved for {minutes} min: a closed market, or a terminal cut off from its broker"
    )
}
