//! Alerts as they are raised and cleared: the rules, fed by following the shared log.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use jiff::Timestamp;

use super::alerts::{Alert, Rules};
use super::engine::Engine;
use super::event::Event;
use super::files::Unreadable;
use super::search::{Hit, Listener};
use crate::clock::Clock;
use crate::systemd::SystemdError;

/// From one question to systemd to the next.
const ENGINE_INTERVAL: Duration = Duration::from_secs(10);
/// How many lines are remembered so that a copy of one counts once; between this and twice as many.
const REMEMBERED: usize = 50_000;

/// Asks for the engine's unit, where one is named.
pub type AskEngine<'a> = &'a dyn Fn() -> Result<Engine, SystemdError>;

/// What a watch needs of the world.
pub struct World<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Whether a run's process is still there: its id, and when it began.
    pub is_alive: &'a dyn Fn(u32, Timestamp) -> bool,
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
    asked: Option<Duration>,
}

impl<'a> Watch<'a> {
    /// Begins with rules that have seen nothing yet.
    pub fn new(rules: Rules, world: World<'a>, told: &'a mut dyn Told) -> Self {
        let (young, old) = (HashSet::new(), HashSet::new());
        Self { rules, world, told, young, old, started: false, asked: None }
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

    fn ask_engine(&mut self) {
        let Some(ask) = self.world.engine else { return };
        let now = self.world.clock.monotonic();
        if self.asked.is_some_and(|asked| now.saturating_sub(asked) < ENGINE_INTERVAL) {
            return;
        }
        let first = self.asked.replace(now).is_none();
        match ask() {
            Ok(engine) => self.rules.see_engine(&engine, self.world.clock.now()),
            Err(error) if first => self.told.trouble(&error),
            // Said once.
            Err(_) => {}
        }
    }
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
        self.ask_engine();
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
    use crate::logs::alerts::Thresholds;
    use std::path::Path;

    #[derive(Default)]
    struct Names(Vec<String>);

    impl Told for Names {
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
        let mut names = Names::default();
        let engine = || Err(SystemdError::NoUnit("engine.service".into()));
        let world = World { clock: &clock, is_alive: &|pid, _| pid != 9, engine: Some(&engine) };
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
