//! The versions of the gateway's protocol.

/// A version of the gateway's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// 4.3, the deployed gateway's.
    #[default]
    Four,
    /// 5: signed frames, a journal, pending orders and deals.
    Five,
}
