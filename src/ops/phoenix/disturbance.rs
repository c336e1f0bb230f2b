//! The disturbances, and whether one struck.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::harness::refused_calls::RefusedCalls;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident;)*) => {
        /// A kind of disturbance.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum DisturbanceKind {
            $($(#[doc = $doc])+ $name,)*
        }

        impl DisturbanceKind {
            /// Every kind, in the report's order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The kind in words.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+),)*
                }
                .trim_matches([' ', '.'])
            }
        }
    };
}

kinds! {
    /// The command is killed.
    KillTool;
    /// The gateway is killed, and comes back.
    KillGateway;
    /// The connection ends, and its message is lost.
    Drop;
    /// A message comes late.
    Delay;
    /// The connection ends within a reply.
    CutReply;
    /// Another program takes the gateway's port.
    Impostor;
    /// The disk is full.
    FullDisk;
    /// The power is cut.
    PowerCut;
    /// The gateway lies about an order.
    LieAboutOpen;
    /// The gateway lies about a close.
    LieAboutClose;
    /// The gateway executes from its queue after the command has left.
    LateQueue;
    /// The command's clock steps during each wait.
    SteppedClock;
    /// Locks fail.
    FailingLocks;
    /// No thread can be started.
    NoThreads;
    /// The descriptors run out.
    NoDescriptors;
    /// A FIFO takes the place of a file.
    Fifo;
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
    /// The gateway's process is stopped when it gets the message, and goes on this long after the tool has left the
    /// connection. Its queue then holds everything that was sent meanwhile.
    LateQueue { after_ms: u64 },
    /// From the trigger on, the tool's wall clock steps by this much at every message, away and back.
    SteppedClock { step_s: i64 },
    /// These calls of the tool fail, from its start.
    Refused(RefusedCalls),
    /// The tool can open this many descriptors in all.
    NoDescriptors { limit: u32 },
    /// A FIFO replaces the file.
    Fifo { file: UsedFile },
}

/// A file that commands use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UsedFile {
    Snapshot,
    Evidence,
    EvidenceHead,
    EvidenceLock,
    CanaryLock,
    KillSwitch,
    VerifyLog,
}

impl UsedFile {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot.json",
            Self::Evidence => "evidence.jsonl",
            Self::EvidenceHead => "evidence.head",
            Self::EvidenceLock => "evidence.lock",
            Self::CanaryLock => "canary.lock",
            Self::KillSwitch => "kill_switch.lock",
            Self::VerifyLog => "VERIFY_LOG.log",
        }
    }
}

/// Why a round's disturbance did not strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotPlayed {
    /// The command ended before the trigger.
    EndedBefore,
    /// The command went on with its work, and nothing in it failed or waited.
    NothingMet,
    /// This build or system can't carry it out.
    NoMeans(&'static str),
    /// The round itself failed.
    RoundFailed,
}

impl fmt::Display for NotPlayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndedBefore => "the command ended before the disturbance",
            Self::NothingMet => "the command met nothing of it",
            Self::NoMeans(why) => why,
            Self::RoundFailed => "the round could not be run",
        })
    }
}
