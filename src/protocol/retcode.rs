//! MetaTrader 5's trade return codes (PROTOCOL.md, section 5): the broker's answer to an order.
//!
//! The v4.3 gateway ignores them (hazard 1). Operators see them in the terminal's journal, from a gateway that reports
//! `retcode`, or in another program's reply (hazard 11). Names and facts are from MetaQuotes' MQL5 reference, "Return Codes
//! of the Trade Server"; the classes are ours and tell the next step. 10005 and 10037 don't exist.

use super::code::Executed;

/// One return code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retcode {
    /// The broker's number.
    pub number: u16,
    /// MetaQuotes' name for it.
    pub name: &'static str,
    /// The next step for every code of its kind.
    pub class: Class,
    /// Its meaning, as a phrase that fits after a colon.
    pub meaning: &'static str,
    /// The next step for this code.
    pub remedy: &'static str,
}

/// Classes of return codes, by the operator's next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The server carried out the request.
    Done,
    /// The server accepted the request; its result shows later.
    AcceptedPoll,
    /// Unknown whether the request had an effect: re-read first.
    UnknownReRead,
    /// The position is probably closed already.
    ProbablyClosed,
    /// The price was outdated: ask with a fresh one.
    FreshPrice,
    /// Refused for now.
    Later,
    /// Refused without a reason: ask once more after a re-read.
    OnceMore,
    /// The request is wrong: correct it.
    MendRequest,
    /// A person must remove the cause.
    PersonMustAct,
}

impl Class {
    /// The remedy for every code of this class.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Done => "find the ticket in a later position list: only that is proof",
            Self::AcceptedPoll => {
                "read the positions until the order shows or the settle time has passed"
            }
            Self::UnknownReRead => "never send it again before a re-read: run mt5crs sync first",
            Self::ProbablyClosed => "run mt5crs positions and see that the ticket is gone",
            Self::FreshPrice => "send it again with a fresh price, three times at most",
            Self::Later => "wait, then send it again",
            Self::OnceMore => {
                "run mt5crs positions; if nothing changed, send it once more and no more often"
            }
            Self::MendRequest => "correct the request: the same one is refused every time",
            Self::PersonMustAct => "a person must act first: sending it again changes nothing",
        }
    }
}

impl Retcode {
    /// The code with this number, if MetaQuotes lists it.
    pub fn from_number(number: u16) -> Option<&'static Self> {
        LISTED.iter().find(|code| code.number == number)
    }

    /// Whether a request with this code executed.
    pub fn executed(&self) -> Executed {
        match (self.class, self.number) {
            (_, 10009 | 10010) => Executed::Yes,
            (Class::AcceptedPoll | Class::UnknownReRead | Class::ProbablyClosed, _) => {
                Executed::Unknown
            }
            _ => Executed::No,
        }
    }
}

macro_rules! retcodes {
    ($($number:literal $name:literal $class:ident, $meaning:literal, $remedy:literal;)*) => {
        /// Every listed code, by number.
        pub const LISTED: &[Retcode] = &[$(Retcode {
            number: $number,
            name: concat!("TRADE_RETCODE_", $name),
            class: Class::$class,
            meaning: $meaning,
            remedy: $remedy,
        }),*];
    };
}

retcodes! {
    10004 "REQUOTE" FreshPrice,
        "the broker offers another price than the one asked for",
        "if it goes on, the market is moving fast: wait for it to calm down";
    10006 "REJECT" OnceMore,
        "the broker refused the request and gave no reason",
        "if it is refused again, ask the broker";
    10007 "CANCEL" OnceMore,
        "the request was cancelled by a trader",
        "find out who else trades on this account";
    10008 "PLACED" AcceptedPoll,
        "the broker accepted the order and has not filled it yet",
        "look at the terminal's Trade tab: the gateway cannot list or cancel pending orders";
    10009 "DONE" Done,
        "the request was carried out",
        "nothing more to do";
    10010 "DONE_PARTIAL" AcceptedPoll,
        "only a part of the volume was executed",
        "compare the position's volume with the one asked for";
    10011 "ERROR" UnknownReRead,
        "the broker's server failed while it handled the request",
        "read the terminal's journal";
    10012 "TIMEOUT" UnknownReRead,
        "the request ran out of time at the broker; it may have been executed all the same",
        "look for the position until the settle time has passed";
    10013 "INVALID" MendRequest,
        "the request is not a valid one",
        "compare its fields with the symbol's specification";
    10014 "INVALID_VOLUME" MendRequest,
        "the symbol doesn't allow this volume",
        "compare it with the symbol's smallest and largest volume and its step; if no volume was sent, another program answers on the port";
    10015 "INVALID_PRICE" MendRequest,
        "the price is not valid",
        "round it to the symbol's digits, or send a market order";
    10016 "INVALID_STOPS" MendRequest,
        "stop loss or take profit is on the wrong side of the price or too near to it",
        "compare both with the price and the symbol's stops level";
    10017 "TRADE_DISABLED" PersonMustAct,
        "trading is switched off for this account or symbol",
        "ask the broker; an investor password cannot trade either";
    10018 "MARKET_CLOSED" Later,
        "the market is closed",
        "look up the symbol's trading sessions";
    10019 "NO_MONEY" PersonMustAct,
        "the free margin is too small",
        "compare the free margin with the order's margin: mt5crs positions";
    10020 "PRICE_CHANGED" FreshPrice,
        "the price changed while the request was on its way",
        "if it goes on, measure the link: mt5crs link-test";
    10021 "PRICE_OFF" FreshPrice,
        "there is no quote to execute it at",
        "check that the symbol is in Market Watch and that quotes arrive";
    10022 "INVALID_EXPIRATION" MendRequest,
        "the order's expiration date is not valid",
        "use an expiration that the symbol allows";
    10023 "ORDER_CHANGED" UnknownReRead,
        "the order's state changed meanwhile",
        "read the order's new state before anything else";
    10024 "TOO_MANY_REQUESTS" Later,
        "too many requests in a short time",
        "send requests less often";
    10025 "NO_CHANGES" MendRequest,
        "the request would change nothing",
        "check whether the order is already as intended";
    10026 "SERVER_DISABLES_AT" PersonMustAct,
        "the broker's server forbids automated trading",
        "ask the broker to allow it for this account";
    10027 "CLIENT_DISABLES_AT" PersonMustAct,
        "the terminal forbids automated trading",
        "on the gateway's host, switch Algo Trading on in the terminal";
    10028 "LOCKED" UnknownReRead,
        "the request is locked: the broker is working on it",
        "wait for the settle time, then read the positions";
    10029 "FROZEN" Later,
        "the order or position is frozen: the price is too near to its level",
        "send it again when the price has moved away, or ask the broker";
    10030 "INVALID_FILL" MendRequest,
        "the symbol doesn't allow this filling mode",
        "the gateway sends none (hazard 24): set one in the gateway that the symbol allows";
    10031 "CONNECTION" UnknownReRead,
        "the terminal has no connection to the broker",
        "restore the terminal's connection; the order may have left before it broke";
    10032 "ONLY_REAL" PersonMustAct,
        "only real accounts may do this",
        "check which account the terminal is logged in to";
    10033 "LIMIT_ORDERS" PersonMustAct,
        "the number of pending orders has reached its limit",
        "delete pending orders at the terminal";
    10034 "LIMIT_VOLUME" PersonMustAct,
        "the volume of orders and positions in this symbol has reached its limit",
        "close positions of the symbol, or ask the broker for a higher limit";
    10035 "INVALID_ORDER" MendRequest,
        "the order's type is wrong or not allowed",
        "use a type that the symbol allows";
    10036 "POSITION_CLOSED" ProbablyClosed,
        "the position of that ticket has been closed already",
        "find out how it was closed: by an earlier request, a stop, or a person";
    10038 "INVALID_CLOSE_VOLUME" MendRequest,
        "the volume to close is more than the position holds",
        "read the position's volume again";
    10039 "CLOSE_ORDER_EXIST" UnknownReRead,
        "the broker already has a close order for this position",
        "wait for that order; the gateway cannot list it";
    10040 "LIMIT_POSITIONS" PersonMustAct,
        "the number of open positions has reached the broker's limit",
        "close positions, or ask the broker for a higher limit";
    10041 "REJECT_CANCEL" PersonMustAct,
        "a pending order could not be activated and was cancelled",
        "read the terminal's journal for the cause, then decide whether to place it anew";
    10042 "LONG_ONLY" PersonMustAct,
        "the symbol allows only long positions",
        "trade another symbol, or ask the broker";
    10043 "SHORT_ONLY" PersonMustAct,
        "the symbol allows only short positions",
        "trade another symbol, or ask the broker";
    10044 "CLOSE_ONLY" PersonMustAct,
        "the symbol allows only closing",
        "trade another symbol, or ask the broker";
    10045 "FIFO_CLOSE" PersonMustAct,
        "the account closes positions in the order in which they were opened",
        "close the symbol's oldest position first";
    10046 "HEDGE_PROHIBITED" PersonMustAct,
        "the account forbids opposite positions in one symbol",
        "close the opposite position first";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_every_code_of_the_protocol_once_and_in_its_class() {
        let section_5: &[(Class, &[u16])] = &[
            (Class::Done, &[10009]),
            (Class::AcceptedPoll, &[10008, 10010]),
            (Class::UnknownReRead, &[10011, 10012, 10023, 10028, 10031, 10039]),
            (Class::ProbablyClosed, &[10036]),
            (Class::FreshPrice, &[10004, 10020, 10021]),
            (Class::Later, &[10018, 10024, 10029]),
            (Class::OnceMore, &[10006, 10007]),
            (Class::MendRequest, &[10013, 10014, 10015, 10016, 10022, 10025, 10030, 10035, 10038]),
            (
                Class::PersonMustAct,
                &[
                    10017, 10019, 10026, 10027, 10032, 10033, 10034, 10040, 10041, 10042, 10043,
                    10044, 10045, 10046,
                ],
            ),
        ];
        for (class, numbers) in section_5 {
            let listed = LISTED.iter().filter(|code| code.class == *class);
            let listed: Vec<u16> = listed.map(|code| code.number).collect();
            assert_eq!(listed, *numbers, "{class:?}");
        }
        assert!(LISTED.is_sorted_by(|a, b| a.number < b.number));
    }

    #[test]
    fn only_done_and_done_partial_claim_execution() {
        let with = |executed| -> Vec<u16> {
            let codes = LISTED.iter().filter(|code| code.executed() == executed);
            codes.map(|code| code.number).collect()
        };
        assert_eq!(with(Executed::Yes), [10009, 10010]);
        let unknown = [10008, 10011, 10012, 10023, 10028, 10031, 10036, 10039];
        assert_eq!(with(Executed::Unknown), unknown);
        assert_eq!(with(Executed::No).len(), LISTED.len() - 2 - unknown.len());
    }

    #[test]
    fn numbers_that_metaquotes_does_not_use_are_not_listed() {
        assert_eq!(
            Retcode::from_number(10004).map(|code| code.name),
            Some("TRADE_RETCODE_REQUOTE")
        );
        for number in [0, 10003, 10005, 10037, 10047] {
            assert_eq!(Retcode::from_number(number), None, "{number}");
        }
    }
}
