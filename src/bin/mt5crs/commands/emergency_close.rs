//! `mt5crs emergency-close`.

use std::process::Command;
use std::time::Duration;

use mt5crs::config::Key;
use mt5crs::evidence::body::{Begin, Body};
use mt5crs::evidence::{Appended, Evidence, EvidenceError};
use mt5crs::exit::Exit;
use mt5crs::guard::breaker::{self, Engaged};
use mt5crs::link::Client;
use mt5crs::link::permit::ClosePermit;
use mt5crs::link::target;
use mt5crs::ops::emergency_close::{self, Deps, Options, Report};
use mt5crs::protocol::positions::Position;
use mt5crs::report::{Failure, Outcome};
use mt5crs::units::{Magic, Symbol, Ticket};
use serde_json::Map;

use crate::args::EmergencyCloseArgs;
use crate::context::{CommandContext, Job};
use crate::prompt;
use crate::render::progress::Progress;
use crate::render::{self, Context};
use crate::run::{RenderOptions, Run};

pub(super) const JOB: Job = Job {
    name: "emergency-close",
    verb: "close the positions of",
    deadline: Duration::from_secs(300),
    lenient: Some(&[Key::GatewayHost, Key::GatewayPort]),
};
/// How long a record may hold up a close.
const PATIENCE: Duration = Duration::from_millis(200);

pub(crate) fn run(run: &Run, args: &EmergencyCloseArgs) -> Exit {
    let site = match CommandContext::open(run, JOB) {
        Ok(site) => site,
        Err(failure) => return run.give_up::<Report>(JOB.name, failure),
    };
    let mut showing =
        RenderOptions { all_rows: args.rows.all, urgent: true, ..RenderOptions::default() };
    let outcome = match close(run, args, &site, &mut showing) {
        Ok(outcome) => outcome,
        Err(failure) => Outcome::failed(failure),
    };
    run.finish(JOB.name, outcome, &site, &showing)
}

fn close(
    run: &Run,
    args: &EmergencyCloseArgs,
    site: &CommandContext,
    showing: &mut RenderOptions<'_>,
) -> Result<Outcome<Report>, Failure> {
    let options = Options {
        symbols: args.symbol.iter().map(|symbol| Symbol::new(symbol)).collect(),
        tickets: args.ticket.iter().copied().map(Ticket).collect(),
        magic: args.magic.map(Magic),
        window: usize::from(args.window),
        rounds: args.rounds,
        order_timeout: site.settings.order_timeout,
        credit: args.credit.credit.clone(),
        names: site.names.clone(),
    };
    let mut warnings = vec![];
    let (target, allowed) = site.target(run)?;
    // Already confirmed, an engine that goes on trading is stopped before anything is asked of a gateway that may hang.
    if args.yes {
        stop_the_engine(run, args, site, &mut warnings);
    }
    let transport = site.transport(run, &target);
    let attempts = site.attempts(run);
    let mut client = Client::new(&transport, &*run.clock, site.policy(), site.deadline, &attempts);
    let planned = emergency_close::plan(&mut client, &options);
    let kind = target::kind(&target, client.is_simulated());
    showing.target = Some(kind);
    let planned = planned?;
    if args.dry_run {
        return Ok(emergency_close::rehearse(planned, client.is_simulated()));
    }
    if !args.yes {
        let context = Context {
            endpoint: Some(&site.endpoint),
            target: Some(kind),
            all_rows: args.rows.all,
            histogram: false,
        };
        confirm(run, site, &context, &planned.positions)?;
        stop_the_engine(run, args, site, &mut warnings);
    }
    // From here on one Ctrl-C asks, and a second stops.
    run.stop.ignore_first(1);
    let evidence = Evidence::at(site.state_dir());
    let progress = Progress::new(!run.global.quiet && run.is_human(), "closing");
    let mut last = None;
    let mut outcome = emergency_close::run(
        &mut client,
        &options,
        planned,
        &mut Deps {
            clock: &*run.clock,
            deadline: site.deadline,
            permit: &|identity| ClosePermit::new(allowed, identity),
            keep: &mut |body| {
                let kept = keep(run, site, &evidence, &body, last.is_some());
                if let Ok(appended) = &kept {
                    last = Some(*appended);
                }
                if let Err(error) = kept {
                    let warning = format!(
                        "the {} could not be recorded, and closing goes on: {error}",
                        body.kind()
                    );
                    run.screen.warn(&warning);
                    warnings.push(warning);
                }
            },
            progress: &|done, of| {
                let bounded = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
                progress.step(bounded(done), bounded(of));
            },
        },
    );
    progress.clear();
    showing.told = warnings.len();
    warnings.append(&mut outcome.warnings);
    outcome.warnings = warnings;
    if let Some(report) = &mut outcome.report {
        report.evidence_head = last.map(|last| format!("{}:{}", last.seq, last.hash));
    }
    Ok(outcome)
}

fn keep(
    run: &Run,
    site: &CommandContext,
    evidence: &Evidence,
    body: &Body,
    began: bool,
) -> Result<Appended, EvidenceError> {
    if !began {
        let begin = Begin {
            endpoint: site.endpoint.clone(),
            profile: site.settings.profile.clone(),
            currency: None,
            login: None,
            server: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        evidence.begin(site.run_id, &*run.clock, begin, PATIENCE)?;
    }
    evidence.append(site.run_id, &*run.clock, body, PATIENCE)
}

fn confirm(
    run: &Run,
    site: &CommandContext,
    context: &Context<'_>,
    planned: &[Position],
) -> Result<(), Failure> {
    let word = site.settings.profile.clone().unwrap_or_else(|| site.gateway.host.clone());
    // What can't be shown can't be confirmed, and the prompt says so itself.
    let _ =
        run.screen.page_on_stderr(|sheet| render::emergency_close::plan(sheet, context, planned));
    prompt::typed(run, "", &word)
}

/// Writes the kill switch and stops the unit. What fails is shouted and passed: positions are closed all the same.
fn stop_the_engine(
    run: &Run,
    args: &EmergencyCloseArgs,
    site: &CommandContext,
    warnings: &mut Vec<String>,
) {
    let mut tell = |text: String| {
        run.screen.warn(&text);
        warnings.push(text);
    };
    if !args.no_breaker {
        let path = &site.settings.kill_switch_file;
        match breaker::engage(path, "mt5crs emergency-close", Map::new(), run.clock.now()) {
            Ok(Engaged::Written) => run.screen.note(&format!("file written: {}", path.display())),
            Ok(Engaged::AlreadyThere) => {
                run.screen.note(&format!("{} was there already", path.display()))
            }
            Err(error) => tell(format!(
                "THE BREAKER COULD NOT BE WRITTEN ({}): {error}; an engine may go on trading",
                path.display()
            )),
        }
    }
    if !args.stop_unit {
        return;
    }
    let Some(unit) = &site.settings.engine_unit else {
        tell("--stop-unit: no unit is named; set MT5CRS_ENGINE_UNIT".to_owned());
        return;
    };
    if site.scratch().is_some() {
        tell(format!("{unit} was not stopped: this is a simulated gateway"));
        return;
    }
    match Command::new("systemctl").args(["stop", "--", unit]).status() {
        Ok(status) if status.success() => run.screen.note(&format!("systemctl stop {unit}: done")),
        Ok(status) => tell(format!("{unit} COULD NOT BE STOPPED: systemctl {status}")),
        Err(error) => tell(format!("{unit} COULD NOT BE STOPPED: {error}")),
    }
}
