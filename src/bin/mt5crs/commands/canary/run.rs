//! Runs `canary`, with its confirmation and its marker lines.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mt5crs::config::{Key, Settings, StopAction};
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::figures::Watcher;
use mt5crs::guard::decision;
use mt5crs::guard::decision::DecisionFile;
use mt5crs::link::permit::ClosePermit;
use mt5crs::link::target::TargetKind;
use mt5crs::link::{Client, target};
use mt5crs::logs::write::Marker;
use mt5crs::ops::canary::watch::{Monitor, Samples, Tick};
use mt5crs::ops::canary::{self, Deps, Options, Report, execution_plan};
use mt5crs::os::durable::Access;
use mt5crs::os::file_lock::InstanceLock;
use mt5crs::os::systemd;
use mt5crs::proof::intents::Records;
use mt5crs::report::Outcome;
use signal_hook::consts::SIGUSR1;

use super::observer::{AttemptsAbove, Observer};
use super::{Args, FACTS, page};
use crate::app::command::{Command, Document, Facts};
use crate::app::context::GatewayContext;
use crate::app::end::{Answer, RenderOptions};
use crate::app::figures::Figures;
use crate::app::on_change::{OnChange, Told};
use crate::app::settings::{SettingFlag, decision_rules};
use crate::app::{App, kill_switch, output_file, prompt, usage};
use crate::cli::OutputFormat;
use crate::commands::drift;
use crate::render::PageContext;
use crate::render::live::Live;

/// Maximum wait for another process's append to the evidence.
const LOCK_WAIT: Duration = Duration::from_secs(5);

pub(crate) const DOCUMENTS: &[Document] = &[
    Document::report::<Report>("canary"),
    Document::line::<Tick>("canary-tick"),
    Document::line::<DecisionFile>("decision"),
];

impl Command for Args {
    fn facts(&self) -> Facts {
        // Monitoring gets the watch; an order is not sent every minute.
        let opens = !self.resume && !self.dry_run;
        let acts = !self.dry_run;
        Facts { has_metrics: self.monitor.is_some(), opens, acts, ..FACTS }
    }

    fn run(&self, app: &App) -> Exit {
        if app.global.output == OutputFormat::Prometheus && app.global.outfile.is_none() {
            let failure = usage(
                "a watch rewrites its metrics at every look, but no file is named; nothing was sent",
                "add --outfile FILE",
            );
            return app.refuse::<Report>(FACTS.name, failure);
        }
        if let Err(failure) = self.changes.check(self.monitor.is_some(), "--monitor 24h") {
            return app.refuse::<Report>(FACTS.name, failure);
        }
        let mut flags: Vec<SettingFlag<'_>> = vec![
            (Key::CanarySymbol, "--symbol", &self.symbol),
            (Key::DecisionFile, "--decision", &self.decision),
            (Key::DecisionReport, "--decision-report", &self.decision_report),
            (Key::DecisionHash, "--decision-hash", &self.decision_hash),
            (Key::DecisionMaxAge, "--decision-max-age", &self.decision_max_age),
            (Key::OnStop, "--on-stop", &self.on_stop),
        ];
        flags.extend(drift::flags(&self.drift));
        let render =
            RenderOptions { json_lines: self.monitor.is_some(), ..RenderOptions::default() };
        let changes = OnChange::start(app, FACTS.name, &self.changes);
        let mut words = String::new();
        let exit = app.with_gateway(&self.facts(), &flags, render, |context, render| {
            changes.watches(context);
            let outcome = trade(app, self, context, render, &changes)?;
            log_end(context, &outcome);
            let failed = outcome.failure.as_ref().map(|failure| failure.message().to_owned());
            words = failed.unwrap_or_else(|| "as it should".to_owned());
            Ok(Answer::Report(outcome))
        });
        if changes.has_begun() {
            let (kind, code) = ("guardian-ended".to_owned(), exit.code());
            let summary = format!("the watch ended with code {code}: {words}");
            let event = serde_json::json!({ "exit_code": code });
            changes.tell(Told { subject: "guardian", kind, summary: &summary, event });
        }
        changes.finish();
        exit
    }
}

fn trade(
    app: &App,
    args: &Args,
    context: &GatewayContext<'_>,
    render: &mut RenderOptions,
    changes: &OnChange<'_>,
) -> Result<Outcome<Report>, Failure> {
    let lock = context.state_dir().join(canary::LOCK);
    let _only_canary = match InstanceLock::acquire(&lock) {
        Ok(Some(held)) => held,
        Ok(None) => {
            let message = format!("another canary is running: it holds {}", lock.display());
            return Err(Failure::new(Code::CanaryLock, message));
        }
        Err(error) => {
            let message = format!("failed to lock {}", lock.display());
            return Err(Failure::new(Code::CanaryLock, message).with_cause(error));
        }
    };
    let options = options(app, args, context)?;
    let hand_over = hand_over(args);
    let live = RefCell::new(Live::new(!app.global.quiet && !app.is_json()));
    let figures = Figures::start(app, context, Watcher::Canary, args.monitor_interval);
    let mut observer = Observer::new(app, context, &live, changes, &figures);
    let (target, allowed) = context.target()?;
    let transport = context.transport(target.address);
    let attempts = AttemptsAbove { attempts: context.attempts(), live: &live };
    let mut client =
        Client::new(&*transport, &*app.clock, context.policy(), context.deadline, &attempts);
    let evidence = context.evidence();
    let outcome = canary::run(
        &mut client,
        &options,
        &mut Deps {
            clock: &*app.clock,
            deadline: context.deadline,
            records: Records { evidence: &evidence, run: context.run_id, patience: LOCK_WAIT },
            permit: &|identity| ClosePermit::new(allowed, identity),
            confirm: &mut |report| {
                confirm(app, args, context, report)?;
                if !args.resume {
                    log_approval(context, report);
                }
                Ok(())
            },
            stop: &app.stop,
            hand_over: &|| hand_over.load(Ordering::SeqCst),
            keep_on_stop: &|| keeps_on_stop(&context.settings),
            observe: &mut |event| observer.event(event),
            kill_point: &kill_point,
        },
    );
    live.borrow_mut().clear();
    let outcome = match &args.plan {
        Some(path) => with_plan(app, path, &options, context, outcome),
        None => outcome,
    };
    render.target = Some(target::kind(&target, outcome.simulated));
    Ok(outcome)
}

/// Writes the plan of a dry run. One that can't be written fails the run: it was asked for.
fn with_plan(
    app: &App,
    path: &Path,
    options: &Options,
    context: &GatewayContext<'_>,
    mut outcome: Outcome<Report>,
) -> Outcome<Report> {
    let Some(report) = &outcome.report else { return outcome };
    let text = execution_plan::markdown(
        report,
        options,
        outcome.failure.is_none(),
        &context.endpoint,
        app.clock.now(),
    );
    let written =
        output_file::replace(path, Access::Umask, &|file| file.write_all(text.as_bytes()));
    if let Err(error) = written {
        let message = format!("failed to write the plan {}", path.display());
        let failure = Failure::new(Code::NotWritten, message)
            .with_cause(format!("{error:#}"))
            .with_remedy("name a file in a directory that can be written");
        // A refusal says more than a file that is missing.
        match outcome.failure {
            None => outcome.fail(failure),
            Some(_) => outcome.warnings.push(failure.message().to_owned()),
        }
    }
    outcome
}

/// A flag that SIGUSR1 sets to hand a watch over. The handler is installed before the order, because the default action
/// would end the process in the middle of it. If installing fails, the next start reads the evidence.
fn hand_over(args: &Args) -> Arc<AtomicBool> {
    let asked = Arc::new(AtomicBool::new(false));
    if args.monitor.is_some() {
        let _ = signal_hook::flag::register(SIGUSR1, Arc::clone(&asked));
    }
    asked
}

/// Whether a stop leaves the watched position open.
fn keeps_on_stop(settings: &Settings) -> bool {
    const SYSTEMD_WAIT: Duration = Duration::from_secs(2);
    let (stop, shutdown) = (settings.on_stop, settings.on_shutdown);
    let action =
        if stop != shutdown && systemd::is_shutting_down(SYSTEMD_WAIT) { shutdown } else { stop };
    action == StopAction::Keep
}

/// Options of the watch; `None` without `--monitor`. A watch needs two samples for drift, or `--without-drift`.
fn monitor(args: &Args, context: &GatewayContext<'_>) -> Result<Option<Monitor>, Failure> {
    let Some(duration) = args.monitor else {
        if args.resume && args.keep_open {
            return Err(usage(
                "--resume without --monitor closes the position, and --keep-open leaves it open",
                "add --monitor to watch it, or drop --keep-open",
            ));
        }
        return Ok(None);
    };
    let limits = drift::limits(&context.settings);
    let drift = match drift::samples(&context.settings) {
        _ if args.without_drift => None,
        Some((reference, current)) => Some(Samples { reference, current, limits }),
        None => {
            return Err(usage(
                "a watch checks drift, but its two samples are not named",
                "give --drift-reference FILE and --drift-current FILE (or set MT5CRS_DRIFT_REFERENCE and MT5CRS_DRIFT_CURRENT), or --without-drift",
            ));
        }
    };
    let latency_warn = context.settings.latency_warn;
    Ok(Some(Monitor { duration, interval: args.monitor_interval, latency_warn, drift }))
}

fn options(app: &App, args: &Args, context: &GatewayContext<'_>) -> Result<Options, Failure> {
    let settings = &context.settings;
    let decision = match &settings.decision_file {
        Some(path) => decision::read(path),
        None if args.resume => Err("a resumed position needs none".to_owned()),
        None if app.is_simulated() => {
            app.screen.note("no decision was given: a built-in example is used, which works on simulated gateways only");
            Ok(decision::example(app.clock.now()))
        }
        None => Err("no decision was given: --decision FILE, or MT5CRS_DECISION_FILE".to_owned()),
    };
    Ok(Options {
        symbol: settings.canary_symbol.clone(),
        max_lot: settings.canary_max_lot,
        coefficient: settings.canary_coefficient,
        magic: settings.magic,
        beside_open: args.beside_open,
        keep_open: args.keep_open,
        monitor: monitor(args, context)?,
        resume: args.resume,
        closing: app.time_limit(&FACTS),
        reads: context.policy(),
        dry_run: args.dry_run,
        decision,
        rules: decision_rules(settings),
        kill_switch: kill_switch::of(settings),
        engager: kill_switch::engager("canary", Some(context.run_id)),
        round_trips: canary::ROUND_TRIPS,
        latency_limit: settings.latency_critical,
        signature_ttl: settings.signature_ttl,
        settle: settings.settle,
        order_timeout: settings.order_timeout,
        expectations: context.expectations(&args.credit.credit),
        profile: settings.profile.clone(),
        failure_context: context.failure_context.clone(),
    })
}

/// Shows the guards and the plan, and asks, unless `--yes` is given.
fn confirm(
    app: &App,
    args: &Args,
    context: &GatewayContext<'_>,
    report: &Report,
) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    let target = app.is_simulated().then_some(TargetKind::Simulated);
    let whom =
        PageContext { endpoint: Some(&context.endpoint), target, ..PageContext::default() }.whom();
    let shown = app.screen.page_on_stderr(|sheet| page::before_asking(sheet, report, &whom));
    let word = if args.resume { "resume" } else { "open" };
    match shown {
        Ok(()) => prompt::confirm(app, "", word, prompt::NOTHING_SENT),
        Err(error) => {
            let message = "the plan could not be shown; no order was sent";
            Err(Failure::new(Code::NotConfirmed, message)
                .with_cause(error)
                .with_remedy("run it at a terminal"))
        }
    }
}

/// Writes the marker lines before the order.
fn log_approval(context: &GatewayContext<'_>, report: &Report) {
    let plan = &report.plan;
    let order = format!("{} {} {} lots", plan.side, plan.symbol, plan.volume);
    context.record.marker(&Marker::LaunchApproved { order: &order });
    if let Some(decision) = &report.decision {
        context.record.marker(&Marker::DecisionHash { hash: &decision.hash });
    }
    if let Some(p99_us) = report.latency_p99_us {
        context.record.marker(&Marker::LatencyP99 { p99_us });
    }
}

/// Writes the marker lines after the order.
fn log_end(context: &GatewayContext<'_>, outcome: &Outcome<Report>) {
    let Some(report) = &outcome.report else { return };
    let position = report.order.as_ref().and_then(|order| order.position.as_ref());
    if let Some(position) = position {
        let order = format!(
            "{} {} {} lots at {}",
            position.symbol, position.side, position.volume, position.open_price
        );
        context.record.marker(&Marker::OrderFilled { ticket: position.ticket, order: &order });
    }
    for deal in report.deals.iter().flat_map(|deals| &deals.deals) {
        let what = format!("{} {} {} lots at {}", deal.entry, deal.symbol, deal.volume, deal.price);
        context.record.marker(&Marker::Deal { ticket: deal.ticket, what: &what });
    }
    if let Some(balance) = report.balance_after.as_ref().or(report.balance_before.as_ref()) {
        context.record.marker(&Marker::Balance { balance, equity: None, currency: None });
    }
    if let Some(failure) = &outcome.failure {
        let message = failure.causes().join("; ");
        context
            .record
            .marker(&Marker::ErrorCode { code: failure.code().slug(), message: &message });
    }
}

/// In a build for tests, the process kills itself at the point that the environment names, as a power cut would; or it
/// panics there; or it makes the file `reached` there in a directory that is named, and waits until it is gone.
#[cfg(debug_assertions)]
fn kill_point(point: &'static str) {
    assert!(std::env::var_os("PANIC_AT_POINT").is_none_or(|wanted| wanted != point), "{point}");
    if std::env::var_os("KILL_AT_POINT").is_some_and(|wanted| wanted == point) {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
    }
    let waits = std::env::var_os("WAIT_AT_POINT").is_some_and(|wanted| wanted == point);
    if let (true, Some(directory)) = (waits, std::env::var_os("WAIT_IN")) {
        let reached = std::path::Path::new(&directory).join("reached");
        let _ = std::fs::File::create(&reached);
        while reached.exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A released binary has no such points.
#[cfg(not(debug_assertions))]
fn kill_point(_: &'static str) {}
