//! `update.sh` with the real mt5crs on a simulated gateway, while its guardian watches a position: whatever is done as it
//! says, nobody closes that position.

use std::fs;

use super::server::Server;
use crate::orders::{FREE, approved, executed};
use crate::support::{Ended, Sim, binary, ended, signal};

/// Knows one unit, the guardian, and starts it as the shipped unit does. A process that has ended may wait for its parent.
const SYSTEMCTL: &str = r#"#!/bin/sh
unit=$(eval "echo \${$#}")
pid=$(cat @HOME@/guardian.pid 2>/dev/null)
runs() { grep -q '^State:.[^ZX]' "/proc/$pid/status" 2>/dev/null; }
case "$1 $unit" in
  "show "*guardian*) if runs; then echo active; else echo inactive; fi ;;
  show*) echo inactive ;;
  "kill "*guardian*) kill -USR1 "$pid" ;;
  "start "*guardian*)
    rm -f @HOME@/looks
    mt5crs=@ROOT@/usr/local/bin/mt5crs etc=@ROOT@/etc/mt5crs
    $mt5crs --config $etc/config.json --env-file $etc/account1.env --profile account1 -o json canary --resume --monitor 24h \
      --yes --on-stop keep --without-drift --monitor-interval 100ms > @HOME@/looks 2> @HOME@/said < /dev/null 9>&- &
    echo $! > @HOME@/guardian.pid
    # It is ready when the position is proved.
    for _ in $(seq 200); do [ ! -s @HOME@/looks ] || exit 0; sleep 0.1; done
    cat @HOME@/said >&2
    exit 1 ;;
  cat*) exit 1 ;;
esac
"#;

struct Live {
    server: Server,
    sim: Sim,
}

impl Live {
    /// With 0.1.0 in place, a position that it opened, and the guardian on duty.
    fn new() -> Self {
        let live = Self { server: Server::bare(), sim: Sim::start(&["--positions=3"]) };
        let (machine, home) = (&live.server.machine, live.server.machine.path().display());
        let (ip, port) = (live.sim.endpoint.ip(), live.sim.endpoint.port());
        live.server.program("bin/systemctl", SYSTEMCTL);
        machine.write("decision.json", approved().to_string());
        machine.write(
            "origin/config.json",
            format!(
                r#"{{"profiles":{{"account1":{{"gateway_host":"{ip}","gateway_port":{port}}}}}}}"#
            ),
        );
        machine.write(
            "origin/account1.env",
            format!(
                "KILL_SWITCH_FILE={home}/kill_switch.lock\nMT5CRS_STATE_DIR={home}/state\nMT5CRS_LOG_DIR={home}/logs\n\
                 MT5CRS_DECISION_FILE={home}/decision.json\nMT5CRS_CANARY_SYMBOL={FREE}\nMT5CRS_ORDER_TIMEOUT_S=1\n\
                 MT5CRS_SETTLE_S=0.3\nMT5CRS_SIGNATURE_TTL_S=1\nSYNC_TIMEOUT_S=2\nMT5CRS_LATENCY_WARN_MS=1500\n\
                 MT5CRS_LATENCY_CRITICAL_MS=1900\n"
            ),
        );
        fs::create_dir_all(machine.file("root/opt/mt5crs")).unwrap();
        live.server.sh(
            "git init --quiet --initial-branch=main origin && cd origin && git add -A && git commit --quiet -m first && \
             cd .. && git clone --quiet --bare origin root/opt/mt5crs/configuration.git",
        );
        let artifact = live.artifact("0.1.0");
        live.update(&[&artifact]).exits(0);
        live.mt5crs("canary --yes --keep-open").exits(0);
        live.server.sh("systemctl start mt5crs-guardian@account1.service");
        live
    }

    /// The binary under test under that version's name.
    fn artifact(&self, version: &str) -> String {
        let name = format!("mt5crs-{version}-x86_64-linux/bin/mt5crs");
        let text = format!(
            "#!/bin/sh\n# {version}\nTRUST_PLACES=1 exec {} --allow-loopback \"$@\"\n",
            binary().display()
        );
        self.server.program(&name, &text);
        self.server.pack(version)
    }

    fn update(&self, arguments: &[&str]) -> Ended {
        // What it measures of itself depends on the build.
        self.server.update(&[&["--skip", "baseline"], arguments].concat())
    }

    /// Runs the release in place by hand.
    fn mt5crs(&self, words: &str) -> Ended {
        let line = format!(
            "exec root/usr/local/bin/mt5crs --config root/etc/mt5crs/config.json --env-file root/etc/mt5crs/account1.env \
             --profile account1 {words}"
        );
        let mut shell = self.server.command("sh");
        ended(shell.args(["-c", &line]).spawn().unwrap(), words)
    }

    fn guardian(&self) -> u32 {
        let text = fs::read_to_string(self.server.machine.file("guardian.pid")).unwrap();
        text.trim().parse().unwrap()
    }

    /// Whether the guardian watches the position at this moment.
    fn is_watched(&self) -> bool {
        self.mt5crs("audit --only=evidence.positions --all")
            .stdout()
            .contains("a running canary watches")
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Ok(pid) = fs::read_to_string(self.server.machine.file("guardian.pid")) {
            signal(pid.trim().parse().unwrap(), "KILL");
        }
    }
}

#[test]
fn an_update_hands_a_position_over_and_nobody_closes_it() {
    let live = Live::new();
    let first = live.guardian();
    assert!(live.is_watched());
    let artifact = live.artifact("0.2.0");
    // Unasked, nothing is switched, and what it says to do is what works.
    live.update(&[&artifact]).exits(1).tells("watches a position").tells("with --hand-over");
    assert_eq!((live.guardian(), live.server.version("current")), (first, "0.1.0".to_owned()));
    live.update(&["--hand-over", &artifact]).exits(0).says("is in place, and proved");
    assert_eq!(live.server.version("current"), "0.2.0");
    assert!(live.guardian() != first && live.is_watched());

    // Where nobody watches it, the way out that is told is the way to have it watched.
    signal(live.guardian(), "KILL");
    let artifact = live.artifact("0.3.0");
    let update = ["--skip", "alerts.run-crashed", "--hand-over", &artifact];
    live.update(&update).exits(1).says("watch it again: mt5crs canary --resume --monitor 24h");
    live.server.sh("systemctl start mt5crs-guardian@account1.service");
    live.update(&update).exits(0);
    assert!(live.is_watched());
    assert_eq!(executed(&live.sim), ["OPEN"]);
}
