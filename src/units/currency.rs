//! Decimal places of currencies.

/// Currencies with other than two decimal places.
const DECIMALS: [(u32, &[&str]); 3] = [
    (0, &["CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"]),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (8, &["BCH", "BNB", "BTC", "ETH", "LTC", "SOL", "XBT", "XRP"]),
];

/// Decimal places of amounts in that currency; a cent account's code (`USC`) is one of three letters with two. `None` for a
/// code that isn't three capital letters, such as `USDT`: its amounts have as many as the account's figures show.
pub fn currency_decimals(code: &str) -> Option<u32> {
    let listed = DECIMALS.iter().find(|(_, codes)| codes.contains(&code));
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    listed.map(|(decimals, _)| *decimals).or(is_code.then_some(2))
}
