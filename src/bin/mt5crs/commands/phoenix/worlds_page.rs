//! The page of `phoenix --worlds`.

use std::io;

use mt5crs::explore::search::{Finding, Report};
use mt5crs::explore::story::{Actor, Moment};

use crate::render::table::row;
use crate::render::{Page, Sheet, View, table};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        sheet.verdict(view.verdict, &summary(self))?;
        if self.worlds > 1 {
            sheet.line(coverage(self))?;
        }
        if !self.findings.is_empty() {
            sheet.heading("FINDINGS, each with the fewest acts that show it")?;
            for finding in &self.findings {
                story(sheet, finding)?;
            }
        }
        if self.worlds == 1 {
            return tell(sheet, &self.story);
        }
        if !self.left_out.is_empty() {
            sheet.heading("LEFT OUT")?;
            for words in &self.left_out {
                sheet.line(words)?;
            }
        }
        sheet.heading("WORLDS BY ACT")?;
        let rows = self
            .by_act_and_depth
            .iter()
            .map(|(act, depths)| row![act, depths.singles, depths.pairs, depths.deeper]);
        table::list(sheet, &["ACT", ">SINGLES", ">PAIRS", ">DEEPER"], rows)
    }
}

fn tell(sheet: &mut Sheet<'_>, story: &[Moment]) -> io::Result<()> {
    sheet.heading("STORY, in virtual time")?;
    let rows = story.iter().map(|moment| {
        let actor = match moment.actor {
            Actor::Broker => "broker",
            Actor::Client => "mt5crs",
            Actor::Gateway => "gateway",
        };
        row![format!("{:.3} s", moment.at_ms as f64 / 1000.0), actor, moment.words]
    });
    table::list(sheet, &[">AT", "WHO", "WORDS"], rows)
}

fn summary(report: &Report) -> String {
    if report.worlds == 1 {
        return match (report.findings.is_empty(), report.definite, report.undecidable) {
            (false, ..) => "the promise is broken in this world".to_owned(),
            (_, 1, _) => "every claim is true in this world, and the answer is definite".to_owned(),
            (_, _, 1) => "no client can tell this world from an honest one".to_owned(),
            _ => "every claim is true in this world, and the answer is a doubt".to_owned(),
        };
    }
    let broken: Vec<String> = report
        .broken
        .iter()
        .map(|(breach, count)| format!("{} {count}", breach.plural()))
        .collect();
    let per_second = report.worlds.saturating_mul(1000) / report.took_ms.max(1);
    format!("{} worlds, {per_second} a second: {}", report.worlds, broken.join(", "))
}

fn coverage(report: &Report) -> String {
    let depths: Vec<String> =
        report.by_depth.iter().map(|(depth, count)| format!("{count} with {depth}")).collect();
    let word = |complete| if complete { "complete" } else { "not complete" };
    format!(
        "acts: {}; single acts {}, pairs {} ({} planned, {} more are the same run as a single act); seed {}; definite answers in {} %, undecidable {}",
        depths.join(", "),
        word(report.singles_complete),
        word(report.pairs_complete),
        report.pairs_planned,
        report.same_as_single,
        report.seed,
        report.definite.saturating_mul(100) / report.worlds.max(1),
        report.undecidable,
    )
}

fn story(sheet: &mut Sheet<'_>, finding: &Finding) -> io::Result<()> {
    sheet.line(format!("{}: {}", finding.breach.singular(), finding.story))?;
    sheet.line(format!("  replay: mt5crs phoenix --world '{}'", finding.world))?;
    sheet.line(format!("  found as: {}", finding.found_as))
}
