"""The terminal's process: it owns the connection to MetaTrader 5 and does one job after the other.

The module holds Python's interpreter lock during every call, so a thread could not answer while the terminal hangs.
Messages to and from the front are a line of JSON; a read's reply follows its line as text that the front doesn't parse.
"""

import importlib
import json
import os
import signal
import sys
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import lookups
from .broker_time import BrokerTime
from .orders import ORDERS, check_daily_loss
from .protocol import Refusal, encode
from .reads import READS, Fields
from .session import MARGIN_MODES, Session

#: A message's line, and a read's reply after it.
Message = Tuple[Fields, bytes]


class Worker:
    """Does jobs. `ask` sends a question to the front and returns its answer."""

    def __init__(self, session: Session, ask: Callable[[Fields], Fields]) -> None:
        self._session = session
        self._ask = ask

    def run(self, job: Fields) -> Message:
        """Does one job. Never raises."""
        action = job["action"]
        done: Fields = {"kind": "done", "job": job["job"]}
        is_permitted: List[bool] = []

        def ask(login: Any, server: str, attempt: int) -> None:
            question = {"kind": "ask", "job": job["job"], "login": login, "server": server, "attempt": attempt}
            answer = self._ask(question)
            if not answer["go"]:
                raise Refusal(answer["code"], answer["message"])
            is_permitted.append(True)

        try:
            if action in READS:
                fields = READS[action](self._session, job["request"])
                return {**done, "ok": True}, encode(fields)
            if action in ORDERS:
                return {**done, "ok": True, "order": ORDERS[action](self._session, job, ask)}, b""
            if action == "LOOKUP":
                self._session.connect()
                self._session.check_account()
                found = lookups.look_up(self._session, job["of"], job["request"], job["token"], job["sent_at"])
                return {**done, "ok": True, "found": found}, b""
            return {**done, "ok": True, "state": self._watch(job)}, b""
        except Refusal as refusal:
            return {**done, "ok": False, **_shown(refusal)}, b""
        except Exception as error:
            # Where permission was given, the order may have been sent.
            executed = "unknown" if is_permitted else "no"
            text = f"{type(error).__name__}: {error}"[:300]
            return {
                **done,
                "ok": False,
                "code": f"{_subject(action)}_EXCEPTION",
                "message": text,
                "executed": executed,
            }, b""

    def _watch(self, job: Fields) -> Fields:
        """What the terminal says now, for PING; looks at ticks and at the daily loss."""
        session = self._session
        terminal = session.connect()
        account = session.account()
        session.watch_ticks()
        engage = None
        if job.get("max_daily_loss") is not None and (account.login, account.server) == (session.login, session.server):
            try:
                check_daily_loss(session, account, job["max_daily_loss"])
            except Refusal as refusal:
                engage = refusal.fields.get("engage")
        return {
            "connected": bool(terminal.connected),
            "login": account.login,
            "server": account.server,
            "trade_mode": account.trade_mode,
            "margin_mode": MARGIN_MODES.get(account.margin_mode),
            "broker_utc_offset_s": session.broker_time.offset_s,
            "engage": engage,
            "volume_max": self._largest_volumes(job.get("symbols")),
        }

    def _largest_volumes(self, symbols: Optional[List[str]]) -> Dict[str, float]:
        infos = {it: self._session.mt5.symbol_info(it) for it in (symbols or [])[:20]}
        return {name: info.volume_max for name, info in infos.items() if info is not None}


def _shown(refusal: Refusal) -> Fields:
    shown: Fields = {"code": refusal.code, "message": refusal.message, "executed": refusal.executed}
    if refusal.fields:
        shown["fields"] = refusal.fields
    return shown


def _subject(action: str) -> str:
    return action[4:] if action.startswith("GET_") else "MT5"


def main(connection: Any, settings: Fields) -> None:
    """Runs in the terminal's process until the front goes away."""
    # Ctrl+C in a console reaches every process of it; the front decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if settings.get("module_folder"):
        sys.path.insert(0, settings["module_folder"])
    password = os.environ.get(settings["password_env"]) if settings["password_env"] else None

    def send(line: Fields, body: bytes = b"") -> None:
        connection.send_bytes(json.dumps(line, default=str).encode() + b"\n" + body)

    def ask(question: Fields) -> Fields:
        send(question)
        answer: Fields = json.loads(connection.recv_bytes())
        return answer

    try:
        session = Session(
            importlib.import_module("MetaTrader5"),
            path=settings["path"],
            login=settings["login"],
            server=settings["server"],
            password=password,
            start_timeout_s=settings["start_timeout_s"],
            broker_time=BrokerTime(settings["broker_utc_offset_s"]),
            log=lambda event, **fields: send({"kind": "log", "event": event, "fields": fields}),
            now=time.time,
        )
        worker = Worker(session, ask)
        send({"kind": "ready"})
        while True:
            job = json.loads(connection.recv_bytes())
            send(*worker.run(job))
    except ImportError as error:
        send({"kind": "log", "event": "module_missing", "fields": {"error": str(error)}})
        sys.exit(3)
    except (EOFError, OSError):
        # The front is gone: nothing that it has not permitted may be sent any more.
        os._exit(0)
