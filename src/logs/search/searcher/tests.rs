use super::*;
use std::fs;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use tracing::Level;

use crate::clock::{Clock, Stopped};
use crate::logs::search::files::Unreadable;
use crate::logs::search::listener::Hit;
use crate::logs::search::preset::{PRESETS, Preset};
use crate::logs::search::query::Syntax;
use crate::logs::search::tail::TailEnd;

/// Records the hits as grep prints them.
#[derive(Default)]
struct Printed {
    text: String,
    files: Vec<u64>,
    unreadable: Vec<PathBuf>,
}

impl Listener for Printed {
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()> {
        if let Some(number) = hit.number {
            self.text.push_str(&number.to_string());
        }
        self.text.push(if hit.matches { ':' } else { '-' });
        self.text.push_str(&String::from_utf8_lossy(hit.line));
        self.text.push('\n');
        Ok(())
    }

    fn gap(&mut self) -> io::Result<()> {
        self.text.push_str("--\n");
        Ok(())
    }

    fn file(&mut self, _: &Path, matches: u64) -> io::Result<()> {
        self.files.push(matches);
        Ok(())
    }

    fn unreadable(&mut self, unreadable: &Unreadable) {
        self.unreadable.push(unreadable.path.clone());
    }
}

fn query(pattern: &str) -> Query {
    Query::patterns(&[pattern], Syntax::default()).unwrap()
}

fn search_bytes(bytes: &[u8], pattern: &str, options: &Options) -> (Printed, Totals) {
    let tree = tempfile::tempdir().unwrap();
    let path = tree.path().join("a.log");
    fs::write(&path, bytes).unwrap();
    let (query, mut printed) = (query(pattern), Printed::default());
    let mut search = Search::new(&query, options);
    search.files(&[path], &mut printed).unwrap();
    (printed, search.totals)
}

fn numbered() -> Options {
    Options { line_numbers: true, ..Options::default() }
}

#[test]
fn shows_matches_context_and_gaps_as_grep_does() {
    let text = b"a\nx1\nb\nc\nd\nx2\nx3\ne\nf\n";
    let shown = |options| search_bytes(text, "x", &options).0.text;
    assert_eq!(shown(numbered()), "2:x1\n6:x2\n7:x3\n");
    let context = Options { before: 1, after: 1, ..numbered() };
    assert_eq!(shown(context.clone()), "1-a\n2:x1\n3-b\n--\n5-d\n6:x2\n7:x3\n8-e\n");
    assert_eq!(shown(Options { max_count: Some(1), ..context }), "1-a\n2:x1\n3-b\n");
    assert_eq!(shown(Options { invert: true, max_count: Some(2), ..numbered() }), "1:a\n3:b\n");
    assert_eq!(shown(Options { before: 9, ..numbered() }).lines().count(), 7);
}

#[test]
fn a_match_that_is_not_wanted_is_context_like_any_other() {
    let line = |level: &str, text: &str| {
        format!("2026-01-17T03:54:22.961398+00:00 {level} [4711-3f2a9c1b] Gateway {text}\n")
    };
    let log = [
        line("INFO", "x quiet"),
        "x foreign\n".to_owned(),
        line("ERROR", "x loud"),
        "between\n".to_owned(),
        line("INFO", "x quiet"),
        line("INFO", "x quiet"),
    ];
    let mut options = numbered();
    options.filter.level = Some(Level::WARN);
    let (printed, totals) = search_bytes(log.concat().as_bytes(), "x", &options);
    assert_eq!(printed.text, format!("3:{}", log[2]));
    assert_eq!((totals.matches, totals.foreign, printed.files), (1, 1, vec![1]));
    (options.before, options.after) = (1, 2);
    let (printed, _) = search_bytes(log.concat().as_bytes(), "x", &options);
    assert_eq!(printed.text, format!("2-{}3:{}4-{}5-{}", log[1], log[2], log[3], log[4]));
}

#[test]
fn a_line_past_the_limit_is_searched_in_pieces_and_counts_once() {
    let mut text = b"x first\n".to_vec();
    text.extend(vec![b'a'; 2 * crate::logs::search::bounded_lines::LONGEST + 7]);
    text.extend(b" x end\nx last\n");
    let (printed, totals) = search_bytes(&text, "x", &numbered());
    let numbers: Vec<&str> =
        printed.text.lines().filter_map(|line| line.split_once(':')).map(|(n, _)| n).collect();
    assert_eq!(numbers, ["1", "2", "3"]);
    assert_eq!(totals.cut.len(), 1);
}

#[test]
fn a_large_file_is_searched_as_a_small_one_is() {
    let lines: Vec<String> = (1..=300_000)
        .map(|number| match number % 100_000 {
            0 => format!("x {number}"),
            _ => format!("no match in line {number}"),
        })
        .collect();
    let text =
        lines.join("\n") + &"y".repeat(crate::logs::search::bounded_lines::LONGEST) + "\nx last";
    let (printed, totals) = search_bytes(text.as_bytes(), "^x", &numbered());
    let shown: Vec<&str> = printed.text.lines().map(|line| &line[..line.len().min(15)]).collect();
    assert_eq!(shown[..2], ["100000:x 100000", "200000:x 200000"]);
    assert_eq!(shown.last(), Some(&"300001:x last"));
    assert_eq!((totals.matches, totals.cut.len()), (4, 1));
    let first = Options { max_count: Some(1), ..numbered() };
    assert_eq!(search_bytes(text.as_bytes(), "^x", &first).0.text, "100000:x 100000\n");
}

#[test]
fn what_is_not_text_is_searched_all_the_same() {
    let (printed, totals) = search_bytes(b"\0\0x\xff\xfe\nno\n\x80x\0", "x", &numbered());
    assert_eq!(printed.text.lines().count(), 2);
    assert_eq!(totals.unreadable, 0);
}

#[test]
fn a_broken_gzip_is_searched_up_to_its_break_and_named() {
    let tree = tempfile::tempdir().unwrap();
    let (broken, gone, whole) =
        (tree.path().join("b.log.gz"), tree.path().join("gone.log"), tree.path().join("w.log"));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Not compressible, so that the break comes late.
    let noise: String = (0_u64..40_000)
        .map(|n| format!("x{:x}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    encoder.write_all(noise.as_bytes()).unwrap();
    let bytes = encoder.finish().unwrap();
    fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    fs::write(&whole, "x\n").unwrap();
    let (query, options) = (query("x"), Options::default());
    let (mut printed, mut search) = (Printed::default(), Search::new(&query, &options));
    search.files(&[broken.clone(), gone.clone(), whole], &mut printed).unwrap();
    assert_eq!(printed.unreadable, [broken, gone]);
    assert_eq!(search.totals.unreadable, 2);
    assert!(printed.files[0] > 10_000, "{:?}", printed.files);
    assert_eq!(printed.files[1], 1);
}

#[test]
fn presets_find_what_their_words_find() {
    let presets: Vec<&'static Preset> = PRESETS.iter().collect();
    let query = Query::presets(&presets).unwrap();
    for preset in PRESETS {
        for word in preset.words {
            let line = format!("… {word} …");
            assert_eq!(query.spans(line.as_bytes()).len(), 1, "{word}");
            assert!(query.found_by(line.as_bytes()).any(|found| found == preset), "{word}");
        }
    }
}

/// A clock that stands still; a sleep calls the test.
struct Asleep<F>(F);

impl<F: Fn() -> Result<(), Stopped> + Send + Sync> Clock for Asleep<F> {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) -> Result<(), Stopped> {
        (self.0)()
    }
}

/// What following a log prints until it is stopped.
fn followed(
    log: &Path,
    pattern: &str,
    options: &Options,
    sleep: impl Fn() -> Result<(), Stopped> + Send + Sync,
) -> (Printed, Totals) {
    let (query, clock) = (query(pattern), Asleep(sleep));
    let (mut printed, mut search) = (Printed::default(), Search::new(&query, options));
    let Err(ended) = search.follow(&[log.to_owned()], &clock, &mut printed);
    assert!(matches!(ended, TailEnd::Stopped(_)));
    (printed, search.totals)
}

const STOPPED: Stopped = Stopped { signal: 2 };

/// Writes numbered lines at full speed, and rotates now and then as logrotate does.
fn write_and_rotate(log: &Path, lines: usize, more: &mpsc::SyncSender<()>) {
    let open = || OpenOptions::new().append(true).create(true).open(log).unwrap();
    let part = |number: usize| log.with_extension(format!("log.{number}"));
    let mut file = open();
    // Lines that were rotated away before the first poll don't count.
    more.send(()).unwrap();
    for number in 0..lines {
        let rotates = number % 2_000 == 1_999;
        if rotates {
            for old in (1..lines / 2_000).rev() {
                let _ = fs::rename(part(old), part(old + 1));
            }
            fs::rename(log, part(1)).unwrap();
        }
        // After a rotation: the line of a writer that has not noticed yet.
        file.write_all(format!("x {number}\n").as_bytes()).unwrap();
        if rotates {
            file = open();
        }
        if number % 500 == 0 {
            // A follower that isn't waiting has earlier lines to read.
            let _ = more.try_send(());
        }
    }
}

#[test]
fn a_writer_and_a_rotation_at_full_speed_lose_nothing_and_repeat_nothing() {
    const LINES: usize = 30_000;
    let tree = tempfile::tempdir().unwrap();
    let log = tree.path().join("a.log");
    fs::write(&log, "other\n").unwrap();
    let (written, more) = mpsc::sync_channel(0);
    let (more, looks_left) = (Mutex::new(more), AtomicUsize::new(20));
    // Lasts until the writer has written some more; a while after its end it is enough.
    let sleep = || {
        let has_ended = more.lock().unwrap().recv().is_err();
        match has_ended && looks_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            true => Err(STOPPED),
            false => Ok(()),
        }
    };
    let (printed, totals) = std::thread::scope(|scope| {
        let log = &log;
        scope.spawn(move || write_and_rotate(log, LINES, &written));
        followed(log, "^x", &Options::default(), sleep)
    });
    let mut seen = vec![0; LINES];
    for line in printed.text.lines() {
        seen[line[":x ".len()..].parse::<usize>().unwrap()] += 1;
    }
    let odd: Vec<(usize, i32)> =
        seen.into_iter().enumerate().filter(|(_, times)| *times != 1).collect();
    assert!(odd.is_empty(), "{} lines, such as {:?}", odd.len(), (odd.first(), odd.last()));
    assert_eq!(totals.matches, LINES as u64);
}

#[test]
fn following_keeps_numbers_and_context_from_one_look_to_the_next() {
    let tree = tempfile::tempdir().unwrap();
    let log = tree.path().join("a.log");
    fs::write(&log, "one\n").unwrap();
    // One line at each look.
    let lines = Mutex::new(vec!["six x\n", "five\n", "four\n", "three\n", "two x\n"]);
    let sleep = || {
        let line = lines.lock().unwrap().pop().ok_or(STOPPED)?;
        let mut file = OpenOptions::new().append(true).open(&log).unwrap();
        file.write_all(line.as_bytes()).unwrap();
        Ok(())
    };
    let options = Options { before: 1, after: 1, ..numbered() };
    let (printed, _) = followed(&log, "x", &options, sleep);
    assert_eq!(printed.text, "1-one\n2:two x\n3-three\n--\n5-five\n6:six x\n");
}
