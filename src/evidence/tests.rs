//! Tests of appends, of the book, and of damages.

mod append;
mod book;
mod checkpoint;
mod damage;
mod segments;

use std::time::Duration;
use std::{fs, io};

use jiff::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;

use super::basis::Basis;
use super::body::*;
use super::chain::Step;
use super::damage::{Damage, DamageKind, Remark, RemarkKind};
use super::outcome::{CloseOutcome, OpenOutcome};
use super::*;
use crate::clock::ManualClock;
use crate::protocol::positions::Position;
use crate::units::{Exact, Lots, Magic, Money, Price, Side, Symbol, Ticket};

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
const ENDPOINT: &str = "tcp://10.0.0.5:5555";

/// Evidence in a directory that is removed with the test.
pub(crate) struct ScratchEvidence {
    pub(crate) dir: TempDir,
    pub(crate) clock: ManualClock,
    pub(crate) evidence: Evidence,
}

impl ScratchEvidence {
    pub(crate) fn new() -> Self {
        // In memory where there is such a place: what these tests flush needs no disk.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let evidence = Evidence::at(dir.path().join("state"));
        Self { dir, clock: ManualClock::new(start()), evidence }
    }

    /// Evidence with its first record.
    pub(crate) fn begun() -> Self {
        let place = Self::new();
        place.add(Uuid::from_u128(1), begin());
        place
    }

    /// Evidence with that many records, the first included.
    pub(crate) fn with_records(count: u64) -> Self {
        let place = Self::begun();
        for _ in 1..count {
            place.add(Uuid::from_u128(2), close_intent(7));
        }
        place
    }

    pub(crate) fn add(&self, run: Uuid, body: impl Into<Body>) -> Head {
        self.try_add(run, body).unwrap()
    }

    pub(crate) fn try_add(&self, run: Uuid, body: impl Into<Body>) -> Result<Head, EvidenceError> {
        self.clock.advance(Duration::from_millis(1));
        self.evidence.append(run, &self.clock, &body.into(), PATIENCE)
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.evidence.records).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        String::from_utf8(self.bytes()).unwrap().lines().map(str::to_owned).collect()
    }

    fn write(&self, bytes: impl AsRef<[u8]>) {
        fs::write(&self.evidence.records, bytes).unwrap();
    }

    pub(crate) fn write_lines(&self, lines: &[String]) {
        self.write(lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    }

    fn head(&self) -> Head {
        serde_json::from_slice(&fs::read(&self.evidence.head).unwrap()).unwrap()
    }

    fn set_head(&self, head: Head) {
        head::store(&self.evidence.head, head).unwrap();
    }

    fn walked(&self) -> Walked {
        self.walked_to(None)
    }

    fn walked_to(&self, anchor: Option<Head>) -> Walked {
        let mut walked = Walked::default();
        for step in self.evidence.walk(anchor.map(Anchor::given)).unwrap() {
            match step.unwrap() {
                Step::Record(record) => walked.records.push(*record),
                Step::Damage(damage) => walked.damages.push(damage),
                Step::Remark(remark) => walked.remarks.push(remark),
            }
        }
        walked
    }
}

#[derive(Debug, Default)]
struct Walked {
    records: Vec<Record>,
    damages: Vec<Damage>,
    remarks: Vec<Remark>,
}

impl Walked {
    fn kinds(&self) -> Vec<DamageKind> {
        self.damages.iter().map(|damage| damage.kind).collect()
    }

    fn remark_kinds(&self) -> Vec<RemarkKind> {
        self.remarks.iter().map(|remark| remark.kind).collect()
    }

    /// The damage, where it is one.
    fn only(&self) -> &Damage {
        assert_eq!(self.damages.len(), 1, "{:?}", self.damages);
        &self.damages[0]
    }
}

pub(crate) fn start() -> Timestamp {
    "2026-01-17T03:54:22.961398Z".parse().unwrap()
}

pub(crate) fn run(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn exact(token: &str) -> Exact {
    Exact::parse(token).unwrap()
}

pub(crate) fn begin() -> Begin {
    Begin {
        endpoint: ENDPOINT.to_owned(),
        profile: None,
        currency: Some("USD".to_owned()),
        login: None,
        server: None,
        version: "0.1.0".to_owned(),
    }
}

pub(crate) fn funds() -> Funds {
    Funds {
        balance: Money(exact("200.00")),
        equity: Money(exact("200.00")),
        margin: Money(exact("0.0")),
        currency: Some("USD".to_owned()),
    }
}

pub(crate) fn open_intent() -> OpenIntent {
    OpenIntent {
        purpose: Purpose::Canary,
        order: Ordered {
            symbol: Symbol::new("EURUSD.s"),
            side: Side::Buy,
            volume: Lots(exact("0.0010")),
            magic: Magic(202_401),
            comment: "canary".to_owned(),
        },
        request: Uuid::from_u128(99),
        risk_signature: "RISK_PASS:176c04a4:20260117T035422.961398Z".to_owned(),
        signed_at: start(),
        signature_ttl_ms: 5000,
        settle_ms: 10_000,
        tickets_before: vec![Ticket(1), Ticket(2)],
        account_before: funds(),
        positions_before: vec![],
        journal: None,
    }
}

pub(crate) fn outcome(intent: Uuid, result: OpenOutcome) -> OpenOutcomeRecord {
    OpenOutcomeRecord {
        intent,
        result,
        reply: Some(RawReply::of(br#"{"status":"FILLED","ticket":7}"#)),
        readings: vec![reading(1)],
        basis: Basis::default(),
    }
}

pub(crate) fn executed(ticket: i64) -> OpenOutcome {
    let position = Position {
        ticket: Ticket(ticket),
        symbol: Symbol::new("EURUSD.s"),
        side: Side::Buy,
        volume: Lots(exact("0.0010")),
        open_price: Price(exact("1.08500")),
        current_price: Price(exact("1.08512")),
        profit: Money(exact("-0.01")),
        magic: None,
        details: None,
    };
    OpenOutcome::Executed { ticket: Ticket(ticket), position: Box::new(position) }
}

pub(crate) fn not_executed() -> OpenOutcome {
    let why = "refused".to_owned();
    OpenOutcome::NotExecuted { why, code: Some("INVALID_VOLUME".to_owned()) }
}

pub(crate) fn unknown() -> OpenOutcome {
    OpenOutcome::Unknown { why: "no list could be read".to_owned() }
}

pub(crate) fn reading(listed: u64) -> Reading {
    Reading {
        asked_at: start(),
        reported_at: start(),
        listed,
        bytes: 200,
        sha256: Sha256Hex::of(b"list"),
    }
}

pub(crate) fn close_intent(ticket: i64) -> CloseIntent {
    CloseIntent {
        ticket: Ticket(ticket),
        symbol: Symbol::new("EURUSD.s"),
        volume: Lots(exact("0.0010")),
    }
}

pub(crate) fn close_outcome(ticket: i64, result: CloseOutcome) -> CloseOutcomeRecord {
    CloseOutcomeRecord {
        ticket: Ticket(ticket),
        result,
        why: "two lists".to_owned(),
        reply: None,
        readings: vec![reading(0)],
        balance_after: Some(Money(exact("199.99"))),
        basis: Basis::default(),
    }
}

pub(crate) fn resolution(intent: Uuid, opened: Option<Ticket>) -> Resolution {
    Resolution {
        intent,
        by: By::Person,
        opened,
        reason: "looked at the terminal".to_owned(),
        who: Some("ops".to_owned()),
        readings: vec![],
        basis: Basis::default(),
    }
}

pub(crate) fn emergency(
    round: u32,
    results: &[(i64, CloseOutcome)],
    flat: bool,
) -> EmergencyOutcome {
    EmergencyOutcome {
        round,
        tickets: (results.iter())
            .map(|(ticket, outcome)| TicketOutcome {
                ticket: Ticket(*ticket),
                result: match outcome {
                    CloseOutcome::Closed => TicketResult::Closed,
                    CloseOutcome::StillOpen => TicketResult::Rejected(RecordedRefusal {
                        code: "X".into(),
                        message: "no".into(),
                    }),
                    CloseOutcome::Unknown => TicketResult::Unknown,
                    CloseOutcome::NotSent | CloseOutcome::KeptOpen => TicketResult::NotTried,
                },
                reply: None,
            })
            .collect(),
        readings: vec![],
        flat: flat.then(|| {
            Box::new(FlatCertificate {
                witness: "two empty lists".to_owned(),
                lists: [reading(0), reading(0)],
                account: funds(),
                account_reply: ReplyHash { bytes: 3, sha256: Sha256Hex::of(b"yes") },
                orders: None,
                basis: Basis::default(),
            })
        }),
        basis: Basis::default(),
    }
}
