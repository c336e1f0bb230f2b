//! Worlds in which a claim is false although no client could know better: an honest world answers with the same bytes.

use rust_decimal::Decimal;

use super::act::{Act, Nature};
use super::book::Account;
use super::command::{Command, Death};
use super::play::{Claims, Played};
use super::world::World;
use crate::proof::money;
use crate::protocol::positions::Position;
use crate::sim::{AccountKind, Execution, ExecutionKind};
use crate::units::Ticket;

/// A kind of undecidable world.
#[derive(Debug)]
pub struct Undecidable {
    /// The fact that the wire does not tell, in one sentence.
    pub sentence: &'static str,
    /// Whether a world is of this kind.
    pub holds: fn(&World, &Played) -> bool,
    /// A world in which the claim is true.
    pub honest: &'static str,
    /// A world in which the same claim is false, and every byte from the gateway the same.
    pub dishonest: &'static str,
}

/// Every kind.
pub const UNDECIDABLE: &[Undecidable] = &[
    Undecidable {
        sentence: "Another account that answers from the first read on looks like the expected one after trades and a deposit, unless the wire tells its login and a login is expected or known from a snapshot.",
        holds: |world, played| {
            let account = world.book.account;
            let is_after_snapshot = played.ends_with_sync() && !account.tells_login();
            let is_first_read = played.left_at_once && account != Account::Expected;
            played.truth.other.is_some() && (is_first_read || is_after_snapshot)
        },
        honest: "sync/3/stop-out:#1",
        dishonest: "sync/3/account-switch:9999.85:#1",
    },
    Undecidable {
        sentence: "A gateway that hides positions from the first list on answers as a flat account does.",
        holds: |world, _| {
            let hides =
                ["hides-positions:1+", "hides-positions:2+", "half-loaded:1+", "half-loaded:2+"];
            acts_any(world, &hides)
        },
        honest: "emergency-close/0/",
        dishonest: "emergency-close/3/hides-positions:1+",
    },
    Undecidable {
        sentence: "A gateway that hides an order's position and its margin answers as an account on which the order was refused.",
        holds: |world, played| {
            let ledger = &played.truth.ledger;
            let closed_by_others = |ticket| {
                let closes = |it: &Execution| it.kind == ExecutionKind::OthersClose;
                ledger.iter().any(|it| closes(it) && it.ticket == ticket)
            };
            let hides = acts(world, "hides-positions:")
                && played.before.iter().all(|position| closed_by_others(position.ticket));
            (hides || acts(world, "half-loaded:")) && played.opens().next().is_some()
        },
        honest: "canary/1/position-vanishes:1,order-failed",
        dishonest: "canary/1/position-vanishes:1,hides-positions:3+,order-failed-executed",
    },
    Undecidable {
        sentence: "While money is paid in or out, others trade, or the last run's order is closed, the balance does not show whether the results of positions that are hidden, or of another account without a login, are in it.",
        holds: |world, played| {
            let is_moved = acts(world, "account-switch:") && !world.book.account.tells_login();
            let other = played.truth.other.as_ref().filter(|_| is_moved);
            let others_trade = played.has_others_trade();
            let has_traded =
                other.is_some_and(|it| others_trade || played.truth.ledger.len() > it.after);
            let is_paid = acts_any(world, &["deposit:", "stub:"]);
            let lacks = lacks(world);
            let closed = [Death::BeforeClose, Death::AfterClose].map(Command::SyncAfter);
            has_traded
                || (is_paid && (other.is_some() || lacks))
                || (others_trade && hides(world))
                || (lacks && closed.contains(&world.command))
        },
        honest: "emergency-close/3/stop-out:#4",
        dishonest: "emergency-close/3/hides-positions:3+,terminal-dead:CLOSE,deposit:-0.15:#4",
    },
    Undecidable {
        sentence: "Results that are smaller than prices move between two reads leave no trace in the balance of another account, of one whose positions are hidden, or of a hedge or a small order that a list lacks.",
        holds: |world, played| {
            let cent = Decimal::new(1, 2);
            let results = played.before.iter().map(|position| position.profit.value());
            let result: Decimal = results.sum();
            // Prices move on from the start to the statement that a command compares with.
            let noise = cent * money::noise(played.before.len());
            let with_order = result + played.result_of_order();
            let open: Decimal = played.truth.open.iter().map(|it| it.profit.value()).sum();
            let is_small = [result, with_order, open].iter().any(|it| it.abs() <= noise + noise);
            // Otherwise margin is a trace of what a list lacks, unless it is a small order's.
            let leaves_order = world.book.positions > 1
                && played.opens().any(|order| holds(&played.truth.open, order.ticket));
            let is_cut =
                acts(world, "list-cut:") && world.book.account.kind() == AccountKind::Hedged;
            let is_small_order =
                lacks(world) && leaves_order && played.result_of_order().abs() <= noise;
            let other = [
                "account-switch:10000.00:",
                "account-visits:10000.00:",
                "account-copied:10000.00:",
            ];
            let moved = !world.book.account.tells_login() && acts_any(world, &other);
            is_small_order || (is_small && (moved || is_cut || hides(world)))
        },
        honest: "emergency-close/3/stop-out:#5,deposit:0.15:#5",
        dishonest: "emergency-close/3/account-switch:10000.00:#5",
    },
    Undecidable {
        sentence: "Another account with the same balance and a copy of every position looks like this one after a broker gave every position another ticket, unless the wire tells its login.",
        holds: |world, played| {
            acts(world, "account-copied:10000.00:")
                && played.truth.other.is_some()
                && !world.book.account.tells_login()
        },
        honest: "emergency-close/3/tickets-renumbered:#4",
        dishonest: "emergency-close/3/account-copied:10000.00:#4",
    },
    Undecidable {
        sentence: "A terminal whose lists follow later shows an old state, and its account does not contradict it where it follows later as well, or where tickets alone changed.",
        holds: |world, _| {
            acts(world, "list-lags:") && acts_any(world, &["account-lags:", "tickets-renumbered:"])
        },
        honest: "sync-after-close/1/list-lags:1s,account-lags:1s",
        dishonest: "sync-after-close/1/list-lags:1s,account-lags:1s,position-appears:12",
    },
    Undecidable {
        sentence: "A broker that cancels the deal of a close after the last list leaves no trace where the account's figures follow later, or later answers lie or are another account's.",
        holds: |world, _| {
            let mut known = world.acts.iter().filter_map(|act| Act::of(act));
            let lies = known.any(|act| act.nature == Nature::Deceptive);
            acts(world, "position-returns:") && (lies || acts(world, "account-lags:"))
        },
        honest: "canary/3/account-lags:1s",
        dishonest: "canary/3/account-lags:1s,position-returns:#16",
    },
    Undecidable {
        sentence: "A gateway that hides pending orders from the first list on answers as one without them.",
        holds: |world, played| {
            acts_any(world, &["pending-hidden", "pending-cut:"]) && !played.truth.pending.is_empty()
        },
        honest: "emergency-close/0-protocol5/",
        dishonest: "emergency-close/0-pending/pending-hidden",
    },
    Undecidable {
        sentence: "A gateway that executes an order which it promised never to execute, after the run has ended, answers as one that keeps its promise.",
        holds: |world, _| acts(world, "void-not-kept:"),
        honest: "canary/3-protocol5/open-withheld:20s",
        dishonest: "canary/3-protocol5/void-not-kept:20s",
    },
    Undecidable {
        sentence: "The margin of a symbol that was not open before is not known, so the order's position may seem to need that of another one, which the list lacks.",
        holds: |world, played| {
            let claims = played.runs.last().map(|run| &run.claims);
            let Some(Claims::Sync { report, .. }) = claims else { return false };
            let listed = report.positions.as_deref().unwrap_or_default();
            let mut lacks = played.truth.open.iter().filter(|it| !holds(listed, it.ticket));
            let lacks_new_alone = lacks.all(|it| !holds(&played.before, it.ticket));
            acts_any(world, &["list-lacks-new:", "list-cut:"])
                && lacks_new_alone
                && played.opens().any(|order| holds(listed, order.ticket))
        },
        honest: "sync-before-close/3/margin-rate:AUDUSD:17.44,swap:-0.09:#12",
        dishonest: "sync-before-close/3/list-lacks-new:4+,position-appears:3",
    },
    Undecidable {
        sentence: "A broker that books an order after the settle time is silent until then, as one that refused it.",
        holds: |world, _| {
            let lags = acts_any(world, &["list-lags:", "account-lags:"]);
            let is_shown_late = acts(world, "open-late:2500ms") && lags;
            acts(world, "open-late:20s") || is_shown_late
        },
        honest: "canary/3/open-ticket-zero",
        dishonest: "canary/3/open-late:20s",
    },
    Undecidable {
        sentence: "A gateway that died while an order blocked it is free again before the broker books the order, as one whose order was refused.",
        holds: |world, played| {
            let died = acts(world, "open-blocks:6s:2s") && acts(world, "restart:after:");
            died && played.is_booked_after_runs()
        },
        honest: "canary/3/open-ticket-zero,restart:after:2s:#11",
        dishonest: "canary/3/open-blocks:6s:2s,restart:after:2s:#11",
    },
    Undecidable {
        sentence: "An order that executes a second time after the run has ended left no trace in it.",
        holds: |world, _| acts(world, "open-again:"),
        honest: "canary/3/",
        dishonest: "canary/3/open-again:1s",
    },
    Undecidable {
        sentence: "A terminal that answers from its cache shows neither what opened nor what closed since, as one at which nothing did.",
        holds: |world, _| acts(world, "cached:"),
        honest: "canary/3/frozen,open-ticket-zero,drop-reply:#11",
        dishonest: "canary/3/cached:1+,drop-reply:#11",
    },
    Undecidable {
        sentence: "A broker that opens the order's position again gives it another ticket, and a run that finds it after the order's reply was lost takes it for the order's own.",
        holds: |world, played| {
            let found_later = matches!(world.command, Command::SyncAfter(_));
            found_later
                && acts_any(world, &["ticket-changes:", "tickets-renumbered:"])
                && reopens_order(&played.truth.ledger)
        },
        honest: "sync-after-send/3/stop-out:#1,position-appears:3,position-vanishes:3,deposit:0.12:#11,open-late:3500ms,drop-reply:#13,deposit:-0.01:#14",
        dishonest: "sync-after-send/3/stop-out:#1,drop-reply:#13,ticket-changes:#14",
    },
    Undecidable {
        sentence: "A position that somebody else opened looks like the order's, because lists tell neither uuid nor comment nor magic number.",
        holds: |world, _| acts(world, "alike-appears:"),
        honest: "sync-after-send/3/open-late:3600ms,drop-reply:#11",
        dishonest: "sync-after-send/3/open-ticket-zero,alike-appears:3,drop-reply:#11",
    },
];

fn acts(world: &World, prefix: &str) -> bool {
    world.acts.iter().any(|act| act.starts_with(prefix))
}

fn acts_any(world: &World, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| acts(world, prefix))
}

/// Whether the gateway hides positions together with their margin and results.
fn hides(world: &World) -> bool {
    acts_any(world, &["hides-positions:", "half-loaded:"])
}

/// Whether lists lack positions that are open.
fn lacks(world: &World) -> bool {
    hides(world) || acts(world, "list-cut:")
}

fn holds(list: &[Position], ticket: Ticket) -> bool {
    list.iter().any(|position| position.ticket == ticket)
}

/// Whether the position of an order was closed by others and opened again at once, the same but for its ticket.
fn reopens_order(ledger: &[Execution]) -> bool {
    let is_order_s =
        |ticket| ledger.iter().any(|it| it.kind == ExecutionKind::Open && it.ticket == ticket);
    let same = |closed: &Execution, opened: &Execution| {
        (&closed.symbol, &closed.side, &closed.volume)
            == (&opened.symbol, &opened.side, &opened.volume)
    };
    ledger.windows(2).any(|pair| {
        let (closed, opened) = (&pair[0], &pair[1]);
        (closed.kind, opened.kind) == (ExecutionKind::OthersClose, ExecutionKind::OthersOpen)
            && is_order_s(closed.ticket)
            && same(closed, opened)
    })
}

/// The kind that a world is of.
pub fn kind_of(world: &World, played: &Played) -> Option<&'static Undecidable> {
    UNDECIDABLE.iter().find(|kind| (kind.holds)(world, played))
}
