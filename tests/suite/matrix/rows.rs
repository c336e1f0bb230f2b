//! The commands, each with its requests, and for each request the right exit codes if it is the last one answered.

/// What a command may do to an account: the ledger is checked for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Reads,
    /// Nothing; it starts COMMAND if it passes.
    Gates,
    /// Nothing; it looks repeatedly until its deadline.
    Watches,
    /// One OPEN, and its CLOSE.
    Trades,
    /// One OPEN and its CLOSE, with a watch in between.
    Guards,
    /// Only CLOSEs.
    Closes,
    /// Only CLOSEs on two accounts, the first with a healthy gateway.
    ClosesTwo,
}

/// A request, as faults name it, and the right exit codes if it is the last.
pub(super) struct Request {
    pub(super) action: &'static str,
    pub(super) nth: usize,
    /// Codes if nothing answers any more.
    pub(super) dead: i32,
    /// Codes if another program answers.
    pub(super) replaced: &'static [i32],
}

pub(super) struct Command {
    pub(super) arguments: &'static [&'static str],
    pub(super) kind: Kind,
    /// The deadline in ms of a command that waits for a gateway that is gone for good.
    pub(super) deadline_ms: u64,
    /// Every request of a run on a healthy gateway. One PING stands for the whole series of a latency measurement.
    pub(super) requests: &'static [Request],
}

const fn at(action: &'static str, nth: usize, dead: i32, replaced: &'static [i32]) -> Request {
    Request { action, nth, dead, replaced }
}

/// link-test retries nothing, so it never meets another program, except in its round trips: they go on as scheduled on new
/// connections, and meet any program that starts before the last of them.
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
    // audit's self-test uses no gateway.
    arguments: &["audit", "--skip=self-test"],
    kind: Kind::Reads,
    deadline_ms: 4000,
    requests: &[
        // audit tests the link as link-test does.
        at("PING", 1, 3, &[3]),
        at("GET_ACCOUNT", 1, 3, &[3]),
        at("PING", 2, 3, &[3, 6]),
        at("PING", 11, 3, &[3]),
        at("PING", 12, 3, &[6]),
        at("SYNC_ALL", 1, 3, &[6]),
        at("GET_POSITIONS", 1, 3, &[6]),
        at("GET_ACCOUNT", 2, 3, &[6]),
        // The probe is sent once. A gateway without an answer can't close, which is a check's result.
        at("CLOSE", 1, 1, &[6]),
        at("PING", 13, 3, &[6]),
        at("GET_ACCOUNT", 3, 3, &[6]),
    ],
};

/// phoenix's syncs. The second one is held at its SYNC_ALL and killed.
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
    deadline_ms: 20_000,
    requests: &[
        at("PING", 1, 3, &[6]),
        at("SYNC_ALL", 1, 3, &[6]),
        at("GET_POSITIONS", 1, 3, &[6]),
        at("GET_ACCOUNT", 1, 3, &[6]),
        at("PING", 2, 3, &[6]),
        at("PING", 50, 3, &[6]),
        at("PING", 101, 3, &[6]),
        // A guard's probe, which is sent once. A gateway without an answer gets no order.
        at("CLOSE", 1, 5, &[5]),
        at("PING", 102, 3, &[6]),
        at("GET_POSITIONS", 2, 3, &[6]),
        at("GET_ACCOUNT", 2, 3, &[6]),
        // From here on an order has been sent.
        at("OPEN", 1, 4, &[4]),
        at("GET_POSITIONS", 3, 4, &[4]),
        // The state before the OPEN is the state before the CLOSE as well.
        at("CLOSE", 2, 8, &[8]),
        // Two lists and the account prove it.
        at("GET_POSITIONS", 4, 8, &[8]),
        at("GET_POSITIONS", 5, 8, &[8]),
        at("GET_ACCOUNT", 3, 8, &[8]),
        // The last balance is a warning only.
        at("GET_ACCOUNT", 4, 0, &[0]),
    ],
};

/// Sends the CLOSEs one by one, so that there is always one left for another program.
pub(super) const EMERGENCY_CLOSE: Command = Command {
    arguments: &["emergency-close", "--yes", "--window=1"],
    kind: Kind::Closes,
    deadline_ms: 3000,
    requests: &[
        at("PING", 1, 3, &[6]),
        at("GET_POSITIONS", 1, 3, &[6]),
        // The state before the first CLOSE; closing goes on without it.
        at("GET_ACCOUNT", 1, 8, &[8]),
        at("CLOSE", 1, 8, &[8]),
        at("CLOSE", 2, 8, &[8]),
        at("CLOSE", 3, 8, &[8]),
        at("GET_POSITIONS", 2, 8, &[8]),
        // Checks the list behind the round.
        at("GET_POSITIONS", 3, 8, &[8]),
        at("GET_ACCOUNT", 2, 8, &[8]),
        // For the certificate.
        at("GET_POSITIONS", 4, 8, &[8]),
        at("GET_POSITIONS", 5, 8, &[8]),
        at("GET_ACCOUNT", 3, 8, &[8]),
    ],
};

/// The connection's PING, then a PING and a GET_ACCOUNT for each look. The last look decides the exit code.
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

/// The requests of its first looks; before that it is an ordinary canary. The position stays open.
pub(super) const MONITOR: Command = Command {
    arguments: &[
        "canary",
        "--yes",
        "--monitor=400ms",
        "--monitor-interval=100ms",
        "--without-drift",
    ],
    kind: Kind::Guards,
    deadline_ms: 20_000,
    requests: &[
        at("PING", 103, 8, &[8]),
        at("GET_ACCOUNT", 3, 8, &[8]),
        at("GET_POSITIONS", 4, 8, &[8]),
        at("PING", 104, 8, &[8]),
    ],
};

/// One account is flat, so the exit code says that not all are.
pub(super) const EMERGENCY_CLOSE_ALL: Command = Command {
    arguments: &["emergency-close", "--all-profiles", "--yes", "--window=1"],
    kind: Kind::ClosesTwo,
    deadline_ms: 3000,
    requests: &[
        at("PING", 1, 8, &[8]),
        at("GET_POSITIONS", 1, 8, &[8]),
        at("GET_ACCOUNT", 1, 8, &[8]),
        at("CLOSE", 1, 8, &[8]),
        at("CLOSE", 2, 8, &[8]),
        at("CLOSE", 3, 8, &[8]),
        at("GET_POSITIONS", 2, 8, &[8]),
        at("GET_POSITIONS", 3, 8, &[8]),
        at("GET_ACCOUNT", 2, 8, &[8]),
        at("GET_POSITIONS", 4, 8, &[8]),
        at("GET_POSITIONS", 5, 8, &[8]),
        at("GET_ACCOUNT", 3, 8, &[8]),
    ],
};
