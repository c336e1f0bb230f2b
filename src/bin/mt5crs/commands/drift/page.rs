//! The page of `drift`.

use std::io;

use mt5crs::guard::drift::DriftState;
use mt5crs::guard::drift::psi::Bin;
use mt5crs::ops::drift::{Report, SampleReport, metrics};

use crate::render::{Metrics, Page, Sheet, View};

impl Page for Report {
    const METRICS: Metrics<Self> = metrics::of;

    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let psi = self.psi.unwrap_or_default();
        let (watch, drift) = (self.psi_watch, self.psi_drift);
        let finding = match self.state {
            DriftState::Stable => format!("STABLE: PSI {psi:.4}, below the watch limit {watch}"),
            DriftState::Watch => {
                format!(
                    "WATCH: PSI {psi:.4}, from the watch limit {watch} up to the drift limit {drift}"
                )
            }
            DriftState::Drift => {
                format!("DRIFT: PSI {psi:.4}, at or above the drift limit {drift}")
            }
            DriftState::CannotBeJudged => {
                format!("cannot be judged: {}", self.why.as_deref().unwrap_or_default())
            }
        };
        sheet.verdict(view.verdict, &finding)?;
        sample(sheet, "reference", &self.reference)?;
        sample(sheet, "current", &self.current)?;
        if let Some(noise) = self.psi_noise {
            sheet.line(format!(
                "samples of these sizes have a PSI of about {noise:.3} when nothing moved"
            ))?;
        }
        if self.bins.is_empty() { Ok(()) } else { chart(sheet, &self.bins) }
    }
}

fn sample(sheet: &mut Sheet<'_>, which: &str, sample: &SampleReport) -> io::Result<()> {
    let values = sample.values.map_or("not read".to_owned(), |count| format!("{count} values"));
    let field = sample.field.as_ref().map_or(String::new(), |field| format!(", field {field}"));
    sheet.line(format!("{which}: {values}, {}{field}", sample.path.display()))
}

/// Draws the current sample's share of each bin as a bar, with a mark at the reference's share.
fn chart(sheet: &mut Sheet<'_>, bins: &[Bin]) -> io::Result<()> {
    const WIDEST: usize = 40;
    let total = |of: fn(&Bin) -> u64| bins.iter().map(of).sum::<u64>().max(1) as f64;
    let (then, now) = (total(|bin| bin.reference), total(|bin| bin.current));
    let shares: Vec<(f64, f64)> =
        bins.iter().map(|bin| (bin.reference as f64 / then, bin.current as f64 / now)).collect();
    let most = shares.iter().fold(0.0, |most: f64, (q, p)| most.max(*q).max(*p));
    let room = sheet.width.map_or(WIDEST, |width| usize::from(width).saturating_sub(28));
    let room = room.clamp(6, WIDEST);
    let length = |share: f64| (share / most * room as f64).round() as usize;
    sheet.heading("BINS: # current, | reference")?;
    sheet.line(format!("{:>11} {:>6} {:>6}", "UP TO", "THEN", "NOW"))?;
    for (bin, (q, p)) in bins.iter().zip(shares) {
        let mut bar: Vec<char> = vec!['#'; length(p)];
        let mark = length(q);
        bar.resize(bar.len().max(mark + 1), ' ');
        bar[mark] = '|';
        let bar: String = bar.into_iter().collect();
        let to = bin.to.map_or("above".to_owned(), short);
        sheet.line(format!("{to:>11} {:>6} {:>6}  {bar}", bin.reference, bin.current))?;
    }
    Ok(())
}

/// The value in at most 11 characters; the JSON report has every digit.
fn short(value: f64) -> String {
    let plain = value == 0.0 || (1e-3..1e7).contains(&value.abs());
    let text = if plain { format!("{value:.4}") } else { return format!("{value:.3e}") };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
