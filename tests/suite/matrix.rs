//! Each command with each request that it sends: the gateway dies of it, another program takes its port, or it is not there
//! yet when the command begins. The command ends inside its deadline with the code that is true, and claims nothing that
//! the ledger doesn't show.

mod rows;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rows::{
    AUDIT, CANARY, Command, EMERGENCY_CLOSE, EMERGENCY_CLOSE_ALL, GATE, Kind, LINK_TEST,
    LINK_WATCH, MONITOR, PHOENIX, POSITIONS, Request, SYNC,
};
use serde_json::Value;

use crate::emergency_close;
use crate::look_alikes::Stranger;
use crate::orders::{self, approved, executed, quick};
use crate::profiles::{self, accounts};
use crate::snapshot::Kept;
use crate::support::{Ended, Machine, Run, Sim, ended, wait_for_line, wait_until};
use crate::wire::Wire;

/// What a command may take beyond its deadline: to start and to end on a machine with better things to do. That no wait goes
/// past a deadline is shown in virtual time; here a hang is.
const ALLOWANCE: Duration = Duration::from_secs(5);
/// How many cells are played side by side: they mostly wait.
const SIDE_BY_SIDE: usize = 14;

/// Who takes the port of a gateway that died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    EaV4,
    EaV5,
    Ssh,
}

/// What becomes of the gateway at a request.
#[derive(Debug, Clone, Copy)]
enum Event {
    Dies { moment: &'static str },
    Replaced { by: Other },
}

const EVENTS: [Event; 5] = [
    Event::Dies { moment: "before" },
    Event::Dies { moment: "after" },
    Event::Replaced { by: Other::EaV4 },
    Event::Replaced { by: Other::EaV5 },
    Event::Replaced { by: Other::Ssh },
];

impl Event {
    fn fault(self, request: &Request) -> String {
        let Request { action, nth, .. } = request;
        let moment = match self {
            Self::Dies { moment } => moment,
            // What the SSH server's predecessor executed is on the ledger, what the others' was asked isn't.
            Self::Replaced { by: Other::Ssh } => "after",
            Self::Replaced { .. } => "before",
        };
        format!("crash:{action}:{moment}:#{nth}")
    }

    fn codes(self, request: &Request) -> &[i32] {
        match self {
            Self::Dies { .. } => std::slice::from_ref(&request.dead),
            Self::Replaced { .. } => request.replaced,
        }
    }

    /// Half of the cells read the document, the other half the page that people read.
    fn reads_json(self) -> bool {
        matches!(
            self,
            Self::Dies { moment: "before" } | Self::Replaced { by: Other::EaV4 | Other::Ssh }
        )
    }
}

impl Command {
    /// The gateway of an account beside the one that it is about.
    fn beside(&self) -> Option<Sim> {
        (self.kind == Kind::ClosesTwo).then(|| Sim::with_faults(&[]))
    }

    /// The command against that gateway.
    fn on(&self, machine: &Machine, sim: &Sim, beside: Option<&Sim>) -> Run {
        let run = if let Some(beside) = beside {
            accounts(machine, &[beside, sim], &[]);
            machine.run(self.arguments).arg("--allow-loopback").env("MT5CRS_SETTLE_S", "0.3")
        } else {
            quick(machine, sim, self.arguments)
        };
        let decision = machine.write("decision.json", approved().to_string());
        run.env("MT5CRS_DECISION_FILE", decision).env("MT5CRS_ORDER_TIMEOUT_S", "0.5")
    }

    /// So patient that somebody else can come up on the port meanwhile.
    fn patient(&self, run: Run, deadline: Duration) -> Run {
        // In the environment: COMMAND inherits that, and a flag that says otherwise is refused.
        run.env("SYNC_RETRY_COUNT", "100000")
            .env("SYNC_RETRY_INTERVAL_S", "0.005")
            .env("SYNC_TIMEOUT_S", "1")
            .arg(&format!("--deadline={}ms", deadline.as_millis()))
    }

    /// How long it may take where somebody else comes up. Who trades goes on until the end, whoever answers.
    fn long(&self) -> Duration {
        match self.kind {
            Kind::Reads | Kind::Gates => Duration::from_secs(20),
            Kind::Trades => Duration::from_secs(8),
            Kind::Guards => Duration::from_secs(4),
            Kind::Watches => Duration::from_secs(3),
            Kind::Closes | Kind::ClosesTwo => Duration::from_secs(3),
        }
    }

    /// No run lasts longer.
    fn longest(&self, deadline: Duration) -> Duration {
        match self.kind {
            // The deadline holds before the watch and again after it.
            Kind::Guards => 2 * deadline + Duration::from_millis(400) + ALLOWANCE,
            _ => deadline + ALLOWANCE,
        }
    }

    /// What happens at its `index`th request. Where another row goes through the same reads, one advisor at each will do.
    fn events(&self, index: usize) -> Vec<Event> {
        let spared = match (
            self.requests.len() > 10 && !matches!(self.kind, Kind::Trades | Kind::Closes),
            index % 2,
        ) {
            (false, _) => None,
            (true, 0) => Some(Other::EaV4),
            (true, _) => Some(Other::EaV5),
        };
        let is_spared =
            |event: &Event| matches!(event, Event::Replaced { by } if Some(*by) == spared);
        EVENTS.into_iter().filter(|event| !is_spared(event)).collect()
    }

    /// Ends with one of the codes of its row at every request, whatever happens there.
    fn holds_everywhere(&self) {
        let cells: Vec<(&Request, Event)> = self
            .requests
            .iter()
            .enumerate()
            .flat_map(|(index, request)| {
                self.events(index).into_iter().map(move |event| (request, event))
            })
            .collect();
        let (next, wrong) = (AtomicUsize::new(0), Mutex::new(vec![]));
        std::thread::scope(|scope| {
            for _ in 0..SIDE_BY_SIDE {
                scope.spawn(|| {
                    while let Some((request, event)) =
                        cells.get(next.fetch_add(1, Ordering::SeqCst))
                    {
                        if let Err(found) = self.cell(request, *event) {
                            wrong.lock().unwrap().push(found);
                        }
                    }
                });
            }
        });
        let wrong = wrong.into_inner().unwrap();
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    }

    fn cell(&self, request: &Request, event: Event) -> Result<(), String> {
        let (machine, beside) = (Machine::new(), self.beside());
        let mut sim = Sim::with_faults(&[&event.fault(request)]);
        let deadline = match event {
            Event::Dies { .. } => Duration::from_millis(self.deadline_ms),
            Event::Replaced { .. } => self.long(),
        };
        // One of two goes on asking until its deadline, the other gives up by itself; a canary that waited out its deadline
        // before its order would take minutes over its row.
        let gives_up = match event {
            Event::Dies { moment } => {
                moment == "after" || matches!(self.kind, Kind::Trades | Kind::Guards)
            }
            Event::Replaced { .. } => false,
        };
        let kept = (self.arguments[0] != "audit").then(|| Kept::before(&machine, sim.endpoint));
        let run = self.on(&machine, &sim, beside.as_ref());
        let run = match gives_up {
            true => run.arg(&format!("--deadline={}ms", deadline.as_millis())),
            false => self.patient(run, deadline),
        };
        let run = if event.reads_json() { run.arg("--output=json") } else { run };
        let began = Instant::now();
        let child = run.start();
        if let Event::Replaced { by } = event {
            sim.wait_for_its_end();
            match by {
                Other::EaV4 => sim.restart(&["--fault=foreign-ea-v4"]),
                Other::EaV5 => sim.restart(&["--fault=foreign-ea-v5"]),
                // It listens for as long as the test runs.
                Other::Ssh => {
                    Stranger::at(sim.endpoint, b"SSH-2.0-OpenSSH_9.2\r\n", b"");
                }
            }
        }
        let shown =
            format!("{:?} {event:?} at {} #{}", self.arguments, request.action, request.nth);
        let ended = ended(child, &shown);
        let took = began.elapsed();
        let wanted = event.codes(request);
        let wrong = |what: String| {
            Err(format!(
                "{shown}: {what}\n  {}\n  {}",
                ended.stdout().trim(),
                ended.stderr().trim()
            ))
        };
        if !ended.code().is_some_and(|code| wanted.contains(&code)) {
            return wrong(format!("{:?} and not {wanted:?}", ended.code()));
        }
        if took > self.longest(deadline) {
            return wrong(format!("it took {took:?} of {deadline:?}"));
        }
        self.claims_nothing(&ended, &machine, &sim, event.reads_json());
        if matches!(self.kind, Kind::Reads | Kind::Gates | Kind::Watches) {
            kept.iter().for_each(Kept::is_intact);
        }
        if let (Event::Replaced { by: Other::Ssh }, Some(6)) = (event, ended.code()) {
            assert!((ended.stdout() + &ended.stderr()).contains("an SSH server"), "{shown}");
        }
        // The first PING said whom the report speaks of; that it went away afterwards makes it nobody else.
        let was_proved = (request.action, request.nth) != ("PING", 1);
        if event.reads_json() && was_proved && !matches!(self.kind, Kind::Gates | Kind::Watches) {
            let document = last_line(&ended);
            let target = match self.kind {
                Kind::ClosesTwo => &profiles::account(&document, "b")["target"],
                _ => &document["target"],
            };
            assert_eq!(target, "simulated", "{shown}: {document}");
        }
        Ok(())
    }

    /// What is said is no more than what the ledger shows.
    fn claims_nothing(&self, ended: &Ended, machine: &Machine, sim: &Sim, is_json: bool) {
        let traded = executed(sim);
        assert!(
            !traded.iter().any(|kind| kind == "FOREIGN_TRADE"),
            "a stranger traded: {traded:?}"
        );
        if is_json && self.kind != Kind::Gates {
            let document = last_line(ended);
            if self.kind == Kind::Watches {
                let state = match ended.code() {
                    Some(3) => "down",
                    Some(6) => "stranger",
                    _ => "up",
                };
                assert_eq!(document["state"], state, "{document}");
                return;
            }
            assert_eq!(document["exit_code"].as_i64(), ended.code().map(i64::from), "{document}");
            let passed = document["verdict"] == "pass" || document["verdict"] == "warn";
            assert_eq!(passed, document["exit_code"] == 0, "{document}");
            self.is_honest(&document, ended, sim);
        } else if ended.code() != Some(0) && self.kind != Kind::Watches {
            let page = ended.stdout();
            for word in ["PASS", "FLAT", "READY", "PASSED"] {
                assert_ne!(page.split_whitespace().next(), Some(word), "{page}");
            }
        }
        match self.kind {
            Kind::Reads | Kind::Gates | Kind::Watches => assert!(traded.is_empty(), "{traded:?}"),
            Kind::Trades | Kind::Guards => {
                let opened = traded.iter().filter(|kind| *kind == "OPEN").count();
                assert!(opened <= 1, "{traded:?}");
            }
            Kind::Closes | Kind::ClosesTwo => assert!(traded.len() <= 3, "{traded:?}"),
        }
        if self.kind == Kind::Gates {
            assert_eq!(
                machine.file("started").exists(),
                ended.code() == Some(0),
                "COMMAND started"
            );
        }
        let synced = machine.verify_log().contains("State synchronized");
        assert!(!synced || ended.code() == Some(0), "{}", machine.verify_log());
    }

    fn is_honest(&self, document: &Value, ended: &Ended, sim: &Sim) {
        match self.kind {
            Kind::Reads => {
                assert!(document["error"]["code"].is_string(), "{document}");
                assert_eq!(document["report"]["recovered"], Value::Null, "{document}");
            }
            Kind::Gates | Kind::Watches => {}
            Kind::Guards => {
                assert_eq!(document["report"]["close"]["result"], "not_closed", "{document}");
                assert_eq!(executed(sim), ["OPEN"], "{document}");
            }
            Kind::Trades => drop(orders::honest(ended, sim)),
            Kind::Closes => drop(emergency_close::honest(ended, sim)),
            Kind::ClosesTwo => {
                assert_eq!(profiles::account(document, "a")["exit_code"], 0, "{document}");
                let report = &profiles::account(document, "b")["document"]["report"];
                let all = report["tickets"].as_array().into_iter().flatten();
                let closed = all.filter(|ticket| ticket["result"] == "closed").count();
                assert!(closed <= executed(sim).len(), "{document}");
                assert_eq!(report["certificate"], Value::Null, "{document}");
            }
        }
    }

    /// What it asks a gateway that is well is what its row has.
    fn asks_what_its_row_says(&self) {
        let (machine, sim, beside) = (Machine::new(), Sim::with_faults(&[]), self.beside());
        let wire = Wire::to(&sim);
        let run = self.on(&machine, &sim, beside.as_ref());
        let run = match beside {
            Some(ref beside) => {
                profiles::accounts_at(&machine, &[beside.endpoint, wire.endpoint], &[]);
                run.end()
            }
            None => run.env("GATEWAY_PORT", wire.endpoint.port().to_string()).end(),
        };
        run.exits(0);
        for action in ["PING", "GET_ACCOUNT", "GET_POSITIONS", "SYNC_ALL", "OPEN", "CLOSE"] {
            let row: Vec<usize> =
                self.requests.iter().filter(|r| r.action == action).map(|r| r.nth).collect();
            let last = row.iter().max().copied().unwrap_or_default();
            assert_eq!(wire.requests(action), last, "{:?}: {action}", self.arguments);
            if action != "PING" {
                assert_eq!(row, (1..=last).collect::<Vec<_>>(), "{:?}: {action}", self.arguments);
            }
        }
    }
}

/// The document: the last line of stdout where there are several, all of it where there is one.
fn last_line(ended: &Ended) -> Value {
    let text = ended.stdout();
    let last = text.trim_end().lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|_| ended.document())
}

#[test]
fn each_row_has_every_request_of_its_command() {
    for command in [
        &LINK_TEST,
        &POSITIONS,
        &SYNC,
        &GATE,
        &AUDIT,
        &PHOENIX,
        &CANARY,
        &EMERGENCY_CLOSE,
        &EMERGENCY_CLOSE_ALL,
    ] {
        command.asks_what_its_row_says();
    }
}

#[test]
fn link_test_holds_everywhere() {
    LINK_TEST.holds_everywhere();
}

#[test]
fn positions_hold_everywhere() {
    POSITIONS.holds_everywhere();
}

#[test]
fn sync_holds_everywhere() {
    SYNC.holds_everywhere();
}

#[test]
fn the_command_behind_a_sync_never_starts_on_it() {
    GATE.holds_everywhere();
}

#[test]
fn an_audit_holds_everywhere() {
    AUDIT.holds_everywhere();
}

#[test]
fn phoenix_on_a_gateway_holds_everywhere() {
    PHOENIX.holds_everywhere();
}

#[test]
fn a_canary_holds_everywhere() {
    CANARY.holds_everywhere();
}

#[test]
fn an_emergency_close_holds_everywhere() {
    EMERGENCY_CLOSE.holds_everywhere();
}

#[test]
fn an_emergency_close_of_two_accounts_holds_everywhere() {
    EMERGENCY_CLOSE_ALL.holds_everywhere();
}

#[test]
fn a_watch_of_the_link_holds_everywhere() {
    LINK_WATCH.holds_everywhere();
}

#[test]
fn a_canary_that_is_watched_holds_everywhere() {
    MONITOR.holds_everywhere();
}

/// The port is known, and nothing listens there until the command has begun.
#[test]
fn a_gateway_that_starts_late_is_waited_for_by_who_asks_again() {
    let closed = ["CLOSE"; 3];
    for (command, traded) in [
        (&POSITIONS, &[][..]),
        (&SYNC, &[]),
        (&GATE, &[]),
        (&PHOENIX, &[]),
        (&CANARY, &["OPEN", "CLOSE"]),
        (&MONITOR, &["OPEN", "CLOSE"]),
        (&EMERGENCY_CLOSE, &closed),
        (&EMERGENCY_CLOSE_ALL, &closed),
    ] {
        let (machine, beside) = (Machine::new(), command.beside());
        let mut sim = Sim::with_faults(&[]);
        sim.kill();
        let run =
            command.patient(command.on(&machine, &sim, beside.as_ref()), Duration::from_secs(20));
        let mut child = run.start();
        // What phoenix starts talks to phoenix alone.
        if command.arguments[0] == "phoenix" {
            wait_until("it began", || machine.verify_log().contains("Run began"));
        } else {
            wait_for_line(&mut child, "attempt 1 of 100000");
        }
        sim.restart(&[]);
        ended(child, &format!("{:?}", command.arguments)).exits(0);
        assert_eq!(executed(&sim), traded, "{:?}", command.arguments);
        assert_eq!(machine.file("started").exists(), command.kind == Kind::Gates);
    }
}

#[test]
fn a_gateway_that_starts_late_is_seen_by_a_watch() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
    sim.kill();
    let run = machine.against(&sim, &["link-test", "--watch=20ms", "--deadline=4s"]);
    let child = run.start();
    // Each change is noted in the log as it is told.
    wait_until("it was seen down", || machine.verify_log().contains("Connection failed"));
    sim.restart(&[]);
    ended(child, "link-test --watch").exits(0);
    assert!(sim.ledger().is_empty());
}

/// What is asked once is answered once: who is not there then has failed.
#[test]
fn a_gateway_that_starts_late_is_too_late_for_a_test_of_the_link() {
    for command in [&LINK_TEST, &AUDIT] {
        let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
        sim.kill();
        let run = command.patient(command.on(&machine, &sim, None), Duration::from_secs(20));
        let began = Instant::now();
        let ended = run.json().exits(3);
        assert!(began.elapsed() < Duration::from_secs(20), "it waited for a gateway");
        sim.restart(&[]);
        let document = ended.document();
        assert_eq!((&document["target"], &document["exit_code"]), (&"loopback".into(), &3.into()));
        assert!(sim.ledger().is_empty());
    }
}
