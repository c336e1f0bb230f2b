//! Whether a command takes several accounts. Orders are for exactly one, except emergency-close for all of them.

use mt5crs::failure::Failure;

use super::selection::distinct;
use crate::app::command::{Accounts, Facts};
use crate::app::prompt::quoted;
use crate::app::settings::PROFILE_FLAG;
use crate::app::{App, usage};

/// Refuses command lines that cannot apply to several accounts.
pub(super) fn check(app: &App, facts: &Facts) -> Result<(), Failure> {
    let global = &app.global;
    if global.settings.all_profiles && !global.settings.profile.is_empty() {
        return Err(usage(
            "--all-profiles and --profile: which accounts are meant?",
            "leave out one of the two",
        ));
    }
    if global.settings.host.is_some() || global.settings.port.is_some() {
        return Err(usage(
            "--host and --port name one gateway, but several accounts were selected",
            "leave them out: each profile names its own",
        ));
    }
    if global.sim.sim_book.is_some() {
        return Err(usage(
            "--sim-book: each account gets a simulated gateway of its own, and they can't share one book",
            "leave it out, or name one --profile",
        ));
    }
    match facts.accounts {
        Accounts::Each | Accounts::EachByDefault | Accounts::Together => Ok(()),
        Accounts::OneOrAll(_) if global.settings.all_profiles => Ok(()),
        Accounts::OneOrAll(_) => {
            let failure = one_only(app, facts.name);
            let remedy = format!("{}; for every account there is --all-profiles", failure.remedy());
            Err(failure.with_remedy(remedy))
        }
        Accounts::One(what) | Accounts::OneNamed(what) => Err(one_only(app, what)),
        Accounts::Nothing => Err(usage(
            "this command knows no accounts: nothing was done",
            "leave out --profile and --all-profiles",
        )),
    }
}

/// Refuses more than one account, and names the command line for one.
fn one_only(app: &App, what: &str) -> Failure {
    let named = distinct(&app.global.settings.profile);
    let name = named.first().map_or("NAME", |name| name.as_str());
    let mut rest = Vec::new();
    let mut typed = std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned());
    while let Some(argument) = typed.next() {
        match argument.as_str() {
            PROFILE_FLAG => drop(typed.next()),
            "--all-profiles" => {}
            it if it.starts_with(PROFILE_FLAG) => {}
            _ => rest.push(quoted(&argument)),
        }
    }
    usage(
        format!("{what} works on one profile: nothing was done"),
        format!("run it for one: `mt5crs --profile {} {}`", quoted(name), rest.join(" ")),
    )
}
