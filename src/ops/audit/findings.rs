//! The results of an audit: one for each row of the catalogue, and their form in the document.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::catalogue::{CHECKS, Entry, Group};
use super::selection::Selection;
use crate::check::{Check, Status};

/// A check in progress: passed with its finding, or another result.
pub(super) type Found = Result<String, Check>;

impl From<Found> for Check {
    fn from(found: Found) -> Self {
        found.map_or_else(|check| check, Self::pass)
    }
}

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

    /// Makes the check with this code, if it is selected and not made yet.
    pub(super) fn add<C: Into<Check>>(&mut self, code: &'static str, make: impl FnOnce() -> C) {
        debug_assert!(CHECKS.iter().any(|entry| entry.code == code), "{code}");
        if self.wants_code(code) {
            self.all.push(make().into().named(code));
        }
    }

    /// Keeps checks of a group, each named without the group; those without a row in the catalogue are left out. A check
    /// without a name is the result of every other one.
    pub(super) fn extend(&mut self, group: Group, checks: impl IntoIterator<Item = Check>) {
        for check in checks {
            if check.name.is_empty() {
                self.rest(|entry| entry.group == group, &check);
            } else if let Some(code) = group.code(&check.name) {
                self.add(code, || check);
            }
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

    /// The check of this row, with the catalogue's expectation and remedy where it has none of its own.
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

/// One check and its result.
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding<'c> {
    /// `GROUP.NAME`, stable for scripts.
    code: &'c str,
    /// Its group.
    group: Group,
    /// Its result.
    #[schemars(schema_with = "status")]
    status: Status,
    /// Its subject.
    looked_at: &'c str,
    /// The finding with its figures; the reason where there is none.
    found: &'c str,
    /// The expected result, with its tolerance.
    expected: &'c str,
    /// The next step after a warning or a failure.
    remedy: Option<&'c str>,
}

/// The results of an audit's checks: never `info`, and two that other reports don't have.
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
    fn each_row_has_one_check() {
        let selection = Selection::new(vec![], vec!["config.keys".to_owned()]).unwrap();
        let mut findings = Findings::new(&selection);
        findings.add("config.keys", || Check::fail("not selected"));
        findings.add("config.unknown", || Check::fail("first"));
        findings.add("config.unknown", || Check::pass("second"));
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
    fn only_a_warning_and_a_failure_have_a_remedy() {
        let selection = Selection::default();
        let mut findings = Findings::new(&selection);
        findings.add("config.keys", || Check::pass("x").with_remedy("y"));
        findings.add("config.unknown", || Check::warn("x").expecting("z").with_remedy("y"));
        findings.add("config.origins", || Check::fail("x"));
        let all = findings.finish();
        let shown = |index: usize| (all[index].remedy.as_deref(), all[index].expected.as_str());
        assert_eq!(shown(0), (None, CHECKS[0].expected));
        assert_eq!(shown(1), (Some("y"), "z"));
        assert_eq!(shown(2), (Some(CHECKS[2].remedy), CHECKS[2].expected));
    }
}
