//! Wrong settings are reported before any request: all at once, each with its name and origin.

use std::process::Command;

use serde_json::Value;

use crate::snapshot::{self, Kept};
use crate::support::{Ended, Machine, Run, Sim, binary};

/// Asserts code 2 and these words, with one document for programs.
#[track_caller]
fn wrong(run: Run, words: &[&str]) -> Value {
    let ended = run.json().exits(2);
    let document = ended.document();
    assert_eq!(document["verdict"], "fail");
    assert_eq!(document["report"], Value::Null);
    assert!(!document["error"]["remedy"].as_str().unwrap().is_empty());
    let talk = ended.stderr();
    for word in words {
        assert!(talk.contains(word), "no {word:?} in {talk}");
    }
    assert!(talk.contains("error: ") && talk.contains("help: "), "{talk}");
    document
}

fn first_line(ended: &Ended) -> String {
    ended.stdout().lines().next().unwrap_or_default().to_owned()
}

#[test]
fn without_a_host_there_is_no_default() {
    let machine = Machine::new();
    for command in ["link-test", "positions", "sync"] {
        let document = wrong(machine.run([command]), &["GATEWAY_HOST is not set", "--sim"]);
        assert_eq!(document["error"]["code"], "settings");
        assert_eq!(document["schema"], format!("mt5crs.{command}/1"));
    }
}

#[test]
fn two_names_of_one_setting_must_agree() {
    let machine = Machine::new();
    let run = machine.run(["sync"]).env("GATEWAY_HOST", "10.0.0.5").env("GTW_HOST", "10.0.0.6");
    wrong(run, &["GATEWAY_HOST", "`10.0.0.5`", "GTW_HOST", "`10.0.0.6`", "differ"]);
    let run = machine.run(["sync"]).env("GATEWAY_HOST", "10.0.0.5");
    let run = run.env("GATEWAY_PORT", "5555").env("GTW_PORT", "5556");
    wrong(run, &["GATEWAY_PORT", "`5555`", "GTW_PORT", "`5556`"]);
    // Equal values are fine.
    let sim = Sim::with_faults(&[]);
    let host = sim.endpoint.ip().to_string();
    machine.against(&sim, &["sync"]).env("GTW_HOST", host).end().exits(0);
}

#[test]
fn invalid_values_are_named() {
    let machine = Machine::new();
    for (name, value) in [
        ("GATEWAY_PORT", "0"),
        ("GATEWAY_PORT", "70000"),
        ("GATEWAY_PORT", "abc"),
        ("GATEWAY_PORT", "-1"),
        ("GATEWAY_PORT", ""),
        ("GATEWAY_HOST", "tcp://10.0.0.5"),
        ("GATEWAY_HOST", "10.0.0.5:5555"),
        ("GATEWAY_HOST", "two words"),
        ("SYNC_TIMEOUT_S", "0"),
        ("SYNC_TIMEOUT_S", "-3"),
        ("SYNC_TIMEOUT_S", "NaN"),
        ("SYNC_TIMEOUT_S", "1e400"),
        ("SYNC_TIMEOUT_S", "soon"),
        ("SYNC_RETRY_COUNT", "0"),
        ("SYNC_RETRY_COUNT", "1.5"),
        ("SYNC_RETRY_INTERVAL_S", "-1"),
        ("MAGIC_NUMBER", "x"),
        ("MT5CRS_EXPECT_TRADE_MODE", "pretend"),
        ("MT5CRS_LATENCY_WARN_MS", "-1"),
    ] {
        let run = machine.run(["sync"]).env("GATEWAY_HOST", "10.0.0.5").env(name, value);
        wrong(run, &[name]);
    }
    for flag in ["--port=0", "--port=70000", "--timeout=-1s", "--timeout=0", "--attempts=0"] {
        let run = machine.run(["sync", "--host=10.0.0.5", flag]);
        wrong(run, &[flag.split('=').next().unwrap()]);
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let machine = Machine::new();
    let run = machine.run(["sync"]).env("GATEWAY_HOST", "10.0.0.5").env("GATEWAY_PORT", "abc");
    let run = run.env("SYNC_TIMEOUT_S", "0").env("MT5CRS_TYPO", "1");
    wrong(run, &["3 settings are wrong", "GATEWAY_PORT", "SYNC_TIMEOUT_S", "MT5CRS_TYPO"]);
}

#[test]
fn unknown_keys_of_ours_are_errors_and_near_misses_are_warned_about() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let run = || machine.against(&sim, &["sync"]);
    wrong(
        run().env("MT5CRS_STATE_DIRECTORY", "/tmp"),
        &["MT5CRS_STATE_DIRECTORY", "MT5CRS_STATE_DIR"],
    );
    run().env("SYNC_TIMEOUT", "9").end().exits(0).tells("did you mean SYNC_TIMEOUT_S?");
    run().env("ANOTHER_PROGRAMS_KEY", "9").end().exits(0).never_says("ANOTHER_PROGRAMS_KEY");
}

#[test]
fn a_known_name_is_suggested_only_where_one_is_near() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for (name, known) in [
        ("MT5CRS_KIL_SWITCH", "KILL_SWITCH_FILE"),
        ("MT5CRS_HOST", "GATEWAY_HOST"),
        ("MT5CRS_PORT", "GATEWAY_PORT"),
        ("MT5CRS_MAGIC", "MAGIC_NUMBER"),
        ("MT5CRS_TIMEOUT", "SYNC_TIMEOUT_S"),
    ] {
        let ended = machine.against(&sim, &["sync"]).env(name, "1").end().exits(2);
        ended
            .tells(&format!("(did you mean {known}?)"))
            .tells(&format!("help: rename it to {known}, or remove it; "))
            .never_says("?;");
    }
    let ended = machine.against(&sim, &["sync"]).env("MT5CRS_XYZZY", "1").end().exits(2);
    ended.tells("help: remove it").never_says("did you mean");
    // The member of a profile is no flag's name.
    machine.write("config.json", r#"{"profiles":{"a":{"mt5crs_profile":"a","qqq":"x"}}}"#);
    let ended = machine.run(["sync", "--profile=a", "--host=10.0.0.5"]).end().exits(2);
    ended.tells("qqq in profile a").never_says("did you mean");
}

#[test]
fn commands_that_only_warn_of_an_unknown_name_give_the_hint() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let hint = "warning: MT5CRS_KIL_SWITCH in the environment is no setting of this program (did you mean KILL_SWITCH_FILE?)\n";
    let misspelt = |run: Run| run.env("MT5CRS_KIL_SWITCH", "/run/switch").end().exits(0);
    misspelt(machine.run(["breaker", "status"])).tells(hint);
    misspelt(machine.against(&sim, &["emergency-close", "--dry-run"])).tells(hint);
}

#[test]
fn without_a_gateway_the_profiles_are_offered() {
    let machine = Machine::new();
    let profile = |name: &str| format!(r#""{name}":{{"gateway_host":"10.0.0.5"}}"#);
    let names = ["eur", "usd", "not a name"].map(profile).join(",");
    machine.write("config.json", format!(r#"{{"profiles":{{{names}}}}}"#));
    for command in ["sync", "positions", "link-test", "emergency-close"] {
        let ended = machine.run([command]).end().exits(2).never_says("GATEWAY_HOST=ADDRESS");
        ended
            .tells("GATEWAY_HOST is not set, and no profile is selected\n")
            .tells("help: name a profile: --profile eur, or --profile usd; or --all-profiles; ");
    }
    // The file may have any name; one that can't be read offers nothing.
    std::fs::rename(machine.file("config.json"), machine.file("accounts.json")).unwrap();
    let run = machine.run(["sync"]).env("MT5CRS_CONFIG", "accounts.json");
    run.end().exits(2).tells("--profile eur, or --profile usd");
    machine.write("config.json", "{");
    machine.run(["sync"]).end().exits(2).tells("put GATEWAY_HOST=ADDRESS in .env");
    // A selected profile gets the host, because `.env` would be every account's.
    machine.write("config.json", r#"{"profiles":{"a":{}}}"#);
    let ended = machine.run(["sync", "--profile=a"]).end().exits(2).never_says(".env");
    ended.tells("help: put gateway_host into profile a, or pass --host ADDRESS");
}

#[test]
fn numbers_are_refused_in_words() {
    let machine = Machine::new();
    for (arguments, words) in [
        (&["phoenix", "--seed=x"][..], "a seed is a whole number from 0 to 2^64 - 1\n"),
        (&["sync", "--sim", "--sim-seed=-1"], "a seed is a whole number from 0 to 2^64 - 1\n"),
        (
            &["emergency-close", "--magic=x"],
            "a magic number is a whole number from -2^63 to 2^63 - 1\n",
        ),
        (&["link-test", "--count=0"], "a count is 1 to 1000000\n"),
        (&["sync", "--credit=x"], "'x' for '--credit <AMOUNT>': it is not a number\n"),
        (&["sync", "--credit=1e18"], "'1e18' for '--credit <AMOUNT>': it is too large\n"),
    ] {
        machine.run(arguments).end().exits(2).tells(words);
    }
    let run = || machine.run(["sync", "--host=10.0.0.5"]);
    let ended = run().env("MT5CRS_PSI_WATCH", "x").end().exits(2);
    ended.tells("must be a number above 0, up to 100, not `x`: it is not a number\n");
    let ended = run().env("MT5CRS_PSI_WATCH", "1e30").end().exits(2);
    ended.tells("not `1e30`: it is too large\n");
}

#[test]
fn an_unreadable_env_file_is_named() {
    let machine = Machine::new();
    machine.write("directory/file", "");
    wrong(machine.run(["sync", "--env-file=nowhere.env"]), &["nowhere.env"]);
    wrong(machine.run(["sync", "--env-file=directory"]), &["directory can't be read"]);
    machine.write("bad.env", "GATEWAY_HOST=10.0.0.5\n\nthis is no line\n");
    wrong(machine.run(["sync", "--env-file=bad.env"]), &["bad.env:3", "NAME=VALUE"]);
    machine.write("latin.env", b"GATEWAY_HOST=10.0.0.5\nNAME=caf\xe9\n");
    wrong(machine.run(["sync", "--env-file=latin.env"]), &["latin.env:2 is not UTF-8"]);
    machine.write("typo.env", "GATEWAY_HOST=10.0.0.5\nMT5CRS_TYPO=1\n");
    wrong(machine.run(["sync", "--env-file=typo.env"]), &["MT5CRS_TYPO", "typo.env:2"]);
    // Without `--env-file`, `.env` is read if it exists.
    machine.write(".env", "GATEWAY_HOST='10.0.0.5\n");
    wrong(machine.run(["sync"]), &[".env:1"]);
}

#[test]
fn a_problem_in_env_is_reported_without_its_text() {
    let machine = Machine::new();
    machine.write(".env", "GATEWAY_HOST=10.0.0.5\nBROKER PASSWORD hunter2\n");
    let ended = machine.run(["sync"]).json().exits(2).never_says("hunter2");
    ended.tells(".env:2");
}

#[test]
fn a_comment_behind_a_value_is_ignored() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let (ip, port) = (sim.endpoint.ip(), sim.endpoint.port());
    machine.write(
        ".env",
        format!("GTW_HOST={ip}   # the gateway\nexport GTW_PORT=\"{port}\" # its port\n"),
    );
    let document = machine.run(["sync", "--allow-loopback"]).json().exits(0).document();
    assert_eq!(document["endpoint"], format!("tcp://{ip}:{port}"));
}

#[test]
fn a_flag_overrides_the_environment_and_that_overrides_env() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let (ip, port) = (sim.endpoint.ip().to_string(), sim.endpoint.port().to_string());
    machine.write(".env", "GATEWAY_HOST=10.0.0.5\nGATEWAY_PORT=1\n");
    let flags = [format!("--host={ip}"), format!("--port={port}")];
    let run = || machine.run(["sync", "--allow-loopback"]);
    run().arg(&flags[0]).arg(&flags[1]).env("GATEWAY_PORT", "2").end().exits(0);
    run()
        .env("GATEWAY_HOST", &ip)
        .env("GATEWAY_PORT", &port)
        .end()
        .exits(0)
        .tells("which wins over `10.0.0.5`");
}

#[test]
fn an_unwritable_state_directory_is_reported_before_any_request() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let file = machine.write("in-the-way", "known bytes");
    for place in [file.clone(), file.join("below"), "/proc/nonexistent".into(), "/dev/null".into()]
    {
        let run = || machine.against(&sim, &["sync", "-vv"]).env("MT5CRS_STATE_DIR", &place);
        let document = wrong(run(), &["state directory", "MT5CRS_STATE_DIR"]);
        assert_eq!(document["error"]["code"], "state-not-writable");
        let page = run().end().exits(2).never_says("State synchronized");
        assert!(!page.stderr().contains("asking"), "{}", page.stderr());
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "known bytes");
    assert!(!machine.verify_log().contains("State synchronized"));
    // A command without state needs no such directory.
    machine.against(&sim, &["positions"]).env("MT5CRS_STATE_DIR", &file).end().exits(0);
}

#[test]
fn a_snapshot_on_a_full_disk_leaves_the_old_one_and_claims_nothing() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=2000"]));
    let kept = Kept::before(&machine, sim.endpoint);
    // A limit on file sizes cuts a write short, as a full disk does.
    let host = format!("--host={}", sim.endpoint.ip());
    let port = format!("--port={}", sim.endpoint.port());
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(binary())
        .args(["sync", "--allow-loopback"])
        .args([host.as_str(), port.as_str(), "--output=json"])
        .current_dir(machine.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", machine.path())
        .env("MT5CRS_STATE_DIR", machine.file("state"))
        .env("MT5CRS_LOG_DIR", machine.file("logs"))
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{document}");
    assert_eq!(document["error"]["code"], "state-not-writable");
    assert_eq!(document["report"]["recovered"], Value::Null);
    assert_eq!(document["report"]["snapshot"]["replaced"], false);
    kept.is_intact();
    assert!(!machine.verify_log().contains("State synchronized"), "{}", machine.verify_log());
}

#[test]
fn unwritable_logs_are_a_warning_and_stop_nothing() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let file = machine.write("in-the-way", "");
    for (name, place) in
        [("MT5CRS_LOG_DIR", file.to_str().unwrap()), ("MT5CRS_VERIFY_LOG", "/dev/full")]
    {
        let document = machine.against(&sim, &["sync"]).env(name, place).json().exits(0).document();
        assert_eq!(document["report"]["recovered"], 3);
        assert!(!document["warnings"].as_array().unwrap().is_empty(), "{name}: {document}");
    }
}

#[test]
fn usage_errors_are_one_document() {
    let machine = Machine::new();
    for arguments in [
        &["no-such-command"][..],
        &["sync", "--no-such-flag"],
        &["sync", "--deadline=0s"],
        &["sync", "--credit=lots"],
        &["link-test", "--count=0"],
        &["positions", "--symbol"],
        &["explain", "99999"],
        &["schema", "nothing"],
        &["sync", "--allow-warn=nothing"],
        &["--sim", "--sim-fault=nothing", "sync"],
        &["-q", "-v", "sync"],
        &[],
    ] {
        let document = wrong_usage(machine.run(arguments).arg("--output=json"));
        assert_eq!(document["exit_code"], 2, "{arguments:?}");
        assert!(!document["error"]["message"].as_str().unwrap().is_empty(), "{arguments:?}");
        let separate = wrong_usage(machine.run(arguments).arg("json").arg("-o"));
        assert_eq!(separate["error"], document["error"]);
        assert_eq!(machine.run(arguments).end().exits(2).stdout().find('{'), None);
    }
}

#[track_caller]
fn wrong_usage(run: Run) -> Value {
    run.end().exits(2).document()
}

#[test]
fn config_show_names_each_settings_origin() {
    let machine = Machine::new();
    machine.write(".env", "GATEWAY_HOST=10.0.0.5\nMAGIC_NUMBER=7\n");
    let run = || machine.run(["config", "show", "--port=6000"]).env("SYNC_RETRY_COUNT", "5");
    let page = run().end().exits(0);
    let line = |key: &str| {
        let line = page.stdout().lines().find(|line| line.starts_with(key)).unwrap().to_owned();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("GATEWAY_HOST"), "GATEWAY_HOST 10.0.0.5 GATEWAY_HOST at .env:1");
    assert_eq!(line("GATEWAY_PORT"), "GATEWAY_PORT 6000 --port");
    assert_eq!(line("SYNC_RETRY_COUNT"), "SYNC_RETRY_COUNT 5 SYNC_RETRY_COUNT in the environment");
    assert_eq!(line("SYNC_TIMEOUT_S"), "SYNC_TIMEOUT_S 2 SYNC_TIMEOUT_S in the environment");
    assert_eq!(line("MT5CRS_SETTLE_S"), "MT5CRS_SETTLE_S 10 default");

    let document = run().json().exits(0).document();
    let setting = |key: &str| {
        let all = document["report"]["settings"].as_array().unwrap();
        all.iter().find(|row| row["key"] == key).unwrap().clone()
    };
    let origin = |key: &str| setting(key)["origin"]["layer"].as_str().unwrap().to_owned();
    assert_eq!(setting("GATEWAY_HOST")["value"], "10.0.0.5");
    assert_eq!(setting("GATEWAY_HOST")["origin"]["line"], 1);
    assert_eq!(origin("GATEWAY_PORT"), "flag");
    assert_eq!(origin("SYNC_RETRY_COUNT"), "environment");
    assert_eq!(origin("MT5CRS_SETTLE_S"), "default");
}

#[test]
fn config_show_reports_problems_and_shows_the_rest() {
    let machine = Machine::new();
    let run = || machine.run(["config", "show"]).env("SYNC_RETRY_COUNT", "0");
    let page = run().end().exits(2);
    assert!(first_line(&page).starts_with("FAIL 2 settings are invalid"), "{}", page.stdout());
    page.says("MAGIC_NUMBER")
        .says("SYNC_RETRY_COUNT in the environment must be")
        .says("no gateway");
    let document = run().json().exits(2).document();
    assert_eq!(document["report"]["problems"].as_array().unwrap().len(), 2, "{document}");
}

#[test]
fn a_profile_has_its_own_gateway_and_state() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let (ip, port) = (sim.endpoint.ip(), sim.endpoint.port());
    let profiles =
        format!(r#"{{"profiles":{{"account1":{{"gateway_host":"{ip}","gateway_port":{port}}}}}}}"#);
    machine.write("config.json", profiles);
    let run = |name: &str| machine.run(["sync", "--allow-loopback", &format!("--profile={name}")]);
    let document = run("account1").json().exits(0).document();
    assert_eq!(document["profile"], "account1");
    assert!(machine.file("state/account1/snapshot.json").exists());
    assert!(!machine.file(&snapshot::at(sim.endpoint)).exists());
    wrong(run("account2"), &["account2"]);
}
