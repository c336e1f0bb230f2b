//! `--on-change COMMAND`: tells the changes of a watch to an operator's own command.
//!
//! The command runs on a thread of its own, and is killed with its group when its time is over: it never holds the watch
//! back. At the end of the watch, the changes that are due are told, for as long as one command may take.

use std::cell::{Cell, RefCell};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use mt5crs::clock::{Clock, Deadline};
use mt5crs::failure::Failure;
use mt5crs::logs::write::Record;
use mt5crs::ops::on_change::{Change, Pacer};
use mt5crs::os::hook;
use serde::Serialize;
use serde_json::Value;
use tracing::Level;

use super::command::Document;
use super::context::GatewayContext;
use super::{App, usage};
use crate::cli::value::hook_duration;
use crate::render::{Screen, json};

/// The document that the command gets.
pub(crate) const DOCUMENT: Document = Document::line::<Change>("change");

/// The command, and its time.
#[derive(Debug, clap::Args)]
pub(crate) struct OnChangeArgs {
    /// With each change, run this command of the shell; it gets the change as JSON
    ///
    /// One JSON object is on its standard input; `mt5crs schema change` has its fields. A change of one kind is told at most
    /// once a minute: one that comes sooner waits, and only the last of those that wait is told. A failure of the command is
    /// logged, and neither it nor a command that hangs holds the watch back.
    #[arg(long, value_name = "COMMAND", hide_short_help = true)]
    pub(crate) on_change: Option<String>,
    /// How long that command may take before it is killed with its children; up to 25s
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = hook_duration, requires = "on_change", hide_short_help = true)]
    pub(crate) on_change_timeout: Duration,
}

impl OnChangeArgs {
    /// Refuses a command for changes where nothing is watched; `flag` makes it a watch.
    pub(crate) fn check(&self, is_watch: bool, flag: &str) -> Result<(), Failure> {
        if is_watch || self.on_change.is_none() {
            return Ok(());
        }
        Err(usage(
            "--on-change is for a watch, and nothing is watched: nothing was done",
            format!("add {flag}, or leave out --on-change"),
        ))
    }
}

/// Tells changes to the command, where one is given.
pub(crate) struct OnChange<'a> {
    app: &'a App,
    command: &'static str,
    endpoint: RefCell<Option<String>>,
    record: Arc<OnceLock<Arc<Record>>>,
    teller: Option<Teller>,
    /// Whether the watch has begun.
    has_begun: Cell<bool>,
}

/// The thread that runs the command.
struct Teller {
    changes: Sender<(String, Change)>,
    ended: Receiver<()>,
    limit: Duration,
}

/// A change, before it is known whose it is.
pub(crate) struct Told<'t, E> {
    /// What it is about: a later state of it replaces an earlier one.
    pub(crate) subject: &'t str,
    pub(crate) kind: String,
    pub(crate) summary: &'t str,
    /// The watch's line for it.
    pub(crate) event: E,
}

impl<'a> OnChange<'a> {
    /// Starts the thread, if a command is given.
    pub(crate) fn start(app: &'a App, command: &'static str, args: &OnChangeArgs) -> Self {
        let record = Arc::new(OnceLock::new());
        let teller = args.on_change.as_ref().and_then(|hook| {
            let limit = args.on_change_timeout;
            let (changes, received) = mpsc::channel();
            let (end, ended) = mpsc::channel();
            let worker = Worker {
                clock: Arc::clone(&app.clock),
                screen: Screen { quiet: app.global.quiet },
                record: Arc::clone(&record),
                hook: hook.clone(),
                limit,
            };
            let thread = thread::Builder::new().name("on-change".to_owned());
            let started = thread.spawn(move || {
                worker.work(&received);
                // The watch may be past waiting for it.
                let _ = end.send(());
            });
            match started {
                Ok(_) => Some(Teller { changes, ended, limit }),
                Err(error) => {
                    app.screen.warn(&format!("changes are not told: no thread: {error}"));
                    None
                }
            }
        });
        let (endpoint, has_begun) = (RefCell::default(), Cell::new(false));
        Self { app, command, endpoint, record, teller, has_begun }
    }

    /// The gateway that the changes are about, and the log for failures of the command.
    pub(crate) fn watches(&self, context: &GatewayContext<'_>) {
        self.endpoint.replace(Some(context.endpoint.clone()));
        // One watch has one log.
        let _ = self.record.set(Arc::clone(&context.record));
    }

    /// The watch has looked for the first time.
    pub(crate) fn begin(&self) {
        self.has_begun.set(true);
    }

    /// Whether the watch has looked.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun.get()
    }

    /// Tells a change, at once or when its kind is due.
    pub(crate) fn tell(&self, told: Told<'_, impl Serialize>) {
        let Some(teller) = &self.teller else { return };
        let Told { subject, kind, summary, event } = told;
        let endpoint = self.endpoint.borrow().clone();
        let profile = self.app.profile().map(str::to_owned);
        let whose = profile.as_deref().or(endpoint.as_deref()).map(|name| format!("{name}: "));
        let change = Change {
            schema: "mt5crs.change/1",
            at: self.app.clock.now(),
            kind,
            summary: whose.unwrap_or_default() + &mt5crs::escape::visible(summary).to_string(),
            command: self.command,
            profile,
            endpoint,
            untold: 0,
            event: serde_json::to_value(event).unwrap_or(Value::Null),
        };
        // A thread that has ended tells nothing more.
        let _ = teller.changes.send((subject.to_owned(), change));
    }

    /// Tells what is due, and waits for that: at most for the running command and for one more.
    pub(crate) fn finish(self) {
        let Some(Teller { changes, ended, limit }) = self.teller else { return };
        drop(changes);
        let _ = ended.recv_timeout(limit * 2 + Duration::from_secs(1));
    }
}

struct Worker {
    clock: Arc<dyn Clock>,
    screen: Screen,
    record: Arc<OnceLock<Arc<Record>>>,
    hook: String,
    limit: Duration,
}

impl Worker {
    fn work(&self, received: &Receiver<(String, Change)>) {
        const LONG: Duration = Duration::from_secs(3600);
        let mut pacer = Pacer::default();
        loop {
            let wait = pacer.due().map(|due| due.saturating_sub(self.clock.monotonic()));
            match received.recv_timeout(wait.unwrap_or(LONG)) {
                Ok((subject, change)) => pacer.add(&subject, change),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // Those that came while a command ran.
            received.try_iter().for_each(|(subject, change)| pacer.add(&subject, change));
            if let Some(change) = pacer.take(self.clock.monotonic()) {
                self.run(&change, self.limit);
            }
        }
        let until = Deadline::after(&*self.clock, self.limit);
        while !until.is_past(&*self.clock)
            && let Some(change) = pacer.take(self.clock.monotonic())
        {
            self.run(&change, until.left(&*self.clock));
        }
    }

    fn run(&self, change: &Change, limit: Duration) {
        let mut input = Vec::new();
        // Writing to memory cannot fail.
        let _ = json::write(&mut input, change);
        input.push(b'\n');
        if let Err(error) = hook::run(&self.hook, &input, limit) {
            let what =
                format!("{} was not told by the command of --on-change: {error}", change.kind);
            self.screen.warn(&what);
            if let Some(record) = self.record.get() {
                record.line(Level::WARN, "OnChange", &what);
            }
        }
    }
}
