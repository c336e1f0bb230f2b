//! Keeps the figures of a watch. A watch goes on where they can't be written: it says so once.

use std::cell::RefCell;
use std::time::Duration;

use mt5crs::failure::cause_of;
use mt5crs::figures::{FiguresError, Look, Recorder, Source, Store, Watcher};

use super::App;
use super::context::GatewayContext;

/// The figures of one watch.
pub(crate) struct Figures<'a> {
    app: &'a App,
    kept: RefCell<Kept>,
}

struct Kept {
    recorder: Recorder,
    /// Whether a loss was told.
    was_told: bool,
}

impl<'a> Figures<'a> {
    /// The figures of a watch that looks at that interval.
    pub(crate) fn start(
        app: &'a App,
        context: &GatewayContext<'_>,
        by: Watcher,
        every: Duration,
    ) -> Self {
        let store = Store::at(&context.state_dir(), context.settings.figures_age);
        let source = Source { run: context.run_id, by, of: context.endpoint.clone(), every };
        let kept = Kept { recorder: Recorder::new(store, source), was_told: false };
        Self { app, kept: RefCell::new(kept) }
    }

    /// Adds a look; `look` gets its time on the monotonic clock.
    pub(crate) fn add(&self, look: impl FnOnce(Duration) -> Look) {
        let mut kept = self.kept.borrow_mut();
        let written = kept.recorder.add(look(self.app.clock.monotonic()));
        self.tell(&mut kept, written);
    }

    /// Writes the last minute.
    pub(crate) fn finish(&self) {
        let mut kept = self.kept.borrow_mut();
        let written = kept.recorder.finish();
        self.tell(&mut kept, written);
    }

    fn tell(&self, kept: &mut Kept, written: Result<(), FiguresError>) {
        // Only a minute's last look writes: the looks between say nothing of the disk.
        if let Err(error) = written
            && !std::mem::replace(&mut kept.was_told, true)
        {
            let why = cause_of(&error);
            self.app.screen.warn(&format!("figures are lost, and the watch goes on: {why}"));
        }
    }
}
