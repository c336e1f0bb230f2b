//! The table of attacks on the evidence, and what finds each. Every cell is tried: what finds it does, and what is blind to it
//! is. `docs/EVIDENCE.md` shows the same table.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Desk, restore};

/// What finds an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Finder {
    /// The records themselves, with their head: `evidence verify`.
    Chain,
    /// The signed checkpoint beside the records: `evidence verify --key`.
    Signed,
    /// Heads that a command kept: `evidence verify --anchors FILE`.
    Kept,
    /// Heads in the gateway's journal: `evidence verify --anchors gateway`.
    Gateway,
    /// A witness's copy of a checkpoint: `evidence verify --checkpoint`.
    Witness,
}
use Finder::{Chain, Gateway, Kept, Signed, Witness};

const FINDERS: [Finder; 5] = [Chain, Signed, Kept, Gateway, Witness];

type Attack = fn(&Scene);

/// Each attack, with what finds it.
const ATTACKS: [(&str, Attack, &[Finder]); 11] = [
    ("a byte of a record is changed", change_a_byte, &[Chain]),
    ("the tail is cut off", cut_the_tail, &[Chain, Kept, Gateway]),
    ("the newest files of records are lost", lose_the_newest, &[Chain, Kept, Gateway]),
    (
        "the tail is cut off, and the head fits",
        cut_tail_and_head,
        &[Signed, Kept, Gateway, Witness],
    ),
    ("all records are rewritten with a new head", rewrite_all, &[Signed, Kept, Gateway, Witness]),
    (
        "they are rewritten, and the signed checkpoint is removed",
        rewrite_unsigned,
        &[Kept, Gateway, Witness],
    ),
    (
        "they are rewritten, and signed anew with the stolen key",
        rewrite_with_the_key,
        &[Kept, Gateway, Witness],
    ),
    (
        "the anchor command is suppressed, then all since is rewritten and signed anew",
        rewrite_unanchored,
        &[Gateway, Witness],
    ),
    ("an older copy of everything is put back", roll_back, &[Kept, Gateway, Witness]),
    ("a second machine goes on from an older copy, with the key", fork, &[Kept, Gateway, Witness]),
    ("the signed checkpoint is forged with another key", forge_the_checkpoint, &[Signed]),
];

/// Evidence with anchors, a checkpoint and a witness, as it was before any attack.
struct Scene {
    desk: Desk,
    directory: PathBuf,
    sound: PathBuf,
    older: PathBuf,
    kept: PathBuf,
    copy: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let desk = Desk::new();
        let kept = desk.machine.file("kept");
        let command = format!("cat >> '{}'", kept.display());
        let trade = || {
            let canary = desk.canary().env("SEAL_AT", "4").env("MT5CRS_ANCHOR_COMMAND", &command);
            canary.json().exits(0);
        };
        trade();
        let directory = desk.directory();
        desk.witnessed();
        let (older, sound) = (desk.machine.file("older"), desk.machine.file("sound"));
        restore(&directory, &older);
        trade();
        desk.witnessed();
        restore(&directory, &sound);
        std::fs::copy(&kept, desk.machine.file("kept.sound")).unwrap();
        let copy = desk.witness_copy();
        Self { desk, directory, sound, older, kept, copy }
    }

    fn undo(&self) {
        restore(&self.sound, &self.directory);
        std::fs::copy(self.desk.machine.file("kept.sound"), &self.kept).unwrap();
    }

    /// Who finds something.
    fn found(&self) -> BTreeSet<Finder> {
        let of = |more: &[&str]| self.desk.damages(more);
        let at_home = of(&["--anchors", self.kept.to_str().unwrap()]);
        let abroad = of(&["--anchors=gateway", "--checkpoint", self.copy.to_str().unwrap()]);
        let at_home = at_home.iter().map(|(kind, found)| finder(kind, found, Kept));
        let abroad = abroad.iter().map(|(kind, found)| finder(kind, found, Gateway));
        at_home.chain(abroad).collect()
    }
}

fn finder(kind: &str, found: &str, of_anchors: Finder) -> Finder {
    match kind {
        "anchor_beyond" | "anchor_foreign" => of_anchors,
        _ if kind.starts_with("signed_") && found.starts_with("the checkpoint in ") => Witness,
        _ if kind.starts_with("signed_") => Signed,
        _ => Chain,
    }
}

/// The lines of all records, oldest first.
fn lines(directory: &Path) -> Vec<String> {
    let script = "zcat -f $(ls evidence-*.jsonl* 2>/dev/null) evidence.jsonl";
    let output =
        std::process::Command::new("sh").args(["-c", script]).current_dir(directory).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn hash_in(line: &str) -> &str {
    &line[line.len() - 66..line.len() - 2]
}

/// Puts these records in the place of all, each linked anew, with a head that fits.
fn put(directory: &Path, lines: &[String]) {
    let (mut prev, mut text) = ("0".repeat(64), String::new());
    for line in lines {
        let (content, _) = line.split_at(line.len() - 75);
        let (begin, _) = content.split_at(content.len() - 66);
        let content = format!("{begin}\"{prev}\"");
        prev = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("{content},\"hash\":\"{prev}\"}}\n"));
    }
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.contains(".jsonl") || name == "evidence.checkpoint" || name == "evidence.tree" {
            std::fs::remove_file(path).unwrap();
        }
    }
    std::fs::write(directory.join("evidence.jsonl"), text).unwrap();
    let head = format!("{{\"count\":{},\"hash\":\"{prev}\"}}\n", lines.len());
    std::fs::write(directory.join("evidence.head"), head).unwrap();
}

/// The records from that one on, of another run.
fn rewritten(directory: &Path, from: usize) -> Vec<String> {
    let mut lines = lines(directory);
    for line in &mut lines[from..] {
        let at = line.find("\"run\":\"").unwrap() + 7;
        let other = if &line[at..=at] == "0" { "1" } else { "0" };
        line.replace_range(at..=at, other);
    }
    lines
}

fn change_a_byte(scene: &Scene) {
    let path = scene.directory.join("evidence.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn cut_the_tail(scene: &Scene) {
    let path = scene.directory.join("evidence.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let kept: String = text.split_inclusive('\n').take(text.lines().count() - 1).collect();
    std::fs::write(path, kept).unwrap();
}

fn lose_the_newest(scene: &Scene) {
    let names = std::fs::read_dir(&scene.directory).unwrap().map(|entry| entry.unwrap().path());
    let newest = names.filter(|path| path.to_str().unwrap().contains("evidence-0")).max().unwrap();
    std::fs::remove_file(newest).unwrap();
    std::fs::remove_file(scene.directory.join("evidence.jsonl")).unwrap();
}

fn cut_tail_and_head(scene: &Scene) {
    let lines = lines(&scene.directory);
    let (_, kept) = lines.split_last().unwrap();
    put(&scene.directory, kept);
}

fn rewrite_all(scene: &Scene) {
    put(&scene.directory, &rewritten(&scene.directory, 0));
}

fn remove_signed(scene: &Scene) {
    for name in ["evidence.signed", "evidence.cosigned"] {
        std::fs::remove_file(scene.directory.join(name)).unwrap();
    }
}

fn rewrite_unsigned(scene: &Scene) {
    rewrite_all(scene);
    remove_signed(scene);
}

fn rewrite_with_the_key(scene: &Scene) {
    rewrite_unsigned(scene);
    scene.desk.checkpoint();
}

fn rewrite_unanchored(scene: &Scene) {
    let of_older = lines(&scene.older).len();
    put(&scene.directory, &rewritten(&scene.directory, of_older));
    remove_signed(scene);
    scene.desk.checkpoint();
    let kept = std::fs::read_to_string(&scene.kept).unwrap();
    let is_older =
        |line: &&str| line.split(':').next().unwrap().parse::<usize>().unwrap() <= of_older;
    let kept: Vec<&str> = kept.lines().filter(is_older).collect();
    std::fs::write(&scene.kept, kept.join("\n") + "\n").unwrap();
}

fn roll_back(scene: &Scene) {
    restore(&scene.older, &scene.directory);
}

fn fork(scene: &Scene) {
    restore(&scene.older, &scene.directory);
    // The records of another machine that went on from the same ones.
    let of_older = lines(&scene.older).len();
    restore(&scene.sound, &scene.directory);
    let forked = rewritten(&scene.directory, of_older);
    put(&scene.directory, &forked);
    remove_signed(scene);
    scene.desk.checkpoint();
}

fn forge_the_checkpoint(scene: &Scene) {
    let desk = &scene.desk;
    let forger = desk.machine.file("forger.key");
    if !forger.exists() {
        let arguments = ["key", "new", "forger.key", "--signing=desk.example"];
        desk.machine.run(arguments).end().exits(0);
    }
    remove_signed(scene);
    let run = desk.run(&["evidence", "checkpoint"]).env("MT5CRS_EVIDENCE_KEY_FILE", forger);
    run.json().exits(0);
}

#[test]
fn each_attack_is_found_by_what_the_table_says_and_by_nothing_else() {
    let scene = Scene::new();
    assert!(scene.found().is_empty(), "{:?}", scene.found());
    for (name, attack, expected) in ATTACKS {
        attack(&scene);
        let expected: BTreeSet<Finder> = expected.iter().copied().collect();
        assert_eq!(scene.found(), expected, "{name}");
        scene.undo();
    }
    assert!(scene.found().is_empty());
    // A chain says its hashes in the form that the attacks write.
    assert_eq!(hash_in(lines(&scene.directory).last().unwrap()).len(), 64);
}

#[test]
fn a_fork_is_named_with_the_first_record_in_which_the_copies_differ() {
    let scene = Scene::new();
    let first = lines(&scene.older).len() + 1;
    fork(&scene);
    let sound = scene.sound.to_str().unwrap();
    let damages = scene.desk.damages(&["--against", sound]);
    assert_eq!(damages.len(), 1, "{damages:?}");
    let (kind, found) = &damages[0];
    assert_eq!(kind, "fork");
    assert!(found.starts_with(&format!("record {first} is the first")), "{found}");
    scene.undo();
    let older = scene.older.to_str().unwrap();
    assert!(scene.desk.damages(&["--against", older]).is_empty(), "a shorter copy is no fork");
}

#[test]
fn the_page_has_the_same_table() {
    let page = include_str!("../../../docs/EVIDENCE.md");
    let cell = |finder: &Finder, found: &[Finder]| match found.contains(finder) {
        true => " found ",
        false => " – ",
    };
    for (name, _, found) in ATTACKS {
        let cells: Vec<&str> = FINDERS.iter().map(|finder| cell(finder, found)).collect();
        let row = format!("| {name} |{}|", cells.join("|"));
        assert!(page.lines().any(|line| line == row), "{row}");
    }
    let rows = page.lines().filter(|line| line.ends_with(" found |") || line.ends_with(" – |"));
    assert_eq!(rows.count(), ATTACKS.len());
    let test = "each_attack_is_found_by_what_the_table_says_and_by_nothing_else";
    assert!(page.contains(&format!("`{test}`")));
    assert!(include_str!("attacks.rs").contains(&format!("fn {test}()")));
}

#[test]
fn a_kept_frontier_that_names_another_record_signs_nothing() {
    let desk = Desk::new();
    desk.canary().json().exits(0);
    let size = desk.checkpoint()["size"].as_u64().unwrap();
    let directory = desk.directory();
    let (tree, sound) = (directory.join("evidence.tree"), lines(&directory));
    let kept = std::fs::read_to_string(&tree).unwrap();
    put(&directory, &rewritten(&directory, 0));
    let last = usize::try_from(size).unwrap() - 1;
    let forged = kept.replace(hash_in(&sound[last]), hash_in(&lines(&directory)[last]));
    assert_ne!(forged, kept);
    std::fs::write(tree, forged).unwrap();
    desk.run(&["emergency-close", "--yes"]).json().exits(0);
    desk.run(&["evidence", "checkpoint"]).end().exits(1).tells("their root is another");
}
