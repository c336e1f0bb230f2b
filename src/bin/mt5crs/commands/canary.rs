//! `mt5crs canary`.

mod observer;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mt5crs::config::Key;
use mt5crs::evidence::Evidence;
use mt5crs::exit::Exit;
use mt5crs::guard::decision;
use mt5crs::link::Client;
use mt5crs::link::permit::ClosePermit;
use mt5crs::link::target;
use mt5crs::logs::write::Marker;
use mt5crs::ops::canary::watch::{Monitor, Samples};
use mt5crs::ops::canary::{self, Deps, Options, Report};
use mt5crs::os::file_lock::InstanceLock;
use mt5crs::proof::intents::Records;
use mt5crs::report::{Failure, Outcome};
use mt5crs::units::Ticket;
use signal_hook::consts::SIGUSR1;

use self::observer::{Above, Observer};
use super::drift as drift_settings;
use crate::args::{CanaryArgs, Format};
use crate::context::{CommandContext, Job, decision_rules};
use crate::prompt;
use crate::render::watch::Live;
use crate::render::{self, Context};
use crate::run::{RenderOptions, Run, usage};

const JOB: Job = Job {
    name: "canary",
    verb: "trade a canary on",
    deadline: Duration::from_secs(120),
    lenient: None,
};
/// How long a record waits for another process's append.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn run(run: &Run, args: &CanaryArgs) -> Exit {
    if run.global.output == Format::Prometheus && run.global.outfile.is_none() {
        let failure = usage(
            "a watch writes its figures anew at every look: into which file? nothing was sent"
                .to_owned(),
            "add --outfile FILE".to_owned(),
        );
        return run.give_up::<Report>(JOB.name, failure);
    }
    let mut flags = vec![
        (Key::CanarySymbol, "--symbol", &args.symbol),
        (Key::DecisionFile, "--decision", &args.decision),
        (Key::DecisionReport, "--decision-report", &args.decision_report),
        (Key::DecisionHash, "--decision-hash", &args.decision_hash),
        (Key::DecisionMaxAge, "--decision-max-age", &args.decision_max_age),
    ];
    flags.extend(drift_settings::flags(&args.drift));
    let site = match CommandContext::open_with(run, JOB, &flags) {
        Ok(site) => site,
        Err(failure) => return run.give_up::<Report>(JOB.name, failure),
    };
    let mut showing =
        RenderOptions { last_line: args.monitor.is_some(), ..RenderOptions::default() };
    let outcome = match trade(run, args, &site, &mut showing) {
        Ok(outcome) => outcome,
        Err(failure) => Outcome::failed(failure),
    };
    record(&site, &outcome);
    run.finish(JOB.name, outcome, &site, &showing)
}

fn trade(
    run: &Run,
    args: &CanaryArgs,
    site: &CommandContext,
    showing: &mut RenderOptions<'_>,
) -> Result<Outcome<Report>, Failure> {
    let lock = site.state_dir().join("canary.lock");
    let not_locked = |message, causes| Failure {
        code: "canary-lock",
        message,
        causes,
        remedy: "wait for the other canary to end, or mend the state directory; no order was sent"
            .to_owned(),
        exit: Exit::Guarded,
    };
    let _only_canary = match InstanceLock::acquire(&lock) {
        Ok(Some(held)) => held,
        Ok(None) => {
            let message = format!("another canary is running: it holds {}", lock.display());
            return Err(not_locked(message, Vec::new()));
        }
        Err(error) => {
            let message = format!("failed to lock {}", lock.display());
            return Err(not_locked(message, vec![error.to_string()]));
        }
    };
    let options = options(run, args, site)?;
    let hand_over = hand_over(args);
    let live = RefCell::new(Live::new(!run.global.quiet && !run.json()));
    let mut observer = Observer::new(run, site, &live);
    let (target, allowed) = site.target(run)?;
    let transport = site.transport(run, &target);
    let attempts = Above { attempts: site.attempts(run), live: &live };
    let mut client = Client::new(&transport, &*run.clock, site.policy(), site.deadline, &attempts);
    let evidence = Evidence::at(site.state_dir());
    let outcome = canary::run(
        &mut client,
        &options,
        &mut Deps {
            clock: &*run.clock,
            deadline: site.deadline,
            records: Records { evidence: &evidence, run: site.run_id, patience: PATIENCE },
            permit: &|identity| ClosePermit::new(allowed, identity),
            confirm: &mut |report| {
                confirm(run, args, site, report)?;
                if !args.resume {
                    approved(site, report);
                }
                Ok(())
            },
            stop: &run.stop,
            hand_over: &|| hand_over.load(Ordering::SeqCst),
            observe: &mut |told| observer.told(told),
            point: &kill_point,
        },
    );
    live.borrow_mut().clear();
    showing.target = Some(target::kind(&target, outcome.simulated));
    Ok(outcome)
}

/// SIGUSR1 hands a watch over. It is heard from the beginning on: by default it would end the process in the middle of an
/// order. A system that can't listen leaves it so, and the evidence tells the next start.
fn hand_over(args: &CanaryArgs) -> Arc<AtomicBool> {
    let asked = Arc::new(AtomicBool::new(false));
    if args.monitor.is_some() {
        let _ = signal_hook::flag::register(SIGUSR1, Arc::clone(&asked));
    }
    asked
}

/// How the position is watched, where it is. A watch wants to know of drift, or to be told that it needn't.
fn monitor(args: &CanaryArgs, site: &CommandContext) -> Result<Option<Monitor>, Failure> {
    let Some(duration) = args.monitor else {
        if args.resume && args.keep_open {
            return Err(usage(
                "--resume without --monitor closes the position, and --keep-open leaves it open"
                    .to_owned(),
                "add --monitor to watch it on, or drop --keep-open".to_owned(),
            ));
        }
        return Ok(None);
    };
    let limits = drift_settings::limits(&site.settings);
    let drift = match drift_settings::samples(&site.settings) {
        _ if args.without_drift => None,
        Some((reference, current)) => Some(Samples { reference, current, limits }),
        None => {
            return Err(usage(
                "a watch looks at drift, and its two samples are not named".to_owned(),
                "give --drift-reference FILE and --drift-current FILE (or set MT5CRS_DRIFT_REFERENCE and MT5CRS_DRIFT_CURRENT), or --without-drift".to_owned(),
            ));
        }
    };
    let latency_warn = site.settings.latency_warn;
    Ok(Some(Monitor { duration, interval: args.monitor_interval, latency_warn, drift }))
}

fn options(run: &Run, args: &CanaryArgs, site: &CommandContext) -> Result<Options, Failure> {
    let settings = &site.settings;
    let decision = match &settings.decision_file {
        Some(path) => decision::read(path),
        None if args.resume => Err("a position that is taken up needs none".to_owned()),
        None if site.scratch().is_some() => {
            run.screen.note("no decision was given: a built-in example stands in for it, on a simulated gateway alone");
            Ok(decision::example(run.clock.now()))
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
        monitor: monitor(args, site)?,
        resume: args.resume,
        closing: run.global.settings.deadline.unwrap_or(JOB.deadline),
        reads: site.policy(),
        dry_run: args.dry_run,
        decision,
        rules: decision_rules(settings),
        breaker: settings.kill_switch_file.clone(),
        latency_limit: settings.latency_critical,
        signature_ttl: settings.signature_ttl,
        settle: settings.settle,
        order_timeout: settings.order_timeout,
        judging: site.judging(&args.credit.credit),
        profile: settings.profile.clone(),
        names: site.names.clone(),
    })
}

fn confirm(
    run: &Run,
    args: &CanaryArgs,
    site: &CommandContext,
    report: &Report,
) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    let context =
        Context { endpoint: Some(&site.endpoint), target: None, all_rows: false, histogram: false };
    let shown = run
        .screen
        .page_on_stderr(|sheet| render::canary::before_asking(sheet, report, &context.whom()));
    match shown {
        Ok(()) => prompt::typed(run, "", if args.resume { "resume" } else { "open" }),
        Err(error) => Err(Failure {
            code: "not-confirmed",
            message: "the plan could not be shown; no order was sent".to_owned(),
            causes: vec![error.to_string()],
            remedy: "run it at a terminal".to_owned(),
            exit: Exit::Guarded,
        }),
    }
}

/// What operators grep for before the order.
fn approved(site: &CommandContext, report: &Report) {
    let plan = &report.plan;
    let order = format!("{} {} {} lots", plan.side, plan.symbol, plan.volume);
    site.record.marker(&Marker::LaunchApproved { order: &order });
    if let Some(decision) = &report.decision {
        site.record.marker(&Marker::DecisionHash { hash: &decision.hash });
    }
    if let Some(p99_us) = report.latency_p99_us {
        site.record.marker(&Marker::LatencyP99 { p99_us });
    }
}

/// What operators grep for after it.
fn record(site: &CommandContext, outcome: &Outcome<Report>) {
    let Some(report) = &outcome.report else { return };
    let position = report.order.as_ref().and_then(|order| order.position.as_ref());
    if let Some(position) = position {
        let order = format!(
            "{} {} {} lots at {}",
            position.symbol, position.side, position.volume, position.open_price
        );
        let ticket: Ticket = position.ticket;
        site.record.marker(&Marker::OrderFilled { ticket, order: &order });
    }
    if let Some(balance) = report.balance_after.as_ref().or(report.balance_before.as_ref()) {
        site.record.marker(&Marker::Balance { balance, equity: None, currency: None });
    }
    if let Some(failure) = &outcome.failure {
        let message = failure.causes.join("; ");
        site.record.marker(&Marker::ErrorCode { code: failure.code, message: &message });
    }
}

/// In a build for tests, the process kills itself at the point that the environment names, as a power cut would; or it
/// makes the file `reached` there in a directory that is named, and waits until it is gone.
#[cfg(debug_assertions)]
fn kill_point(point: &'static str) {
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
