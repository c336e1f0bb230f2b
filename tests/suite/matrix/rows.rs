//! The commands, each with every request that it sends and the codes that are true where that request is the last.

/// What a command may do to an account, and so what the ledger is looked at for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Reads,
    /// Nothing, and it starts COMMAND where it passes.
    Gates,
    /// Nothing, look after look until its deadline.
    Watches,
    /// One OPEN, and its CLOSE.
    Trades,
    /// The same, with a watch between them.
    Guards,
    /// CLOSE alone.
    Closes,
    /// The same on two accounts, the first of them on a gateway that is well.
    ClosesTwo,
}

/// A request, as faults name it, and the exit codes that are true where it is the last.
pub(super) struct Request {
    pub(super) action: &'static str,
    pub(super) nth: usize,
    /// Nobody ever answers again.
    pub(super) dead: i32,
    /// Somebody else does.
    pub(super) replaced: &'static [i32],
}

pub(super) struct Command {
    pub(super) arguments: &'static [&'static str],
    pub(super) kind: Kind,
    /// In milliseconds: of a command that waits for a gateway that is gone for good.
    pub(super) deadline_ms: u64,
    /// Every request of a run on a gateway that is well; of the many PINGs in a row that measure, one stands for all.
    pub(super) requests: &'static [Request],
}

const fn at(action: &'static str, nth: usize, dead: i32, replaced: &'static [i32]) -> Request {
    Request { action, nth, dead, replaced }
}

/// Nothing is asked twice, so nobody else is ever asked; but for round trips, which go on by their schedule on a connection
/// made anew: whoever has come up before the last of them is met.
pub(super) const LINK_TEST: Command = Command {
    arguments: &["link-test", "-c", "20", "--interval=5ms"],
    kind: Kind::Reads,
    deadline_ms: 5000,
    requests: &[
        at("PING", 1, 3, &[3]),
        at("GET_ACCOUNT", 1, 3, &[3]),
        at("PING", 2, 3, &[3, 6]),
        at("PING", 12, 3, &[3, 6]),
        at("PING", 21, 3, &[3]),
    ],
};

pub(super) const POSITIONS: Command = Command {
    arguments: &["positions"],
    kind: Kind::Reads,
    deadline_ms: 2000,
    requests: &[
        at("PING", 1, 3, &[6]),
        at("GET_POSITIONS", 1, 3, &[6]),
        at("GET_ACCOUNT", 1, 3, &[6]),
    ],
};

pub(super) const SYNC: Command = Command {
    arguments: &["sync"],
    kind: Kind::Reads,
    deadline_ms: 2000,
    requests: &[
        at("PING", 1, 3, &[6]),
        at("SYNC_ALL", 1, 3, &[6]),
        at("GET_POSITIONS", 1, 3, &[6]),
        at("GET_ACCOUNT", 1, 3, &[6]),
    ],
};

pub(super) const GATE: Command =
    Command { arguments: &["sync", "--", "sh", "-c", "touch started"], kind: Kind::Gates, ..SYNC };

pub(super) const AUDIT: Command = Command {
    // Its tests of itself ask no gateway.
    arguments: &["audit", "--skip=self-test"],
    kind: Kind::Reads,
    deadline_ms: 4000,
    requests: &[
        // The link is tested as link-test does it.
        at("PING", 1, 3, &[3]),
        at("GET_ACCOUNT", 1, 3, &[3]),
        at("PING", 2, 3, &[3, 6]),
        at("PING", 11, 3, &[3]),
        at("PING", 12, 3, &[6]),
        at("SYNC_ALL", 1, 3, &[6]),
        at("GET_POSITIONS", 1, 3, &[6]),
        at("GET_ACCOUNT", 2, 3, &[6]),
        // The probe is tried once: a gateway that gives no answer to it is none that can close, which is a check's answer.
        at("CLOSE", 1, 1, &[6]),
        at("PING", 13, 3, &[6]),
        at("GET_ACCOUNT", 3, 3, &[6]),
    ],
};

/// Its syncs, the second of which is held at its SYNC_ALL and killed.
pub(super) const PHOENIX: Command = Command {
    arguments: &["phoenix", "--gateway", "--seed=2"],
    kind: Kind::Reads,
    deadline_ms: 4000,
    requests: &[
        at("PING", 1, 3, &[6]),
        at("SYNC_ALL", 1, 3, &[6]),
        at("GET_POSITIONS", 1, 3, &[6]),
        at("GET_ACCOUNT", 1, 3, &[6]),
        at("PING", 2, 3, &[6]),
        at("SYNC_ALL", 2, 3, &[6]),
        at("GET_POSITIONS", 2, 3, &[6]),
        at("PING", 3, 3, &[6]),
        at("SYNC_ALL", 3, 3, &[6]),
        at("GET_POSITIONS", 3, 3, &[6]),
        at("GET_ACCOUNT", 2, 3, &[6]),
    ],
};

pub(super) const CANARY: Command = Command {
    arguments: &["canary", "--yes"],
    kind: Kind::Trades,
    deadline_ms: 6000,
    requests: &[
        at("PING", 1, 3, &[6]),
        at("SYNC_ALL", 1, 3, &[6]),
        at("GET_POSITIONS", 1, 3, &[6]),
        at("GET_ACCOUNT", 1, 3, &[6]),
        at("PING", 2, 3, &[6]),
        at("PING", 50, 3, &[6]),
        at("PING", 101, 3, &[6]),
        // A guard's probe, tried once: who gives no answer to it gets no order.
        at("CLOSE", 1, 5, &[5]),
        at("PING", 102, 3, &[6]),
        at("GET_POSITIONS", 2, 3, &[6]),
        // From here on an order is out.
        at("OPEN", 1, 4, &[4]),
        at("GET_POSITIONS", 3, 4, &[4]),
        at("CLOSE", 2, 8, &[8]),
        at("GET_POSITIONS", 4, 8, &[8]),
        // The balance afterwards is for the report alone.
        at("GET_ACCOUNT", 2, 0, &[0]),
    ],
};

/// One CLOSE after the other, so that there is always one left that somebody else could be sent.
pub(super) const EMERGENCY_CLOSE: Command = Command {
    arguments: &["emergency-close", "--yes", "--window=1"],
    kind: Kind::Closes,
    deadline_ms: 3000,
    requests: &[
        at("PING", 1, 3, &[6]),
        at("GET_POSITIONS", 1, 3, &[6]),
        at("CLOSE", 1, 8, &[8]),
        at("CLOSE", 2, 8, &[8]),
        at("CLOSE", 3, 8, &[8]),
        at("GET_POSITIONS", 2, 8, &[8]),
        // Behind the round, to believe its list.
        at("GET_POSITIONS", 3, 8, &[8]),
        at("GET_ACCOUNT", 1, 8, &[8]),
        // For the certificate.
        at("GET_POSITIONS", 4, 8, &[8]),
        at("GET_POSITIONS", 5, 8, &[8]),
        at("GET_ACCOUNT", 2, 8, &[8]),
    ],
};

/// The connection's PING, and a PING and a GET_ACCOUNT each look. It ends with what it saw last.
pub(super) const LINK_WATCH: Command = Command {
    arguments: &["link-test", "--watch=20ms"],
    kind: Kind::Watches,
    deadline_ms: 700,
    requests: &[
        at("PING", 1, 3, &[6]),
        at("PING", 2, 3, &[6]),
        at("GET_ACCOUNT", 1, 3, &[6]),
        at("PING", 3, 3, &[6]),
        at("GET_ACCOUNT", 2, 3, &[6]),
    ],
};

/// The requests of its first looks; before the watch it is a canary like any. The position is open and is never proved closed.
pub(super) const MONITOR: Command = Command {
    arguments: &[
        "canary",
        "--yes",
        "--monitor=400ms",
        "--monitor-interval=100ms",
        "--without-drift",
    ],
    kind: Kind::Guards,
    deadline_ms: 4000,
    requests: &[
        at("PING", 103, 8, &[8]),
        at("GET_ACCOUNT", 2, 8, &[8]),
        at("GET_POSITIONS", 4, 8, &[8]),
        at("PING", 104, 8, &[8]),
    ],
};

/// One account is flat, so the answer of both is that not all are.
pub(super) const EMERGENCY_CLOSE_ALL: Command = Command {
    arguments: &["emergency-close", "--all-profiles", "--yes", "--window=1"],
    kind: Kind::ClosesTwo,
    deadline_ms: 3000,
    requests: &[
        at("PING", 1, 8, &[8]),
        at("GET_POSITIONS", 1, 8, &[8]),
        at("CLOSE", 1, 8, &[8]),
        at("CLOSE", 2, 8, &[8]),
        at("CLOSE", 3, 8, &[8]),
        at("GET_POSITIONS", 2, 8, &[8]),
        at("GET_POSITIONS", 3, 8, &[8]),
        at("GET_ACCOUNT", 1, 8, &[8]),
        at("GET_POSITIONS", 4, 8, &[8]),
        at("GET_POSITIONS", 5, 8, &[8]),
        at("GET_ACCOUNT", 2, 8, &[8]),
    ],
};
