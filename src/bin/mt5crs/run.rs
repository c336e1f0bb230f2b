//! The frame around every command: when it began, how it is printed, how it ends.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use mt5crs::clock::{Clock, StopToken, SystemClock, millis};
use mt5crs::exit::Exit;
use mt5crs::metric::Metric;
use mt5crs::os::durable::Access;
use mt5crs::report::{Envelope, Failure, Outcome, TargetKind};
use serde::Serialize;

use crate::args::{Format, Global};
use crate::context::CommandContext;
use crate::outfile;
use crate::render::nagios::{self, State};
use crate::render::prometheus::{self, Labels};
use crate::render::{self, Context, Page, Screen, Sheet};
use crate::signals;

/// One run of the binary.
pub(crate) struct Run {
    pub(crate) global: Global,
    pub(crate) screen: Screen,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stop: StopToken,
    started_at: Timestamp,
    began: Duration,
    /// What a monitoring plugin's line said, once there is one.
    state: Cell<Option<State>>,
}

/// What goes with an outcome when it is shown.
#[derive(Default)]
pub(crate) struct RenderOptions<'a> {
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
    /// Whether somebody waits for the end: nothing is then done that can be done another time.
    pub(crate) urgent: bool,
    /// The tree that stands in for the configured one, of a command that talks to nobody.
    pub(crate) scratch: Option<&'a std::path::Path>,
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
            state: Cell::new(None),
            global,
            clock,
            stop,
        }
    }

    pub(crate) fn json(&self) -> bool {
        self.global.output == Format::Json
    }

    /// Whether a person reads what is printed.
    pub(crate) fn is_human(&self) -> bool {
        self.global.output == Format::Human
    }

    /// What the process ends with: a plugin's code where its line was printed, and the contract's otherwise. What an order
    /// left behind is never folded into a plugin's three answers.
    pub(crate) fn code(&self, exit: Exit) -> u8 {
        match (self.state.get(), exit) {
            (None, _) | (Some(_), Exit::OutcomeUnknown | Exit::OrderRefused | Exit::NotFlat) => {
                exit.code()
            }
            (Some(state), _) => state.code(),
        }
    }

    /// Writes figures where those of Prometheus go.
    fn publish(
        &self,
        command: &str,
        site: Option<&CommandContext>,
        figures: &[Metric],
        on_stderr: bool,
    ) -> anyhow::Result<()> {
        let labels = Labels {
            command,
            endpoint: site.map(|site| site.endpoint.as_str()),
            profile: site.and_then(|site| site.settings.profile.as_deref()),
        };
        let text = prometheus::text(figures, labels);
        match &self.global.outfile {
            Some(path) => {
                outfile::replace(path, Access::Everyone, &|file| file.write_all(text.as_bytes()))
            }
            None if on_stderr => Ok(self.screen.text_on_stderr(&text)?),
            None => Ok(self.screen.text(&text)?),
        }
    }

    /// Writes the figures of one look of many, where that is asked for. That they can't be written ends no watch.
    pub(crate) fn publish_look(
        &self,
        command: &str,
        site: &CommandContext,
        figures: impl FnOnce() -> Vec<Metric>,
    ) {
        if self.global.output != Format::Prometheus {
            return;
        }
        if let Err(error) = self.publish(command, Some(site), &figures(), false) {
            self.screen.warn(&format!("failed to write the figures: {error:#}"));
        }
    }

    /// What is known of every run.
    fn figures_of_run<R>(&self, outcome: &Outcome<R>, target: Option<TargetKind>) -> Vec<Metric> {
        let duration = self.clock.monotonic().saturating_sub(self.began);
        let (exit, info) = ("The run's exit code", "Always 1; the labels tell of the run");
        vec![
            Metric::time("run_duration", "How long the run took", duration),
            Metric::moment("run_began_timestamp", "When the run began, Unix time", self.started_at),
            Metric::count("run_exit_code", exit, usize::from(outcome.exit.code())),
            target.into_iter().fold(
                Metric::count("run_info", info, 1).label("version", env!("CARGO_PKG_VERSION")),
                |figure, target| figure.label("target", target.to_string()),
            ),
        ]
    }

    /// Shows how a command ended that talks to a gateway, and ends its log.
    pub(crate) fn finish<R: Page + Serialize>(
        &self,
        command: &str,
        mut outcome: Outcome<R>,
        site: &CommandContext,
        showing: &RenderOptions<'_>,
    ) -> Exit {
        if let Some(trouble) = site.record.trouble() {
            outcome.warnings.push(format!("{trouble}: {}", trouble.source));
        }
        self.show(command, &outcome, Some(site), showing);
        if !showing.urgent {
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
        self.finish_showing(command, outcome, &RenderOptions::default())
    }

    /// As [`Run::finish_alone`], with more to be said of how.
    pub(crate) fn finish_showing<R: Page + Serialize>(
        &self,
        command: &str,
        outcome: &Outcome<R>,
        showing: &RenderOptions<'_>,
    ) -> Exit {
        self.show(command, outcome, None, showing);
        outcome.exit
    }

    /// As [`Run::finish_alone`], with a table of which all rows may be wanted.
    pub(crate) fn finish_rows<R: Page + Serialize>(
        &self,
        command: &str,
        outcome: &Outcome<R>,
        all_rows: bool,
    ) -> Exit {
        self.finish_showing(
            command,
            outcome,
            &RenderOptions { all_rows, ..RenderOptions::default() },
        )
    }

    /// Shows a failure that came before there was anything to report.
    pub(crate) fn give_up<R: Page + Serialize>(&self, command: &str, failure: Failure) -> Exit {
        self.give_up_showing::<R>(command, failure, &RenderOptions::default())
    }

    /// The same where stdout belongs to somebody else, or a file waits for the document.
    pub(crate) fn give_up_showing<R: Page + Serialize>(
        &self,
        command: &str,
        failure: Failure,
        showing: &RenderOptions<'_>,
    ) -> Exit {
        let outcome = Outcome::<R>::failed(failure);
        self.show(command, &outcome, None, showing);
        outcome.exit
    }

    fn show<R: Page + Serialize>(
        &self,
        command: &str,
        outcome: &Outcome<R>,
        site: Option<&CommandContext>,
        showing: &RenderOptions<'_>,
    ) {
        for warning in outcome.warnings.iter().skip(showing.told) {
            self.screen.warn(warning);
        }
        let document = self.envelope(command, outcome, site, showing);
        let mut shown = Ok(());
        if let Some(path) = showing.report_file {
            shown = outfile::replace(path, Access::Owner, &|file| {
                Ok(serde_json::to_writer(file, &document)?)
            });
        }
        let context = Context {
            endpoint: site.map(|site| site.endpoint.as_str()),
            target: showing.target,
            all_rows: showing.all_rows,
            histogram: showing.histogram,
        };
        let page = |sheet: &mut Sheet<'_>| R::page(outcome, &context, sheet);
        let printed = match (self.global.output, showing.on_stderr) {
            (Format::Json, _) if self.global.is_part => {
                let line = render::part_line(outcome, &context);
                self.screen.part(&line, &document).context("standard output")
            }
            (Format::Json, false) if showing.last_line => {
                self.screen.json_line(&document).context("standard output")
            }
            (Format::Json, false) => self.screen.json(&document).context("standard output"),
            (Format::Json, true) => self.screen.json_on_stderr(&document).context("standard error"),
            (Format::Human, false) => self.screen.page(page).context("standard output"),
            (Format::Human, true) => self.screen.page_on_stderr(page).context("standard error"),
            (Format::Nagios, _) => {
                let state = State::of(outcome.verdict, outcome.exit);
                self.state.set(Some(state));
                let text = render::one_line(outcome, &context);
                let line = nagios::line(command, state, &text, &R::metrics(outcome));
                self.screen.text(&line).context("standard output")
            }
            (Format::Prometheus, on_stderr) => {
                let mut figures = R::metrics(outcome);
                figures.extend(self.figures_of_run(outcome, showing.target));
                self.publish(command, site, &figures, on_stderr)
            }
        };
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
        site: Option<&'a CommandContext>,
        showing: &'a RenderOptions<'_>,
    ) -> Envelope<'a, R> {
        let duration = self.clock.monotonic().saturating_sub(self.began);
        Envelope {
            schema: format!("mt5crs.{command}/1"),
            version: env!("CARGO_PKG_VERSION"),
            profile: site.and_then(|site| site.settings.profile.as_deref()),
            endpoint: site.map(|site| site.endpoint.as_str()),
            target: showing.target,
            started_at: self.started_at,
            duration_ms: millis(duration),
            verdict: outcome.verdict,
            exit_code: outcome.exit.code(),
            run_log: site.map(|site| site.record.run_log()),
            verify_log: site.map(|site| site.record.verify_log()),
            scratch: site.and_then(CommandContext::scratch).or(showing.scratch),
            report: outcome.report.as_ref(),
            warnings: &outcome.warnings,
            error: outcome.failure.as_ref(),
        }
    }
}

/// Who runs this, as far as the environment says.
pub(crate) fn user() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    named.unwrap_or_else(|| format!("uid {}", nix::unistd::getuid()))
}

/// What was asked for can't be done as it was asked.
pub(crate) fn usage(message: String, remedy: String) -> Failure {
    Failure { code: "usage", message, causes: Vec::new(), remedy, exit: Exit::Usage }
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
