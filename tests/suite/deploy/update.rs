//! `update.sh`: what it does when all is well, and that nothing that is wrong takes the old release's place.

use std::fs;

use super::server::Server;

#[test]
fn a_good_update_is_audited_first_switched_then_and_proved_last() {
    let server = Server::with_old();
    assert_eq!(server.answer(), "0.1.0 with first");
    server.starts("mt5crs-link@account1.service");
    server.starts("mt5-strategy-engine.service");
    server.configures("second");
    let artifact = server.artifact("0.2.0");
    let ended = server.update(&["--unit", "mt5-strategy-engine.service", &artifact]).exits(0);
    ended.says("is in place, and proved").says("0.2.0");
    assert_eq!(server.answer(), "0.2.0 with second");
    assert_eq!(
        (server.version("current"), server.version("previous")),
        ("0.2.0".into(), "0.1.0".into())
    );
    assert_eq!(
        server.calls(),
        [
            "mt5crs 0.2.0 account1 audit --skip=link",
            "mt5crs 0.2.0 account2 audit --skip=link",
            "systemctl daemon-reload daemon-reload under 0.2.0",
            "systemctl restart mt5crs-link@account1.service under 0.2.0",
            "systemctl restart mt5-strategy-engine.service under 0.2.0",
            "mt5crs 0.2.0 account1 link-test",
            "mt5crs 0.2.0 account1 sync -- true",
            "mt5crs 0.2.0 account2 link-test",
            "mt5crs 0.2.0 account2 sync -- true",
        ]
    );
    server.is_tidy();

    // What is recorded of it, and what others may read.
    let status = server.update(&["status"]).exits(0).stdout();
    assert!(status.starts_with("current: 0.2.0-x86_64-linux-"), "{status}");
    assert!(status.contains("configuration=") && status.contains("sha256="), "{status}");
    let config =
        fs::metadata(server.root().join("opt/mt5crs/current/config/account1.env")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&config) & 0o007, 0);

    // The same once more changes nothing.
    let releases = || fs::read_dir(server.root().join("opt/mt5crs/releases")).unwrap().count();
    let before = releases();
    server.update(&[&artifact]).exits(0).says("was in place already, and is proved");
    assert_eq!((server.version("previous"), releases()), ("0.1.0".into(), before));
}

#[test]
fn a_check_can_be_left_out_by_name() {
    let server = Server::with_old();
    let artifact = server.artifact("0.2.0");
    server.update(&["--skip", "alerts", "--skip", "decision.age", &artifact]).exits(0);
    let audit = "mt5crs 0.2.0 account1 audit --skip=link --skip=alerts --skip=decision.age";
    assert_eq!(server.calls()[0], audit);
}

#[test]
fn one_account_can_be_proved_alone() {
    let server = Server::with_old();
    let artifact = server.artifact("0.2.0");
    server.update(&["--account", "account2", &artifact]).exits(0);
    assert!(server.calls().iter().all(|call| !call.contains("account1")), "{:?}", server.calls());
}

/// Fails before the switch: the old release is in place, and nothing was restarted.
#[track_caller]
fn is_refused(server: &Server, arguments: &[&str], why: &str) {
    server.update(arguments).exits(1).tells("error: ").tells(why);
    assert_eq!(server.answer(), "0.1.0 with first");
    let calls = server.calls();
    assert!(!calls.iter().any(|call| call.starts_with("systemctl")), "{calls:?}");
    server.is_tidy();
}

#[test]
fn what_is_wrong_before_the_switch_changes_nothing() {
    let server = Server::with_old();
    let artifact = server.artifact("0.2.0");
    is_refused(&server, &["artifacts/mt5crs-9-x86_64-linux.tar.gz"], "can't be read");
    is_refused(&server, &["artifacts/SHA256SUMS"], "is not the name of an artifact");
    is_refused(&server, &["rollback"], "there is no earlier release");

    // A byte more.
    server.sh(&format!("cp {artifact} whole && printf x >> {artifact}"));
    is_refused(&server, &[&artifact], "is not what");
    server.sh(&format!("mv whole {artifact} && mv artifacts/SHA256SUMS sums"));
    is_refused(&server, &[&artifact], "SHA256SUMS can't be read");
    server.sh("mv sums artifacts/SHA256SUMS");

    // A program that can't run, and one that finds fault.
    server.fails("0.2.0 audit 1\n");
    is_refused(&server, &[&artifact], "the audit of account1 by the new mt5crs ended with code 1");
    server.fails("");
    server.program("mt5crs-0.3.0-x86_64-linux/bin/mt5crs", "\x7fELF of another machine");
    server.sh("tar -czf artifacts/mt5crs-0.3.0-x86_64-linux.tar.gz mt5crs-0.3.0-x86_64-linux && cd artifacts && sha256sum *.tar.gz > SHA256SUMS");
    is_refused(&server, &["artifacts/mt5crs-0.3.0-x86_64-linux.tar.gz"], "the audit of account1");

    // A configuration that the new program can't use, none at all, and an origin that is gone.
    server.configures("broken");
    is_refused(&server, &[&artifact], "the audit of account1 by the new mt5crs ended with code 2");
    server.sh("cd origin && git rm --quiet *.env && git commit --quiet -m none");
    is_refused(&server, &[&artifact], "has no account");
    server.sh("mv origin away");
    is_refused(&server, &[&artifact], "could not be pulled");
    server.sh("mv away origin");

    // Usage.
    for arguments in
        [&[][..], &["--acount", "a"], &["--user"], &["one", "two"], &["--user", "nobody-here", "x"]]
    {
        server.update(arguments).exits(2).tells("error: ");
    }
    server.configures("second");
    server.update(&[&artifact]).exits(0);
}

#[test]
fn a_release_that_fails_after_the_switch_goes_back_with_its_configuration() {
    for failure in ["0.2.0 link-test 3", "0.2.0 sync 1"] {
        let server = Server::with_old();
        server.starts("mt5crs-link@account1.service");
        server.configures("second");
        let artifact = server.artifact("0.2.0");
        server.fails(failure);
        server.update(&[&artifact]).exits(1).tells("0.1.0").tells("is in place again, and proved");
        assert_eq!(server.answer(), "0.1.0 with first");
        let calls = server.calls();
        let restarts: Vec<&String> =
            calls.iter().filter(|call| call.contains("restart mt5crs-link@account1")).collect();
        assert!(restarts[0].contains("0.2.0") && restarts[1].contains("0.1.0"), "{calls:?}");
        assert!(calls.contains(&"mt5crs 0.1.0 account2 sync -- true".to_owned()), "{calls:?}");
        server.is_tidy();
        // Nothing to go back to was lost or made up.
        assert_eq!(server.version("previous"), "");
    }
}

#[test]
fn a_unit_that_does_not_come_back_counts_as_a_failure() {
    let server = Server::with_old();
    server.starts("mt5crs-link@account1.service");
    let artifact = server.artifact("0.2.0");
    server.fails("systemctl restart 1");
    // It doesn't come with the old release either, and that is said.
    server.update(&[&artifact]).exits(3).tells("is not proved either");
    assert_eq!(server.answer(), "0.1.0 with first");
    server.is_tidy();
}

#[test]
fn where_neither_release_is_proved_a_person_is_called() {
    let server = Server::with_old();
    let artifact = server.artifact("0.2.0");
    server.fails("0.2.0 sync 1\n0.1.0 link-test 3\n");
    server.update(&[&artifact]).exits(3).tells("0.1.0").tells("is not proved either");
    assert_eq!(server.answer(), "0.1.0 with first");
}

#[test]
fn a_first_release_that_fails_is_taken_away_again() {
    let server = Server::new();
    let artifact = server.artifact("0.1.0");
    server.fails("0.1.0 sync 1");
    server.update(&[&artifact]).exits(1).tells("taken away again");
    for gone in [
        "opt/mt5crs/current",
        "etc/mt5crs",
        "usr/local/bin/mt5crs",
        "etc/systemd/system/mt5crs-link@.service",
    ] {
        assert!(fs::symlink_metadata(server.root().join(gone)).is_err(), "{gone}");
    }
    server.is_tidy();
    server.fails("");
    server.update(&[&artifact]).exits(0);
    assert_eq!(server.answer(), "0.1.0 with first");
}

#[test]
fn units_come_with_the_release_unless_somebody_has_their_own() {
    let server = Server::new();
    let artifact = server.artifact("0.1.0");
    let unit = server.root().join("etc/systemd/system/mt5crs-link@.service");
    server.update(&[&artifact]).exits(0);
    assert_eq!(fs::read_to_string(&unit).unwrap(), "# of 0.1.0\n");
    let artifact = server.artifact("0.2.0");
    server.update(&[&artifact]).exits(0);
    assert_eq!(fs::read_to_string(&unit).unwrap(), "# of 0.2.0\n");

    let server = Server::new();
    server.machine.write("root/usr/lib/systemd/system/mt5crs-link@.service", "of the package");
    server.update(&[&server.artifact("0.1.0")]).exits(0);
    let unit = server.root().join("etc/systemd/system/mt5crs-link@.service");
    assert!(fs::symlink_metadata(unit).is_err());
}

#[test]
fn what_somebody_else_put_in_its_place_is_left_alone() {
    for (taken, path) in
        [("etc/mt5crs", "etc/mt5crs/config.json"), ("mt5crs", "usr/local/bin/mt5crs")]
    {
        let server = Server::new();
        let file = server.machine.write(&format!("root/{path}"), "somebody's");
        let artifact = server.artifact("0.1.0");
        server.update(&[&artifact]).exits(1).tells(taken).tells("is not a link");
        assert_eq!(fs::read_to_string(file).unwrap(), "somebody's");
        assert_eq!(server.version("current"), "");
    }
}

#[test]
fn rollback_goes_back_and_forth() {
    let server = Server::with_old();
    server.configures("second");
    server.update(&[&server.artifact("0.2.0")]).exits(0);
    server.update(&["rollback"]).exits(0).says("0.1.0").says("is in place, and proved");
    assert_eq!(server.answer(), "0.1.0 with first");
    server.update(&["rollback"]).exits(0);
    assert_eq!(server.answer(), "0.2.0 with second");
    // A person's word stays, proved or not.
    server.fails("0.1.0 link-test 3");
    server.update(&["rollback"]).exits(3).tells("is in place, and is not proved");
    assert_eq!(server.answer(), "0.1.0 with first");
    assert_eq!(server.version("previous"), "0.2.0");
    server.is_tidy();
}

const GUARDIAN: &str = "mt5crs-guardian@account1.service";

#[test]
fn a_guardian_is_not_restarted_unasked() {
    let server = Server::with_old();
    server.starts(GUARDIAN);
    let artifact = server.artifact("0.2.0");
    server.update(&[&artifact]).exits(1).tells("watches a position").tells("--hand-over");
    assert_eq!(
        (server.answer().as_str(), server.unit(GUARDIAN).as_str()),
        ("0.1.0 with first", "active")
    );
    assert!(
        !server.calls().iter().any(|call| call.starts_with("systemctl")),
        "{:?}",
        server.calls()
    );
    server.is_tidy();
}

/// What became of the guardian, in order: signalled, started, under which release.
fn of_the_guardian(server: &Server) -> Vec<String> {
    let calls = server.calls();
    let calls = calls.iter().filter(|call| call.contains(GUARDIAN));
    calls.map(|call| call.replace(GUARDIAN, "it")).collect()
}

#[test]
fn a_guardian_hands_over_when_it_may() {
    let server = Server::with_old();
    server.starts(GUARDIAN);
    let artifact = server.artifact("0.2.0");
    server.update(&["--hand-over", &artifact]).exits(0);
    let expected = ["systemctl kill it under 0.2.0", "systemctl start it under 0.2.0"];
    assert_eq!(of_the_guardian(&server), expected);
    assert_eq!(server.unit(GUARDIAN), "active");
}

#[test]
fn a_position_is_watched_again_by_the_old_release_where_the_new_one_fails() {
    let server = Server::with_old();
    server.starts(GUARDIAN);
    let artifact = server.artifact("0.2.0");
    server.fails("0.2.0 sync 1");
    server.update(&["--hand-over", &artifact]).exits(1);
    let last = of_the_guardian(&server).pop().unwrap();
    assert_eq!(last, "systemctl start it under 0.1.0");
    assert_eq!(server.unit(GUARDIAN), "active");
}

/// The unit's own command line, as systemd shows it with its drop-ins: the last one counts.
#[test]
fn an_update_proves_what_the_gates_unit_runs() {
    let server = Server::with_old();
    let artifact = server.artifact("0.2.0");
    server.machine.write(
        "gate",
        "# /etc/systemd/system/mt5crs-gate@.service\n[Service]\n\
         ExecStart=mt5crs --config /etc/mt5crs/config.json --env-file /etc/mt5crs/%i.env --profile %i sync -- true\n\
         # /etc/systemd/system/mt5crs-gate@.service.d/mine.conf\n[Service]\nExecStart=\n\
         ExecStart=mt5crs --config /etc/mt5crs/config.json --profile %i \\\n  sync --allow-warn clock-skew -- echo %i\n",
    );
    server.update(&[&artifact]).exits(0);
    for account in ["account1", "account2"] {
        let gate = format!("mt5crs 0.2.0 {account} sync --allow-warn clock-skew -- echo {account}");
        assert!(server.calls().contains(&gate), "{:?}", server.calls());
    }
}

#[test]
fn what_never_came_into_place_does_not_pile_up() {
    let server = Server::with_old();
    for version in 2..=9 {
        let artifact = server.artifact(&format!("0.{version}.0"));
        server.fails(&format!("0.{version}.0 audit 1"));
        server.update(&[&artifact]).exits(1);
        server.is_tidy();
    }
    // What a killed run leaves, and a killed fetch; a fetch of this moment may still run.
    server.sh(
        "cd root/opt/mt5crs && mkdir -p releases/.new.1/bin releases/.new.1.in && \
         touch -d '2 hours ago' configuration.git/objects/pack/tmp_pack_old && touch configuration.git/objects/pack/tmp_pack_new",
    );
    server.update(&["rollback"]).exits(1).tells("there is no earlier release");
    server.is_tidy();
    let prefix = server.root().join("opt/mt5crs");
    let pack = prefix.join("configuration.git/objects/pack");
    assert!(!pack.join("tmp_pack_old").exists() && pack.join("tmp_pack_new").exists());
    assert_eq!(fs::read_dir(prefix.join("releases")).unwrap().count(), 6);
    assert_eq!(server.answer(), "0.1.0 with first");
}
