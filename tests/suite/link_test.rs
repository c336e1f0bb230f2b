//! `link-test` names the first layer that fails, and passes no layer above it.

use std::cell::Cell;
use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::look_alikes::Stranger;
use crate::support::{Machine, Run, Sim, ended, named, signal, wait_for_lines};

const LAYERS: [&str; 9] =
    ["settings", "name", "target", "tcp", "zmtp", "identity", "clock", "terminal", "latency"];

/// Asserts that the test fails at this layer with this code and reason, in JSON and on the page: the layers below passed, and
/// those above were not reached. JSON and page get one run each, so that a fault that counts requests affects both.
#[track_caller]
fn fails_at(run: impl Fn() -> Run, layer: &str, code: i32, why: &str) -> Value {
    let document = run().json().exits(code).document();
    assert_eq!(document["report"]["failed_layer"], layer, "{document}");
    assert_eq!(document["verdict"], "fail", "{document}");
    let at = LAYERS.iter().position(|name| *name == layer).unwrap();
    for (place, name) in LAYERS.iter().enumerate() {
        let expected = match place.cmp(&at) {
            Ordering::Less => "pass",
            Ordering::Equal => "fail",
            Ordering::Greater => "not_reached",
        };
        assert_eq!(named(&document, "layers", name)["status"], expected, "{name} in {document}");
    }
    let error = &document["error"];
    assert!(error["causes"].to_string().contains(why), "no {why:?} in {error}");
    assert!(!error["remedy"].as_str().unwrap().is_empty());

    let ended = run().end().exits(code).tells("error: ").tells("cause: ").tells("help: ");
    let page = ended.stdout();
    let first = page.lines().next().unwrap();
    let word = document["verdict"].as_str().unwrap().to_uppercase();
    assert!(first.starts_with(&format!("{word} at layer {layer} of tcp://")), "{page}");
    assert!(first.contains(why), "no {why:?} in {first}");
    let found = page.lines().find(|line| line.split_whitespace().take(2).eq([layer, "FAIL"]));
    assert!(found.is_some_and(|line| line.contains(why)), "no {why:?} at {layer} in {page}");
    assert!(page.ends_with(&format!("\nLink test: FAILED at {layer}\n")), "{page}");
    ended.tells(why).never_says("SUCCESS");
    document
}

#[test]
fn a_healthy_link_passes_every_layer() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let ended =
        machine.against(&sim, &["link-test", "-c", "100", "--interval=1ms"]).json().exits(0);
    let document = ended.document();
    assert_eq!(document["target"], "simulated");
    for layer in LAYERS {
        assert_eq!(named(&document, "layers", layer)["status"], "pass", "{document}");
    }
    let latency = &document["report"]["latency"];
    assert_eq!((&latency["sent"], &latency["lost"]), (&100.into(), &0.into()));
    assert_eq!(latency["p99_is_max"], false);
    assert!(latency["rtt_p50_us"].as_f64().unwrap() > 0.0);
    assert!(machine.verify_log().contains("P99"));
    let page = machine.against(&sim, &["link-test"]).end().exits(0);
    assert!(page.stdout().starts_with("PASS tcp://127.0.0.1:"), "{}", page.stdout());
    assert!(page.stdout().ends_with("Link test: SUCCESS\n"), "{}", page.stdout());
    page.says("SIMULATED").says("P99 (MAX)").says("plain text");
}

#[test]
fn fewer_than_100_samples_have_no_p99() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let document = machine.against(&sim, &["link-test", "-c", "1"]).json().exits(0).document();
    assert_eq!(document["report"]["latency"]["p99_is_max"], true);
    assert!(!machine.verify_log().contains("P99"), "{}", machine.verify_log());
}

#[test]
fn this_machine_is_refused_without_allow_loopback() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let port = sim.endpoint.port().to_string();
    for host in ["127.0.0.1", "localhost", "0.0.0.0", "::1", "::ffff:127.0.0.1"] {
        for command in ["link-test", "positions", "sync"] {
            let run = machine.run([command]).env("GATEWAY_HOST", host).env("GATEWAY_PORT", &port);
            let document = run.json().exits(5).document();
            assert_eq!(document["error"]["code"], "own-address", "{host} {command}");
            let run = machine.run([command]).env("GATEWAY_HOST", host).env("GATEWAY_PORT", &port);
            let ended = run.end().exits(5).tells("it is this machine").tells("--allow-loopback");
            let ended = ended.never_says("State synchronized").never_says("SUCCESS");
            let first = match command {
                "link-test" => "FAIL at layer target of ",
                "sync" => "FAIL State synchronization failed: refused to talk to ",
                _ => "FAIL the positions are not known: refused to talk to ",
            };
            assert!(ended.stdout().starts_with(first), "{}", ended.stdout());
        }
    }
    let run =
        || machine.run(["link-test"]).env("GATEWAY_HOST", "127.0.0.1").env("GATEWAY_PORT", &port);
    let document = fails_at(run, "target", 5, "127.0.0.1 is a loopback address");
    assert_eq!(document["error"]["code"], "own-address");
}

#[test]
fn an_unknown_host_name_fails_the_name_layer() {
    let machine = Machine::new();
    let run = || machine.run(["link-test", "--deadline=8s"]).env("GATEWAY_HOST", "gateway.invalid");
    fails_at(run, "name", 3, "gateway.invalid");
}

#[test]
fn a_port_without_a_listener_refuses_the_connection() {
    let machine = Machine::new();
    let mut sim = Sim::with_faults(&[]);
    sim.kill();
    let ended = machine.against(&sim, &["link-test"]).end().exits(3);
    ended.tells("tasklist | findstr MT5");
    let log = machine.verify_log();
    assert_eq!(log.matches("Connection failed").count(), 1, "{log}");
    fails_at(|| machine.against(&sim, &["link-test"]), "tcp", 3, "connection refused");
}

#[test]
fn a_network_that_drops_everything_times_out() {
    let machine = Machine::new();
    // TEST-NET-1 has no route; a machine without any route fails at once.
    let run = machine.run(["link-test", "--timeout=200ms"]).env("GATEWAY_HOST", "192.0.2.1");
    let document = run.json().exits(3).document();
    assert_eq!(document["report"]["failed_layer"], "tcp");
    assert_eq!(document["target"], "live");
}

#[test]
fn servers_without_zeromq_are_named() {
    let machine = Machine::new();
    for (stranger, word) in
        [(Stranger::http(), "an HTTP server"), (Stranger::ssh(), "an SSH server")]
    {
        let run = || machine.at(stranger.endpoint, &["link-test", "--timeout=500ms"]);
        fails_at(run, "zmtp", 6, word);
        machine.at(stranger.endpoint, &["sync", "--timeout=500ms"]).json().exits(6).tells(word);
    }
}

#[test]
fn a_silent_server_is_no_answer() {
    let (machine, stranger) = (Machine::new(), Stranger::silent());
    let run = || machine.at(stranger.endpoint, &["link-test", "--timeout=300ms"]);
    fails_at(run, "zmtp", 3, "nothing was received");
}

#[test]
fn latency_above_its_limits_warns_and_fails() {
    let machine = Machine::new();
    let sim = Sim::start(&["--link-rtt=60ms"]);
    let arguments = ["link-test", "-c", "3"];
    let run = || machine.against(&sim, &arguments).env("MT5CRS_LATENCY_WARN_MS", "50");
    let document = run().json().exits(0).document();
    assert_eq!(named(&document, "layers", "latency")["status"], "warn");
    run().end().exits(0).says("WARN tcp://").says("latency:");
    let run = || run().env("MT5CRS_LATENCY_CRITICAL_MS", "55");
    fails_at(run, "latency", 1, "limit 55ms");
}

#[test]
fn a_stall_shows_in_the_times_from_the_due_time() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["delay:PING:300ms:#3"]));
    let arguments = ["link-test", "-c", "20", "--interval=10ms"];
    let document = machine.against(&sim, &arguments).json().document();
    let latency = &document["report"]["latency"];
    let (rtt, due) =
        (latency["rtt_p50_us"].as_f64().unwrap(), latency["due_p50_us"].as_f64().unwrap());
    assert!(rtt < 50_000.0 && due > 50_000.0, "{latency}");
}

#[test]
fn a_lost_round_trip_is_longer_than_any_limit() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["drop-reply:PING:#3"]));
    let arguments = ["link-test", "-c", "5", "--timeout=200ms"];
    let document = machine.against(&sim, &arguments).json().exits(1).document();
    assert_eq!(document["report"]["latency"]["lost"], 1, "{document}");
    assert_eq!(document["report"]["failed_layer"], "latency", "{document}");
    assert_eq!(document["error"]["code"], "loss", "{document}");

    // One of a hundred is above the 99th percentile.
    let sim = Sim::with_faults(&["drop-reply:PING:#3"]);
    let arguments = ["link-test", "-c", "100", "--interval=1ms", "--timeout=200ms"];
    let document = machine.against(&sim, &arguments).json().exits(0).document();
    assert_eq!(document["verdict"], "warn", "{document}");
    assert_eq!(named(&document, "layers", "latency")["status"], "warn");
}

#[test]
fn a_gateway_that_dies_during_the_round_trips_is_no_answer() {
    let machine = Machine::new();
    // The share of answers doesn't matter: 2 of 4, and 198 of 200.
    for (fault, count) in [("crash:PING:before:#3", "4"), ("crash:PING:before:#199", "200")] {
        let sim = Sim::with_faults(&[fault]);
        let arguments = ["link-test", "-c", count, "--interval=1ms", "--timeout=200ms"];
        let human = machine.against(&sim, &arguments).end().exits(3);
        assert!(human.stdout().starts_with("FAIL at layer latency of "), "{}", human.stdout());
        assert!(human.stdout().ends_with("Link test: FAILED at latency\n"), "{}", human.stdout());
        human.tells("went silent during the test").tells("connection refused");
    }
    let sim = Sim::with_faults(&["crash:PING:before:#3"]);
    let arguments = ["link-test", "-c", "9", "--interval=1ms", "--timeout=200ms"];
    let document = machine.against(&sim, &arguments).json().exits(3).document();
    let latency = &document["report"]["latency"];
    assert_eq!((&latency["sent"], &latency["lost_at_end"]), (&json!(9), &latency["lost"]));
    assert_eq!(document["verdict"], "fail", "{document}");
}

#[test]
fn a_signal_ends_the_test_and_prints_the_measurements_so_far() {
    let machine = Machine::new();
    let stopped = |format: &str| {
        let sim = Sim::with_faults(&["hang:PING:#4"]);
        let arguments = ["-vv", format, "link-test", "-c", "9", "--interval=1ms", "--timeout=10s"];
        let mut child = machine.against(&sim, &arguments).start();
        wait_for_lines(&mut child, "asking action=\"PING\"", 4);
        signal(child.id(), "INT");
        ended(child, "link-test").exits(130)
    };
    let human = stopped("--output=human");
    assert!(human.stdout().starts_with("UNKNOWN stopped before the end of "), "{}", human.stdout());
    assert!(human.stdout().ends_with("Link test: STOPPED before its end\n"), "{}", human.stdout());
    assert!(human.stdout().contains("2 sent, 0 lost"), "{}", human.stdout());

    let document = stopped("--output=json").document();
    assert_eq!(document["report"]["latency"]["sent"], 2, "{document}");
    assert_eq!(document["report"]["failed_layer"], Value::Null, "{document}");
    assert_eq!(named(&document, "layers", "latency")["status"], "not_reached");
    assert_eq!(document["verdict"], "unknown", "{document}");
}

#[test]
fn a_gateway_that_hangs_ends_within_the_deadline() {
    let machine = Machine::new();
    for (fault, layer, why) in [
        ("hang:PING:#1", "identity", "timed out"),
        ("hang:GET_ACCOUNT", "terminal", "GET_ACCOUNT was not in time"),
        ("hang:PING:#2", "latency", "3 lost"),
    ] {
        let arguments = ["link-test", "-c", "3", "--timeout=200ms", "--deadline=2s"];
        // A gateway hangs forever, so each run gets its own.
        let sims = [Sim::with_faults(&[fault]), Sim::with_faults(&[fault])];
        let tests = Cell::new(0);
        let run = || machine.against(&sims[tests.replace(tests.get() + 1)], &arguments);
        let document = fails_at(run, layer, 3, why);
        assert!(document["duration_ms"].as_u64().unwrap() < 3000, "{document}");
    }
}

#[test]
fn a_schedule_longer_than_the_deadline_is_refused() {
    let machine = Machine::new();
    let run = machine.run(["link-test", "-c", "1000", "--interval=1s", "--host=192.0.2.1"]);
    run.json().exits(2).tells("--deadline");
}

#[test]
fn the_page_draws_the_histogram() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    machine
        .against(&sim, &["link-test", "--histogram"])
        .end()
        .exits(0)
        .says("#")
        .says("ROUND TRIPS");
}

#[test]
fn a_watch_reports_every_change_and_goes_on() {
    use std::io::{BufRead, BufReader};
    let machine = Machine::new();
    let mut sim = Sim::with_faults(&[]);
    let run = machine.against(&sim, &["link-test", "--watch=50ms"]).arg("--output=json");
    let mut child = run.start();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut states = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    assert_eq!(states.next().unwrap()["state"], "up");
    sim.kill();
    let down = states.next().unwrap();
    assert_eq!((&down["state"], &down["kind"]), (&"down".into(), &"changed".into()));
    // The reason may change while the gateway is down.
    sim.restart(&["--fault=no-terminal"]);
    let back = states.find(|event| event["state"] != "down").unwrap();
    assert_eq!(back["state"], "terminal_gone");
    sim.restart(&[]);
    assert!(states.any(|event| event["state"] == "up"));
    crate::support::signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn a_signal_ends_the_test_as_interrupted() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&["hang:GET_ACCOUNT"]));
        let run =
            machine.against(&sim, &["link-test", "--timeout=30s", "-vv"]).arg("--output=json");
        let mut child = run.start();
        // The signal comes after the request, while the test waits for the answer.
        crate::support::wait_for_line(&mut child, "GET_ACCOUNT");
        crate::support::signal(child.id(), name);
        let ended = crate::support::ended(child, "link-test").exits(code);
        assert_eq!(ended.document()["error"]["code"], "interrupted");
    }
}
