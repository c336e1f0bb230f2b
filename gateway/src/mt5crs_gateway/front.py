"""The front's decisions: frames, messages of the terminal and time in; replies and jobs out.

It calls neither the terminal nor the network. Its only I/O is the journal and the kill switch.

Replies to one client leave in the order of its requests. ENGAGE takes effect the moment that it arrives, even behind a
request that hangs. Jobs for the terminal are done in the order in which they arrived, one at a time.

The life of an order: its frame is checked, it waits for the terminal, the terminal's process checks what it can and
asks for permission (`decide`). There the last checks are made and the journal is written; only then is it sent. A
refusal is written to the journal as well, before it is answered: an order that was called "not executed" must not
execute when its frame is sent again.
"""

import uuid as uuids
from collections import deque
from typing import Callable, Deque, List, Optional, Protocol, Set, Tuple

from .admission import Admission
from .answers import Answers, TerminalState
from .checks import check_order, signature_refused
from .clock import Clock
from .config import Config
from .journal import Journal, JournalUnwritable
from .keys import Keyring
from .limits import OrderRate
from .looks import Looks
from .orders import blank
from .protocol import FRESHNESS_S, ORDERS, TERMINAL_READS, Refusal, iso, order_token
from .records import Records
from .replies import Lanes, complete, iso_or_none
from .requests import Client, Fields, Job, Request
from .switch import KillSwitch

#: Seconds between two looks at an idle terminal.
WATCH_S = 1.0
#: Seconds after which a look at the terminal goes before requests that wait.
OVERDUE_S = 3.0
#: Seconds of one call after which the terminal counts as hung.
BUSY_S = 5.0
#: Seconds without a terminal's process after which waiting requests are answered.
NO_LINK_S = 5.0
#: Requests that may wait for the terminal, and their bytes.
MAX_WAITING = 20_000
MAX_WAITING_BYTES = 64 * 1024 * 1024


class Link(Protocol):
    """The way to the terminal's process."""

    def submit(self, job: Fields) -> None:
        """Hands over one job; the next one only after the result of this one."""


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
        self._journal = journal
        self._switch = switch
        self._clock = clock
        self._link = link
        self._log = log
        instance = instance or str(uuids.uuid4())
        #: Set when the process ends: nothing new is begun.
        self.is_stopping = False
        self._admission = Admission(config, keyring, clock)
        self._records = Records(journal, clock, log)
        self._looks = Looks(journal, clock, log)
        self._lanes = Lanes(clock, log, self._refuse)
        self._answers = Answers(config, journal, switch, clock, log, self._records, self._looks, self, instance)
        self._rate = OrderRate(config.limits.orders_per_minute)
        self._waiting: Deque[Job] = deque()
        self._waiting_bytes = 0
        #: OPENs that wait for the recovery.
        self._parked: List[Job] = []
        self._current: Optional[Job] = None
        self._current_since = 0.0
        self._numbers = 0
        self._is_link_up = False
        self._link_down_since = clock.monotonic()
        #: Why the terminal's process ends each time, where it said so.
        self._down_reason: Optional[str] = None
        self._last_watch = -1e9
        self._is_own_turn = False
        self._warned: Set[str] = set()
        #: The latest wall-clock time that was seen, in this process or an earlier one.
        self._latest = clock.now()
        if journal is not None:
            self._resume(journal, instance)

    def _resume(self, journal: Journal, instance: str) -> None:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        self._latest = max(now, journal.last_time())
        for sent_at in journal.opens_since(now - 60):
            self._rate.note(monotonic - max(0.0, now - sent_at))
        try:
            journal.note("started", now, instance)
        except JournalUnwritable as error:
            self._log("journal_unwritable", error=str(error))

    @property
    def outbox(self) -> Deque[Tuple[Client, bytes]]:
        """Replies that may leave: client and frame."""
        return self._lanes.outbox

    # Frames

    def receive(self, client: Client, frame: bytes) -> None:
        """Handles one frame of a client. Never raises for what a client sends."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        request = Request(client, "", "unknown", {}, None, None, now, monotonic, len(frame))
        self._lanes.enter(request)
        try:
            self._admission.read(request, frame)
            self._admit(request)
        except Refusal as refusal:
            self._refuse(request, refusal)
        except Exception as error:
            self._log("bug", error=f"{type(error).__name__}: {error}"[:300], action=request.action)
            executed = "unknown" if request.action in ORDERS else "no"
            self._refuse(request, Refusal("SERVER_ERROR", "the gateway failed on this request", executed))
        self._lanes.flush(client)

    def _admit(self, request: Request) -> None:
        voids = request.action == "GET_OUTCOME" and request.fields.get("void") is True
        self._admission.check(request, voids, self._journal.name if self._journal is not None else None)
        self._latest = max(self._latest, request.at)
        if request.action in ORDERS:
            self._admit_order(request)
        elif request.action in TERMINAL_READS:
            self._wait(Job(self._number(), request.action, request))
        else:
            request.later = self._answers.answer(request, voids)

    def _admit_order(self, request: Request) -> None:
        job = Job(self._number(), request.action, request)
        job.uuid = request.uuid if request.uuid != "unknown" else str(uuids.uuid4())
        if request.key is not None and self._replay(request):
            return
        job.valid_until = check_order(request, self._config)
        if request.action == "OPEN":
            self._check_may_open(request.at)
            self._rate.check(self._clock.monotonic())
        self._wait(job)

    def _replay(self, request: Request) -> bool:
        """Answers an order that was seen before. Returns whether it was."""
        reply = self._records.replay(request)
        if reply is None:
            return False
        request.later = lambda: reply or {}
        return True

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
        """Gives a job its place before the terminal, or refuses it."""
        request = job.request
        assert request is not None
        if job.action not in ORDERS and request.key is not None:
            self._check_not_hung()
        if job.action == "OPEN" and self._looks.is_recovering():
            if len(self._parked) >= MAX_WAITING:
                raise Refusal("BUSY", f"{len(self._parked)} orders wait for the recovery already")
            self._parked.append(job)
            return
        is_full = len(self._waiting) >= MAX_WAITING or self._waiting_bytes + request.size > MAX_WAITING_BYTES
        # An order that reduces risk is never turned away for others that wait.
        if is_full and job.action not in ("CLOSE", "CANCEL"):
            raise Refusal("BUSY", f"{len(self._waiting)} requests wait for the terminal already")
        self._append(job, request)
        self._work()

    def _append(self, job: Job, request: Request) -> None:
        self._waiting.append(job)
        self._waiting_bytes += request.size

    def _take(self) -> Tuple[Job, Request]:
        job = self._waiting.popleft()
        assert job.request is not None
        self._waiting_bytes -= job.request.size
        return job, job.request

    def _check_not_hung(self) -> None:
        """A signed read behind a call that hangs is told so. A 4.3 client gets 4.3's silence."""
        busy = self.busy_s()
        if busy > BUSY_S:
            raise Refusal("BUSY", f"the terminal has been busy for {busy:.1f} s", terminal_busy_ms=int(busy * 1000))

    def _is_free(self) -> bool:
        return self._is_link_up and self._current is None and not self.is_stopping

    def _work(self) -> None:
        """Gives the terminal its next job, if it is free."""
        while self._is_free() and self._waiting:
            own = self._overdue()
            if own is not None:
                self._start(own)
                continue
            job, request = self._take()
            if not self._is_answered_before_its_turn(job, request):
                self._start(job)

    def _overdue(self) -> Optional[Job]:
        """A look that clients' requests would keep away for ever; after it, a request has its turn."""
        self._is_own_turn = not self._is_own_turn
        if not self._is_own_turn:
            return None
        now = self._clock.monotonic()
        if self._last_watch > 0 and now - self._last_watch > OVERDUE_S:
            return self._watch(now)
        return self._look()

    def _look(self) -> Optional[Job]:
        row = self._looks.due()
        return Job(self._number(), "LOOKUP", row=row) if row is not None else None

    def _watch(self, now: float) -> Job:
        self._last_watch = now
        return Job(self._number(), "WATCH")

    def _start(self, job: Job) -> None:
        self._current = job
        self._current_since = self._clock.monotonic()
        if job.request is not None and job.action in ORDERS:
            self._name(job, job.request)
        self._link.submit(self._message(job))

    def _name(self, job: Job, request: Request) -> None:
        """Gives an order the comment by which it is found."""
        # A 4.3 client may use one uuid for all its orders, and each must be found as itself.
        is_used = request.key is None and self._records.knows(job.uuid)
        job.token = order_token(request.key_name or "", str(uuids.uuid4()) if is_used else job.uuid)

    def _is_answered_before_its_turn(self, job: Job, request: Request) -> bool:
        """Whether an order needs no terminal any more: the same one was done meanwhile, or its time is over."""
        if job.action not in ORDERS:
            return False
        try:
            if request.key is None or not self._replay(request):
                self._check_time(job, self._clock.now())
                return False
        except Refusal as refusal:
            self._refuse(request, refusal, job)
        self._lanes.flush(request.client)
        return True

    def _check_time(self, job: Job, now: float) -> None:
        if job.valid_until is None or now <= job.valid_until:
            return
        if job.request is not None and job.request.key is None:
            raise signature_refused("Signature expired before the terminal was free")
        raise Refusal("EXPIRED", f"valid_until was {iso(job.valid_until)}")

    def _message(self, job: Job) -> Fields:
        message: Fields = {"job": job.number, "action": job.action}
        limits = self._config.limits
        if job.row is not None:
            row = job.row
            message.update(of=row.action, request=row.request, token=row.token, sent_at=row.sent_at or 0.0)
        elif job.request is None:
            message.update(max_daily_loss=limits.max_daily_loss, symbols=limits.symbols)
        else:
            message["request"] = job.request.fields
            if job.action in ORDERS:
                message.update(token=job.token, wall=self._clock.now(), limits=limits.shown())
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
        now, is_open = self._clock.now(), job.action == "OPEN"
        if (question["login"], question["server"]) != (self._config.login, self._config.server):
            text = f"the terminal is on account {question['login']} at {question['server']}"
            raise Refusal("ACCOUNT_MISMATCH", text)
        if is_open:
            self._check_may_open(now)
        self._check_time(job, now)
        is_first = not job.is_permitted
        if is_open and is_first:
            self._rate.check(self._clock.monotonic())
        may_go_unwritten = not is_open and request.fields.get("close_volume") is None
        self._records.permit(job, request, now, may_go_unwritten)
        if is_open and is_first:
            self._rate.note(self._clock.monotonic())
        job.is_permitted = True
        job.sent_at = now

    def handle(self, message: Fields, body: bytes) -> None:
        """Handles a message of the terminal's process that is no question."""
        kind = message["kind"]
        if kind == "ready":
            self._is_link_up = True
            self._down_reason = None
            self._last_watch = -1e9
        elif kind == "log":
            self._on_terminal_log(message["event"], message["fields"])
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
        self._answers.state = TerminalState()
        job, self._current = self._current, None
        if job is not None:
            executed = "unknown" if job.is_permitted else "no"
            lost = {"ok": False, "code": "TERMINAL_LOST", "message": why, "executed": executed}
            self._finish(job, lost, b"")

    def _on_terminal_log(self, event: str, fields: Fields) -> None:
        self._log(event, **fields)
        if event == "module_missing":
            self._down_reason = f"the Python module MetaTrader5 can't be loaded: {fields['error']}"
        if event == "broker_utc_offset" and self._journal is not None:
            try:
                self._journal.put("broker_utc_offset_s", str(fields["seconds"]), self._clock.now())
            except JournalUnwritable as error:
                self._log("journal_unwritable", error=str(error))

    def _finish(self, job: Job, result: Fields, body: bytes) -> None:
        """Handles a job's result."""
        request = job.request
        if job.row is not None:
            self._looks.note(job.row, result)
            return
        if request is None:
            self._on_watched(result)
            return
        if job.action in ORDERS:
            self._finish_order(job, request, result)
        elif result["ok"]:
            self._lanes.answer_read(request, body)
        else:
            self._refuse(request, _refusal_of(result))
        self._lanes.flush(request.client)

    def _finish_order(self, job: Job, request: Request, result: Fields) -> None:
        if result["ok"]:
            reply = dict(result["order"])
        else:
            refusal = _refusal_of(result)
            if not job.is_permitted or refusal.executed == "no":
                self._refuse(request, refusal, job)
                return
            reply = blank(status="UNKNOWN", error_code=refusal.code, error_msg=refusal.message)
        now = self._clock.now()
        times = {"sent_at": iso_or_none(job.sent_at), "answered_at": iso(now)}
        reply.update(journalled=job.is_journalled, replayed=False, **times)
        complete(reply, job.action, now, request, self._clock.monotonic())
        state = {"yes": "done", "no": "refused"}.get(reply["executed"], "unknown")
        row = self._records.finish(job, request, state, reply)
        if state == "unknown" and row is not None:
            self._looks.begin(row)
        request.later = lambda: reply

    def _refuse(self, request: Request, refusal: Refusal, job: Optional[Job] = None) -> None:
        """Answers with an error. A signed order's refusal is written down first, so that it stays refused."""
        fields = dict(refusal.fields)
        is_final, engage = fields.pop("is_final", False), fields.pop("engage", None)
        if engage is not None and not self._switch.is_engaged():
            self._answers.engage(str(engage), "max_daily_loss")
        now = iso(self._clock.now())
        error = {"error_code": refusal.code, "error_msg": refusal.message, "timestamp": now}
        if request.action == "SYNC_ALL":
            empty: Fields = {"status": "ERROR", "message": refusal.message, "account": {}, "positions": []}
            request.later = lambda: {**empty, **error, **fields}
            return
        reply: Fields = {"status": "error", **error, **fields}
        if request.action in ORDERS:
            reply = {**blank(executed=refusal.executed), **reply, "replayed": False, "answered_at": now}
            reply["status"] = "UNKNOWN" if refusal.executed == "unknown" else "REJECTED"
            reply["journalled"] = job is not None and job.is_journalled
            reply["sent_at"] = iso_or_none(job.sent_at) if job is not None else None
        if request.hash and refusal.executed == "no" and not is_final:
            if request.key is not None:
                self._records.refuse(request, reply, job)
            elif job is not None and job.row_id is not None:
                self._records.finish(job, request, "refused", reply)
        request.later = lambda: reply

    # What others ask about the terminal's jobs

    def busy_s(self) -> float:
        """Seconds for which the terminal has been at its current job."""
        return self._clock.monotonic() - self._current_since if self._current is not None else 0.0

    def is_in_order(self) -> bool:
        """Whether an order was permitted and has not ended."""
        return self._current is not None and self._current.is_permitted

    def in_flight(self) -> List[Fields]:
        """The order that was permitted and has not ended."""
        job = self._current
        if job is None or job.request is None or not job.is_permitted:
            return []
        fields = job.request.fields
        shown: Fields = {name: fields[name] for name in ("symbol", "type", "volume", "ticket") if name in fields}
        return [{"uuid": job.request.uuid, "action": job.action, **shown, "sent_at": iso_or_none(job.sent_at)}]

    def is_waiting(self, uuid: str) -> bool:
        """Whether an order of this uuid waits, or is being checked by the terminal's process."""
        jobs = [*self._waiting, *self._parked]
        if self._current is not None:
            jobs.append(self._current)
        return any(job.uuid == uuid for job in jobs if job.uuid)

    # Time

    def tick(self, is_idle: bool = True) -> None:
        """Does what is due: looks at the terminal and for orders, ends orders whose time is over. If nothing else is
        to be done, it also forces results to the disk."""
        now = self._clock.monotonic()
        self._release_parked()
        if not self._is_link_up and (self._down_reason or now - self._link_down_since > NO_LINK_S):
            self._fail_waiting()
        if self._is_free() and not self._waiting:
            own = self._look()
            if own is None and now - self._last_watch >= WATCH_S:
                own = self._watch(now)
            if own is not None:
                self._start(own)
        if self._journal is not None and is_idle:
            self._journal.settle()

    def _fail_waiting(self) -> None:
        """Answers what waits for a terminal's process that does not start."""
        while self._waiting:
            job, request = self._take()
            why = self._down_reason or "the terminal's process does not run"
            self._refuse(request, Refusal("MT5_NOT_CONNECTED", why), job)
            self._lanes.flush(request.client)

    def _release_parked(self) -> None:
        """OPENs that waited for the recovery go on, or end when their time is over."""
        if not self._parked:
            return
        parked, self._parked = self._parked, []
        for job in parked:
            assert job.request is not None
            if not self._looks.is_recovering():
                self._append(job, job.request)
            elif not self._is_answered_before_its_turn(job, job.request):
                self._parked.append(job)
        self._work()

    def _on_watched(self, result: Fields) -> None:
        if not result["ok"]:
            self._answers.state = TerminalState()
            self._warn_once("terminal", result["message"], code=result["code"])
            return
        self._warned.discard("terminal")
        state = result["state"]
        self._answers.state = TerminalState(state, self._clock.monotonic())
        if state["engage"] is not None and not self._switch.is_engaged():
            self._answers.engage(state["engage"], "max_daily_loss")
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


def _refusal_of(result: Fields) -> Refusal:
    return Refusal(result["code"], result["message"], result["executed"], **result.get("fields", {}))
