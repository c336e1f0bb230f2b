//! What an empty position list is worth.
//!
//! The gateway answers `ok` with `[]` when the terminal's read failed, when the terminal died, and when nothing is open
//! (hazards 4, 18, 22). Nothing is open only if two lists in a row are empty, the account could be read, it holds no
//! margin, and its equity is its balance (PROTOCOL.md, section 4a). Anything less can't be called flat.

use rust_decimal::Decimal;

use crate::check::Check;
use crate::protocol::account::Account;
use crate::units::Money;

/// Equity and balance of a flat account may differ by this much, in the account's currency.
fn tolerance() -> Decimal {
    Decimal::new(1, 2)
}

/// The judgement on an empty list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmptyBook {
    /// Nothing is open.
    Proved {
        /// What shows it.
        witness: String,
    },
    /// The list and the account can't both be true, or one of them is missing.
    Unproved {
        /// What speaks against it.
        doubt: String,
    },
}

impl EmptyBook {
    /// Judges an empty list beside the account that was read after it. `credit` is what equity may hold beyond balance.
    pub fn judge(two_empty_lists: bool, account: Option<&Account>, credit: &Money) -> Self {
        let doubt = |doubt: String| Self::Unproved { doubt };
        let Some(account) = account else {
            return doubt(
                "the list is empty, and the account could not be read beside it".to_owned(),
            );
        };
        if !account.margin.value().is_zero() {
            return doubt(format!(
                "the list is empty while {} of margin is in use: the list is lying",
                account.margin
            ));
        }
        if !two_empty_lists {
            return doubt("a second list was not empty".to_owned());
        }
        let floating = account.equity.value() - account.balance.value();
        let beyond_credit = floating - credit.value();
        if floating.abs() > tolerance() && beyond_credit.abs() > tolerance() {
            return doubt(format!(
                "the list is empty, and equity {} differs from balance {} by {floating}: something may be open",
                account.equity, account.balance
            ));
        }
        Self::Proved {
            witness: format!(
                "two empty lists, margin {}, equity {}, balance {}",
                account.margin, account.equity, account.balance
            ),
        }
    }

    /// As a check.
    pub fn check(self) -> Check {
        let check = match self {
            Self::Proved { witness } => Check::pass(witness),
            Self::Unproved { doubt } => Check::fail(doubt).with_remedy(
                "look at the terminal itself: tasklist | findstr MT5, then its Trade tab; if the account holds credit, give it with --credit",
            ),
        };
        check.named("empty-book").expecting(format!(
            "an empty list twice, margin 0, and equity equal to balance (or balance and credit) within {}",
            tolerance()
        ))
    }
}
