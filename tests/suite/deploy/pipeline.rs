//! The pipeline and the engine's starter: what each exit code leads to.

use std::path::Path;

use super::server::Server;
use crate::support::{Ended, ended};

/// Answers a command with the next of its codes: `failures` holds lines of `COMMAND CODE`, each used up once.
const MT5CRS: &str = r#"#!/bin/sh
shift 6
echo "$*" >> @HOME@/calls
code=$(sed -n "s/^$1 //p" @HOME@/failures | head -n 1)
sed -i "0,/^$1 /{/^$1 /d}" @HOME@/failures
[ "${code:-0}" = 0 ] || exit "$code"
while [ $# -gt 0 ]; do
  [ "$1" != -- ] || { shift; exec "$@"; }
  shift
done
"#;

/// Runs a script of the deployment with those answers, and returns how it ended and what it called.
fn run(script: &str, arguments: &[&str], answers: &str) -> (Ended, Vec<String>) {
    let server = Server::bare();
    server.program("bin/mt5crs", MT5CRS);
    server.program("bin/engine", "#!/bin/sh\necho engine \"$@\"\nexit 42\n");
    server.fails(answers);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy").join(script);
    let mut command = server.command("bash");
    command.arg(script).args(arguments).env("PAUSE_S", "0");
    let ended = ended(command.spawn().unwrap(), &format!("{arguments:?} {answers}"));
    (ended, server.calls())
}

const ALL: [&str; 4] = ["link-test -c 100", "sync -- true", "audit", "canary --yes"];

#[test]
fn the_pipeline_goes_through_where_all_is_well() {
    let (ended, calls) = run("pipeline.sh", &["account1"], "");
    ended.exits(0).tells("account1 passed");
    assert_eq!(calls, ALL);
    let (_, calls) = run("pipeline.sh", &["account1", "--keep-open"], "");
    assert_eq!(calls[3], "canary --yes --keep-open");
    for arguments in [&[][..], &["a", "--yes"], &["a", "--keep-open", "b"]] {
        let (ended, calls) = run("pipeline.sh", arguments, "");
        ended.exits(2).tells("usage:");
        assert_eq!(calls, [""; 0]);
    }
}

#[test]
fn each_step_ends_the_pipeline_with_its_own_code() {
    let codes = [(0, 1), (0, 2), (1, 5), (1, 1), (2, 1), (2, 6), (2, 130), (3, 7), (3, 8), (3, 70)];
    for (at, code) in codes {
        let step = ["link-test", "sync", "audit", "canary"][at];
        let (ended, calls) = run("pipeline.sh", &["a"], &format!("{step} {code}"));
        ended.exits(code).tells(&format!("stopped at {step} of a with code {code}"));
        assert_eq!(calls, ALL[..=at], "{step} {code}");
    }
}

#[test]
fn only_a_question_without_an_answer_is_asked_again() {
    let (ended, calls) = run("pipeline.sh", &["a"], "sync 3\nsync 3\n");
    ended.exits(0);
    assert_eq!(calls.iter().filter(|call| call.starts_with("sync")).count(), 3);
    let (ended, calls) = run("pipeline.sh", &["a"], "link-test 3\nlink-test 3\nlink-test 3\n");
    ended.exits(3);
    assert_eq!(calls.len(), 3);
    // An order isn't sent twice, whatever is known of the first.
    let (ended, calls) = run("pipeline.sh", &["a"], "canary 3");
    ended.exits(3);
    assert_eq!(calls, ALL);
    let (ended, calls) = run("pipeline.sh", &["a"], "canary 4");
    ended.exits(4).tells("outcome is not proved");
    assert_eq!(calls[..4], ALL);
    assert_eq!(calls[4..], ["sync"], "the one thing to do after an unknown outcome");
}

#[test]
fn the_engine_starts_behind_the_gate_and_its_code_is_its_own() {
    let arguments = ["account1", "engine", "--mode", "two words"];
    let (ended, calls) = run("start_strategy_engine.sh", &arguments, "link-test 3");
    assert_eq!(ended.exits(42).stdout().trim(), "engine --mode two words");
    assert_eq!(calls, ["link-test -c 1", "link-test -c 1", "sync -- engine --mode two words"]);
    let (ended, _) = run("start_strategy_engine.sh", &arguments, "sync 5");
    ended.exits(5).never_says("engine");
    let (ended, calls) = run("start_strategy_engine.sh", &arguments, "link-test 6");
    ended.exits(6).never_says("engine");
    assert_eq!(calls.len(), 1);
    run("start_strategy_engine.sh", &["account1"], "").0.exits(2).tells("usage:");
}
