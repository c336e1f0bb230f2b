//! *Same gateway*: one proved connection, or one that was proved again.

use crate::evidence::basis::{Established, Missing, Premise};
use crate::link::Client;
use crate::proof::Judged;

/// Each answer came on a connection on which a PING proved the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameGateway(());

impl SameGateway {
    /// After a read: a client proves each connection before its first read. A simulated gateway does not take the place of
    /// a real one unnoticed.
    pub fn establish(client: &Client<'_>) -> Judged<Self> {
        match client.gateway_changed() {
            true => Err(Missing {
                premise: Premise::SameGateway,
                doubt: "a simulated gateway answers in place of a real one, or the reverse"
                    .to_owned(),
            }),
            false => Ok(Self(())),
        }
    }

    /// As a record.
    pub fn established(&self) -> Established {
        let found = "a PING proved each connection before its first answer".to_owned();
        Established { premise: Premise::SameGateway, found }
    }
}
