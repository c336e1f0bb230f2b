use super::*;
use crate::logs::alerts::rules::tests::THRESHOLDS;

/// A directory with a log, and a state directory.
struct Tree(tempfile::TempDir);

fn line(second: u32, pid: u32, text: &str) -> String {
    format!("2026-01-17T00:00:{second:02}.000000+00:00 INFO [{pid}-aaaaaaaa] {text}\n")
}

fn failed(second: u32, pid: u32) -> String {
    line(second, pid, "StateReconciler State synchronization failed: no reply")
}

fn ok(second: u32) -> String {
    line(second, 9, "StateReconciler State synchronized: 2 positions recovered")
}

fn deleted(name: &str) -> Result<Option<String>, String> {
    Ok(Some(name.to_owned()))
}

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            fs::write(tree.at(name), text).unwrap();
        }
        tree
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn state(&self) -> PathBuf {
        path(&self.at("state"), &self.at("a.log"))
    }

    /// The name of the file that was deleted, or the error.
    fn delete_oldest(&self, keep: u32) -> Result<Option<String>, String> {
        let deleted = delete_oldest(&self.at("a.log"), keep, &self.state(), THRESHOLDS);
        let name = |file: Deleted| file.path.file_name().unwrap().to_str().unwrap().to_owned();
        deleted.map(|file| file.map(name)).map_err(|error| error.to_string())
    }

    /// The alerts after these further lines.
    fn alerts_after(&self, lines: &str) -> Vec<(String, bool)> {
        let carried = Carried::load(&self.state()).unwrap();
        let mut rules = Rules::resume(THRESHOLDS, carried.open);
        for line in lines.lines() {
            rules.see(&Event::parse(line.as_bytes()).unwrap());
        }
        rules.alerts().iter().map(|alert| (alert.message.clone(), alert.is_active())).collect()
    }
}

#[test]
fn an_alert_of_a_deleted_file_is_open_until_a_later_line_clears_it() {
    let tree = Tree::new(&[
        ("a.log", "x\n"),
        ("a.log.1", "y\n"),
        ("a.log.2", &(failed(1, 1) + &failed(2, 2))),
    ]);
    assert_eq!(tree.delete_oldest(1), deleted("a.log.2"));
    assert!(!tree.at("a.log.2").exists());
    let two = "2 start-up syncs in a row failed".to_owned();
    let three = "3 start-up syncs in a row failed".to_owned();
    assert_eq!(tree.alerts_after(""), [(two.clone(), true)]);
    assert_eq!(tree.alerts_after(&failed(3, 3)), [(three, true)]);
    assert_eq!(tree.alerts_after(&ok(3)), [(two, false)]);
}

#[test]
fn one_failure_in_each_of_two_files_makes_two_in_a_row() {
    let tree = Tree::new(&[
        ("a.log", "x\n"),
        ("a.log.1", "y\n"),
        ("a.log.2", &failed(2, 2)),
        ("a.log.3", &failed(1, 1)),
    ]);
    assert_eq!(tree.delete_oldest(1), deleted("a.log.3"));
    assert_eq!(tree.delete_oldest(1), deleted("a.log.2"));
    assert_eq!(tree.alerts_after(""), [("2 start-up syncs in a row failed".to_owned(), true)]);
}

#[test]
fn a_run_that_began_in_a_deleted_file_is_known() {
    let began = line(1, 7, "Run Run began: mt5crs 0.1.0 sync of tcp://10.0.0.5:5555");
    let tree = Tree::new(&[("a.log", "x\n"), ("a.log.1", "y\n"), ("a.log.2", &began)]);
    tree.delete_oldest(1).unwrap();
    let carried = Carried::load(&tree.state()).unwrap();
    let mut rules = Rules::resume(THRESHOLDS, carried.open.clone());
    rules.look_for_crashes(&|_, _| false);
    assert_eq!(rules.alerts()[0].endpoint.as_deref(), Some("tcp://10.0.0.5:5555"));
    let later = "2026-01-17T00:00:02Z".parse().unwrap();
    let mut rules = Rules::resume(THRESHOLDS, carried.open.since(later));
    rules.look_for_crashes(&|_, _| false);
    assert!(rules.alerts().is_empty());
}

#[test]
fn a_file_that_was_read_before_a_kill_counts_once() {
    let tree = Tree::new(&[("a.log", "x\n"), ("a.log.1", "y\n"), ("a.log.2", &failed(1, 1))]);
    let file = tree.at("a.log.2");
    let last = Some(identity(&fs::metadata(&file).unwrap()));
    let mut state = Carried { last, ..Carried::default() };
    state.take_over(&file, THRESHOLDS).unwrap();
    state.store(&tree.state()).unwrap();
    assert_eq!(tree.delete_oldest(1), deleted("a.log.2"));
    assert!(tree.alerts_after("").is_empty());
}

#[test]
fn a_file_stays_whose_alerts_could_not_be_kept() {
    let files = [("a.log", "x\n"), ("a.log.1", "y\n"), ("a.log.2", "\u{1f}"), ("state", "a file")];
    let tree = Tree::new(&files);
    fs::write(tree.at("a.log.2"), [0x1f, 0x8b, 8]).unwrap();
    assert!(tree.delete_oldest(1).unwrap_err().contains("state"));
    fs::remove_file(tree.at("state")).unwrap();
    assert!(tree.delete_oldest(1).unwrap_err().contains("a.log.2"));
    assert!(tree.at("a.log.2").exists());
}

#[test]
fn only_files_of_a_rotation_are_deleted() {
    let names = ["a.log", "a.log.1", "a.log.2", "a.log.20260117", "a.log.old", "a.log.4"];
    let tree = Tree::new(&names.map(|name| (name, "x\n")));
    assert_eq!(tree.delete_oldest(2), Ok(None));
    assert_eq!(tree.delete_oldest(1), deleted("a.log.2"));
    // While another process renames them, nothing is deleted.
    let tree = Tree::new(&names.map(|name| (name, "x\n")));
    let held = hold(&tree.at("a.log")).unwrap();
    assert_eq!(tree.delete_oldest(1), Ok(None));
    drop(held);
    assert_eq!(tree.delete_oldest(1), deleted("a.log.2"));
}
