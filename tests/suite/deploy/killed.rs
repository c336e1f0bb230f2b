//! `update.sh` killed before each command that changes anything: what is in place works, and the next run brings the rest.

use std::fs;

use super::server::Server;

const GUARDIAN: &str = "mt5crs-guardian@account1.service";

/// Read by bash before the script: stops it before the Nth command that changes something, with builtins alone.
const KILLER: &str = r#"
set -o functrace
stop_before() {
  case $1 in
    mv\ *|ln\ *|rm\ *|tar\ *|*git\ *\ fetch*|sync\ *|systemctl\ [dkr]*|systemctl\ start*|mt5crs_of\ *|printf\ *kind*) ;;
    *) return 0 ;;
  esac
  printf x >> "$STEPS"
  local steps=$(<"$STEPS")
  if [ "${#steps}" -eq "$STOP_AT" ]; then builtin kill -"$SIGNAL" $$; fi
  return 0
}
trap 'stop_before "$BASH_COMMAND"' DEBUG
"#;

struct Attempt<'s> {
    server: &'s Server,
    signal: &'static str,
}

impl Attempt<'_> {
    /// Runs the update and ends it before that step; `false` where it came to its end before.
    fn ends_at(&self, step: usize, arguments: &[&str]) -> bool {
        let steps = self.server.machine.write("steps", "");
        let killer = self.server.machine.write("killer", KILLER);
        let at = step.to_string();
        let ended = self.server.update_with(
            arguments,
            &[
                ("BASH_ENV", killer.to_str().unwrap()),
                ("STEPS", steps.to_str().unwrap()),
                ("STOP_AT", &at),
                ("SIGNAL", self.signal),
            ],
        );
        let is_stopped = fs::read_to_string(steps).unwrap().len() >= step;
        assert!(!is_stopped || ended.code() != Some(0), "step {step}: stopped, and exit code 0");
        is_stopped
    }
}

/// The old release with the guardian on duty, and the new one waiting.
struct Template {
    server: Server,
    artifact: String,
}

impl Template {
    fn new() -> Self {
        let server = Server::with_old();
        server.starts(GUARDIAN);
        server.starts("mt5crs-link@account1.service");
        server.configures("second");
        let artifact = server.artifact("0.2.0");
        server.sh("mkdir template && cp -a root units template/");
        Self { server, artifact }
    }

    fn restore(&self) {
        self.server.sh("rm -rf root units && cp -a template/root template/units .");
        self.server.machine.write("calls", "");
    }

    /// Program and configuration belong together, whichever they are.
    #[track_caller]
    fn answers(&self, step: usize) -> bool {
        let answer = self.server.answer();
        assert!(
            ["0.1.0 with first", "0.2.0 with second"].contains(&answer.as_str()),
            "{step}: {answer}"
        );
        answer.starts_with("0.2.0")
    }
}

#[test]
fn killed_at_any_step_something_whole_is_in_place_and_the_next_run_finishes() {
    let template = Template::new();
    let attempt = Attempt { server: &template.server, signal: "KILL" };
    let update = ["--hand-over", "--account", "account1", template.artifact.as_str()];
    let (mut step, mut switched) = (1, 0);
    while attempt.ends_at(step, &update) {
        switched += usize::from(template.answers(step));
        // The person who finds it may not know of the guardian.
        let on_duty = template.server.unit(GUARDIAN) == "active";
        template.server.update(if on_duty { &update } else { &update[1..] }).exits(0);
        assert_eq!(template.server.answer(), "0.2.0 with second", "after step {step}");
        assert_eq!(template.server.version("previous"), "0.1.0", "after step {step}");
        assert_eq!(template.server.unit(GUARDIAN), "active", "after step {step}");
        template.server.is_tidy();
        template.restore();
        step += 1;
    }
    assert!(step > 20 && switched > 8, "{step} steps, {switched} of them behind the switch");
}

#[test]
fn killed_at_any_step_of_going_back_the_next_run_finishes() {
    let template = Template::new();
    let attempt = Attempt { server: &template.server, signal: "KILL" };
    template.server.fails("0.2.0 sync 1");
    // The steps before the switch are those of the test above.
    let mut step = 12;
    while attempt.ends_at(step, &["--hand-over", "--account", "account1", &template.artifact]) {
        let switched = template.answers(step);
        // Where the new release is not in place, there is nothing to go back to.
        template.server.update(&["rollback"]).exits(i32::from(!switched));
        assert_eq!(template.server.answer(), "0.1.0 with first", "after step {step}");
        assert_eq!(template.server.unit(GUARDIAN), "active", "after step {step}");
        template.server.is_tidy();
        template.restore();
        step += 2;
    }
    assert!(step > 24, "{step} steps");
}

#[test]
fn asked_to_stop_it_leaves_the_old_release_in_place() {
    let template = Template::new();
    let attempt = Attempt { server: &template.server, signal: "TERM" };
    let mut step = 2;
    let mut finished = 0;
    while attempt.ends_at(step, &["--hand-over", "--account", "account1", &template.artifact]) {
        // Asked in the very last steps, it has its answer already.
        if template.answers(step) {
            finished += 1;
            assert_eq!(template.server.version("previous"), "0.1.0", "at step {step}");
        }
        assert_eq!(template.server.unit(GUARDIAN), "active", "at step {step}");
        template.restore();
        step += 5;
    }
    assert!(step > 20 && finished < 3, "{step} steps, {finished} finished");
}
