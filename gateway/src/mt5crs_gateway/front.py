"""The front's decisions: frames, messages of the terminal and time in; replies and jobs out.

It calls neither the terminal nor the network. Its only I/O is the journal and the kill switch.

Replies to one client leave in the order of its requests. ENGAGE takes effect the moment that it arrives, even behind a
request that hangs. Jobs for the terminal are done in the order in which they arrived, one at a time.

The life of an order: its frame is checked, it waits for the terminal, the terminal's process checks what it can and
asks for permission (`decide`). There the last checks are made and the journal is written; only then is it sent. A
refusal is written to the journal as well, before it is answered: an order that was called "not executed" must not
execute when its frame is sent again.
"""

import hashlib
import json
import uuid as uuids
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Callable, Deque, Dict, List, Optional, Protocol, Set, Tuple

from . import __version__
from .clock import Clock
from .config import Config
from .journal import Journal, JournalUnwritable, Row
from .keys import Key, Keyring
from .limits import OrderRate
from .orders import blank
from .protocol import (
    ACTIONS,
    FRESHNESS_S,
    MAX_REQUEST,
    MAX_TEXT_UNITS,
    ORDERS,
    PROTOCOL,
    REPLY_LABEL,
    ROLES,
    SWITCHES,
    TERMINAL_READS,
    Refusal,
    body_hash,
    encode,
    iso,
    order_token,
    parse_object,
    parse_time,
    sign,
    split_signature,
    utf16_units,
    uuid_of,
)
from .switch import KillSwitch

Fields = Dict[str, Any]

#: Seconds for which a read's uuid is refused when it returns.
REPLAY_S = 60.0
#: Seconds between two looks at an idle terminal.
WATCH_S = 1.0
#: Seconds after which a look at the terminal goes before requests that wait.
OVERDUE_S = 3.0
#: Seconds after which what the terminal said is no longer what it says now.
STATE_S = 5.0
#: Seconds after which a look that finds nothing ends the recovery of an order; history lags behind the book.
SETTLE_S = 15.0
#: Seconds between the looks for an order.
LOOK_AGAIN_S = (1.0, 2.0, 4.0, 8.0, 16.0)
#: Seconds of one call after which the terminal counts as hung.
BUSY_S = 5.0
#: Seconds without a terminal's process after which waiting requests are answered.
NO_LINK_S = 5.0
#: Requests that may wait for the terminal, and their bytes.
MAX_WAITING = 20_000
MAX_WAITING_BYTES = 64 * 1024 * 1024
#: Seconds back within which unknown orders are looked up at start.
LOOK_BACK_S = 24 * 3600.0


class Link(Protocol):
    """The way to the terminal's process."""

    def submit(self, job: Fields) -> None:
        """Hands over one job; the next one only after the result of this one."""


#: Routing frames of a client, as the socket wants them back.
Client = Tuple[bytes, ...]


@dataclass(eq=False)
class Request:
    """One request, read and authenticated."""

    client: Client
    action: str
    uuid: str
    fields: Fields
    key: Optional[Key]
    mac: Optional[str]
    at: float
    at_monotonic: float
    size: int
    #: Set when the reply may leave, or computed when its turn comes.
    reply: Optional[bytes] = None
    later: Optional[Callable[[], Fields]] = None
    is_echoed_without_uuid: bool = False
    #: Identifies the content of an order or switch action, as it came.
    hash: str = ""

    @property
    def key_name(self) -> Optional[str]:
        return self.key.name if self.key is not None else None


@dataclass(eq=False)
class Job:
    """Work that waits for the terminal, or that it does now."""

    number: int
    action: str
    request: Optional[Request] = None
    row: Optional[Row] = None
    #: The order's uuid, made up where the request has none.
    uuid: str = ""
    token: str = ""
    valid_until: Optional[float] = None
    #: The journal's row, once the order was permitted; None for a close without a journal.
    row_id: Optional[int] = None
    is_permitted: bool = False
    is_journalled: bool = False
    sent_at: Optional[float] = None


@dataclass
class Look:
    """An order that is looked for."""

    row: Row
    due: float
    attempts: int = 0
    is_recovery: bool = False


@dataclass
class TerminalState:
    """What the terminal said last."""

    fields: Fields = field(default_factory=dict)
    at: float = -1e9


class Front:
    """The gateway without its sockets and without its terminal."""

    def __init__(
        self,
        config: Config,
        keyring: Keyring,
        journal: Optional[Journal],
        switch: KillSwitch,
        clock: Clock,
        link: Link,
        log: Callable[..., None],
        instance: Optional[str] = None,
    ) -> None:
        self._config = config
        self._keyring = keyring
        self._journal = journal
        self._switch = switch
        self._clock = clock
        self._link = link
        self._log = log
        self._instance = instance or str(uuids.uuid4())
        self._started_at = clock.now()
        #: Replies that may leave: client and frame.
        self.outbox: Deque[Tuple[Client, bytes]] = deque()
        #: Set when the process ends: nothing new is begun.
        self.is_stopping = False
        self._lanes: Dict[Client, Deque[Request]] = {}
        self._waiting: Deque[Job] = deque()
        self._waiting_bytes = 0
        self._parked: List[Job] = []
        self._current: Optional[Job] = None
        self._current_since = 0.0
        self._is_link_up = False
        self._link_down_since = clock.monotonic()
        self._numbers = 0
        self._reads_seen: Dict[Tuple[str, str], float] = {}
        #: Orders and switch actions that the journal could not take: key, hash, state and reply, by uuid.
        self._unwritten: Dict[str, Tuple[Optional[str], str, str, Fields]] = {}
        self._forget_reads_at = 0.0
        self._state = TerminalState()
        self._last_watch = -1e9
        self._rate = OrderRate(config.limits.orders_per_minute)
        self._looks: Dict[int, Look] = {}
        self._is_own_turn = False
        #: Why the terminal's process ends each time, where it said so.
        self._down_reason: Optional[str] = None
        self._warned: Set[str] = set()
        self._latest = self._started_at
        #: What PING says for as long as the process lives.
        self._constants: Fields = {
            "name": "mt5crs-gateway",
            "version": __version__,
            "protocol": PROTOCOL,
            "instance": self._instance,
            "started_at": iso(self._started_at).replace("+00:00", "Z"),
            "actions": list(ACTIONS),
            "signing": config.signing,
            "login": config.login,
            "server": config.server,
            "limits": config.limits.shown(),
        }
        if journal is not None:
            self._recover(journal)

    def _recover(self, journal: Journal) -> None:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        self._latest = max(now, journal.last_time())
        for row in journal.unresolved(["sent"], 0.0):
            self._looks[row.id] = Look(row, monotonic, is_recovery=True)
        for row in journal.unresolved(["unknown"], now - LOOK_BACK_S):
            self._looks[row.id] = Look(row, monotonic)
        for sent_at in journal.opens_since(now - 60):
            self._rate.note(monotonic - max(0.0, now - sent_at))
        self._note("started", self._instance)

    # Frames

    def receive(self, client: Client, frame: bytes) -> None:
        """Handles one frame of a client. Never raises for what a client sends."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        blank_request = Request(client, "", "unknown", {}, None, None, now, monotonic, len(frame))
        request = blank_request
        try:
            request = self._authenticate(blank_request, frame)
            self._enter(request)
            self._admit(request)
        except Refusal as refusal:
            self._enter(request)
            self._refuse(request, refusal)
        except Exception as error:
            self._log("bug", error=f"{type(error).__name__}: {error}"[:300], action=request.action)
            self._enter(request)
            executed = "unknown" if request.action in ORDERS else "no"
            self._refuse(request, Refusal("SERVER_ERROR", "the gateway failed on this request", executed))
        self._flush(request.client)

    def _authenticate(self, request: Request, frame: bytes) -> Request:
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
        name = action.upper() if isinstance(action, str) else str(action)[:40]
        if name not in ACTIONS:
            raise Refusal("UNKNOWN_ACTION", f"Unknown action: {name[:40]}")
        request.action = name
        request.is_echoed_without_uuid = name == "SYNC_ALL" and request.key is None
        if name in ORDERS or name in SWITCHES:
            request.hash = body_hash(request.fields)
        return request

    def _enter(self, request: Request) -> None:
        """Gives the request its place among its client's."""
        lane = self._lanes.setdefault(request.client, deque())
        if request not in lane:
            lane.append(request)

    def _admit(self, request: Request) -> None:
        action, fields = request.action, request.fields
        voids = action == "GET_OUTCOME" and fields.get("void") is True
        if request.key is None:
            self._check_unsigned(action, voids)
        else:
            self._check_signed(request, voids)
        self._latest = max(self._latest, request.at)
        if action in ORDERS:
            self._admit_order(request)
        elif action in TERMINAL_READS:
            self._wait(Job(self._number(), action, request))
        elif action == "ENGAGE":
            reply = self._engage(request)
            request.later = lambda: reply
        elif action == "RELEASE":
            request.later = lambda: self._release(request)
        elif action == "GET_OUTCOME":
            request.later = lambda: self._outcome(request, voids)
        elif action == "ANCHOR":
            request.later = lambda: self._anchor(request)
        elif action == "GET_ANCHORS":
            request.later = lambda: self._anchors(request)
        else:
            request.later = lambda: self._ping(request)

    def _check_unsigned(self, action: str, voids: bool) -> None:
        signing = self._config.signing
        # An anchor fills the journal, and a full journal opens nothing.
        must_sign = action in ORDERS or action in SWITCHES or action == "ANCHOR" or voids
        if action == "RELEASE" or signing == "all" or (signing == "orders" and must_sign):
            raise Refusal("SIGNATURE_REQUIRED", f"{action} must be signed with a key of this gateway")

    def _check_signed(self, request: Request, voids: bool) -> None:
        key, action = request.key, request.action
        assert key is not None
        sent_at = parse_time(request.fields.get("timestamp"))
        if sent_at is None:
            raise Refusal("INVALID_FIELD", "a signed request needs a timestamp, RFC 3339 with its offset")
        age = request.at - sent_at
        if abs(age) > FRESHNESS_S or sent_at < self._started_at:
            text = f"the request is {age:.3f} s old by this gateway's clock, which started at {iso(self._started_at)}"
            if abs(age) <= FRESHNESS_S:
                text = "the request was made before this gateway started"
            raise Refusal("STALE", text, server_time=iso(request.at))
        if action not in ROLES[key.role] or (voids and key.role == "read"):
            raise Refusal("FORBIDDEN", f"the key {key.name} has the role {key.role}, which does not allow {action}")
        if action in ORDERS or action in SWITCHES:
            self._check_addressee(request.fields)
            return
        moment = self._clock.monotonic()
        self._forget_reads(moment)
        if (key.name, request.uuid) in self._reads_seen:
            raise Refusal("REPLAYED", "a request with this uuid was answered within the last minute")
        self._reads_seen[key.name, request.uuid] = moment

    def _check_addressee(self, fields: Fields) -> None:
        """A captured order must not execute on a second gateway that shares the key."""
        journal = self._journal.name if self._journal is not None else None
        for name, own in (("journal", journal), ("login", self._config.login)):
            if name not in fields:
                raise Refusal("MISSING_FIELD", f"a signed order or switch action carries {name}")
            value = fields[name]
            if type(value) is not type(own) or value != own:
                raise Refusal("WRONG_GATEWAY", f"this gateway's {name} is {own}, and the request is for {value}")

    def _forget_reads(self, now: float) -> None:
        if now < self._forget_reads_at:
            return
        self._forget_reads_at = now + 1
        limit = now - REPLAY_S
        # Insertion order is the order of time.
        for name, moment in list(self._reads_seen.items()):
            if moment > limit:
                break
            del self._reads_seen[name]

    # Orders

    def _admit_order(self, request: Request) -> None:
        job = Job(self._number(), request.action, request)
        job.uuid = request.uuid if request.uuid != "unknown" else str(uuids.uuid4())
        job.token = order_token(request.key_name or "", job.uuid)
        if request.key is not None and self._replay(request):
            return
        check = {"OPEN": self._check_open, "CLOSE": self._check_ticket, "CANCEL": self._check_ticket}
        check[request.action](request)
        job.valid_until = self._valid_until(request)
        if request.action == "OPEN":
            self._check_may_open(request.at)
            self._config.limits.check_order(request.fields["symbol"], float(request.fields["volume"]))
            self._rate.check(self._clock.monotonic())
        self._wait(job)

    def _replay(self, request: Request) -> bool:
        """Answers an order or switch action that was seen already. Returns whether it was."""
        assert request.key is not None
        seen = self._unwritten.get(request.uuid)
        row = self._find(request.uuid, request.key.name)
        if row is not None and row.state == "voided":
            raise Refusal("VOIDED", "this uuid was voided: the order will never be sent", is_final=True)
        if row is not None and row.key is not None:
            if (row.key, row.hash) != (request.key.name, request.hash):
                raise _conflict()
            reply = dict(row.reply) if row.reply is not None else self._sent_reply(row)
        elif seen is not None and seen[0] is not None:
            if seen[:2] != (request.key.name, request.hash):
                raise _conflict()
            reply = dict(seen[3])
        else:
            return False
        reply["replayed"] = True
        request.later = lambda: reply
        return True

    def _find(self, uuid: str, key: Optional[str]) -> Optional[Row]:
        """The journal's row; None as well where the journal can't be read. Then it can't be written either, so nothing
        is opened, and a close goes on."""
        if self._journal is None:
            return None
        try:
            return self._journal.find(uuid, key)
        except JournalUnwritable as error:
            self._log("journal_unreadable", error=str(error))
            return None

    def _sent_reply(self, row: Row) -> Fields:
        """The answer about an order that was sent and of which nothing is known yet."""
        text = "the order was sent, and its end is not known"
        reply = blank(status="UNKNOWN", error_code="OUTCOME_UNKNOWN", error_msg=text)
        reply.update(journalled=True, replayed=False, sent_at=_iso(row.sent_at), answered_at=None)
        reply["timestamp"] = iso(self._clock.now())
        return reply

    def _check_open(self, request: Request) -> None:
        fields = request.fields
        symbol = fields.get("symbol")
        if not symbol:
            raise Refusal("MISSING_SYMBOL", "Symbol is required")
        if not isinstance(symbol, str) or utf16_units(symbol) > MAX_TEXT_UNITS or not symbol.isprintable():
            raise Refusal("INVALID_SYMBOL", f"a symbol is a text of at most {MAX_TEXT_UNITS} units")
        side = fields.get("type")
        if not side:
            raise Refusal("MISSING_TYPE", "Order type is required")
        if not isinstance(side, str) or side.upper() not in ("BUY", "SELL"):
            raise Refusal("INVALID_TYPE", "type is BUY or SELL")
        fields["type"] = side.upper()
        if not _is_number(fields.get("volume")) or not 0 < fields["volume"] < 1e9:
            raise Refusal("INVALID_VOLUME", f"Invalid volume: {str(fields.get('volume'))[:40]}")
        for name in ("price", "sl", "tp"):
            if not _is_number(fields.setdefault(name, 0.0)) or not 0 <= fields[name] < 1e12:
                raise Refusal("INVALID_PRICE", f"{name} is a price, or 0.0 for none")
        self._check_whole(fields, "magic", 0, 2**63 - 1)
        self._check_whole(fields, "deviation_points", 0, 2**31 - 1)
        if request.key is None and self._config.risk_signature:
            self._check_risk_signature(request)

    def _check_risk_signature(self, request: Request) -> None:
        """As 4.3 checks it: three parts, the prefix, a checksum of 8 characters or more, the age."""
        signature = request.fields.get("risk_signature")
        if not isinstance(signature, str) or not signature:
            raise _bad_signature("Missing risk_signature (required for all OPEN commands)")
        parts = signature.split(":", 2)
        if len(parts) != 3 or parts[0] != "RISK_PASS":
            raise _bad_signature("Invalid signature format (expected RISK_PASS:<checksum>:<timestamp>)")
        if len(parts[1]) < 8:
            raise _bad_signature("Invalid checksum format (too short)")
        signed_at = parse_time(parts[2], basic=True)
        if signed_at is None:
            raise _bad_signature("Invalid signature timestamp format")
        age, ttl = request.at - signed_at, self._config.risk_signature_ttl_s
        if abs(age) > ttl:
            raise _bad_signature(f"Signature expired (TTL={ttl:g}s, age={age:.1f}s)")
        request.fields["_valid_until"] = signed_at + ttl

    def _check_ticket(self, request: Request) -> None:
        fields = request.fields
        ticket = fields.get("ticket")
        if request.key is None and isinstance(ticket, str) and ticket.isascii() and ticket.isdigit():
            ticket = fields["ticket"] = int(ticket[:20])
        if not ticket:
            raise Refusal("MISSING_TICKET", "Ticket is required")
        self._check_whole(fields, "ticket", 1, 2**63 - 1)
        self._check_whole(fields, "deviation_points", 0, 2**31 - 1)
        if request.key is None:
            # 4.3 closes the whole position, whatever the request says.
            fields.pop("close_volume", None)
        part = fields.get("close_volume")
        if part is not None and (not _is_number(part) or not 0 < part < 1e9):
            raise Refusal("INVALID_VOLUME", "close_volume is a number of lots above 0")

    def _check_whole(self, fields: Fields, name: str, low: int, high: int) -> None:
        value = fields.get(name)
        if value is None:
            fields.pop(name, None)
            return
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Refusal("INVALID_FIELD", f"{name} is a whole number from {low} to {high}")

    def _valid_until(self, request: Request) -> Optional[float]:
        """The time after which the order is not sent: the request's, and the risk signature's."""
        fields = request.fields
        ends = [fields.pop("_valid_until", None)]
        if "valid_until" in fields:
            moment = parse_time(fields["valid_until"])
            if moment is None:
                raise Refusal("INVALID_FIELD", "valid_until is a time, RFC 3339 with its offset")
            ends.append(moment)
        elif request.action == "OPEN" and request.key is not None:
            # Without an end of its own it gets one, so that none executes long after its client has left.
            ends.append(request.at + FRESHNESS_S)
        return min((it for it in ends if it is not None), default=None)

    def _check_may_open(self, now: float) -> None:
        if self.is_stopping:
            raise Refusal("STOPPING", "the gateway is stopping")
        if self._switch.is_engaged():
            raise Refusal("KILL_SWITCH_ENGAGED", "the gateway's kill switch is engaged")
        if self._journal is None:
            raise Refusal("JOURNAL_UNWRITABLE", "the gateway has no journal that it can write")
        if now < self._latest - FRESHNESS_S:
            text = f"the gateway's clock went back by {self._latest - now:.0f} s; old orders could seem fresh"
            raise Refusal("CLOCK_STEPPED", text)

    # The terminal's turn

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _wait(self, job: Job) -> None:
        size = job.request.size if job.request is not None else 0
        if job.action not in ORDERS and job.request is not None and job.request.key is not None:
            self._check_not_hung()
        # An order that reduces risk is never turned away for reads that wait.
        is_spared = job.action in ("CLOSE", "CANCEL")
        is_full = len(self._waiting) >= MAX_WAITING or self._waiting_bytes + size > MAX_WAITING_BYTES
        if is_full and not is_spared:
            raise Refusal("BUSY", f"{len(self._waiting)} requests wait for the terminal already")
        if job.action == "OPEN" and self._is_recovering():
            if len(self._parked) >= MAX_WAITING:
                raise Refusal("BUSY", f"{len(self._parked)} orders wait for the recovery already")
            self._parked.append(job)
            return
        self._waiting.append(job)
        self._waiting_bytes += size
        self._work()

    def _check_not_hung(self) -> None:
        """A signed read behind a call that hangs is told so. A 4.3 client gets 4.3's silence."""
        busy = self.busy_s()
        if busy > BUSY_S:
            raise Refusal("BUSY", f"the terminal has been busy for {busy:.1f} s", terminal_busy_ms=int(busy * 1000))

    def _work(self) -> None:
        """Gives the terminal its next job, if it is free."""
        while self._is_link_up and self._current is None and self._waiting and not self.is_stopping:
            own = self._overdue()
            if own is not None:
                self._start(own)
                continue
            job = self._waiting.popleft()
            if job.request is not None:
                self._waiting_bytes -= job.request.size
            if self._answered_before_its_turn(job):
                continue
            self._start(job)

    def _overdue(self) -> Optional[Job]:
        """A look that clients' requests would keep away for ever; after it, a request has its turn."""
        now = self._clock.monotonic()
        self._is_own_turn = not self._is_own_turn
        if not self._is_own_turn:
            return None
        if now - self._last_watch > OVERDUE_S and self._last_watch > 0:
            return self._watch(now)
        return self._look(now)

    def _look(self, now: float) -> Optional[Job]:
        due = [it for it in self._looks.values() if it.due <= now]
        if not due:
            return None
        look = min(due, key=lambda it: (not it.is_recovery, it.due))
        return Job(self._number(), "LOOKUP", row=look.row)

    def _watch(self, now: float) -> Job:
        self._last_watch = now
        return Job(self._number(), "WATCH")

    def _start(self, job: Job) -> None:
        self._current = job
        self._current_since = self._clock.monotonic()
        self._link.submit(self._message(job))

    def _answered_before_its_turn(self, job: Job) -> bool:
        """Whether a job needs no terminal any more: the same order was done, or its time is over."""
        request = job.request
        if request is None or job.action not in ORDERS:
            return False
        try:
            if request.key is not None and self._replay(request):
                self._flush(request.client)
                return True
            if job.valid_until is not None and self._clock.now() > job.valid_until:
                raise self._expired(job)
        except Refusal as refusal:
            self._refuse(request, refusal, job)
            self._flush(request.client)
            return True
        return False

    def _expired(self, job: Job) -> Refusal:
        request = job.request
        if request is not None and request.key is None:
            ttl = self._config.risk_signature_ttl_s
            return _bad_signature(f"Signature expired (TTL={ttl:g}s) before the terminal was free")
        return Refusal("EXPIRED", f"valid_until was {_iso(job.valid_until)}")

    def _message(self, job: Job) -> Fields:
        message: Fields = {"job": job.number, "action": job.action}
        if job.action == "LOOKUP":
            assert job.row is not None
            row = job.row
            message.update(of=row.action, request=row.request, token=row.token, sent_at=row.sent_at or 0.0)
            return message
        if job.action == "WATCH":
            limits = self._config.limits
            message.update(max_daily_loss=limits.max_daily_loss, symbols=limits.symbols)
            return message
        assert job.request is not None
        message["request"] = job.request.fields
        if job.action in ORDERS:
            message.update(token=job.token, wall=self._clock.now(), limits=self._config.limits.shown())
        return message

    def decide(self, question: Fields) -> Fields:
        """Answers the terminal's process: may the current order be sent now? Writes the journal before it says yes."""
        job = self._current
        try:
            if job is None or job.number != question["job"] or job.request is None:
                raise Refusal("SERVER_ERROR", "no such order is current")
            self._permit(job, job.request, question)
        except Refusal as refusal:
            return {"go": False, "code": refusal.code, "message": refusal.message}
        except Exception as error:
            self._log("bug", error=f"{type(error).__name__}: {error}"[:300], where="decide")
            return {"go": False, "code": "SERVER_ERROR", "message": "the gateway failed on this order"}
        return {"go": True}

    def _permit(self, job: Job, request: Request, question: Fields) -> None:
        """The last checks, in this order: account, kill switch, time, limits, journal."""
        config, now = self._config, self._clock.now()
        is_open = job.action == "OPEN"
        if (question["login"], question["server"]) != (config.login, config.server):
            text = f"the terminal is on account {question['login']} at {question['server']}"
            raise Refusal("ACCOUNT_MISMATCH", text)
        if is_open:
            self._check_may_open(now)
        if job.valid_until is not None and now > job.valid_until:
            raise self._expired(job)
        if is_open and not job.is_permitted:
            self._rate.check(self._clock.monotonic())
        may_go_unwritten = not is_open and request.fields.get("close_volume") is None
        try:
            self._write_sent(job, request, now)
        except JournalUnwritable as error:
            if not may_go_unwritten:
                raise Refusal("JOURNAL_UNWRITABLE", f"the journal can't be written: {error}") from error
            if self._journal is not None:
                self._journal.mark_gap()
            text = "the order was sent, and its end is not known"
            reply = blank(status="UNKNOWN", error_code="OUTCOME_UNKNOWN", error_msg=text, journalled=False)
            self._unwritten[job.uuid] = (request.key_name, request.hash, "sent", reply)
            self._log("sent_without_journal", uuid=request.uuid, action=job.action, error=str(error))
        if is_open and not job.is_permitted:
            self._rate.note(self._clock.monotonic())
        job.is_permitted = True
        job.sent_at = now

    def _write_sent(self, job: Job, request: Request, now: float) -> None:
        journal = self._journal
        if journal is None:
            raise JournalUnwritable("there is none")
        if job.row_id is not None:
            journal.again(job.row_id, now)
            return
        if journal.is_voided(job.uuid):
            raise Refusal("VOIDED", "this uuid was voided: the order will never be sent", is_final=True)
        job.row_id = journal.add(
            key=request.key_name,
            uuid=job.uuid,
            hash=request.hash,
            action=job.action,
            request=_kept(request.fields),
            token=job.token,
            state="sent",
            at=now,
        )
        job.is_journalled = True

    def handle(self, message: Fields, body: bytes) -> None:
        """Handles a message of the terminal's process that is no question."""
        kind = message["kind"]
        if kind == "ready":
            self._is_link_up = True
            self._down_reason = None
            self._last_watch = -1e9
        elif kind == "log":
            self._on_terminal_log(message)
        elif kind == "done":
            job = self._current
            if job is not None and job.number == message["job"]:
                self._current = None
                self._finish(job, message, body)
        self._work()

    def lose_terminal(self, why: str) -> None:
        """The terminal's process ended. What it was doing is answered by what is known of it."""
        self._is_link_up = False
        self._link_down_since = self._clock.monotonic()
        self._state = TerminalState()
        job, self._current = self._current, None
        if job is not None:
            executed = "unknown" if job.is_permitted else "no"
            lost = {"ok": False, "code": "TERMINAL_LOST", "message": why, "executed": executed}
            self._finish(job, lost, b"")

    def is_in_order(self) -> bool:
        """Whether an order was permitted and has not ended."""
        return self._current is not None and self._current.is_permitted

    def busy_s(self) -> float:
        """Seconds for which the terminal has been at its current job."""
        return self._clock.monotonic() - self._current_since if self._current is not None else 0.0

    def _on_terminal_log(self, message: Fields) -> None:
        fields = message["fields"]
        self._log(message["event"], **fields)
        if message["event"] == "module_missing":
            self._down_reason = f"the Python module MetaTrader5 can't be loaded: {fields['error']}"
        if message["event"] == "broker_utc_offset" and self._journal is not None:
            try:
                self._journal.put("broker_utc_offset_s", str(fields["seconds"]), self._clock.now())
            except JournalUnwritable as error:
                self._log("journal_unwritable", error=str(error))

    def _finish(self, job: Job, result: Fields, body: bytes) -> None:
        if job.action == "WATCH":
            self._on_watched(result)
            return
        if job.action == "LOOKUP":
            self._on_looked(job, result)
            return
        request = job.request
        assert request is not None
        if job.action in ORDERS:
            self._finish_order(job, request, result)
        elif result["ok"]:
            self._answer_read(request, body)
        else:
            self._refuse(request, _refusal_of(result))
        self._flush(request.client)

    def _answer_read(self, request: Request, body: bytes) -> None:
        """Puts the gateway's own fields around the terminal's text."""
        if request.action == "SYNC_ALL":
            head: Fields = {"status": "OK"}
            if not request.is_echoed_without_uuid:
                head = {"uuid": request.uuid, "status": "OK", "timestamp": iso(self._clock.now())}
        else:
            head = {"uuid": request.uuid, "status": "ok", "timestamp": iso(self._clock.now())}
        if request.mac is not None:
            head["re"] = request.mac
        frame = encode(head)[:-1] + b"," + body[1:]
        self._ready(request, frame, "ok", None)

    def _finish_order(self, job: Job, request: Request, result: Fields) -> None:
        if result["ok"]:
            reply = dict(result["order"])
        else:
            refusal = _refusal_of(result)
            if not job.is_permitted or refusal.executed == "no":
                self._refuse(request, refusal, job)
                return
            reply = blank(status="UNKNOWN", error_code=refusal.code, error_msg=refusal.message)
        reply.update(
            journalled=job.is_journalled,
            replayed=False,
            sent_at=_iso(job.sent_at),
            answered_at=iso(self._clock.now()),
        )
        state = {"yes": "done", "no": "refused"}.get(reply["executed"], "unknown")
        self._complete(reply, job.action, request)
        self._record(job, request, state, reply)
        request.later = lambda: reply

    def _complete(self, reply: Fields, action: str, request: Optional[Request]) -> None:
        """Adds 4.3's fields and the gateway's times."""
        now = iso(self._clock.now())
        reply["timestamp"] = reply["execution_time"] = now
        # 4.3: the order's number, of an OPEN as of a CLOSE.
        reply["ticket"] = reply.get("order") or 0
        if request is not None:
            reply["latency_ms"] = round((self._clock.monotonic() - request.at_monotonic) * 1000, 3)
            reply.setdefault("symbol", request.fields.get("symbol"))
        if action == "CLOSE":
            reply["close_price"] = reply.get("price")
        if reply["status"] in ("REJECTED", "UNKNOWN"):
            reply.setdefault("error_code", _failure(action) if reply["status"] == "REJECTED" else "OUTCOME_UNKNOWN")
            reply.setdefault("error_msg", "the outcome is not known")

    def _record(self, job: Job, request: Request, state: str, reply: Fields) -> None:
        """Writes an order's result, and has an unknown one looked for."""
        now = self._clock.now()
        if job.row_id is None:
            self._unwritten[job.uuid] = (request.key_name, request.hash, state, reply)
            return
        assert self._journal is not None
        if not self._journal.finish(job.row_id, state, now, reply):
            reply["journalled"] = False
            self._log("journal_unwritable", error=self._journal.failure)
        if state == "unknown":
            try:
                row = self._journal.row(job.row_id)
            except JournalUnwritable as error:
                self._log("journal_unreadable", error=str(error))
                return
            if row is not None:
                self._looks[row.id] = Look(row, self._clock.monotonic() + LOOK_AGAIN_S[0])

    # Looking for orders

    def _is_recovering(self) -> bool:
        return any(look.is_recovery for look in self._looks.values())

    def _on_looked(self, job: Job, result: Fields) -> None:
        assert job.row is not None
        look = self._looks.get(job.row.id)
        if look is None:
            return
        now = self._clock.monotonic()
        if not result["ok"]:
            # The terminal did not tell: that is no look.
            look.due = now + WATCH_S
            self._log("lookup_failed", uuid=job.row.uuid, code=result["code"], error=result["message"])
            return
        look.attempts += 1
        found = result["found"]
        is_decided = found is not None and found["executed"] != "unknown"
        age = self._clock.now() - (job.row.sent_at or 0.0)
        if is_decided or (look.is_recovery and (age >= SETTLE_S or look.attempts > len(LOOK_AGAIN_S))):
            self._resolve(look, found if is_decided else None)
        elif look.attempts > len(LOOK_AGAIN_S):
            del self._looks[job.row.id]
        else:
            look.due = now + LOOK_AGAIN_S[min(look.attempts, len(LOOK_AGAIN_S)) - 1]

    def _resolve(self, look: Look, found: Optional[Fields]) -> None:
        """Writes what a look found; None: it stays unknown."""
        row = look.row
        del self._looks[row.id]
        assert self._journal is not None
        if found is None and row.state == "unknown":
            return
        reply = dict(row.reply) if row.reply is not None else blank(status="UNKNOWN")
        reply.pop("error_code", None)
        reply.pop("error_msg", None)
        reply.update(journalled=True, replayed=False, sent_at=_iso(row.sent_at), answered_at=iso(self._clock.now()))
        state = "unknown"
        if found is not None:
            reply.update(found, found_by="lookup")
            state = "done" if found["executed"] == "yes" else "refused"
        if row.action == "OPEN":
            reply.setdefault("symbol", row.request.get("symbol"))
        self._complete(reply, row.action, None)
        self._journal.finish(row.id, state, self._clock.now(), reply)
        self._log("order_looked_up", uuid=row.uuid, action=row.action, state=state)

    # What the front answers by itself

    def _ping(self, request: Request) -> Fields:
        now = self._clock.now()
        sent_at = parse_time(request.fields.get("timestamp"))
        return {
            "status": "ok",
            "server_time": iso(now),
            "latency_ms": round((now - sent_at) * 1000, 3) if sent_at is not None else 0.0,
            "gateway": self._about(),
        }

    def _about(self) -> Fields:
        journal = self._journal
        state = self._state.fields if self._clock.monotonic() - self._state.at <= STATE_S else {}
        is_ours = (state.get("login"), state.get("server")) == (self._config.login, self._config.server)
        return {
            **self._constants,
            "journal": journal.name if journal is not None else None,
            "journal_seq": journal.seq if journal is not None else None,
            "journal_error": journal.failure if journal is not None else "there is no journal",
            "terminal_login": state.get("login"),
            "terminal_server": state.get("server"),
            "trade_mode": state.get("trade_mode") if is_ours else None,
            "margin_mode": state.get("margin_mode") if is_ours else None,
            "kill_switch": self._switch.state(),
            "terminal_busy_ms": int(self.busy_s() * 1000),
            "recovering": self._is_recovering(),
        }

    def _engage(self, request: Request) -> Fields:
        fields = request.fields
        if request.key is not None and self._replay(request):
            assert request.later is not None
            return request.later()
        reason, who = str(fields.get("reason", ""))[:500], str(fields.get("who", ""))[:200]
        reply = self._engage_now(reason, who or (request.key_name or "unsigned"))
        self._journal_switch(request, reply)
        return reply

    def _engage_now(self, reason: str, who: str) -> Fields:
        was = self._switch.is_engaged()
        at = self._clock.now()
        persisted = self._switch.engage(reason, who, iso(at))
        self._log("kill_switch", state="engaged", reason=reason, who=who, persisted=persisted)
        return {
            "status": "ok",
            "kill_switch": "engaged",
            "was": "engaged" if was else "released",
            "persisted": persisted,
            "in_flight": self._in_flight(),
            "note": "orders in flight and pending orders may still execute",
            "replayed": False,
            "timestamp": iso(at),
        }

    def _in_flight(self) -> List[Fields]:
        job = self._current
        if job is None or job.request is None or not job.is_permitted:
            return []
        fields = job.request.fields
        names = ("symbol", "type", "volume", "ticket")
        shown = {name: fields[name] for name in names if name in fields}
        return [{"uuid": job.request.uuid, "action": job.action, **shown, "sent_at": _iso(job.sent_at)}]

    def _release(self, request: Request) -> Fields:
        if self._replay(request):
            assert request.later is not None
            return request.later()
        if self._journal is None:
            raise Refusal("JOURNAL_UNWRITABLE", "the gateway has no journal that it can write")
        who = str(request.fields.get("who", ""))[:200] or request.key_name
        # Written before it acts: a release that nothing records must not happen.
        reply = {"status": "ok", "replayed": False, "timestamp": iso(self._clock.now())}
        reply["was"] = self._switch.state()
        try:
            row = self._add_switch_row(request, "sent", None)
        except JournalUnwritable as error:
            raise Refusal("JOURNAL_UNWRITABLE", f"the journal can't be written: {error}") from error
        try:
            self._switch.release()
        except OSError as error:
            reply.update(
                status="error", error_code="SWITCH_NOT_RELEASED", error_msg=f"the file stays: {error.strerror}"
            )
        reply["kill_switch"] = self._switch.state()
        state = "done" if reply["kill_switch"] == "released" else "refused"
        self._journal.finish(row, state, self._clock.now(), reply)
        self._log("kill_switch", state=reply["kill_switch"], reason="RELEASE", who=who)
        return reply

    def _journal_switch(self, request: Request, reply: Fields) -> None:
        reply["journalled"] = False
        try:
            reply["journalled"] = True
            self._add_switch_row(request, "done", reply)
        except JournalUnwritable as error:
            reply["journalled"] = False
            self._unwritten[request.uuid] = (request.key_name, request.hash, "done", reply)
            self._log("journal_unwritable", error=str(error))

    def _add_switch_row(self, request: Request, state: str, reply: Optional[Fields]) -> int:
        if self._journal is None:
            raise JournalUnwritable("there is none")
        return self._journal.add(
            key=request.key_name,
            uuid=request.uuid,
            hash=request.hash,
            action=request.action,
            request=_kept(request.fields),
            token="",
            state=state,
            at=self._clock.now(),
            reply=reply,
        )

    def _outcome(self, request: Request, voids: bool) -> Fields:
        of = uuid_of({"uuid": request.fields.get("of")})
        journal = self._journal
        if journal is None:
            raise Refusal("JOURNAL_UNREADABLE", "the gateway has no journal")
        about: Fields = {"status": "ok", "of": of, "journal": journal.name, "timestamp": iso(self._clock.now())}
        try:
            row = journal.find(of, request.key_name)
        except JournalUnwritable as error:
            raise Refusal("JOURNAL_UNREADABLE", f"the journal can't be read: {error}") from error
        unwritten = self._unwritten.get(of)
        if row is None and unwritten is not None:
            about.update(outcome=unwritten[2], order_key=unwritten[0], reply=unwritten[3])
        elif row is None and not voids:
            waits = any(job.request is not None and job.request.uuid == of for job in self._all_waiting())
            about["outcome"] = "waiting" if waits else "never_seen"
        elif row is None:
            try:
                journal.add(
                    key=request.key_name,
                    uuid=of,
                    hash="",
                    action="VOID",
                    request={},
                    token="",
                    state="voided",
                    at=self._clock.now(),
                )
            except JournalUnwritable as error:
                raise Refusal("JOURNAL_UNWRITABLE", f"the journal can't be written: {error}") from error
            about["outcome"] = "voided"
        else:
            about.update(outcome=row.state, action=row.action, order_key=row.key, reply=row.reply)
            about.update(sent_at=_iso(row.sent_at), answered_at=_iso(row.answered_at))
            if row.state == "unknown" and row.id not in self._looks and row.action in ORDERS:
                self._looks[row.id] = Look(row, self._clock.monotonic(), len(LOOK_AGAIN_S))
        about["journal_seq"] = journal.seq
        return about

    def _all_waiting(self) -> List[Job]:
        current = [self._current] if self._current is not None else []
        return [*current, *self._waiting, *self._parked]

    def _anchor(self, request: Request) -> Fields:
        stream, count, hash = _stream(request), request.fields.get("count"), request.fields.get("hash")
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 2**63:
            raise Refusal("INVALID_FIELD", "count is a whole number from 0")
        if not isinstance(hash, str) or not 1 <= len(hash) <= 200:
            raise Refusal("INVALID_FIELD", "hash is a text of 1 to 200 characters")
        if self._journal is None:
            raise Refusal("JOURNAL_UNWRITABLE", "the gateway has no journal that it can write")
        try:
            signed = request.key is not None
            conflict, last = self._journal.anchor(signed, request.key_name, stream, count, hash, self._clock.now())
        except JournalUnwritable as error:
            raise Refusal("JOURNAL_UNWRITABLE", f"the journal can't be written: {error}") from error
        reply: Fields = {"status": "ok", "stream": stream, "count": count, "hash": hash}
        if conflict and last is not None:
            self._log("anchor_conflict", stream=stream, count=count, known_count=last[0])
            text = f"the stream {stream} was anchored at {last[0]} with {last[1]}"
            raise Refusal("ANCHOR_CONFLICT", text, known_count=last[0], known_hash=last[1])
        return {**reply, "timestamp": iso(self._clock.now())}

    def _anchors(self, request: Request) -> Fields:
        stream = _stream(request)
        if self._journal is None:
            raise Refusal("JOURNAL_UNREADABLE", "the gateway has no journal")
        rows = [{**row, "at": iso(row["at"])} for row in self._journal.anchors(stream)]
        return {"status": "ok", "stream": stream, "anchors": rows, "timestamp": iso(self._clock.now())}

    # Replies

    def _refuse(self, request: Request, refusal: Refusal, job: Optional[Job] = None) -> None:
        """Answers with an error. A signed order's refusal is written down first, so that it stays refused."""
        is_final = refusal.fields.pop("is_final", False)
        engage = refusal.fields.pop("engage", None)
        if engage is not None and not self._switch.is_engaged():
            self._engage_now(str(engage), "max_daily_loss")
        if request.action == "SYNC_ALL":
            reply: Fields = {"status": "ERROR", "message": refusal.message, "account": {}, "positions": []}
            if request.key is not None:
                reply["uuid"] = request.uuid
            reply.update(error_code=refusal.code, error_msg=refusal.message, **refusal.fields)
            request.later = lambda: reply
            return
        is_order = request.action in ORDERS
        status = "REJECTED" if is_order else "error"
        reply = {"status": status, "error_code": refusal.code, "error_msg": refusal.message}
        reply["timestamp"] = iso(self._clock.now())
        if is_order:
            reply = {**blank(executed=refusal.executed), **reply, "replayed": False}
            reply["journalled"] = job is not None and job.is_journalled
            reply["sent_at"] = _iso(job.sent_at) if job is not None else None
            reply["answered_at"] = reply["timestamp"]
            if refusal.executed == "unknown":
                reply["status"] = "UNKNOWN"
        reply.update(refusal.fields)
        if request.key is not None and not is_final and (is_order or request.action in SWITCHES):
            self._record_refusal(request, refusal, reply, job)
        elif job is not None and job.row_id is not None:
            self._record(job, request, "refused", reply)
        request.later = lambda: reply

    def _record_refusal(self, request: Request, refusal: Refusal, reply: Fields, job: Optional[Job]) -> None:
        if refusal.executed != "no":
            return
        if job is not None and job.row_id is not None:
            self._record(job, request, "refused", reply)
            return
        assert request.key is not None
        journal = self._journal
        if self._find(request.uuid, request.key.name) is not None:
            return
        try:
            if journal is None:
                raise JournalUnwritable("there is none")
            journal.add(
                key=request.key.name,
                uuid=request.uuid,
                hash=request.hash,
                action=request.action,
                request=_kept(request.fields),
                token="",
                state="refused",
                at=self._clock.now(),
                reply={**reply, "journalled": True},
            )
            reply["journalled"] = True
        except JournalUnwritable:
            self._unwritten[request.uuid] = (request.key_name, request.hash, "refused", reply)

    def _flush(self, client: Client) -> None:
        """Lets replies leave that are next in their client's order."""
        lane = self._lanes.get(client)
        while lane:
            request = lane[0]
            if request.reply is None:
                if request.later is None:
                    return
                self._evaluate(request)
                assert request.reply is not None
            self.outbox.append((client, request.reply))
            lane.popleft()
        self._lanes.pop(client, None)

    def _evaluate(self, request: Request) -> None:
        assert request.later is not None
        for _ in range(2):
            try:
                reply = request.later()
                break
            except Refusal as refusal:
                self._refuse(request, refusal)
            except Exception as error:
                self._log("bug", error=f"{type(error).__name__}: {error}"[:300], action=request.action)
                self._refuse(request, Refusal("SERVER_ERROR", "the gateway failed on this request", "unknown"))
        reply = dict(reply)
        if request.key is None and request.action in ORDERS:
            reply = _as_43(reply, request.action)
        if not request.is_echoed_without_uuid:
            reply = {"uuid": request.uuid, **reply}
        if request.mac is not None:
            reply["re"] = request.mac
        self._ready(request, encode(reply), reply["status"], reply.get("error_code"))

    def _ready(self, request: Request, frame: bytes, status: str, code: Optional[str]) -> None:
        if request.key is not None:
            frame = sign(REPLY_LABEL, request.key.name, request.key.secret, frame)
        request.reply = frame
        self._log(
            "request",
            action=request.action,
            uuid=request.uuid,
            key=request.key_name,
            client=hashlib.sha256(b"".join(request.client)).hexdigest()[:8],
            status=status,
            code=code,
            ms=round((self._clock.monotonic() - request.at_monotonic) * 1000, 3),
            bytes_in=request.size,
            bytes_out=len(frame),
        )

    # Time

    def tick(self, is_idle: bool = True) -> None:
        """Does what is due: looks at the terminal and for orders, ends orders whose time is over. If nothing else is
        to be done, it also forces results to the disk."""
        now = self._clock.monotonic()
        self._release_parked()
        if not self._is_link_up and (self._down_reason or now - self._link_down_since > NO_LINK_S):
            self._fail_waiting()
        if self._is_link_up and self._current is None and not self._waiting and not self.is_stopping:
            own = self._look(now)
            if own is None and now - self._last_watch >= WATCH_S:
                own = self._watch(now)
            if own is not None:
                self._start(own)
        if self._journal is not None and is_idle:
            self._journal.settle()

    def _fail_waiting(self) -> None:
        """Answers what waits for a terminal's process that does not start."""
        while self._waiting:
            job = self._waiting.popleft()
            assert job.request is not None
            self._waiting_bytes -= job.request.size
            why = self._down_reason or "the terminal's process does not run"
            self._refuse(job.request, Refusal("MT5_NOT_CONNECTED", why), job)
            self._flush(job.request.client)

    def _release_parked(self) -> None:
        """OPENs that waited for the recovery go on, or end when their time is over."""
        if not self._parked:
            return
        parked, self._parked = self._parked, []
        for job in parked:
            assert job.request is not None
            if not self._is_recovering():
                self._waiting.append(job)
                self._waiting_bytes += job.request.size
            elif not self._answered_before_its_turn(job):
                self._parked.append(job)
        self._work()

    def _on_watched(self, result: Fields) -> None:
        if not result["ok"]:
            self._state = TerminalState()
            self._warn_once("terminal", result["message"], code=result["code"])
            return
        self._warned.discard("terminal")
        state = result["state"]
        self._state = TerminalState(state, self._clock.monotonic())
        if state["engage"] is not None and not self._switch.is_engaged():
            self._engage_now(state["engage"], "max_daily_loss")
        if (state["login"], state["server"]) != (self._config.login, self._config.server):
            text = f"the terminal is on account {state['login']} at {state['server']}"
            self._warn_once("account", text, code="ACCOUNT_MISMATCH")
        else:
            self._warned.discard("account")
        for symbol, most in state["volume_max"].items():
            if self._config.limits.max_lots > most:
                text = f"max_lots is above the {most} lots that {symbol} allows, so it limits nothing there"
                self._warn_once(f"max_lots {symbol}", text, code="LIMIT_ABOVE_SYMBOL")

    def _warn_once(self, name: str, text: str, code: str) -> None:
        if name not in self._warned:
            self._warned.add(name)
            self._log("warning", code=code, text=text)

    def _note(self, kind: str, text: str) -> None:
        if self._journal is None:
            return
        try:
            self._journal.note(kind, self._clock.now(), text)
        except JournalUnwritable as error:
            self._log("journal_unwritable", error=str(error))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _iso(seconds: Optional[float]) -> Optional[str]:
    return iso(seconds) if seconds is not None else None


def _stream(request: Request) -> str:
    stream = request.fields.get("stream")
    if not isinstance(stream, str) or not 1 <= len(stream) <= 200:
        raise Refusal("INVALID_FIELD", "stream is a text of 1 to 200 characters")
    return stream


def _kept(fields: Fields) -> Fields:
    """What the journal keeps of a request; a large one only by its hash."""
    return fields if len(json.dumps(fields)) <= 4096 else {name: fields[name] for name in _KEPT if name in fields}


_KEPT = (
    "uuid",
    "action",
    "timestamp",
    "symbol",
    "type",
    "volume",
    "price",
    "sl",
    "tp",
    "magic",
    "ticket",
    "close_volume",
)


def _conflict() -> Refusal:
    text = "another order had this uuid; what became of that one is in GET_OUTCOME"
    return Refusal("UUID_CONFLICT", text, executed="unknown")


def _bad_signature(why: str) -> Refusal:
    return Refusal("RISK_SIGNATURE_INVALID", why)


def _failure(action: str) -> str:
    return {"OPEN": "MT5_ORDER_FAILED", "CLOSE": "MT5_CLOSE_FAILED"}.get(action, "MT5_CANCEL_FAILED")


def _refusal_of(result: Fields) -> Refusal:
    return Refusal(result["code"], result["message"], result["executed"], **result.get("fields", {}))


def _as_43(reply: Fields, action: str) -> Fields:
    """Statuses and codes that a 4.3 client knows: FILLED for a whole fill alone."""
    if reply["status"] == "FILLED":
        return reply
    if reply["status"] == "REJECTED" and reply.get("retcode") is None:
        # mt5crs recognises a gateway that can close by this answer about a ticket that nobody has.
        not_found = reply.get("error_code") in ("POSITION_NOT_FOUND", "POSITIONS_ERROR")
        return {**reply, "error_code": "MT5_CLOSE_FAILED"} if not_found and action == "CLOSE" else reply
    text = reply.get("error_msg") or f"the order ended {reply['status']}"
    if reply["status"] == "PARTIAL":
        text = f"only {reply.get('volume')} lots were executed, position {reply.get('position')}"
    code = reply.get("error_code")
    return {**reply, "status": "REJECTED", "error_code": _failure(action), "error_msg": text, "reason": code}
