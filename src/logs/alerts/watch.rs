//! Follows the shared log, and reports alerts as they are raised and cleared.

use std::io;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::logs::alerts::engine::Engine;
use crate::logs::alerts::event::Event;
use crate::logs::alerts::recent::Recent;
use crate::logs::alerts::rules::records::Recorded;
use crate::logs::alerts::rules::{Alert, Rules};
use crate::logs::search::files::Unreadable;
use crate::logs::search::listener::{Hit, Listener};
use crate::os::resources::{Meter, Sample};
use crate::os::systemd;

/// Interval between two samples of memory and CPU: a CPU share covers this time.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(10);

/// Queries the engine's unit.
pub type AskEngine<'a> = &'a dyn Fn() -> Result<(Engine, Sample), systemd::Error>;

/// Reads what the records of orders leave open; the error in words.
pub type AskRecords<'a> = &'a dyn Fn() -> Result<Recorded, String>;

/// Injected dependencies.
pub struct World<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Whether the process still exists of the run with this process id and begin.
    pub is_alive: &'a dyn Fn(u32, Timestamp) -> bool,
    /// Memory and CPU use of the process with this id.
    pub sample: &'a dyn Fn(u32) -> Option<Sample>,
    /// Queries the engine's unit, where one is named.
    pub engine: Option<AskEngine<'a>>,
    /// Reads the records of orders, where they are known.
    pub records: Option<AskRecords<'a>>,
}

/// Receives the alerts.
pub trait AlertListener {
    /// An alert was raised, changed, or cleared.
    fn alert(&mut self, alert: &Alert) -> io::Result<()>;

    /// A log can't be read, or the engine's unit can't be queried.
    fn trouble(&mut self, error: &dyn std::error::Error);

    /// The records of orders can't be read.
    fn unknown_records(&mut self, why: &str);
}

/// Applies the rules to the lines of a followed log. Alerts of the existing lines are reported only where they are active.
pub struct Watch<'a> {
    rules: Rules,
    world: World<'a>,
    listener: &'a mut dyn AlertListener,
    recent: Recent,
    /// Whether the existing lines were read.
    has_started: bool,
    last_sample: Option<Duration>,
    are_records_unknown: bool,
    meter: Meter,
}

impl<'a> Watch<'a> {
    /// A watch with rules that may have seen earlier events.
    pub fn new(rules: Rules, world: World<'a>, listener: &'a mut dyn AlertListener) -> Self {
        Self {
            rules,
            world,
            listener,
            recent: Recent::default(),
            has_started: false,
            last_sample: None,
            are_records_unknown: false,
            meter: Meter::default(),
        }
    }

    /// Samples the engine's unit or the runs, if the interval has passed.
    fn sample(&mut self) {
        let (clock, now) = (self.world.clock, self.world.clock.monotonic());
        if self.last_sample.is_some_and(|last| now.saturating_sub(last) < SAMPLE_INTERVAL) {
            return;
        }
        let is_first = self.last_sample.replace(now).is_none();
        self.see_records();
        match sample(&self.world, &self.rules) {
            Ok((engine, samples)) => {
                if let Some(engine) = engine {
                    self.rules.see_engine(&engine, clock.now());
                }
                self.rules.see_usage(&self.meter.read(samples), clock.now());
            }
            // Reported once.
            Err(error) if is_first => self.listener.trouble(&error),
            Err(_) => {}
        }
    }
}

impl Watch<'_> {
    /// Reads the records of orders. While they can't be read, their alerts stay as they are, and that is reported once.
    fn see_records(&mut self) {
        let Some(ask) = self.world.records else { return };
        match ask() {
            Ok(recorded) => {
                self.are_records_unknown = false;
                self.rules.see_records(&recorded, self.world.clock.now());
            }
            Err(why) => {
                if !std::mem::replace(&mut self.are_records_unknown, true) {
                    self.listener.unknown_records(&why);
                }
            }
        }
    }
}

/// The engine's unit, where one is named; and samples of the unit, or of each run that has not ended.
pub type Sampled = (Option<Engine>, Vec<(String, Sample)>);

/// Samples the engine's unit, or the runs that have not ended.
pub fn sample(world: &World<'_>, rules: &Rules) -> Result<Sampled, systemd::Error> {
    if let Some(ask) = world.engine {
        let (engine, sample) = ask()?;
        let samples = vec![(engine.unit.clone(), sample)];
        return Ok((Some(engine), samples));
    }
    let alive = rules.running().filter(|&(pid, began, _)| (world.is_alive)(pid, began));
    let samples = alive.filter_map(|(pid, _, name)| Some((name, (world.sample)(pid)?)));
    Ok((None, samples.collect()))
}

impl Listener for Watch<'_> {
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()> {
        if let Some(event) = Event::parse(hit.line)
            && self.recent.is_new(&event)
        {
            self.rules.see(&event);
        }
        Ok(())
    }

    fn unreadable(&mut self, unreadable: &Unreadable) {
        self.listener.trouble(unreadable);
    }

    fn idle(&mut self) -> io::Result<()> {
        self.rules.look_for_crashes(self.world.is_alive);
        self.sample();
        for alert in self.rules.take_changes() {
            if self.has_started || alert.is_active() {
                self.listener.alert(&alert)?;
            }
        }
        self.has_started = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::logs::alerts::rules::tests::THRESHOLDS;
    use std::path::Path;

    #[derive(Default)]
    struct Reported(Vec<String>);

    impl AlertListener for Reported {
        fn alert(&mut self, alert: &Alert) -> io::Result<()> {
            let state = if alert.is_active() { "raised" } else { "cleared" };
            self.0.push(format!("{} {state}", alert.rule.name()));
            Ok(())
        }

        fn trouble(&mut self, error: &dyn std::error::Error) {
            self.0.push(error.to_string());
        }

        fn unknown_records(&mut self, why: &str) {
            self.0.push(why.to_owned());
        }
    }

    fn line(second: u32, pid: u32, text: &str) -> String {
        format!("2026-01-17T00:00:{second:02}.000000+00:00 INFO [{pid}-aaaaaaaa] {text}")
    }

    #[test]
    fn reports_active_alerts_at_the_start_and_then_changes() {
        let clock = ManualClock::new("2026-01-17T00:01:00Z".parse().unwrap());
        let mut reported = Reported::default();
        let engine = || Err(systemd::Error::NoUnit("engine.service".into()));
        let world = World {
            clock: &clock,
            is_alive: &|pid, _| pid != 9,
            sample: &|_| None,
            engine: Some(&engine),
            records: None,
        };
        let mut watch = Watch::new(Rules::new(THRESHOLDS), world, &mut reported);
        let mut look = |lines: &[String]| {
            for line in lines {
                let line = line.as_bytes();
                watch.hit(Hit { path: Path::new("a"), number: None, line, matches: true }).unwrap();
            }
            watch.idle().unwrap();
        };
        let failed = "StateReconciler State synchronization failed: x";
        let ok = "StateReconciler State synchronized: 1 positions recovered";
        // Cleared before the start; then a copy of a line.
        look(&[line(0, 1, failed), line(1, 2, failed), line(2, 3, ok), line(3, 4, failed)]);
        look(&[line(3, 4, failed)]);
        look(&[line(4, 5, failed)]);
        look(&[line(5, 6, ok), line(6, 9, "Run Run began: mt5crs 0.1.0 canary")]);
        assert_eq!(
            reported.0,
            [
                "systemd knows no unit engine.service",
                "sync-failing raised",
                "sync-failing cleared",
                "run-crashed raised"
            ]
        );
    }
}
