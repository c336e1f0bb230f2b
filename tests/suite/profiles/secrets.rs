//! Secrets: the profiles' file may hold none, and secrets elsewhere are never printed.

use super::accounts;
use crate::support::{Machine, Sim};

/// The secret that no output and no file may contain.
const HIDDEN: &str = "hunter2-swordfish";

#[test]
fn a_key_that_looks_like_a_secret_is_an_error_anywhere_in_the_file() {
    let machine = Machine::new();
    for (member, place) in [
        (r#""a":{"password":"X"}"#, "password in profile a of config.json"),
        (r#""a":{},"b":{"apiToken":"X"}"#, "apiToken in profile b of config.json"),
        (r#""a":{"notes":{"private-key":["X"]}}"#, "profiles.a.notes.private-key in config.json"),
    ] {
        let member = member.replace('X', HIDDEN);
        machine.write("config.json", format!(r#"{{"profiles":{{{member}}}}}"#));
        let run = |command: &[&str]| machine.run([command, &["--profile=a"]].concat());
        for command in [&["sync"][..], &["config", "show"]] {
            let ended = run(command).env("GATEWAY_HOST", "10.0.0.5").end().exits(2);
            let ended = ended.never_says(HIDDEN);
            let told = ended.stdout() + &ended.stderr();
            assert!(told.contains(&format!("{place} looks like a secret")), "{told}");
            assert!(told.contains("remove it"), "{told}");
        }
    }
}

/// Puts secrets into the environment, as `op run -- mt5crs …` does.
#[test]
fn secrets_in_the_environment_are_never_printed() {
    let machine = Machine::new();
    let sim = Sim::with_faults(&[]);
    accounts(&machine, &[&sim, &sim], &[]);
    let names =
        ["BROKER_PASSWORD", "OP_SERVICE_ACCOUNT_TOKEN", "MT5_API_KEY", "GATEWAY_SECRET_FILE"];
    machine.write(".env", format!("DB_PASSWORD={HIDDEN}\nSYNC_TOKEN='{HIDDEN}'\n"));
    for (arguments, code) in [
        (&["config", "show"][..], 2),
        (&["config", "show", "--all-profiles"], 0),
        (&["config", "show", "-o=json"], 2),
        (&["sync", "--all-profiles", "-vv"], 0),
        (&["sync", "--profile=a", "-vv", "-o=json"], 0),
        (&["link-test", "--profile=a", "-vv"], 0),
        (&["sync", "--help"], 0),
        (&["sync", "--no-such-flag"], 2),
        (&["sync", "--profile=zz"], 2),
    ] {
        let mut run = machine.run(arguments).arg("--allow-loopback");
        for name in names {
            run = run.env(name, HIDDEN);
        }
        run.end().exits(code).never_says(HIDDEN);
    }
    // An unknown MT5CRS_ name is an error that shows only the name.
    let run = machine.run(["sync", "--profile=a"]).env("MT5CRS_API_TOKEN", HIDDEN);
    run.end().exits(2).tells("MT5CRS_API_TOKEN").never_says(HIDDEN);
    for directory in ["logs/a", "logs/b", "state/a", "state/b"] {
        for entry in std::fs::read_dir(machine.file(directory)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(HIDDEN), "{}", path.display());
        }
    }
}
