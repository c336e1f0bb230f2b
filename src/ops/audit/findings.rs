//! What was found, check by check.

use schemars::JsonSchema;
use serde::Serialize;

use super::catalogue::{CHECKS, Entry, Group, Level};
use crate::report::{Check, Status as CheckStatus};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Pass,
    /// Wants a look.
    Warn,
    /// Not as it should be.
    Fail,
    /// What it needs wasn't there; says nothing either way, and is never a pass.
    NotReached,
    /// There is nothing here that it could look at.
    NotApplicable,
    /// It was not asked for.
    Skipped,
}

/// One check, and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// `GROUP.NAME`, stable for scripts.
    pub code: &'static str,
    /// Where it belongs.
    pub group: Group,
    /// How it ended.
    pub status: Status,
    /// What was looked at.
    pub looked_at: &'static str,
    /// What was found, with the figures; why, where nothing was.
    pub found: String,
    /// What was expected, with the tolerance.
    pub expected: String,
    /// What to do, where it warned or failed.
    pub remedy: Option<String>,
}

/// What one check found, before it stands beside its row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) status: Status,
    pub(super) found: String,
    expected: Option<String>,
    remedy: Option<String>,
}

impl Found {
    fn new(status: Status, found: impl Into<String>) -> Self {
        Self { status, found: found.into(), expected: None, remedy: None }
    }

    pub(super) fn pass(found: impl Into<String>) -> Self {
        Self::new(Status::Pass, found)
    }

    pub(super) fn warn(found: impl Into<String>) -> Self {
        Self::new(Status::Warn, found)
    }

    pub(super) fn fail(found: impl Into<String>) -> Self {
        Self::new(Status::Fail, found)
    }

    pub(super) fn not_reached(why: impl Into<String>) -> Self {
        Self::new(Status::NotReached, why)
    }

    pub(super) fn not_applicable(why: impl Into<String>) -> Self {
        Self::new(Status::NotApplicable, why)
    }

    /// A pass, or a failure.
    pub(super) fn judge(good: bool, found: impl Into<String>) -> Self {
        if good { Self::pass(found) } else { Self::fail(found) }
    }

    /// Where it is more precise than the catalogue.
    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Where it is more precise than the catalogue.
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// What another command's check found.
    pub(super) fn of(check: Check) -> Self {
        let Check { status, found, expected, remedy, .. } = check;
        let status = match status {
            CheckStatus::Pass => Status::Pass,
            CheckStatus::Info => Status::NotApplicable,
            CheckStatus::Warn => Status::Warn,
            CheckStatus::Fail => Status::Fail,
            CheckStatus::NotReached => Status::NotReached,
        };
        Self { status, found, expected: Some(expected), remedy }
    }
}

/// The checks that are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    only: Vec<String>,
    skip: Vec<String>,
}

/// A word that names nothing, or words that leave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSelection {
    /// Neither a check nor a group.
    #[error("`{0}` is neither a check nor a group of them")]
    Unknown(String),
    /// Nothing would be checked, which must not read like a pass.
    #[error("nothing is left to be checked")]
    Nothing,
}

impl Selection {
    /// These checks and groups alone (all where there are none), without those.
    pub fn new(only: Vec<String>, skip: Vec<String>) -> Result<Self, BadSelection> {
        let known = |word: &&String| CHECKS.iter().any(|entry| entry.is(word));
        if let Some(unknown) = only.iter().chain(&skip).find(|word| !known(word)) {
            return Err(BadSelection::Unknown(unknown.clone()));
        }
        let selection = Self { only, skip };
        match CHECKS.iter().any(|entry| selection.wants(entry)) {
            true => Ok(selection),
            false => Err(BadSelection::Nothing),
        }
    }

    /// Without the link there is no way to the gateway: whatever asks it is left out as well.
    pub fn is_offline(&self) -> bool {
        self.skip.iter().any(|word| word == Group::Link.name())
    }

    pub(super) fn wants(&self, entry: &Entry) -> bool {
        let named = |words: &[String]| words.iter().any(|word| entry.is(word));
        (self.only.is_empty() || named(&self.only))
            && !named(&self.skip)
            && !(entry.asks_gateway && self.is_offline())
    }
}

/// What was found so far.
#[derive(Debug)]
pub(super) struct Findings<'s> {
    selection: &'s Selection,
    all: Vec<(&'static str, Found)>,
}

impl<'s> Findings<'s> {
    pub(super) fn new(selection: &'s Selection) -> Self {
        Self { selection, all: Vec::new() }
    }

    /// Whether anything that fits is asked for and not found yet.
    pub(super) fn wants(&self, fits: impl Fn(&Entry) -> bool) -> bool {
        self.open(fits).next().is_some()
    }

    pub(super) fn wants_code(&self, code: &str) -> bool {
        self.wants(|entry| entry.code == code)
    }

    pub(super) fn wants_group(&self, group: Group) -> bool {
        self.wants(|entry| entry.group == group)
    }

    /// Of a check that isn't asked for, nothing is kept.
    pub(super) fn add(&mut self, code: &'static str, found: Found) {
        debug_assert!(CHECKS.iter().any(|entry| entry.code == code), "{code}");
        if self.wants_code(code) {
            self.all.push((code, found));
        }
    }

    /// The same for many.
    pub(super) fn extend(&mut self, found: impl IntoIterator<Item = (&'static str, Found)>) {
        for (code, found) in found {
            self.add(code, found);
        }
    }

    /// Whatever fits and was not found yet ends like this.
    pub(super) fn rest(&mut self, fits: impl Fn(&Entry) -> bool, found: &Found) {
        let codes: Vec<&str> = self.open(fits).map(|entry| entry.code).collect();
        self.all.extend(codes.into_iter().map(|code| (code, found.clone())));
    }

    fn open(&self, fits: impl Fn(&Entry) -> bool) -> impl Iterator<Item = &'static Entry> {
        CHECKS.iter().filter(move |entry| {
            fits(entry)
                && self.selection.wants(entry)
                && !self.all.iter().any(|(code, _)| *code == entry.code)
        })
    }

    /// Every row of the catalogue with what was found, in its order.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.rest(|_| true, &Found::not_reached("not reached"));
        CHECKS.iter().map(|entry| finding(entry, self.take(entry))).collect()
    }

    fn take(&mut self, entry: &Entry) -> Found {
        let place = self.all.iter().position(|(code, _)| *code == entry.code);
        match place {
            Some(place) => self.all.swap_remove(place).1,
            None => Found::new(Status::Skipped, "not asked for"),
        }
    }
}

fn finding(entry: &'static Entry, found: Found) -> Finding {
    let wants_remedy = matches!(found.status, Status::Warn | Status::Fail);
    Finding {
        code: entry.code,
        group: entry.group,
        status: found.status,
        looked_at: entry.looks_at,
        found: found.found,
        expected: found.expected.unwrap_or_else(|| entry.expected.to_owned()),
        remedy: wants_remedy.then(|| found.remedy.unwrap_or_else(|| entry.remedy.to_owned())),
    }
}

impl Finding {
    /// Whether it is at or above that level. What was not reached is on no level: it is judged by itself.
    pub(super) fn reaches(&self, level: Level) -> bool {
        match self.status {
            Status::Fail => true,
            Status::Warn => level == Level::Warn,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(only: &[&str], skip: &[&str]) -> Result<Selection, BadSelection> {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Selection::new(words(only), words(skip))
    }

    fn wanted(only: &[&str], skip: &[&str]) -> Vec<&'static str> {
        let selection = selection(only, skip).unwrap();
        CHECKS.iter().filter(|entry| selection.wants(entry)).map(|entry| entry.code).collect()
    }

    #[test]
    fn checks_are_chosen_by_code_and_by_group() {
        assert_eq!(wanted(&[], &[]).len(), CHECKS.len());
        assert_eq!(wanted(&["gateway"], &[]), ["gateway.sync-all", "gateway.can-close"]);
        assert_eq!(wanted(&["gateway"], &["gateway.can-close"]), ["gateway.sync-all"]);
        assert_eq!(wanted(&["config.keys", "gateway.sync-all"], &[]).len(), 2);
        assert_eq!(selection(&["x"], &[]), Err(BadSelection::Unknown("x".into())));
        assert_eq!(selection(&[], &["config."]), Err(BadSelection::Unknown("config.".into())));
        assert_eq!(selection(&["state"], &["state"]), Err(BadSelection::Nothing));
    }

    #[test]
    fn without_the_link_nobody_asks_the_gateway() {
        let offline = wanted(&[], &["link"]);
        assert!(!offline.iter().any(|code| code.starts_with("state.")), "{offline:?}");
        assert!(!offline.contains(&"gateway.can-close") && !offline.contains(&"baseline.sync"));
        assert!(offline.contains(&"baseline.memory") && offline.contains(&"self-test.hazard-1"));
        assert_eq!(selection(&["state"], &["link"]), Err(BadSelection::Nothing));
        assert!(wanted(&[], &["link.latency"]).contains(&"state.sync-all"));
    }

    #[test]
    fn each_row_is_there_once_whatever_was_found() {
        let selection = selection(&[], &["config.keys"]).unwrap();
        let mut findings = Findings::new(&selection);
        findings.add("config.keys", Found::fail("not asked for"));
        findings.add("config.unknown", Found::fail("first"));
        findings.add("config.unknown", Found::pass("second"));
        findings.rest(|entry| entry.group == Group::Config, &Found::pass("rest"));
        let all = findings.finish();
        assert_eq!(all.len(), CHECKS.len());
        let status = |code: &str| all.iter().find(|finding| finding.code == code).unwrap().status;
        assert_eq!(status("config.keys"), Status::Skipped);
        assert_eq!(status("config.unknown"), Status::Fail);
        assert_eq!(status("config.origins"), Status::Pass);
        assert_eq!(status("files.state"), Status::NotReached);
    }

    #[test]
    fn a_remedy_goes_with_what_wants_one() {
        let selection = Selection::default();
        let mut findings = Findings::new(&selection);
        findings.add("config.keys", Found::pass("x").remedy("y"));
        findings.add("config.unknown", Found::warn("x").expected("z").remedy("y"));
        let all = findings.finish();
        assert_eq!(
            (all[0].remedy.as_deref(), all[0].expected.as_str()),
            (None, "each can be used")
        );
        assert_eq!((all[1].remedy.as_deref(), all[1].expected.as_str()), (Some("y"), "z"));
        assert!(all[1].reaches(Level::Warn) && !all[1].reaches(Level::Fail));
    }
}
