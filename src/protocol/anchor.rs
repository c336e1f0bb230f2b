//! ANCHOR and GET_ANCHORS (protocol 5): the gateway's machine as a witness of the evidence on this one.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::encode;
use super::malformed::Malformed;
use super::reply::{self, Reply};
use super::request::Action;
use super::request::sealed::Sealed;
use super::wire::{Frame, List, Object};
use crate::units::TimeSchema;

/// The request to keep an anchor. It trades nothing and makes no order possible, so it needs no permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PutAnchor {
    /// The name of the evidence: 1 to 200 characters.
    pub stream: String,
    /// Its number of records.
    pub count: u64,
    /// The last record's hash.
    pub hash: String,
}

impl Action for PutAnchor {
    const NAME: &'static str = "ANCHOR";
    type Reply = Anchored;
}

impl Sealed for PutAnchor {}

/// The reply: the anchor that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anchored {
    /// The number of records.
    pub count: i64,
    /// The last record's hash.
    pub hash: String,
}

impl Reply for Anchored {
    type Element = ();

    fn read(frame: Frame<'_, ()>) -> Result<Self, Malformed> {
        Ok(Self {
            count: frame.root.required("count")?.integer()?,
            hash: frame.root.required("hash")?.string()?.into(),
        })
    }
}

impl Anchored {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}

/// The request for every anchor of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GetAnchors {
    /// The name of the evidence.
    pub stream: String,
}

impl Action for GetAnchors {
    const NAME: &'static str = "GET_ANCHORS";
    type Reply = Anchors;
}

impl Sealed for GetAnchors {}

/// An anchor as the gateway keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptAnchor {
    /// The number of records.
    pub count: i64,
    /// The last record's hash.
    pub hash: String,
    /// When it was kept, by the gateway's wall clock.
    #[serde(serialize_with = "encode::serialize_time")]
    #[schemars(with = "TimeSchema")]
    pub at: Timestamp,
    /// Whether its request was signed; null where the gateway does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<bool>,
}

impl KeptAnchor {
    fn read(object: &Object<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            count: object.required("count")?.integer()?,
            hash: object.required("hash")?.string()?.into(),
            at: object.required("at")?.timestamp()?,
            signed: object.optional("signed").map(|field| field.boolean()).transpose()?,
        })
    }
}

/// The reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anchors {
    /// Every anchor of the stream, the oldest first.
    pub anchors: Vec<KeptAnchor>,
}

impl Reply for Anchors {
    type Element = KeptAnchor;
    const LIST: Option<List<KeptAnchor>> = Some(("anchors", KeptAnchor::read));

    fn read(frame: Frame<'_, KeptAnchor>) -> Result<Self, Malformed> {
        Ok(Self { anchors: frame.list.ok_or_else(|| frame.root.missing("anchors"))? })
    }
}

impl Anchors {
    /// Writes the gateway's reply.
    pub fn encode(&self, uuid: &str, status: &str, simulated: bool) -> Vec<u8> {
        reply::encode(Some(uuid), status, self, simulated)
    }
}
