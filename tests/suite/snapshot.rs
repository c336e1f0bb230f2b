//! A snapshot from an earlier run, and whether it still stands as it did.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::support::Machine;

const TEXT: &str = r#"{"schema":"mt5crs.snapshot/1","taken_at":"2026-01-17T03:54:22.961398Z","endpoint":"tcp://127.0.0.1:1","account":{"balance":10000.00,"equity":10000.00,"margin":0.00,"free_margin":10000.00,"margin_level":0.0,"currency":"USD","login":null,"server":null,"trade_mode":null,"reported_at":null},"positions":[]}
"#;

/// The snapshot that stood there before.
pub struct Kept {
    path: PathBuf,
}

impl Kept {
    /// Puts one where the next sync with that gateway looks for it.
    pub fn before(machine: &Machine, endpoint: SocketAddr) -> Self {
        let path = machine.write(&at(endpoint), TEXT);
        Self { path }
    }

    /// Not a byte of it changed, and nothing half-written lies beside it.
    #[track_caller]
    pub fn is_intact(&self) {
        assert_eq!(std::fs::read_to_string(&self.path).unwrap(), TEXT);
        let beside = std::fs::read_dir(self.path.parent().unwrap()).unwrap();
        let names: Vec<_> = beside.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["snapshot.json"]);
    }
}

/// Where the snapshot of that gateway is, below the machine's directory.
pub fn at(endpoint: SocketAddr) -> String {
    format!("state/{}_{}/snapshot.json", endpoint.ip(), endpoint.port())
}
