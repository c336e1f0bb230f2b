//! Who is heard in protocol 5: size, signature, strict JSON, freshness, role, addressee, in this order. The raw bytes are
//! verified before anything of them is parsed.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::denied::Denied;
use super::five::Five;
use crate::protocol::code::ErrorCode;
use crate::protocol::gateway::Signing;
use crate::protocol::rfc3339;
use crate::protocol::signed::{Direction, LinkKey, Mac, Signature};
use crate::protocol::strict;
use crate::sim::fault::ActionName;
use crate::sim::members::json_text;
use crate::sim::options::Role;
use crate::sim::raw_request::RawRequest;
use crate::sim::version::Protocol;

/// Bytes of a request.
const MAX_REQUEST: usize = 64 * 1024;
/// The difference between a signed request's time and the gateway's clock.
pub(super) const FRESHNESS: Duration = Duration::from_secs(5);
/// For how long a read's `uuid` is refused when it returns.
const REPLAY: Duration = Duration::from_secs(60);

/// The key that signed a request, and the request's MAC.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    pub(super) key: LinkKey,
    pub(super) role: Role,
    pub(super) mac: Mac,
}

impl Five {
    /// The sender of a frame: `None` where it is not signed.
    pub(super) fn authenticate(&self, frame: &[u8]) -> Result<Option<Signer>, Denied> {
        if frame.len() > MAX_REQUEST {
            let text =
                format!("a request has at most {MAX_REQUEST} bytes, and this one {}", frame.len());
            return Err(Denied::new(ErrorCode::TooLarge, text));
        }
        let Some(signature) = Signature::of(frame) else { return Ok(None) };
        let known = self.keys.iter().find(|known| signature.is_by(&known.key, Direction::Request));
        match known {
            Some(known) => {
                Ok(Some(Signer { key: known.key.clone(), role: known.role, mac: signature.mac }))
            }
            None => {
                let text = "no key of this gateway made this signature";
                Err(Denied::new(ErrorCode::BadSignature, text))
            }
        }
    }

    /// Whether the request may do what it asks for; returns its action. `now` is the gateway's own clock.
    pub(super) fn admit(
        &mut self,
        signer: Option<&Signer>,
        request: &RawRequest<'_>,
        now: Timestamp,
    ) -> Result<ActionName, Denied> {
        strict::check(request.text).map_err(|why| Denied::new(ErrorCode::InvalidJson, why))?;
        if signer.is_none() && (request.has("key") || request.has("mac")) {
            let text = "a key or MAC that does not end the frame";
            return Err(Denied::new(ErrorCode::BadSignature, text));
        }
        let uuid = request.uuid_text();
        if signer.is_some() && !is_uuid(&uuid, request) {
            let text = "uuid must be 1 to 64 letters, digits and hyphens";
            return Err(Denied::new(ErrorCode::InvalidField, text));
        }
        let action = request.action(Protocol::Five)?;
        let voids = action == ActionName::GetOutcome && request.is_true("void");
        match signer {
            None => self.check_unsigned(action, voids)?,
            Some(signer) => self.check_signed(signer, action, voids, request, &uuid, now)?,
        }
        Ok(action)
    }

    fn check_unsigned(&self, action: ActionName, voids: bool) -> Result<(), Denied> {
        // An anchor fills the journal, and a full journal opens nothing.
        let acts =
            action.is_order() || action.is_switch() || voids || action == ActionName::PutAnchor;
        let is_refused = match self.signing {
            _ if action == ActionName::Release => true,
            Signing::Off => false,
            Signing::Orders => acts,
            Signing::All => true,
        };
        if is_refused {
            let text = format!("{} must be signed with a key of this gateway", action.as_str());
            return Err(Denied::new(ErrorCode::SignatureRequired, text));
        }
        Ok(())
    }

    fn check_signed(
        &mut self,
        signer: &Signer,
        action: ActionName,
        voids: bool,
        request: &RawRequest<'_>,
        uuid: &str,
        now: Timestamp,
    ) -> Result<(), Denied> {
        self.check_fresh(request, now)?;
        let least = match action {
            ActionName::Release => Role::Admin,
            action if action.is_order() || voids => Role::Trade,
            _ => Role::Read,
        };
        if signer.role < least {
            let role = format!("{:?}", signer.role).to_lowercase();
            let text = format!(
                "the key {} has the role {role}, which does not allow {}",
                signer.key.name(),
                action.as_str()
            );
            return Err(Denied::new(ErrorCode::Forbidden, text));
        }
        if action.is_order() || action.is_switch() {
            return self.check_addressee(request);
        }
        self.check_new(signer.key.name(), uuid, now)
    }

    fn check_fresh(&self, request: &RawRequest<'_>, now: Timestamp) -> Result<(), Denied> {
        let Some(sent) = request.timestamp() else {
            let text = "a signed request needs a timestamp, RFC 3339 with its offset";
            return Err(Denied::new(ErrorCode::InvalidField, text));
        };
        let age = now.duration_since(sent);
        let is_far = age.unsigned_abs() > FRESHNESS;
        if !is_far && sent >= self.started_at {
            return Ok(());
        }
        let text = match is_far {
            true => {
                format!("the request is {:.3} s old by this gateway's clock", age.as_secs_f64())
            }
            false => "the request was made before this gateway started".to_owned(),
        };
        let member = Some(("server_time", json_text(&rfc3339(now))));
        Err(Denied { member, ..Denied::new(ErrorCode::Stale, text) })
    }

    /// A captured order must not execute on a second gateway that shares the key.
    fn check_addressee(&self, request: &RawRequest<'_>) -> Result<(), Denied> {
        for name in ["journal", "login"] {
            if !request.has(name) {
                let text = format!("a signed order or switch action carries {name}");
                return Err(Denied::new(ErrorCode::MissingField, text));
            }
        }
        let other = |name: &str, own: &str| {
            let text = format!("this gateway's {name} is {own}, and the request is for another");
            Denied::new(ErrorCode::WrongGateway, text)
        };
        if request.string("journal").as_deref() != Some(&self.records.name) {
            return Err(other("journal", &self.records.name));
        }
        if request.integer("login") != Some(self.login) {
            return Err(other("login", &self.login.to_string()));
        }
        Ok(())
    }

    fn check_new(&mut self, key: &str, uuid: &str, now: Timestamp) -> Result<(), Denied> {
        let begin = now.checked_sub(REPLAY).unwrap_or(Timestamp::MIN);
        self.reads_seen.retain(|(at, ..)| *at > begin);
        if self.reads_seen.iter().any(|(_, by, seen)| by == key && seen == uuid) {
            let text = "a request with this uuid was answered within the last minute";
            return Err(Denied::new(ErrorCode::Replayed, text));
        }
        self.reads_seen.push_back((now, key.to_owned(), uuid.to_owned()));
        Ok(())
    }
}

fn is_uuid(uuid: &str, request: &RawRequest<'_>) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    request.has("uuid") && (1..=64).contains(&uuid.len()) && uuid.bytes().all(is_part)
}

/// Identifies an order's content: everything but its time and its signature.
pub(super) fn body_hash(frame: &[u8]) -> String {
    let mut body: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(frame).unwrap_or_default();
    for name in ["timestamp", "key", "mac"] {
        body.remove(name);
    }
    let mut members: Vec<_> = body.into_iter().collect();
    members.sort_by(|one, other| one.0.cmp(&other.0));
    let text = serde_json::to_string(&members).unwrap_or_default();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
