//! Options that several commands share.

use clap::Args;
use mt5crs::units::Money;

use super::value::money;

#[derive(Debug, Args)]
pub(crate) struct CreditArg {
    /// Credit that the account holds: an empty account's equity may differ from its balance by it
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
