"""Who is heard: signatures, roles, freshness, and whether an order was meant for this gateway."""

from typing import Dict, Optional, Tuple

from .clock import Clock
from .config import Config
from .keys import Keyring
from .protocol import (
    ACTIONS,
    FRESHNESS_S,
    MAX_REQUEST,
    ORDERS,
    ROLES,
    SWITCHES,
    Refusal,
    body_hash,
    iso,
    parse_object,
    parse_time,
    split_signature,
    uuid_of,
)
from .requests import Fields, Request

#: Seconds for which a read's uuid is refused when it returns.
REPLAY_S = 60.0


class Admission:
    """The rules for every frame, and the uuids of the last minute's reads."""

    def __init__(self, config: Config, keyring: Keyring, clock: Clock) -> None:
        self._config = config
        self._keyring = keyring
        self._clock = clock
        self.started_at = clock.now()
        self._reads_seen: Dict[Tuple[str, str], float] = {}
        self._forget_at = 0.0

    def read(self, request: Request, frame: bytes) -> None:
        """Fills in the request. The raw bytes are verified before anything of them is parsed."""
        if len(frame) > MAX_REQUEST:
            raise Refusal("TOO_LARGE", f"a request has at most {MAX_REQUEST} bytes, and this one {len(frame)}")
        signature = split_signature(frame)
        if signature is not None:
            request.key = self._keyring.verify(signature)
            if request.key is None:
                raise Refusal("BAD_SIGNATURE", "no key of this gateway made this signature")
            request.mac = signature.mac
        request.fields = parse_object(frame, signed=signature is not None)
        action = request.fields.get("action")
        if request.key is not None:
            request.uuid = uuid_of(request.fields)
        else:
            uuid = request.fields.get("uuid", "unknown")
            # Echoed as it came, as 4.3 does; what is no name of anything is not kept.
            request.uuid = uuid if isinstance(uuid, str) and len(uuid) <= 64 else "unknown"
        if not action:
            raise Refusal("MISSING_ACTION", "Action field is required")
        name = action.upper() if isinstance(action, str) else str(action)
        if name not in ACTIONS:
            raise Refusal("UNKNOWN_ACTION", f"Unknown action: {name[:40]}")
        request.action = name
        request.has_no_uuid = name == "SYNC_ALL" and request.key is None
        if name in ORDERS or name in SWITCHES:
            request.hash = body_hash(request.fields)

    def check(self, request: Request, voids: bool, journal: Optional[str]) -> None:
        """Whether the request may do what it asks for; `voids`: it may write a tombstone."""
        if request.key is None:
            self._check_unsigned(request.action, voids)
        else:
            self._check_signed(request, voids, journal)

    def _check_unsigned(self, action: str, voids: bool) -> None:
        signing = self._config.signing
        # An anchor fills the journal, and a full journal opens nothing.
        must_sign = action in ORDERS or action in SWITCHES or action == "ANCHOR" or voids
        if action == "RELEASE" or signing == "all" or (signing == "orders" and must_sign):
            raise Refusal("SIGNATURE_REQUIRED", f"{action} must be signed with a key of this gateway")

    def _check_signed(self, request: Request, voids: bool, journal: Optional[str]) -> None:
        key, action = request.key, request.action
        assert key is not None
        self._check_fresh(request)
        if action not in ROLES[key.role] or (voids and key.role == "read"):
            raise Refusal("FORBIDDEN", f"the key {key.name} has the role {key.role}, which does not allow {action}")
        if action in ORDERS or action in SWITCHES:
            self._check_addressee(request.fields, journal)
        else:
            self._check_new(key.name, request.uuid)

    def _check_fresh(self, request: Request) -> None:
        sent_at = parse_time(request.fields.get("timestamp"))
        if sent_at is None:
            raise Refusal("INVALID_FIELD", "a signed request needs a timestamp, RFC 3339 with its offset")
        age = request.at - sent_at
        if abs(age) > FRESHNESS_S or sent_at < self.started_at:
            text = f"the request is {age:.3f} s old by this gateway's clock"
            if abs(age) <= FRESHNESS_S:
                text = "the request was made before this gateway started"
            raise Refusal("STALE", text, server_time=iso(request.at))

    def _check_addressee(self, fields: Fields, journal: Optional[str]) -> None:
        """A captured order must not execute on a second gateway that shares the key."""
        for name, own in (("journal", journal), ("login", self._config.login)):
            if name not in fields:
                raise Refusal("MISSING_FIELD", f"a signed order or switch action carries {name}")
            value = fields[name]
            if type(value) is not type(own) or value != own:
                raise Refusal("WRONG_GATEWAY", f"this gateway's {name} is {own}, and the request is for {value}")

    def _check_new(self, key: str, uuid: str) -> None:
        now = self._clock.monotonic()
        if now >= self._forget_at:
            self._forget_at = now + 1
            # Insertion order is the order of time.
            for name, moment in list(self._reads_seen.items()):
                if moment > now - REPLAY_S:
                    break
                del self._reads_seen[name]
        if (key, uuid) in self._reads_seen:
            raise Refusal("REPLAYED", "a request with this uuid was answered within the last minute")
        self._reads_seen[key, uuid] = now
