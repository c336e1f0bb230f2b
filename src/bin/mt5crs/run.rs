//! The frame around every command: when it began, how it is printed, how it ends.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use mt5crs::clock::{Clock, Stop, SystemClock};
use mt5crs::exit::Exit;
use mt5crs::report::{Envelope, Failure, Outcome, TargetKind};
use serde::Serialize;

use crate::args::{Format, Global};
use crate::render::{Context, Page, Screen, Sheet};
use crate::signals;
use crate::site::Site;

/// One run of the binary.
pub(crate) struct Run {
    pub(crate) global: Global,
    pub(crate) screen: Screen,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stop: Stop,
    started_at: Timestamp,
    began: Duration,
}

/// What goes with an outcome when it is shown.
#[derive(Default)]
pub(crate) struct Showing<'a> {
    /// The target, once its address is known.
    pub(crate) target: Option<TargetKind>,
    /// Whether a table shows all of its rows.
    pub(crate) all_rows: bool,
    /// Whether a distribution is to be drawn.
    pub(crate) histogram: bool,
    /// How many of the outcome's warnings, from the first on, were told when they arose.
    pub(crate) told: usize,
    /// Whether the document is the last of several lines of JSON.
    pub(crate) last_line: bool,
    /// Whether stdout belongs to somebody else.
    pub(crate) on_stderr: bool,
    /// A file that gets the JSON document as well.
    pub(crate) report_file: Option<&'a std::path::Path>,
}

impl Run {
    pub(crate) fn begin(global: Global) -> Self {
        let stop = signals::install();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(stop.clone()));
        Self {
            screen: Screen { quiet: global.quiet },
            started_at: clock.now(),
            began: clock.monotonic(),
            global,
            clock,
            stop,
        }
    }

    pub(crate) fn json(&self) -> bool {
        self.global.output == Format::Json
    }

    /// Shows how a command ended that talks to a gateway, and ends its log.
    pub(crate) fn finish<R: Page + Serialize>(
        &self,
        command: &str,
        mut outcome: Outcome<R>,
        site: &Site,
        showing: &Showing<'_>,
    ) -> Exit {
        if let Some(trouble) = site.record.trouble() {
            outcome.warnings.push(format!("{trouble}: {}", trouble.source));
        }
        self.show(command, &outcome, Some(site), showing);
        // With stdout belonging to somebody else, a command is about to start and must not wait.
        if !showing.on_stderr {
            site.record.tidy();
        }
        site.record.end(outcome.exit);
        outcome.exit
    }

    /// Shows how a command ended that talks to nobody.
    pub(crate) fn finish_alone<R: Page + Serialize>(
        &self,
        command: &str,
        outcome: &Outcome<R>,
    ) -> Exit {
        self.show(command, outcome, None, &Showing::default());
        outcome.exit
    }

    /// As [`Run::finish_alone`], with a table of which all rows may be wanted.
    pub(crate) fn finish_rows<R: Page + Serialize>(
        &self,
        command: &str,
        outcome: &Outcome<R>,
        all_rows: bool,
    ) -> Exit {
        self.show(command, outcome, None, &Showing { all_rows, ..Showing::default() });
        outcome.exit
    }

    /// Shows a failure that came before there was anything to report.
    pub(crate) fn give_up<R: Page + Serialize>(&self, command: &str, failure: Failure) -> Exit {
        self.give_up_showing::<R>(command, failure, &Showing::default())
    }

    /// The same where stdout belongs to somebody else, or a file waits for the document.
    pub(crate) fn give_up_showing<R: Page + Serialize>(
        &self,
        command: &str,
        failure: Failure,
        showing: &Showing<'_>,
    ) -> Exit {
        let outcome = Outcome::<R>::failed(failure);
        self.show(command, &outcome, None, showing);
        outcome.exit
    }

    fn show<R: Page + Serialize>(
        &self,
        command: &str,
        outcome: &Outcome<R>,
        site: Option<&Site>,
        showing: &Showing<'_>,
    ) {
        for warning in outcome.warnings.iter().skip(showing.told) {
            self.screen.warn(warning);
        }
        let document = self.envelope(command, outcome, site, showing);
        let mut shown = Ok(());
        if let Some(path) = showing.report_file {
            shown = write_file(path, &document);
        }
        let context = Context {
            endpoint: site.map(|site| site.endpoint.as_str()),
            target: showing.target,
            all_rows: showing.all_rows,
            histogram: showing.histogram,
        };
        let page = |sheet: &mut Sheet<'_>| R::page(outcome, &context, sheet);
        let printed = match (self.json(), showing.on_stderr) {
            (true, false) if showing.last_line => self.screen.json_line(&document),
            (true, false) => self.screen.json(&document),
            (true, true) => self.screen.json_on_stderr(&document),
            (false, false) => self.screen.page(page),
            (false, true) => self.screen.page_on_stderr(page),
        }
        .context("standard output");
        // What can't be printed is said where it still can, and never changes what the command has found.
        for error in [shown, printed].into_iter().filter_map(Result::err) {
            self.screen.warn(&format!("failed to write the report: {error:#}"));
        }
        if let Some(failure) = &outcome.failure {
            self.screen.fail(failure);
        }
    }

    fn envelope<'a, R>(
        &'a self,
        command: &str,
        outcome: &'a Outcome<R>,
        site: Option<&'a Site>,
        showing: &Showing<'_>,
    ) -> Envelope<'a, R> {
        let duration = self.clock.monotonic().saturating_sub(self.began);
        Envelope {
            schema: format!("mt5crs.{command}/1"),
            version: env!("CARGO_PKG_VERSION"),
            profile: site.and_then(|site| site.settings.profile.as_deref()),
            endpoint: site.map(|site| site.endpoint.as_str()),
            target: showing.target,
            started_at: self.started_at,
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            verdict: outcome.verdict,
            exit_code: outcome.exit.code(),
            run_log: site.map(|site| site.record.run_log()),
            verify_log: site.map(|site| site.record.verify_log()),
            scratch: site.and_then(Site::scratch),
            report: outcome.report.as_ref(),
            warnings: &outcome.warnings,
            error: outcome.failure.as_ref(),
        }
    }
}

/// Replaces the file atomically, so that a reader never sees half a report. What is no file (`/dev/stderr`, a pipe) is
/// written to and never replaced; a link stays a link.
fn write_file(path: &std::path::Path, document: &impl Serialize) -> anyhow::Result<()> {
    try_write_file(path, document).with_context(|| path.display().to_string())
}

fn try_write_file(path: &std::path::Path, document: &impl Serialize) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let mut writer = io::BufWriter::new(std::fs::File::options().write(true).open(path)?);
        serde_json::to_writer(&mut writer, document)?;
        return writer.flush();
    }
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => std::path::Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer(&mut file, document)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Who runs this, as far as the environment says.
pub(crate) fn user() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    named.unwrap_or_else(|| format!("uid {}", nix::unistd::getuid()))
}

/// A bug of ours, told as what it is.
pub(crate) fn bug() -> Failure {
    Failure {
        code: "bug",
        message: "mt5crs failed in a way that it should not; nothing above is a result".to_owned(),
        causes: Vec::new(),
        remedy: "report it with the lines above and the output of mt5crs --version".to_owned(),
        exit: Exit::Bug,
    }
}
