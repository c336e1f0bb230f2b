//! A gateway whose answers a test writes byte for byte.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;

/// A REP socket on a port of its own, until the tests' process ends.
pub struct StandIn {
    pub endpoint: SocketAddr,
}

impl StandIn {
    /// Answers each request with `answer(action, uuid)`.
    pub fn new(answer: impl Fn(&str, &str) -> String + Send + 'static) -> Self {
        let socket = zmq::Context::new().socket(zmq::REP).unwrap();
        socket.bind("tcp://127.0.0.1:*").unwrap();
        let name = socket.get_last_endpoint().unwrap().unwrap();
        let port = name.rsplit(':').next().unwrap().trim_end_matches('\0').parse().unwrap();
        std::thread::spawn(move || {
            while let Ok(request) = socket.recv_bytes(0) {
                let request: Value = serde_json::from_slice(&request).unwrap();
                let text = |name: &str| request[name].as_str().unwrap().to_owned();
                socket.send(&answer(&text("action"), &text("uuid")), 0).unwrap();
            }
        });
        Self { endpoint: (Ipv4Addr::LOCALHOST, port).into() }
    }

    /// A healthy gateway with these positions, in GET_POSITIONS' form, and this account, token for token.
    pub fn holding(positions: &'static str, account: &'static str) -> Self {
        Self::holding_in("USD", positions, account)
    }

    /// The same with an account in that currency.
    pub fn holding_in(
        currency: &'static str,
        positions: &'static str,
        account: &'static str,
    ) -> Self {
        const TIME: &str = "2026-01-17T03:54:22.961398+00:00";
        Self::new(move |action, uuid| match action {
            "PING" => {
                let now = jiff::Timestamp::now();
                format!(
                    r#"{{"uuid":"{uuid}","status":"ok","server_time":"{now}","latency_ms":0.4}}"#
                )
            }
            "GET_ACCOUNT" => {
                format!(
                    r#"{{"uuid":"{uuid}","status":"ok",{account},"currency":"{currency}","timestamp":"{TIME}"}}"#
                )
            }
            "GET_POSITIONS" => {
                format!(
                    r#"{{"uuid":"{uuid}","status":"ok","positions":[{positions}],"timestamp":"{TIME}"}}"#
                )
            }
            "SYNC_ALL" => {
                let positions = positions
                    .replace("open_price", "price_open")
                    .replace("current_price", "price_current")
                    .replace(r#""profit""#, r#""time_open":0,"profit""#);
                let account = account
                    .replace("free_margin", "margin_free")
                    .replace(r#""margin":"#, r#""margin_used":"#);
                format!(
                    r#"{{"status":"OK","account":{{{account},"leverage":1}},"positions":[{positions}],"message":"ok"}}"#
                )
            }
            other => panic!("{other} was sent"),
        })
    }
}
