//! The part of an order's reply that protocol 5 adds, for OPEN, CLOSE and CANCEL alike.
//!
//! Every field is the gateway's claim. A field that the terminal did not say is `None`, never a guess.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::code::Executed;
use super::malformed::Malformed;
use super::wire::Object;
use crate::units::{Lots, Price, Ticket};

/// An order's result in protocol 5's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderResult {
    /// Whether the order executed.
    pub executed: Executed,
    /// MT5's return code.
    pub retcode: Option<i64>,
    /// The return code's name without its prefix: `DONE`.
    pub retcode_name: Option<String>,
    /// The order's ticket.
    pub order: Option<Ticket>,
    /// The ticket of the deal that executed it.
    pub deal: Option<Ticket>,
    /// The position that it opened, closed or changed.
    pub position: Option<Ticket>,
    /// The executed volume.
    pub volume: Option<Lots>,
    /// The execution's price.
    pub price: Option<Price>,
    /// The volume that did not execute.
    pub remaining_volume: Option<Lots>,
    /// The broker's comment.
    pub broker_comment: Option<String>,
    /// Whether the gateway's journal holds the order.
    pub journalled: bool,
    /// Whether this reply was given before and comes from the journal.
    pub replayed: bool,
}

impl OrderResult {
    /// A result of which nothing is known but whether it executed.
    pub fn blank(executed: Executed) -> Self {
        Self {
            executed,
            retcode: None,
            retcode_name: None,
            order: None,
            deal: None,
            position: None,
            volume: None,
            price: None,
            remaining_volume: None,
            broker_comment: None,
            journalled: false,
            replayed: false,
        }
    }

    /// Reads a reply's members; `None` for a reply of 4.3, which has no `executed`.
    pub(super) fn read(object: &Object<'_>) -> Result<Option<Self>, Malformed> {
        let Some(executed) = object.optional("executed") else { return Ok(None) };
        let ticket = |name| Ok::<_, Malformed>(object.optional_integer(name)?.map(Ticket));
        let exact = |name| object.optional(name).map(|field| field.exact()).transpose();
        let flag = |name| object.optional(name).map_or(Ok(false), |field| field.boolean());
        Ok(Some(Self {
            executed: executed.word("yes, no or unknown")?,
            retcode: object.optional_integer("retcode")?,
            retcode_name: object.optional_text("retcode_name")?,
            order: ticket("order")?,
            deal: ticket("deal")?,
            position: ticket("position")?,
            volume: exact("volume")?.map(Lots),
            price: exact("price")?.map(Price),
            remaining_volume: exact("remaining_volume")?.map(Lots),
            broker_comment: object.optional_text("broker_comment")?,
            journalled: flag("journalled")?,
            replayed: flag("replayed")?,
        }))
    }
}

/// Writes a result into a reply that names volume and price itself: no member stands twice in a frame.
pub(super) fn serialize_beside_figures<S: Serializer>(
    result: &Option<OrderResult>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Fields<'a> {
        executed: Executed,
        retcode: Option<i64>,
        retcode_name: &'a Option<String>,
        order: Option<Ticket>,
        deal: Option<Ticket>,
        position: Option<Ticket>,
        remaining_volume: &'a Option<Lots>,
        broker_comment: &'a Option<String>,
        journalled: bool,
        replayed: bool,
    }
    let fields = result.as_ref().map(|result| Fields {
        executed: result.executed,
        retcode: result.retcode,
        retcode_name: &result.retcode_name,
        order: result.order,
        deal: result.deal,
        position: result.position,
        remaining_volume: &result.remaining_volume,
        broker_comment: &result.broker_comment,
        journalled: result.journalled,
        replayed: result.replayed,
    });
    fields.serialize(serializer)
}
