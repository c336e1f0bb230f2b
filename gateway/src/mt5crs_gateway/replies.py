"""Replies: their order for each client, their signature, and what a 4.3 client sees of them."""

import hashlib
from collections import deque
from typing import Callable, Deque, Dict, Optional, Tuple

from .clock import Clock
from .protocol import ORDERS, REPLY_LABEL, Refusal, encode, iso, sign
from .requests import Client, Fields, Request


class Lanes:
    """The requests of each client, and the replies that may leave. A client's replies leave in its requests' order."""

    def __init__(self, clock: Clock, log: Callable[..., None], refuse: Callable[[Request, Refusal], None]) -> None:
        self._clock = clock
        self._log = log
        self._refuse = refuse
        self._lanes: Dict[Client, Deque[Request]] = {}
        #: Replies that may leave: client and frame.
        self.outbox: Deque[Tuple[Client, bytes]] = deque()

    def enter(self, request: Request) -> None:
        """Gives a request its place behind its client's others."""
        self._lanes.setdefault(request.client, deque()).append(request)

    def flush(self, client: Client) -> None:
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

    def answer_read(self, request: Request, body: bytes) -> None:
        """Puts the gateway's own fields around the terminal's text, which is not parsed for it."""
        head: Fields = {} if request.has_no_uuid else {"uuid": request.uuid, "timestamp": iso(self._clock.now())}
        head["status"] = "OK" if request.action == "SYNC_ALL" else "ok"
        if request.mac is not None:
            head["re"] = request.mac
        self._ready(request, encode(head)[:-1] + b"," + body[1:], head["status"], None)

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
            reply = as_43(reply, request.action)
        if not request.has_no_uuid:
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


def complete(reply: Fields, action: str, now: float, request: Optional[Request], monotonic: float) -> None:
    """Adds 4.3's fields and the gateway's times to an order's reply."""
    reply["timestamp"] = reply["execution_time"] = iso(now)
    # 4.3: the order's number, of an OPEN as of a CLOSE.
    reply["ticket"] = reply.get("order") or 0
    if request is not None:
        reply["latency_ms"] = round((monotonic - request.at_monotonic) * 1000, 3)
        reply.setdefault("symbol", request.fields.get("symbol"))
    if action == "CLOSE":
        reply["close_price"] = reply.get("price")
    if reply["status"] in ("REJECTED", "UNKNOWN"):
        reply.setdefault("error_code", failure(action) if reply["status"] == "REJECTED" else "OUTCOME_UNKNOWN")
        reply.setdefault("error_msg", "the outcome is not known")


def as_43(reply: Fields, action: str) -> Fields:
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
    return {**reply, "status": "REJECTED", "error_code": failure(action), "error_msg": text, "reason": code}


def failure(action: str) -> str:
    """The code of an order that the broker did not carry out."""
    return {"OPEN": "MT5_ORDER_FAILED", "CLOSE": "MT5_CLOSE_FAILED"}.get(action, "MT5_CANCEL_FAILED")


def iso_or_none(seconds: Optional[float]) -> Optional[str]:
    """A time as text, None for none."""
    return iso(seconds) if seconds is not None else None
