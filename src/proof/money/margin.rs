//! Holds the margin in use against the listed volume.

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;

use super::{Contradiction, NOISE, RUN, Statement, smallest_amount, uses_margin};
use crate::protocol::positions::Position;
use crate::units::{Side, Symbol, Ticket};

/// Margin follows the volume in each symbol, where no position hedges another. So it may not exceed the share of volume
/// that is left. It may not stay where a tenth of all volume or more is gone; symbols need different margin for a lot, so a
/// fiftieth of that share has to be freed. And it may not be the same, as far as listed prices moved it, where the share is more than noise.
/// Prices move it by less than 2 % while positions are closed, by less than 0.5 % while one order is looked for, and by less
/// than 3 % from one run to another; a smaller position leaves no other trace in it. The margin of a hedge is the broker's to
/// decide, but the same positions need the same.
pub(super) fn margin_in_use(
    before: Statement<'_>,
    age: Duration,
    after: Statement<'_>,
) -> Option<Contradiction> {
    let (then, now) = (before.account.margin.value(), after.account.margin.value());
    let slack = |is_same: bool| {
        let share = match (age > RUN, is_same) {
            (true, _) => Decimal::new(3, 2),
            (false, true) => Decimal::new(5, 3),
            (false, false) => Decimal::new(2, 2),
        };
        (then * share).max(smallest_amount(after.account))
    };
    let in_use = Contradiction::MarginInUse { before: then, after: now };
    let names: Names<'_> = before.positions.iter().map(|it| (it.ticket, &it.symbol)).collect();
    let volumes = |positions| volumes(positions, &names);
    let Some((volumes, left)) = volumes(before.positions).zip(volumes(after.positions)) else {
        let is_same = volume_of_each(before.positions) == volume_of_each(after.positions);
        return (is_same && now > then + slack(true)).then_some(in_use);
    };
    let slack = slack(left == volumes);
    let shares: Vec<Decimal> = volumes
        .iter()
        .filter(|(_, volume)| !volume.is_zero())
        .map(|(symbol, volume)| left.get(symbol).copied().unwrap_or_default() / volume)
        .collect();
    let most = shares.iter().max().copied().unwrap_or_default();
    let exceeds = now > then * most + slack;
    let sum = |volumes: &BTreeMap<&Symbol, Decimal>| volumes.values().sum::<Decimal>();
    let gone = Decimal::ONE - sum(&left) / sum(&volumes).max(Decimal::new(1, 8));
    let freed = then - now;
    let smallest = smallest_amount(after.account);
    let stayed = gone >= Decimal::new(1, 1)
        && uses_margin(before.account)
        && freed <= then * gone / Decimal::from(50);
    let drift = drift(before, after);
    let is_same = freed.abs() < smallest / Decimal::TWO + drift
        && then * gone > (smallest + drift) * Decimal::from(NOISE);
    if stayed || is_same {
        return Some(Contradiction::MarginKept { before: then, after: now });
    }
    exceeds.then_some(in_use)
}

/// The volume of each ticket.
fn volume_of_each(positions: &[Position]) -> BTreeMap<Ticket, Decimal> {
    positions.iter().map(|it| (it.ticket, it.volume.value())).collect()
}

/// How far prices may have moved the margin: the double of the largest share by which a listed one did, and a last digit.
fn drift(before: Statement<'_>, after: Statement<'_>) -> Decimal {
    let then: BTreeMap<Ticket, Decimal> =
        before.positions.iter().map(|it| (it.ticket, it.current_price.value())).collect();
    let share = |now: &Position| {
        let then = then.get(&now.ticket)?;
        Some(now.current_price.value().checked_div(*then)? - Decimal::ONE)
    };
    let most = after.positions.iter().filter_map(share).map(|share| share.abs()).max();
    let share = most.unwrap_or_default();
    let last_digit = if share.is_zero() { Decimal::ZERO } else { smallest_amount(after.account) };
    before.account.margin.value() * share * Decimal::TWO + last_digit
}

/// Symbols by ticket as an earlier list spelled them: a broker may rename its symbols.
type Names<'n> = BTreeMap<Ticket, &'n Symbol>;

/// Volume by symbol; `None` where a symbol has positions on both sides or on an unlisted one.
fn volumes<'p>(
    positions: &'p [Position],
    names: &Names<'p>,
) -> Option<BTreeMap<&'p Symbol, Decimal>> {
    let mut sides: BTreeMap<&Symbol, (&Side, Decimal)> = BTreeMap::new();
    for Position { ticket, symbol, side, volume, .. } in positions {
        let symbol = names.get(ticket).copied().unwrap_or(symbol);
        let (first, sum) = sides.entry(symbol).or_insert((side, Decimal::ZERO));
        if *first != side || !matches!(side, Side::Buy | Side::Sell) {
            return None;
        }
        *sum += volume.value();
    }
    Some(sides.into_iter().map(|(symbol, (_, volume))| (symbol, volume)).collect())
}
