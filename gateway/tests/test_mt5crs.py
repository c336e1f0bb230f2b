"""mt5crs itself against this gateway: its exit codes, held against what reached the broker.

`MT5CRS_BINARY` names the program. Without it nothing here is run.
"""

import datetime
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from process import HERE, PATIENCE, Process
from support import pending, position

BINARY = os.environ.get("MT5CRS_BINARY")
pytestmark = pytest.mark.skipif(not BINARY, reason="MT5CRS_BINARY does not name the program mt5crs")

#: The exit codes' meanings.
OK, NO, UNKNOWN, GUARDED, OTHER, REFUSED, NOT_FLAT = 0, 1, 4, 5, 6, 7, 8


class Tool:
    """mt5crs with a state of its own."""

    def __init__(self, folder, gateway, role="trade"):
        self.folder = folder
        self.gateway = gateway
        folder.mkdir()
        self.environment = {
            "PATH": os.environ.get("PATH", ""),
            "GATEWAY_HOST": "127.0.0.1",
            "MT5CRS_STATE_DIR": str(folder / "state"),
            "MT5CRS_LOG_DIR": str(folder / "logs"),
            "KILL_SWITCH_FILE": str(folder / "kill_switch.lock"),
            "MT5CRS_DECISION_FILE": str(folder / "decision.json"),
            "MT5CRS_CANARY_COEFFICIENT": "1",
            "MT5CRS_LATENCY_CRITICAL_MS": "5s",
            "SYNC_TIMEOUT_S": "20",
            "MT5CRS_ORDER_TIMEOUT_S": "5",
            "MT5CRS_SETTLE_S": "1",
        }
        if role is not None:
            self.key(role)

    def key(self, role, file=None):
        """Uses a key of the gateway's folder, or another file under its name."""
        self.environment["MT5CRS_LINK_KEY_FILE"] = str(file or self.gateway.folder / "keys" / f"{role}.{role}")
        self.environment["MT5CRS_LINK_KEY_NAME"] = role

    def start(self, *arguments, **environment):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        decision = {
            "timestamp": now,
            "decision": "GO",
            "approval_confidence": 0.9,
            "critical_errors": 0,
            "p95_latency_ms": 0,
            "p99_latency_ms": 0,
            "drift_events_24h": 0,
            "pnl_net_return": 0.0,
            "diversity_index": 0.5,
            "rejection_reasons": [],
            "decision_hash": hashlib.sha256(f"{now}:0:0".encode()).hexdigest()[:16],
        }
        (self.folder / "decision.json").write_text(json.dumps(decision))
        return subprocess.Popen(
            [BINARY, "--allow-loopback", "-o", "json", *arguments],
            env={**self.environment, "GATEWAY_PORT": str(self.gateway.port), **environment},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments, **environment):
        """The exit code and the document."""
        return ended(self.start(*arguments, **environment))


def ended(process):
    out, err = process.communicate(timeout=PATIENCE * 4)
    assert out, err.decode()
    return process.returncode, json.loads(out)


@pytest.fixture
def gateway(terminal, tmp_path):
    made = Process(terminal, tmp_path / "gateway", signing="orders")
    yield made
    made.stop()


@pytest.fixture
def tool(gateway, tmp_path):
    return Tool(tmp_path / "tool", gateway)


def trades(terminal):
    """Executions that opened and that closed a position."""
    deals = terminal.deals()
    return sum(it["entry"] == 0 for it in deals), sum(it["entry"] == 1 for it in deals)


def removed(terminal):
    """Pending orders that the broker was asked to remove."""
    return sorted(it["order"] for it in terminal.sends() if it["action"] == 8)


def layers(document):
    return {it["name"]: it for it in document["report"]["layers"]}


def checks(document, member="checks"):
    return {it["name"]: it for it in document["report"][member]}


class TestLinkTest:
    def test_signed(self, gateway, tool):
        gateway.start()
        code, document = tool.run("link-test", "-c", "3")
        assert code == OK
        assert layers(document)["signature"]["status"] == "pass"
        assert layers(document)["broker"]["found"].startswith("connected to JustMarkets-Demo2")
        assert document["report"]["gateway"]["protocol"] == 5

    def test_a_key_that_the_gateway_does_not_have(self, gateway, tool, terminal):
        gateway.start()
        other = tool.folder / "other.key"
        other.write_text(bytes(range(200, 232)).hex())
        other.chmod(0o600)
        tool.key("trade", other)
        code, document = tool.run("link-test")
        assert code == OTHER
        assert "BAD_SIGNATURE" in json.dumps(document)
        assert tool.run("emergency-close", "--yes")[0] == OTHER
        assert terminal.sends() == []

    def test_no_key_where_one_is_wanted(self, gateway, tool):
        gateway.config.write_text(gateway.config.read_text().replace("'orders'", "'all'"))
        gateway.start()
        del tool.environment["MT5CRS_LINK_KEY_FILE"], tool.environment["MT5CRS_LINK_KEY_NAME"]
        code, document = tool.run("positions")
        assert code == OTHER
        assert "SIGNATURE_REQUIRED" in json.dumps(document)

    def test_a_terminal_without_its_broker(self, gateway, tool, terminal):
        terminal.world["terminal"]["connected"] = False
        terminal.save()
        gateway.start()
        code, document = tool.run("link-test", "-c", "1")
        assert (code, document["report"]["failed_layer"]) == (NO, "broker")

    def test_autotrading_off_is_a_warning(self, gateway, tool, terminal):
        terminal.world["terminal"]["trade_allowed"] = False
        terminal.save()
        gateway.start()
        code, document = tool.run("link-test", "-c", "1")
        assert (code, layers(document)["broker"]["status"]) == (OK, "warn")


class TestSync:
    def test_pending_orders_are_part_of_the_state(self, gateway, tool, terminal):
        terminal.hold(2)
        terminal.happens(event="order", **pending(10))
        gateway.start()
        code, document = tool.run("sync")
        assert code == OK
        assert [it["ticket"] for it in document["report"]["pending_orders"]] == [10]
        terminal.happens(event="ended", ticket=10, state=2, volume_current=0.01, time_done_msc=1)
        code, document = tool.run("sync")
        assert [it["ticket"] for it in document["report"]["changes"]["orders_gone"]] == [10]
        assert checks(document)["balance-explained"]["status"] == "pass"

    def test_a_close_is_explained_to_the_last_digit(self, gateway, tool, terminal):
        terminal.hold(2)
        gateway.start()
        assert tool.run("sync")[0] == OK
        with gateway.client() as client:
            assert client.signed("trade", "CLOSE", ticket=1)["executed"] == "yes"
        code, document = tool.run("sync")
        found = checks(document)["balance-explained"]
        assert (code, found["status"]) == (OK, "pass"), found
        assert "1 deals" in found["found"]

    def test_another_leverage_than_expected(self, gateway, tool):
        gateway.start()
        assert tool.run("sync", MT5CRS_EXPECT_LEVERAGE="1:3000", MT5CRS_EXPECT_BALANCE="10000+-1%")[0] == OK
        assert tool.run("sync", MT5CRS_EXPECT_LEVERAGE="1:100")[0] == GUARDED
        assert tool.run("sync", MT5CRS_EXPECT_BALANCE="200+-5")[0] == GUARDED


class TestCanary:
    def test_opened_closed_and_booked(self, gateway, tool, terminal):
        gateway.start()
        code, document = tool.run("canary", "--yes")
        assert (code, trades(terminal)) == (OK, (1, 1)), document
        report = document["report"]
        assert report["deals"]["is_complete"]
        assert [it["entry"] for it in report["deals"]["deals"]] == ["IN", "OUT"]
        moved = report["balance_after"] - report["balance_before"]
        assert report["cost"] == pytest.approx(-moved) == pytest.approx(-report["deals"]["sum"])
        log = (tool.folder / "logs" / "VERIFY_LOG.log").read_text()
        assert log.count("Deal: ") == 2

    @pytest.mark.parametrize(
        ("change", "guard"),
        [
            ({"terminal": {"trade_allowed": False}}, "trading-allowed"),
            ({"account": {"trade_expert": False}}, "trading-allowed"),
            ({"symbol": {"volume_min": 0.1}}, "symbol-rules"),
            ({"symbol": {"trade_mode": 3}}, "symbol-rules"),
            ({"symbol": {"filling_mode": 0}}, "symbol-rules"),
        ],
        ids=["autotrading", "expert", "smallest volume", "close only", "filling"],
    )
    def test_refused_before_anything_is_sent(self, gateway, tool, terminal, change, guard):
        for part, values in change.items():
            (terminal.world["symbols"]["EURUSD"] if part == "symbol" else terminal.world[part]).update(values)
        terminal.save()
        gateway.start()
        code, document = tool.run("canary", "--yes")
        assert code == GUARDED
        assert checks(document, "guards")[guard]["status"] == "fail"
        assert terminal.sends() == []

    def test_a_switch_at_the_gateway_forbids_it(self, gateway, tool, terminal, tmp_path):
        gateway.start()
        other = Tool(tmp_path / "other", gateway)
        assert other.run("breaker", "engage", "--reason", "drill")[0] == OK
        code, document = tool.run("canary", "--yes")
        assert (code, terminal.sends()) == (GUARDED, [])
        assert checks(document, "guards")["trading-allowed"]["status"] == "fail"


class TestEmergencyClose:
    def test_positions_and_pending_orders(self, gateway, tool, terminal):
        terminal.hold(3)
        for ticket in (10, 11):
            terminal.happens(event="order", **pending(ticket))
        gateway.start()
        code, document = tool.run("emergency-close", "--yes")
        assert (code, trades(terminal), removed(terminal)) == (OK, (0, 3), [10, 11])
        certificate = document["report"]["certificate"]
        assert len(certificate["lists"]) == len(certificate["orders"]) == 2
        assert (gateway.folder / "state" / "kill_switch.lock").exists()

    def test_positions_only(self, gateway, tool, terminal):
        terminal.hold(1)
        terminal.happens(event="order", **pending(10))
        gateway.start()
        code, document = tool.run("emergency-close", "--yes", "--positions-only")
        assert (code, trades(terminal), removed(terminal)) == (OK, (0, 1), [])
        assert document["report"]["certificate"]["orders"] is None

    def test_only_pending_orders(self, gateway, tool, terminal):
        terminal.happens(event="order", **pending(10))
        gateway.start()
        assert tool.run("emergency-close", "--yes")[0] == OK
        assert removed(terminal) == [10]

    def test_one_symbol(self, gateway, tool, terminal):
        terminal.hold(1)
        terminal.happens(event="position", **position(5, "GBPUSD"))
        terminal.happens(event="order", **pending(10))
        terminal.happens(event="order", **pending(11, "GBPUSD"))
        gateway.start()
        code, _ = tool.run("emergency-close", "--yes", "--symbol", "GBPUSD")
        assert (code, trades(terminal), removed(terminal)) == (OK, (0, 1), [11])

    def test_a_key_that_may_only_look(self, gateway, tool, terminal):
        terminal.hold(1)
        terminal.happens(event="order", **pending(10))
        gateway.start()
        tool.key("read")
        code, document = tool.run("emergency-close", "--yes")
        assert (code, terminal.sends()) == (NOT_FLAT, [])
        assert "FORBIDDEN" in json.dumps(document)


class TestBreaker:
    def test_both_switches(self, gateway, tool):
        gateway.start()
        code, document = tool.run("breaker", "engage", "--reason", "drill")
        assert (code, document["report"]["gateway"]["state"]) == (OK, "engaged")
        assert tool.run("breaker", "status")[0] == NO
        assert tool.run("breaker", "release", "--yes")[0] == NO, "the role trade may not release"
        tool.key("admin")
        code, document = tool.run("breaker", "release", "--yes")
        assert (code, document["report"]["gateway"]["state"]) == (OK, "released")

    def test_no_open_executes_after_the_reply(self, terminal, tmp_path):
        gateway = Process(terminal, tmp_path / "gateway").start()
        tool = Tool(tmp_path / "tool", gateway, role=None)
        engine = subprocess.Popen([sys.executable, str(HERE / "engine.py"), str(gateway.port)])
        try:
            deadline = time.monotonic() + PATIENCE
            while trades(terminal)[0] < 5:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert tool.run("breaker", "engage", "--reason", "engine")[0] == OK
            after = time.time()
            refused = lambda: sum(it.get("code") == "KILL_SWITCH_ENGAGED" for it in gateway.log())  # noqa: E731
            while refused() < 20:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            engine.kill()
            engine.wait()
            gateway.stop()
        late = [it for it in terminal.ledger("send") if it["at"] > after]
        assert late == []


class TestOutcome:
    def test_of_an_order_that_was_never_seen(self, gateway, tool):
        gateway.start()
        uuid = "7d0b3b0c-6c0e-4f0e-9d5e-3d1f6a2b4c5d"
        assert tool.run("outcome", uuid)[0] == UNKNOWN
        code, document = tool.run("outcome", uuid, "--void")
        assert (code, document["report"]["order"]["outcome"]) == (REFUSED, "voided")
        assert tool.run("outcome", uuid)[0] == REFUSED

    def test_of_a_run(self, gateway, tool):
        gateway.start()
        _, document = tool.run("canary", "--yes")
        code, document = tool.run("outcome", document["report"]["run"])
        assert (code, document["report"]["order"]["action"]) == (OK, "OPEN")


#: Where the gateway is killed, and which time it comes there. The canary's first order is its probe of a ticket that
#: nobody has.
POINTS = [
    "journal.add:before:2",
    "journal.add:after:2",
    "front.decide:after:1",
    "front.finish:before:2",
    "front.finish:after:2",
    "journal.finish:before:1",
    "orders.send:before:2",
    "orders.answered:before:1",
    "orders.send:after:2",
]


class TestKilled:
    """SIGKILL of the gateway in the middle of a command, and its restart: the exit code never says more than the ledger."""

    @pytest.mark.parametrize("point", POINTS)
    def test_canary(self, gateway, tool, terminal, point):
        code, document = self.play(gateway, tool, point, "canary", "--yes")
        opened, closed = trades(terminal)
        buys = [it for it in terminal.sends() if it["action"] == 1 and "position" not in it]
        assert len(buys) <= 1, "an OPEN is sent once"
        if code == OK:
            assert (opened, closed) == (1, 1)
        elif code in (REFUSED, GUARDED):
            assert opened == 0, document
        else:
            assert code in (UNKNOWN, NOT_FLAT, NO), document

    @pytest.mark.parametrize("point", POINTS)
    def test_emergency_close(self, gateway, tool, terminal, point):
        terminal.hold(3)
        terminal.happens(event="order", **pending(10))
        code, document = self.play(gateway, tool, point, "emergency-close", "--yes")
        if code == OK:
            assert trades(terminal) == (0, 3)
            assert len(terminal.ledger("closed")) == 3
            assert [it["ticket"] for it in terminal.ledger("ended") if it["ticket"] == 10] == [10]
        else:
            assert code == NOT_FLAT, document

    def play(self, gateway, tool, point, *arguments):
        gateway.start(kill=point)
        port = gateway.port
        gateway.config.write_text(gateway.config.read_text().replace("port = 0\n", f"port = {port}\n"))
        command = tool.start(*arguments)
        process = gateway.process

        def restart():
            if process.wait(PATIENCE * 4) == -signal.SIGKILL:
                gateway.start()

        watcher = threading.Thread(target=restart)
        watcher.start()
        try:
            return ended(command)
        finally:
            if process.poll() is None:
                process.terminate()
            watcher.join(PATIENCE)
