//! Figures that never move: the market is closed, or the terminal is cut off from its broker and answers from its cache
//! (hazard 19). The two look the same from here, so both are named, and it is a warning.

use std::time::Duration;

/// Figures of an open market move within this time.
pub const STALE: Duration = Duration::from_secs(5 * 60);

/// The figures of something that is read again and again, and the time since which they are the same.
#[derive(Debug, Default)]
pub struct Figures(Option<(String, Duration)>);

impl Figures {
    /// Records the figures as they read now, on the monotonic clock.
    pub fn record(&mut self, now: Duration, figures: String) {
        if self.0.as_ref().is_none_or(|(last, _)| *last != figures) {
            self.0 = Some((figures, now));
        }
    }

    /// Forgets the figures: nothing that moves is open.
    pub fn forget(&mut self) {
        self.0 = None;
    }

    /// For how long no figure has moved, where that is [`STALE`] or longer.
    pub fn stale_for(&self, now: Duration) -> Option<Duration> {
        let (_, since) = self.0.as_ref()?;
        Some(now.saturating_sub(*since)).filter(|span| *span >= STALE)
    }
}

/// The warning about figures that have not moved for that long.
pub fn describe(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    format!(
        "no figure has moved for {minutes} min: a closed market, or a terminal cut off from its broker"
    )
}
