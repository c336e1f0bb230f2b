//! The gateway's many status words, normalised to four (hazard 7).

/// A reply's `status`. It is a claim: FILLED is also sent for orders that the broker rejected (hazard 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `ok`, `OK`, `SUCCESS`.
    Ok,
    /// `FILLED`.
    Filled,
    /// `REJECTED`.
    Rejected,
    /// `error`, `ERROR`.
    Error,
}

impl Status {
    /// Reads the wire's word; `None` for an unlisted one, which is a protocol error.
    pub fn from_wire(word: &str) -> Option<Self> {
        match word {
            "ok" | "OK" | "SUCCESS" => Some(Self::Ok),
            "FILLED" => Some(Self::Filled),
            "REJECTED" => Some(Self::Rejected),
            "error" | "ERROR" => Some(Self::Error),
            _ => None,
        }
    }

    /// Whether the gateway claims that it refused the request.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Rejected | Self::Error)
    }
}
