//! Bad input to audit: each kind is reported, and none takes long.

use std::io::{Seek as _, SeekFrom, Write as _};

use super::{Fit, finding};
use crate::support::Sim;

#[test]
fn a_gateway_that_hangs_costs_only_its_own_group() {
    for (fault, reached) in
        [("hang:SYNC_ALL", "not_reached"), ("hang:GET_POSITIONS", "pass"), ("hang:CLOSE", "pass")]
    {
        let fit = Fit::on(Sim::with_faults(&[fault]));
        let quick = ["--attempts=1", "--timeout=1s"];
        let run = fit.audit(&quick);
        let document = run.json().document();
        assert_eq!(finding(&document, "gateway.sync-all")["status"], reached, "{fault}");
        assert_eq!(finding(&document, "evidence.intents")["status"], "pass", "{fault}");
        assert_ne!(document["exit_code"], 0, "{document}");
        if fault == "hang:CLOSE" {
            assert_eq!(finding(&document, "gateway.can-close")["status"], "fail");
        }
    }
}

#[test]
fn the_deadline_holds_and_the_answer_is_no_pass() {
    let fit = Fit::on(Sim::with_faults(&["hang:GET_ACCOUNT:2+"]));
    let document = fit.audit(&["--deadline=3s", "--timeout=30s"]).json().exits(3).document();
    assert!(document["duration_ms"].as_u64().unwrap() < 10_000, "{document}");
    assert_eq!(finding(&document, "state.account-readable")["status"], "not_reached");
    assert_eq!(finding(&document, "evidence.intents")["status"], "pass");
}

#[test]
fn an_absent_failing_or_silent_systemctl_is_reported() {
    let fit = Fit::on(Sim::with_faults(&[]));
    let only = ["--only=files.engine-unit,alerts.engine-crashed,baseline.memory,baseline.cpu"];
    for (body, unit, crashed) in [
        ("echo no bus >&2; exit 1", "not_reached", "not_reached"),
        ("exit 0", "not_reached", "not_reached"),
        ("printf 'LoadState=loaded\\n'", "not_reached", "not_reached"),
    ] {
        fit.systemctl(body);
        let document = fit.audit(&only).json().exits(1).document();
        assert_eq!(finding(&document, "files.engine-unit")["status"], unit, "{body}");
        assert_eq!(finding(&document, "alerts.engine-crashed")["status"], crashed, "{body}");
    }
    std::fs::remove_file(fit.machine.file("bin/systemctl")).unwrap();
    let bin = fit.machine.file("bin");
    // Audit waits for no CPU measurement of a unit without figures.
    let document = fit.audit_over("10s", &only).env("PATH", bin).json().exits(0).document();
    let unit = finding(&document, "files.engine-unit");
    assert_eq!(
        (&unit["status"], &unit["found"]),
        (&"not_applicable".into(), &"this machine has no systemctl".into())
    );
    // Our own figures replace the unit's.
    assert!(
        finding(&document, "baseline.memory")["found"].as_str().unwrap().contains("this process")
    );
    assert!(finding(&document, "baseline.cpu")["found"].as_str().unwrap().contains("this process"));
}

#[test]
fn a_hanging_systemctl_is_given_up() {
    let fit = Fit::on(Sim::with_faults(&[]));
    fit.systemctl("exec sleep 60");
    let run = fit.audit(&["--only=files.engine-unit", "--deadline=500ms"]);
    let document = run.json().exits(1).document();
    let unit = finding(&document, "files.engine-unit");
    assert_eq!(unit["status"], "not_reached", "{unit}");
    assert!(
        unit["found"].as_str().unwrap().starts_with("no answer from systemctl within"),
        "{unit}"
    );
    assert!(document["duration_ms"].as_u64().unwrap() < 20_000, "{document}");
}

#[test]
fn logs_of_any_content_are_read() {
    let fit = Fit::on(Sim::with_faults(&[]));
    let log = fit.machine.write("logs/VERIFY_LOG.log", "");
    fit.audit(&["--only=alerts"]).json().exits(0);
    for text in [
        &b"2026-01-17T03:54:22.961398+00:00 ERR"[..],
        b"\x00\xff\xfe not a log\nState synchronization failed: by whom?\n",
        b"ERROR ERROR ERROR\r\n\r\n",
    ] {
        std::fs::write(&log, text).unwrap();
        let document = fit.audit(&["--only=alerts"]).json().exits(0).document();
        assert_eq!(finding(&document, "alerts.sync-failing")["status"], "pass", "{text:?}");
    }
    // A long log is read to its end, where the alert stands.
    let mut file = std::fs::File::create(&log).unwrap();
    file.seek(SeekFrom::Start(64 << 20)).unwrap();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string();
    let failed = "ERROR [1-aaaaaaaa] StateReconciler State synchronization failed: x";
    writeln!(file, "\n{now} {failed}").unwrap();
    let document = fit.audit(&["--only=alerts"]).json().exits(1).document();
    assert_eq!(finding(&document, "alerts.last-sync")["status"], "fail", "{document}");
    // A directory in a log's place can't be read, so no alert can be ruled out.
    std::fs::remove_file(&log).unwrap();
    std::fs::create_dir(&log).unwrap();
    let document = fit.audit(&["--only=alerts"]).json().exits(1).document();
    assert_eq!(finding(&document, "alerts.sync-failing")["status"], "not_reached", "{document}");
}

#[test]
fn a_snapshot_of_another_form_or_gateway_warns_with_its_reason() {
    let fit = Fit::on(Sim::with_faults(&[]));
    fit.sync();
    let path = fit.state("snapshot.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let endpoint = fit.sim.endpoint.to_string();
    for (from, to, why) in [
        ("snapshot/1", "snapshot/2", "mt5crs.snapshot/2"),
        (endpoint.as_str(), "10.0.0.9:5555", "another gateway"),
        ("\"taken_at\":\"20", "\"taken_at\":\"29", "in the future"),
        ("}", "", "unusable"),
    ] {
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let document = fit.audit(&["--only=files.snapshot"]).json().exits(0).document();
        let found = finding(&document, "files.snapshot");
        assert_eq!(found["status"], "warn", "{found}");
        assert!(found["found"].as_str().unwrap().contains(why), "{found}");
    }
}

#[test]
fn an_absent_decision_is_reported() {
    let fit = Fit::on(Sim::with_faults(&[]));
    let audit = || fit.audit(&["--only=decision"]);
    let document = audit().without("MT5CRS_DECISION_FILE").json().exits(0).document();
    assert_eq!(document["report"]["not_applicable"], 11, "{document}");
    let document = audit().env("MT5CRS_DECISION_FILE", "nowhere.json").json().exits(1).document();
    assert_eq!(finding(&document, "decision.readable")["status"], "fail");
    assert_eq!(finding(&document, "decision.go")["status"], "not_reached");
}

#[test]
fn the_memory_of_the_parent_process_does_not_count() {
    let fit = Fit::on(Sim::with_faults(&[]));
    let much = vec![1_u8; 100 << 20];
    let run = fit.audit(&["--only=baseline.memory"]).without("MT5CRS_ENGINE_UNIT");
    let document = run.json().exits(0).document();
    assert_eq!(much.iter().step_by(4096).map(|byte| usize::from(*byte)).sum::<usize>(), 25_600);
    let found = finding(&document, "baseline.memory")["found"].as_str().unwrap();
    assert!(found.contains("this process"), "{found}");
}
