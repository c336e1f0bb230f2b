//! The checks of an audit as they are made, and their form in its document.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::catalogue::{CHECKS, Entry, Group};
use super::selection::Selection;
use crate::report::{Check, Status};

/// The checks made so far, each named by its code.
#[derive(Debug)]
pub(super) struct Findings<'s> {
    selection: &'s Selection,
    all: Vec<Check>,
}

impl<'s> Findings<'s> {
    pub(super) fn new(selection: &'s Selection) -> Self {
        Self { selection, all: Vec::new() }
    }

    /// Whether a check that fits is selected and not made yet.
    pub(super) fn wants(&self, fits: impl Fn(&Entry) -> bool) -> bool {
        self.open(fits).next().is_some()
    }

    pub(super) fn wants_code(&self, code: &str) -> bool {
        self.wants(|entry| entry.code == code)
    }

    pub(super) fn wants_group(&self, group: Group) -> bool {
        self.wants(|entry| entry.group == group)
    }

    /// Keeps a check that is selected and not made yet.
    pub(super) fn add(&mut self, check: Check) {
        debug_assert!(CHECKS.iter().any(|entry| entry.code == check.name), "{}", check.name);
        if self.wants_code(&check.name) {
            self.all.push(check);
        }
    }

    /// Keeps another command's check under this group; one without a row in the catalogue is left out.
    pub(super) fn add_to(&mut self, group: Group, check: Check) {
        if let Some(code) = group.code(&check.name) {
            self.add(check.named(code));
        }
    }

    /// Ends every check that fits and is not made yet with this result.
    pub(super) fn rest(&mut self, fits: impl Fn(&Entry) -> bool, result: &Check) {
        let codes: Vec<&str> = self.open(fits).map(|entry| entry.code).collect();
        self.all.extend(codes.into_iter().map(|code| result.clone().named(code)));
    }

    fn open(&self, fits: impl Fn(&Entry) -> bool) -> impl Iterator<Item = &'static Entry> {
        CHECKS.iter().filter(move |entry| {
            fits(entry)
                && self.selection.wants(entry)
                && !self.all.iter().any(|check| check.name == entry.code)
        })
    }

    /// The check of every row of the catalogue, in its order.
    pub(super) fn finish(mut self) -> Vec<Check> {
        self.rest(|_| true, &Check::not_reached("not reached"));
        CHECKS.iter().map(|entry| self.take(entry)).collect()
    }

    /// The check of this row; the catalogue's expectation and remedy stand where the check brought none.
    fn take(&mut self, entry: &Entry) -> Check {
        let made = self.all.iter().position(|check| check.name == entry.code);
        let mut check = match made {
            Some(made) => self.all.swap_remove(made),
            None => Check::new(Status::Skipped, "not selected").named(entry.code),
        };
        if check.expected.is_empty() {
            check = check.expecting(entry.expected);
        }
        match check.remedy {
            None => check.with_remedy(entry.remedy),
            Some(_) => check,
        }
    }
}

// How the document shows a check of the audit: the name is its code, and its row of the catalogue stands beside it.
/// One check and its result.
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding<'c> {
    /// `GROUP.NAME`, stable for scripts.
    code: &'c str,
    /// Where it belongs.
    group: Group,
    /// Its result.
    #[schemars(schema_with = "status")]
    status: Status,
    /// What was looked at.
    looked_at: &'c str,
    /// What was found, with the figures; why, where nothing was.
    found: &'c str,
    /// What was expected, with the tolerance.
    expected: &'c str,
    /// What to do, where it warned or failed.
    remedy: Option<&'c str>,
}

/// The results that an audit has: no `info`, and two that other reports don't have.
fn status(_: &mut SchemaGenerator) -> Schema {
    use Status::{Fail, NotApplicable, NotReached, Pass, Skipped, Warn};
    json_schema!({
        "type": "string",
        "enum": [Pass, Warn, Fail, NotReached, NotApplicable, Skipped],
    })
}

/// Writes the checks into the document.
pub(super) fn serialize<S: Serializer>(checks: &[Check], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(CHECKS.iter().zip(checks).map(|(entry, check)| Finding {
        code: entry.code,
        group: entry.group,
        status: check.status,
        looked_at: entry.looks_at,
        found: &check.found,
        expected: &check.expected,
        remedy: check.remedy.as_deref(),
    }))
}

/// The first few of a list, and how many more there are.
pub(super) fn first_few(all: impl IntoIterator<Item = String>) -> String {
    const LISTED: usize = 5;
    let all: Vec<String> = all.into_iter().collect();
    let (shown, more) = all.split_at(all.len().min(LISTED));
    match more.len() {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_there_once_whatever_was_found() {
        let selection = Selection::new(vec![], vec!["config.keys".to_owned()]).unwrap();
        let mut findings = Findings::new(&selection);
        findings.add(Check::fail("not asked for").named("config.keys"));
        findings.add(Check::fail("first").named("config.unknown"));
        findings.add(Check::pass("second").named("config.unknown"));
        findings.rest(|entry| entry.group == Group::Config, &Check::pass("rest"));
        let all = findings.finish();
        assert!(CHECKS.iter().map(|entry| entry.code).eq(all.iter().map(|check| &*check.name)));
        let status = |code: &str| all.iter().find(|check| check.name == code).unwrap().status;
        assert_eq!(status("config.keys"), Status::Skipped);
        assert_eq!(status("config.unknown"), Status::Fail);
        assert_eq!(status("config.origins"), Status::Pass);
        assert_eq!(status("files.state"), Status::NotReached);
    }

    #[test]
    fn a_remedy_goes_with_a_warning_and_a_failure_alone() {
        let selection = Selection::default();
        let mut findings = Findings::new(&selection);
        findings.add(Check::pass("x").with_remedy("y").named("config.keys"));
        let precise = Check::warn("x").expecting("z").with_remedy("y");
        findings.add(precise.named("config.unknown"));
        findings.add(Check::fail("x").named("config.origins"));
        let all = findings.finish();
        let shown = |index: usize| (all[index].remedy.as_deref(), all[index].expected.as_str());
        assert_eq!(shown(0), (None, CHECKS[0].expected));
        assert_eq!(shown(1), (Some("y"), "z"));
        assert_eq!(shown(2), (Some(CHECKS[2].remedy), CHECKS[2].expected));
    }
}
