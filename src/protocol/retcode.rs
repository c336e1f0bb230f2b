//! MetaTrader 5's trade return codes (PROTOCOL.md, section 5): what the broker's server said of an order.
//!
//! The gateway of v4.3 never looks at them (hazard 1), so they reach an operator from the terminal's journal, from a
//! gateway that reports `retcode`, or from an impostor's reply (hazard 11). FailureContext and facts are those of MetaQuotes'
//! MQL5 reference, "Return Codes of the Trade Server"; the class is ours and says what to do next. 10005 and 10037 do
//! not exist.

/// One return code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retcode {
    /// The number that the broker's server answers with.
    pub number: u16,
    /// MetaQuotes' constant.
    pub name: &'static str,
    /// What to do next, in general.
    pub class: Class,
    /// What it means, as a phrase.
    pub meaning: &'static str,
    /// What to do next about this one.
    pub remedy: &'static str,
}

/// Return codes sorted by what the operator does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The server carried the request out.
    Done,
    /// The server took the request; what comes of it shows later.
    AcceptedPoll,
    /// What became of it has to be read.
    UnknownReRead,
    /// The position is probably gone.
    ProbablyClosed,
    /// The price was stale.
    FreshPrice,
    /// Not now.
    Later,
    /// Refused without a reason that could be mended.
    OnceMore,
    /// The request itself is wrong.
    MendRequest,
    /// Something outside of the request stands in the way.
    PersonMustAct,
}

/// What a return code says was done at the broker. It is a claim like every reply: the position list is the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The request had no effect.
    Nothing,
    /// At least a part of the volume was executed.
    Executed,
    /// The code alone doesn't tell.
    Unknown,
}

impl Class {
    /// What to do with every code of this class.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Done => "find the ticket in a later position list: only that proves it",
            Self::AcceptedPoll => {
                "read the positions until the order shows or the settle time has passed"
            }
            Self::UnknownReRead => "never send it again before a re-read: run mt5crs sync first",
            Self::ProbablyClosed => "run mt5crs positions and see that the ticket is gone",
            Self::FreshPrice => "ask again with a fresh price, two or three times at most",
            Self::Later => "wait, then ask again",
            Self::OnceMore => {
                "run mt5crs positions; if nothing changed, ask once more and no oftener"
            }
            Self::MendRequest => "correct the request: the same one is refused every time",
            Self::PersonMustAct => "a person must act first: asking again changes nothing",
        }
    }
}

impl Retcode {
    /// The code of that number, where MetaQuotes lists it.
    pub fn from_number(number: u16) -> Option<&'static Self> {
        LISTED.iter().find(|code| code.number == number)
    }

    /// What the code says was done.
    pub fn effect(&self) -> Effect {
        match (self.class, self.number) {
            (_, 10009 | 10010) => Effect::Executed,
            (Class::AcceptedPoll | Class::UnknownReRead | Class::ProbablyClosed, _) => {
                Effect::Unknown
            }
            _ => Effect::Nothing,
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
        "the order stands at the broker and is not filled yet",
        "look at the terminal's Trade tab: the gateway cannot list or cancel pending orders";
    10009 "DONE" Done,
        "the request was carried out",
        "nothing more";
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
        "compare its fields with what the symbol allows";
    10014 "INVALID_VOLUME" MendRequest,
        "the volume is not one that the symbol allows",
        "compare it with the symbol's smallest and largest volume and its step; with no volume sent, another program answers on the port";
    10015 "INVALID_PRICE" MendRequest,
        "the price is not valid",
        "round it to the symbol's digits, or send a market order";
    10016 "INVALID_STOPS" MendRequest,
        "stop loss or take profit is on the wrong side of the price or too near to it",
        "compare both with the price and the symbol's stops level";
    10017 "TRADE_DISABLED" PersonMustAct,
        "trading is switched off for this account or symbol",
        "ask the broker; an investor's password can't trade either";
    10018 "MARKET_CLOSED" Later,
        "the market is closed",
        "look up the symbol's trading sessions";
    10019 "NO_MONEY" PersonMustAct,
        "the free margin is not enough",
        "compare free margin with what the order needs: mt5crs positions";
    10020 "PRICE_CHANGED" FreshPrice,
        "the price changed while the request was on its way",
        "if it goes on, measure the link: mt5crs link-test";
    10021 "PRICE_OFF" FreshPrice,
        "there is no quote to execute it at",
        "see that the symbol is in Market Watch and that quotes come in";
    10022 "INVALID_EXPIRATION" MendRequest,
        "the order's expiration date is not valid",
        "use an expiration that the symbol allows";
    10023 "ORDER_CHANGED" UnknownReRead,
        "the order's state changed meanwhile",
        "see what it changed to before anything else";
    10024 "TOO_MANY_REQUESTS" Later,
        "requests come too often",
        "send fewer at a time";
    10025 "NO_CHANGES" MendRequest,
        "the request would change nothing",
        "see whether it is as wanted already";
    10026 "SERVER_DISABLES_AT" PersonMustAct,
        "the broker's server forbids automated trading",
        "ask the broker to allow it for this account";
    10027 "CLIENT_DISABLES_AT" PersonMustAct,
        "the terminal forbids automated trading",
        "on the gateway's host, switch Algo Trading on in the terminal";
    10028 "LOCKED" UnknownReRead,
        "the request is locked: the broker is working on it",
        "wait for the settle time and see what became of it";
    10029 "FROZEN" Later,
        "the order or position is frozen: the price is too near to its level",
        "ask again when the price has moved away, or ask the broker";
    10030 "INVALID_FILL" MendRequest,
        "the symbol doesn't allow this filling mode",
        "the gateway sends none (hazard 24): set one in the gateway that the symbol allows";
    10031 "CONNECTION" UnknownReRead,
        "the terminal has no connection to the broker",
        "see to the terminal's connection; the order may have left before it broke";
    10032 "ONLY_REAL" PersonMustAct,
        "allowed on real accounts alone",
        "see which account the terminal is logged in to";
    10033 "LIMIT_ORDERS" PersonMustAct,
        "the number of pending orders has reached its limit",
        "delete pending orders at the terminal";
    10034 "LIMIT_VOLUME" PersonMustAct,
        "the volume of orders and positions in this symbol has reached its limit",
        "close positions of the symbol, or ask the broker for a higher limit";
    10035 "INVALID_ORDER" MendRequest,
        "the order's type is wrong or forbidden here",
        "use a type that the symbol allows";
    10036 "POSITION_CLOSED" ProbablyClosed,
        "the position of that ticket has been closed already",
        "find out what closed it: an earlier request, a stop, or a person";
    10038 "INVALID_CLOSE_VOLUME" MendRequest,
        "the volume to close is more than the position holds",
        "read the position's volume again";
    10039 "CLOSE_ORDER_EXIST" UnknownReRead,
        "a close order for this position stands at the broker already",
        "wait for that one; the gateway cannot list it";
    10040 "LIMIT_POSITIONS" PersonMustAct,
        "the number of open positions has reached the broker's limit",
        "close positions, or ask the broker for a higher limit";
    10041 "REJECT_CANCEL" PersonMustAct,
        "a pending order could not be activated and was cancelled",
        "read the terminal's journal for the cause, then decide whether to place it anew";
    10042 "LONG_ONLY" PersonMustAct,
        "the symbol allows long positions alone",
        "trade another symbol, or ask the broker";
    10043 "SHORT_ONLY" PersonMustAct,
        "the symbol allows short positions alone",
        "trade another symbol, or ask the broker";
    10044 "CLOSE_ONLY" PersonMustAct,
        "the symbol allows nothing but closing",
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
    fn every_code_of_the_protocol_stands_once_and_in_its_class() {
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
    fn only_the_servers_word_for_done_is_a_claim_of_execution() {
        let with = |effect| -> Vec<u16> {
            let codes = LISTED.iter().filter(|code| code.effect() == effect);
            codes.map(|code| code.number).collect()
        };
        assert_eq!(with(Effect::Executed), [10009, 10010]);
        let unknown = [10008, 10011, 10012, 10023, 10028, 10031, 10036, 10039];
        assert_eq!(with(Effect::Unknown), unknown);
        assert_eq!(with(Effect::Nothing).len(), LISTED.len() - 2 - unknown.len());
    }

    #[test]
    fn numbers_that_metaquotes_does_not_use_are_unlisted() {
        assert_eq!(
            Retcode::from_number(10004).map(|code| code.name),
            Some("TRADE_RETCODE_REQUOTE")
        );
        for number in [0, 10003, 10005, 10037, 10047] {
            assert_eq!(Retcode::from_number(number), None, "{number}");
        }
    }
}
