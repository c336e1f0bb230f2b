//! What a terminal reads of the account: positions, pending orders, deals and figures.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Book, INSTRUMENTS, LEVERAGE};
use crate::protocol::account::{Account, AccountDetails};
use crate::protocol::deals::Deal;
use crate::protocol::pending::PendingOrder;
use crate::protocol::positions::Position;
use crate::sim::account_kind::AccountKind;
use crate::sim::market::{Quote, cents};
use crate::units::{Exact, Level, Money, Ticket};

impl Book {
    /// The open positions, by ticket.
    pub(in crate::sim) fn positions(&self) -> Vec<Position> {
        let mut positions: Vec<Position> =
            self.held.values().map(|held| held.position.clone()).collect();
        if self.tells_details {
            // What has accrued is shown at the oldest position.
            let mut swap = self.swap;
            for (position, held) in positions.iter_mut().zip(self.held.values()) {
                position.details = Some(held.details(std::mem::take(&mut swap), self.kind));
            }
        }
        positions
    }

    /// The pending orders, by ticket.
    pub(in crate::sim) fn pending_orders(&self) -> Vec<PendingOrder> {
        self.pending.list()
    }

    /// Every deal, with the true time of each, in order.
    pub(in crate::sim) fn deals(&self) -> &[(Timestamp, Deal)] {
        self.deals.all()
    }

    /// The kind of account.
    pub(in crate::sim) fn kind(&self) -> AccountKind {
        self.kind
    }

    /// The quote of an instrument at the last revaluation.
    pub(in crate::sim) fn quote(&self, instrument: usize) -> Quote {
        self.quotes[instrument]
    }

    /// The volume of an open position in lots.
    pub(in crate::sim) fn volume_of(&self, ticket: Ticket) -> Option<Decimal> {
        self.held.get(&ticket.0).map(|held| held.volume)
    }

    /// Whether a position is open under this ticket.
    pub(in crate::sim) fn holds(&self, ticket: Ticket) -> bool {
        self.held.contains_key(&ticket.0)
    }

    /// The ticket of the oldest position but this one.
    pub(in crate::sim) fn oldest_beside(&self, ticket: Ticket) -> Option<Ticket> {
        self.held.keys().copied().map(Ticket).find(|held| *held != ticket)
    }

    /// The newest position's ticket.
    pub(in crate::sim) fn newest(&self) -> Option<Ticket> {
        self.held.keys().next_back().copied().map(Ticket)
    }

    /// The account's figures, consistent with the positions.
    pub(in crate::sim) fn account(&self) -> Account {
        let leverage = Decimal::from(LEVERAGE);
        let margin: Decimal = (0..INSTRUMENTS.len())
            .map(|index| {
                let rate = self.margin_rate.filter(|(rated, _)| *rated == index);
                let leverage = rate.map_or(leverage, |(_, factor)| leverage / factor);
                INSTRUMENTS[index].margin(self.net[index], self.quotes[index].bid, leverage)
            })
            .sum();
        let margin = self.kind.of_dollars(margin);
        let equity = self.balance + self.floating + self.swap + self.kind.credit();
        let level = if margin.is_zero() {
            Decimal::new(0, 1)
        } else {
            cents(Decimal::ONE_HUNDRED * equity / margin)
        };
        Account {
            balance: Money::from(self.balance),
            equity: Money::from(equity),
            margin: Money::from(margin),
            free_margin: Money::from(self.kind.round(equity - margin)),
            margin_level: Level(Exact::from(level)),
            currency: Some(self.kind.currency().to_owned()),
            login: None,
            server: None,
            trade_mode: None,
            details: self.tells_details.then(|| AccountDetails {
                leverage: LEVERAGE,
                credit: Money::from(self.kind.round(self.kind.credit())),
                profit: Money::from(self.kind.round(self.floating + self.swap)),
            }),
            reported_at: None,
        }
    }
}
