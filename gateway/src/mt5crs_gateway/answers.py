"""What the front answers by itself, while the terminal may hang: PING, the kill switch, outcomes and anchors."""

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Protocol

from . import __version__
from .clock import Clock
from .config import Config
from .journal import Journal, JournalUnwritable
from .looks import Looks
from .protocol import ACTIONS, PROTOCOL, Refusal, iso, parse_time, uuid_of
from .records import Records
from .replies import iso_or_none
from .requests import Fields, Request
from .switch import KillSwitch

#: Seconds after which what the terminal said is no longer what it says now.
STATE_S = 5.0


@dataclass
class TerminalState:
    """What the terminal said last."""

    fields: Fields = field(default_factory=dict)
    at: float = -1e9


class Queue(Protocol):
    """What answers need to know of the terminal's jobs."""

    def busy_s(self) -> float:
        """Seconds for which the terminal has been at its current job."""

    def in_flight(self) -> List[Fields]:
        """The order that was permitted and has not ended."""

    def is_waiting(self, uuid: str) -> bool:
        """Whether an order of this uuid waits or is being done."""


class Answers:
    """Replies that need no terminal."""

    def __init__(
        self,
        config: Config,
        journal: Optional[Journal],
        switch: KillSwitch,
        clock: Clock,
        log: Callable[..., None],
        records: Records,
        looks: Looks,
        queue: Queue,
        instance: str,
    ) -> None:
        self._config = config
        self._journal = journal
        self._switch = switch
        self._clock = clock
        self._log = log
        self._records = records
        self._looks = looks
        self._queue = queue
        self.state = TerminalState()
        #: What PING says for as long as the process lives.
        self._constants: Fields = {
            "name": "mt5crs-gateway",
            "version": __version__,
            "protocol": PROTOCOL,
            "instance": instance,
            "started_at": iso(clock.now()).replace("+00:00", "Z"),
            "actions": list(ACTIONS),
            "signing": config.signing,
            "login": config.login,
            "server": config.server,
            "limits": config.limits.shown(),
        }

    def answer(self, request: Request, voids: bool) -> Callable[[], Fields]:
        """How to compute the reply when the request's turn comes. ENGAGE takes effect at once."""
        action = request.action
        if action == "ENGAGE":
            reply = self._engage(request)
            return lambda: reply
        if action == "GET_OUTCOME":
            return lambda: self._outcome(request, voids)
        answers: Dict[str, Callable[[Request], Fields]] = {
            "PING": self._ping,
            "RELEASE": self._release,
            "ANCHOR": self._anchor,
            "GET_ANCHORS": self._anchors,
        }
        return lambda: answers[action](request)

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
        state = self.state.fields if self._clock.monotonic() - self.state.at <= STATE_S else {}
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
            "terminal_busy_ms": int(self._queue.busy_s() * 1000),
            "recovering": self._looks.is_recovering(),
        }

    def _engage(self, request: Request) -> Fields:
        if request.key is not None:
            reply = self._records.replay(request)
            if reply is not None:
                return reply
        fields = request.fields
        reason, who = str(fields.get("reason", ""))[:500], str(fields.get("who", ""))[:200]
        reply = self.engage(reason, who or (request.key_name or "unsigned"))
        self._records.note_switch(request, reply)
        return reply

    def engage(self, reason: str, who: str) -> Fields:
        """Engages the kill switch."""
        was, at = self._switch.state(), self._clock.now()
        persisted = self._switch.engage(reason, who, iso(at))
        self._log("kill_switch", state="engaged", reason=reason, who=who, persisted=persisted)
        return {
            "status": "ok",
            "kill_switch": "engaged",
            "was": was,
            "persisted": persisted,
            "in_flight": self._queue.in_flight(),
            "note": "orders in flight and pending orders may still execute",
            "replayed": False,
            "timestamp": iso(at),
        }

    def _release(self, request: Request) -> Fields:
        reply = self._records.replay(request)
        if reply is not None:
            return reply
        who = str(request.fields.get("who", ""))[:200] or request.key_name
        reply = {"status": "ok", "was": self._switch.state(), "replayed": False, "timestamp": iso(self._clock.now())}
        # Written before it acts: a release that nothing records must not happen.
        try:
            row = self._records.add(request, "sent", None)
        except JournalUnwritable as error:
            raise Refusal("JOURNAL_UNWRITABLE", f"the journal can't be written: {error}") from error
        try:
            self._switch.release()
        except OSError as error:
            text = f"the file stays: {error.strerror}"
            reply.update(status="error", error_code="SWITCH_NOT_RELEASED", error_msg=text)
        reply["kill_switch"] = self._switch.state()
        state = "done" if reply["kill_switch"] == "released" else "refused"
        assert self._journal is not None
        self._journal.finish(row, state, self._clock.now(), reply)
        self._log("kill_switch", state=reply["kill_switch"], reason="RELEASE", who=who)
        return reply

    def _outcome(self, request: Request, voids: bool) -> Fields:
        of = uuid_of({"uuid": request.fields.get("of")})
        journal = self._readable_journal()
        about: Fields = {"status": "ok", "of": of, "journal": journal.name, "timestamp": iso(self._clock.now())}
        try:
            row = journal.find(of, request.key_name)
        except JournalUnwritable as error:
            raise Refusal("JOURNAL_UNREADABLE", f"the journal can't be read: {error}") from error
        unwritten = self._records.unwritten(of)
        if row is not None:
            about.update(outcome=row.state, action=row.action, order_key=row.key, reply=row.reply)
            about.update(sent_at=iso_or_none(row.sent_at), answered_at=iso_or_none(row.answered_at))
            if row.state == "unknown":
                self._looks.once_more(row)
        elif unwritten is not None:
            about.update(outcome=unwritten.state, order_key=unwritten.key, reply=unwritten.reply)
        elif voids:
            self._void(journal, of, request)
            about["outcome"] = "voided"
        else:
            about["outcome"] = "waiting" if self._queue.is_waiting(of) else "never_seen"
        about["journal_seq"] = journal.seq
        return about

    def _void(self, journal: Journal, of: str, request: Request) -> None:
        """Writes a tombstone: an order of this uuid will never be sent, not even one that waits already."""
        empty: Dict[str, Any] = {"hash": "", "action": "VOID", "request": {}, "token": "", "state": "voided"}
        try:
            journal.add(key=request.key_name, uuid=of, at=self._clock.now(), **empty)
        except JournalUnwritable as error:
            raise Refusal("JOURNAL_UNWRITABLE", f"the journal can't be written: {error}") from error

    def _anchor(self, request: Request) -> Fields:
        stream, count, hash = _stream(request), request.fields.get("count"), request.fields.get("hash")
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 2**63:
            raise Refusal("INVALID_FIELD", "count is a whole number from 0")
        if not isinstance(hash, str) or not 1 <= len(hash) <= 200:
            raise Refusal("INVALID_FIELD", "hash is a text of 1 to 200 characters")
        if self._journal is None:
            raise Refusal("JOURNAL_UNWRITABLE", "the gateway has no journal that it can write")
        signed, now = request.key is not None, self._clock.now()
        try:
            conflict, last = self._journal.anchor(signed, request.key_name, stream, count, hash, now)
        except JournalUnwritable as error:
            raise Refusal("JOURNAL_UNWRITABLE", f"the journal can't be written: {error}") from error
        if conflict and last is not None:
            self._log("anchor_conflict", stream=stream, count=count, known_count=last[0])
            text = f"the stream {stream} was anchored at {last[0]} with {last[1]}"
            raise Refusal("ANCHOR_CONFLICT", text, known_count=last[0], known_hash=last[1])
        return {"status": "ok", "stream": stream, "count": count, "hash": hash, "timestamp": iso(now)}

    def _anchors(self, request: Request) -> Fields:
        stream = _stream(request)
        try:
            rows = self._readable_journal().anchors(stream)
        except JournalUnwritable as error:
            raise Refusal("JOURNAL_UNREADABLE", f"the journal can't be read: {error}") from error
        shown = [{**row, "at": iso(row["at"])} for row in rows]
        return {"status": "ok", "stream": stream, "anchors": shown, "timestamp": iso(self._clock.now())}

    def _readable_journal(self) -> Journal:
        if self._journal is None:
            raise Refusal("JOURNAL_UNREADABLE", "the gateway has no journal")
        return self._journal


def _stream(request: Request) -> str:
    stream = request.fields.get("stream")
    if not isinstance(stream, str) or not 1 <= len(stream) <= 200:
        raise Refusal("INVALID_FIELD", "stream is a text of 1 to 200 characters")
    return stream
