//! The gateway's journal (protocol 5) as a keeper of heads: `ANCHOR`, whose signed answer is looked at.
//!
//! It is asked on a connection of its own. An anchor that the gateway calls a conflict may only be late: another process of
//! this machine was faster. So the anchors that it keeps are held against the records before anybody is alarmed.

use std::sync::Arc;
use std::time::Duration;

use super::{LIMIT, NotKept};
use crate::clock::{Clock, Deadline};
use crate::evidence::chain::Step;
use crate::evidence::chain::anchor::{Anchor, Origin};
use crate::evidence::{Evidence, EvidenceError, Head, Sha256Hex};
use crate::failure::cause_of;
use crate::link::{Client, ReadPolicy, Transport};
use crate::protocol::anchor::{Anchored, GetAnchors, KeptAnchor, PutAnchor};
use crate::protocol::code::ErrorCode;

/// The name under which a gateway keeps the heads of this evidence. It holds no word of a setting: other programs trade on
/// some words (hazard 11). Two machines that share a gateway have keys of different names, so their heads are apart.
pub fn stream_of(key_name: &str, evidence_name: &str) -> String {
    let hash = Sha256Hex::of(format!("{key_name}\n{evidence_name}").as_bytes()).to_string();
    format!("mt5crs-{}", &hash[..32])
}

/// The anchors that vouch for something: those whose request was signed.
pub fn held_against(kept: &[KeptAnchor]) -> Vec<Anchor> {
    let signed = kept.iter().filter(|anchor| anchor.signed != Some(false));
    signed.filter_map(as_anchor).collect()
}

fn as_anchor(kept: &KeptAnchor) -> Option<Anchor> {
    let head: Head = format!("{}:{}", kept.count, kept.hash).parse().ok()?;
    Some(Anchor { head, origin: Origin::Gateway })
}

/// The journal of one gateway.
pub struct GatewayJournal<T> {
    /// Opens a signed transport to the gateway; `None` while its address is not known.
    pub transport: T,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The name of the heads.
    pub stream: String,
    /// The records, to judge a conflict by.
    pub evidence: Evidence,
}

impl<T: FnMut() -> Option<Box<dyn Transport>>> GatewayJournal<T> {
    /// Has the gateway keep a head. `false` where it speaks protocol 4.3, or keeps none.
    pub fn keep(&mut self, head: Head) -> Result<bool, NotKept> {
        let failed = |why: &dyn std::error::Error| NotKept::Failed(cause_of(why));
        let Some(transport) = (self.transport)() else {
            return Err(NotKept::Failed("the gateway was never reached".to_owned()));
        };
        let policy = ReadPolicy { timeout: LIMIT, attempts: 1, interval: Duration::ZERO };
        let deadline = Deadline::after(&*self.clock, LIMIT);
        let mut client = Client::new(&*transport, &*self.clock, policy, deadline, &());
        client.identify().map_err(|error| failed(&error))?;
        if !client.answers::<PutAnchor>() {
            return Ok(false);
        }
        let (stream, hash) = (self.stream.clone(), head.hash.to_string());
        let anchor = PutAnchor { stream, count: head.count, hash };
        match client.read(anchor).map_err(|error| failed(&error))?.reply {
            Ok(Anchored { count, hash }) if is_same(head, count, &hash) => Ok(true),
            Ok(Anchored { count, .. }) => Err(NotKept::Failed(format!(
                "the gateway says that it keeps another head, of {count} records"
            ))),
            Err(refusal) if refusal.code == ErrorCode::AnchorConflict => {
                self.judge_conflict(&mut client)
            }
            Err(refusal) => Err(NotKept::Failed(refusal.to_string())),
        }
    }

    /// Holds the anchors that the gateway keeps against the records.
    fn judge_conflict(&self, client: &mut Client<'_>) -> Result<bool, NotKept> {
        let question = GetAnchors { stream: self.stream.clone() };
        let answer = client.read(question).map_err(|error| NotKept::Failed(cause_of(&error)))?;
        let kept = answer.reply.map_err(|refusal| NotKept::Failed(refusal.to_string()))?;
        let misfit = first_misfit(&self.evidence, held_against(&kept.anchors));
        match misfit.map_err(|error| NotKept::Failed(cause_of(&error)))? {
            // Another process was faster, with a later head of the same chain.
            None => Ok(true),
            Some(found) => Err(NotKept::Conflict(format!(
                "{found}: the records were rewritten or put back from a copy, or another machine uses a key of the same name"
            ))),
        }
    }
}

fn is_same(head: Head, count: i64, hash: &str) -> bool {
    u64::try_from(count) == Ok(head.count) && hash == head.hash.to_string()
}

/// The first damage of the chain, or the first anchor that does not fit it.
fn first_misfit(
    evidence: &Evidence,
    anchors: Vec<Anchor>,
) -> Result<Option<String>, EvidenceError> {
    for step in evidence.walk(anchors)?.on_threads() {
        if let Step::Damage(damage) = step? {
            return Ok(Some(damage.found));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::clock::ManualClock;
    use crate::evidence::body::Begin;
    use crate::link::signed::SignedTransport;
    use crate::protocol::gateway::Signing;
    use crate::protocol::signed::LinkKey;
    use crate::sim::{GatewayKey, InProcess, Options, Protocol, Role};

    #[test]
    fn a_stream_holds_no_word_on_which_programs_trade() {
        let stream = stream_of("trade", "EXECUTION");
        assert!(!stream.contains("TRADE") && !stream.contains("EXECUTION"), "{stream}");
        assert_ne!(stream, stream_of("trade", "other"));
        assert_ne!(stream_of("a", "b"), stream_of("b", "a"));
        assert!(stream.len() <= 200);
    }

    #[test]
    fn unsigned_anchors_vouch_for_nothing() {
        let kept = |signed| KeptAnchor {
            count: 3,
            hash: Sha256Hex::of(b"3").to_string(),
            at: "2026-01-17T03:54:22Z".parse().unwrap(),
            signed,
        };
        let anchors = held_against(&[kept(Some(false)), kept(Some(true)), kept(None)]);
        assert_eq!(anchors.len(), 2);
    }

    fn journal(evidence: &Evidence) -> GatewayJournal<impl FnMut() -> Option<Box<dyn Transport>>> {
        let secret = "8f3a5c19d27e4b60a1c8f05e9b7d3624c5e1a09f6b8d4732e0f9c1b2a3d4e5f6";
        let key = || LinkKey::new("desk", secret).unwrap();
        let options = Options {
            protocol: Protocol::Five,
            keys: vec![GatewayKey { key: key(), role: Role::Read }],
            signing: Signing::All,
            ..Options::default()
        };
        let clock: Arc<dyn Clock> =
            Arc::new(ManualClock::new("2026-01-17T03:54:22Z".parse().unwrap()));
        let gateway = InProcess::start(&options, Arc::clone(&clock)).unwrap();
        let key = Arc::new(key());
        let transport = move || {
            let signed = SignedTransport::new(Box::new(gateway.clone()), Arc::clone(&key));
            Some(Box::new(signed) as Box<dyn Transport>)
        };
        GatewayJournal { transport, clock, stream: "s".to_owned(), evidence: evidence.clone() }
    }

    /// A child that another test starts holds the lock's file until it has become its program.
    const PATIENCE: Duration = Duration::from_secs(5);

    fn begun(directory: &std::path::Path) -> (Evidence, Vec<Head>) {
        let evidence = Evidence::at(directory.to_owned());
        let clock = ManualClock::new("2026-01-17T03:54:22Z".parse().unwrap());
        for currency in [None, Some("USD")] {
            let currency = currency.map(str::to_owned);
            let begin = Begin { currency, ..Begin::new("tcp://10.0.0.5:5555", None, None) };
            evidence.begin(Uuid::new_v4(), &clock, begin, PATIENCE).unwrap();
        }
        let records = evidence.records().unwrap().map(|record| record.unwrap());
        let heads = records.map(|record| Head { count: record.seq, hash: record.hash }).collect();
        (evidence, heads)
    }

    /// Of two processes the slower tells an earlier head: the gateway calls that a conflict.
    #[test]
    fn a_late_head_of_the_same_records_is_no_conflict_and_one_of_others_is() {
        let tree = tempfile::tempdir().unwrap();
        let (evidence, heads) = begun(&tree.path().join("one"));
        let mut journal = journal(&evidence);
        assert_eq!(journal.keep(heads[1]), Ok(true));
        assert_eq!(journal.keep(heads[1]), Ok(true));
        assert_eq!(journal.keep(heads[0]), Ok(true));
        // The records are replaced by others.
        let (others, heads) = begun(&tree.path().join("other"));
        journal.evidence = others;
        assert!(matches!(journal.keep(heads[1]), Err(NotKept::Conflict(_))));
        assert!(matches!(journal.keep(heads[0]), Err(NotKept::Conflict(_))));
    }
}
