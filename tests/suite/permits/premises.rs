//! Premises as literals, from conversions and from records.

use super::premise::{
    CompleteList, LateEnough, MoneyFits, NothingNew, ReadAccount, SameGateway,
};
use crate::protocol::account::Account;

pub fn same_gateway() -> SameGateway {
    SameGateway { 0: () } // E0451
}

pub fn same_account(read: ReadAccount, figures: Account) -> ReadAccount {
    ReadAccount { figures, ..read } // E0451
}

pub fn money_fits(fits: MoneyFits) -> MoneyFits {
    MoneyFits { figures: String::new(), ..fits } // E0451
}

pub fn complete_list(list: CompleteList) -> CompleteList {
    CompleteList { witness: None, ..list } // E0451
}

pub fn late_enough() -> LateEnough {
    LateEnough { 0: String::new() } // E0451
}

pub fn nothing_new() -> NothingNew {
    NothingNew { 0: "" } // E0451
}
