//! No code path sends an order around the guards, and none claims without a proof: each way to forge a permit, a premise or
//! a proof is a compile error.
//!
//! Each file beside this one is added to a copy of `src`, as a sibling of the permits or of the proofs. Every line in it that ends with an
//! error's code has to be refused with that code, and no other line. The copy without them compiles.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mt5crs::check::{Check, Status};
use mt5crs::link::permit::{Guard, GuardEvaluation, GuardEvaluator, OpenPermit};
use serde_json::Value;

/// The forgeries. The compiler refuses each file at another stage, and a later stage sees only what an earlier one passed.
const FORGERIES: [(&str, &str); 7] = [
    ("link", include_str!("permits/constructors.rs")),
    ("link", include_str!("permits/literals.rs")),
    ("link", include_str!("permits/types.rs")),
    ("link", include_str!("permits/twice.rs")),
    ("link", include_str!("permits/unsafely.rs")),
    ("proof", include_str!("permits/premises.rs")),
    ("proof", include_str!("permits/proofs.rs")),
];

/// A copy of the library's source, as a package of its own.
struct Copy(PathBuf);

impl Copy {
    /// At the same place each time, so that the compiler's cache does not grow with every run.
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("permits");
        let _ = fs::remove_dir_all(&copy);
        copy_dir(&root.join("src"), &copy.join("src"));
        fs::remove_dir_all(copy.join("src/bin")).unwrap();
        let own_name =
            |text: String| text.replace("name = \"mt5crs\"\n", "name = \"mt5crs-forged\"\n");
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        let library = ["[package]", "dependencies]", "[lints.", "[profile."];
        let sections: String = manifest
            .split_inclusive("\n\n")
            .filter(|section| library.iter().any(|header| section.contains(header)))
            .collect();
        let manifest = own_name(sections).replace("default-run = \"mt5crs\"\n", "");
        fs::write(copy.join("Cargo.toml"), manifest).unwrap();
        let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap();
        fs::write(copy.join("Cargo.lock"), own_name(lock)).unwrap();
        Self(copy)
    }

    /// Adds a module to a room, in place of the one before it.
    fn add(&self, room: &str, source: &str) {
        for other in ["link", "proof"] {
            let path = self.0.join(format!("src/{other}.rs"));
            let without = fs::read_to_string(&path).unwrap().replace("\npub mod forged;\n", "");
            let declared = if other == room { "\npub mod forged;\n" } else { "" };
            fs::write(path, without + declared).unwrap();
        }
        // Its functions need no documentation.
        let module = format!("#![allow(missing_docs)]{source}");
        fs::write(self.0.join(format!("src/{room}/forged.rs")), module).unwrap();
    }

    /// The compiler's errors: line in the added module and code.
    fn errors(&self) -> BTreeSet<(u64, String)> {
        let output = Command::new(env!("CARGO"))
            .args(["check", "--offline", "--locked", "--lib", "--message-format=json"])
            .arg("--target-dir")
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap())
            .current_dir(&self.0)
            .output()
            .unwrap();
        let errors: BTreeSet<(u64, String)> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|message| message["message"]["level"] == "error")
            .filter_map(|message| {
                let code = message["message"]["code"]["code"].as_str()?.to_owned();
                let spans = message["message"]["spans"].as_array().unwrap();
                let span = spans.iter().find(|span| span["is_primary"] == true).unwrap();
                let file = span["file_name"].as_str().unwrap();
                assert!(file.ends_with("/forged.rs"), "{message}");
                Some((span["line_start"].as_u64().unwrap(), code))
            })
            .collect();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), errors.is_empty(), "{talk}");
        errors
    }
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn each_forgery_is_a_compile_error_and_the_source_without_it_compiles() {
    let copy = Copy::new();
    assert_eq!(copy.errors(), BTreeSet::new());
    for (room, source) in FORGERIES {
        copy.add(room, source);
        let expected: BTreeSet<(u64, String)> = (1..)
            .zip(source.lines())
            .filter_map(|(number, line)| Some((number, line.split_once(" // ")?.1.to_owned())))
            .collect();
        assert_eq!(copy.errors(), expected, "{source}");
    }
}

/// Passes every guard except one.
struct Except(Option<(Guard, Vec<Status>)>);

impl GuardEvaluator for Except {
    fn evaluate(&mut self, guard: Guard) -> Vec<Check> {
        let statuses = match &self.0 {
            Some((except, statuses)) if *except == guard => statuses.clone(),
            _ => vec![Status::Pass],
        };
        let check = |status| Check::new(status, "found").named(guard.name());
        statuses.into_iter().map(check).collect()
    }
}

fn forbids(guard: Guard, statuses: &[Status], may_stay_open: bool) -> bool {
    let mut evaluator = Except(Some((guard, statuses.to_vec())));
    let permit = OpenPermit::from_evaluation(&GuardEvaluation::new(&mut evaluator), may_stay_open);
    permit.is_err_and(|forbidding| forbidding.iter().all(|words| words.starts_with(guard.name())))
}

#[test]
fn each_guard_forbids_by_itself() {
    let passed = GuardEvaluation::new(&mut Except(None));
    assert!(OpenPermit::from_evaluation(&passed, false).is_ok());
    for guard in Guard::ALL.iter().copied() {
        assert!(forbids(guard, &[Status::Fail], false), "{guard:?}");
        assert!(forbids(guard, &[Status::Pass, Status::Fail], true), "{guard:?}");
        assert!(!forbids(guard, &[Status::Warn], false), "{guard:?}");
        // A guard that was not evaluated forbids as well; drift is for positions that are watched.
        let required = guard != Guard::Drift;
        assert_eq!(forbids(guard, &[Status::NotReached], false), required, "{guard:?}");
        assert_eq!(forbids(guard, &[], false), required, "{guard:?}");
        let required = required && guard != Guard::CanClose;
        assert_eq!(forbids(guard, &[Status::NotReached], true), required, "{guard:?}");
    }
}

/// The trait can't be sealed, so this reads the source: only one type implements it.
#[test]
fn the_source_has_one_evaluator() {
    fn sources(dir: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if fs::read_to_string(&path).unwrap().contains("GuardEvaluator for") {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    let mut found = vec![];
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("src/ops/canary/admission.rs"), "{found:?}");
}
