"""Orders that are looked for at the terminal, because nobody knows their end: when, how often, and what it changes."""

from dataclasses import dataclass
from typing import Callable, Dict, Optional

from .clock import Clock
from .journal import Journal, Row
from .orders import blank
from .protocol import ORDERS, iso
from .replies import complete, iso_or_none
from .requests import Fields

#: Seconds after which a look that finds nothing ends the recovery of an order; history lags behind the book.
SETTLE_S = 15.0
#: Seconds between the looks for one order.
AGAIN_S = (1.0, 2.0, 4.0, 8.0, 16.0)
#: Seconds until the next look where the terminal did not tell.
NOT_TOLD_S = 1.0
#: Seconds back within which unknown orders are looked for at start.
LOOK_BACK_S = 24 * 3600.0


@dataclass
class _Look:
    row: Row
    due: float
    attempts: int = 0
    is_recovery: bool = False


class Looks:
    """The orders that are looked for."""

    def __init__(self, journal: Optional[Journal], clock: Clock, log: Callable[..., None]) -> None:
        self._journal = journal
        self._clock = clock
        self._log = log
        self._looks: Dict[int, _Look] = {}
        if journal is None:
            return
        now = clock.monotonic()
        for row in journal.unresolved(["sent"], 0.0):
            self._looks[row.id] = _Look(row, now, is_recovery=True)
        for row in journal.unresolved(["unknown"], clock.now() - LOOK_BACK_S):
            self._looks[row.id] = _Look(row, now)

    def __len__(self) -> int:
        return len(self._looks)

    def is_recovering(self) -> bool:
        """Whether an order that an earlier process sent is still looked for."""
        return any(look.is_recovery for look in self._looks.values())

    def begin(self, row: Row) -> None:
        """Looks for an order that has just become unknown."""
        self._looks[row.id] = _Look(row, self._clock.monotonic() + AGAIN_S[0])

    def once_more(self, row: Row) -> None:
        """Looks once for an order that somebody asks about."""
        if row.id not in self._looks and row.action in ORDERS:
            self._looks[row.id] = _Look(row, self._clock.monotonic(), len(AGAIN_S))

    def due(self) -> Optional[Row]:
        """The order to look for now: those of an earlier process first."""
        now = self._clock.monotonic()
        due = [it for it in self._looks.values() if it.due <= now]
        return min(due, key=lambda it: (not it.is_recovery, it.due)).row if due else None

    def note(self, row: Row, result: Fields) -> None:
        """Handles the terminal's answer to a look."""
        look = self._looks.get(row.id)
        if look is None:
            return
        now = self._clock.monotonic()
        if not result["ok"]:
            # The terminal did not tell: that is no look.
            look.due = now + NOT_TOLD_S
            self._log("lookup_failed", uuid=row.uuid, code=result["code"], error=result["message"])
            return
        look.attempts += 1
        found = result["found"]
        is_decided = found is not None and found["executed"] != "unknown"
        age = self._clock.now() - (row.sent_at or 0.0)
        is_last = look.attempts > len(AGAIN_S)
        if is_decided or (look.is_recovery and (age >= SETTLE_S or is_last)):
            self._resolve(row, found if is_decided else None)
        elif is_last:
            del self._looks[row.id]
        else:
            look.due = now + AGAIN_S[look.attempts - 1]

    def _resolve(self, row: Row, found: Optional[Fields]) -> None:
        """Writes what a look found; None: it stays unknown."""
        del self._looks[row.id]
        assert self._journal is not None
        if found is None and row.state == "unknown":
            return
        now = self._clock.now()
        reply = dict(row.reply) if row.reply is not None else blank(status="UNKNOWN")
        reply.pop("error_code", None)
        reply.pop("error_msg", None)
        times = {"sent_at": iso_or_none(row.sent_at), "answered_at": iso(now)}
        reply.update(journalled=True, replayed=False, **times)
        state = "unknown"
        if found is not None:
            reply.update(found, found_by="lookup")
            state = "done" if found["executed"] == "yes" else "refused"
        if row.action == "OPEN":
            reply.setdefault("symbol", row.request.get("symbol"))
        complete(reply, row.action, now, None, 0.0)
        self._journal.finish(row.id, state, now, reply)
        self._log("order_looked_up", uuid=row.uuid, action=row.action, state=state)
