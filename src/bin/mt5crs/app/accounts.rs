//! A command for several accounts: `--all-profiles`, or `--profile` more than once.
//!
//! A worker process runs the command for each account; the answers become one document with one row an account, and the
//! worst of their exit codes. No account is asked anything before it is settled which accounts are meant, that each has a
//! gateway of its own ([`selection`]), and that the command takes several ([`eligibility`]).

mod eligibility;
mod page;
mod selection;

use mt5crs::config::{Disk, Problem, hidden_profiles};
use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::ops::fleet::{self, Kind, Report};
use mt5crs::report::Outcome;

use self::selection::Selection;
use super::command::{Accounts, Closing, Document, Facts, Task};
use super::end::RenderOptions;
use super::worker_role::WorkerRole;
use super::{App, prompt, settings, usage, workers};
use crate::render::{PageContext, counted};

const NAME: &str = "fleet";

/// The document of several accounts.
pub(crate) const DOCUMENT: Document = Document::report::<Report>(NAME);

/// Whether the command is to run for several accounts, each in a worker of its own.
pub(super) fn are_several(app: &App, facts: &Facts) -> bool {
    let settings = &app.global.settings;
    match facts.accounts {
        Accounts::Together => false,
        _ if settings.all_profiles || selection::distinct(&settings.profile).len() > 1 => true,
        Accounts::EachByDefault => !selection::unnamed(app).is_empty(),
        _ => false,
    }
}

/// Refuses a command for one account where the configuration file has several and none is named.
pub(super) fn unnamed(app: &App, facts: &Facts) -> Option<Failure> {
    let Accounts::OneNamed(what) = facts.accounts else { return None };
    if app.global.settings.all_profiles {
        return None;
    }
    let names = selection::unnamed(app);
    (!names.is_empty()).then(|| {
        let flags: Vec<_> = names.iter().map(|name| format!("--profile {name}")).collect();
        usage(
            format!("{what}: which account is meant? Nothing was done"),
            format!("name it: {}", flags.join(", or ")),
        )
    })
}

/// Why nobody can tell which accounts there are, where none is named: the configuration file is there and hides them.
pub(crate) fn hidden(app: &App) -> Option<Problem> {
    selection::is_unnamed(app)
        .then(|| hidden_profiles(&settings::inputs(&app.global, &[]), &Disk))?
}

/// Refuses a command line from which clap has lost an account.
pub(super) fn lost(app: &App) -> Option<Failure> {
    let named = &app.global.settings.profile;
    if app.global.is_worker || named.is_empty() { None } else { selection::lost(named) }
}

/// Runs the command for every account that is meant.
pub(super) fn run(app: &App, facts: &Facts) -> Exit {
    let result = eligibility::check(app, facts).and_then(|()| {
        let selection = Selection::from_settings(app, facts)?;
        selection.warnings.iter().for_each(|warning| app.screen.warn(warning));
        match facts.accounts {
            Accounts::OneOrAll(closing) => close(app, facts, closing, &selection),
            _ => Ok(ask(app, facts, &selection, Kind::Read, Task::Act)),
        }
    });
    let warnings_shown = result.as_ref().map_or(0, |outcome| outcome.warnings.len());
    app.end(NAME, result, None, &RenderOptions { warnings_shown, ..RenderOptions::default() })
}

/// Runs a worker for every account.
fn ask(app: &App, facts: &Facts, selection: &Selection, kind: Kind, task: Task) -> Outcome<Report> {
    let profiles = selection.accounts.iter().map(|account| account.profile.clone());
    let roles = profiles.map(|profile| WorkerRole { task, profile });
    let deadline = facts.deadline.map(|_| app.time_limit(facts));
    let ended = workers::run_all(app, roles.collect(), deadline);
    let mut outcome = fleet::judge(facts.name, kind, ended);
    outcome.warnings = selection.warnings.clone();
    outcome
}

/// Shows the positions of every account, asks once, and closes them all.
fn close(
    app: &App,
    facts: &Facts,
    closing: Closing,
    selection: &Selection,
) -> Result<Outcome<Report>, Failure> {
    let plan = || ask(app, facts, selection, Kind::Read, Task::Plan);
    if closing.dry_run {
        return Ok(plan());
    }
    if !closing.yes {
        prompt::require_terminal()?;
        let planned = plan();
        app.stop.check().map_err(Failure::interrupted)?;
        if let Some(report) = &planned.report {
            let context = PageContext { all_rows: closing.all_rows, ..PageContext::default() };
            // A plan that can't be shown can't be confirmed: the prompt fails the same way.
            let _ = app
                .screen
                .page_on_stderr(|sheet| page::plan(sheet, report, &selection.accounts, &context));
        }
        let word = format!("close {}", counted(selection.accounts.len(), "account"));
        prompt::confirm(app, "", &word, prompt::NOTHING_SENT)?;
    }
    Ok(ask(app, facts, selection, Kind::Close, Task::Act))
}
