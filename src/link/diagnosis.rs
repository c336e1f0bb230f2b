//! Names a server without ZeroMQ by its first bytes.

/// Number of bytes of a banner that name its server.
pub(super) const BANNER_BYTES: usize = 120;

/// Describes a server by its banner.
pub(super) fn describe(banner: &[u8]) -> String {
    let text = String::from_utf8_lossy(&banner[..banner.len().min(BANNER_BYTES)]);
    let line: String = text.lines().next().unwrap_or_default().escape_debug().take(60).collect();
    let kind = if text.starts_with("HTTP/") {
        "an HTTP server"
    } else if text.starts_with("SSH-") {
        "an SSH server"
    } else if text.starts_with("220") {
        "an SMTP or FTP server"
    } else {
        "an unknown server"
    };
    format!("{kind} that says \"{line}\"")
}
