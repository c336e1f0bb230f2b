//! The gateway's wire protocol (v4.3), pure: bytes to types and back, no I/O, no clock.
//!
//! Both directions stand side by side, because the simulated gateway decodes what the client encodes:
//!
//! - [`request`]: what is asked, and what no request may ever hold
//! - [`reply`]: the frame around every answer: status, uuid, refusal
//! - [`ping`], [`account`], [`positions`], [`sync_all`], [`order`]: one file for what each action answers
//! - [`status`], [`code`], [`retcode`]: the gateway's words, sorted by what they mean for an order
//! - [`signature`]: the risk signature that an OPEN carries
//! - [`wire`]: strict JSON, where every complaint ([`Malformed`]) names the field and the byte; read by `json`

pub mod account;
pub mod code;
mod json;
mod malformed;
pub mod order;
pub mod ping;
pub mod positions;
pub mod reply;
pub mod request;
pub mod retcode;
pub mod signature;
pub mod status;
pub mod sync_all;
pub mod wire;

pub use code::{ErrorCode, Executed};
pub use malformed::{Malformed, Reason};
pub use reply::Refusal;
pub use request::{Action, Request};
pub use status::Status;
