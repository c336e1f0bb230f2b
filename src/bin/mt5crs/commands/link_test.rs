//! `mt5crs link-test`.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use mt5crs::clock::Stopped;
use mt5crs::exit::Exit;
use mt5crs::failure::interrupted;
use mt5crs::link::Transport;
use mt5crs::link::target;
use mt5crs::link::zeromq::ZmqTransport;
use mt5crs::logs::write::Marker;
use mt5crs::ops::link_test::watch::{self, Event, LinkState, Look};
use mt5crs::ops::link_test::{self, Deps, Options, Report, Tested, metrics};
use mt5crs::report::{Failure, Outcome};

use crate::args::{Format, LinkTestArgs};
use crate::context::{CommandContext, Job, SKEW_WARN};
use crate::render;
use crate::render::progress::Progress;
use crate::run::{RenderOptions, Run, usage};

pub(super) const JOB: Job = Job {
    name: "link-test",
    verb: "test the link to",
    deadline: Duration::from_secs(15),
    lenient: None,
};
/// A watch goes on until it is stopped.
const FOR_EVER: Duration = Duration::from_secs(u32::MAX as u64);

pub(crate) fn run(run: &Run, args: &LinkTestArgs) -> Exit {
    let deadline = if args.watch.is_some() { FOR_EVER } else { JOB.deadline };
    if let Err(failure) = fits(run, args) {
        return run.give_up::<Report>(JOB.name, failure);
    }
    let site = match CommandContext::open(run, Job { deadline, ..JOB }) {
        Ok(site) => site,
        Err(failure) => return run.give_up::<Report>(JOB.name, failure),
    };
    let options = Options {
        host: site.gateway.host.clone(),
        port: site.gateway.port,
        origin: site.origin.clone(),
        allow_loopback: site.allow_loopback,
        timeout: site.settings.sync_timeout,
        count: args.count,
        interval: args.interval,
        latency_warn: site.settings.latency_warn,
        latency_critical: site.settings.latency_critical,
        skew_warn: SKEW_WARN,
        signature_ttl: site.settings.signature_ttl,
        names: site.names.clone(),
    };
    // A watch tells of changes, and has no end to come nearer to.
    let wanted = !run.global.quiet && run.is_human() && args.watch.is_none();
    let progress = Progress::new(wanted, "round trips");
    let transport = |address: SocketAddr| -> Box<dyn Transport> {
        Box::new(ZmqTransport::new(address, Arc::clone(&run.clock), run.stop.clone()))
    };
    let deps = Deps {
        clock: &run.clock,
        stop: &run.stop,
        deadline: site.deadline,
        transport: &transport,
        progress: &|done, of| progress.step(done, of),
    };
    match args.watch {
        Some(every) => match site.target(run) {
            // No wait makes another machine of this one; a name that isn't found yet may be later.
            Err(own) if own.exit == Exit::Guarded => run.finish::<Report>(
                JOB.name,
                Outcome::failed(own),
                &site,
                &RenderOptions::default(),
            ),
            _ => watch(run, &site, &options, &deps, every),
        },
        None => {
            let tested = link_test::run(&options, &deps);
            progress.clear();
            finish(run, args, &site, tested)
        }
    }
}

/// A schedule that can't end in time is said before it is begun.
fn fits(run: &Run, args: &LinkTestArgs) -> Result<(), Failure> {
    let unfit = match (run.global.output, args.watch) {
        (Format::Nagios, Some(_)) => {
            Some(("-o nagios is one line, and a watch goes on", "leave out --watch"))
        }
        (Format::Prometheus, Some(_)) if run.global.outfile.is_none() => Some((
            "a watch writes its figures anew at every look: into which file?",
            "add --outfile FILE",
        )),
        _ => None,
    };
    if let Some((message, remedy)) = unfit {
        return Err(usage(message.to_owned(), remedy.to_owned()));
    }
    let deadline = run.global.settings.deadline.unwrap_or(JOB.deadline);
    let schedule = args.interval.saturating_mul(args.count - 1);
    if args.watch.is_some() || schedule < deadline {
        return Ok(());
    }
    Err(usage(
        format!(
            "{} round trips every {:?} take {schedule:?}, and the deadline is {deadline:?}",
            args.count, args.interval
        ),
        format!("give it longer: --deadline {}s", schedule.as_secs() + JOB.deadline.as_secs()),
    ))
}

fn finish(run: &Run, args: &LinkTestArgs, site: &CommandContext, tested: Tested) -> Exit {
    let Tested { outcome, target } = tested;
    record(site, &outcome);
    let showing = RenderOptions {
        target: target.map(|target| target::kind(&target, outcome.simulated)),
        histogram: args.histogram,
        ..RenderOptions::default()
    };
    run.finish(JOB.name, outcome, site, &showing)
}

fn record(site: &CommandContext, outcome: &Outcome<Report>) {
    if let Some(failure) = outcome.failure.as_ref().filter(|failure| failure.exit == Exit::NoAnswer)
    {
        let cause = failure.causes.last().unwrap_or(&failure.message);
        site.record.marker(&Marker::ConnectionFailed { endpoint: &site.endpoint, cause });
    }
    let Some(report) = &outcome.report else { return };
    if let Some(account) = &report.account {
        site.record.marker(&Marker::Balance {
            balance: &account.balance,
            equity: Some(&account.equity),
            currency: account.currency.as_deref(),
        });
    }
    let Some(latency) = &report.latency else { return };
    let whole = |micros: Option<f64>| micros.map_or(0, |us| us.round() as u64);
    if latency.rtt_max_us.is_some() {
        site.record.marker(&Marker::Latency {
            samples: u64::from(latency.sent - latency.lost),
            p50_us: whole(latency.rtt_p50_us),
            p90_us: whole(latency.rtt_p90_us),
            p99_us: (!latency.p99_is_max).then(|| whole(latency.rtt_p99_us)),
            max_us: whole(latency.rtt_max_us),
        });
    }
}

/// That the gateway is silent, and that it answers again: the rule that was tripped by the one is cleared by the other.
fn record_change(site: &CommandContext, event: &Event) {
    match (&event.state, event.rtt_us) {
        (LinkState::Down { why }, _) => {
            site.record.marker(&Marker::ConnectionFailed { endpoint: &site.endpoint, cause: why });
        }
        (LinkState::Up { .. } | LinkState::TerminalGone { .. }, Some(rtt_us)) => {
            let (p50_us, p90_us, max_us) = (rtt_us, rtt_us, rtt_us);
            site.record.marker(&Marker::Latency {
                samples: 1,
                p50_us,
                p90_us,
                p99_us: None,
                max_us,
            });
        }
        _ => {}
    }
}

/// Goes on until it is stopped: a line for every change, or figures that are written anew at every look.
fn watch(
    run: &Run,
    site: &CommandContext,
    options: &Options,
    deps: &Deps<'_>,
    every: Duration,
) -> Exit {
    let mut watcher = Watcher { run, site };
    let exit = match watch::run(options, deps, every, &mut watcher) {
        Ok(Some(LinkState::Up { .. })) => Exit::Ok,
        Ok(Some(LinkState::TerminalGone { .. })) => Exit::No,
        Ok(Some(LinkState::Stranger { .. })) => Exit::NotTheGateway,
        Ok(Some(LinkState::Down { .. }) | None) => Exit::NoAnswer,
        Err(Stopped { signal }) => interrupted(Stopped { signal }).exit,
    };
    site.record.end(exit);
    exit
}

struct Watcher<'a> {
    run: &'a Run,
    site: &'a CommandContext,
}

impl watch::Listener for Watcher<'_> {
    fn on_look(&mut self, look: &Look) {
        self.run.publish_look(JOB.name, self.site, || metrics::of_look(look));
    }

    fn on_event(&mut self, event: &Event) -> ControlFlow<()> {
        let Self { run, site } = self;
        // That it can't be printed is seen below.
        let _ = match run.global.output {
            Format::Json => run.screen.json_line(event),
            Format::Human => run.screen.page(|sheet| render::link_test::event(sheet, event)),
            Format::Nagios | Format::Prometheus => Ok(()),
        };
        record_change(site, event);
        // With a file to be written, nobody has to read stdout.
        let is_read = run.global.outfile.is_some() || run.screen.is_read();
        if is_read { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
