//! Numbers for pages and findings: a float's noise is rounded away, and marked. Documents keep the token.

use super::{Exact, Money, currency_decimals};

/// Decimal places that a broker may give; more are a float's noise.
const MOST_DECIMALS: usize = 8;
/// Decimal digits that every float of 64 bits keeps.
const FLOAT_DIGITS: usize = 15;

/// A number for people. A float's noise (`1.0851199999999999`) is rounded away, and `≈` says so; JSON keeps the token.
pub fn figure(number: &Exact) -> String {
    let value = number.value();
    let whole = value.trunc().abs();
    let whole_digits = if whole.is_zero() { 0 } else { whole.to_string().len() };
    let decimals = FLOAT_DIGITS.saturating_sub(whole_digits).min(MOST_DECIMALS);
    let rounded = value.round_dp(u32::try_from(decimals).unwrap_or_default()).normalize();
    let given = value.scale() as usize;
    // One digit past a float's precision may be right; several that vanish together are noise.
    let is_noise =
        given > MOST_DECIMALS || given > decimals && given > rounded.scale() as usize + 1;
    let shown = match number.token() {
        _ if is_noise && rounded != value => return format!("≈{rounded}"),
        token if token.contains(['e', 'E']) => rounded.to_string(),
        token => token.to_owned(),
    };
    if value.is_zero() { shown.trim_start_matches('-').to_owned() } else { shown }
}

/// Money for people, with the decimals of its currency; `≈` marks a rounded one. Where those are unknown, it has as many as
/// were given, and at least two. A whole amount stays as it was given.
pub fn money(money: &Money, currency: Option<&str>) -> String {
    let shown = figure(&money.0);
    let Some((_, decimals)) = shown.split_once('.') else { return shown };
    let Some(places) = currency.and_then(currency_decimals) else {
        return if decimals.len() == 1 { shown + "0" } else { shown };
    };
    let rounded = money.value().round_dp(places);
    let mark = if rounded == money.value() { "" } else { "≈" };
    // Never a zero with a minus.
    let rounded = if rounded.is_zero() { rounded.abs() } else { rounded };
    format!("{mark}{rounded:.*}", places as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floats_noise_is_rounded_and_marked() {
        for (token, shown) in [
            ("1.0851199999999999", "≈1.08512"),
            ("9999.909999999999", "≈9999.91"),
            ("-0.15000000000000002", "≈-0.15"),
            ("1.4210854715202004e-14", "≈0"),
            ("-1e-12", "≈0"),
            ("10000.000000000002", "≈10000"),
            ("123456789012.01001", "≈123456789012.01"),
            ("0.123456789", "≈0.12345679"),
        ] {
            assert_eq!(figure(&Exact::parse(token).unwrap()), shown, "{token}");
        }
    }

    #[test]
    fn any_other_number_is_shown_as_it_was_given() {
        for (token, shown) in [
            ("1.08500", "1.08500"),
            ("-12.30", "-12.30"),
            ("0.00000001", "0.00000001"),
            ("12345678901234.56", "12345678901234.56"),
            ("1.0000000000", "1.0000000000"),
            ("1e2", "100"),
            ("2.5E-3", "0.0025"),
            ("-0.00", "0.00"),
            ("-0.0", "0.0"),
            ("0", "0"),
        ] {
            assert_eq!(figure(&Exact::parse(token).unwrap()), shown, "{token}");
        }
    }

    #[test]
    fn money_has_its_currency_s_decimals() {
        for (currency, token, shown) in [
            ("USD", "10000.00", "10000.00"),
            ("USD", "9999.9", "9999.90"),
            ("USD", "10000", "10000"),
            ("USD", "0.0012", "≈0.00"),
            ("USD", "-0.0012", "≈0.00"),
            ("USD", "9999.910003", "≈9999.91"),
            ("USD", "9999.909999999999", "≈9999.91"),
            ("USD", "10000.000000000002", "≈10000"),
            ("USC", "1000012.3", "1000012.30"),
            ("JPY", "1000000.0", "1000000"),
            ("JPY", "999999.6", "≈1000000"),
            ("KWD", "1.5", "1.500"),
            ("BTC", "0.00012345", "0.00012345"),
            ("BTC", "0.5", "0.50000000"),
            ("BTC", "0.000123449999999999", "≈0.00012345"),
            ("USDT", "0.0001", "0.0001"),
            ("USDT", "100.5", "100.50"),
            ("USDT", "9999.909999999999", "≈9999.91"),
        ] {
            let amount = Money(Exact::parse(token).unwrap());
            assert_eq!(money(&amount, Some(currency)), shown, "{currency} {token}");
        }
        let amount = Money(Exact::parse("0.00012345").unwrap());
        assert_eq!(money(&amount, None), "0.00012345");
    }
}
