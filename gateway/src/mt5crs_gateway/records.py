"""What the gateway knows of orders and switch actions: the journal, and in memory what the journal could not take."""

import json
from typing import Callable, Dict, NamedTuple, Optional

from .clock import Clock
from .journal import Journal, JournalUnwritable, Row
from .orders import blank
from .protocol import Refusal, iso
from .replies import iso_or_none
from .requests import Fields, Job, Request


class Unwritten(NamedTuple):
    """An order or switch action that the journal could not take."""

    key: Optional[str]
    hash: str
    state: str
    reply: Fields


class Records:
    """Answers what was seen before, and writes what happens."""

    def __init__(self, journal: Optional[Journal], clock: Clock, log: Callable[..., None]) -> None:
        self._journal = journal
        self._clock = clock
        self._log = log
        self._unwritten: Dict[str, Unwritten] = {}

    def unwritten(self, uuid: str) -> Optional[Unwritten]:
        """What is known in memory alone."""
        return self._unwritten.get(uuid)

    def knows(self, uuid: str) -> bool:
        """Whether an order of this uuid was seen, or may have been where the journal can't be read."""
        if self._journal is None or uuid in self._unwritten:
            return True
        try:
            return self._journal.find(uuid, None) is not None
        except JournalUnwritable:
            return True

    def replay(self, request: Request) -> Optional[Fields]:
        """The reply to a signed order or switch action that was seen before; None for a new one.

        Raises `VOIDED` and `UUID_CONFLICT`.
        """
        assert request.key is not None
        row = self._find(request.uuid, request.key.name)
        seen = self._unwritten.get(request.uuid)
        if row is not None and row.state == "voided":
            raise _voided()
        if row is not None and row.key is not None:
            if (row.key, row.hash) != (request.key.name, request.hash):
                raise _conflict()
            reply = dict(row.reply) if row.reply is not None else self._sent_reply(row.sent_at, True)
        elif seen is not None and seen.key is not None:
            if (seen.key, seen.hash) != (request.key.name, request.hash):
                raise _conflict()
            reply = dict(seen.reply)
        else:
            return None
        reply["replayed"] = True
        return reply

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

    def _sent_reply(self, sent_at: Optional[float], journalled: bool) -> Fields:
        """The answer about an order that was sent and of which nothing is known yet."""
        text = "the order was sent, and its end is not known"
        reply = blank(status="UNKNOWN", error_code="OUTCOME_UNKNOWN", error_msg=text)
        reply.update(journalled=journalled, replayed=False, sent_at=iso_or_none(sent_at), answered_at=None)
        reply["timestamp"] = iso(self._clock.now())
        return reply

    def permit(self, job: Job, request: Request, now: float, may_go_unwritten: bool) -> None:
        """Writes that an order is sent now, before it is. Raises `VOIDED`, and `JOURNAL_UNWRITABLE` for an order that
        must not go without its row."""
        try:
            self._write_sent(job, request, now)
            return
        except JournalUnwritable as error:
            if not may_go_unwritten:
                raise Refusal("JOURNAL_UNWRITABLE", f"the journal can't be written: {error}") from error
            self._log("sent_without_journal", uuid=request.uuid, action=job.action, error=str(error))
        if self._journal is not None:
            self._journal.mark_gap()
        reply = self._sent_reply(now, False)
        self._unwritten[job.uuid] = Unwritten(request.key_name, request.hash, "sent", reply)

    def _write_sent(self, job: Job, request: Request, now: float) -> None:
        journal = self._journal
        if journal is None:
            raise JournalUnwritable("there is none")
        if job.row_id is not None:
            journal.again(job.row_id, now)
            return
        if journal.is_voided(job.uuid):
            raise _voided()
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

    def finish(self, job: Job, request: Request, state: str, reply: Fields) -> Optional[Row]:
        """Writes an order's result. Returns its row, if that can be read."""
        if job.row_id is None:
            self._unwritten[job.uuid] = Unwritten(request.key_name, request.hash, state, reply)
            return None
        assert self._journal is not None
        if not self._journal.finish(job.row_id, state, self._clock.now(), reply):
            reply["journalled"] = False
            self._log("journal_unwritable", error=self._journal.failure)
        try:
            return self._journal.row(job.row_id)
        except JournalUnwritable as error:
            self._log("journal_unreadable", error=str(error))
            return None

    def refuse(self, request: Request, reply: Fields, job: Optional[Job]) -> None:
        """Writes that a signed order or switch action was refused, so that it stays refused."""
        assert request.key is not None
        if job is not None and job.row_id is not None:
            self.finish(job, request, "refused", reply)
            return
        if self._find(request.uuid, request.key.name) is not None:
            return
        try:
            self.add(request, "refused", {**reply, "journalled": True})
            reply["journalled"] = True
        except JournalUnwritable:
            self._unwritten[request.uuid] = Unwritten(request.key_name, request.hash, "refused", reply)

    def add(self, request: Request, state: str, reply: Optional[Fields]) -> int:
        """Writes a row of a request that is no order to be sent. Raises `JournalUnwritable`."""
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

    def note_switch(self, request: Request, reply: Fields) -> None:
        """Writes a switch action that took effect already."""
        try:
            self.add(request, "done", {**reply, "journalled": True})
            reply["journalled"] = True
        except JournalUnwritable as error:
            reply["journalled"] = False
            self._unwritten[request.uuid] = Unwritten(request.key_name, request.hash, "done", reply)
            self._log("journal_unwritable", error=str(error))


def _voided() -> Refusal:
    return Refusal("VOIDED", "this uuid was voided: the order will never be sent", is_final=True)


def _conflict() -> Refusal:
    text = "another order had this uuid; what became of that one is in GET_OUTCOME"
    return Refusal("UUID_CONFLICT", text, executed="unknown")


_NEEDED = ("uuid", "action", "timestamp", "symbol", "type", "volume", "price", "sl", "tp", "magic", "ticket")


def _kept(fields: Fields) -> Fields:
    """What the journal keeps of a request: of a large one, what a look for it needs."""
    if len(json.dumps(fields)) <= 4096:
        return fields
    return {name: fields[name] for name in (*_NEEDED, "close_volume") if name in fields}
