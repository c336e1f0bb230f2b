//! Rules about what the records of orders leave open: an order without a proved outcome, a position that nobody watches.
//!
//! The records are the evidence, which this room doesn't know. An alert lasts from the look that shows it to the first one
//! that doesn't: whatever settles an order or finds a position closed writes a record.

use std::collections::BTreeSet;

use ecow::EcoString;
use jiff::Timestamp;

use super::{Alert, Rule, Rules};

/// What the records leave open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The gateway of the records, where they name it.
    pub endpoint: Option<String>,
    /// Orders without a proved outcome.
    pub orders: Vec<OpenOrder>,
    /// Canaries whose position is not proved closed.
    pub positions: Vec<OpenPosition>,
    /// Whether a canary is running: it opens, watches or closes a position now.
    pub is_watched: bool,
}

/// An order without a proved outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOrder {
    /// The id of the run that sent it.
    pub run: String,
    /// Time of its record.
    pub since: Timestamp,
    /// Why its outcome is recorded as unknown; `None` where nothing was recorded yet.
    pub why: Option<String>,
}

/// A position that is not proved closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPosition {
    /// The position.
    pub ticket: i64,
    /// The id of the run that opened it.
    pub run: String,
    /// Time of the record that it was opened.
    pub since: Timestamp,
    /// Whether it was left open on request.
    pub kept_open: bool,
}

impl Rules {
    /// Applies the rules to the records as they are now.
    pub fn see_records(&mut self, recorded: &Recorded, now: Timestamp) {
        let endpoint = recorded.endpoint.as_deref().unwrap_or_default();
        let orders = recorded.orders.iter().filter(|order| !self.is_in_progress(recorded, order));
        let orders: Vec<_> = orders
            .map(|order| {
                let why = order.why.as_deref().unwrap_or("its run ended before it was known");
                let message = format!(
                    "the outcome of the order of run {} is not proved: {why}; mt5crs sync looks for it",
                    order.run
                );
                let alert = Alert::new(
                    Rule::OutcomeUnknown,
                    endpoint,
                    message,
                    order.since,
                    now,
                    Vec::new(),
                );
                of_run(alert, &order.run)
            })
            .collect();
        self.see_all(Rule::OutcomeUnknown, orders, now);
        let positions = recorded.positions.iter().filter(|_| !recorded.is_watched);
        let positions: Vec<_> = positions
            .map(|position| {
                let OpenPosition { ticket, run, since, kept_open } = position;
                let left = if *kept_open { "left open on request" } else { "not proved closed" };
                let message = format!(
                    "position {ticket} of run {run} is {left}, and nobody watches it; mt5crs canary --resume takes it up"
                );
                let rule = Rule::PositionUnwatched;
                of_run(Alert::new(rule, endpoint, message, *since, now, Vec::new()), run)
            })
            .collect();
        self.see_all(Rule::PositionUnwatched, positions, now);
    }

    /// Whether the canary that sent the order is still at work on it.
    fn is_in_progress(&self, recorded: &Recorded, order: &OpenOrder) -> bool {
        let is_its = |run: &EcoString| !run.is_empty() && order.run.starts_with(run.as_str());
        recorded.is_watched && order.why.is_none() && self.runs.keys().any(|id| is_its(&id.run))
    }

    /// Raises these alerts of a rule, and clears its others.
    fn see_all(&mut self, rule: Rule, alerts: Vec<Alert>, now: Timestamp) {
        let about = |alert: &Alert| EcoString::from(alert.run.as_deref().unwrap_or_default());
        let still: BTreeSet<EcoString> = alerts.iter().map(about).collect();
        let is_over = |(of, about): &&(Rule, EcoString)| *of == rule && !still.contains(about);
        let over: Vec<_> = self.active.keys().filter(is_over).cloned().collect();
        for (rule, about) in over {
            self.clear(rule, &about, now);
        }
        for alert in alerts {
            self.raise(&about(&alert), alert);
        }
    }
}

fn of_run(alert: Alert, run: &str) -> Alert {
    Alert { run: Some(run.to_owned()), command: Some("canary".to_owned()), ..alert }
}
