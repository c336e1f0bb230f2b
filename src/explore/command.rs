//! The commands that are played in worlds.

/// A command to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Command {
    /// One order, opened and closed.
    Canary,
    /// The same, and the position is watched for some minutes before it is closed.
    CanaryWatched,
    /// A canary died with its position open, and the next one takes the position up and closes it.
    CanaryResumed,
    /// Everything closed.
    EmergencyClose,
    /// The positions of one symbol closed.
    EmergencyCloseSymbol,
    /// One ticket closed.
    EmergencyCloseTicket,
    /// The gate before anything trades.
    Sync,
    /// The gate, after a canary died in the same world.
    SyncAfter(Death),
}

/// A point at which a canary dies, as by SIGKILL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Death {
    /// The intent was recorded, and the order was not sent.
    BeforeSend,
    /// The order was sent, and its outcome was not looked for.
    AfterSend,
    /// The outcome was recorded, and the position was not closed.
    BeforeClose,
    /// The CLOSE was sent, and its outcome was not recorded.
    AfterClose,
}

impl Death {
    /// The point's name in [`crate::ops::canary::Deps::kill_point`].
    pub(super) fn kill_point(self) -> &'static str {
        match self {
            Self::BeforeSend => "after-intent",
            Self::AfterSend => "after-send",
            Self::BeforeClose => "before-close",
            Self::AfterClose => "after-close",
        }
    }
}

impl Command {
    /// Every command.
    pub const ALL: [Self; 11] = [
        Self::Canary,
        Self::CanaryWatched,
        Self::CanaryResumed,
        Self::EmergencyClose,
        Self::EmergencyCloseSymbol,
        Self::EmergencyCloseTicket,
        Self::Sync,
        Self::SyncAfter(Death::BeforeSend),
        Self::SyncAfter(Death::AfterSend),
        Self::SyncAfter(Death::BeforeClose),
        Self::SyncAfter(Death::AfterClose),
    ];

    /// Its name in a world's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::CanaryWatched => "canary-watched",
            Self::CanaryResumed => "canary-resumed",
            Self::EmergencyClose => "emergency-close",
            Self::EmergencyCloseSymbol => "emergency-close-symbol",
            Self::EmergencyCloseTicket => "emergency-close-ticket",
            Self::Sync => "sync",
            Self::SyncAfter(Death::BeforeSend) => "sync-before-send",
            Self::SyncAfter(Death::AfterSend) => "sync-after-send",
            Self::SyncAfter(Death::BeforeClose) => "sync-before-close",
            Self::SyncAfter(Death::AfterClose) => "sync-after-close",
        }
    }

    /// Whether it sends an order, or a canary before it does.
    pub fn opens(self) -> bool {
        !matches!(
            self,
            Self::EmergencyClose
                | Self::EmergencyCloseSymbol
                | Self::EmergencyCloseTicket
                | Self::Sync
        )
    }
}
