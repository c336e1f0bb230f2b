//! Each command with each of its requests: the gateway dies at the request, another program takes the port, or the gateway
//! starts only after the command. The command ends within its deadline with the right code, and claims nothing that the
//! ledger doesn't show.

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

/// Time beyond the deadline for start and end on a busy machine. This test finds hangs; tests in virtual time show that no
/// wait goes past a deadline.
const ALLOWANCE: Duration = Duration::from_secs(5);
/// Deadline of a command that must reach its order on a busy machine. The few cells without an answer about their OPEN last as
/// long.
const TO_THE_ORDER: Duration = Duration::from_secs(20);
/// Number of cells that run side by side; a cell mostly waits.
const SIDE_BY_SIDE: usize = 14;

/// The program that takes a dead gateway's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    EaV4,
    EaV5,
    Ssh,
}

/// What happens to the gateway at a request.
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
            // A gateway replaced by an SSH server executed its last request; the others died before it.
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

    /// Half of the cells check the document, the other half the page.
    fn reads_json(self) -> bool {
        matches!(
            self,
            Self::Dies { moment: "before" } | Self::Replaced { by: Other::EaV4 | Other::Ssh }
        )
    }
}

impl Command {
    /// The second gateway of a command on two accounts.
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
        // No gateway here is silent: it answers, or its connection ends. So these only keep the guards before the OPEN from
        // taking a busy machine for a lost round trip or a wrong clock.
        run.env("MT5CRS_DECISION_FILE", decision)
            .env("MT5CRS_ORDER_TIMEOUT_S", "2")
            .env("MT5CRS_SIGNATURE_TTL_S", "2")
    }

    /// Lets the command retry for as long as another program needs to start on the port.
    fn patient(&self, run: Run, deadline: Duration) -> Run {
        // Uses the environment, which COMMAND inherits; a flag that differs from it would be refused.
        run.env("SYNC_RETRY_COUNT", "100000")
            .env("SYNC_RETRY_INTERVAL_S", "0.005")
            // Each attempt on an SSH server takes this long.
            .env("SYNC_TIMEOUT_S", "2")
            .arg(&format!("--deadline={}ms", deadline.as_millis()))
    }

    /// The deadline when another program takes the port. A trading command goes on until its deadline.
    fn long(&self) -> Duration {
        match self.kind {
            Kind::Reads | Kind::Gates => Duration::from_secs(20),
            Kind::Trades | Kind::Guards => TO_THE_ORDER,
            Kind::Watches => Duration::from_secs(3),
            Kind::Closes | Kind::ClosesTwo => Duration::from_secs(3),
        }
    }

    /// The longest time of a run.
    fn longest(&self, deadline: Duration) -> Duration {
        match self.kind {
            // The deadline applies before the watch and again after it.
            Kind::Guards => 2 * deadline + Duration::from_millis(400) + ALLOWANCE,
            _ => deadline + ALLOWANCE,
        }
    }

    /// The events for its `index`th request. If another row covers the same reads, one kind of advisor each is enough.
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

    /// Asserts that the command ends with one of its row's codes for every event at every request.
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
        // One of two cells retries until its deadline, the other gives up earlier. Canaries that waited for their deadline
        // before the order would take minutes.
        let gives_up = match event {
            Event::Dies { moment } => {
                moment == "after" || matches!(self.kind, Kind::Trades | Kind::Guards)
            }
            Event::Replaced { .. } => false,
        };
        let kept = (self.arguments[0] != "audit").then(|| Kept::before(&machine, sim.endpoint));
        let run = self.on(&machine, &sim, beside.as_ref());
        let run = match gives_up {
            // A dead gateway refuses at once, so only a busy machine needs this long.
            true => run
                .env("SYNC_TIMEOUT_S", "10")
                .arg(&format!("--deadline={}ms", deadline.as_millis())),
            false => self.patient(run, deadline),
        };
        let run = if event.reads_json() { run.arg("--output=json") } else { run };
        let shown =
            format!("{:?} {event:?} at {} #{}", self.arguments, request.action, request.nth);
        let began = Instant::now();
        let mut child = run.start();
        if let Event::Replaced { by } = event {
            if !sim.ends_before(&mut child) {
                let ended = ended(child, &shown);
                let (code, page, talk) = (ended.code(), ended.stdout(), ended.stderr());
                return Err(format!("{shown}: {code:?} before the fault\n  {page}\n  {talk}"));
            }
            match by {
                Other::EaV4 => sim.restart(&["--fault=foreign-ea-v4"]),
                Other::EaV5 => sim.restart(&["--fault=foreign-ea-v5"]),
                // It listens until the test ends.
                Other::Ssh => {
                    Stranger::at(sim.endpoint, b"SSH-2.0-OpenSSH_9.2\r\n", b"");
                }
            }
        }
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
        // The first PING determined the target, which a later silence doesn't change.
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

    /// Asserts that the command claims no more than the ledger shows.
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
            let (verdict, finding) = page.split_once(' ').unwrap_or_default();
            assert!(["FAIL", "UNKNOWN", ""].contains(&verdict), "{page}");
            for claim in ["FLAT", "READY", "CLOSED", "State synchronized"] {
                assert!(!finding.starts_with(claim), "{page}");
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

    /// Asserts that a run on a healthy gateway sends exactly its row's requests.
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

/// The document: the last line of stdout, or all of it.
fn last_line(ended: &Ended) -> Value {
    let text = ended.stdout();
    let last = text.trim_end().lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|_| ended.document())
}

#[test]
fn each_row_lists_every_request_of_its_command() {
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
fn a_gates_command_never_starts() {
    GATE.holds_everywhere();
}

#[test]
fn audit_holds_everywhere() {
    AUDIT.holds_everywhere();
}

#[test]
fn phoenix_on_a_live_gateway_holds_everywhere() {
    PHOENIX.holds_everywhere();
}

#[test]
fn a_canary_holds_everywhere() {
    CANARY.holds_everywhere();
}

#[test]
fn emergency_close_holds_everywhere() {
    EMERGENCY_CLOSE.holds_everywhere();
}

#[test]
fn emergency_close_of_two_accounts_holds_everywhere() {
    EMERGENCY_CLOSE_ALL.holds_everywhere();
}

#[test]
fn a_watch_of_the_link_holds_everywhere() {
    LINK_WATCH.holds_everywhere();
}

#[test]
fn a_monitored_canary_holds_everywhere() {
    MONITOR.holds_everywhere();
}

/// Nothing listens on the port until the command has started.
#[test]
fn commands_that_retry_find_a_gateway_that_starts_late() {
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
        // phoenix's own processes connect to phoenix's proxy only.
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
fn a_watch_reports_a_gateway_that_starts_late() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
    sim.kill();
    let run = machine.against(&sim, &["link-test", "--watch=20ms", "--deadline=4s"]);
    let child = run.start();
    // The log notes each change as it is reported.
    wait_until("it was seen down", || machine.verify_log().contains("Connection failed"));
    sim.restart(&[]);
    ended(child, "link-test --watch").exits(0);
    assert!(sim.ledger().is_empty());
}

/// link-test connects once, so a gateway that starts later has failed.
#[test]
fn link_test_does_not_wait_for_a_late_gateway() {
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
