//! Alerts as they are raised and cleared: the rules, fed by following the shared log.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::logs::alerts::engine::Engine;
use crate::logs::alerts::event::Event;
use crate::logs::alerts::rules::{Alert, Rules};
use crate::logs::search::files::Unreadable;
use crate::logs::search::searcher::{Hit, Listener};
use crate::os::resources::{Meter, Sample};
use crate::os::systemd;

/// From one look at what the engine or our runs use to the next: the time over which the processor's share is taken.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);
/// How many lines are remembered so that a copy of one counts once; between this and twice as many.
const REMEMBERED: usize = 50_000;

/// Asks for the engine's unit, where one is named.
pub type AskEngine<'a> = &'a dyn Fn() -> Result<(Engine, Sample), systemd::Error>;

/// What a watch needs of the world.
pub struct World<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Whether a run's process is still there: its id, and when it began.
    pub is_alive: &'a dyn Fn(u32, Timestamp) -> bool,
    /// What a process of that id uses.
    pub sample: &'a dyn Fn(u32) -> Option<Sample>,
    /// The engine's unit, where one is named.
    pub engine: Option<AskEngine<'a>>,
}

/// Is told what changes.
pub trait Told {
    /// An alert was raised, got worse, or was cleared.
    fn alert(&mut self, alert: &Alert) -> io::Result<()>;

    /// Something can't be looked at.
    fn trouble(&mut self, error: &dyn std::error::Error);
}

/// See the module. What the logs hold at the start is told only where it isn't over.
pub struct Watch<'a> {
    rules: Rules,
    world: World<'a>,
    told: &'a mut dyn Told,
    young: HashSet<u64>,
    old: HashSet<u64>,
    started: bool,
    looked: Option<Duration>,
    meter: Meter,
}

impl<'a> Watch<'a> {
    /// Begins with rules that have seen nothing yet.
    pub fn new(rules: Rules, world: World<'a>, told: &'a mut dyn Told) -> Self {
        let (young, old) = (HashSet::new(), HashSet::new());
        let meter = Meter::default();
        Self { rules, world, told, young, old, started: false, looked: None, meter }
    }

    /// Whether the event's line was not seen before.
    fn is_new(&mut self, event: &Event) -> bool {
        let key = event.key();
        if self.old.contains(&key) || !self.young.insert(key) {
            return false;
        }
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        true
    }

    /// Looks at what the engine's unit, or each run of ours, is and uses.
    fn look(&mut self) {
        let (clock, now) = (self.world.clock, self.world.clock.monotonic());
        if self.looked.is_some_and(|looked| now.saturating_sub(looked) < LOOK_INTERVAL) {
            return;
        }
        let first = self.looked.replace(now).is_none();
        match look(&self.world, &self.rules) {
            Ok(Seen { engine, samples }) => {
                if let Some(engine) = engine {
                    self.rules.see_engine(&engine, clock.now());
                }
                self.rules.see_usage(&self.meter.read(samples), clock.now());
            }
            Err(error) if first => self.told.trouble(&error),
            // ClaimSummary once.
            Err(_) => {}
        }
    }
}

/// What is seen beside the logs.
#[derive(Debug)]
pub struct Seen {
    /// The engine's unit, where one is named.
    pub engine: Option<Engine>,
    /// What it uses; where none is named, what each run of ours does that has not ended.
    pub samples: Vec<(String, Sample)>,
}

/// Looks beside the logs.
pub fn look(world: &World<'_>, rules: &Rules) -> Result<Seen, systemd::Error> {
    if let Some(ask) = world.engine {
        let (engine, sample) = ask()?;
        let samples = vec![(engine.unit.clone(), sample)];
        return Ok(Seen { engine: Some(engine), samples });
    }
    let alive = rules.running().filter(|&(pid, began, _)| (world.is_alive)(pid, began));
    let samples = alive.filter_map(|(pid, _, name)| Some((name, (world.sample)(pid)?)));
    Ok(Seen { engine: None, samples: samples.collect() })
}

impl Listener for Watch<'_> {
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()> {
        if let Some(event) = Event::parse(hit.line)
            && self.is_new(&event)
        {
            self.rules.see(&event);
        }
        Ok(())
    }

    fn unreadable(&mut self, unreadable: &Unreadable) {
        self.told.trouble(unreadable);
    }

    fn idle(&mut self) -> io::Result<()> {
        self.rules.look_for_crashes(self.world.is_alive);
        self.look();
        for alert in self.rules.take_changes() {
            if self.started || alert.is_active() {
                self.told.alert(&alert)?;
            }
        }
        self.started = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::logs::alerts::rules::Thresholds;
    use std::path::Path;

    #[derive(Default)]
    struct FailureContext(Vec<String>);

    impl Told for FailureContext {
        fn alert(&mut self, alert: &Alert) -> io::Result<()> {
            let state = if alert.is_active() { "raised" } else { "cleared" };
            self.0.push(format!("{} {state}", alert.rule.name()));
            Ok(())
        }

        fn trouble(&mut self, error: &dyn std::error::Error) {
            self.0.push(error.to_string());
        }
    }

    fn line(second: u32, pid: u32, text: &str) -> String {
        format!("2026-01-17T00:00:{second:02}.000000+00:00 INFO [{pid}-aaaaaaaa] {text}")
    }

    #[test]
    fn tells_what_is_wrong_at_the_start_and_what_changes_then() {
        let clock = ManualClock::new("2026-01-17T00:01:00Z".parse().unwrap());
        let mut names = FailureContext::default();
        let engine = || Err(systemd::Error::NoUnit("engine.service".into()));
        let world = World {
            clock: &clock,
            is_alive: &|pid, _| pid != 9,
            sample: &|_| None,
            engine: Some(&engine),
        };
        let mut watch = Watch::new(Rules::new(Thresholds::default()), world, &mut names);
        let mut look = |lines: &[String]| {
            for line in lines {
                let line = line.as_bytes();
                watch.hit(Hit { path: Path::new("a"), number: None, line, matches: true }).unwrap();
            }
            watch.idle().unwrap();
        };
        let failed = "StateReconciler State synchronization failed: x";
        let ok = "StateReconciler State synchronized: 1 positions recovered";
        // Over before the start; then the same line again, teed.
        look(&[line(0, 1, failed), line(1, 2, failed), line(2, 3, ok), line(3, 4, failed)]);
        look(&[line(3, 4, failed)]);
        look(&[line(4, 5, failed)]);
        look(&[line(5, 6, ok), line(6, 9, "Run Run began: mt5crs 0.1.0 canary")]);
        assert_eq!(
            names.0,
            [
                "systemd knows no unit engine.service",
                "sync-failing raised",
                "sync-failing cleared",
                "run-crashed raised"
            ]
        );
    }
}
