//! Peers that speak ZeroMQ and are not the gateway, or break its protocol below the JSON. Each writes its bytes itself.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Exited, Machine, Run, ended};

/// A program that serves each connection on a thread of its own, until the tests' process ends.
fn peer(serve: impl Fn(TcpStream) -> std::io::Result<()> + Send + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let serve = serve.clone();
            // The client may end the connection at any time.
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

/// The greeting of a ZMTP 3 socket with that mechanism.
fn greeting(mechanism: &str) -> Vec<u8> {
    let mut bytes = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01".to_vec();
    bytes.extend_from_slice(mechanism.as_bytes());
    bytes.resize(64, 0);
    bytes
}

/// Greets as libzmq does: the version at once, the mechanism once the peer's version is known. Then it ends the connection
/// as soon as it has seen that the mechanisms differ.
fn greet(stream: &mut TcpStream, mechanism: &str) -> std::io::Result<()> {
    let greeting = greeting(mechanism);
    stream.write_all(&greeting[..10])?;
    stream.read_exact(&mut [0; 11])?;
    stream.write_all(&greeting[10..])?;
    stream.read_exact(&mut [0; 21])
}

fn read_frame(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let mut body = vec![0; usize::from(head[1])];
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// Completes the handshake as a REP socket does, and returns the body of the first request.
fn first_request(stream: &mut TcpStream) -> std::io::Result<Value> {
    greet(stream, "NULL")?;
    stream.read_exact(&mut [0; 32])?;
    stream.write_all(b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03REP")?;
    read_frame(stream)?;
    read_frame(stream)?;
    Ok(serde_json::from_slice(&read_frame(stream)?).unwrap())
}

fn pong(request: &Value) -> String {
    let now = jiff::Timestamp::now();
    format!(
        r#"{{"uuid":{},"status":"ok","server_time":"{now}","latency_ms":0.4}}"#,
        request["uuid"]
    )
}

fn positions(machine: &Machine, address: SocketAddr) -> Run {
    machine.at(address, &["--output=json", "positions", "--timeout=2s", "--attempts=2"])
}

/// The peer is named, and nothing blames a network or a gateway that hangs.
#[track_caller]
fn is_not_the_gateway(run: Run, name: &str) -> Exited {
    let ended = run.end().exits(6);
    let document = ended.document();
    assert_eq!(document["error"]["code"], "not-the-gateway", "{document}");
    assert!(document["error"]["causes"].to_string().contains(name), "no {name:?} in {document}");
    ended
}

#[test]
fn a_socket_that_asks_for_authentication_is_named_by_its_mechanism() {
    let machine = Machine::new();
    for mechanism in ["CURVE", "PLAIN", "GSSAPI"] {
        let address = peer(move |mut stream| greet(&mut stream, mechanism));
        for _ in 0..10 {
            let name = format!("asks for {mechanism} authentication");
            is_not_the_gateway(positions(&machine, address), &name);
        }
    }
    // libzmq's own.
    let context = zmq::Context::new();
    let plain = context.socket(zmq::REP).unwrap();
    plain.set_plain_server(true).unwrap();
    plain.bind("tcp://127.0.0.1:*").unwrap();
    let endpoint = plain.get_last_endpoint().unwrap().unwrap();
    let address = endpoint.strip_prefix("tcp://").unwrap().parse().unwrap();
    is_not_the_gateway(positions(&machine, address), "asks for PLAIN authentication");
}

#[test]
fn a_reply_of_two_parts_is_not_the_gateways() {
    let machine = Machine::new();
    let address = peer(|mut stream| {
        let body = pong(&first_request(&mut stream)?);
        let length = u8::try_from(body.len()).unwrap();
        stream.write_all(&[1, 0, 1, length])?;
        stream.write_all(body.as_bytes())?;
        stream.write_all(b"\0\x01x")
    });
    for _ in 0..10 {
        is_not_the_gateway(positions(&machine, address), "not the one part");
    }
}

/// libzmq kept gigabytes of it within seconds.
#[cfg(target_os = "linux")]
#[test]
fn a_message_without_end_takes_no_memory() {
    let machine = Machine::new();
    let address = peer(|mut stream| {
        first_request(&mut stream)?;
        stream.write_all(&[1, 0])?;
        let part = [&[3, 0, 0, 0, 0, 0, 1, 0, 0][..], &[b' '; 0x10000]].concat();
        loop {
            stream.write_all(&part)?;
        }
    });
    let run = positions(&machine, address).in_a_shell_after("ulimit -v 300000");
    is_not_the_gateway(run, "not the one part");
}

/// A message of the greatest length is received, and is no valid reply. Its values would take a gigabyte.
#[cfg(target_os = "linux")]
#[test]
fn the_longest_message_fits_into_a_bounded_memory() {
    let machine = Machine::new();
    let numbers = "0,".repeat((64 << 20) / 2 - 16);
    let longest = std::sync::Arc::new(format!(r#"{{"a":[{numbers}0]}}"#));
    let address = peer(move |mut stream| {
        first_request(&mut stream)?;
        stream.write_all(&[1, 0, 2])?;
        stream.write_all(&(longest.len() as u64).to_be_bytes())?;
        stream.write_all(longest.as_bytes())
    });
    let run = positions(&machine, address).in_a_shell_after("ulimit -v 500000");
    is_not_the_gateway(run, "a program that answers");
}

/// Such a socket sends the length of an identity first. libzmq kept a processor busy with it until the timeout.
#[test]
fn a_socket_of_zmtp_1_is_named_at_once() {
    let machine = Machine::new();
    for first in
        [&b"\x01\0"[..], b"\xff\0\0\0\0\0\0\0\x01\0", b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x03"]
    {
        let address = peer(move |mut stream| {
            stream.write_all(first)?;
            stream.read_to_end(&mut Vec::new()).map(drop)
        });
        let run = positions(&machine, address);
        let document = is_not_the_gateway(run, "ZMTP 1.0 or 2.0").document();
        assert!(document["duration_ms"].as_u64().unwrap() < 1_500, "{document}");
    }
}

/// Waiting takes no processor time, whatever a peer has left undone.
#[cfg(target_os = "linux")]
#[test]
fn a_wait_takes_no_processor_time() {
    // No byte; a part of a greeting; a handshake without READY; a request without an answer; half an answer.
    let waiting = [0, 1, 2, 3, 4].map(|stage| {
        let machine = Machine::new();
        let address = peer(move |mut stream| {
            match stage {
                0 => {}
                1 => stream.write_all(&greeting("NULL")[..11])?,
                2 => greet(&mut stream, "NULL")?,
                _ => {
                    first_request(&mut stream)?;
                    stream.write_all(&b"\x01\0\0\x7fhalf"[..if stage == 3 { 0 } else { 6 }])?;
                }
            }
            stream.read_to_end(&mut Vec::new()).map(drop)
        });
        let run = machine.at(address, &["positions", "--timeout=4s", "--attempts=1"]);
        // In seconds of processor time; past it the system ends the command by a signal.
        (run.in_a_shell_after("ulimit -t 1").start(), machine)
    });
    for (child, _machine) in waiting {
        ended(child, "positions").exits(3);
    }
}

/// A gateway that was started with heartbeats sends a PING of its own, and ends the connection without a PONG.
#[test]
fn a_heartbeat_is_answered() {
    let machine = Machine::new();
    let address = peer(|mut stream| {
        let request = first_request(&mut stream)?;
        stream.write_all(b"\x04\x09\x04PING\0\x0aab")?;
        let mut answer = [0; 9];
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.read_exact(&mut answer)?;
        assert_eq!(answer, *b"\x04\x07\x04PONGab");
        let body = pong(&request);
        stream.write_all(&[1, 0, 0, u8::try_from(body.len()).unwrap()])?;
        stream.write_all(body.as_bytes())
    });
    // The identity is proved, and then the connection ends.
    let run = machine.at(address, &["link-test", "--timeout=5s"]);
    let document = run.json().exits(3).document();
    assert_eq!(document["report"]["failed_layer"], "terminal", "{document}");
}

/// An answer that came just before the connection's end counts.
#[test]
fn an_answer_before_the_connections_end_is_an_answer() {
    let machine = Machine::new();
    let address = peer(|mut stream| {
        let body = pong(&first_request(&mut stream)?);
        stream.write_all(&[1, 0, 0, u8::try_from(body.len()).unwrap()])?;
        stream.write_all(body.as_bytes())
    });
    for _ in 0..10 {
        let run = machine.at(address, &["link-test", "--timeout=5s"]);
        let document = run.json().exits(3).document();
        assert_eq!(document["report"]["failed_layer"], "terminal", "{document}");
    }
}

/// Each byte of a greeting, or of an answer, comes in time, and the whole never does.
#[test]
fn a_peer_that_drips_ends_no_later() {
    let dripping = [false, true].map(|is_greeted| {
        let machine = Machine::new();
        let address = peer(move |mut stream| {
            if is_greeted {
                first_request(&mut stream)?;
                stream.write_all(b"\x01\0\x02\0\0\0\0\x01\0\0\0")?;
            } else {
                stream.write_all(b"\xff")?;
            }
            loop {
                stream.write_all(b"\0")?;
                std::thread::park_timeout(Duration::from_millis(200));
            }
        });
        let run = machine.at(address, &["positions", "--timeout=1s", "--attempts=1"]);
        (run.arg("--output=json").start(), machine)
    });
    for (child, _machine) in dripping {
        let document = ended(child, "positions").exits(3).document();
        assert!(document["duration_ms"].as_u64().unwrap() < 5_000, "{document}");
    }
}
