//! The pictures, drawn by plotters as SVG: equity and balance, latency, lost round trips, health, drift, marks.
//!
//! All have the same time axis and margins, so that what happened at one time stands below one another. Plotters writes
//! fixed colours; each is replaced by the variable that the style sets for light, dark and print.

use std::fmt::Write as _;

use mt5crs::ops::evaluate::{IncidentKind, OrderOutcome, Report, Slice};
use mt5crs::units::Money;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use rust_decimal::prelude::ToPrimitive as _;

use super::words::Words;

/// Colours that stand for variables of the style.
const VARIABLES: [(RGBColor, &str, &str); 8] = [
    (RGBColor(1, 2, 3), "#010203", "var(--fg)"),
    (RGBColor(1, 2, 4), "#010204", "var(--grid)"),
    (RGBColor(1, 2, 5), "#010205", "var(--a)"),
    (RGBColor(1, 2, 6), "#010206", "var(--b)"),
    (RGBColor(1, 2, 7), "#010207", "var(--pass)"),
    (RGBColor(1, 2, 8), "#010208", "var(--fail)"),
    (RGBColor(1, 2, 9), "#010209", "var(--unknown)"),
    (RGBColor(1, 2, 10), "#01020A", "var(--gap)"),
];
const FG: RGBColor = VARIABLES[0].0;
const GRID: RGBColor = VARIABLES[1].0;
const A: RGBColor = VARIABLES[2].0;
const B: RGBColor = VARIABLES[3].0;
const PASS: RGBColor = VARIABLES[4].0;
const FAIL: RGBColor = VARIABLES[5].0;
const UNKNOWN: RGBColor = VARIABLES[6].0;
const GAP: RGBColor = VARIABLES[7].0;

/// A picture's two sizes: width, height, the class that shows it, and the number of labels on the time axis.
const SIZES: [(u32, u32, &str, usize); 2] = [(960, 190, "wide", 12), (372, 170, "narrow", 4)];

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// The shared time axis, in hours since its begin.
struct Axis {
    begin: i64,
    hours: f64,
    /// Width of a point.
    point: f64,
}

impl Axis {
    fn of(report: &Report) -> Option<Self> {
        let (first, last) = (report.points.first()?, report.points.last()?);
        let point_s = i64::try_from(report.point.as_secs()).ok()?.max(1);
        let begin = first.at.as_second();
        let begin = begin - begin.rem_euclid(3600.min(point_s * 10));
        let end = last.at.as_second() + point_s;
        let hours = ((end - begin) as f64 / 3600.0).max(0.1);
        Some(Self { begin, hours, point: point_s as f64 / 3600.0 })
    }

    fn x(&self, second: i64) -> f64 {
        (second - self.begin) as f64 / 3600.0
    }

    fn label(&self, x: f64) -> String {
        let second = self.begin + (x * 3600.0).round() as i64;
        let format = if self.hours > 23.0 { "%d. %H:%M" } else { "%H:%M" };
        jiff::Timestamp::from_second(second)
            .map(|time| time.strftime(format).to_string())
            .unwrap_or_default()
    }
}

/// One picture: its name, its text, its range and how it is drawn.
struct Picture<'a> {
    name: &'a str,
    caption: String,
    range: (f64, f64),
    label: &'a dyn Fn(&f64) -> String,
    draw: &'a dyn Fn(&mut Chart<'_, '_>, &Axis) -> Drawn,
}

/// Every picture as a figure.
pub(super) fn of(report: &Report, words: &Words) -> Vec<String> {
    let Some(axis) = Axis::of(report) else { return vec![] };
    let pictures = [
        money(report, words, &axis),
        latency(report, words, &axis),
        lost(report, words, &axis),
        health(report, words, &axis),
        drift(report, words, &axis),
        marks(report, words, &axis),
    ];
    pictures.into_iter().flatten().collect()
}

fn figure(picture: &Picture<'_>, axis: &Axis) -> String {
    let mut html = format!("<figure><h2>{}</h2>", picture.name);
    for (width, height, class, labels) in SIZES {
        let mut svg = String::new();
        let drawn = draw(&mut svg, picture, axis, (width, height), labels);
        if drawn.is_err() {
            // The caption says the same.
            continue;
        }
        for (_, code, variable) in VARIABLES {
            svg = svg.replace(code, variable).replace(&code.to_lowercase(), variable);
        }
        let from = format!("<svg width=\"{width}\" height=\"{height}\" ");
        let text = strip(&picture.caption);
        let to = format!("<svg class=\"{class}\" role=\"img\" aria-label=\"{text}\" ");
        html.push_str(&svg.replacen(&from, &to, 1));
    }
    let _ = write!(html, "<figcaption>{}</figcaption></figure>", picture.caption);
    html
}

/// Without elements, for an attribute.
fn strip(html: &str) -> String {
    let mut text = String::new();
    let mut depth = 0;
    for c in html.chars() {
        match c {
            '<' => depth += 1,
            '>' if depth > 0 => depth -= 1,
            '"' => {}
            c if depth == 0 => text.push(c),
            _ => {}
        }
    }
    text
}

fn draw(
    svg: &mut String,
    picture: &Picture<'_>,
    axis: &Axis,
    size: (u32, u32),
    labels: usize,
) -> Drawn {
    let area: DrawingArea<SVGBackend<'_>, Shift> =
        SVGBackend::with_string(svg, size).into_drawing_area();
    let (low, high) = picture.range;
    let mut chart = ChartBuilder::on(&area)
        .margin_top(8)
        .margin_right(14)
        .x_label_area_size(26)
        .y_label_area_size(68)
        .build_cartesian_2d(0.0..axis.hours, low..high)?;
    let text = ("sans-serif", 14).into_font().color(&FG);
    chart
        .configure_mesh()
        .axis_style(GRID)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .x_labels(labels)
        .y_labels(5)
        .x_label_style(text.clone())
        .y_label_style(text)
        .x_label_formatter(&|x| axis.label(*x))
        .y_label_formatter(picture.label)
        .draw()?;
    (picture.draw)(&mut chart, axis)?;
    area.present()?;
    Ok(())
}

/// Runs of points without a hole between them.
fn runs(points: Vec<Option<(f64, f64)>>) -> Vec<Vec<(f64, f64)>> {
    let mut runs = vec![vec![]];
    for point in points {
        match (point, runs.last_mut()) {
            (Some(point), Some(run)) => run.push(point),
            (None, Some(run)) if !run.is_empty() => runs.push(vec![]),
            _ => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Draws a curve, with a hole where there is no value.
fn curve(
    chart: &mut Chart<'_, '_>,
    axis: &Axis,
    (slices, width): (&[Slice], f64),
    value: impl Fn(&Slice) -> Option<f64>,
    colour: RGBColor,
) -> Drawn {
    let at = |slice: &Slice| (axis.x(slice.at.as_second()) + width / 2.0).clamp(0.0, axis.hours);
    let points = slices.iter().map(|slice| Some((at(slice), value(slice)?))).collect();
    for run in runs(points) {
        if let [only] = run.as_slice() {
            chart.draw_series([Circle::new(*only, 2, colour.filled())])?;
        }
        chart.draw_series(LineSeries::new(run, colour.stroke_width(2)))?;
    }
    Ok(())
}

fn amount(money: Option<&Money>) -> Option<f64> {
    money?.value().to_f64()
}

fn key(variable: &str, name: &str) -> String {
    format!(
        "<span class=\"named\"><span class=\"key\" style=\"background:var(--{variable})\"></span>{name}</span> "
    )
}

fn extremes(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |known, value| match known {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

/// A range with some room around it.
fn around((low, high): (f64, f64)) -> (f64, f64) {
    let room = ((high - low) * 0.08).max(high.abs() * 0.0005).max(0.01);
    (low - room, high + room)
}

fn money(report: &Report, words: &Words, axis: &Axis) -> Option<String> {
    let slices = &report.points;
    let values = slices.iter().flat_map(|slice| {
        [&slice.equity_min, &slice.equity_max, &slice.balance_last].map(|it| amount(it.as_ref()))
    });
    let range = extremes(values.flatten())?;
    let over = &report.money;
    let told = |money: &Option<Money>| money.as_ref().map_or("–".to_owned(), ToString::to_string);
    let caption = format!(
        "{}{}· {}: {} → {}, {} {} – {}, {} {}",
        key("a", words.equity),
        key("b", words.balance),
        words.equity,
        told(&over.equity_first),
        told(&over.equity_last),
        words.range,
        told(&over.equity_min),
        told(&over.equity_max),
        words.drawdown,
        told(&over.drawdown)
    );
    let draw = |chart: &mut Chart<'_, '_>, axis: &Axis| {
        let points = (slices.as_slice(), axis.point);
        curve(chart, axis, points, |it| amount(it.balance_last.as_ref()), B)?;
        curve(chart, axis, points, |it| amount(it.equity_last.as_ref()), A)
    };
    let picture = Picture {
        name: words.money,
        caption,
        range: around(range),
        label: &|y| format!("{y:.2}"),
        draw: &draw,
    };
    Some(figure(&picture, axis))
}

fn latency(report: &Report, words: &Words, axis: &Axis) -> Option<String> {
    let slices = &report.points;
    let ms = |us: Option<u64>| us.map(|us| us as f64 / 1e3);
    let (_, most) = extremes(slices.iter().filter_map(|it| ms(it.rtt_p99_us.or(it.rtt_p50_us))))?;
    let limit = limit_of(report, "p99").unwrap_or(100.0);
    // Points with few round trips have no P99, and their hours may have one.
    let has_p99 = slices.iter().any(|slice| slice.rtt_p99_us.is_some());
    let told = |us: Option<u64>| ms(us).map_or("–".to_owned(), |ms| format!("{ms:.2} ms"));
    let caption = format!(
        "{}{}{}· P50 {}, P99 {}, {} {}",
        key("a", "P50"),
        key("b", "P99"),
        key("fail", words.limit),
        told(report.latency.rtt_p50_us),
        told(report.latency.rtt_p99_us),
        words.longest,
        told(report.latency.rtt_max_us)
    );
    let draw = |chart: &mut Chart<'_, '_>, axis: &Axis| {
        let ends = [(0.0, limit), (axis.hours, limit)];
        chart.draw_series(DashedLineSeries::new(ends, 6, 4, FAIL.stroke_width(1)))?;
        let points = (slices.as_slice(), axis.point);
        let of_p99 = if has_p99 { points } else { (report.hours.as_slice(), 1.0) };
        curve(chart, axis, points, |it| ms(it.rtt_p50_us), A)?;
        curve(chart, axis, of_p99, |it| ms(it.rtt_p99_us), B)
    };
    let picture = Picture {
        name: words.latency,
        caption,
        range: (0.0, (most * 1.1).max(limit * 1.1)),
        label: &|y| format!("{y:.0} ms"),
        draw: &draw,
    };
    Some(figure(&picture, axis))
}

/// The number in the limit of a rule.
fn limit_of(report: &Report, name: &str) -> Option<f64> {
    let rule = report.rules.iter().find(|rule| rule.name == name)?;
    rule.limit.split(' ').find_map(|word| word.parse().ok())
}

/// Draws a bar for each slice with a value.
fn bars(
    chart: &mut Chart<'_, '_>,
    axis: &Axis,
    width: f64,
    slices: &[Slice],
    value: impl Fn(&Slice) -> Option<(f64, RGBColor)>,
) -> Drawn {
    chart.draw_series(slices.iter().filter_map(|slice| {
        let (value, colour) = value(slice)?;
        let x = axis.x(slice.at.as_second()).max(0.0);
        let right = (x + width * 0.9).min(axis.hours);
        Some(Rectangle::new([(x, 0.0), (right, value)], colour.filled()))
    }))?;
    Ok(())
}

fn lost(report: &Report, words: &Words, axis: &Axis) -> Option<String> {
    let slices = &report.points;
    let most = slices.iter().map(|slice| slice.lost).max()?;
    let sent = report.latency.round_trips + report.latency.lost;
    let caption = format!("{}: {} / {sent}", words.lost, report.latency.lost);
    let draw = |chart: &mut Chart<'_, '_>, axis: &Axis| {
        bars(chart, axis, axis.point, slices, |it| (it.lost > 0).then_some((it.lost as f64, FAIL)))
    };
    let picture = Picture {
        name: words.lost,
        caption,
        range: (0.0, (most as f64 * 1.1).max(4.0)),
        label: &|y| format!("{y:.0}"),
        draw: &draw,
    };
    Some(figure(&picture, axis))
}

fn health(report: &Report, words: &Words, axis: &Axis) -> Option<String> {
    let slices = &report.points;
    let [healthy, warning, critical] = report.health_ms.map(|ms| ms as f64 / 1e3);
    let unwatched: u64 = report.gaps.iter().map(|gap| gap.lasted_ms).sum();
    let caption = format!(
        "{}{}{}{}",
        key("pass", &format!("HEALTHY {healthy:.0} s")),
        key("unknown", &format!("WARNING {warning:.0} s")),
        key("fail", &format!("CRITICAL {critical:.0} s")),
        key("gap", &format!("{} {:.0} s", words.unwatched, unwatched as f64 / 1e3))
    );
    let draw = |chart: &mut Chart<'_, '_>, axis: &Axis| {
        for slice in slices {
            let [healthy, warning, critical] = slice.health_ms.map(|ms| ms as f64);
            let parts = [
                (healthy, PASS),
                (warning, UNKNOWN),
                (critical, FAIL),
                (slice.unwatched_ms as f64, GAP),
            ];
            let all: f64 = parts.iter().map(|(part, _)| part).sum();
            if all <= 0.0 {
                continue;
            }
            let x = axis.x(slice.at.as_second()).max(0.0);
            let right = (x + axis.point).min(axis.hours);
            let mut top = 1.0;
            for (part, colour) in parts.into_iter().filter(|(part, _)| *part > 0.0) {
                let bottom: f64 = top - part / all;
                let corners = [(x, bottom.max(0.0)), (right, top)];
                chart.draw_series([Rectangle::new(corners, colour.filled())])?;
                top = bottom;
            }
        }
        Ok(())
    };
    let picture = Picture {
        name: words.health,
        caption,
        range: (0.0, 1.0),
        label: &|y| format!("{:.0} %", y * 100.0),
        draw: &draw,
    };
    Some(figure(&picture, axis))
}

fn drift(report: &Report, words: &Words, axis: &Axis) -> Option<String> {
    let most = report.hours.iter().filter_map(|hour| hour.psi).reduce(f64::max);
    let events = report.hours.iter().filter(|hour| hour.is_drift).count();
    let readings = report.hours.iter().filter(|hour| hour.psi.is_some()).count();
    let caption = match most {
        None => words.not_watched.to_owned(),
        Some(most) => format!(
            "{}{}· {readings} {}, {} PSI {most:.4}, {events} × {}",
            key("a", "PSI"),
            key("fail", words.drift),
            words.readings,
            words.longest,
            words.drift
        ),
    };
    let draw = |chart: &mut Chart<'_, '_>, axis: &Axis| {
        bars(chart, axis, 1.0, &report.hours, |hour| {
            Some((hour.psi?, if hour.is_drift { FAIL } else { A }))
        })
    };
    let picture = Picture {
        name: words.drift,
        caption,
        range: (0.0, (most.unwrap_or_default() * 1.1).max(0.3)),
        label: &|y| format!("{y:.2}"),
        draw: &draw,
    };
    Some(figure(&picture, axis))
}

/// A kind of mark: its name, its colour, and its times from begin to end.
type Lane<'a> = (&'a str, RGBColor, Vec<(f64, f64)>);

/// Orders and incidents as marks, each kind in a lane of its own.
fn marks(report: &Report, words: &Words, axis: &Axis) -> Option<String> {
    let is_shown = |second: i64| (0.0..=axis.hours).contains(&axis.x(second));
    let mut lanes: Vec<Lane<'_>> = vec![];
    let mut add = |name, colour, from: i64, to: i64| {
        if !is_shown(from) && !is_shown(to) {
            return;
        }
        let span = (axis.x(from).max(0.0), axis.x(to).min(axis.hours));
        match lanes.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, _, spans)) => spans.push(span),
            None => lanes.push((name, colour, vec![span])),
        }
    };
    for order in &report.orders {
        let colour = if order.outcome == OrderOutcome::Unknown { FAIL } else { PASS };
        add(words.orders, colour, order.at.as_second(), order.at.as_second());
    }
    for incident in &report.incidents {
        let colour = match incident.kind {
            IncidentKind::Warning | IncidentKind::ClockJump => UNKNOWN,
            IncidentKind::Gap => GAP,
            _ => FAIL,
        };
        let at = incident.at.as_second();
        let until = incident.until.map_or(at, |until| until.as_second());
        add(words.incident(incident.kind), colour, at, until);
    }
    let counts: Vec<String> =
        lanes.iter().map(|(name, _, spans)| format!("{name}: {}", spans.len())).collect();
    let count = lanes.len().max(1);
    let draw = |chart: &mut Chart<'_, '_>, _: &Axis| {
        for (lane, (_, colour, spans)) in lanes.iter().enumerate() {
            let y = (count - 1 - lane) as f64;
            for (from, to) in spans {
                if to > from {
                    let corners = [(*from, y - 0.18), (*to, y + 0.18)];
                    chart.draw_series([Rectangle::new(corners, colour.filled())])?;
                }
                chart.draw_series([Circle::new((*from, y), 4, colour.filled())])?;
            }
        }
        Ok(())
    };
    let label = |y: &f64| {
        let lane = (y.round() - y).abs() < 0.01;
        let index = (count as f64 - 1.0 - y.round()).max(0.0) as usize;
        lanes.get(index).filter(|_| lane).map_or(String::new(), |(name, ..)| (*name).to_owned())
    };
    let picture = Picture {
        name: words.marks,
        caption: if counts.is_empty() { words.none.to_owned() } else { counts.join(" · ") },
        range: (-0.6, count as f64 - 0.4),
        label: &label,
        draw: &draw,
    };
    Some(figure(&picture, axis))
}
