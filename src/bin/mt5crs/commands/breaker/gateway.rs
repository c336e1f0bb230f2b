//! The gateway's own kill switch, after the files of this host.

use std::time::Duration;

use mt5crs::clock::Deadline;
use mt5crs::config::Settings;
use mt5crs::link::permit::{ClosePermit, ReleasePermit};
use mt5crs::link::target::{self, resolve};
use mt5crs::link::{Client, ReadPolicy};
use mt5crs::ops::gateway_switch::{self, GatewaySwitch};
use mt5crs::protocol::switch::{Engage, Release};

use super::args::Subcommand;
use crate::app::context::{configured_key, transport};
use crate::app::{App, kill_switch};

/// Time for one answer of the gateway. The files of this host were written before.
const PATIENCE: Duration = Duration::from_secs(3);

/// Does the same to the gateway's own switch; `None` where no gateway is configured, or it has no switch.
pub(super) fn act(app: &App, settings: &Settings, command: &Subcommand) -> Option<GatewaySwitch> {
    settings.gateway.as_ref()?;
    try_to(app, settings, command).unwrap_or_else(|error| Some(GatewaySwitch::unknown(error)))
}

fn try_to(
    app: &App,
    settings: &Settings,
    command: &Subcommand,
) -> Result<Option<GatewaySwitch>, String> {
    let Some(gateway) = &settings.gateway else { return Ok(None) };
    let (clock, stop) = (&*app.clock, &app.stop);
    let timeout = PATIENCE.min(settings.sync_timeout);
    let deadline = Deadline::after(clock, PATIENCE * 3);
    let until = Deadline::after(clock, timeout);
    let target = resolve(&gateway.host, gateway.port, clock, stop, until).map_err(words)?;
    let allowed = target::allow(&target, app.global.settings.allow_loopback)
        .map_err(|_| "its address is this machine's, which needs --allow-loopback".to_owned())?;
    let key = configured_key(settings).map_err(|failure| failure.message().to_owned())?;
    let transport = transport(app, target.address, key.as_ref());
    let policy = ReadPolicy { timeout, attempts: 1, interval: Duration::ZERO };
    let mut client = Client::new(&*transport, clock, policy, deadline, &());
    if client.identify().map_err(words)?.gateway.is_none() {
        return Ok(None);
    }
    let until = gateway_switch::answer_by(clock, deadline);
    Ok(match command {
        Subcommand::Status | Subcommand::Restore => {
            gateway_switch::look(&mut client).map_err(words)?
        }
        Subcommand::Engage { reason } => {
            let engage = Engage { reason: reason.clone(), who: kill_switch::who() };
            let permit = |identity: &_| ClosePermit::new(allowed, identity);
            gateway_switch::engage(&mut client, &permit, engage, until)
        }
        Subcommand::Release { .. } => {
            let release = Release { who: kill_switch::who() };
            let permit = |identity: &_| ReleasePermit::new(allowed, identity);
            gateway_switch::release(&mut client, permit, release, until)
        }
    })
}

fn words(error: impl std::error::Error) -> String {
    mt5crs::failure::cause_of(&error)
}
