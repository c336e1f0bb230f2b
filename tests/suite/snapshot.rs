//! A snapshot from an earlier run, which a failed run must leave as it is.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::support::Machine;

const TEXT: &str = r#"{"schema":"mt5crs.snapshot/1","taken_at":"2026-01-17T03:54:22.961398Z","endpoint":"tcp://127.0.0.1:1","account":{"balance":10000.00,"equity":10000.00,"margin":0.00,"free_margin":10000.00,"margin_level":0.0,"currency":"USD","login":null,"server":null,"trade_mode":null,"reported_at":null},"positions":[]}
"#;

/// The earlier snapshot.
pub struct Kept {
    path: PathBuf,
}

impl Kept {
    /// Writes a snapshot to the place where the next sync with that gateway reads it.
    pub fn before(machine: &Machine, endpoint: SocketAddr) -> Self {
        let path = machine.write(&at(endpoint), TEXT);
        Self { path }
    }

    /// Asserts that the snapshot is unchanged, without a half-written file beside it.
    #[track_caller]
    pub fn is_intact(&self) {
        assert_eq!(std::fs::read_to_string(&self.path).unwrap(), TEXT);
        let beside = std::fs::read_dir(self.path.parent().unwrap()).unwrap();
        // A watch keeps its figures beside it.
        let names = beside.map(|entry| entry.unwrap().file_name()).filter(|it| it != "figures");
        assert_eq!(names.collect::<Vec<_>>(), ["snapshot.json"]);
    }
}

/// The path of that gateway's snapshot, below the machine's directory.
pub fn at(endpoint: SocketAddr) -> String {
    format!("state/{}_{}/snapshot.json", endpoint.ip(), endpoint.port())
}
