//! Proves that nothing is open.
//!
//! The gateway answers `ok` with `[]` when the terminal's read failed, when the terminal died, and when nothing is open
//! (hazards 4, 18, 22). Nothing is open only if two lists in a row are empty, the account could be read, it holds no
//! margin, and its equity is its balance (PROTOCOL.md, section 4a). Anything less can't be called flat.

use super::Judgement;
use super::money::smallest_amount;
use crate::check::Check;
use crate::protocol::account::Account;
use crate::units::Money;

/// Judges an empty list beside the account that was read after it. `credit` is the part of equity beyond balance on a
/// flat account.
pub fn judge(two_empty_lists: bool, account: Option<&Account>, credit: &Money) -> Judgement {
    let doubt = |doubt: String| Judgement::Unproved { doubt };
    let Some(account) = account else {
        return doubt("the list is empty, and the account could not be read beside it".to_owned());
    };
    let Account { margin, equity, balance, .. } = account;
    if !margin.value().is_zero() {
        return doubt(format!(
            "the list is empty while {margin} of margin is in use: the list is lying"
        ));
    }
    if !two_empty_lists {
        return doubt("a second list was not empty".to_owned());
    }
    let excess = equity.value() - balance.value();
    let beyond_credit = excess - credit.value();
    let tolerance = smallest_amount(account);
    if excess.abs() > tolerance && beyond_credit.abs() > tolerance {
        return doubt(format!(
            "the list is empty, and equity {equity} differs from balance {balance} by {excess}: something may be open"
        ));
    }
    Judgement::Proved {
        witness: format!("two empty lists, margin {margin}, equity {equity}, balance {balance}"),
    }
}

/// The judgement as the check `empty-book`.
pub fn check(judgement: Judgement) -> Check {
    let check = match judgement {
        Judgement::Proved { witness } => Check::pass(witness),
        Judgement::Unproved { doubt } => Check::fail(doubt).with_remedy(
            "look at the terminal itself: tasklist | findstr MT5, then its Trade tab; if the account holds credit, give it with --credit",
        ),
    };
    check.named("empty-book").expecting(
        "an empty list twice, margin 0, and equity equal to balance (or balance and credit) within the currency's smallest amount",
    )
}
