"""The terminal's controls, a gateway in this process, and a client's frames."""

import copy
import importlib.util
import json
import os
import uuid
from pathlib import Path

from mt5crs_gateway.broker_time import BrokerTime
from mt5crs_gateway.config import Config
from mt5crs_gateway.front import Front
from mt5crs_gateway.journal import open_journal
from mt5crs_gateway.keys import Key, Keyring
from mt5crs_gateway.limits import Limits
from mt5crs_gateway.protocol import REPLY_LABEL, REQUEST_LABEL, iso, mac_of, parse_object, sign, split_signature
from mt5crs_gateway.session import Session
from mt5crs_gateway.switch import KillSwitch
from mt5crs_gateway.terminal import Worker

LOGIN, SERVER = 1100212251, "JustMarkets-Demo2"
SECRETS = {role: bytes(range(start, start + 32)) for role, start in (("read", 1), ("trade", 65), ("admin", 129))}
#: 17 January 2026, a Saturday, as the terminal's world and the gateway's clock begin.
START = 1768622062.0

EURUSD = {
    "visible": True,
    "bid": 1.085,
    "ask": 1.08512,
    "digits": 5,
    "point": 0.00001,
    "volume_min": 0.01,
    "volume_max": 100.0,
    "volume_step": 0.01,
    "filling_mode": 3,
    "trade_mode": 4,
    "trade_exemode": 2,
    "trade_stops_level": 0,
    "trade_contract_size": 100000.0,
}
WORLD = {
    "account": {
        "login": LOGIN,
        "server": SERVER,
        "trade_mode": 0,
        "leverage": 3000,
        "trade_allowed": True,
        "trade_expert": True,
        "margin_mode": 2,
        "currency_digits": 2,
        "balance": 10000.0,
        "credit": 0.0,
        "currency": "USD",
        "company": "Just Global Markets",
        "name": "Demo",
    },
    "terminal": {
        "connected": True,
        "trade_allowed": True,
        "tradeapi_disabled": False,
        "build": 5000,
        "ping_last": 41234,
        "company": "Just Global Markets",
        "name": "MetaTrader 5",
    },
    "symbols": {
        "EURUSD": EURUSD,
        "EURUSD.s": {**EURUSD, "visible": False},
        "GBPUSD": {**EURUSD, "bid": 1.27, "ask": 1.27013},
        "USDJPY": {**EURUSD, "bid": 156.3, "ask": 156.312, "digits": 3, "trade_exemode": 1},
    },
}


class Terminal:
    """A fake terminal's folder: its beginning, its faults, and what happened to it."""

    def __init__(self, folder, **changes):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.world = copy.deepcopy(WORLD)
        self.world.update(changes)
        self.save()

    def save(self):
        (self.folder / "world.json").write_text(json.dumps(self.world))

    def hold(self, count, symbol="EURUSD", volume=0.01, first=1):
        """Gives the account positions before it begins."""
        self.world["positions"] = [position(first + it, symbol, volume) for it in range(count)]
        self.save()

    def faults(self, **faults):
        """Sets what goes wrong from now on; nothing for none."""
        fresh = self.folder / "faults.new"
        fresh.write_text(json.dumps(faults))
        os.replace(fresh, self.folder / "faults.json")

    def happens(self, **event):
        """Something that others do to the account."""
        with open(self.folder / "ledger.jsonl", "ab") as file:
            file.write(json.dumps(event).encode() + b"\n")

    def ledger(self, *kinds):
        path = self.folder / "ledger.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        events = [json.loads(it) for it in lines]
        return [it for it in events if not kinds or it["event"] in kinds]

    def sends(self):
        """Requests that reached the broker."""
        return [it["request"] for it in self.ledger("send")]

    def deals(self):
        """Executions."""
        return self.ledger("deal")

    def module(self):
        """The fake module in this process."""
        path = Path(__file__).parent / "fake_terminal" / "MetaTrader5.py"
        spec = importlib.util.spec_from_file_location("MetaTrader5_fake", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module._world = module.World(self.folder)
        return module


def position(ticket, symbol="EURUSD", volume=0.01, **more):
    msc = int(START * 1000)
    return {
        "ticket": ticket,
        "symbol": symbol,
        "type": 0,
        "volume": volume,
        "price_open": 1.08,
        "time_msc": msc,
        **more,
    }


def pending(ticket, symbol="EURUSD", volume=0.01, **more):
    msc = int(START * 1000)
    return {
        "ticket": ticket,
        "symbol": symbol,
        "type": 2,
        "state": 1,
        "volume_initial": volume,
        "price_open": 1.07,
        "sl": 0.0,
        "tp": 0.0,
        "magic": 0,
        "comment": "",
        "time_setup_msc": msc,
        **more,
    }


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now=START):
        self.wall = now
        self.mono = 1000.0

    def now(self):
        return self.wall

    def monotonic(self):
        return self.mono

    def pass_(self, seconds):
        self.wall += seconds
        self.mono += seconds


class InlineLink:
    """The terminal's process in this one. While it is held, jobs wait; `release` does them."""

    def __init__(self):
        self.worker = None
        self.front = None
        self.is_held = False
        self.held = []
        #: Called with each question before the front answers it.
        self.before_decision = lambda question: None

    def submit(self, job):
        job = json.loads(json.dumps(job))
        if self.is_held:
            self.held.append(job)
        else:
            self.do(job)

    def do(self, job):
        line, body = self.worker.run(job)
        self.front.handle(json.loads(json.dumps(line)), body)

    def release(self):
        self.is_held = False
        while self.held:
            self.do(self.held.pop(0))

    def ask(self, question):
        self.before_decision(question)
        return self.front.decide(question)


def config(folder, **changes):
    folder = Path(folder)
    values = {
        "file": folder / "gateway.toml",
        "terminal_path": "C:/terminal64.exe",
        "login": LOGIN,
        "server": SERVER,
        "password_env": None,
        "start_timeout_s": 60.0,
        "call_timeout_s": 120.0,
        "host": "127.0.0.1",
        "port": 0,
        "signing": "off",
        "keys": None,
        "risk_signature": True,
        "risk_signature_ttl_s": 5.0,
        "allow_unsigned_remote": False,
        "limits": Limits(max_lots=10.0),
        "state_folder": folder,
        "kill_switch": folder / "kill_switch.lock",
        "log_folder": folder / "logs",
        "log_max_bytes": 10**7,
        "log_parts": 2,
    }
    values.update(changes)
    return Config(**values)


class Gateway:
    """A gateway in this process: front, journal and terminal, without sockets, on a clock that stands still."""

    def __init__(self, terminal, folder, **changes):
        self.terminal = terminal
        self.folder = Path(folder)
        self.changes = changes
        self.clock = ManualClock()
        self.log = []
        self.keys = Keyring([Key(role, role, secret) for role, secret in SECRETS.items()])
        terminal.faults(now=self.clock.now())
        self.offset_s = 7200
        self.module = terminal.module()
        self.start()

    def start(self):
        """Starts, or starts again on the same journal and terminal."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = config(self.folder, **self.changes)
        self.journal = open_journal(self.config.journal, LOGIN, SERVER, self.clock.now())
        self.link = InlineLink()
        self.switch = KillSwitch(self.config.kill_switch)
        self.session = Session(
            self.module,
            path=self.config.terminal_path,
            login=LOGIN,
            server=SERVER,
            password=None,
            start_timeout_s=60,
            broker_time=BrokerTime(self.offset_s),
            log=lambda event, **fields: self.log.append((event, fields)),
            now=self.clock.now,
        )
        self.front = Front(
            self.config,
            self.keys,
            self.journal,
            self.switch,
            self.clock,
            self.link,
            lambda event, **fields: self.log.append((event, fields)),
        )
        self.link.front = self.front
        self.link.worker = Worker(self.session, self.link.ask)
        self.front.handle({"kind": "ready"}, b"")

    def close(self):
        self.journal.close()

    def restart(self):
        self.close()
        self.start()

    def pass_(self, seconds):
        """Time passes, for the gateway and for the terminal."""
        self.clock.pass_(seconds)
        faults = self.terminal.folder / "faults.json"
        values = json.loads(faults.read_text())
        self.terminal.faults(**{**values, "now": self.clock.now()})
        self.front.tick()

    def faults(self, **faults):
        self.terminal.faults(now=self.clock.now(), **faults)

    def raw(self, frame, client=b"client"):
        """Sends bytes. Returns the replies that left meanwhile, for any client."""
        self.front.receive((client,), frame)
        return self.replies()

    def replies(self):
        replies = list(self.front.outbox)
        self.front.outbox.clear()
        return [frame for _, frame in replies]

    def unsigned(self, action, client=b"client", **fields):
        """One unsigned request; its reply, or None while there is none."""
        request = {"uuid": str(uuid.uuid4()), "action": action, "timestamp": iso(self.clock.now()), **fields}
        request = {name: value for name, value in request.items() if value is not ...}
        replies = self.raw(json.dumps(request).encode(), client)
        return json.loads(replies[-1]) if replies else None

    def frame(self, role, action, **fields):
        """A signed frame. Orders and switch actions name journal and login, as they must."""
        request = {"uuid": str(uuid.uuid4()), "action": action, "timestamp": iso(self.clock.now())}
        if action in ("OPEN", "CLOSE", "CANCEL", "ENGAGE", "RELEASE"):
            request.update(journal=self.journal.name, login=LOGIN)
        request.update(fields)
        request = {name: value for name, value in request.items() if value is not ...}
        return sign(REQUEST_LABEL, role, SECRETS[role], json.dumps(request).encode())

    def signed(self, role, action, client=b"client", **fields):
        """One signed request; its verified reply, or None while there is none."""
        replies = self.raw(self.frame(role, action, **fields), client)
        return verified(replies[-1]) if replies else None

    def open(self, role="trade", **fields):
        values = {"symbol": "EURUSD", "type": "BUY", "volume": 0.01, **fields}
        return self.signed(role, "OPEN", **values)

    def open_43(self, **fields):
        """An OPEN as the operators' strategy engine sends it."""
        values = {
            "symbol": "EURUSD",
            "type": "BUY",
            "volume": 0.01,
            "price": 0.0,
            "sl": 0.0,
            "tp": 0.0,
            "magic": 202401,
        }
        return self.unsigned(
            "OPEN", **{**values, "comment": "engine", "risk_signature": self.risk_signature(), **fields}
        )

    def risk_signature(self, age=0.0):
        stamp = iso(self.clock.now() - age).replace("-", "").replace(":", "").replace("+0000", "Z")
        return f"RISK_PASS:176c04a4:{stamp}"


def verified(frame, secret=None):
    """A reply whose signature holds, as its fields."""
    signature = split_signature(frame)
    assert signature is not None, frame[:200]
    secret = secret or SECRETS[signature.key]
    assert mac_of(REPLY_LABEL, secret, signature.signed) == signature.mac
    # A reply keeps the rules that a request has to keep.
    parse_object(frame, signed=True)
    return json.loads(frame)
