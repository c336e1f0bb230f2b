//! The page of an evaluation for people: one HTML file that fetches nothing and needs no script.
//!
//! The verdict comes first, then pictures on one shared time axis, each with a text that says the same, then the tables.
//! Pictures come in two widths, and CSS shows the one that fits. Everything from outside is escaped.

mod charts;
mod style;
mod words;

use std::fmt::Write as _;

use jiff::Timestamp;
use mt5crs::check::Verdict;
use mt5crs::escape::visible;
use mt5crs::ops::evaluate::{Answer, Report};
use mt5crs::units::Money;

use self::words::Words;
use super::args::Language;

/// The whole page.
pub(super) fn page(report: &Report, language: Language) -> String {
    let words = Words::of(language);
    let mut html = String::with_capacity(256 << 10);
    head(&mut html, report, words);
    verdict(&mut html, report, words);
    for chart in charts::of(report, words) {
        put(&mut html, &chart);
    }
    rules(&mut html, report, words);
    incidents(&mut html, report, words);
    orders(&mut html, report, words);
    raise(&mut html, report, words);
    hours(&mut html, report, words);
    foot(&mut html, report, words);
    html
}

fn put(html: &mut String, text: &str) {
    html.push_str(text);
    html.push('\n');
}

macro_rules! put {
    ($html:expr, $($text:tt)*) => {
        // Writing to memory doesn't fail.
        let _ = writeln!($html, $($text)*);
    };
}

/// Text from outside: without control characters, and without meaning to a browser.
fn escaped(text: &str) -> String {
    let text = visible(text).to_string();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn head(html: &mut String, report: &Report, words: &Words) {
    let title = format!("{}: {}", words.title, words.answer(report.answer));
    put!(
        html,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>",
        words.code,
        escaped(&title),
        style::CSS
    );
}

fn verdict(html: &mut String, report: &Report, words: &Words) {
    let class = match report.answer {
        Answer::Go => "pass",
        Answer::NoGo => "fail",
        Answer::NotEnough => "unknown",
    };
    let simulated = if report.simulated { " (SIMULATED)" } else { "" };
    put!(
        html,
        "<header class=\"verdict {class}\"><h1>{}{simulated}</h1><p>{}</p></header>",
        words.answer(report.answer),
        words.answer_meaning(report.answer)
    );
    let account = &report.account;
    let told = |text: &Option<String>| {
        text.as_deref().map_or_else(|| words.not_reported.to_owned(), escaped)
    };
    let facts = [
        (words.gateway, told(&account.endpoint)),
        (words.account, told(&account.login)),
        (words.period, format!("{} – {} UTC", minute(report.since), minute(report.until))),
        (words.watched, format!("{:.2} h", report.watched_ms as f64 / 3.6e6)),
        (words.looks, report.looks.to_string()),
        (words.round_trips, {
            let ms = |us: Option<u64>| {
                us.map_or("–".to_owned(), |us| format!("{:.2}", us as f64 / 1e3))
            };
            format!(
                "{} (P50 {} ms, P99 {} ms)",
                report.latency.round_trips,
                ms(report.latency.rtt_p50_us),
                ms(report.latency.rtt_p99_us)
            )
        }),
        (words.evidence, {
            let head = report.evidence.head.map_or("–".to_owned(), |head| head.to_string());
            format!("{} · <code>{}</code>", report.evidence.records, escaped(&head))
        }),
    ];
    put!(html, "<dl class=\"facts\">");
    for (name, value) in facts {
        put!(html, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    }
    put!(html, "</dl>");
    let mut against: Vec<_> =
        report.rules.iter().filter(|rule| rule.answer != Verdict::Pass).collect();
    against.sort_by_key(|rule| rule.answer != Verdict::Fail);
    if !against.is_empty() {
        put!(html, "<h2>{}</h2>\n<ul class=\"against\">", words.why);
        for rule in against {
            let (class, word) = answer(rule.answer, words);
            put!(
                html,
                "<li><b class=\"{class}\">{word}</b> {}: {} ({} {})<br><span lang=\"en\">{}</span></li>",
                words.rule(rule.name),
                escaped(&rule.figure),
                words.limit,
                escaped(&rule.limit),
                escaped(rule.remark.as_deref().unwrap_or_default())
            );
        }
        put!(html, "</ul>");
    }
}

fn answer(answer: Verdict, words: &Words) -> (&'static str, &'static str) {
    match answer {
        Verdict::Pass | Verdict::Warn => ("pass", words.pass),
        Verdict::Fail => ("fail", words.fail),
        Verdict::Unknown => ("unknown", words.unknown),
    }
}

fn rules(html: &mut String, report: &Report, words: &Words) {
    put!(
        html,
        "<section><h2>{}</h2>\n<table class=\"stacked\"><thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>",
        words.rules,
        words.rule,
        words.figure,
        words.limit,
        words.answer,
        words.source
    );
    for rule in &report.rules {
        let (class, word) = answer(rule.answer, words);
        put!(
            html,
            "<tr><th scope=\"row\">{}</th><td data-name=\"{}\">{}</td><td data-name=\"{}\">{}</td><td data-name=\"{}\"><b class=\"{class}\">{word}</b></td><td data-name=\"{}\">{}</td></tr>",
            words.rule(rule.name),
            words.figure,
            escaped(&rule.figure),
            words.limit,
            escaped(&rule.limit),
            words.answer,
            words.source,
            words.origin(rule.source)
        );
    }
    put!(html, "</tbody></table>");
    if let Some(file) = &report.rules_file {
        put!(
            html,
            "<p>{}: <code>{}</code></p>",
            words.rules_file,
            escaped(&file.display().to_string())
        );
    }
    if !report.rules_switched_off.is_empty() {
        let names: Vec<String> =
            report.rules_switched_off.iter().map(|name| words.rule(name).to_owned()).collect();
        put!(html, "<p><b class=\"unknown\">{}</b>: {}</p>", words.switched_off, names.join(", "));
    }
    put!(html, "</section>");
}

fn incidents(html: &mut String, report: &Report, words: &Words) {
    put!(html, "<section><h2>{} ({})</h2>", words.incidents, report.incidents.len());
    if report.incidents.is_empty() {
        put!(html, "<p>{}</p>", words.none);
    }
    for incident in &report.incidents {
        let until = incident.until.map_or(String::new(), |until| format!(" – {}", second(until)));
        put!(
            html,
            "<article class=\"incident\"><h3>{} <time>{}{until}</time></h3><p lang=\"en\">{}</p>",
            words.incident(incident.kind),
            second(incident.at),
            escaped(&incident.what)
        );
        if !incident.lines.is_empty() {
            put!(html, "<pre>{}</pre>", escaped_lines(&incident.lines));
        }
        put!(html, "</article>");
    }
    if report.more_incidents > 0 {
        put!(html, "<p>… + {}</p>", report.more_incidents);
    }
    put!(html, "</section>");
}

fn escaped_lines(lines: &[String]) -> String {
    lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\n")
}

fn orders(html: &mut String, report: &Report, words: &Words) {
    put!(
        html,
        "<section><h2>{} ({})</h2>\n<div class=\"scroll\"><table><thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>",
        words.orders,
        report.orders.len(),
        words.time,
        words.order,
        words.ticket,
        words.outcome,
        words.cost,
        words.balance
    );
    for order in &report.orders {
        let text = |text: Option<String>| text.map_or("–".to_owned(), |text| escaped(&text));
        let what = [
            text(order.side.as_ref().map(ToString::to_string)),
            text(order.symbol.as_ref().map(ToString::to_string)),
            text(order.volume.as_ref().map(ToString::to_string)),
        ]
        .join(" ");
        put!(
            html,
            "<tr><td>{}</td><td>{what}</td><td>{}</td><td>{}</td><td>{}</td><td>{} → {}</td></tr>",
            second(order.at),
            text(order.ticket.map(|ticket| ticket.to_string())),
            words.outcome_of(order.outcome),
            money(&order.cost),
            money(&order.balance_before),
            money(&order.balance_after)
        );
    }
    put!(html, "</tbody></table></div></section>");
}

fn raise(html: &mut String, report: &Report, words: &Words) {
    let raise = &report.raise;
    let text = |text: Option<String>| text.map_or("–".to_owned(), |text| escaped(&text));
    let fall = |money: &Option<Money>| {
        money.as_ref().map_or("–".to_owned(), |money| format!("−{}", escaped(&money.to_string())))
    };
    put!(
        html,
        "<section><h2>{}</h2>\n<table class=\"stacked\"><thead><tr><th></th><th>{}</th><th>{}</th></tr></thead><tbody>",
        words.raise,
        words.now,
        words.next
    );
    for (name, now, next) in [
        (words.coefficient, text(raise.coefficient.clone()), text(raise.next_coefficient.clone())),
        (
            words.volume,
            text(raise.volume.as_ref().map(ToString::to_string)),
            text(raise.next_volume.as_ref().map(ToString::to_string)),
        ),
        (words.margin, money(&raise.margin), money(&raise.next_margin)),
        (words.worst_hour, fall(&raise.worst_hour), fall(&raise.next_worst_hour)),
    ] {
        put!(
            html,
            "<tr><th scope=\"row\">{name}</th><td data-name=\"{}\">{now}</td><td data-name=\"{}\">{next}</td></tr>",
            words.now,
            words.next
        );
    }
    put!(html, "</tbody></table></section>");
}

fn hours(html: &mut String, report: &Report, words: &Words) {
    put!(
        html,
        "<section><h2>{}</h2>\n<div class=\"scroll\"><table class=\"numbers\"><thead><tr><th>UTC</th><th>{}</th><th>{}</th><th>P50 ms</th><th>P99 ms</th><th>max ms</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>PSI</th></tr></thead><tbody>",
        words.hours,
        words.looks,
        words.lost,
        words.warning_s,
        words.critical_s,
        words.unwatched_s,
        words.equity
    );
    let ms = |us: Option<u64>| us.map_or("–".to_owned(), |us| format!("{:.2}", us as f64 / 1e3));
    let seconds = |ms: u64| format!("{:.0}", ms as f64 / 1e3);
    for hour in &report.hours {
        let psi = hour.psi.map_or("–".to_owned(), |psi| format!("{psi:.3}"));
        let class = if hour.is_drift { " class=\"fail\"" } else { "" };
        put!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td{class}>{psi}</td></tr>",
            hour.at.strftime("%m-%d %H:00"),
            hour.looks,
            hour.lost,
            ms(hour.rtt_p50_us),
            ms(hour.rtt_p99_us),
            ms(hour.rtt_max_us),
            seconds(hour.health_ms[1]),
            seconds(hour.health_ms[2]),
            seconds(hour.unwatched_ms),
            money(&hour.equity_last)
        );
    }
    put!(html, "</tbody></table></div></section>");
}

fn foot(html: &mut String, report: &Report, words: &Words) {
    if let Some(decision) = &report.decision {
        put!(
            html,
            "<section><h2>{}</h2><p><code>{}</code> · {} · <code>{}</code></p></section>",
            words.decision,
            escaped(&decision.hash),
            escaped(&decision.approved_by),
            escaped(&decision.file.display().to_string())
        );
    }
    put!(
        html,
        "<footer>mt5crs {} · {} UTC</footer>\n</main>\n</body>\n</html>",
        env!("CARGO_PKG_VERSION"),
        second(report.until)
    );
}

fn money(money: &Option<Money>) -> String {
    money.as_ref().map_or("–".to_owned(), |money| escaped(&money.to_string()))
}

fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_means_nothing_to_a_browser() {
        assert_eq!(
            escaped("<img src=x onerror=\"a\">&\u{1b}[1m"),
            "&lt;img src=x onerror=&quot;a&quot;&gt;&amp;\\u{1b}[1m"
        );
    }
}
