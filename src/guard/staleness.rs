//! Figures that never move: the market is closed, or the terminal is cut off from its broker and goes on answering from
//! its cache (hazard 19). Nobody can tell which from here, so it is said as what it is, and is a warning.

use std::time::Duration;

/// Figures of a market that is open move within this.
pub const STILL: Duration = Duration::from_secs(5 * 60);

/// The figures of something that is looked at again and again, and since when they read as they do.
#[derive(Debug, Default)]
pub struct Figures(Option<(String, Duration)>);

impl Figures {
    /// As they read now, on the monotonic clock.
    pub fn read(&mut self, now: Duration, figures: String) {
        if self.0.as_ref().is_none_or(|(last, _)| *last != figures) {
            self.0 = Some((figures, now));
        }
    }

    /// There is nothing now that would move.
    pub fn forget(&mut self) {
        self.0 = None;
    }

    /// For how long none has moved, from [`STILL`] on.
    pub fn still(&self, now: Duration) -> Option<Duration> {
        let (_, since) = self.0.as_ref()?;
        Some(now.saturating_sub(*since)).filter(|span| *span >= STILL)
    }
}

/// What that means, in words.
pub fn words(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    format!(
        "no figure has moved for {minutes} min: a closed market, or a terminal cut off from its broker"
    )
}
