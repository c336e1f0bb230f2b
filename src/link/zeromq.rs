//! A connection over ZeroMQ: a DEALER that never queues, reconnects or outlives its deadline.
//!
//! It speaks ZMTP itself, because libzmq can't be kept to the rules of PROTOCOL.md's section 1. libzmq counts its waits on
//! the wall clock and hangs when that is set back; it ends the process where a descriptor or a thread is missing; it keeps
//! a message of any number of parts in memory; it drops a reply that arrived just before its connection ended; it names no
//! reason why a handshake failed. And a socket of its own reconnects to whichever program has the port by then, and
//! queues frames for it.
//!
//! The gateway's socket is a REP. A DEALER sends it an empty delimiter frame before the body. Unlike a REQ it can pipeline,
//! so the PING that proves the identity and the CLOSE requests after it share one connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::diagnosis;
use super::permit::RequestFrame;
use super::tcp::{self, ReadEnd, Stream};
use super::transport::{Connection, LinkError, Received, Transport};
use super::zmtp::{self, Decoder, Fault, Greeting, Item};
use crate::clock::{Clock, Deadline, StopToken};
use crate::os::failpoints::{Rule, is_broken};

/// Time for the rest of a banner. Servers send theirs at once.
const BANNER_WAIT: Duration = Duration::from_millis(300);

/// Time after a silent handshake's deadline in which a server may still name itself.
const PROBE_WAIT: Duration = Duration::from_millis(100);

/// Every call waits as long as this, even at its deadline: an answer that is there already counts.
const LEAST_WAIT: Duration = Duration::from_millis(1);

/// An empty line, to which an HTTP server answers with an error.
const PROBE: &[u8] = b"\r\n\r\n";

/// A transport to one address.
#[derive(Clone)]
pub struct ZmqTransport {
    address: SocketAddr,
    clock: Arc<dyn Clock>,
    stop: StopToken,
}

impl ZmqTransport {
    /// A transport to this address. Waits end early when the run is stopped.
    pub fn new(address: SocketAddr, clock: Arc<dyn Clock>, stop: StopToken) -> Self {
        Self { address, clock, stop }
    }

    fn at_least(&self, until: Deadline) -> Deadline {
        until.max(Deadline::after(&*self.clock, LEAST_WAIT))
    }

    fn open(&self, until: Deadline) -> Result<ZmqConnection, LinkError> {
        let until = self.at_least(until);
        let stream = tcp::connect(self.address, &*self.clock, &self.stop, until)?;
        let stream = Stream::new(stream, Arc::clone(&self.clock), self.stop.clone());
        let mut connection =
            ZmqConnection { stream, decoder: Decoder::default(), transport: self.clone() };
        connection.shake_hands(until)?;
        Ok(connection)
    }
}

impl Transport for ZmqTransport {
    fn connect(&self, until: Deadline) -> Result<Box<dyn Connection>, LinkError> {
        Ok(Box::new(self.open(until)?))
    }
}

struct ZmqConnection {
    stream: Stream,
    decoder: Decoder,
    /// For the one test in which a lost connection comes back.
    transport: ZmqTransport,
}

impl ZmqConnection {
    /// Completes the handshake. The peer is known before it gets our mechanism, or it could end the connection unnamed.
    fn shake_hands(&mut self, until: Deadline) -> Result<(), LinkError> {
        self.stream.write(zmtp::GREETING_START, until)?;
        self.hear_first(until)?;
        let stalled = |error| match error {
            LinkError::TimedOut => LinkError::Stalled,
            error => error,
        };
        let mut is_sent = false;
        loop {
            let greeting = self.decoder.greeting()?;
            if greeting != Greeting::Begun && !is_sent {
                self.stream.write(zmtp::GREETING_REST, until)?;
                is_sent = true;
            }
            if greeting == Greeting::Complete {
                break;
            }
            self.stream.read_more(self.decoder.buffer(), until).map_err(stalled)?;
        }
        match self.next_item(until).map_err(stalled)? {
            Item::Command(ready) => zmtp::check_ready(&ready)?,
            Item::Message(_) => return Err(Fault::Invalid("it sends a message too early").into()),
        }
        self.stream.write(zmtp::READY, until)
    }

    /// Waits for the first bytes, and names a server that doesn't speak ZMTP by them.
    fn hear_first(&mut self, until: Deadline) -> Result<(), LinkError> {
        let clock = Arc::clone(&self.transport.clock);
        match self.stream.read_more(self.decoder.buffer(), until) {
            Err(LinkError::TimedOut) => {
                let until = Deadline::after(&*clock, PROBE_WAIT);
                let probed = self.stream.write(PROBE, until);
                let answered =
                    probed.and_then(|()| self.stream.read_more(self.decoder.buffer(), until));
                match answered {
                    Err(stopped @ LinkError::Stopped(_)) => return Err(stopped),
                    Ok(()) if !zmtp::is_greeting(self.decoder.received()) => {}
                    _ => return Err(LinkError::Silent),
                }
            }
            result => result?,
        }
        if zmtp::is_greeting(self.decoder.received()) {
            return Ok(());
        }
        // The end of the banner, whichever comes first: a line's end, the connection's, or this time's.
        let until = until.max(Deadline::after(&*clock, PROBE_WAIT));
        let until = until.min(Deadline::after(&*clock, BANNER_WAIT));
        let is_whole =
            |banner: &[u8]| banner.len() >= diagnosis::BANNER_BYTES || banner.contains(&b'\n');
        while !is_whole(self.decoder.received()) {
            match self.stream.read_more(self.decoder.buffer(), until) {
                Ok(()) => {}
                Err(stopped @ LinkError::Stopped(_)) => return Err(stopped),
                Err(_) => break,
            }
        }
        Err(LinkError::NotZeroMq(diagnosis::describe(self.decoder.received())))
    }

    /// Waits for the next command or message.
    fn next_item(&mut self, until: Deadline) -> Result<Item, LinkError> {
        loop {
            if let Some(item) = self.decoder.next()? {
                return Ok(item);
            }
            self.stream.read_more(self.decoder.buffer(), until)?;
        }
    }

    /// Fails where the connection has ended since the last call, as far as the system knows.
    fn check(&mut self) -> Result<(), LinkError> {
        match self.stream.read(self.decoder.buffer()) {
            Ok(ReadEnd::Added | ReadEnd::Nothing) => Ok(()),
            Ok(ReadEnd::Closed) | Err(_) => Err(LinkError::Unsent),
        }
    }
}

impl Connection for ZmqConnection {
    fn send(&mut self, frame: &RequestFrame, until: Deadline) -> Result<Duration, LinkError> {
        self.send_all(std::slice::from_ref(frame), until)
    }

    fn send_all(
        &mut self,
        frames: &[RequestFrame],
        until: Deadline,
    ) -> Result<Duration, LinkError> {
        self.transport.stop.check()?;
        if let Err(error) = self.check() {
            if !is_broken(Rule::NeverReconnect) {
                return Err(error);
            }
            *self = self.transport.clone().open(until)?;
        }
        let until = self.transport.at_least(until);
        let mut bytes = Vec::new();
        frames.iter().for_each(|frame| zmtp::write_message(&mut bytes, frame.bytes()));
        let start = self.transport.clock.monotonic();
        self.stream.write(&bytes, until)?;
        Ok(start)
    }

    fn receive(&mut self, until: Deadline) -> Result<Received, LinkError> {
        self.transport.stop.check()?;
        let until = self.transport.at_least(until);
        loop {
            match self.next_item(until)? {
                Item::Message(body) => return Ok(Received::new(body)),
                Item::Command(command) => {
                    if let Some(answer) = zmtp::answer(&command)? {
                        self.stream.write(&answer, until)?;
                    }
                }
            }
        }
    }
}

impl From<Fault> for LinkError {
    fn from(fault: Fault) -> Self {
        Self::NotZeroMq(fault.to_string())
    }
}
