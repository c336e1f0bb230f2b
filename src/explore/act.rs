//! The acts of an adversary. Each is a fault of the simulated gateway at the k-th request of its scope.

/// A template of an act; `{k}` is the number of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// The fault's specification with `{k}`.
    pub template: &'static str,
    /// Whether a sound gateway, its broker or other people can cause it.
    pub honest: bool,
}

const fn honest(template: &'static str) -> Act {
    Act { template, honest: true }
}

const fn deceptive(template: &'static str) -> Act {
    Act { template, honest: false }
}

/// Every act.
pub const ACTS: &[Act] = &[
    honest("drop-reply:#{k}"),
    honest("disconnect:#{k}"),
    honest("delay:1500ms:#{k}"),
    honest("delay:4s:#{k}"),
    honest("deposit:250.00:#{k}"),
    honest("deposit:-120.00:#{k}"),
    honest("swap:-3.00:#{k}"),
    honest("commission:0.07"),
    honest("stop-out:#{k}"),
    honest("ticket-changes:#{k}"),
    honest("position-appears:{k}"),
    honest("position-vanishes:{k}"),
    honest("partial-fill"),
    honest("close-part:#{k}"),
    honest("late-execution:3s"),
    honest("fill-price-zero"),
    honest("close-failed:1"),
    deceptive("account-switch:9000.00:#{k}"),
    deceptive("account-switch:10000.00:#{k}"),
    deceptive("hides-positions:#{k}"),
    deceptive("hides-positions:{k}+"),
    deceptive("list-cut:1:#{k}"),
    deceptive("list-cut:1:{k}+"),
    deceptive("list-cut:2:{k}+"),
    deceptive("list-repeats:#{k}"),
    deceptive("list-repeats:{k}+"),
    deceptive("positions-empty-on-error:#{k}"),
    deceptive("positions-empty-on-error:{k}+"),
    deceptive("terminal-dead:{k}+"),
    deceptive("no-terminal:#{k}"),
    deceptive("open-ticket-zero"),
    deceptive("open-late:4s"),
    deceptive("open-late:9s"),
    deceptive("open-blocks:1s:4s"),
    deceptive("open-blocks:9s:2s"),
    deceptive("open-raised:0.01"),
    deceptive("open-renamed:.s"),
    deceptive("open-twice"),
    deceptive("open-split"),
    deceptive("order-failed-executed"),
    deceptive("order-exception"),
    deceptive("stub:{k}+"),
    deceptive("close-ticket-zero:#{k}"),
    deceptive("close-ticket-zero"),
    deceptive("close-opens:#{k}"),
    deceptive("cannot-close"),
    deceptive("clock-skew:60s:{k}+"),
    deceptive("clock-skew:-60s:{k}+"),
    deceptive("list-time-offset:3h"),
    deceptive("reply-repeated:#{k}"),
    deceptive("uuid-foreign:#{k}"),
    deceptive("garbage:truncated:#{k}"),
    deceptive("foreign-ea-v4:{k}+"),
    deceptive("frozen"),
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
