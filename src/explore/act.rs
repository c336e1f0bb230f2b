//! The acts of an adversary. Each is a fault of the simulated gateway at the k-th request of its scope.

use self::Nature::{Deceptive, Harmless, HarmlessToClose, Honest};

/// The actor behind an act, and the answer that a command owes in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// A sound gateway, its broker or other people: every command does its work, and says so.
    Harmless,
    /// The same, where no order is open: emergency-close does its work, and a canary may be in doubt.
    HarmlessToClose,
    /// The same, and a command may be in doubt.
    Honest,
    /// A gateway that lies.
    Deceptive,
}

/// A template of an act; `{k}` is the number of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// The fault's specification with `{k}`.
    pub template: &'static str,
    /// Its actor.
    pub nature: Nature,
}

const fn act(nature: Nature, template: &'static str) -> Act {
    Act { template, nature }
}

/// Every act.
pub const ACTS: &[Act] = &[
    act(HarmlessToClose, "drop-reply:#{k}"),
    act(HarmlessToClose, "disconnect:#{k}"),
    act(Harmless, "delay:1500ms:#{k}"),
    act(HarmlessToClose, "delay:4s:#{k}"),
    act(Harmless, "deposit:250.00:#{k}"),
    act(Harmless, "deposit:-120.00:#{k}"),
    act(Harmless, "swap:-3.00:#{k}"),
    act(Harmless, "commission:0.07"),
    act(Honest, "stop-out:#{k}"),
    act(Honest, "ticket-changes:#{k}"),
    act(Honest, "position-appears:{k}"),
    act(Honest, "position-vanishes:{k}"),
    act(Honest, "partial-fill"),
    act(HarmlessToClose, "close-part:#{k}"),
    act(Harmless, "late-execution:3s"),
    act(Harmless, "fill-price-zero"),
    act(HarmlessToClose, "close-failed:1"),
    act(Deceptive, "account-switch:9000.00:#{k}"),
    act(Deceptive, "account-switch:10000.00:#{k}"),
    act(Deceptive, "hides-positions:#{k}"),
    act(Deceptive, "hides-positions:{k}+"),
    act(Deceptive, "list-cut:1:#{k}"),
    act(Deceptive, "list-cut:1:{k}+"),
    act(Deceptive, "list-cut:2:{k}+"),
    act(Deceptive, "list-repeats:#{k}"),
    act(Deceptive, "list-repeats:{k}+"),
    act(Deceptive, "positions-empty-on-error:#{k}"),
    act(Deceptive, "positions-empty-on-error:{k}+"),
    act(Deceptive, "terminal-dead:{k}+"),
    act(Deceptive, "no-terminal:#{k}"),
    act(Deceptive, "open-ticket-zero"),
    act(Deceptive, "open-late:4s"),
    act(Deceptive, "open-late:9s"),
    act(Deceptive, "open-blocks:1s:4s"),
    act(Deceptive, "open-blocks:9s:2s"),
    act(Deceptive, "open-raised:0.01"),
    act(Deceptive, "open-renamed:.s"),
    act(Deceptive, "open-twice"),
    act(Deceptive, "open-split"),
    act(Deceptive, "order-failed-executed"),
    act(Deceptive, "order-exception"),
    act(Deceptive, "stub:{k}+"),
    act(Deceptive, "close-ticket-zero:#{k}"),
    act(Deceptive, "close-ticket-zero"),
    act(Deceptive, "close-opens:#{k}"),
    act(Deceptive, "cannot-close"),
    act(Deceptive, "clock-skew:60s:{k}+"),
    act(Deceptive, "clock-skew:-60s:{k}+"),
    act(Deceptive, "list-time-offset:3h"),
    act(Deceptive, "reply-repeated:#{k}"),
    act(Deceptive, "uuid-foreign:#{k}"),
    act(Deceptive, "garbage:truncated:#{k}"),
    act(Deceptive, "foreign-ea-v4:{k}+"),
    act(Deceptive, "frozen"),
];

impl Act {
    /// The fault at the k-th request.
    pub fn at(self, k: u32) -> String {
        self.template.replace("{k}", &k.to_string())
    }

    /// Whether the number of the request matters.
    pub fn is_timed(self) -> bool {
        self.template.contains("{k}")
    }
}
