//! The gateway's host and port, parsed without name resolution.

use std::fmt;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

/// A host, by name or address, and a port. Displayed as `host:port`, with brackets around an IPv6 address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct HostPort {
    /// A host name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Parses a host. Refuses names that a resolver would take for an address (`10.0.5` for 10.0.0.5, `2130706433` and
/// `0x7f.1` for this machine).
pub(super) fn parse_host(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if bare.parse::<IpAddr>().is_ok() {
        return Ok(bare.to_owned());
    }
    if text.contains("://") {
        return Err("it is a URL; give the host alone".to_owned());
    }
    if text.contains(':') {
        return Err("a host has no port; the port is another setting".to_owned());
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") {
        return Err("it looks like an address, and is not one".to_owned());
    }
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err("a name has only letters, digits, `-` and `_` between its points".to_owned());
    }
    Ok(text.to_owned())
}

/// Whether it is a valid part of a host name. A leading `-` is refused, so that no program takes the name for a flag.
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_names_and_addresses() {
        for host in ["172.19.141.255", "gw", "gw_1.example.com", "gw.local.", "fe80::1"] {
            assert_eq!(parse_host(host).as_deref(), Ok(host));
        }
        assert_eq!(parse_host("[::1]").as_deref(), Ok("::1"));
    }

    #[test]
    fn refuses_invalid_hosts_and_disguised_addresses() {
        for host in [
            "tcp://10.0.0.5",
            "10.0.0.5:5555",
            "10.0.0.256",
            "10.0.5",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "a b",
            "-h",
            "a..b",
            ".",
            "gw\r",
            "[gw]",
        ] {
            assert!(parse_host(host).is_err(), "{host}");
        }
    }

    #[test]
    fn an_ipv6_address_shows_in_brackets() {
        let shown = |host: &str| HostPort { host: host.to_owned(), port: 5555 }.to_string();
        assert_eq!(shown("::1"), "[::1]:5555");
        assert_eq!(shown("10.0.0.5"), "10.0.0.5:5555");
    }
}
