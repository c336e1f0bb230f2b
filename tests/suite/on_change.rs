//! `--on-change COMMAND`: an operator's command gets each change, and can neither hold a watch up nor change its end.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use mt5crs::ops::on_change::PACE;
use serde_json::Value;

use crate::orders::{canary, executed};
use crate::support::{Machine, Sim, ended, signal, wait_until};

/// A command that adds what it gets to a file.
fn adds_to(path: &Path) -> String {
    format!("--on-change=cat >> {}", path.display())
}

/// The changes that a command added to a file.
fn changes(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(path: &Path) -> Vec<String> {
    changes(path).iter().map(|change| change["kind"].as_str().unwrap().to_owned()).collect()
}

/// Asserts that each change is the only one of its kind, unless a minute has passed on a machine that busy.
#[track_caller]
fn once_each(kinds: &[String], begin: Instant) {
    if begin.elapsed() >= PACE {
        return;
    }
    let mut sorted = kinds.to_vec();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), kinds.len(), "{kinds:?}");
}

/// Waits until a watch of the link has told that state on stdout so many times.
fn seen(path: &Path, state: &str, times: usize) {
    let state = format!(r#""state":"{state}""#);
    wait_until(&state, || {
        fs::read_to_string(path).unwrap_or_default().matches(&state).count() >= times
    });
}

fn start(machine: &Machine, sim: &Sim, arguments: &[&str]) -> Child {
    let stdout = fs::File::create(machine.file("stdout")).unwrap();
    let stderr = fs::File::create(machine.file("stderr")).unwrap();
    machine.against(sim, arguments).start_into(stdout.into(), stderr.into())
}

#[test]
fn each_change_of_a_link_is_told_once_a_minute_and_the_last_one_counts() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
    let (told, stdout, begin) = (machine.file("told"), machine.file("stdout"), Instant::now());
    let hook = adds_to(&told);
    let watch = ["-ojson", "link-test", "--watch=20ms", &hook];
    let watch = start(&machine, &sim, &watch);
    seen(&stdout, "up", 1);
    sim.kill();
    wait_until("the first change", || kinds(&told).contains(&"link-down".to_owned()));
    sim.restart(&[]);
    wait_until("the second change", || kinds(&told).contains(&"link-up".to_owned()));
    // Another outage within the minute waits for it.
    sim.kill();
    seen(&stdout, "down", 2);
    sim.restart(&[]);
    seen(&stdout, "up", 3);
    signal(watch.id(), "INT");
    ended(watch, "link-test --watch").exits(130);
    let all = kinds(&told);
    once_each(&all, begin);
    let change = &changes(&told)[0];
    assert_eq!(
        (&change["kind"], &change["schema"]),
        (&"link-down".into(), &"mt5crs.change/1".into())
    );
    let endpoint = format!("tcp://{}", sim.endpoint);
    assert_eq!(
        (&change["command"], &change["endpoint"]),
        (&"link-test".into(), &endpoint.clone().into())
    );
    assert_eq!((&change["event"]["state"], &change["profile"]), (&"down".into(), &Value::Null));
    let summary = change["summary"].as_str().unwrap();
    assert!(summary.starts_with(&format!("{endpoint}: link down: ")), "{summary}");
    // The watch itself has shown each of them.
    let shown = fs::read_to_string(&stdout).unwrap();
    assert!(shown.matches(r#""state":"down""#).count() >= 2, "{shown}");
}

#[test]
fn a_command_that_hangs_is_killed_and_holds_nothing_up() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
    let (stdout, pid) = (machine.file("stdout"), machine.file("pid"));
    let hook = format!("--on-change=echo $$ >> {}; sleep 600 & wait", pid.display());
    let watch = ["-ojson", "link-test", "--watch=20ms", &hook, "--on-change-timeout=500ms"];
    let watch = start(&machine, &sim, &watch);
    seen(&stdout, "up", 1);
    sim.kill();
    wait_until("the command", || pid.exists());
    // The watch goes on while it hangs.
    sim.restart(&[]);
    seen(&stdout, "up", 2);
    wait_until("its end", || {
        fs::read_to_string(machine.file("stderr")).unwrap().contains("did not end within 500ms")
    });
    signal(watch.id(), "INT");
    ended(watch, "link-test --watch").exits(130);
    for process in fs::read_to_string(&pid).unwrap().lines() {
        // Its group holds no process any more.
        let group = format!("-{process}");
        wait_until("the group's end", || {
            let mut kill = Command::new("kill");
            let kill = kill.args(["-0", "--", &group]).stderr(Stdio::null());
            !kill.status().unwrap().success()
        });
    }
}

#[test]
fn a_command_that_fails_is_logged_and_changes_no_end() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let watch = ["--yes", "--monitor=24h", "--monitor-interval=100ms", "--without-drift"];
    let watch = [&watch[..], &["--on-stop=keep", "--on-change=echo no route >&2; exit 7"]].concat();
    let watch = canary(&machine, &sim, &watch).start();
    wait_until("a look", || machine.verify_log().contains("Guardian HEALTHY"));
    signal(watch.id(), "TERM");
    let told = ended(watch, "canary --monitor").exits(0);
    let failed = "by the command of --on-change: it ended with exit status: 7: no route";
    let told = told.tells(&format!("guardian-leaving was not told {failed}"));
    assert!(told.stderr().contains(&format!("guardian-ended was not told {failed}")));
    let logs = fs::read_dir(machine.file("logs")).unwrap().map(|entry| entry.unwrap().path());
    let logged =
        logs.filter(|path| fs::read_to_string(path).unwrap().contains("OnChange guardian-leaving"));
    assert_eq!(logged.count(), 1);
    assert_eq!(executed(&sim), ["OPEN"]);
}

#[test]
fn a_guardians_changes_and_its_end_are_told() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let told = machine.file("told");
    let hook = adds_to(&told);
    let watch = ["--yes", "--monitor=24h", "--monitor-interval=100ms", "--without-drift", &hook];
    let watch = canary(&machine, &sim, &watch).start();
    wait_until("a look", || machine.verify_log().contains("Guardian HEALTHY"));
    machine.run(["breaker", "engage", "--reason=by hand"]).end().exits(0);
    ended(watch, "canary --monitor").exits(1);
    assert_eq!(kinds(&told), ["guardian-critical", "guardian-closing", "guardian-ended"]);
    let all = changes(&told);
    assert_eq!(all[0]["event"]["schema"], "mt5crs.canary-tick/1");
    assert_eq!((&all[2]["event"]["exit_code"], &all[2]["command"]), (&1.into(), &"canary".into()));
    assert!(
        all[2]["summary"].as_str().unwrap().contains("ended with code 1: HALTED"),
        "{}",
        all[2]
    );
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
    // A start that finds nothing to watch is no end of a watch.
    let resume = ["--yes", "--resume", "--monitor=24h", "--without-drift", &hook];
    canary(&machine, &sim, &resume).end().exits(5);
    assert_eq!(changes(&told).len(), 3);
}

#[test]
fn alerts_are_told_as_they_are_raised_and_cleared() {
    let (machine, mut sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let told = machine.file("told");
    machine.against(&sim, &["sync"]).end().exits(0);
    sim.kill();
    for _ in 0..2 {
        machine.against(&sim, &["sync"]).end().exits(3);
    }
    let hook = adds_to(&told);
    // Both names of the option are one.
    let follow = machine.run(["logs", "alerts", "--watch", &hook]).start();
    wait_until("the active alert", || kinds(&told) == ["sync-failing-raised"]);
    sim.restart(&[]);
    machine.against(&sim, &["sync"]).end().exits(0);
    wait_until("its end", || kinds(&told) == ["sync-failing-raised", "sync-failing-cleared"]);
    signal(follow.id(), "INT");
    ended(follow, "logs alerts --watch").exits(130);
    let change = &changes(&told)[0];
    assert_eq!(
        (&change["command"], &change["event"]["rule"]),
        (&"logs-alerts".into(), &"sync-failing".into())
    );
}

#[test]
fn a_command_for_changes_of_nothing_is_wrong_usage() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for (command, flag) in [
        (&["link-test"][..], "--watch 2s"),
        (&["canary", "--yes"], "--monitor 24h"),
        (&["logs", "alerts"], "--follow"),
    ] {
        let arguments = [command, &["--on-change=true"]].concat();
        machine.against(&sim, &arguments).end().exits(2).tells("nothing is watched").tells(flag);
    }
    let long = ["link-test", "--watch=1s", "--on-change=true", "--on-change-timeout=26s"];
    machine.against(&sim, &long).end().exits(2).tells("from 1ms to 25s");
    machine.against(&sim, &["link-test", "--watch=1s", "--on-change-timeout=5s"]).end().exits(2);
    assert!(executed(&sim).is_empty());
}

/// The scripts for operators, with stand-ins for `mail` and `curl`.
#[test]
fn the_examples_send_what_they_get() {
    let machine = Machine::new();
    let sent = machine.file("sent");
    for name in ["mail", "curl"] {
        let script = format!("#!/bin/sh\n{{ echo \"$@\"; cat; }} > {}\n", sent.display());
        machine.write_program(&format!("bin/{name}"), script);
    }
    machine.write("chat.url", "https://example.com/hook\n");
    let change = concat!(
        r#"{"schema":"mt5crs.change/1","kind":"link-down","summary":"a: \"x\" \\ ${HOME} 100 %s","#,
        r#""event":{"why":"\"summary\":\"no\""}}"#
    );
    let input = machine.write("change", format!("{change}\n"));
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/on-change");
    let run = |script: &str, argument: &str| {
        let path = format!("{}:/usr/bin:/bin", machine.file("bin").display());
        let mut command = Command::new(scripts.join(script));
        command.arg(argument).env("PATH", path).current_dir(machine.path());
        let status = command.stdin(fs::File::open(&input).unwrap()).status().unwrap();
        assert!(status.success(), "{script}");
        let text = fs::read_to_string(&sent).unwrap();
        let (arguments, body) = text.split_once('\n').unwrap();
        (arguments.to_owned(), body.to_owned())
    };
    let (arguments, body) = run("mail.sh", "ops@example.com");
    assert_eq!(arguments, r#"-s mt5crs: a: "x" \ ${HOME} 100 %s ops@example.com"#);
    assert!(body.ends_with(&format!("{change}\n")), "{body}");
    let (arguments, body) = run("webhook.sh", "https://example.com/x");
    assert!(arguments.ends_with(" https://example.com/x"), "{arguments}");
    assert_eq!(body, format!("{change}\n"));
    let (arguments, body) = run("chat.sh", "chat.url");
    assert!(arguments.ends_with(" https://example.com/hook"), "{arguments}");
    assert_eq!(body, r#"{"text":"a: \"x\" \\ ${HOME} 100 %s"}"#);
}

/// The command's standard output is not the watch's.
#[test]
fn a_commands_output_is_not_data() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
    let done = machine.file("done");
    let hook = format!("--on-change=echo chatter; touch {}", done.display());
    let watch = start(&machine, &sim, &["-ojson", "link-test", "--watch=20ms", &hook]);
    seen(&machine.file("stdout"), "up", 1);
    sim.kill();
    wait_until("the command", || done.exists());
    signal(watch.id(), "INT");
    ended(watch, "link-test --watch").exits(130);
    let shown = fs::read_to_string(machine.file("stdout")).unwrap();
    assert!(!shown.contains("chatter"), "{shown}");
}
