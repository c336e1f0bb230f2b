//! Completions, with TAB pressed in a shell on a terminal.
//!
//! A program that stands for mt5crs passes the shell's questions on to the real one, and notes the words of every command
//! that is run. So a test types a line, TAB and Enter, and sees the words that the shell made of it.
//!
//! A shell that is not installed is skipped; `.ci/run` lists it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use nix::pty::{OpenptyResult, Winsize, openpty};

use crate::support::{BOUND, Machine, Sim, binary, wait_until};

/// Each shell's prompt, which shows that it reads.
const PROMPT: &str = "ready> ";

/// A shell on a terminal, in a machine's directory.
struct Shell {
    machine: Machine,
    child: Child,
    terminal: File,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Shell {
    /// `None` where this shell is not installed.
    fn start(name: &str) -> Option<Self> {
        for tool in [name, "setsid"] {
            if Command::new(tool).arg("--version").output().is_err() {
                // Not captured, so that everybody sees it.
                let skipped = format!(
                    "skipped: {tool} is not installed, so {name}'s completions were not tried\n"
                );
                std::io::stderr().write_all(skipped.as_bytes()).unwrap();
                return None;
            }
        }
        let machine = Machine::new();
        let completions = concat!(env!("CARGO_MANIFEST_DIR"), "/completions");
        machine.write_program(
            "bin/mt5crs",
            format!(
                "#!/bin/sh\nif [ -n \"$_MT5CRS_COMPLETE\" ]; then exec {} \"$@\"; fi\n\
                 printf '%s\\n' \"$@\" > noted && mv noted words\n",
                binary().display()
            ),
        );
        machine.write_program("bin/my-engine", "#!/bin/sh\n");
        machine.write("feeds/prices.toml", "");
        machine.write("kept/state", "");
        machine.write(
            "config.json",
            r#"{"profiles":{"account1":{"gateway_host":"10.0.0.5"},"second":{"gateway_host":"10.0.0.6"}}}"#,
        );
        let home = machine.path().display();
        // A terminal of its own, as a login gives it: fish waits until it is in its foreground.
        let mut command = Command::new("setsid");
        command.args(["--ctty", name]);
        match name {
            "bash" => {
                let file = machine
                    .write("bashrc", format!("PS1='{PROMPT}'\n. {completions}/mt5crs.bash\n"));
                command.args(["--noprofile", "--rcfile"]).arg(file).arg("-i");
            }
            "zsh" => {
                // As installed: the file is found on the path of functions, and loaded at the first TAB.
                let start = "autoload -Uz compinit && compinit -u -d dump";
                let text = format!("PS1='{PROMPT}'\nfpath=({completions} $fpath)\n{start}\n");
                machine.write(".zshrc", text);
                command.arg("-i").env("ZDOTDIR", machine.path());
            }
            _ => {
                let installed = machine.file(".config/fish/completions");
                std::fs::create_dir_all(&installed).unwrap();
                let [from, to] = [completions, installed.to_str().unwrap()]
                    .map(|directory| format!("{directory}/mt5crs.fish"));
                std::fs::copy(from, to).unwrap();
                machine.write(
                    ".config/fish/config.fish",
                    format!(
                        "function fish_prompt\n echo -n '{PROMPT}'\nend\nset -g fish_greeting\n"
                    ),
                );
                command.arg("-i");
            }
        }
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", format!("{home}/bin:{path}"))
            .env("HOME", machine.path())
            .env("SYSTEM_SETTINGS", machine.file("etc"))
            .env("TERM", "xterm-256color")
            .current_dir(machine.path());
        let size = Winsize { ws_row: 50, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(&size, None).unwrap();
        let stream = || Stdio::from(slave.try_clone().unwrap());
        command.stdin(stream()).stdout(stream()).stderr(stream());
        let child = command.spawn().unwrap();
        drop((command, slave));
        let terminal = File::from(master);
        let (mut screen, shown) = (terminal.try_clone().unwrap(), Arc::<Mutex<Vec<u8>>>::default());
        let seen = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                seen.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
        });
        let shell = Self { machine, child, terminal, shown };
        wait_until(&format!("{name}'s prompt"), || shell.shown().contains(PROMPT));
        Some(shell)
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    fn type_in(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    /// Types `mt5crs`, this text, TAB and Enter; returns the words of the command that the shell then ran.
    #[track_caller]
    fn completed(&mut self, text: &str) -> Vec<String> {
        let noted = self.machine.file("words");
        self.type_in(&format!("mt5crs {text}\t\r"));
        wait_until(&format!("a command of {text:?} within {BOUND:?}"), || noted.exists());
        let words = std::fs::read_to_string(&noted).unwrap();
        std::fs::remove_file(noted).unwrap();
        words.lines().map(str::to_owned).collect()
    }

    #[track_caller]
    fn completes(&mut self, text: &str, words: &str) {
        let expected: Vec<&str> = words.split(' ').collect();
        // Some shells take the slash behind a directory back at the end of the line.
        let made: Vec<String> = self.completed(text);
        let made: Vec<&str> = made.iter().map(|word| word.trim_end_matches('/')).collect();
        assert_eq!(made, expected, "{text:?}\n{}", self.shown());
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // A shell that has ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every kind of value, in one session of a shell.
fn values(shell: &str) {
    let Some(mut shell) = Shell::start(shell) else { return };
    for (typed, words) in [
        // From the definition of the command line.
        ("posi", "positions"),
        ("breaker eng", "breaker engage"),
        ("sync --allow-w", "sync --allow-warn"),
        ("--output pro", "--output prometheus"),
        // Profiles, as a word of their own and behind `=`.
        ("--profile acc", "--profile account1"),
        ("--profile=acc", "--profile=account1"),
        ("sync --profile=sec", "sync --profile=second"),
        ("--profile=second posi", "--profile=second positions"),
        ("--sim-fault positions-e", "--sim-fault positions-empty-on-error"),
        ("sim --fault=positions-e", "sim --fault=positions-empty-on-error"),
        ("logs grep --preset sync-f", "logs grep --preset sync-failed"),
        ("audit --only link,files.kill", "audit --only link,files.kill-switch"),
        ("sync --allow-warn margin", "sync --allow-warn margin-level"),
        ("explain files.kill", "explain files.kill-switch"),
        ("explain run-cr", "explain run-crashed"),
        ("man emer", "man emergency-close"),
        // The command that sync becomes.
        ("sync -- my-e", "sync -- my-engine"),
        ("sync -- bin/my-e", "sync -- bin/my-engine"),
        ("sync -- my-engine feeds/pri", "sync -- my-engine feeds/prices.toml"),
        // Files and directories.
        ("--env-file feeds/pri", "--env-file feeds/prices.toml"),
        ("--state-dir kep", "--state-dir kept"),
    ] {
        shell.completes(typed, words);
    }
    // What is wrong is no matter for a person who types.
    shell.machine.write("config.json", "{");
    shell.completes("--profile acc", "--profile acc");
    shell.machine.write("config.json", "{\"profiles\":{\"$(touch owned)\":{}}}");
    shell.completed("--profile ");
    assert!(!shell.machine.file("owned").exists());
    let shown = shell.shown();
    assert!(!shown.contains("error:") && !shown.contains("JSON"), "{shown}");
}

#[test]
fn bash_completes_every_kind_of_value() {
    values("bash");
}

#[test]
fn zsh_completes_every_kind_of_value() {
    values("zsh");
}

#[test]
fn fish_completes_every_kind_of_value() {
    values("fish");
}

/// A question to the program itself, for which everything before it is as good as typed.
#[test]
fn a_question_asks_no_gateway_and_leaves_nothing_behind() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for words in [&["sync", ""][..], &["--profile", ""], &["canary", "--"], &["sync", "--", "s"]] {
        let question = [&["--", "mt5crs"], words].concat();
        let run = machine.run(question).env("_MT5CRS_COMPLETE", "fish");
        let endpoint = sim.endpoint;
        run.env("GATEWAY_HOST", endpoint.ip().to_string())
            .env("GATEWAY_PORT", endpoint.port().to_string())
            .end()
            .exits(0);
    }
    assert_eq!(sim.requests().len(), 0);
    let left = std::fs::read_dir(machine.path()).unwrap().count();
    assert_eq!(left, 0, "files were made");
    // A FIFO hands its text out once, and the command needs it.
    let fifo = machine.file("config.json");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let text = r#"echo '{"profiles":{"account1":{}}}' > config.json"#;
    let mut writer =
        Command::new("sh").args(["-c", text]).current_dir(machine.path()).spawn().unwrap();
    let question = ["--", "mt5crs", "--profile", ""];
    let run = machine.run(question).env("_MT5CRS_COMPLETE", "fish").end().exits(0);
    assert_eq!((run.stdout(), run.stderr()), (String::new(), String::new()));
    writer.kill().unwrap();
    writer.wait().unwrap();
}

/// Otherwise a shell that exports the variable would turn `emergency-close` into a question, which ends with 0.
#[test]
fn an_exported_variable_turns_no_command_into_a_question() {
    let machine = Machine::new();
    for shell in ["bash", "zsh", "fish", "1", ""] {
        let run = machine.run(["breaker", "engage", "--reason=drill"]);
        run.env("_MT5CRS_COMPLETE", shell).end().exits(0).says("engaged");
        assert!(machine.file("kill_switch.lock").exists());
        machine.run(["breaker", "release", "--yes"]).end().exits(0);
    }
}
