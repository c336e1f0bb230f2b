//! The guards that protocol 5 makes possible: may the terminal trade now, and does the symbol allow the order?
//!
//! On protocol 4.3 neither can be known; the order is then refused after it was sent, and the lists show that.

use jiff::SignedDuration;
use rust_decimal::Decimal;

use super::Guards;
use crate::check::{Check, Status};
use crate::escape::visible;
use crate::link::Error;
use crate::protocol::gateway::{Gateway, SwitchState};
use crate::protocol::symbol_info::{GetSymbol, SymbolInfo};
use crate::protocol::terminal::GetTerminal;

/// An older quote shows that the market is closed, or that the terminal gets no quotes.
const OLDEST_QUOTE: SignedDuration = SignedDuration::from_mins(5);
/// MT5's trade modes of a symbol in which a BUY may open a position: long only, and full.
const MAY_BUY: [i64; 2] = [1, 4];
/// MT5's execution by market, which has no filling mode of its own.
const BY_MARKET: i64 = 2;

impl Guards<'_, '_, '_, '_> {
    /// Whether terminal, account and the gateway's own kill switch let an order execute.
    pub(super) fn trading_allowed(&mut self) -> Result<Check, Error> {
        const EXPECTED: &str =
            "a terminal and an account that may trade, and a released kill switch at the gateway";
        if !self.canary.client.answers::<GetTerminal>() {
            return Ok(unknown().expecting(EXPECTED));
        }
        let remedy =
            "look at the terminal on the gateway: AutoTrading, its account and its connection";
        let check = match self.canary.client.read(GetTerminal)?.reply {
            Err(refusal) => Check::fail(refusal.to_string()).with_remedy(refusal.code.remedy()),
            Ok(terminal) => match terminal.cannot_trade() {
                Some(cause) => Check::fail(cause).with_remedy(remedy),
                None if self.is_engaged_there() => Check::fail("the gateway's own kill switch is engaged")
                    .with_remedy("find out who engaged it and why (mt5crs breaker status), then mt5crs breaker release with an admin's key"),
                None => Check::pass("AutoTrading is on, and the account may trade"),
            },
        };
        Ok(check.expecting(EXPECTED))
    }

    fn is_engaged_there(&self) -> bool {
        let gateway = self.canary.client.gateway();
        gateway.is_some_and(|gateway| gateway.kill_switch == SwitchState::Engaged)
    }

    /// Whether the symbol, and the gateway's limits, allow a BUY of the canary's volume now.
    pub(super) fn symbol_rules(&mut self) -> Result<Check, Error> {
        let options = self.canary.options;
        let (symbol, volume) = (options.symbol.clone(), options.volume().value());
        let expected =
            format!("a market in which {} lots of {symbol} can be bought", volume.normalize());
        if !self.canary.client.answers::<GetSymbol>() {
            return Ok(unknown().expecting(expected));
        }
        let check = match self.canary.client.read(GetSymbol { symbol })?.reply {
            Err(refusal) => Check::fail(refusal.to_string()).with_remedy(refusal.code.remedy()),
            Ok(rules) => {
                let gateway = self.canary.client.gateway();
                let against =
                    against_volume(&rules, volume).or_else(|| against_trading(&rules)).or_else(
                        || gateway.and_then(|gateway| against_limits(gateway, &rules, volume)),
                    );
                match against {
                    Some((found, remedy)) => Check::fail(found).with_remedy(remedy),
                    None => Check::pass(format!(
                        "smallest volume {}, step {}, {}",
                        rules.volume_min.value().normalize(),
                        rules.volume_step.value().normalize(),
                        describe_quote(&rules)
                    )),
                }
            }
        };
        Ok(check.expecting(expected))
    }
}

fn unknown() -> Check {
    Check::new(Status::Info, "not known: protocol 4.3 does not tell")
}

/// What is wrong, and the remedy.
type Against = (String, &'static str);

fn against_volume(rules: &SymbolInfo, volume: Decimal) -> Option<Against> {
    let (min, max, step) =
        (rules.volume_min.value(), rules.volume_max.value(), rules.volume_step.value());
    let remedy = "choose another symbol, or another volume: MT5CRS_CANARY_MAX_LOT times MT5CRS_CANARY_COEFFICIENT";
    let found = if volume < min {
        format!(
            "the smallest volume is {}, above the canary's {}",
            min.normalize(),
            volume.normalize()
        )
    } else if volume > max {
        format!(
            "the largest volume is {}, below the canary's {}",
            max.normalize(),
            volume.normalize()
        )
    } else if step > Decimal::ZERO && !((volume - min) % step).is_zero() {
        format!("{} lots are no multiple of the step {}", volume.normalize(), step.normalize())
    } else {
        return None;
    };
    Some((found, remedy))
}

fn against_trading(rules: &SymbolInfo) -> Option<Against> {
    let remedy =
        "wait until the market is open, or look at the symbol's specification in the terminal";
    let found = if !rules.visible {
        "the symbol is not in the terminal's Market Watch".to_owned()
    } else if !MAY_BUY.contains(&rules.trade_mode) {
        format!("the broker does not let a BUY open now (trade mode {})", rules.trade_mode)
    } else if rules.ask.is_none() {
        "there is no quote".to_owned()
    } else if rules.execution_mode == BY_MARKET && rules.filling_modes.is_empty() {
        "the symbol has no filling mode for an order at market".to_owned()
    } else {
        let age = rules.tick_age().filter(|age| *age > OLDEST_QUOTE)?;
        format!(
            "the last quote is {} s old: the market is closed, or no quotes come",
            age.as_secs()
        )
    };
    Some((found, remedy))
}

fn against_limits(gateway: &Gateway, rules: &SymbolInfo, volume: Decimal) -> Option<Against> {
    let remedy = "correct the limits in the gateway's configuration, or choose within them";
    let most =
        gateway.limits.get("max_lots").and_then(|lots| lots.to_string().parse::<Decimal>().ok());
    if let Some(most) = most.filter(|most| volume > *most) {
        return Some((format!("the gateway allows at most {most} lots"), remedy));
    }
    let symbols = gateway.limits.get("symbols")?.as_array()?;
    let is_named = symbols.iter().any(|symbol| symbol == rules.symbol.as_str());
    (!is_named)
        .then(|| (format!("the gateway does not allow {}", visible(rules.symbol.as_str())), remedy))
}

fn describe_quote(rules: &SymbolInfo) -> String {
    match rules.tick_age() {
        Some(age) => format!("last quote {} s old", age.as_secs().max(0)),
        None => "the age of the last quote is not known".to_owned(),
    }
}
