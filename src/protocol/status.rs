//! The one place where the gateway's many words for success and failure become four (hazard 7).

/// What a reply's `status` says. It is a claim: FILLED is sent for orders that the broker rejected (hazard 1).
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
    /// Reads the wire's word; one that is not listed is `None`, and so a protocol error.
    pub fn from_wire(word: &str) -> Option<Self> {
        match word {
            "ok" | "OK" | "SUCCESS" => Some(Self::Ok),
            "FILLED" => Some(Self::Filled),
            "REJECTED" => Some(Self::Rejected),
            "error" | "ERROR" => Some(Self::Error),
            _ => None,
        }
    }

    /// Whether the gateway says that it did not do what was asked.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Rejected | Self::Error)
    }
}
