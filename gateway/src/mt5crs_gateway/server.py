"""The gateway's sockets and the terminal's process, around the front's decisions.

One thread does everything but one thing: a second thread waits for the terminal's messages and hands them on, because
Windows can't wait for a pipe and a socket together.
"""

import json
import multiprocessing
import signal
import sqlite3
import threading
from types import FrameType
from typing import Any, Dict, List, Optional, Tuple

import zmq

from . import __version__, keys, terminal
from .clock import Clock, SystemClock
from .config import Config
from .front import Front
from .journal import Journal, JournalRefused, open_journal
from .logs import Log
from .protocol import MAX_FRAME
from .switch import KillSwitch

Fields = Dict[str, Any]

#: Milliseconds between two looks at what is due.
_POLL_MS = 100
#: Frames that are read before the terminal's messages are looked at again.
_FRAMES_A_ROUND = 64
#: Seconds that an order which was sent has to end when the gateway stops.
_STOP_S = 10.0
_LEAST_WAIT_S, _MOST_WAIT_S = 0.5, 30.0
_INPROC = "inproc://terminal"


class PortTaken(Exception):
    """The address can't be bound."""


class TerminalProcess:
    """The child process, the pipe to it, and the thread that reads the pipe."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", settings: Fields) -> None:
        self._zmq = context
        self._settings = settings
        self._process: Optional[multiprocessing.process.BaseProcess] = None
        self._connection: Any = None
        #: Tells messages of this process from those of an earlier one.
        self.generation = 0

    def start(self, offset_s: Optional[int]) -> None:
        """Starts the process."""
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        settings = {**self._settings, "broker_utc_offset_s": offset_s}
        process = spawn.Process(target=terminal.main, args=(theirs, settings), name="terminal", daemon=True)
        process.start()
        theirs.close()
        self._process, self._connection = process, ours
        self.generation += 1
        pump = threading.Thread(target=self._pump, args=(ours, self.generation), daemon=True)
        pump.start()

    def _pump(self, connection: Any, generation: int) -> None:
        out = self._zmq.socket(zmq.PUSH)
        out.setsockopt(zmq.LINGER, 0)
        out.connect(_INPROC)
        mark = str(generation).encode()
        try:
            while True:
                out.send_multipart([mark, connection.recv_bytes()])
        except (EOFError, OSError, zmq.ZMQError):
            try:
                out.send_multipart([mark, b""])
            except zmq.ZMQError:
                pass
        finally:
            out.close()

    def submit(self, job: Fields) -> None:
        """Sends a job, or the answer to a question."""
        assert self._connection is not None
        try:
            self._connection.send_bytes(json.dumps(job).encode())
        except OSError:
            # The reading thread reports the end.
            pass

    def kill(self) -> None:
        """Ends the process at once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join(5)
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Server:
    """The gateway."""

    def __init__(self, config: Config, clock: Optional[Clock] = None) -> None:
        self._config = config
        self._clock = clock or SystemClock()
        keyring = keys.load(config.keys)
        config.check_keys(len(keyring))
        config.password()
        self._log = Log(self._clock, config.log_folder, config.log_max_bytes, config.log_parts)
        self._journal = self._open_journal()
        self._zmq: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._router = self._bind()
        self._inbox = self._zmq.socket(zmq.PULL)
        self._inbox.bind(_INPROC)
        self._terminal = TerminalProcess(self._zmq, self._settings())
        self._start_at: Optional[float] = self._clock.monotonic()
        self._started_at = 0.0
        self._wait_s = _LEAST_WAIT_S
        self._stop_by: Optional[float] = None
        self.front = Front(
            config, keyring, self._journal, KillSwitch(config.kill_switch), self._clock, self._terminal, self._log
        )
        last = self._router.getsockopt(zmq.LAST_ENDPOINT)
        assert isinstance(last, bytes)
        endpoint = last.rstrip(b"\0").decode()
        self.port = int(endpoint.rsplit(":", 1)[1])
        self._log(
            "listening",
            endpoint=endpoint,
            version=__version__,
            signing=config.signing,
            keys=keyring.roles(),
            login=config.login,
            server=config.server,
            limits=config.limits.shown(),
        )
        self._log.flush()

    def _open_journal(self) -> Optional[Journal]:
        """Without a journal that can be written the gateway still reads, closes, cancels and engages."""
        config = self._config
        try:
            return open_journal(config.journal, config.login, config.server, self._clock.now())
        except JournalRefused as refused:
            self._log("journal_refused", code=refused.code, error=str(refused))
            self._log.flush()
            if refused.code != "JOURNAL_UNWRITABLE":
                raise
        return None

    def _bind(self) -> "zmq.Socket[bytes]":
        config = self._config
        router = self._zmq.socket(zmq.ROUTER)
        router.setsockopt(zmq.LINGER, 1000)
        router.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME)
        # What one client may have waiting here; beyond, TCP holds it back.
        router.setsockopt(zmq.RCVHWM, 256)
        router.setsockopt(zmq.TCP_KEEPALIVE, 1)
        is_v6 = ":" in config.host
        router.setsockopt(zmq.IPV6, int(is_v6))
        host = f"[{config.host}]" if is_v6 else config.host
        try:
            router.bind(f"tcp://{host}:{config.port or '*'}")
        except zmq.ZMQError as error:
            self._log("port_taken", host=config.host, port=config.port, error=str(error))
            self._log.flush()
            raise PortTaken(f"can't listen on {config.host} port {config.port}: {error}") from error
        return router

    def _settings(self) -> Fields:
        config = self._config
        return {
            "path": config.terminal_path,
            "login": config.login,
            "server": config.server,
            "password_env": config.password_env,
            "start_timeout_s": config.start_timeout_s,
        }

    def run(self) -> None:
        """Serves until SIGINT or SIGTERM."""
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._on_signal)
        poller = zmq.Poller()
        poller.register(self._inbox, zmq.POLLIN)
        poller.register(self._router, zmq.POLLIN)
        try:
            while not self._is_over():
                self._keep_terminal()
                events = dict(poller.poll(_POLL_MS))
                try:
                    self._turn(events)
                except Exception as error:
                    # Whoever waits for what failed gets no answer, which is "unknown"; all others go on.
                    self._log("bug", error=f"{type(error).__name__}: {error}"[:300], where="loop")
                self._log.flush()
        finally:
            self._close()

    def _turn(self, events: Dict[Any, int]) -> None:
        if self._inbox in events:
            self._read_terminal()
        if self._router in events:
            self._read_clients()
        self.front.tick(is_idle=not events)
        self._send()

    def _on_signal(self, number: int, frame: Optional[FrameType]) -> None:
        self.front.is_stopping = True
        self._stop_by = self._stop_by or self._clock.monotonic() + _STOP_S

    def _is_over(self) -> bool:
        """Whether to end: an order that was sent gets time to end."""
        if self._stop_by is None:
            return False
        return not self.front.is_in_order() or self._clock.monotonic() > self._stop_by

    def _keep_terminal(self) -> None:
        now = self._clock.monotonic()
        if self._start_at is not None and now >= self._start_at:
            self._start_at = None
            self._started_at = now
            try:
                self._terminal.start(self._offset())
            except (OSError, sqlite3.Error) as error:
                # No memory or no handles now: the next attempt may have them.
                self._lose_terminal(f"the terminal's process could not be started: {error}")
        elif self.front.busy_s() > self._config.call_timeout_s:
            self._log("terminal_hangs", busy_s=round(self.front.busy_s(), 1))
            self._lose_terminal("the terminal did not answer in time")

    def _offset(self) -> Optional[int]:
        text = self._journal.get("broker_utc_offset_s") if self._journal is not None else None
        return int(text) if text is not None else None

    def _lose_terminal(self, why: str) -> None:
        self._terminal.kill()
        # What the old process still said is not listened to.
        self._terminal.generation += 1
        self.front.lose_terminal(why)
        now = self._clock.monotonic()
        self._wait_s = _LEAST_WAIT_S if now - self._started_at > 60 else min(self._wait_s * 2, _MOST_WAIT_S)
        self._start_at = now + self._wait_s
        self._log("terminal_process_ended", why=why, again_in_s=self._wait_s)

    def _read_terminal(self) -> None:
        while True:
            try:
                mark, message = self._inbox.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if int(mark) != self._terminal.generation:
                continue
            if not message:
                self._lose_terminal("the terminal's process ended")
                continue
            line, _, body = message.partition(b"\n")
            fields: Fields = json.loads(line)
            if fields["kind"] == "ask":
                self._terminal.submit(self.front.decide(fields))
            else:
                self.front.handle(fields, body)
            self._send()

    def _read_clients(self) -> None:
        if self.front.is_stopping:
            return
        for _ in range(_FRAMES_A_ROUND):
            try:
                parts: List[bytes] = self._router.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            envelope = split_envelope(parts)
            # As a REP socket does, drop what has no delimiter before its body.
            if envelope is not None:
                self.front.receive(*envelope)
            self._send()

    def _send(self) -> None:
        outbox = self.front.outbox
        while outbox:
            client, frame = outbox.popleft()
            try:
                self._router.send_multipart([*client, b"", frame], zmq.NOBLOCK)
            except zmq.ZMQError as error:
                self._log("reply_not_sent", error=str(error))

    def _close(self) -> None:
        self._send()
        self._terminal.kill()
        if self._journal is not None:
            self._journal.close()
        self._log("stopped")
        self._log.flush()
        self._log.close()
        self._router.close()
        self._inbox.close(linger=0)
        self._zmq.term()


def split_envelope(parts: List[bytes]) -> Optional[Tuple[Tuple[bytes, ...], bytes]]:
    """A message's routing frames and its body; None without a delimiter. More than one body frame reads as none."""
    try:
        end = parts.index(b"", 1)
    except ValueError:
        return None
    body = parts[end + 1 :]
    return tuple(parts[:end]), body[0] if len(body) == 1 else b""
