//! The key of the link: how it is made, which files are refused, and that nothing unsigned is believed where one is set.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use crate::orders::{canary, executed};
use crate::support::{Machine, Run, Sim};

/// A new key in a file of the machine.
fn new_key(machine: &Machine) -> std::path::PathBuf {
    let file = machine.file("link.key");
    machine.run(["key", "new", file.to_str().unwrap()]).end().exits(0);
    file
}

fn with_key(run: Run, file: &Path) -> Run {
    run.env("MT5CRS_LINK_KEY_FILE", file).env("MT5CRS_LINK_KEY_NAME", "bot-1")
}

fn chmod(file: &Path, mode: u32) {
    fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_new_key_is_random_and_its_owners_alone() {
    let machine = Machine::new();
    let file = new_key(&machine);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    let first = fs::read_to_string(&file).unwrap();
    assert_eq!(first.trim().len(), 64);
    assert!(
        first.trim().bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
    );
    // A key is never replaced.
    machine.run(["key", "new", file.to_str().unwrap()]).end().exits(2).tells("never replaced");
    assert_eq!(fs::read_to_string(&file).unwrap(), first);
    fs::remove_file(&file).unwrap();
    let ended = machine.run(["key", "new", file.to_str().unwrap()]).end().exits(0);
    ended.says("MT5CRS_LINK_KEY_FILE=").never_says(first.trim());
    assert_ne!(fs::read_to_string(&file).unwrap(), first);
    machine.run(["key", "new", "/nowhere/link.key"]).end().exits(2).tells("no key was made");
}

#[test]
fn an_unusable_key_stops_every_command_before_anything_is_sent() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let file = new_key(&machine);
    let secret = fs::read_to_string(&file).unwrap();
    let write = |name: &str, text: &str, mode: u32| {
        let path = machine.write(name, text);
        chmod(&path, mode);
        path
    };
    let link = machine.file("link-to-nothing");
    symlink("/nowhere/at/all", &link).unwrap();
    let fifo = machine.file("a-pipe");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRUSR).unwrap();
    for (path, told) in [
        (machine.file("missing"), "No such file"),
        (link, "No such file"),
        (machine.path().to_owned(), "not a regular file"),
        (fifo, "not a regular file"),
        (write("empty", "\n", 0o600), "it is empty"),
        (write("short", &secret[..63], 0o600), "64 lower-case hex digits"),
        (write("capitals", &secret.to_uppercase(), 0o600), "64 lower-case hex digits"),
        (write("twice", &format!("{secret}{secret}"), 0o600), "64 lower-case hex digits"),
        (write("zeros", &"0".repeat(64), 0o600), "no random key"),
        (write("binary", "\u{1}\u{2}", 0o600), "64 lower-case hex digits"),
        (write("for-others", &secret, 0o644), "chmod 600"),
        (write("for-the-group", &secret, 0o640), "chmod 600"),
    ] {
        for command in [&["positions"][..], &["sync"], &["emergency-close", "--yes"]] {
            let ended = with_key(machine.against(&sim, command), &path).end().exits(2);
            ended.tells(told).never_says(secret.trim());
        }
    }
    let unnamed = machine.against(&sim, &["positions"]).env("MT5CRS_LINK_KEY_FILE", &file);
    unnamed.end().exits(2).tells("MT5CRS_LINK_KEY_NAME is not set");
    let no_file = machine.against(&sim, &["positions"]).env("MT5CRS_LINK_KEY_NAME", "bot-1");
    no_file.end().exits(2).tells("MT5CRS_LINK_KEY_FILE is not set");
    let both = with_key(machine.against(&sim, &["positions"]), &file);
    both.env("MT5CRS_LINK_KEY", secret.trim()).end().exits(2).tells("unset one of them");
    let ill_named = machine.against(&sim, &["positions"]).env("MT5CRS_LINK_KEY_NAME", "Bot 1");
    ill_named.end().exits(2).tells("MT5CRS_LINK_KEY_NAME");
    assert_eq!(sim.requests().len(), 0, "nothing was sent");
}

#[test]
fn a_gateway_that_signs_nothing_is_not_the_gateway_where_a_key_is_set() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let file = new_key(&machine);
    let secret = fs::read_to_string(&file).unwrap();
    let tested = with_key(machine.against(&sim, &["link-test"]), &file).end().exits(6);
    tested.says("its answer is not signed").tells("protocol 4.3");
    let tested = machine
        .against(&sim, &["link-test"])
        .env("MT5CRS_LINK_KEY", secret.trim())
        .env("MT5CRS_LINK_KEY_NAME", "bot-1");
    tested.end().exits(6).says("its answer is not signed").never_says(secret.trim());
    with_key(machine.against(&sim, &["emergency-close", "--yes"]), &file).end().exits(6);
    with_key(canary(&machine, &sim, &["--yes"]), &file).end().exits(6);
    assert_eq!(executed(&sim), [""; 0]);
    for request in sim.requests() {
        assert_eq!(request.action(), "PING");
    }
}

#[test]
fn the_engine_behind_the_gate_does_not_get_the_key() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    // An empty variable is none.
    let gate = machine
        .against(&sim, &["sync", "--", "sh", "-c", "echo \"key ${MT5CRS_LINK_KEY-unset}\""])
        .env("MT5CRS_LINK_KEY", "");
    gate.end().exits(0).says("key unset");
}

#[test]
fn with_a_key_the_gateways_own_switch_is_part_of_the_answer() {
    let machine = Machine::new();
    let file = new_key(&machine);
    let secret = fs::read_to_string(&file).unwrap();
    // A port on which nothing listens any more.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let engage = || machine.at(gone, &["breaker", "engage", "--reason=drill"]);
    let unknown = "the gateway's own is not known";
    with_key(engage(), &file).end().exits(4).tells(unknown);
    let secret =
        engage().env("MT5CRS_LINK_KEY", secret.trim()).env("MT5CRS_LINK_KEY_NAME", "bot-1");
    secret.end().exits(4).tells(unknown);
    // A key that can't be used is one as well.
    engage().env("MT5CRS_LINK_KEY", "00").env("MT5CRS_LINK_KEY_NAME", "bot-1").end().exits(4);
    engage().env("MT5CRS_LINK_KEY_NAME", "bot-1").end().exits(4);
    // Without one the gateway may be of protocol 4.3, which has no switch.
    engage().env("MT5CRS_LINK_KEY", "").end().exits(0).tells("was not reached");
    assert!(machine.file("kill_switch.lock").exists());
}
