//! Resolves the configured name to an address, and refuses this machine's own.
//!
//! The name is resolved once, under the deadline, and every connection of the run uses the same address: another one of the
//! name may be another gateway's. An order once went to a local mock because nobody checked the resolved address (hazard 12).
//! So every command that talks to a gateway refuses this machine's addresses unless loopback is allowed, and reports name the
//! target.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tcp;
use super::transport::LinkError;
use crate::clock::{Clock, Deadline, StopToken};
use crate::os::with_deadline::with_deadline;

/// The gateway that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A gateway on another machine.
    Live,
    /// A gateway on this machine.
    Loopback,
    /// A gateway that identifies itself as simulated.
    Simulated,
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Live => "live",
            Self::Loopback => "loopback",
            Self::Simulated => "simulated",
        })
    }
}

/// Where the gateway is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The name or address as it was configured.
    pub host: String,
    /// The resolved address, with the port.
    pub address: SocketAddr,
    /// Every address of the name: IPv4 first, and else as the resolver has them.
    pub alternatives: Vec<IpAddr>,
    /// Whether the address accepted a connection when it was chosen among several; `None` where it was not tried.
    pub accepted: Option<bool>,
    /// The source address of packets to it; `None` where there is no route.
    pub source: Option<IpAddr>,
    /// Set where the address is this machine's.
    pub own: Option<Own>,
    _resolved: Resolved,
}

/// Keeps other files from making a target.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Resolved;

/// Permission to talk to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed(());

/// Refuses this machine's own addresses, unless they are allowed (hazard 12).
pub fn allow(target: &Target, allow_loopback: bool) -> Result<Allowed, &Own> {
    match &target.own {
        Some(own) if !allow_loopback => Err(own),
        _ => Ok(Allowed(())),
    }
}

/// The target's kind for reports. Only the gateway itself can say that it is simulated.
pub fn kind(target: &Target, says_simulated: bool) -> TargetKind {
    match (says_simulated, &target.own) {
        (true, _) => TargetKind::Simulated,
        (false, Some(_)) => TargetKind::Loopback,
        (false, None) => TargetKind::Live,
    }
}

/// Why an address counts as this machine's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Own {
    /// 127.0.0.0/8, `::1`, or one of them mapped into IPv6.
    Loopback,
    /// 0.0.0.0 or `::`, for which the system uses itself.
    Unspecified,
    /// The address of a network interface here; holds its name.
    Interface(String),
}

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => f.write_str("a loopback address"),
            Self::Unspecified => f.write_str("the unspecified address, which means this machine"),
            Self::Interface(name) => write!(f, "the address of this machine's interface {name}"),
        }
    }
}

/// Why a name could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The resolver does not know the name.
    #[error("`{host}` was not found: {message}")]
    NotFound {
        /// The name.
        host: String,
        /// The resolver's message.
        message: String,
    },
    /// The resolver did not answer, or the run was stopped.
    #[error("`{host}` could not be resolved: {source}")]
    Link {
        /// The name.
        host: String,
        /// The cause.
        source: LinkError,
    },
}

/// Resolves `host`, and finds out whether the address is this machine's. Of several addresses the first is chosen that accepts
/// a connection; where none does, the first of all.
pub fn resolve(
    host: &str,
    port: u16,
    clock: &dyn Clock,
    stop: &StopToken,
    until: Deadline,
) -> Result<Target, ResolveError> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let addresses = match bare.parse::<IpAddr>() {
        Ok(address) => vec![address],
        Err(_) => look_up(host, port, ask_system, clock, stop, until)?,
    };
    let mut addresses: Vec<IpAddr> = addresses.iter().map(IpAddr::to_canonical).collect();
    addresses.sort_by_key(IpAddr::is_ipv6);
    let mut seen = HashSet::new();
    addresses.retain(|address| seen.insert(*address));
    let Some(first) = addresses.first() else {
        let message = "the name has no address".to_owned();
        return Err(ResolveError::NotFound { host: host.to_owned(), message });
    };
    let own = |ip: IpAddr| own_address(ip, source_address(SocketAddr::new(ip, port)));
    // Where some addresses are this machine's and others are not, the first is judged, and no other takes its place.
    let is_mixed = addresses.iter().any(|ip| own(*ip).is_some() != own(*first).is_some());
    let mut accepted = None;
    let mut ip = *first;
    if addresses.len() > 1 && !is_mixed {
        let all: Vec<SocketAddr> = addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect();
        let index = tcp::first_to_accept(&all, clock, stop, until)
            .map_err(|source| ResolveError::Link { host: host.to_owned(), source })?;
        accepted = Some(index.is_some());
        ip = addresses[index.unwrap_or_default()];
        tracing::info!(%ip, of = addresses.len(), ?accepted, "chose an address of {host}");
    }
    let address = SocketAddr::new(ip, port);
    Ok(Target {
        host: host.to_owned(),
        address,
        source: source_address(address),
        own: own(ip),
        alternatives: addresses,
        accepted,
        _resolved: Resolved,
    })
}

/// Asks the system's resolver, which takes no deadline.
fn ask_system(host: &str, port: u16) -> io::Result<Vec<IpAddr>> {
    Ok((host, port).to_socket_addrs()?.map(|address| address.ip()).collect())
}

fn look_up(
    host: &str,
    port: u16,
    ask: impl FnOnce(&str, u16) -> io::Result<Vec<IpAddr>> + Send + 'static,
    clock: &dyn Clock,
    stop: &StopToken,
    until: Deadline,
) -> Result<Vec<IpAddr>, ResolveError> {
    let name = host.to_owned();
    let resolved = with_deadline(clock, stop, until, move || ask(&name, port));
    match resolved {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(ResolveError::NotFound {
            host: host.to_owned(),
            message: error.to_string().replace("failed to lookup address information: ", ""),
        }),
        Err(unfinished) => {
            Err(ResolveError::Link { host: host.to_owned(), source: unfinished.into() })
        }
    }
}

/// Takes the source address from the system's routing table. Sends nothing: connecting a UDP socket only looks up the route.
fn source_address(target: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match target {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(target).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

fn own_address(ip: IpAddr, source: Option<IpAddr>) -> Option<Own> {
    if ip.is_loopback() {
        return Some(Own::Loopback);
    }
    if ip.is_unspecified() {
        return Some(Own::Unspecified);
    }
    if let Some(name) = interface_with(ip) {
        return Some(Own::Interface(name));
    }
    // A packet to this machine has one address as source and destination.
    (source == Some(ip)).then(|| Own::Interface("unknown".to_owned()))
}

fn interface_with(ip: IpAddr) -> Option<String> {
    let interfaces = nix::ifaddrs::getifaddrs().ok()?;
    interfaces.into_iter().find_map(|interface| {
        let address = interface.address?;
        let own: IpAddr = match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
            (Some(v4), _) => v4.ip().into(),
            (_, Some(v6)) => v6.ip().into(),
            _ => return None,
        };
        (own == ip).then_some(interface.interface_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::time::Duration;

    fn judged(host: &str) -> Option<Own> {
        let clock = SystemClock::new(StopToken::never());
        let until = Deadline::after(&clock, Duration::from_secs(5));
        resolve(host, 5555, &clock, &StopToken::never(), until).unwrap().own
    }

    #[test]
    fn every_way_to_write_this_machine_is_this_machine() {
        for host in [
            "127.0.0.1",
            "127.8.9.1",
            "::1",
            "[::1]",
            "::ffff:127.0.0.1",
            "localhost",
            "127.1",
            "2130706433",
        ] {
            assert_eq!(judged(host), Some(Own::Loopback), "{host}");
        }
        for host in ["0.0.0.0", "::", "0"] {
            assert_eq!(judged(host), Some(Own::Unspecified), "{host}");
        }
    }

    #[test]
    fn every_interface_of_this_machine_is_this_machine() {
        for interface in nix::ifaddrs::getifaddrs().unwrap() {
            let Some(address) =
                interface.address.and_then(|a| a.as_sockaddr_in().map(|v4| v4.ip()))
            else {
                continue;
            };
            assert!(judged(&address.to_string()).is_some(), "{address}");
            assert!(judged(&format!("::ffff:{address}")).is_some(), "::ffff:{address}");
        }
    }

    #[test]
    fn a_resolver_without_an_answer_times_out() {
        let clock = SystemClock::new(StopToken::never());
        let until = Deadline::after(&clock, Duration::from_millis(50));
        // Far longer than the deadline, but finite, so that a test that waits for it fails.
        let never = |_: &str, _| {
            std::thread::park_timeout(Duration::from_secs(5));
            Ok(vec![])
        };
        let asked = look_up("gateway", 5555, never, &clock, &StopToken::never(), until);
        let Err(ResolveError::Link { source, .. }) = asked else { panic!("{asked:?}") };
        assert_eq!(source, LinkError::TimedOut);
    }

    #[test]
    fn another_machine_is_not_this_machine() {
        assert_eq!(judged("192.0.2.1"), None);
    }
}
