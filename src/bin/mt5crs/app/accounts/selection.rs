//! Which accounts are meant, and that each has a gateway of its own.

use mt5crs::config::{self, Disk, Entry, Inputs, Key, Layer, Resolved};
use mt5crs::failure::{Code, Failure};
use mt5crs::ops::config_check::shared_gateways;

use crate::app::command::{Accounts, Facts};
use crate::app::settings::{self, PROFILE_FLAG};
use crate::app::{App, usage};

/// The accounts, in the order in which they were named or stand in the file.
pub(super) struct Selection {
    pub(super) accounts: Vec<Account>,
    /// To be printed before any account is asked.
    pub(super) warnings: Vec<String>,
}

/// An account.
pub(super) struct Account {
    pub(super) profile: String,
    /// The kill switch that its emergency-close engages, and where its path is set.
    pub(super) kill_switch: String,
}

/// Each name once: a name given twice means one account.
pub(super) fn distinct(named: &[String]) -> Vec<&String> {
    let mut names: Vec<&String> = Vec::new();
    for name in named {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether neither the command line nor the settings name an account.
pub(super) fn is_unnamed(app: &App) -> bool {
    let is_named = !app.global.settings.profile.is_empty();
    if is_named || app.is_simulated() || app.global.is_worker {
        return false;
    }
    let in_force = config::resolve(&settings::inputs(&app.global, &[]), &Disk);
    in_force.origin_of(Key::Profile).layer() == Layer::Default
}

/// Every account of the configuration file, where none is named. Empty where the file can't be read, see
/// [`super::hidden`].
pub(super) fn unnamed(app: &App) -> Vec<String> {
    if !is_unnamed(app) {
        return Vec::new();
    }
    config::profile_names(&settings::inputs(&app.global, &[]), &Disk).unwrap_or_default()
}

/// Refuses an account that was typed and is not among those that clap returns: of a flag that stands on both sides of the
/// command's name, clap keeps only the later ones.
pub(super) fn lost(named: &[String]) -> Option<Failure> {
    let mut typed = std::env::args_os().take_while(|argument| argument != "--");
    let mut lost = None;
    while let Some(argument) = typed.next() {
        let argument = argument.to_string_lossy();
        let name = match argument.strip_prefix(PROFILE_FLAG) {
            Some("") => typed.next().map(|name| name.to_string_lossy().into_owned()),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        lost = lost.or(name.filter(|name| !named.contains(name)));
    }
    let lost = lost?;
    Some(usage(
        format!(
            "--profile {lost} stands before the command and others behind it: nothing was done"
        ),
        "put them all on one side",
    ))
}

impl Selection {
    pub(super) fn from_settings(app: &App, facts: &Facts) -> Result<Self, Failure> {
        let given = &app.global.settings;
        let inputs = settings::inputs(&app.global, &[]);
        let names = if given.all_profiles || given.profile.is_empty() {
            every_profile(&inputs)?
        } else {
            distinct(&given.profile).into_iter().cloned().collect()
        };
        let (mut accounts, mut gateways) = (Vec::new(), Vec::new());
        let resolved = config::resolve_each(&inputs, &Disk, PROFILE_FLAG, &names);
        for (resolved, profile) in resolved.zip(&names) {
            // With --sim each account has a simulated gateway of its own, whatever the settings say.
            let asks_gateways =
                !app.is_simulated() && !matches!(facts.accounts, Accounts::EachByDefault);
            if asks_gateways && let Some(above) = resolved.gateway_above_profile() {
                return Err(one_gateway_for_all(above));
            }
            let kill_switch = kill_switch(&resolved);
            accounts.push(Account { profile: profile.clone(), kill_switch });
            // An account's worker reports the problems of its settings.
            gateways.push((profile.clone(), resolved.as_they_are().gateway.clone()));
        }
        let warnings = if app.is_simulated() { Vec::new() } else { shared_gateways(&gateways) };
        Ok(Self { accounts, warnings })
    }
}

fn kill_switch(resolved: &Resolved) -> String {
    let entry = resolved.entry(Key::KillSwitchFile);
    format!("{} ({})", entry.value.as_deref().unwrap_or("-"), entry.origin)
}

fn every_profile(inputs: &Inputs) -> Result<Vec<String>, Failure> {
    let names =
        config::profile_names(inputs, &Disk).map_err(|problems| settings::failure(&problems))?;
    if names.is_empty() {
        return Err(usage(
            "--all-profiles: the configuration file holds no profile",
            r#"write {"profiles": {"NAME": {"gateway_host": "…"}}}, or name another file with --config"#,
        ));
    }
    Ok(names)
}

/// A gateway that is set above the profiles would be every account's: each account's answer would be about that one.
fn one_gateway_for_all(above: &Entry) -> Failure {
    let value = above.value.as_deref().unwrap_or_default().escape_debug().to_string();
    let message = format!(
        "{} is `{value}` and stands above the profiles: every account would be that gateway's",
        above.origin
    );
    Failure::new(Code::OneGatewayForAll, message).with_remedy(format!(
        "take it out, or ignore it for this once: `env -u GATEWAY_HOST -u GTW_HOST -u GATEWAY_PORT -u GTW_PORT mt5crs --env-file /dev/null …`; with one --profile {} wins as ever",
        above.key
    ))
}
