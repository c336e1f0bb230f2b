//! Which accounts are meant, and that each has a gateway of its own.

use mt5crs::config::{self, Disk, Entry, Inputs, Key, Resolved};
use mt5crs::failure::{Code, Failure};
use mt5crs::ops::config_check::shared_gateways;

use crate::context::{PROFILE_FLAG, inputs, no_directory, settings_failure};
use crate::run::{Run, usage};

/// The accounts, in the order in which they were named or stand in the file.
pub(super) struct Members {
    members: Vec<Member>,
    /// What deserves a word before anything is asked.
    pub(super) warnings: Vec<String>,
}

/// One account.
pub(super) struct Member {
    pub(super) profile: String,
    /// The kill switch that its emergency-close engages, and where that is named.
    pub(super) kill_switch: String,
}

/// Each name once: who names an account twice means it once.
pub(super) fn distinct(named: &[String]) -> Vec<&String> {
    let mut names: Vec<&String> = Vec::new();
    for name in named {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// An account that was named and would be left out. Of a flag that stands on both sides of the command's name only the
/// later ones reach us, and neither a guess nor silence will do where accounts are meant.
pub(super) fn left_out(named: &[String]) -> Option<Failure> {
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
        "put them all on one side".to_owned(),
    ))
}

impl Members {
    pub(super) fn of(run: &Run) -> Result<Self, Failure> {
        let settings = &run.global.settings;
        let inputs = inputs(&run.global, &[]).map_err(|error| no_directory(&error))?;
        let names = if settings.all_profiles {
            every(&inputs)?
        } else {
            distinct(&settings.profile).into_iter().cloned().collect()
        };
        let (mut members, mut gateways) = (Vec::new(), Vec::new());
        for profile in names {
            let resolved = resolved(&inputs, &profile);
            // A simulated gateway is each account's own whatever the settings say.
            if !run.global.sim.sim
                && let Some(above) = resolved.gateway_above_profile()
            {
                return Err(one_gateway_for_all(above));
            }
            members.push(Member { profile: profile.clone(), kill_switch: kill_switch(&resolved) });
            // What is wrong with an account's settings, its own process tells.
            gateways.push((profile, resolved.as_they_are().gateway.clone()));
        }
        let warnings = if run.global.sim.sim { Vec::new() } else { shared_gateways(&gateways) };
        Ok(Self { members, warnings })
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.members.iter()
    }
}

fn kill_switch(resolved: &Resolved) -> String {
    let switch = resolved.table.iter().find(|entry| entry.key == Key::KillSwitchFile);
    switch.map_or_else(String::new, |entry| {
        format!("{} ({})", entry.value.as_deref().unwrap_or("-"), entry.origin)
    })
}

fn resolved(inputs: &Inputs, profile: &str) -> Resolved {
    let mut inputs = inputs.clone();
    inputs.flags.set(Key::Profile, PROFILE_FLAG, profile);
    config::resolve(&inputs, &Disk)
}

/// Every profile of the file.
fn every(inputs: &Inputs) -> Result<Vec<String>, Failure> {
    let names =
        config::profile_names(inputs, &Disk).map_err(|problems| settings_failure(&problems))?;
    if names.is_empty() {
        return Err(usage(
            "--all-profiles: the profiles' file holds no profile".to_owned(),
            r#"write {"profiles": {"NAME": {"gateway_host": "…"}}}, or name another file with --config"#
                .to_owned(),
        ));
    }
    Ok(names)
}

/// What one layer above every profile says would hold for all of them: each account's answer would be the same gateway's.
fn one_gateway_for_all(above: &Entry) -> Failure {
    let value = above.value.as_deref().unwrap_or_default().escape_debug().to_string();
    let message = format!(
        "{} is `{value}` and stands above the profiles: every account would be that gateway's",
        above.origin
    );
    Failure::new(Code::OneGatewayForAll, message).with_remedy(format!(
        "take it out, or leave it aside for this once: `env -u GATEWAY_HOST -u GTW_HOST -u GATEWAY_PORT -u GTW_PORT mt5crs --env-file /dev/null …`; with one --profile {} wins as ever",
        above.key
    ))
}
