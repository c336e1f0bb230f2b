//! The one way in which a command ends: its outcome is printed in the requested format, its log is closed, and its exit
//! code is returned.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use mt5crs::clock::millis;
use mt5crs::evidence::Evidence;
use mt5crs::evidence::note::KeyKind;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure, cause_of};
use mt5crs::link::target::TargetKind;
use mt5crs::logs::write::Keep;
use mt5crs::metric::Metric;
use mt5crs::ops::evidence::keys;
use mt5crs::os::durable::Access;
use mt5crs::report::{Envelope, Outcome};
use serde::Serialize;

use super::context::GatewayContext;
use super::{App, old_logs, output_file};
use crate::cli::OutputFormat;
use crate::render::nagios::{self, State};
use crate::render::prometheus::{self, Labels, NO_PROFILE};
use crate::render::{self, Page, PageContext, Sheet, json};

/// How an outcome is printed.
#[derive(Default)]
pub(crate) struct RenderOptions {
    /// The target, once its address is known.
    pub(crate) target: Option<TargetKind>,
    /// Show all rows of a table.
    pub(crate) all_rows: bool,
    /// Draw the distribution of the round trips.
    pub(crate) histogram: bool,
    /// Number of the outcome's warnings, from the first on, that were printed when they arose.
    pub(crate) warnings_shown: usize,
    /// The JSON document is the last of several lines of JSON.
    pub(crate) json_lines: bool,
    /// Keep stdout free: it belongs to the command that `sync` becomes.
    pub(crate) on_stderr: bool,
    /// Skip housekeeping (rotation of logs): positions are open, or a command waits to start.
    pub(crate) urgent: bool,
    /// The scratch tree that stands in for the configured one, of a command without a gateway.
    pub(crate) scratch: Option<PathBuf>,
    /// A file that gets the JSON document as well.
    pub(crate) report_file: Option<PathBuf>,
    /// The command that waits behind the gate, and does not start without a report.
    pub(crate) waiting: Option<String>,
}

/// How a command's operation ended, unless it failed.
pub(crate) enum Answer<R> {
    /// With an outcome to print.
    Report(Outcome<R>),
    /// With everything printed already: a stream, a script, a manual page.
    Printed(Exit),
}

impl<R> From<Outcome<R>> for Answer<R> {
    fn from(outcome: Outcome<R>) -> Self {
        Self::Report(outcome)
    }
}

/// The words before the reason.
const NOT_WRITTEN: &str = "failed to write the report";

/// A plugin's exit code. The outcome of an order is never folded into a plugin's four states.
fn nagios_code(state: State, exit: Exit) -> u8 {
    match exit {
        Exit::OutcomeUnknown | Exit::OrderRefused | Exit::NotFlat => exit.code(),
        _ => state.code(),
    }
}

/// The plugin's state. A file that could not be written beside a good answer is no alarm.
fn plugin_state<R>(outcome: &Outcome<R>) -> State {
    match &outcome.failure {
        Some(failure) if failure.code() == Code::NotWritten => State::Warning,
        _ => State::of(outcome.verdict, outcome.exit),
    }
}

impl App {
    /// The process's exit code: the plugin's where its line was printed, the contract's otherwise.
    pub(super) fn exit_code(&self, exit: Exit) -> u8 {
        self.plugin_state.get().map_or(exit.code(), |state| nagios_code(state, exit))
    }

    /// Ends a command: prints its outcome or failure, and closes the log of `context`.
    pub(crate) fn end<R: Page + Serialize>(
        &self,
        command: &str,
        result: Result<impl Into<Answer<R>>, Failure>,
        context: Option<&GatewayContext<'_>>,
        options: &RenderOptions,
    ) -> Exit {
        let mut outcome = match result.map(Into::into) {
            Ok(Answer::Report(outcome)) => outcome,
            Err(failure) => Outcome::failed(failure),
            Ok(Answer::Printed(exit)) => {
                self.watchdog.settle(exit.code());
                context.inspect(|context| context.record.end(exit));
                return exit;
            }
        };
        self.watchdog.settle(match self.global.output {
            OutputFormat::Nagios => nagios_code(plugin_state(&outcome), outcome.exit),
            _ => outcome.exit.code(),
        });
        if self.is_human() && !options.on_stderr {
            // A person may take any time to read a page, and a part of it would look like all.
            self.watchdog.pause();
        }
        let record = context.map(|context| &context.record);
        if let Some(error) = record.and_then(|record| record.trouble()) {
            outcome.warnings.push(format!("{error}: {}", error.source));
        }
        self.show(command, &mut outcome, context, options);
        // Behind the page: a command that hangs delays no answer.
        context.inspect(|context| context.anchors.finish(record));
        if let Some(record) = record {
            if !options.urgent {
                context.inspect(|context| {
                    let settings = &context.settings;
                    record.tidy(Keep {
                        age: settings.run_log_age,
                        bytes: settings.run_log_max_bytes.map(NonZeroU64::get),
                    });
                    old_logs::delete(self, context);
                    if let "sync" | "canary" = command {
                        self.sign_evidence(context);
                        self.compress_evidence(context);
                    }
                });
            }
            record.end(outcome.exit);
        }
        outcome.exit
    }

    /// Compresses one sealed file of the evidence, where one is old enough. A failure is a warning: the file stays.
    fn compress_evidence(&self, context: &GatewayContext<'_>) {
        if let Err(error) = Evidence::at(context.state_dir()).compress_old() {
            self.screen.warn(&format!("old evidence was not compressed: {}", cause_of(&error)));
        }
    }

    /// Signs a checkpoint where a file was sealed since the last one. A failure is a warning: the next run tries again.
    fn sign_evidence(&self, context: &GatewayContext<'_>) {
        let Some(file) = &context.settings.evidence_key_file else { return };
        let signed = keys::load(file, KeyKind::Log).and_then(|key| {
            Evidence::at(context.state_dir()).sign_sealed(&key).map_err(Failure::from)
        });
        if let Err(failure) = signed {
            let causes = failure.causes().join(": ");
            let text = format!(
                "no checkpoint of the evidence was signed: {}: {causes}",
                failure.message()
            );
            self.screen.warn(text.trim_end_matches(": "));
        }
    }

    /// Ends a command that could not begin.
    pub(crate) fn refuse<R: Page + Serialize>(&self, command: &str, failure: Failure) -> Exit {
        self.end(command, Err::<Answer<R>, _>(failure), None, &RenderOptions::default())
    }

    /// Ends a command that no monitor can run: with `-o nagios` by the plugin's line, or the monitor would show an empty
    /// critical one. No metrics are written.
    pub(crate) fn refuse_monitor(&self, command: &str, failure: Failure) -> Exit {
        if self.global.output == OutputFormat::Nagios {
            return self.refuse::<()>(command, failure);
        }
        self.screen.fail(&failure);
        failure.exit()
    }

    /// Writes the metrics of one of many looks, with `-o prometheus`. Returns why they could not be written, if so, after a
    /// warning: a watch may go on.
    pub(crate) fn publish_look(
        &self,
        command: &str,
        context: &GatewayContext<'_>,
        metrics: impl FnOnce() -> Vec<Metric>,
    ) -> Option<String> {
        if self.global.output != OutputFormat::Prometheus {
            return None;
        }
        let error = self.publish(command, Some(context), &metrics(), false).err()?;
        let error = format!("{error:#}");
        self.screen.warn(&format!("failed to write the metrics: {error}"));
        Some(error)
    }

    /// Writes metrics in Prometheus's text format, to `--outfile` where it is given.
    fn publish(
        &self,
        command: &str,
        context: Option<&GatewayContext<'_>>,
        metrics: &[Metric],
        on_stderr: bool,
    ) -> anyhow::Result<()> {
        let endpoint = context.map(|context| context.endpoint.as_str());
        let labels = Labels { command, endpoint, profile: self.profile().unwrap_or(NO_PROFILE) };
        let text = prometheus::text(metrics, labels);
        match &self.global.outfile {
            Some(path) => output_file::replace(path, Access::Everyone, &|file| {
                file.write_all(text.as_bytes())
            }),
            None if on_stderr => Ok(self.screen.text_on_stderr(&text)?),
            None => Ok(self.screen.text(&text)?),
        }
    }

    /// The metrics that every run has.
    fn run_metrics<R>(&self, outcome: &Outcome<R>, target: Option<TargetKind>) -> Vec<Metric> {
        let duration = self.clock.monotonic().saturating_sub(self.started);
        let (exit, info) = ("The run's exit code", "Always 1; the labels describe the run");
        vec![
            Metric::time("run_duration", "How long the run took", duration),
            Metric::moment("run_began_timestamp", "When the run began, Unix time", self.started_at),
            Metric::count("run_exit_code", exit, usize::from(outcome.exit.code())),
            target.into_iter().fold(
                Metric::count("run_info", info, 1).label("version", env!("CARGO_PKG_VERSION")),
                |metric, target| metric.label("target", target.to_string()),
            ),
        ]
    }

    fn show<R: Page + Serialize>(
        &self,
        command: &str,
        outcome: &mut Outcome<R>,
        context: Option<&GatewayContext<'_>>,
        options: &RenderOptions,
    ) {
        for warning in outcome.warnings.iter().skip(options.warnings_shown) {
            self.screen.warn(warning);
        }
        // One for every document of the run.
        let duration = self.clock.monotonic().saturating_sub(self.started);
        if let Some(path) = &options.report_file {
            let document = self.envelope(command, outcome, context, options, duration);
            let saved =
                output_file::replace(path, Access::Owner, &|file| json::write(file, &document));
            // Before the document goes to stdout, which states the exit code.
            self.judge_written(outcome, saved, options);
        }
        let printed = self.print(command, outcome, context, options, duration);
        if options.on_stderr && self.global.outfile.is_none() {
            // A closed stderr leaves nothing more to do.
            if let Err(error) = printed {
                self.screen.warn(&format!("{NOT_WRITTEN}: {error:#}"));
            }
        } else {
            self.judge_written(outcome, printed, options);
        }
        if let Some(failure) = &outcome.failure {
            self.screen.fail(failure);
        }
    }

    /// Lets a read fail whose report could not be written. The exit code of a command that acts stays: it tells what was
    /// done.
    fn judge_written<R>(
        &self,
        outcome: &mut Outcome<R>,
        written: anyhow::Result<()>,
        options: &RenderOptions,
    ) {
        let Err(error) = written else { return };
        let error = format!("{error:#}");
        if self.acts.get() || outcome.exit != Exit::Ok {
            return self.screen.warn(&format!("{NOT_WRITTEN}: {error}"));
        }
        let failure = match &options.waiting {
            Some(program) => Failure::new(Code::NotWritten, format!("{program} was not started"))
                .with_cause(format!("{NOT_WRITTEN}: {error}")),
            None => Failure::new(Code::NotWritten, NOT_WRITTEN).with_cause(error),
        };
        // The verdict stays the gateway's.
        outcome.exit = failure.exit();
        outcome.failure = Some(failure);
        if self.plugin_state.get() == Some(State::Ok) {
            self.plugin_state.set(Some(State::Warning));
        }
    }

    /// Prints the outcome in the requested format.
    fn print<R: Page + Serialize>(
        &self,
        command: &str,
        outcome: &Outcome<R>,
        context: Option<&GatewayContext<'_>>,
        options: &RenderOptions,
        duration: Duration,
    ) -> anyhow::Result<()> {
        let document = self.envelope(command, outcome, context, options, duration);
        let page_context = PageContext {
            endpoint: context.map(|context| context.endpoint.as_str()),
            target: options.target,
            all_rows: options.all_rows,
            histogram: options.histogram,
        };
        let page = |sheet: &mut Sheet<'_>| render::write_page(outcome, &page_context, sheet);
        match (self.global.output, options.on_stderr) {
            (OutputFormat::Json, _) if self.global.is_worker => {
                let line = render::worker_line(outcome, &page_context);
                self.screen.worker_answer(&line, &document).context("standard output")
            }
            (OutputFormat::Json, false) if options.json_lines => {
                self.screen.json_line(&document).context("standard output")
            }
            (OutputFormat::Json, false) => self.screen.json(&document).context("standard output"),
            (OutputFormat::Json, true) => {
                self.screen.json_on_stderr(&document).context("standard error")
            }
            (OutputFormat::Human, false) => self.screen.page(page).context("standard output"),
            (OutputFormat::Human, true) => {
                self.screen.page_on_stderr(page).context("standard error")
            }
            (OutputFormat::Nagios, _) => {
                let state = plugin_state(outcome);
                self.plugin_state.set(Some(state));
                let text = render::one_line(outcome, &page_context);
                let line = nagios::line(command, state, &text, &(R::METRICS)(outcome));
                self.screen.text(&line).context("standard output")
            }
            (OutputFormat::Prometheus, on_stderr) => {
                let mut metrics = (R::METRICS)(outcome);
                metrics.extend(self.run_metrics(outcome, options.target));
                self.publish(command, context, &metrics, on_stderr)
            }
        }
    }

    fn envelope<'a, R>(
        &'a self,
        command: &str,
        outcome: &'a Outcome<R>,
        context: Option<&'a GatewayContext<'_>>,
        options: &'a RenderOptions,
        duration: Duration,
    ) -> Envelope<'a, R> {
        let scratch = context.and_then(|context| context.scratch.as_deref());
        Envelope {
            schema: format!("mt5crs.{command}/1"),
            version: env!("CARGO_PKG_VERSION"),
            profile: self.profile(),
            endpoint: context.map(|context| context.endpoint.as_str()),
            target: options.target,
            started_at: self.started_at,
            duration_ms: millis(duration),
            verdict: outcome.verdict,
            exit_code: outcome.exit.code(),
            run_log: context.map(|context| context.record.run_log()),
            verify_log: context.map(|context| context.record.verify_log()),
            scratch: scratch.or(options.scratch.as_deref()),
            report: outcome.report.as_ref(),
            warnings: &outcome.warnings,
            error: outcome.failure.as_ref(),
        }
    }
}
