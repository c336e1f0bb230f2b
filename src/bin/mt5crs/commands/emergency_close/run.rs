//! Runs `emergency-close`: engages the kill switch and stops the engine, then closes the positions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use mt5crs::config::Key;
use mt5crs::evidence::body::{Begin, Body};
use mt5crs::evidence::{Evidence, Head};
use mt5crs::exit::Exit;
use mt5crs::failure::{Failure, cause_of};
use mt5crs::guard::kill_switch::sentinel::Engaged;
use mt5crs::link::permit::ClosePermit;
use mt5crs::link::tap::TapTransport;
use mt5crs::link::{Client, target};
use mt5crs::ops::emergency_close::{self, Deps, Options, Plan, Report};
use mt5crs::os::systemd;
use mt5crs::protocol::switch::Engage;
use mt5crs::report::Outcome;
use mt5crs::units::{Magic, Symbol, Ticket};

use super::{Args, page, proof, trace};
use crate::app::command::{Accounts, Closing, Command, Document, Facts, Task};
use crate::app::context::GatewayContext;
use crate::app::end::RenderOptions;
use crate::app::{App, kill_switch, prompt};
use crate::render::PageContext;
use crate::render::progress::Progress;

/// Maximum delay of a close by a record.
const LOCK_WAIT: Duration = Duration::from_millis(200);

/// Maximum delay of the first close by an engine that does not end. systemd goes on stopping it.
const STOP_WAIT: Duration = Duration::from_secs(10);

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("emergency-close")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let is_filtered = self.is_filtered();
        let Self { dry_run, yes, ref rows, .. } = *self;
        let accounts = match () {
            () if is_filtered => Accounts::One("emergency-close with a filter"),
            () if self.proof.is_some() => Accounts::One("--proof"),
            () if self.credit.is_given() => Accounts::One("--credit"),
            () => Accounts::OneOrAll(Closing { dry_run, yes, all_rows: rows.all }),
        };
        let facts = Facts::of_gateway("emergency-close", "close the positions of", 300);
        let reads = Some(&[Key::GatewayHost, Key::GatewayPort][..]);
        Facts { reads, accounts, acts: !dry_run, ..facts }
    }

    fn run(&self, app: &App) -> Exit {
        let render =
            RenderOptions { all_rows: self.rows.all, urgent: true, ..RenderOptions::default() };
        let mut engaged = None;
        let exit = app.with_gateway(&self.facts(), &[], render, |context, render| {
            let result = close(app, self, context, render, &mut engaged);
            trace::log_end(&context.record, &result, self.is_filtered());
            context.warn_of_other_state();
            result.map(Into::into)
        });
        if let (Some(kill_switch), true) = (engaged, exit != Exit::Ok) {
            app.screen.note(&kill_switch);
        }
        exit
    }

    fn assign(&mut self, task: Task) {
        self.dry_run = task == Task::Plan;
        self.yes = task == Task::Act;
    }
}

impl Args {
    /// Whether some of the positions are asked for, and not all.
    fn is_filtered(&self) -> bool {
        !self.symbol.is_empty() || !self.ticket.is_empty() || self.magic.is_some()
    }
}

fn close(
    app: &App,
    args: &Args,
    context: &GatewayContext<'_>,
    render: &mut RenderOptions,
    engaged: &mut Option<String>,
) -> Result<Outcome<Report>, Failure> {
    let options = Options {
        symbols: args.symbol.iter().map(|symbol| Symbol::new(symbol)).collect(),
        tickets: args.ticket.iter().copied().map(Ticket).collect(),
        magic: args.magic.map(Magic),
        positions_only: args.positions_only,
        engage: (!args.no_breaker).then(|| Engage {
            reason: "mt5crs emergency-close".to_owned(),
            who: kill_switch::who(),
        }),
        window: usize::from(args.window),
        rounds: args.rounds,
        order_timeout: context.settings.order_timeout,
        credit: args.credit.credit.clone(),
        failure_context: context.failure_context.clone(),
    };
    let mut warnings = vec![];
    // With --yes, the engine is stopped before anything is asked of names and gateways that may hang or fail.
    if args.yes {
        *engaged = stop_engine(app, args, context, &mut warnings);
    }
    let (target, allowed) = context.target()?;
    let transport = TapTransport::new(context.transport(target.address));
    let attempts = context.attempts();
    let mut client =
        Client::new(&transport, &*app.clock, context.policy(), context.deadline, &attempts);
    let expected = context.expected_account();
    client.expect_account(expected.clone());
    let planned = emergency_close::plan(&mut client, &options);
    let is_unchecked = client.account_id().is_none_or(|found| found.login.is_none());
    if let (Some(login), true, true) = (&expected.login, is_unchecked, planned.is_ok()) {
        let warning = format!(
            "the account was not compared with login {login}: the gateway does not report a login"
        );
        app.screen.warn(&warning);
        warnings.push(warning);
    }
    let kind = target::kind(&target, client.is_simulated());
    render.target = Some(kind);
    let planned = planned?;
    if args.dry_run {
        return Ok(emergency_close::rehearse(planned, client.is_simulated()));
    }
    if !args.yes {
        let page_context = PageContext {
            endpoint: Some(&context.endpoint),
            target: Some(kind),
            all_rows: args.rows.all,
            ..PageContext::default()
        };
        confirm(app, args, context, &page_context, &planned)?;
        *engaged = stop_engine(app, args, context, &mut warnings);
    }
    // From here on the first Ctrl-C asks to stop, and the second stops.
    app.stop.ignore_first(1);
    let evidence = context.evidence();
    let progress = Progress::new(!app.global.quiet && app.is_human(), "closing");
    let mut last = None;
    let mut outcome = emergency_close::run(
        &mut client,
        &options,
        planned,
        &mut Deps {
            clock: &*app.clock,
            deadline: context.deadline,
            permit: &|identity| ClosePermit::new(allowed, identity),
            record: &mut |body| match record(app, context, &evidence, &body, last.is_some()) {
                Ok(head) => last = Some(head),
                Err(error) => {
                    let warning = format!(
                        "the {} could not be recorded; closing continues: {error}",
                        body.kind()
                    );
                    app.screen.warn(&warning);
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
    let switch = outcome.report.as_ref().and_then(|report| report.gateway_switch.as_ref());
    if let Some(error) = switch.and_then(|switch| switch.error.as_ref()) {
        let warning = format!(
            "THE GATEWAY'S KILL SWITCH IS NOT KNOWN TO BE ENGAGED, so other clients may open positions: {error}"
        );
        app.screen.warn(&warning);
        warnings.push(warning);
    }
    render.warnings_shown = warnings.len();
    warnings.append(&mut outcome.warnings);
    outcome.warnings = warnings;
    if let Some(report) = &mut outcome.report {
        report.evidence_head = last.map(|head| head.to_string());
        if let Some(file) = &args.proof {
            match proof::write(context, file, last, report.certificate.as_ref(), &transport) {
                Ok(()) => report.proof = Some(file.clone()),
                // What was closed stays closed.
                Err(failure) => outcome.warnings.push(proof::not_written(&failure)),
            }
        }
    }
    Ok(outcome)
}

/// Adds a record. Not even a defect of the records may stop the closing.
fn record(
    app: &App,
    context: &GatewayContext<'_>,
    evidence: &Evidence,
    body: &Body,
    began: bool,
) -> Result<Head, String> {
    let add = || {
        if !began {
            let begin = Begin::new(&context.endpoint, context.settings.profile.as_deref(), None);
            evidence.begin(context.run_id, &*app.clock, begin, LOCK_WAIT)?;
        }
        evidence.append(context.run_id, &*app.clock, body, LOCK_WAIT)
    };
    match catch_unwind(AssertUnwindSafe(add)) {
        Ok(added) => added.map_err(|error| cause_of(&error)),
        Err(_) => Err("a defect of mt5crs".to_owned()),
    }
}

fn confirm(
    app: &App,
    args: &Args,
    context: &GatewayContext<'_>,
    page_context: &PageContext<'_>,
    planned: &Plan,
) -> Result<(), Failure> {
    let word = context.settings.profile.as_ref().unwrap_or(&context.gateway.host);
    let kill_switch = kill_switch::of(&context.settings);
    let kill_switch = (!args.no_breaker).then_some(kill_switch.files());
    // A plan that can't be shown can't be confirmed: the prompt fails the same way.
    let _ =
        app.screen.page_on_stderr(|sheet| page::plan(sheet, page_context, planned, kill_switch));
    prompt::confirm(app, "", word, prompt::NOTHING_SENT)
}

/// Engages the kill switch and stops the engine's unit. A failure becomes a loud warning: positions are closed all the same.
/// Returns the reminder that the kill switch is engaged, where it is.
fn stop_engine(
    app: &App,
    args: &Args,
    context: &GatewayContext<'_>,
    warnings: &mut Vec<String>,
) -> Option<String> {
    let mut reminder = None;
    let mut warn = |text: String| {
        app.screen.warn(&text);
        warnings.push(text);
    };
    if !args.no_breaker {
        let engager = kill_switch::engager("emergency-close", Some(context.run_id));
        let kill_switch = kill_switch::of(&context.settings);
        let engagement = kill_switch.engage("mt5crs emergency-close", engager, app.clock.now());
        kill_switch::log_engagement(&context.record, "mt5crs emergency-close", &engagement);
        for (path, written) in &engagement.files {
            let already = match written {
                Ok(Engaged::Written) => "",
                Ok(Engaged::AlreadyThere) => " already",
                Err(_) => continue,
            };
            let path = path.display();
            app.screen.note(&format!("kill switch engaged{already}: {path}"));
            reminder.get_or_insert_with(|| {
                format!("the kill switch is engaged all the same: {path}; mt5crs breaker status shows who and why")
            });
        }
        engagement.warnings().for_each(&mut warn);
    }
    if !args.stop_unit {
        return reminder;
    }
    let Some(unit) = &context.settings.engine_unit else {
        warn("--stop-unit: no unit is named; set MT5CRS_ENGINE_UNIT".to_owned());
        return reminder;
    };
    if app.is_simulated() {
        warn(format!("{unit} was not stopped: this is a simulated gateway"));
        return reminder;
    }
    match systemd::stop(unit, STOP_WAIT) {
        Ok(()) => app.screen.note(&format!("systemctl stop {unit}: done")),
        Err(error) => warn(format!("{unit} COULD NOT BE STOPPED: {}", cause_of(&error))),
    }
    reminder
}
