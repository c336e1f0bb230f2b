//! The acts of an adversary. Each is a fault of the simulated gateway at the k-th request of its scope.

use self::Doubt::{
    AnotherNewTicket, ClockStepped, ClosedMeanwhile, LikeOneGone, MoneyMoved, Renamed, Reopened,
    UnnamedOrder,
};
use self::Nature::{Deceptive, Disturbing, Quiet};
use crate::sim::FAULTS;

/// The actor behind an act, and the answer that a command owes in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// A sound gateway, its broker or other people: every command does its work, and says so.
    Quiet,
    /// The same, and the link, the gateway or the book is disturbed: every command gives a definite answer.
    Disturbing,
    /// A gateway that lies, or another account.
    Deceptive,
}

/// A reason why an honest act may leave a command in doubt: a fact that protocol 4.3 does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The reply to the OPEN was lost, and it alone names the order's ticket: lists tell neither the request's `uuid` nor its
    /// comment or magic number. A position that looks like the order may be somebody else's.
    UnnamedOrder,
    /// A position was closed by others, and no list tells which closed positions there were: the order's own may have been
    /// one of them.
    ClosedMeanwhile,
    /// Money moved, and no request lists deals: the movement may be the result of an order that was opened and closed.
    MoneyMoved,
    /// Somebody opened a position after the order. A broker may raise the volume and rename the symbol, so a new ticket may be
    /// the order's whatever it looks like.
    AnotherNewTicket,
    /// A position opened that is like one that is gone: a broker that opens a position again gives it another ticket, so the
    /// gone one may be open under that ticket, or the order may have opened both.
    Reopened,
    /// A position opened that is like one that is gone and of which the gateway called the last CLOSE not done, and no list
    /// showed both: the gone one may be open under that ticket.
    LikeOneGone,
    /// The broker renamed its symbols while an order was in doubt, so its position is in another symbol than was ordered.
    Renamed,
    /// The gateway's clock was stepped, and a signature is valid by that clock: how long is unknown from then on.
    ClockStepped,
}

/// A template of an act; `{k}` is the number of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// The fault's specification with `{k}`.
    pub template: &'static str,
    /// Its actor.
    pub nature: Nature,
    /// The reasons why it may leave a command in doubt.
    pub doubts: &'static [Doubt],
}

const fn act(nature: Nature, template: &'static str) -> Act {
    Act { template, nature, doubts: &[] }
}

const fn doubted(nature: Nature, template: &'static str, doubts: &'static [Doubt]) -> Act {
    Act { template, nature, doubts }
}

/// Every act.
pub const ACTS: &[Act] = &[
    doubted(Disturbing, "drop-reply:#{k}", &[UnnamedOrder]),
    doubted(Disturbing, "disconnect:#{k}", &[UnnamedOrder]),
    doubted(Disturbing, "restart:before:2s:#{k}", &[UnnamedOrder]),
    doubted(Disturbing, "restart:after:2s:#{k}", &[UnnamedOrder]),
    doubted(Disturbing, "delay:4s:#{k}", &[UnnamedOrder]),
    act(Quiet, "delay:1500ms:#{k}"),
    doubted(Quiet, "deposit:40.00:#{k}", &[MoneyMoved]),
    doubted(Quiet, "deposit:-30.00:#{k}", &[MoneyMoved]),
    doubted(Quiet, "swap:-3.00:#{k}", &[MoneyMoved]),
    act(Quiet, "commission:0.07"),
    act(Quiet, "margin-rate:AUDUSD:20"),
    doubted(Quiet, "clock-skew:2s:{k}+", &[ClockStepped]),
    doubted(Quiet, "clock-skew:-2s:{k}+", &[ClockStepped]),
    doubted(Disturbing, "stop-out:#{k}", &[ClosedMeanwhile]),
    doubted(Disturbing, "ticket-changes:#{k}", &[ClosedMeanwhile]),
    doubted(Disturbing, "tickets-renumbered:#{k}", &[ClosedMeanwhile]),
    doubted(Disturbing, "position-appears:{k}", &[AnotherNewTicket, LikeOneGone]),
    doubted(Disturbing, "position-vanishes:{k}", &[ClosedMeanwhile]),
    act(Disturbing, "partial-fill"),
    act(Disturbing, "close-part:#{k}"),
    act(Quiet, "late-execution:1500ms"),
    act(Quiet, "fill-price-zero"),
    act(Quiet, "close-failed:1"),
    act(Disturbing, "orders-refused:10004:2s:#{k}"),
    act(Disturbing, "orders-refused:10024:4s:#{k}"),
    act(Disturbing, "orders-refused:10018:8s:#{k}"),
    act(Quiet, "close-late:2s"),
    doubted(Disturbing, "engine-reopens", &[Reopened]),
    act(Quiet, "list-shuffled"),
    act(Quiet, "float-noise"),
    doubted(Disturbing, "alike-appears:{k}", &[AnotherNewTicket]),
    act(Quiet, "account-lags:1s"),
    act(Quiet, "list-lags:1s"),
    doubted(Disturbing, "symbols-renamed:.x:{k}+", &[Renamed]),
    act(Disturbing, "position-returns:#{k}"),
    doubted(Disturbing, "position-grows:{k}", &[MoneyMoved]),
    act(Quiet, "close-times-out:1500ms"),
    act(Deceptive, "cached:{k}+"),
    act(Deceptive, "list-lacks-new:{k}+"),
    act(Deceptive, "open-late:20s"),
    act(Deceptive, "open-again:1s"),
    act(Deceptive, "account-visits:10000.00:#{k}"),
    act(Deceptive, "account-switch:9000.00:#{k}"),
    act(Deceptive, "account-switch:10000.00:#{k}"),
    act(Deceptive, "replaced:5000.00:#{k}"),
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
    act(Deceptive, "open-late:1s"),
    act(Deceptive, "open-late:2500ms"),
    act(Deceptive, "open-blocks:500ms:1500ms"),
    act(Deceptive, "open-blocks:6s:2s"),
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
    act(Deceptive, "replies-swapped:#{k}"),
    act(Deceptive, "uuid-foreign:#{k}"),
    act(Deceptive, "garbage:truncated:#{k}"),
    act(Deceptive, "foreign-ea-v4:{k}+"),
    act(Deceptive, "frozen"),
    act(Deceptive, "close-other"),
    act(Deceptive, "open-misnamed"),
    act(Deceptive, "account-copied:10000.00:#{k}"),
    act(Deceptive, "half-loaded:#{k}"),
    act(Deceptive, "half-loaded:{k}+"),
    // Of protocol 5 alone.
    act(Disturbing, "journal-lost:#{k}"),
    act(Disturbing, "journal-restored:1:#{k}"),
    doubted(Disturbing, "open-withheld:1s", &[UnnamedOrder]),
    act(Quiet, "deals-lag:1s"),
    doubted(Disturbing, "pending-fills:#{k}", &[AnotherNewTicket, LikeOneGone]),
    doubted(Disturbing, "cancel-late", &[AnotherNewTicket, LikeOneGone]),
    act(Disturbing, "autotrading-off"),
    act(Disturbing, "market-closed"),
    act(Disturbing, "symbol-minimum:0.1"),
    act(Disturbing, "engage-in-memory"),
    act(Disturbing, "list-unstable:#{k}"),
    act(Disturbing, "kill-switch-engaged"),
    act(Deceptive, "mac-forged:#{k}"),
    act(Deceptive, "request-echoed:#{k}"),
    act(Deceptive, "reply-replayed:#{k}"),
    act(Deceptive, "reply-unsigned:#{k}"),
    act(Deceptive, "reply-other-key:#{k}"),
    act(Deceptive, "void-not-kept:1s"),
    act(Deceptive, "void-not-kept:20s"),
    act(Deceptive, "outcome-refused"),
    act(Deceptive, "outcome-done"),
    act(Deceptive, "deals-lack-newest"),
    act(Deceptive, "pending-hidden"),
    act(Deceptive, "pending-cut:1"),
    act(Deceptive, "cancel-ignored"),
    act(Deceptive, "engage-ignored"),
    act(Deceptive, "total-wrong:#{k}"),
];

impl Act {
    /// The act with this specification, whatever its place.
    pub fn of(spec: &str) -> Option<&'static Self> {
        let same = |act: &&Self| {
            let Some((before, after)) = act.template.split_once("{k}") else {
                return act.template == spec;
            };
            let place = spec.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            place.is_some_and(|k| !k.is_empty() && k.bytes().all(|it| it.is_ascii_digit()))
        };
        ACTS.iter().find(same)
    }

    /// Its name, without parameters and place.
    pub fn name(&self) -> &'static str {
        self.template.split(':').next().unwrap_or(self.template)
    }

    /// The fault at the k-th request.
    pub fn at(self, k: u32) -> String {
        self.template.replace("{k}", &k.to_string())
    }

    /// Whether only a gateway of protocol 5 can act so.
    pub fn is_of_protocol_5(&self) -> bool {
        let info = FAULTS.iter().find(|info| info.name == self.name());
        info.is_some_and(|info| info.protocol_5)
    }

    /// Whether the number of the request matters.
    pub fn is_timed(self) -> bool {
        self.template.contains("{k}")
    }
}
