//! Numbers of a reply: each is read exactly, or refused. One that reads as another makes a false claim.

use crate::stand_in::StandIn;
use crate::support::{Machine, named};

/// An account that is flat if this margin is 0.
fn account(margin: &str) -> &'static str {
    let rest = r#""balance":500.00,"equity":500.0,"free_margin":500.0,"margin_level":0.0"#;
    format!(r#"{rest},"margin":{margin}"#).leak()
}

#[test]
fn only_a_margin_of_zero_or_of_a_float_s_noise_is_flat() {
    let (nines, zeros) = ("9".repeat(40), "0".repeat(60));
    for (margin, exit, found) in [
        ("0", 0, ""),
        ("-0", 0, ""),
        ("0.00", 0, ""),
        ("-0.0E+9", 0, ""),
        ("0e400", 0, ""),
        ("0e-400", 0, ""),
        ("0.79", 8, "of margin is in use"),
        ("7.9e-1", 8, "of margin is in use"),
        (&format!("79{zeros}e-62"), 8, "of margin is in use"),
        (&format!("79{zeros}E-0062"), 8, "of margin is in use"),
        (&format!("0.{zeros}79e60"), 8, "of margin is in use"),
        ("0.0000000000000000000000000001", 0, ""),
        ("1e-29", 0, ""),
        ("4.9e-324", 0, ""),
        ("1e-99999999999999999999", 0, ""),
        (&format!("0.{nines}"), 8, "breaks the protocol"),
        (&format!("{nines}e-40"), 8, "breaks the protocol"),
        ("1E400", 8, "breaks the protocol"),
        ("-1e99999999999999999999", 8, "breaks the protocol"),
    ] {
        let gateway = StandIn::holding("", account(margin));
        let machine = Machine::new();
        let run = machine.at(gateway.endpoint, &["emergency-close", "--yes"]);
        let document = run.json().exits(exit).document();
        assert!(document.to_string().contains(found), "{margin}: {document}");
    }
}

#[test]
fn a_number_that_cannot_be_held_is_refused_by_name() {
    let nines = "9".repeat(40);
    let position = |field: &str, token: &str| {
        let good = r#"{"ticket":7,"symbol":"EURUSD","type":"BUY","volume":0.01,"open_price":1.1,"current_price":1.1,"profit":0.5}"#;
        let at = good.find(&format!("\"{field}\":")).unwrap() + field.len() + 3;
        let end = at + good[at..].find([',', '}']).unwrap();
        format!("{}{token}{}", &good[..at], &good[end..])
    };
    for (field, token, fault) in [
        ("volume", "1e18", "not a finite number"),
        ("volume", "00.1", "a number with a leading zero"),
        ("volume", "+1", "expected a value"),
        ("open_price", &format!("{nines}e-20"), "not a finite number"),
        ("open_price", "1e", "a number without digits"),
        ("current_price", &format!("1.{nines}"), "a number with too many digits"),
        ("profit", &format!("-{nines}e-40"), "a number with too many digits"),
        ("profit", "-1E400", "not a finite number"),
        ("profit", "-Infinity", "not a finite number"),
        ("ticket", "7e0", "expected a whole number"),
        ("ticket", "7.0", "expected a whole number"),
        ("ticket", "9223372036854775808", "expected a whole number"),
    ] {
        let gateway = StandIn::holding(position(field, token).leak(), account("1.1"));
        let machine = Machine::new();
        let document = machine.at(gateway.endpoint, &["positions"]).json().exits(6).document();
        let causes = document["error"]["causes"].to_string();
        assert!(causes.contains(field) && causes.contains(fault), "{field} {token}: {document}");
    }
}

#[test]
fn pages_show_the_decimals_of_the_account_s_currency() {
    for (currency, balance, shown) in [
        ("USD", "9999.9", "9999.90 USD"),
        ("USD", "9999.909999999999", "≈9999.91 USD"),
        ("USC", "1000012.30", "1000012.30 USC"),
        ("JPY", "1000000.0", "1000000 JPY"),
        ("BTC", "0.00012345", "0.00012345 BTC"),
        ("BTC", "1.2345e-4", "0.00012345 BTC"),
        ("USDT", "100.1234", "100.1234 USDT"),
    ] {
        let account = format!(
            r#""balance":{balance},"equity":{balance},"margin":0.0,"free_margin":{balance},"margin_level":0.0"#
        );
        let gateway = StandIn::holding_in(currency, "", account.leak());
        let machine = Machine::new();
        let page = machine.at(gateway.endpoint, &["link-test", "-c", "1"]).end().exits(0);
        page.says(&format!("balance {shown}"));
        let document = machine.at(gateway.endpoint, &["sync"]).json().exits(0).document();
        let balance = shown.split(' ').next().unwrap();
        let found = named(&document, "checks", "balance-steady")["found"].to_string();
        assert!(found.contains(&format!(", then {balance}")), "{found}");
    }
}
