//! The disturbances: kills, losses, delays, impostors, full disks, power cuts and faults of the gateway.

/// A kind of disturbance, before its details are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DisturbanceKind {
    KillTool,
    KillGateway,
    Drop,
    Delay,
    CutReply,
    Impostor,
    FullDisk,
    PowerCut,
    LieAboutOpen,
    LieAboutClose,
}

/// A disturbance with all its details. Times are in ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Disturbance {
    /// The tool gets SIGKILL. The held message is lost, or is delivered this long afterwards.
    KillTool { delivered_after_ms: Option<u64>, foreign_snapshot: bool, flatten_first: bool },
    /// The gateway's process gets SIGKILL, and is back after this many refused connections.
    KillGateway { refused: u32 },
    /// The connection ends, and the message is lost.
    Drop,
    /// The message is delivered this late.
    Delay { ms: u64 },
    /// This many thousandths of the message are delivered, then the connection ends.
    CutReply { permille: u32 },
    /// The gateway answers once more. Then a program that takes every message for an order listens on its port, for this
    /// many connections.
    Impostor { connections: u32 },
    /// No file can grow past this many blocks of 512 bytes. For evidence, the blocks count from its present size.
    FullDisk { blocks: u64 },
    /// The tool gets SIGKILL, and everything that it did not flush is gone.
    PowerCut { delivered: bool },
    /// The gateway runs with this fault of the simulator.
    Lie { fault: String },
}
