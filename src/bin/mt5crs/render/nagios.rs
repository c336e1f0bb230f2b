//! A report as the line of a monitoring plugin, and the code that goes with it.
//!
//! The form is that of the plugin guidelines: `NAME STATE: text | 'label'=value[UOM];[warn];[crit];[min];[max] …`. The
//! text must hold no `|` and no line end, because a plugin's reader ends the text there.

use std::fmt::Write as _;

use mt5crs::check::Verdict;
use mt5crs::exit::Exit;
use mt5crs::metric::{Metric, Range, Unit};

use super::style::clean;

/// State of a monitoring plugin, with the exit code of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// 0
    Ok,
    /// 1
    Warning,
    /// 2
    Critical,
    /// 3: no result.
    Unknown,
}

impl State {
    /// No answer is critical: it must alert an operator. Wrong settings, an interruption and a
    /// bug say nothing about the gateway.
    pub(crate) fn of(verdict: Verdict, exit: Exit) -> Self {
        match (exit, verdict) {
            (Exit::Usage | Exit::Bug, _) | (Exit::No, Verdict::Unknown) => Self::Unknown,
            (exit, _) if exit.is_interruption() => Self::Unknown,
            (Exit::Ok, Verdict::Pass) => Self::Ok,
            (Exit::Ok, _) => Self::Warning,
            _ => Self::Critical,
        }
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// The whole line, without its end.
pub(crate) fn line(command: &str, state: State, text: &str, figures: &[Metric]) -> String {
    let (name, text) = (command.to_uppercase(), clean(text).replace('|', "/"));
    let mut line = format!("{name} {}: {}", state.word(), text.trim());
    for (number, figure) in figures.iter().enumerate() {
        line.push_str(if number == 0 { " | " } else { " " });
        datum(&mut line, figure);
    }
    line
}

fn datum(line: &mut String, figure: &Metric) {
    let label =
        figure.labels.iter().fold(figure.name.to_owned(), |name, (_, value)| name + "_" + value);
    // The separators of label and value can't be part of either.
    let label = clean(&label).replace('=', "_").replace('\'', "''").replace('|', "/");
    let (unit, scale) = match figure.unit {
        Unit::Plain => ("", 1.0),
        Unit::Seconds => ("s", 1.0),
        Unit::Bytes => ("B", 1.0),
        Unit::Ratio => ("%", 100.0),
    };
    // Writing to a string cannot fail.
    let _ = write!(line, "'{label}'={}{unit}", number(figure.value * scale));
    let limits = [figure.warn, figure.critical].map(|limit| limit.map(|limit| range(limit, scale)));
    if let [warn, critical] = &limits
        && (warn.is_some() || critical.is_some())
    {
        let or_none = |limit: &Option<String>| limit.clone().unwrap_or_default();
        let _ = write!(line, ";{};{}", or_none(warn), or_none(critical));
    }
}

/// `10` is 0 to 10, `10:` is from 10 on, `~:10` is up to 10: outside of it there is an alert.
fn range(range: Range, scale: f64) -> String {
    let end = |end: f64| number(end * scale);
    match (range.from, range.to) {
        (Some(0.0), Some(to)) => end(to),
        (Some(from), to) => format!("{}:{}", end(from), to.map(end).unwrap_or_default()),
        (None, to) => format!("~:{}", to.map(end).unwrap_or_default()),
    }
}

/// Digits, a sign and a point are all that is allowed. Nine decimals are a nanosecond.
fn number(value: f64) -> String {
    if !value.is_finite() {
        // "The actual value couldn't be determined."
        return "U".to_owned();
    }
    let text = format!("{value:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_form_of_the_guidelines() {
        let seconds = |value| Metric::new("rtt", "", Unit::Seconds, value);
        let limited = seconds(0.001_234).warn(Range::up_to(0.05)).critical(Range::up_to(0.1));
        let odd =
            Metric::count("odd", "", 2).label("of", "it's=a|b").critical(Range::at_least(1.0));
        assert_eq!(
            line("link-test", State::Warning, "a | b\nc", &[limited, odd]),
            r"LINK-TEST WARNING: a / b\nc | 'rtt'=0.001234s;0.05;0.1 'odd_it''s_a/b'=2;;1:"
        );
        assert_eq!(line("sync", State::Ok, "x", &[]), "SYNC OK: x");
    }

    #[test]
    fn values_and_ranges_hold_digits_alone() {
        let shown = |figure: Metric| line("x", State::Ok, "x", &[figure]);
        let share = Metric::new("cpu", "", Unit::Ratio, 0.061).critical(Range::up_to(0.05));
        assert_eq!(shown(share), "X OK: x | 'cpu'=6.1%;;5");
        let skew = Range { from: Some(-1.0), to: Some(1.0) };
        let skewed = Metric::new("skew", "", Unit::Seconds, -1e-7).warn(skew);
        assert_eq!(shown(skewed), "X OK: x | 'skew'=-0.0000001s;-1:1;");
        let below = Metric::new("b", "", Unit::Bytes, 1e21);
        let below = below.warn(Range { from: None, to: Some(5.0) });
        assert_eq!(shown(below), "X OK: x | 'b'=1000000000000000000000B;~:5;");
        assert_eq!(shown(Metric::new("n", "", Unit::Plain, f64::NAN)), "X OK: x | 'n'=U");
    }

    #[test]
    fn silence_is_critical_and_a_wrong_setting_is_unknown() {
        for (verdict, exit, state) in [
            (Verdict::Pass, Exit::Ok, State::Ok),
            (Verdict::Warn, Exit::Ok, State::Warning),
            (Verdict::Fail, Exit::No, State::Critical),
            (Verdict::Unknown, Exit::No, State::Unknown),
            (Verdict::Unknown, Exit::NoAnswer, State::Critical),
            (Verdict::Fail, Exit::Guarded, State::Critical),
            (Verdict::Fail, Exit::NotTheGateway, State::Critical),
            (Verdict::Unknown, Exit::OutcomeUnknown, State::Critical),
            (Verdict::Fail, Exit::Usage, State::Unknown),
            (Verdict::Unknown, Exit::Interrupted, State::Unknown),
            (Verdict::Fail, Exit::Bug, State::Unknown),
        ] {
            assert_eq!(State::of(verdict, exit), state, "{verdict:?} {exit:?}");
        }
    }
}
