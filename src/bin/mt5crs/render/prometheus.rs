//! Figures in the text form that Prometheus reads, for a textfile collector or a pipe.
//!
//! No sample has a time of its own: a collector refuses those. The time of the run is a metric like any other, so that an
//! alert can find a file that is no longer written. All figures of one run share labels that tell it from others, since
//! a collector puts the files of several commands and accounts together.

use std::fmt::Write as _;

use mt5crs::metric::{Metric, Unit};

use super::style::clean;

/// Labels of all metrics of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labels<'a> {
    pub(crate) command: &'a str,
    /// Unknown where the settings name none.
    pub(crate) endpoint: Option<&'a str>,
    /// The profile, or [`NO_PROFILE`].
    pub(crate) profile: &'a str,
}

/// The label of a deployment without profiles, so that its series have the same labels as any other's.
pub(crate) const NO_PROFILE: &str = "default";

/// The whole text. Metrics of one name are grouped at the place of the first, as the format requires.
pub(crate) fn text(figures: &[Metric], labels: Labels<'_>) -> String {
    let mut text = String::new();
    let mut names: Vec<&str> = Vec::new();
    for first in figures {
        if names.contains(&first.name) {
            continue;
        }
        names.push(first.name);
        let (name, help) = (full_name(first), escaped(first.help, false));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for figure in figures.iter().filter(|figure| figure.name == first.name) {
            let _ = writeln!(text, "{name}{{{}}} {}", pairs(figure, labels), number(figure.value));
        }
    }
    text
}

fn full_name(figure: &Metric) -> String {
    let unit = match figure.unit {
        Unit::Plain => "",
        Unit::Seconds => "_seconds",
        Unit::Bytes => "_bytes",
        Unit::Ratio => "_ratio",
    };
    format!("mt5crs_{}{unit}", figure.name)
}

fn pairs(figure: &Metric, labels: Labels<'_>) -> String {
    let Labels { command, endpoint, profile } = labels;
    let common = [("command", Some(command)), ("endpoint", endpoint), ("profile", Some(profile))];
    let common = common.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let own = figure.labels.iter().map(|(name, value)| (*name, value.as_str()));
    let all: Vec<String> = common
        .chain(own)
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value, true)))
        .collect();
    all.join(",")
}

/// A line's end has an escape of its own; other characters that would steer a terminal are shown by ours, whose backslash
/// is text here.
fn escaped(text: &str, quoted: bool) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| clean(line).replace('\\', r"\\")).collect();
    let text = lines.join(r"\n");
    if quoted { text.replace('"', "\\\"") } else { text }
}

fn number(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_steers_no_terminal_and_stays_a_label() {
        let figure = Metric::count("n", "n", 1).label("currency", "USD\u{1b}[2J\u{7}\r\nx");
        let labels = Labels { command: "sync", endpoint: None, profile: "a" };
        let text = text(&[figure], labels);
        assert!(text.contains(r#"currency="USD\\u{1b}[2J\\u{7}\\r\nx""#), "{text}");
    }

    #[test]
    fn figures_of_one_name_stand_together_below_its_help() {
        let alerts =
            |rule| Metric::count("alerts_active", "Alerts\nof \\ a rule", 1).label("rule", rule);
        let rtt = Metric::new("rtt", "Round trip", Unit::Seconds, 0.5);
        let labels = Labels { command: "sync", endpoint: Some("tcp://a:1"), profile: NO_PROFILE };
        assert_eq!(
            text(&[alerts("a\"\\\n"), rtt, alerts("b")], labels),
            r#"# HELP mt5crs_alerts_active Alerts\nof \\ a rule
# TYPE mt5crs_alerts_active gauge
mt5crs_alerts_active{command="sync",endpoint="tcp://a:1",profile="default",rule="a\"\\\n"} 1
mt5crs_alerts_active{command="sync",endpoint="tcp://a:1",profile="default",rule="b"} 1
# HELP mt5crs_rtt_seconds Round trip
# TYPE mt5crs_rtt_seconds gauge
mt5crs_rtt_seconds{command="sync",endpoint="tcp://a:1",profile="default"} 0.5
"#
        );
    }
}
