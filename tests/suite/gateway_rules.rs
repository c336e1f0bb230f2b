//! The rules of PROTOCOL.md's section 1, each against a peer that breaks a client without the rule.
//!
//! The peer writes ZMTP 3.0 byte for byte, because no ZeroMQ socket stops reading, announces a frame without sending it, or
//! counts its connections.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use jiff::Timestamp;
use mt5crs::clock::{Deadline, StopToken, SystemClock};
use mt5crs::link::permit::RequestFrame;
use mt5crs::link::transport::{Connection, LinkError, Transport};
use mt5crs::link::zeromq::ZmqTransport;
use mt5crs::protocol::Request;
use mt5crs::protocol::ping::Ping;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::support::{Machine, Sim};

/// A test that takes this long hangs.
const LONG: Duration = Duration::from_secs(10);

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn transport(address: SocketAddr) -> ZmqTransport {
    ZmqTransport::new(address, Arc::new(SystemClock::new(StopToken::never())), StopToken::never())
}

fn soon(time: Duration) -> Deadline {
    Deadline::after(&SystemClock::new(StopToken::never()), time)
}

/// A ZMTP 3.0 greeting with the NULL mechanism.
fn greeting() -> Vec<u8> {
    let mut bytes = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x00NULL".to_vec();
    bytes.resize(64, 0);
    bytes
}

/// Accepts and completes the handshake as a REP socket does.
fn shake_hands(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(&greeting()).unwrap();
    stream.read_exact(&mut [0; 64]).unwrap();
    let ready = b"\x05READY\x0bSocket-Type\x00\x00\x00\x03REP";
    stream.write_all(&[0x04, u8::try_from(ready.len()).unwrap()]).unwrap();
    stream.write_all(ready).unwrap();
    let mut head = [0; 2];
    stream.read_exact(&mut head).unwrap();
    stream.read_exact(&mut vec![0; usize::from(head[1])]).unwrap();
    stream
}

/// Returns a connection, and the peer's end of it.
fn connected(
    transport: &ZmqTransport,
    listener: TcpListener,
) -> (Box<dyn Connection>, TcpStream, TcpListener) {
    let peer = std::thread::spawn(move || (shake_hands(&listener), listener));
    let connection = transport.connect(soon(LONG)).unwrap();
    let (stream, listener) = peer.join().unwrap();
    (connection, stream, listener)
}

#[test]
fn an_undelivered_request_is_dropped_with_its_connection() {
    let (listener, address) = listener();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let transport = transport(address);
        let mut connection = transport.connect(soon(LONG)).unwrap();
        // Until the system's buffers are full, so that the rest waits in the socket.
        let frame = RequestFrame::read(&Request::new(Ping, Timestamp::UNIX_EPOCH));
        while connection.send(&frame, soon(Duration::from_millis(200))).is_ok() {}
        drop(connection);
        drop(transport);
        sender.send(())
    });
    let _never_read = shake_hands(&listener);
    let ended = receiver.recv_timeout(LONG);
    ended.expect("the frames are still being delivered after its sender gave up");
}

#[test]
fn an_ended_connection_does_not_reconnect() {
    let (listener, address) = listener();
    let transport = transport(address);
    let (mut connection, stream, listener) = connected(&transport, listener);
    drop(stream);
    assert_eq!(connection.receive(soon(LONG)).unwrap_err(), LinkError::Lost);
    // libzmq would reconnect after 100 ms, to any program on the port by then.
    let mut knock = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    assert_eq!(poll(&mut knock, PollTimeout::from(500_u16)), Ok(0), "it came again by itself");
    drop(connection);
}

#[test]
fn an_oversized_frame_is_refused_unread() {
    let (listener, address) = listener();
    let transport = transport(address);
    let (mut connection, mut stream, _listener) = connected(&transport, listener);
    let announced: u64 = (64 << 20) + 1;
    stream.write_all(&[0x02]).unwrap();
    stream.write_all(&announced.to_be_bytes()).unwrap();
    let refused = connection.receive(soon(LONG)).unwrap_err();
    assert!(matches!(refused, LinkError::NotZeroMq(_)), "{refused:?}");
}

#[test]
fn nothing_is_sent_before_the_handshake_ends() {
    /// Sent by the test itself after the command has ended.
    const LAST: &[u8] = b"that was all";
    for banner in [&b""[..], b"SSH-2.0-OpenSSH_9.2\r\n", b"\xff\0\0\0\0\0\0\0\x01\x7f"] {
        let (listener, address) = listener();
        let heard = std::thread::spawn(move || {
            let mut all = Vec::new();
            for stream in listener.incoming() {
                let (mut stream, mut heard) = (stream.unwrap(), Vec::new());
                let _ = stream.write_all(banner);
                let _ = stream.read_to_end(&mut heard);
                if heard == LAST {
                    break;
                }
                all.extend(heard);
            }
            all
        });
        let machine = Machine::new();
        let arguments = ["positions", "--timeout=300ms", "--attempts=1"];
        let ended = machine.at(address, &arguments).end();
        TcpStream::connect(address).unwrap().write_all(LAST).unwrap();
        assert!([Some(3), Some(6)].contains(&ended.code()), "{}", ended.stderr());
        let heard = String::from_utf8_lossy(&heard.join().unwrap()).into_owned();
        assert!(!heard.contains("PING") && !heard.contains("action"), "{heard:?}");
    }
}

#[test]
fn a_late_answer_does_not_answer_the_next_request() {
    // The first answer comes after its timeout, while the same request is being repeated.
    for (command, action) in [
        ("positions", "GET_POSITIONS"),
        ("positions", "GET_ACCOUNT"),
        ("sync", "SYNC_ALL"),
        ("sync", "GET_POSITIONS"),
        ("sync", "GET_ACCOUNT"),
    ] {
        let (machine, sim) =
            (Machine::new(), Sim::with_faults(&[&format!("delay:{action}:1s:#1")]));
        let ended = machine.against(&sim, &[command, "--timeout=800ms"]).json().exits(0);
        let log = machine.verify_log();
        assert_eq!(log.matches("Connection failed").count(), 1, "{action}: {log}");
        if command == "sync" {
            assert_eq!(ended.document()["report"]["rounds"], 1, "{action}");
        }
    }
}

#[test]
fn the_attempt_count_includes_the_first_and_waits_lie_between() {
    for attempts in [1, 2, 4] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&["drop-reply:GET_POSITIONS"]));
        let flag = format!("--attempts={attempts}");
        let run = machine.against(&sim, &["positions", &flag, "--timeout=100ms", "-vv"]);
        let ended = run.json().exits(3);
        let asked = ended.stderr().matches("asking action=\"GET_POSITIONS\"").count();
        assert_eq!(asked, attempts, "{}", ended.stderr());
        // Each attempt proves the identity on its own connection.
        assert_eq!(ended.stderr().matches("asking action=\"PING\"").count(), attempts);
        let log = machine.verify_log();
        assert_eq!(log.matches("Connection failed").count(), attempts, "{log}");
    }
}

#[test]
fn an_answered_request_is_not_repeated() {
    // A refusal and a protocol violation are answers; a repeated request would hide them.
    for (fault, code) in [("no-terminal:GET_ACCOUNT", 1), ("garbage:GET_ACCOUNT:nan", 6)] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[fault]));
        let ended = machine.against(&sim, &["positions", "-vv"]).json().exits(code);
        assert_eq!(ended.stderr().matches("asking action=\"GET_ACCOUNT\"").count(), 1);
    }
}
