//! Reports a watch to a person at a terminal, a program that reads JSON lines, the log, and systemd.

use std::cell::RefCell;
use std::time::Duration;

use mt5crs::clock::Deadline;
use mt5crs::evidence::outcome::WatchEnding;
use mt5crs::guard::health::{HealthState, SILENCE};
use mt5crs::link::client::Listener;
use mt5crs::link::transport::LinkError;
use mt5crs::logs::write::Marker;
use mt5crs::ops::canary::watch::{Tick, WatchEvent, figures, metrics};
use serde::Serialize;
use serde_json::json;
use tracing::Level;

use super::FACTS;
use super::live;
use super::watch_page::in_words;
use crate::app::App;
use crate::app::attempts::Attempts;
use crate::app::context::GatewayContext;
use crate::app::figures::Figures;
use crate::app::on_change::{OnChange, Told};
use crate::app::sd_notify::SdNotify;
use crate::commands::drift;
use crate::render::live::Live;

/// A shorter watchdog would kill the watch before silence is judged, and the position would stay open.
const LEAST_WATCHDOG: Duration = Duration::from_secs(2 * SILENCE.as_secs());
/// Time for the last reads beside a position that stays open.
const LEAVING: Duration = Duration::from_secs(60);
const HOUR_MS: u64 = 3600 * 1000;

/// Prints failed attempts above the lines of a watch.
pub(super) struct AttemptsAbove<'a> {
    pub(super) attempts: Attempts<'a>,
    pub(super) live: &'a RefCell<Live>,
}

impl Listener for AttemptsAbove<'_> {
    fn attempt_failed(&self, number: u32, error: &LinkError) {
        self.live.borrow().above(|| self.attempts.attempt_failed(number, error));
    }
}

/// Passes on each look and the decision to close.
pub(super) struct Observer<'o> {
    app: &'o App,
    context: &'o GatewayContext<'o>,
    live: &'o RefCell<Live>,
    changes: &'o OnChange<'o>,
    figures: &'o Figures<'o>,
    systemd: SdNotify,
    /// The state and the hour that were logged last.
    logged: Option<(HealthState, u64)>,
    /// The time that was left when a wait for an order's outcome was told last.
    told: Option<Duration>,
}

impl<'o> Observer<'o> {
    pub(super) fn new(
        app: &'o App,
        context: &'o GatewayContext<'o>,
        live: &'o RefCell<Live>,
        changes: &'o OnChange<'o>,
        figures: &'o Figures<'o>,
    ) -> Self {
        if let Some(watchdog) = SdNotify::watchdog().filter(|watchdog| *watchdog < LEAST_WATCHDOG) {
            app.screen.warn(&format!(
                "the unit's WatchdogSec of {watchdog:?} kills a watch before it can halt; give it {LEAST_WATCHDOG:?} or more"
            ));
        }
        let systemd = SdNotify::default();
        Self { app, context, live, changes, figures, systemd, logged: None, told: None }
    }

    pub(super) fn event(&mut self, event: WatchEvent<'_>) {
        match event {
            WatchEvent::Looking { left } => self.looking(left),
            WatchEvent::Tick(tick) => {
                self.app.watchdog.pause();
                self.look(tick);
            }
            WatchEvent::Leaving { ticket, why } => {
                self.figures.finish();
                let deadline = Deadline::after(&*self.app.clock, LEAVING);
                self.app.watchdog.watch(FACTS.name, deadline);
                self.live.borrow_mut().clear();
                let words = format!("position {ticket} STAYS OPEN AND IS NOT WATCHED: {why}");
                self.app.screen.warn(&words);
                let marker = Marker::Guardian { level: Level::WARN, what: &words, p99_us: None };
                self.context.record.marker(&marker);
                self.systemd.stopping(&words, LEAVING);
                self.tell("leaving", &words, json!({ "ticket": ticket, "why": why }));
            }
            WatchEvent::Closing { ticket, ended, why, patience } => {
                self.figures.finish();
                let deadline = Deadline::after(&*self.app.clock, patience);
                self.app.watchdog.watch(FACTS.name, deadline);
                self.live.borrow_mut().clear();
                let words = format!("{why}: closing {ticket}");
                let level = match ended {
                    WatchEnding::TimeOver | WatchEnding::HandedOver => {
                        self.app.screen.note(&words);
                        Level::INFO
                    }
                    WatchEnding::Halted | WatchEnding::Stopped => {
                        let caveat = "a second signal stops at once, and leaves it open";
                        self.app.screen.warn(&format!("{words}; {caveat}"));
                        Level::WARN
                    }
                };
                let marker = Marker::Guardian { level, what: &words, p99_us: None };
                self.context.record.marker(&marker);
                self.systemd.stopping(&words, patience);
                self.tell("closing", &words, json!({ "ticket": ticket, "why": why }));
            }
        }
    }

    /// Tells a person who waits why, at the beginning and every few seconds.
    fn looking(&mut self, left: Duration) {
        const EVERY: Duration = Duration::from_secs(5);
        if self.told.is_none_or(|told| told.saturating_sub(left) >= EVERY) {
            self.told = Some(left);
            let left = left.as_secs();
            self.app.screen.note(&format!("an OPEN was sent; looking for it, {left} s left"));
        }
    }

    /// Tells a change to the operator's command.
    fn tell(&self, what: &str, summary: &str, event: impl Serialize) {
        let (subject, kind) = ("guardian", format!("guardian-{what}"));
        self.changes.tell(Told { subject, kind, summary, event });
    }

    fn look(&mut self, tick: &Tick) {
        let words = in_words(tick);
        let drift_limit = drift::limits(&self.context.settings).drift;
        // The position is watched all the same.
        self.figures.add(|now| figures::of_look(tick, now));
        let _ =
            self.app.publish_look(FACTS.name, self.context, || metrics::of_look(tick, drift_limit));
        if self.app.is_json() {
            // A reader that went away doesn't end the watch.
            let _ = self.app.screen.json_line(tick);
        } else {
            live::look(&mut self.live.borrow_mut(), tick);
        }
        self.changes.begin();
        let before = self.logged.map_or(HealthState::Healthy, |(state, _)| state);
        if tick.state != before {
            let word = tick.state.word().to_lowercase();
            self.tell(&word, &words, tick);
        }
        let now = (tick.state, tick.elapsed_ms / HOUR_MS);
        if self.logged != Some(now) {
            let level = match tick.state {
                HealthState::Healthy => Level::INFO,
                HealthState::Warning => Level::WARN,
                HealthState::Critical => Level::ERROR,
            };
            let p99_us = tick.window.rtt_p99_us;
            self.context.record.marker(&Marker::Guardian { level, what: &words, p99_us });
            if !self.app.is_json() && !self.live.borrow().is_shown() {
                match tick.state {
                    HealthState::Healthy => self.app.screen.note(&words),
                    HealthState::Warning | HealthState::Critical => self.app.screen.warn(&words),
                }
            }
        }
        self.logged = Some(now);
        let alive = tick.rtt_us.is_some() && tick.silent_ms.is_none();
        self.systemd.status(&words, alive);
    }
}
