//! What the gateway signs, limits and refuses (protocol 5), and whether others can reach it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use rust_decimal::Decimal;
use serde_json::Value;

use super::findings::Findings;
use crate::check::Check;
use crate::escape::visible;
use crate::link::target::Target;
use crate::link::{Client, Error};
use crate::protocol::gateway::{Gateway, Signing, SwitchState};
use crate::protocol::symbol_info::GetSymbol;
use crate::protocol::terminal::GetTerminal;
use crate::units::Symbol;

/// Adds the checks of the gateway's configuration. `symbol` is the canary's.
pub(super) fn check(
    client: &mut Client<'_>,
    target: &Target,
    symbol: &Symbol,
    findings: &mut Findings<'_>,
) -> Result<(), Error> {
    findings.add("gateway.address", || judge_address(target.address.ip()));
    let signed_by = client.identify()?.signed_by;
    let Some(gateway) = client.gateway().cloned() else {
        for code in ["gateway.signing", "gateway.limits", "gateway.trading"] {
            findings.add(code, || Check::not_applicable("protocol 4.3 has none"));
        }
        return Ok(());
    };
    findings.add("gateway.signing", || judge_signing(&gateway, signed_by.as_deref()));
    if findings.wants_code("gateway.limits") {
        let rules = client.read(GetSymbol { symbol: symbol.clone() })?.reply.ok();
        let most = rules.map(|rules| rules.volume_max.value());
        findings.add("gateway.limits", || judge_limits(&gateway.limits, symbol, most));
    }
    if findings.wants_code("gateway.trading") {
        let terminal = client.read(GetTerminal)?.reply;
        findings.add("gateway.trading", || match terminal {
            Err(refusal) => Check::warn(refusal.to_string()),
            Ok(terminal) => match terminal.cannot_trade() {
                Some(cause) => Check::warn(cause),
                None if gateway.kill_switch == SwitchState::Engaged => {
                    Check::warn("the gateway's own kill switch is engaged")
                }
                None => Check::pass("nothing forbids an order"),
            },
        });
    }
    Ok(())
}

/// An address that the internet can route to: whoever reaches it may send orders that nothing signs.
fn judge_address(address: IpAddr) -> Check {
    let is_own = match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            // 100.64.0.0/10 belongs to carriers and overlay networks.
            let is_shared = first == 100 && (64..128).contains(&second);
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || is_shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    match is_own {
        true => Check::pass(format!("{address} is not public")),
        false => Check::warn(format!("{address} is a public address")),
    }
}

fn judge_signing(gateway: &Gateway, signed_by: Option<&str>) -> Check {
    let wanted = match gateway.signing {
        Signing::Off => "it accepts unsigned orders of anybody",
        Signing::Orders => "orders must be signed",
        Signing::All => "every request must be signed",
    };
    match (signed_by, gateway.signing) {
        (Some(key), Signing::Orders | Signing::All) => {
            Check::pass(format!("{wanted}; its answers are proved by the key {key}"))
        }
        (Some(key), Signing::Off) => {
            Check::warn(format!("{wanted}, although its answers are proved by the key {key}"))
        }
        (None, _) => Check::warn(format!(
            "{wanted}; no key is configured here, so nothing proves its answers"
        )),
    }
}

fn judge_limits(limits: &BTreeMap<String, Value>, symbol: &Symbol, most: Option<Decimal>) -> Check {
    let shown = limits.iter().map(|(name, value)| format!("{}: {value}", visible(name)));
    let found = shown.collect::<Vec<_>>().join(", ");
    let lots = limits.get("max_lots").and_then(|lots| lots.to_string().parse::<Decimal>().ok());
    match (lots, most) {
        (None, _) => Check::warn("no max_lots is set"),
        (Some(lots), Some(most)) if lots > most => Check::warn(format!(
            "max_lots {lots} is above the {} lots that {symbol} allows, so it limits nothing there",
            most.normalize()
        )),
        _ => Check::pass(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;

    #[test]
    fn only_public_addresses_are_warned_of() {
        let judge = |address: &str| judge_address(address.parse().unwrap()).status;
        for own in [
            "10.0.0.5",
            "172.19.141.255",
            "192.168.1.2",
            "127.0.0.1",
            "100.100.1.2",
            "fd00::1",
            "fe80::1",
            "::1",
        ] {
            assert_eq!(judge(own), Status::Pass, "{own}");
        }
        for public in ["47.84.111.158", "172.32.0.1", "100.128.0.1", "2001:db8::1"] {
            assert_eq!(judge(public), Status::Warn, "{public}");
        }
    }

    #[test]
    fn a_limit_that_limits_nothing_is_warned_of() {
        let judge = |max_lots: Option<f64>, most: Option<i64>| {
            let limits = max_lots.map(|lots| ("max_lots".to_owned(), lots.into()));
            let limits = limits.into_iter().collect();
            judge_limits(&limits, &Symbol::new("EURUSD"), most.map(Decimal::from)).status
        };
        assert_eq!(judge(None, Some(100)), Status::Warn);
        assert_eq!(judge(Some(100.01), Some(100)), Status::Warn);
        assert_eq!(judge(Some(100.0), Some(100)), Status::Pass);
        assert_eq!(judge(Some(0.1), None), Status::Pass);
    }
}
