//! Options that several commands share.

use clap::Args;
use mt5crs::units::Money;

use super::value::money;

/// The heading of the options that decide whether orders are sent.
pub(crate) const ORDER_SAFETY: &str = "Order safety";

#[derive(Debug, Args)]
pub(crate) struct CreditArg {
    /// The account's credit, by which equity exceeds balance
    #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = money)]
    pub(crate) credit: Money,
}

impl CreditArg {
    /// Whether a credit is named: it is one account's.
    pub(crate) fn is_given(&self) -> bool {
        !self.credit.0.value().is_zero()
    }
}

#[derive(Debug, Args)]
pub(crate) struct RowsArg {
    /// Show every row of a table, not the first 50
    #[arg(long)]
    pub(crate) all: bool,
}
