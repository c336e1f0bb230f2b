//! What raising the position would mean: the next volume, its margin, and the worst hour at that size.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::records::Order;
use super::watched::Watched;
use crate::units::{Lots, Money};

/// The plan's steps of the coefficient.
const STEPS: [Decimal; 4] = [
    Decimal::from_parts(1, 0, 0, false, 1),
    Decimal::from_parts(2, 0, 0, false, 1),
    Decimal::from_parts(5, 0, 0, false, 1),
    Decimal::ONE,
];

/// The next step of the position.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Raise {
    /// The present coefficient, by the last executed order.
    pub coefficient: Option<String>,
    /// Its volume.
    pub volume: Option<Lots>,
    /// The next coefficient; null at the last step.
    pub next_coefficient: Option<String>,
    /// The next volume.
    pub next_volume: Option<Lots>,
    /// Margin of the present volume, where it was read.
    pub margin: Option<Money>,
    /// Margin at the next volume.
    pub next_margin: Option<Money>,
    /// The deepest fall of the equity within an hour.
    pub worst_hour: Option<Money>,
    /// The same at the next volume.
    pub next_worst_hour: Option<Money>,
}

/// The step after the last executed order. `max_lot` is the volume at the coefficient 1.
pub(super) fn next(orders: &[Order], watched: &Watched, max_lot: Decimal) -> Raise {
    let executed = orders.iter().rev().find(|order| order.ticket.is_some());
    let Some((order, volume)) = executed.and_then(|order| Some((order, order.volume.clone()?)))
    else {
        return Raise::default();
    };
    let coefficient = volume.value().checked_div(max_lot).unwrap_or_default();
    let next = STEPS.into_iter().find(|step| *step > coefficient);
    let next_volume = next.and_then(|step| step.checked_mul(max_lot));
    let scale = next_volume.and_then(|next| next.checked_div(volume.value()));
    let scaled = |amount: Decimal| scale.and_then(|scale| scale.checked_mul(amount));
    let rounded = |amount: Decimal| Money::from(amount.round_dp(8).normalize());
    let margin = watched
        .margin_max
        .as_ref()
        .zip(order.margin_before.as_ref())
        .map(|(most, before)| most.value().saturating_sub(before.value()))
        .filter(|margin| *margin > Decimal::ZERO);
    let worst = watched.equity_max.is_some().then_some(watched.worst_hour);
    let text = |value: Decimal| value.normalize().to_string();
    Raise {
        coefficient: Some(text(coefficient.round_dp(4))),
        volume: Some(volume),
        next_coefficient: next.map(text),
        next_volume: next_volume.map(|volume| Lots::from(volume.normalize())),
        margin: margin.map(rounded),
        next_margin: margin.and_then(scaled).map(rounded),
        worst_hour: worst.map(rounded),
        next_worst_hour: worst.and_then(scaled).map(rounded),
    }
}
