//! Round trips, a broker's time, delays and silence, in process and on a socket.

use uuid::Uuid;

use super::*;
use crate::clock::{StopToken, SystemClock};
use crate::link::permit::RequestFrame;
use crate::link::transport::Transport as _;
use crate::link::zeromq::ZmqTransport;
use crate::sim::{Server, ServerExit};

const RTT: Duration = Duration::from_millis(50);
const EXEC: Duration = Duration::from_millis(5);

fn timed(positions: usize, link_rtt: Duration, exec_time: Duration) -> TestClient {
    TestClient::with(&Options { positions, link_rtt, exec_time, ..Options::default() })
}

fn tickets(count: i64) -> impl Iterator<Item = Ticket> {
    (0..count).map(|nth| Ticket(100_000_001 + nth))
}

#[test]
fn without_faults_and_delays_no_time_passes() {
    let mut client = timed(500, Duration::ZERO, Duration::ZERO);
    for ticket in tickets(500) {
        client.close(ticket);
    }
    assert_eq!(client.elapsed(), Duration::ZERO);
}

#[test]
fn pipelining_hides_the_round_trip_but_not_the_brokers_time() {
    let mut client = timed(500, RTT, EXEC);
    for ticket in tickets(500) {
        let request = client.request(close(ticket)).encode();
        client.send(&request);
    }
    for _ in 0..500 {
        client.receive().unwrap();
    }
    assert_eq!(client.elapsed(), RTT + 500 * EXEC);

    let mut client = timed(20, RTT, EXEC);
    for ticket in tickets(20) {
        client.close(ticket);
    }
    assert_eq!(client.elapsed(), 20 * (RTT + EXEC));
}

#[test]
fn reads_and_refused_orders_take_no_broker_time() {
    let mut client = timed(3, RTT, EXEC);
    client.positions();
    client.refused(close(Ticket(5)));
    assert_eq!(client.elapsed(), 2 * RTT);
}

#[test]
fn a_request_without_a_waiting_client_is_handled_at_its_own_time() {
    let mut client = timed(3, RTT, EXEC);
    let sent = client.clock.now();
    let order = client.order("EURUSD", "BUY", "0.01");
    let request = client.request(order).encode();
    client.send(&request);
    client.clock.advance(Duration::from_secs(60));
    let ledger = client.ledger();
    assert_eq!(ledger.len(), 1, "its signature was still good");
    assert_eq!(ledger[0].time, sent + RTT / 2);
}

#[test]
fn a_delay_delays_later_requests() {
    let mut client = TestClient::with_faults(&["delay:PING:250ms:1"]);
    let ping = client.request(Ping).encode();
    let read = client.request(GetAccount).encode();
    client.send(&ping);
    client.send(&read);
    client.receive().unwrap();
    assert_eq!(client.elapsed(), Duration::from_millis(250));
    client.receive().unwrap();
    assert_eq!(client.elapsed(), Duration::from_millis(250));
    client.json(Ping);
    assert_eq!(client.elapsed(), Duration::from_millis(250));
}

#[test]
fn a_hanging_gateway_never_answers_again() {
    let mut client = TestClient::with_faults(&["hang:CLOSE"]);
    client.account();
    let request = client.request(close(Ticket(100_000_001))).encode();
    assert_eq!(client.raw(&request), Err(LinkError::TimedOut));
    client.link = client.gateway.open().unwrap();
    let ping = client.request(Ping).encode();
    assert_eq!(client.raw(&ping), Err(LinkError::TimedOut));
    assert!(client.ledger().is_empty());
}

#[test]
fn a_virtual_day_passes_at_once() {
    let mut client = TestClient::with_faults(&[]);
    let mut moved = 0;
    let mut before = client.account().equity;
    for _ in 0..24 * 60 {
        client.clock.advance(Duration::from_secs(60));
        let now = client.account().equity;
        moved += usize::from(now != before);
        before = now;
    }
    assert!(moved > 1200);
}

/// A socket of that kind, connected to the server.
fn client(server: &Server, kind: zmq::SocketType) -> (zmq::Context, zmq::Socket) {
    let client = zmq::Context::new();
    let socket = client.socket(kind).unwrap();
    socket.set_linger(0).unwrap();
    socket.set_rcvtimeo(10_000).unwrap();
    socket.connect(&format!("tcp://{}", server.endpoint())).unwrap();
    (client, socket)
}

fn serve(options: Options) -> Server {
    Server::start(options, Arc::new(SystemClock::new(StopToken::never()))).unwrap()
}

fn ping() -> Request<Ping> {
    Request::new(Ping, Timestamp::UNIX_EPOCH)
}

fn uuid_of(reply: &[u8]) -> Uuid {
    let reply: Value = serde_json::from_slice(reply).unwrap();
    reply["uuid"].as_str().unwrap().parse().unwrap()
}

#[test]
fn the_socket_serves_req_and_dealer_clients() {
    let server = serve(faults(&[]));
    assert!(server.endpoint().ip().is_loopback());
    let (_context, req) = client(&server, zmq::REQ);
    let request = ping();
    req.send(request.encode(), 0).unwrap();
    assert_eq!(uuid_of(&req.recv_bytes(0).unwrap()), request.uuid);
    let (_context, dealer) = client(&server, zmq::DEALER);
    let requests: Vec<Request<Ping>> = (0..300).map(|_| ping()).collect();
    for request in &requests {
        dealer.send_multipart([Vec::new(), request.encode()], 0).unwrap();
    }
    for request in &requests {
        let frames = dealer.recv_multipart(0).unwrap();
        assert_eq!((frames[0].len(), uuid_of(&frames[1])), (0, request.uuid));
    }
    assert_eq!(server.stop().unwrap(), ServerExit::Stopped);
}

#[test]
fn a_crash_and_a_requested_stop_end_the_server() {
    let server = serve(faults(&["crash:PING:after"]));
    let (_context, req) = client(&server, zmq::REQ);
    req.send(ping().encode(), 0).unwrap();
    let endpoint = server.endpoint();
    assert_eq!(server.join().unwrap(), ServerExit::Crashed);
    assert!(std::net::TcpStream::connect(endpoint).is_err());

    let (wake, asked) = std::io::pipe().unwrap();
    let stop = StopToken::new(wake.into());
    let server = serve(Options { stop: stop.clone(), ..faults(&[]) });
    stop.request_stop(15);
    drop(asked);
    assert_eq!(server.join().unwrap(), ServerExit::Stopped);
}

#[test]
fn after_a_disconnect_the_port_is_served_again() {
    let server = serve(faults(&["disconnect:PING:1"]));
    let transport = ZmqTransport::new(
        server.endpoint(),
        Arc::new(SystemClock::new(StopToken::never())),
        StopToken::never(),
    );
    let clock = SystemClock::new(StopToken::never());
    let until = Deadline::after(&clock, PATIENCE);
    let mut link = transport.connect(until).unwrap();
    link.send(&RequestFrame::read(&ping()), until).unwrap();
    assert_eq!(link.receive(until).unwrap_err(), LinkError::Lost);
    let mut link = transport.connect(until).unwrap();
    let request = ping();
    link.send(&RequestFrame::read(&request), until).unwrap();
    assert_eq!(uuid_of(&link.receive(until).unwrap()), request.uuid);
}
