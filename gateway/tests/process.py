"""A gateway as a process of its own, and clients on real sockets."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import zmq

from mt5crs_gateway.protocol import REQUEST_LABEL, iso, sign
from support import LOGIN, SECRETS, SERVER, verified

HERE = Path(__file__).parent
#: Seconds that anything may take on a slow machine. Nothing sleeps for it.
PATIENCE = 30


#: Every gateway that was started, so that none outlives a test that fails.
STARTED = []


class Process:
    """One gateway on a terminal; it may be started again."""

    def __init__(self, terminal, folder, settings="", limits="max_lots = 10", signing="off", port=0):
        self.terminal = terminal
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        keys = self.folder / "keys"
        keys.mkdir()
        for role, secret in SECRETS.items():
            (keys / f"{role}.{role}").write_text(secret.hex() + "\n")
            (keys / f"{role}.{role}").chmod(0o600)
        self.config = self.folder / "gateway.toml"
        self.config.write_text(
            f"[terminal]\npath = 'C:/terminal64.exe'\nlogin = {LOGIN}\nserver = '{SERVER}'\n"
            f"[link]\nhost = '127.0.0.1'\nport = {port}\nsigning = '{signing}'\nkeys = 'keys'\n{settings}\n"
            f"[limits]\n{limits}\n"
        )
        self.process = None
        self.context = zmq.Context.instance()

    def start(self, kill=None, **environment):
        """Starts it and waits until it listens."""
        log = self.folder / "logs" / "gateway.log"
        log.parent.mkdir(exist_ok=True)
        lines = log.read_text().count('"event":"listening"') if log.exists() else 0
        environment["FAKE_MT5_DIR"] = str(self.terminal.folder)
        environment.setdefault("PYTHONPATH", str(HERE / "fake_terminal"))
        if kill is not None:
            environment["MT5CRS_TEST_KILL"] = kill
        command = [sys.executable, str(HERE / "run_gateway.py"), "--config", str(self.config)]
        with open(self.folder / "stderr", "ab") as stderr:
            self.process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=stderr)
        STARTED.append(self.process)

        def listening():
            events = [it for it in self.log() if it["event"] == "listening"]
            if self.process.poll() is not None:
                raise AssertionError((self.folder / "stderr").read_text())
            return events[-1] if len(events) > lines else None

        self.port = int(wait_for(listening)["endpoint"].rpartition(":")[2])
        return self

    def log(self):
        path = self.folder / "logs" / "gateway.log"
        return [json.loads(it) for it in path.read_text().splitlines()] if path.exists() else []

    def stop(self, number=signal.SIGKILL):
        """Ends it and reaps it."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)
            self.process.wait(PATIENCE)
        return self

    def died(self):
        """Waits for its death by a planted point."""
        assert self.process.wait(PATIENCE) == -signal.SIGKILL
        return self

    def client(self, kind=zmq.REQ, timeout_s=PATIENCE):
        return Client(self, kind, timeout_s)


class Client:
    """A socket to the gateway."""

    def __init__(self, gateway, kind, timeout_s):
        self.gateway = gateway
        self.socket = gateway.context.socket(kind)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, int(timeout_s * 1000))
        self.socket.connect(f"tcp://127.0.0.1:{gateway.port}")
        self.journal = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, frame):
        self.socket.send(frame)

    def receive(self):
        return self.socket.recv()

    def unsigned(self, action, **fields):
        request = {"uuid": str(uuid.uuid4()), "action": action, "timestamp": iso(time.time()), **fields}
        self.send(json.dumps(request).encode())
        return json.loads(self.receive())

    def frame(self, role, action, **fields):
        is_order = action in ("OPEN", "CLOSE", "CANCEL", "ENGAGE", "RELEASE")
        if is_order and self.journal is None:
            self.journal = self.unsigned("PING")["gateway"]["journal"]
        # Only then the time: on a busy machine the PING may take seconds.
        request = {"uuid": str(uuid.uuid4()), "action": action, "timestamp": iso(time.time())}
        if is_order:
            request.update(journal=self.journal, login=LOGIN)
        return sign(REQUEST_LABEL, role, SECRETS[role], json.dumps({**request, **fields}).encode())

    def signed(self, role, action, **fields):
        self.send(self.frame(role, action, **fields))
        return verified(self.receive())

    def open(self, **fields):
        valid_until = iso(time.time() + PATIENCE)
        values = {"symbol": "EURUSD", "type": "BUY", "volume": 0.01, "valid_until": valid_until}
        return self.signed("trade", "OPEN", **{**values, **fields})


def wait_for(condition, seconds=PATIENCE):
    """The condition's value, as soon as it is true."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
