//! The map of rooms in `src/lib.rs` against the source: who uses whom, and which crates stay in one place.
//!
//! The front page's table names, for each room, the rooms that it uses. An arrow in the code that the table lacks fails,
//! and so does one in the table that the code lacks. Within a room, no modules may use each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms, and the rooms that each uses.
type Arrows = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `dir`.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The code without comments, and without the tests at its end.
fn product_code(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The first segment of every path that begins with `krate::`; empty for a group, `krate::{…}`.
fn used_rooms(code: &str, krate: &str) -> BTreeSet<String> {
    let prefix = format!("{krate}::");
    let starts = code.match_indices(&prefix).filter(|(at, _)| {
        !code[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
    });
    starts
        .map(|(at, _)| {
            let path = &code[at + prefix.len()..];
            path.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
        })
        .collect()
}

/// Whether a file holds nothing but tests.
fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

fn arrows_of_the_code() -> Arrows {
    let src = root().join("src");
    let mut arrows = Arrows::new();
    for file in sources(&src) {
        let relative = file.strip_prefix(&src).unwrap();
        let room = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let room = room.trim_end_matches(".rs").to_owned();
        if room == "bin" || room == "lib" || is_test_file(relative) {
            continue;
        }
        let used = used_rooms(&product_code(&fs::read_to_string(&file).unwrap()), "crate");
        assert!(!used.contains(""), "{}: `use crate::{{…}}`, of several rooms", relative.display());
        let arrows = arrows.entry(room.clone()).or_default();
        arrows.extend(used.into_iter().filter(|used| *used != room));
    }
    arrows
}

/// The table of the library's front page: `| [`room`] | contents | `used`, `used` |`.
fn arrows_of_the_map(page: &str) -> Arrows {
    page.lines()
        .filter_map(|line| line.strip_prefix("//! | [`"))
        .map(|row| {
            let (room, rest) = row.split_once("`]").unwrap();
            let uses = rest.rsplit('|').nth(1).unwrap();
            let uses = uses.split('`').skip(1).step_by(2).map(str::to_owned);
            (room.to_owned(), uses.collect())
        })
        .collect()
}

/// Arrows of one that the other lacks, as `room -> used`.
fn missing(from: &Arrows, other: &Arrows) -> Vec<String> {
    let lacks = |room: &str, used: &str| !other.get(room).is_some_and(|all| all.contains(used));
    from.iter()
        .flat_map(|(room, uses)| uses.iter().map(move |used| (room, used)))
        .filter(|(room, used)| lacks(room, used))
        .map(|(room, used)| format!("{room} -> {used}"))
        .collect()
}

/// Rooms in an order in which each uses only earlier ones; the rest stands in a circle.
fn in_a_circle(arrows: &Arrows) -> Vec<&str> {
    let mut left: BTreeMap<&str, &BTreeSet<String>> =
        arrows.iter().map(|(room, uses)| (room.as_str(), uses)).collect();
    loop {
        let free = |uses: &BTreeSet<String>| !uses.iter().any(|used| left.contains_key(&**used));
        let done: Vec<&str> =
            left.iter().filter(|(_, uses)| free(uses)).map(|(room, _)| *room).collect();
        if done.is_empty() {
            return left.into_keys().collect();
        }
        left.retain(|room, _| !done.contains(room));
    }
}

#[test]
fn the_map_of_rooms_is_the_code() {
    let (code, map) = (
        arrows_of_the_code(),
        arrows_of_the_map(&fs::read_to_string(root().join("src/lib.rs")).unwrap()),
    );
    assert_eq!(
        code.keys().collect::<Vec<_>>(),
        map.keys().collect::<Vec<_>>(),
        "rooms in src, rooms in the table of src/lib.rs"
    );
    assert_eq!(missing(&code, &map), Vec::<String>::new(), "in the code, not on the map");
    assert_eq!(missing(&map, &code), Vec::<String>::new(), "on the map, not in the code");
    assert_eq!(in_a_circle(&code), Vec::<&str>::new(), "rooms that use each other in a circle");
}

/// Modules whose children use each other in a circle: a connection takes only frames that a permit paid for, and a permit
/// takes the identity that a session proved on a connection.
const CIRCLES_LEFT: [&str; 2] = ["link", "ops::audit"];

/// The parts of the log room, each of which uses only the parts before it.
const PARTS_OF_LOGS: [&str; 3] = ["write", "search", "alerts"];

/// The paths in `text`, whose start is the rest of `base`; `a::{b, c::d}` is two paths.
fn expand(base: &[&str], text: &str) -> Vec<Vec<String>> {
    if let Some(group) = text.strip_prefix('{') {
        let (mut depth, mut start, mut paths) = (0, 0, vec![]);
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    paths.extend(expand(base, group[start..at].trim_start()));
                    start = at + 1;
                    if letter == '}' {
                        return paths;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        return paths;
    }
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    let path = [base, &[name]].concat();
    match rest.strip_prefix("::") {
        Some(rest) => expand(&path, rest),
        None => vec![path.into_iter().map(str::to_owned).collect()],
    }
}

/// The modules that the code of `module` uses by `crate::` and `super::`, as absolute paths.
fn used_paths(module: &[&str], code: &str) -> Vec<Vec<String>> {
    let starts = |prefix: &'static str| {
        code.match_indices(prefix).filter(|(at, _)| {
            !code[..*at].ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before))
        })
    };
    let absolute =
        starts("crate::").flat_map(|(at, prefix)| expand(&[], &code[at + prefix.len()..]));
    let relative = starts("super::").flat_map(|(at, prefix)| {
        let (mut rest, mut base) = (&code[at..], module);
        while let Some(further) = rest.strip_prefix(prefix) {
            (rest, base) = (further, base.split_last().map_or(base, |(_, parents)| parents));
        }
        expand(base, rest)
    });
    absolute.chain(relative).collect()
}

/// For each module with children, which child uses which.
fn arrows_between_children(modules: &BTreeMap<String, String>) -> BTreeMap<String, Arrows> {
    let mut all: BTreeMap<String, Arrows> = BTreeMap::new();
    for (module, code) in modules {
        let module: Vec<&str> = module.split("::").collect();
        for used in used_paths(&module, code) {
            let shared = module.iter().zip(&used).take_while(|(one, other)| *one == *other).count();
            let (Some(user), Some(child)) = (module.get(shared), used.get(shared)) else {
                continue;
            };
            if modules.contains_key(&used[..=shared].join("::")) {
                let arrows = all.entry(module[..shared].join("::")).or_default();
                arrows.entry((*user).to_owned()).or_default().insert(child.clone());
            }
        }
    }
    all
}

/// The library's modules by their paths, with their code.
fn library() -> BTreeMap<String, String> {
    let src = root().join("src");
    let mut modules = BTreeMap::new();
    for file in sources(&src) {
        let relative = file.strip_prefix(&src).unwrap();
        if !relative.starts_with("bin") && !is_test_file(relative) {
            let name = relative.with_extension("").to_str().unwrap().replace('/', "::");
            modules.insert(name, product_code(&fs::read_to_string(&file).unwrap()));
        }
    }
    modules
}

#[test]
fn no_modules_use_each_other_in_a_circle() {
    let mut all = arrows_between_children(&library());
    all.retain(|parent, _| !CIRCLES_LEFT.contains(&parent.as_str()));
    for (parent, arrows) in &all {
        assert_eq!(in_a_circle(arrows), Vec::<&str>::new(), "children of {parent:?} in a circle");
    }
    let order = |part: &str| PARTS_OF_LOGS.iter().position(|known| *known == part);
    for (user, used) in &all["logs"] {
        for part in used {
            assert!(order(part) < order(user), "logs::{user} uses logs::{part}");
        }
    }
}

#[test]
fn a_circle_of_children_is_seen() {
    let modules = [
        ("room", "mod a; mod b;"),
        ("room::a", "use super::b::{self, c::{Deep, Other}};"),
        ("room::b", "use crate::{units::Lots, room::a::Thing};"),
        ("room::b::c", "fn f() { super::super::a::g() }"),
        ("units", ""),
    ];
    let modules = modules.map(|(name, code)| (name.to_owned(), code.to_owned())).into();
    let arrows = arrows_between_children(&modules);
    assert_eq!(in_a_circle(&arrows["room"]), ["a", "b"]);
    assert_eq!(arrows[""]["room"], BTreeSet::from(["units".to_owned()]));
}

/// Crates that one place alone may use.
#[test]
fn some_crates_have_one_home() {
    let homes: &[(&str, &[&str])] = &[
        ("clap", &["bin/"]),
        ("comfy_table", &["bin/"]),
        ("indicatif", &["bin/"]),
        ("anyhow", &["bin/"]),
        ("zmq", &["sim/server.rs", "bin/mt5crs/main.rs"]),
    ];
    let src = root().join("src");
    for file in sources(&src) {
        let relative = file.strip_prefix(&src).unwrap().to_str().unwrap();
        if is_test_file(Path::new(relative)) {
            continue;
        }
        let code = product_code(&fs::read_to_string(&file).unwrap());
        for (krate, places) in homes {
            let used = !used_rooms(&code, krate).is_empty();
            let at_home = places.iter().any(|place| relative.starts_with(place));
            assert!(!used || at_home, "{relative} uses {krate}, whose home is {places:?}");
        }
    }
}

/// Time is an argument: the system's clocks are asked in one file.
#[test]
fn the_system_clock_is_read_in_one_file() {
    let src = root().join("src");
    for file in sources(&src) {
        let relative = file.strip_prefix(&src).unwrap().to_str().unwrap();
        if relative == "clock.rs" || is_test_file(Path::new(relative)) {
            continue;
        }
        let code = product_code(&fs::read_to_string(&file).unwrap());
        for call in ["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now"] {
            assert!(!code.contains(call), "{relative} calls {call}");
        }
    }
}

#[test]
fn a_turned_arrow_and_a_circle_are_seen() {
    let text = "use crate::ops::sync;\n// crate::logs\nfn f() { crate::units::g(); my_crate::x() }\n#[cfg(test)]\nmod tests { use crate::sim; }";
    let used = used_rooms(&product_code(text), "crate");
    assert_eq!(used, BTreeSet::from(["ops".to_owned(), "units".to_owned()]));
    let map = arrows_of_the_map(
        "//! | [`link`] | connections | `units`, `ops` |\n//! | [`ops`] | commands | `link` |\n//! | [`units`] | numbers | |",
    );
    let code = Arrows::from([("link".to_owned(), used)]);
    assert_eq!(missing(&code, &map), Vec::<String>::new());
    assert_eq!(missing(&map, &code), ["ops -> link"]);
    assert_eq!(in_a_circle(&map), ["link", "ops"]);
}
