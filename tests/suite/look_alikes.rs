//! Programs without ZeroMQ that may listen on the gateway's port.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

/// A TCP server that sends a greeting on each connection and an answer to the first line.
pub struct Stranger {
    pub endpoint: SocketAddr,
}

impl Stranger {
    pub fn new(greeting: &'static [u8], answer: &'static [u8]) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), greeting, answer)
    }

    /// Listens on a port that another program had.
    pub fn at(endpoint: SocketAddr, greeting: &'static [u8], answer: &'static [u8]) -> Self {
        Self::on(TcpListener::bind(endpoint).unwrap(), greeting, answer)
    }

    fn on(listener: TcpListener, greeting: &'static [u8], answer: &'static [u8]) -> Self {
        let endpoint = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                std::thread::spawn(move || {
                    let mut heard = [0; 1024];
                    let _ = stream.write_all(greeting);
                    while let Ok(count @ 1..) = stream.read(&mut heard) {
                        // An HTTP server waits for the end of a line.
                        if !answer.is_empty() && heard[..count].contains(&b'\n') {
                            let _ = stream.write_all(answer);
                            return;
                        }
                    }
                });
            }
        });
        Self { endpoint }
    }

    pub fn http() -> Self {
        Self::new(b"", b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    }

    pub fn ssh() -> Self {
        Self::new(b"SSH-2.0-OpenSSH_9.2\r\n", b"")
    }

    /// Accepts connections and sends nothing.
    pub fn silent() -> Self {
        Self::new(b"", b"")
    }
}
