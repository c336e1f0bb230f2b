"""Frames of the wire: their signature, their strict reading, and the replies.

A frame is one JSON object. A signed one ends with `,"key":"NAME","mac":"HEX"}`. The MAC is HMAC-SHA256 over a label, a
NUL byte and all bytes before `,"mac":"`. It is verified over the raw bytes, before anything is parsed. Requests and
replies have different labels, so a request that is echoed is no reply.
"""

import base64
import hashlib
import hmac
import json
import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, NoReturn, Optional, Tuple

PROTOCOL = 5
REQUEST_LABEL = b"mt5crs-request-5"
REPLY_LABEL = b"mt5crs-reply-5"

#: Bytes of a request; a longer one is `TOO_LARGE`.
MAX_REQUEST = 64 * 1024
#: Bytes that the socket accepts in one frame.
MAX_FRAME = 2 * 1024 * 1024
#: Levels of objects and arrays, the frame itself included.
MAX_DEPTH = 16
#: Digits of an integer; the longest that the terminal knows has 20.
MAX_DIGITS = 20
#: Seconds by which a signed request's time may differ from the gateway's clock.
FRESHNESS_S = 5.0
#: UTF-16 units of a comment or a symbol; MetaTrader 5's module refuses 30 and more.
MAX_TEXT_UNITS = 29

ORDERS = frozenset({"OPEN", "CLOSE", "CANCEL"})
SWITCHES = frozenset({"ENGAGE", "RELEASE"})
TERMINAL_READS = (
    "GET_TERMINAL",
    "GET_ACCOUNT",
    "GET_POSITIONS",
    "GET_ORDERS",
    "GET_DEALS",
    "GET_SYMBOL",
    "SYNC_ALL",
)
#: Everything that the gateway answers, in the order in which PING lists it.
ACTIONS = (
    "PING",
    *TERMINAL_READS,
    "OPEN",
    "CLOSE",
    "CANCEL",
    "GET_OUTCOME",
    "ENGAGE",
    "RELEASE",
    "ANCHOR",
    "GET_ANCHORS",
)

_READ = frozenset(ACTIONS) - ORDERS - {"RELEASE"}
_TRADE = _READ | ORDERS
#: The actions of each role. Voiding (GET_OUTCOME with `void`) needs `trade`.
ROLES: Dict[str, "frozenset[str]"] = {"read": _READ, "trade": _TRADE, "admin": _TRADE | {"RELEASE"}}

_END = re.compile(rb',"key":"([a-z0-9_-]{1,32})","mac":"([0-9a-f]{64})"\}\Z')
_MAC_AND_BRACE = len(b',"mac":"') + 64 + len(b'"}')
_EXTENDED = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_UUID = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class Refusal(Exception):
    """A request that is answered with an error code. An order that meets one before `order_send` did not execute."""

    def __init__(self, code: str, message: str, executed: str = "no", **fields: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.executed = executed
        #: Further fields of the reply.
        self.fields = fields


@dataclass(frozen=True)
class Signature:
    """The end of a signed frame, not yet verified."""

    key: str
    mac: str
    signed: bytes


def split_signature(frame: bytes) -> Optional[Signature]:
    """The signature at the end of a frame, or None if it has none there."""
    end = _END.search(frame[-128:])
    if end is None:
        return None
    key, mac = end.group(1).decode(), end.group(2).decode()
    return Signature(key, mac, frame[:-_MAC_AND_BRACE])


def mac_of(label: bytes, secret: bytes, signed: bytes) -> str:
    """The MAC of a frame's bytes before `,"mac":"`, as 64 hex digits."""
    return hmac.digest(secret, label + b"\0" + signed, "sha256").hex()


def sign(label: bytes, name: str, secret: bytes, frame: bytes) -> bytes:
    """A frame (a JSON object of at least one member) with key and MAC at its end."""
    signed = b'%s,"key":"%s"' % (frame[:-1], name.encode())
    return b'%s,"mac":"%s"}' % (signed, mac_of(label, secret, signed).encode())


def parse_object(frame: bytes, signed: bool) -> Dict[str, Any]:
    """Reads a frame strictly. Raises `INVALID_JSON`, and `BAD_SIGNATURE` for a key or MAC in another place."""
    try:
        text = frame.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_short_int,
        )
    except RecursionError:
        raise Refusal("INVALID_JSON", f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise Refusal("INVALID_JSON", str(error)[:200]) from None
    if not isinstance(value, dict):
        raise Refusal("INVALID_JSON", "a request is a JSON object")
    _check_tree(value)
    if signed:
        # The pattern at the end matched, and names are unique, so these two are the signature's.
        del value["key"], value["mac"]
    elif "key" in value or "mac" in value:
        raise Refusal("BAD_SIGNATURE", "a key or MAC that does not end the frame")
    return value


def _unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _short_int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"an integer has more than {MAX_DIGITS} digits")
    return int(text)


def _check_tree(root: Dict[str, Any]) -> None:
    pending: List[Tuple[Any, int]] = [(root, 1)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, (dict, list)):
            if depth > MAX_DEPTH:
                raise Refusal("INVALID_JSON", f"nested deeper than {MAX_DEPTH} levels")
            if isinstance(value, dict):
                for name in value:
                    _check_text(name)
            members = value.values() if isinstance(value, dict) else value
            pending.extend((member, depth + 1) for member in members)


def _check_text(text: str) -> None:
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise Refusal("INVALID_JSON", "half of a surrogate pair")


def uuid_of(request: Dict[str, Any]) -> str:
    """The request's uuid. Raises `INVALID_FIELD`."""
    uuid = request.get("uuid")
    if not isinstance(uuid, str) or _UUID.fullmatch(uuid) is None:
        raise Refusal("INVALID_FIELD", "uuid must be 1 to 64 letters, digits and hyphens")
    return uuid


def encode(reply: Dict[str, Any]) -> bytes:
    """A reply as JSON. NaN and infinity become null: they are nothing that the terminal said."""
    try:
        text = _ENCODER.encode(reply)
    except ValueError:
        text = _ENCODER.encode(finite_only(reply))
    return text.encode()


def finite_only(value: Any) -> Any:
    """The same value with null for each number that JSON cannot express."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: finite_only(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite_only(member) for member in value]
    return value


def body_hash(request: Dict[str, Any]) -> str:
    """Identifies an order's content: everything but its time."""
    body = {name: value for name, value in request.items() if name != "timestamp"}
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def order_token(key: str, uuid: str) -> str:
    """The comment of an order, by which it can be found: `m5` and 20 base32 characters; `key` is "" for unsigned."""
    digest = hashlib.sha256(key.encode() + b"\0" + uuid.encode()).digest()
    return "m5" + base64.b32encode(digest).decode()[:20]


def iso(seconds: float) -> str:
    """RFC 3339 in UTC with microseconds."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="microseconds")


def parse_time(text: object, basic: bool = False) -> Optional[float]:
    """Seconds since 1970 of an RFC 3339 time (or, with `basic`, of ISO 8601's form without separators), else None."""
    if not isinstance(text, str):
        return None
    found = _EXTENDED.fullmatch(text) or (_BASIC.fullmatch(text) if basic else None)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    micros = int((found.group(7) or "0").ljust(9, "0")[:6])
    offset = timedelta(0)
    zone = found.group(8)
    if zone not in "Zz":
        hours, minutes = int(zone[1:3]), int(zone[-2:])
        if hours > 23 or minutes > 59:
            return None
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    try:
        moment = datetime(year, month, day, hour, minute, second, micros, timezone.utc) - offset
    except (ValueError, OverflowError):
        return None
    return moment.timestamp()


def utf16_units(text: str) -> int:
    """Length of a text as Windows counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
