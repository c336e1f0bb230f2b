//! Premises: facts that a claim rests on. Each is a type that only the reads that establish it can make.

mod complete_list;
mod late_enough;
mod money_fits;
mod nothing_new;
mod same_account;
mod same_gateway;

pub use complete_list::CompleteList;
pub use late_enough::{LateEnough, Validity};
pub use money_fits::MoneyFits;
pub use nothing_new::{ClosedPosition, NothingNew, Order};
pub use same_account::{ReadAccount, SameAccount};
pub use same_gateway::SameGateway;
