//! A closed pipe: the exit code still tells the result. `unwritten` has a full disk.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{Exited, Machine, Run, Sim, ended};

/// A pipe without a reader.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[track_caller]
fn into_closed_pipe(run: Run, code: i32) -> Exited {
    let ended = ended(run.start_into(closed(), Stdio::piped()), "into a closed pipe").exits(code);
    for word in ["roken pipe", "panicked", "failed to write"] {
        assert!(!ended.stderr().contains(word), "{}", ended.stderr());
    }
    ended
}

#[test]
fn a_closed_pipe_changes_no_exit_code() {
    let machine = Machine::new();
    let sims = [
        (Sim::start(&["--positions=2000"]), 0),
        (Sim::with_faults(&["no-terminal"]), 1),
        (Sim::with_faults(&["foreign-ea-v4"]), 6),
    ];
    for (sim, code) in &sims {
        for arguments in
            [&["sync", "--all"][..], &["positions", "--all"], &["link-test", "-c", "3"]]
        {
            into_closed_pipe(machine.against(sim, arguments), *code);
            into_closed_pipe(machine.against(sim, arguments).arg("--output=json"), *code);
        }
    }
    // A sync counts even if nobody read its output.
    assert_eq!(machine.verify_log().matches("State synchronized: 2000").count(), 2);
}

#[test]
fn a_closed_pipe_is_no_error_for_commands_without_a_gateway() {
    let machine = Machine::new();
    for (arguments, code) in [
        (&["explain"][..], 0),
        (&["schema", "sync"][..], 0),
        (&["completions", "bash"][..], 0),
        (&["config", "show", "--host=10.0.0.5"][..], 0),
        (&["config", "show"][..], 2),
        (&["sim", "--list-faults"][..], 0),
        (&["--help"][..], 0),
        (&["--version"][..], 0),
        (&["sync"][..], 2),
    ] {
        into_closed_pipe(machine.run(arguments), code);
        into_closed_pipe(machine.run(arguments).arg("--output=json"), code);
    }
}

#[test]
fn the_gates_command_inherits_the_closed_pipe() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    // SIGPIPE ends the command, as in a shell. A command that inherited an ignored SIGPIPE would see an error instead.
    let run = machine.against(&sim, &["sync", "--", "yes"]);
    let ended = ended(run.start_into(closed(), Stdio::piped()), "sync -- yes");
    assert_eq!(ended.code(), None, "{}", ended.stderr());
}

#[test]
fn a_closed_stderr_changes_no_answer() {
    let machine = Machine::new();
    for (faults, code) in [(&[][..], 0), (&["no-terminal"][..], 1), (&["clock-skew:3s"][..], 0)] {
        let sim = Sim::with_faults(faults);
        for command in ["sync", "positions"] {
            let run = machine.against(&sim, &[command, "-vv"]).arg("--output=json");
            let child = run.start_into(Stdio::piped(), closed());
            ended(child, command).exits(code).document();
        }
    }
}

#[test]
fn a_watch_without_a_reader_ends() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for format in ["human", "json"] {
        let flag = format!("--output={format}");
        let run = machine.against(&sim, &["link-test", "--watch=10ms", &flag]);
        into_closed_pipe(run, 0);
    }
}

#[test]
fn a_report_file_may_be_a_pipe_or_a_link() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    // Like /dev/stderr and /dev/null, a pipe can't be replaced, only written to.
    let pipe = machine.file("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let child = machine.against(&sim, &["sync", "--report=pipe"]).start();
    let document: Value = serde_json::from_slice(&std::fs::read(&pipe).unwrap()).unwrap();
    assert_eq!(document["report"]["recovered"], 3);
    ended(child, "sync --report=pipe").exits(0);

    machine.write("there/report.json", "");
    std::os::unix::fs::symlink("there/report.json", machine.file("link.json")).unwrap();
    machine.against(&sim, &["sync", "--report=link.json"]).end().exits(0);
    let written = std::fs::read(machine.file("there/report.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&written).unwrap()["exit_code"], 0);
}

/// Only root can make links of somebody else; a unit test covers other users.
#[test]
fn a_report_never_follows_another_user_s_link() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    machine.write("precious", "mine");
    let link = machine.file("link.json");
    std::os::unix::fs::symlink("precious", &link).unwrap();
    if std::os::unix::fs::lchown(&link, Some(65_534), None).is_err() {
        return;
    }
    let ended = machine.against(&sim, &["sync", "--report=link.json"]).end().exits(1);
    ended.tells("failed to write the report").tells("is a symbolic link of uid 65534");
    assert_eq!(std::fs::read_to_string(machine.file("precious")).unwrap(), "mine");
    let arguments = ["sync", "--output=prometheus", "--outfile=link.json"];
    machine.against(&sim, &arguments).end().exits(1).tells("is a symbolic link of uid 65534");
    assert_eq!(std::fs::read_to_string(machine.file("precious")).unwrap(), "mine");
}
