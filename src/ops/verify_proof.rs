//! `verify-proof`: checks a portable proof, without state, settings or network.
//!
//! It trusts the key that the reader gives, and says what else its answer rests on: that the machine which held the key
//! recorded honestly, and that the gateway's replies were the truth.

use std::path::PathBuf;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::check::Verdict;
use crate::evidence::Sha256Hex;
use crate::evidence::body::{FlatCertificate, Reading};
use crate::evidence::note::{KeyKind, VerifierKey};
use crate::evidence::portable::{Proof, Shown};
use crate::failure::{Code, Failure};
use crate::os::fifo::read_with_timeout;
use crate::proof::flat;
use crate::protocol::account::Account;
use crate::protocol::pending::PendingOrders;
use crate::protocol::positions::{Owner, Positions};
use crate::protocol::reply::{Reply, Unmatched};
use crate::report::Outcome;
use crate::units::{Money, TimeSchema};

/// A proof is no longer: a record of 4 MiB, and its replies.
const MAX_BYTES: u64 = 64 << 20;

/// Options of the check.
#[derive(Debug)]
pub struct Options {
    /// The file, or a pipe.
    pub file: PathBuf,
    /// The key of the evidence, as the reader got it from somebody whom he trusts.
    pub key: VerifierKey,
    /// The keys of witnesses, each of which must have cosigned.
    pub witnesses: Vec<VerifierKey>,
    /// Part of a flat account's equity beyond its balance.
    pub credit: Money,
}

/// What the proof shows.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// What is proved, in words.
    pub proved: String,
    /// The name of the evidence.
    pub origin: String,
    /// The name of the key that signed the checkpoint.
    pub key: String,
    /// Number of records of the checkpoint.
    pub size: u64,
    /// The record's number.
    pub seq: u64,
    /// The record's kind.
    pub kind: String,
    /// The record's time, by the clock of the machine that wrote it.
    #[schemars(with = "TimeSchema")]
    pub time: Timestamp,
    /// The run that wrote it.
    pub run: String,
    /// The record's own hash.
    pub hash: Sha256Hex,
    /// The witnesses that cosigned the checkpoint.
    pub witnesses: Vec<Witnessed>,
    /// The proof that the account was flat, where the record holds one.
    pub flat: Option<FlatShown>,
    /// What the answer rests on.
    pub trusts: Vec<String>,
}

/// A cosignature.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Witnessed {
    /// The witness's name.
    pub name: String,
    /// Its time, by the witness's clock.
    #[schemars(with = "TimeSchema")]
    pub time: Timestamp,
}

/// A certificate that nothing was open.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FlatShown {
    /// Whether the gateway's raw replies are in the proof, and were judged again.
    pub judged_again: bool,
    /// The finding in words, with its figures: of the replies, or as it was recorded.
    pub found: String,
    /// Whether the lists of pending orders were read, and empty; false where nobody looked for them.
    pub pending_looked_at: bool,
    /// The account that the gateway reported; null where it reports none, or where its replies are not in the proof.
    pub account: Option<String>,
    /// Whether the gateway said that it is simulated; null where its replies are not in the proof.
    pub simulated: Option<bool>,
    /// The gateway's own times of the two empty lists.
    #[schemars(with = "[TimeSchema; 2]")]
    pub reported_at: [Timestamp; 2],
}

/// Checks the file.
pub fn run(options: &Options) -> Outcome<Report> {
    match check(options) {
        Ok(report) => Outcome::judged(report, Verdict::Pass, false),
        Err(failure) => Outcome::failed(failure),
    }
}

fn check(options: &Options) -> Result<Report, Failure> {
    let Options { file, key, witnesses, credit } = options;
    let unreadable = |error: &dyn std::error::Error| {
        Failure::new(Code::Unreadable, format!("failed to read the proof {}", file.display()))
            .with_cause(error)
            .with_remedy(
                "name a file that `mt5crs evidence prove` or `emergency-close --proof` wrote",
            )
    };
    let rejected = |why: &dyn std::error::Error| {
        Failure::new(Code::ProofRejected, format!("{} proves nothing", file.display()))
            .with_cause(why)
    };
    if key.kind() != KeyKind::Log {
        return Err(rejected(&std::io::Error::other(
            "the key is a witness's: give the one that signs the evidence",
        )));
    }
    let (bytes, _) = read_with_timeout(file, MAX_BYTES).map_err(|error| unreadable(&error))?;
    let proof = read(&bytes).map_err(|error| unreadable(&error))?;
    let shown = proof.check(key).map_err(|why| rejected(&why))?;
    let mut witnessed = vec![];
    for witness in witnesses {
        let seconds = shown.cosigned(witness).map_err(|why| rejected(&why))?;
        let time = i64::try_from(seconds).ok().and_then(|at| Timestamp::from_second(at).ok());
        let name = witness.name().to_owned();
        witnessed.push(Witnessed { name, time: time.unwrap_or_default() });
    }
    let judged = shown.flat().map(|certificate| judge(&proof, certificate, credit));
    let flat = judged.transpose().map_err(|why| rejected(&std::io::Error::other(why)))?;
    Ok(report(key, shown, witnessed, flat))
}

/// The proof alone, or the document that `evidence prove -o json` prints.
fn read(bytes: &[u8]) -> serde_json::Result<Proof> {
    let mut document: Value = serde_json::from_slice(bytes)?;
    let inner = document.pointer_mut("/report/proof").map(Value::take);
    serde_json::from_value(inner.unwrap_or(document))
}

/// Judges the raw replies again, where they are in the proof.
fn judge(
    proof: &Proof,
    certificate: &FlatCertificate,
    credit: &Money,
) -> Result<FlatShown, String> {
    let reported_at = certificate.lists.map(|list| list.reported_at);
    let pending_looked_at = certificate.orders.is_some();
    if proof.replies.is_empty() {
        let found = certificate.witness.clone();
        let (account, simulated) = (None, None);
        let judged_again = false;
        return Ok(FlatShown {
            judged_again,
            found,
            pending_looked_at,
            account,
            simulated,
            reported_at,
        });
    }
    let account: Account = decoded(proof, certificate.account_reply.sha256, "the account")?;
    let check = |reading: &Reading, reported_at, owner: Option<&Owner>| match owner {
        _ if reported_at != reading.reported_at => {
            Err("a list is of another time than its record says")
        }
        Some(owner) if !is_of(owner, &account) => Err("a list is of another account"),
        _ => Ok(()),
    };
    are_two(&certificate.lists)?;
    for reading in &certificate.lists {
        let list: Positions = decoded(proof, reading.sha256, "a list of positions")?;
        if !list.positions.is_empty() {
            return Err(format!("a list shows {} open positions", list.positions.len()));
        }
        check(reading, list.reported_at, list.owner.as_ref())?;
    }
    if let Some(orders) = &certificate.orders {
        are_two(orders)?;
        for reading in orders {
            let list: PendingOrders = decoded(proof, reading.sha256, "a list of pending orders")?;
            if !list.orders.is_empty() {
                return Err(format!("a list shows {} pending orders", list.orders.len()));
            }
            check(reading, list.reported_at, Some(&list.owner))?;
        }
    }
    let found = flat::judge(true, Some(&account), credit).map_err(|missing| missing.doubt)?;
    let simulated = Some(proof.replies.iter().any(|reply| is_simulated(reply)));
    let login = account.login.map(|login| match account.server {
        Some(server) => format!("login {login} at {server}"),
        None => format!("login {login}"),
    });
    let judged_again = true;
    Ok(FlatShown { judged_again, found, pending_looked_at, account: login, simulated, reported_at })
}

/// Two lists are two replies.
fn are_two([first, second]: &[Reading; 2]) -> Result<(), &'static str> {
    if first.sha256 == second.sha256 { Err("the two lists are one reply") } else { Ok(()) }
}

/// Whether a list's account is the one that was read beside it, as far as that names itself.
fn is_of(owner: &Owner, account: &Account) -> bool {
    account.login.as_ref().is_none_or(|login| *login == owner.login.to_string())
        && account.server.as_ref().is_none_or(|server| *server == owner.server)
}

/// Whether a reply says that a simulated gateway wrote it.
fn is_simulated(reply: &str) -> bool {
    let reply = serde_json::from_str::<Value>(reply);
    reply.is_ok_and(|reply| reply.get("simulated") == Some(&Value::Bool(true)))
}

/// A success reply of the gateway, from its bytes.
fn decoded<R: Reply>(proof: &Proof, hash: Sha256Hex, what: &str) -> Result<R, String> {
    let text = proof.reply(hash).ok_or_else(|| format!("the reply with {what} is missing"))?;
    let unreadable = |why: &dyn std::fmt::Display| format!("the reply with {what}: {why}");
    let unmatched = Unmatched::<R>::parse(text.as_bytes()).map_err(|why| unreadable(&why))?;
    let uuid = unmatched.uuid().unwrap_or_default();
    let decoded = unmatched.decode(uuid).map_err(|why| unreadable(&why))?;
    decoded.map_err(|refusal| unreadable(&refusal))
}

fn report(
    key: &VerifierKey,
    shown: Shown,
    witnesses: Vec<Witnessed>,
    flat: Option<FlatShown>,
) -> Report {
    let head = &shown.checkpoint.head;
    let (origin, size, seq) = (head.origin.clone(), head.size, shown.seq);
    let mut proved = match &flat {
        Some(flat) => {
            let how = if flat.judged_again { "by its raw replies" } else { "as recorded" };
            let simulated = if flat.simulated == Some(true) { " (SIMULATED)" } else { "" };
            let account = flat.account.as_ref().map(|it| format!("{it}: ")).unwrap_or_default();
            let (found, at) = (&flat.found, flat.reported_at[1]);
            let orders =
                if flat.pending_looked_at { "" } else { " (pending orders were not looked for)" };
            format!("FLAT {how}{simulated}: {account}{found} at {at}{orders}; ")
        }
        None => String::new(),
    };
    proved.push_str(&format!("record {seq} ({}) is one of {size} of {origin}", shown.kind));
    let mut trusts = vec![
        format!("the key of {}: whoever holds it can sign anything", key.name()),
        "the machine that held the key: it recorded what happened, when it happened".to_owned(),
    ];
    if witnesses.is_empty() {
        trusts.push(
            "that this history is the only one: no witness was asked for (--witness)".to_owned(),
        );
    }
    if let Some(flat) = &flat {
        trusts.push("the gateway: its replies were the truth, and of that account".to_owned());
        if !flat.judged_again {
            trusts.push(
                "the judgement of mt5crs at that time: the replies are not in this file".to_owned(),
            );
            trusts.push(
                "that the gateway was a real one, and of which account: this file does not say"
                    .to_owned(),
            );
        }
        if !flat.pending_looked_at {
            trusts.push("that no pending order was left: nobody looked for one".to_owned());
        }
    }
    Report {
        proved,
        origin,
        key: key.name().to_owned(),
        size,
        seq,
        kind: shown.kind,
        time: shown.time,
        run: shown.run.to_string(),
        hash: shown.hash,
        witnesses,
        flat,
        trusts,
    }
}
