//! Keeps heads of the evidence elsewhere: with `MT5CRS_ANCHOR_COMMAND`, and in the journal of a gateway whose answers are
//! signed.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use mt5crs::clock::StopToken;
use mt5crs::config::Settings;
use mt5crs::evidence::{Evidence, Head, Witness};
use mt5crs::link::Transport;
use mt5crs::link::signed::SignedTransport;
use mt5crs::link::zeromq::ZmqTransport;
use mt5crs::logs::write::{Marker, Record};
use mt5crs::ops::evidence::witness::{self, GatewayJournal, LIMIT, Moment, Teller, Told};
use mt5crs::protocol::signed::LinkKey;
use tracing::Level;

use super::App;

/// The keepers of one run.
#[derive(Debug, Default)]
pub(crate) struct Anchors {
    keepers: Vec<(&'static str, Arc<Teller>)>,
    /// The gateway's address, once it is known and allowed.
    address: Arc<OnceLock<SocketAddr>>,
}

impl Anchors {
    /// Starts the operator's command, where one is set and this is no practice. A failure is a warning.
    pub(crate) fn start(app: &App, settings: &Settings) -> Self {
        let mut anchors = Self::default();
        if let Some(command) = settings.anchor_command.clone().filter(|_| !app.is_simulated()) {
            anchors.add(app, "MT5CRS_ANCHOR_COMMAND", witness::command(command, LIMIT));
        }
        anchors
    }

    /// Adds the gateway's journal. Without a key nobody could tell whose word its answer is.
    pub(crate) fn add_gateway(
        &mut self,
        app: &App,
        settings: &Settings,
        key: Option<&Arc<LinkKey>>,
        moment: Moment,
    ) {
        let (Some(key), Some(directory)) = (key, settings.target_state_dir()) else { return };
        if app.is_simulated() {
            return;
        }
        let stream = stream(key, settings);
        let (address, clock) = (Arc::clone(&self.address), Arc::clone(&app.clock));
        let key = Arc::clone(key);
        let transport = move || {
            // A run that is stopped still tells where it ended.
            let plain = ZmqTransport::new(*address.get()?, Arc::clone(&clock), StopToken::never());
            let signed = SignedTransport::new(Box::new(plain), Arc::clone(&key));
            Some(Box::new(signed) as Box<dyn Transport>)
        };
        let evidence = Evidence::at(directory);
        let clock = Arc::clone(&app.clock);
        let mut journal = GatewayJournal { transport, clock, stream, evidence };
        let started = Teller::start(moment, LIMIT, move |head| journal.keep(head));
        self.add(app, "the gateway", started);
    }

    fn add(&mut self, app: &App, name: &'static str, started: std::io::Result<Teller>) {
        match started {
            Ok(teller) => self.keepers.push((name, Arc::new(teller))),
            Err(error) => {
                app.screen
                    .warn(&format!("no head of the evidence will be kept elsewhere: {error}"));
            }
        }
    }

    /// The gateway is at this address.
    pub(crate) fn reach(&self, address: SocketAddr) {
        let _ = self.address.set(address);
    }

    /// The keepers, as the evidence takes them.
    pub(crate) fn witness(&self) -> Option<Arc<dyn Witness>> {
        let tellers: Vec<_> = self.keepers.iter().map(|(_, teller)| Arc::clone(teller)).collect();
        (!tellers.is_empty()).then(|| Arc::new(All(tellers)) as Arc<dyn Witness>)
    }

    /// Waits until the heads are told, and logs what became of them.
    pub(crate) fn finish(&self, record: Option<&Arc<Record>>) {
        for (name, teller) in &self.keepers {
            let told = teller.finish();
            if let Some(record) = record {
                log(record, name, &told);
            }
        }
    }
}

/// The name under which the gateway keeps the heads of the configured evidence.
pub(crate) fn stream(key: &LinkKey, settings: &Settings) -> String {
    let directory = settings.target_state_dir();
    let name = directory.as_deref().and_then(|path| path.file_name()).unwrap_or_default();
    witness::stream_of(key.name(), &name.to_string_lossy())
}

/// Leaves the lines by which `logs alerts` judges.
fn log(record: &Record, name: &str, told: &Told) {
    let mark = |level, what: String| record.marker(&Marker::Anchors { level, what: &what });
    if let Some(conflict) = &told.conflict {
        mark(Level::ERROR, format!("ANCHOR CONFLICT: {conflict}"));
    }
    match &told.error {
        Some(error) => mark(Level::WARN, format!("ANCHORS NOT KEPT by {name}: {error}")),
        None if told.told > 0 => {
            mark(Level::INFO, format!("Anchors kept by {name}: {}", told.told))
        }
        None => {}
    }
}

#[derive(Debug)]
struct All(Vec<Arc<Teller>>);

impl Witness for All {
    fn tell(&self, head: Head) {
        self.0.iter().for_each(|teller| teller.tell(head));
    }
}
