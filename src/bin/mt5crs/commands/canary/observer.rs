//! Who is told of a watch: a person at a terminal, a program that reads JSON lines, the log, and systemd.

use std::time::Duration;

use mt5crs::evidence::outcome::WatchEnding;
use mt5crs::guard::health::{HealthState, SILENCE};
use mt5crs::link::client::Listener;
use mt5crs::link::transport::LinkError;
use mt5crs::logs::write::Marker;
use mt5crs::ops::canary::watch::{Tick, WatchEvent, metrics};
use tracing::Level;

use super::JOB;
use crate::context::CommandContext;
use crate::listener::Attempts;
use crate::render::watch::{Live, in_words};
use crate::run::Run;
use crate::sd_notify::Service;

/// A watchdog that bites before silence is judged would kill the watch instead of closing the position.
const LEAST_WATCHDOG: Duration = Duration::from_secs(2 * SILENCE.as_secs());
const HOUR_MS: u64 = 3600 * 1000;

/// Failed attempts, said above the lines of a watch.
pub(super) struct Above<'a> {
    pub(super) attempts: Attempts<'a>,
    pub(super) live: &'a std::cell::RefCell<Live>,
}

impl Listener for Above<'_> {
    fn attempt_failed(&self, number: u32, error: &LinkError) {
        self.live.borrow().above(|| self.attempts.attempt_failed(number, error));
    }
}

/// Tells whoever wants to know.
pub(super) struct Observer<'o> {
    run: &'o Run,
    site: &'o CommandContext,
    live: &'o std::cell::RefCell<Live>,
    service: Service,
    last: Option<(HealthState, u64)>,
}

impl<'o> Observer<'o> {
    pub(super) fn new(
        run: &'o Run,
        site: &'o CommandContext,
        live: &'o std::cell::RefCell<Live>,
    ) -> Self {
        if let Some(watchdog) = Service::watchdog().filter(|watchdog| *watchdog < LEAST_WATCHDOG) {
            run.screen.warn(&format!(
                "the unit's WatchdogSec of {watchdog:?} kills a watch before it can halt; give it {LEAST_WATCHDOG:?} or more"
            ));
        }
        Self { run, site, live, service: Service::default(), last: None }
    }

    pub(super) fn told(&mut self, told: WatchEvent<'_>) {
        match told {
            WatchEvent::Tick(tick) => self.look(tick),
            WatchEvent::Closing { ticket, ended, why, patience } => {
                self.live.borrow_mut().clear();
                let words = format!("{why}: closing {ticket}");
                let level = match ended {
                    WatchEnding::TimeOver | WatchEnding::HandedOver => {
                        self.run.screen.note(&words);
                        Level::INFO
                    }
                    WatchEnding::Halted | WatchEnding::Stopped => {
                        let caveat = "a second signal stops at once, and leaves it open";
                        self.run.screen.warn(&format!("{words}; {caveat}"));
                        Level::WARN
                    }
                };
                let marker = Marker::Guardian { level, what: &words, p99_us: None };
                self.site.record.marker(&marker);
                self.service.stops(&words, patience);
            }
        }
    }

    fn look(&mut self, tick: &Tick) {
        let words = in_words(tick);
        self.run.publish_look(JOB.name, self.site, || metrics::of_look(tick));
        if self.run.json() {
            // A reader that went away changes nothing of what is watched.
            let _ = self.run.screen.json_line(tick);
        } else {
            self.live.borrow_mut().look(tick);
        }
        let now = (tick.state, tick.elapsed_ms / HOUR_MS);
        if self.last != Some(now) {
            let level = match tick.state {
                HealthState::Healthy => Level::INFO,
                HealthState::Warning => Level::WARN,
                HealthState::Critical => Level::ERROR,
            };
            let p99_us = tick.window.rtt_p99_us;
            self.site.record.marker(&Marker::Guardian { level, what: &words, p99_us });
            if !self.run.json() && !self.live.borrow().is_shown() {
                match tick.state {
                    HealthState::Healthy => self.run.screen.note(&words),
                    HealthState::Warning | HealthState::Critical => self.run.screen.warn(&words),
                }
            }
        }
        self.last = Some(now);
        let alive = tick.rtt_us.is_some() && tick.silent_ms.is_none();
        self.service.stands(&words, alive);
    }
}
