"""The gateway as a process, on real sockets: kills at every point, hangs, ports, queues and old clients."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
import zmq

from mt5crs_gateway.protocol import iso
from process import HERE, PATIENCE, Process, wait_for
from support import SERVER, pending, position


@pytest.fixture
def process(terminal, tmp_path):
    made = Process(terminal, tmp_path / "process")
    yield made
    made.stop()


def settled(gateway, uuid):
    """The outcome of an order that executed, once the gateway has found it."""
    with gateway.client() as client:

        def look():
            outcome = client.signed("read", "GET_OUTCOME", of=uuid)
            return outcome if outcome["outcome"] not in ("sent", "unknown") else None

        return wait_for(look)


#: Points of the front and of the terminal's process, and whether the order had reached the broker there.
POINTS = [
    ("journal.add:before", 0),
    ("journal.add:after", 0),
    ("front.permit:after", 0),
    ("front.decide:after", 0),
    ("front.finish:before", 1),
    ("journal.finish:before", 1),
    ("journal.finish:after", 1),
    ("front.record:after", 1),
    ("front.finish:after", 1),
    ("orders.send:before", 0),
    ("orders.answered:before", 1),
    ("orders.answered:after", 1),
    ("orders.send:after", 1),
    ("order_send:before", 0),
    ("order_send:after", 1),
    ("order_send:before:both", 0),
    ("order_send:after:both", 1),
]


class TestKilled:
    """SIGKILL at every point around journal and `order_send`, then a restart: never sent twice, never wrongly reported."""

    @pytest.mark.parametrize("action", ["OPEN", "CLOSE", "CANCEL"])
    @pytest.mark.parametrize(("point", "reached"), POINTS, ids=[it[0] for it in POINTS])
    def test_at(self, process, terminal, action, point, reached):
        terminal.happens(event="position", **position(500))
        terminal.happens(event="order", **pending(501))
        fields = {
            "OPEN": {"symbol": "EURUSD", "type": "BUY", "volume": 0.01},
            "CLOSE": {"ticket": 500},
            "CANCEL": {"ticket": 501},
        }[action]
        # As a client sends it that gets no answer and asks again: the same order with a new time.
        fields["valid_until"] = iso(time.time() + 60)
        if point.startswith("order_send"):
            _, moment, *both = point.split(":")
            terminal.faults(kill={"order_send": moment}, kill_parent=bool(both))
            process.start()
        else:
            process.start(kill=point)
        in_front = not point.startswith("order") or point.endswith("both")
        with process.client(zmq.DEALER) as client:
            client.send = lambda frame: client.socket.send_multipart([b"", frame])
            client.receive = lambda: client.socket.recv_multipart()[-1]
            frame = client.frame("trade", action, uuid="the-order", **fields)
            client.send(frame)
            if in_front:
                process.died()
            else:
                # The front goes on: it says that it does not know, or that nothing was sent.
                reply = json.loads(client.receive())
                assert reply["executed"] == ("no" if point == "orders.send:before" else "unknown"), reply
                wait_for(lambda: any(it["event"] == "terminal_process_ended" for it in process.log()))
                process.stop()
        assert len(terminal.sends()) == reached
        terminal.faults()
        process.start()
        outcome = self.check(process, terminal, reached, point)
        with process.client() as client:
            # The client asks again, with the same order.
            if outcome != "never_seen":
                again = client.signed("trade", action, uuid="the-order", **fields)
                assert again["replayed"] is True
                assert (again["executed"] == "yes") == bool(reached)
            else:
                assert client.signed("trade", "GET_OUTCOME", of="the-order", void=True)["outcome"] == "voided"
                assert client.signed("trade", action, uuid="the-order", **fields)["error_code"] == "VOIDED"
        assert len(terminal.sends()) == reached

    def check(self, process, terminal, reached, point):
        outcome = settled(process, "the-order") if reached else self.now(process)
        if reached:
            assert outcome["outcome"] == "done", outcome
            assert outcome["reply"]["executed"] == "yes"
        elif point == "orders.send:before":
            # The terminal's process died before it asked for permission: refused, and that is final.
            assert outcome["outcome"] == "refused"
        elif point == "journal.add:before":
            assert outcome["outcome"] == "never_seen"
        else:
            assert outcome["outcome"] in ("sent", "unknown")
        return outcome["outcome"]

    def now(self, process):
        with process.client() as client:
            return client.signed("read", "GET_OUTCOME", of="the-order")

    def test_a_second_kill_while_it_recovers(self, process, terminal):
        terminal.faults(kill={"order_send": "after"}, kill_parent=True)
        process.start()
        with process.client(zmq.DEALER) as client:
            client.send = lambda frame: client.socket.send_multipart([b"", frame])
            client.receive = lambda: client.socket.recv_multipart()[-1]
            client.send(client.frame("trade", "OPEN", uuid="u", symbol="EURUSD", type="BUY", volume=0.01))
            process.died()
        terminal.faults(hang=["history_deals_get"])
        process.start()
        wait_for(lambda: any(it["event"] == "terminal_connected" for it in process.log()[-5:]))
        process.stop()
        terminal.faults()
        process.start()
        assert settled(process, "u")["outcome"] == "done"
        assert len(terminal.deals()) == 1


class TestHanging:
    def test_ping_engage_and_outcomes_are_answered_meanwhile(self, process, terminal):
        process.start()
        terminal.faults(hang=["order_send_after"])
        with process.client() as busy, process.client() as client:
            busy.send(busy.frame("trade", "OPEN", uuid="u", symbol="EURUSD", type="BUY", volume=0.01))
            wait_for(terminal.deals)
            wait_for(lambda: client.unsigned("PING")["gateway"]["terminal_busy_ms"] > 0)
            engaged = client.signed("read", "ENGAGE", reason="r", who="w")
            assert [it["uuid"] for it in engaged["in_flight"]] == ["u"]
            assert client.signed("trade", "GET_OUTCOME", of="u", void=True)["outcome"] == "sent"
            terminal.faults()
            assert json.loads(busy.receive())["status"] == "FILLED"

    def test_a_call_that_takes_too_long_ends_the_terminals_process(self, terminal, tmp_path):
        process = Process(terminal, tmp_path / "p")
        process.config.write_text(
            process.config.read_text().replace("login =", "start_timeout_s = 4\ncall_timeout_s = 5\nlogin =")
        )
        process.start()
        terminal.faults(hang=["order_send_after"])
        with process.client() as client:
            reply = client.open(uuid="u")
            assert (reply["status"], reply["executed"], reply["error_code"]) == ("UNKNOWN", "unknown", "TERMINAL_LOST")
            terminal.faults()
            wait_for(lambda: client.signed("read", "GET_OUTCOME", of="u")["outcome"] == "done")
            assert client.open(uuid="u2")["status"] == "FILLED"
        assert len(terminal.deals()) == 2
        process.stop()

    def test_the_terminals_process_dies_with_the_front(self, process, terminal):
        process.start()
        with process.client() as client:
            client.open()
        pid = terminal.ledger("send")[0]["pid"]
        process.stop()

        def is_gone():
            try:
                with open(f"/proc/{pid}/stat") as file:
                    return file.read().split()[2] == "Z"
            except FileNotFoundError:
                return True

        wait_for(is_gone)

    def test_an_orphan_that_hangs_sends_nothing_when_it_wakes(self, process, terminal):
        """The front is killed while the terminal's process checks an order; another front starts; then it wakes."""
        process.start()
        terminal.faults(hang=["order_check"])
        with process.client(zmq.DEALER) as client:
            client.socket.send_multipart([b"", self.frame(process)])
            with process.client() as other:
                wait_for(lambda: other.unsigned("PING")["gateway"]["terminal_busy_ms"] > 50)
        process.stop()
        process.start()
        terminal.faults()
        with process.client() as client:
            assert client.unsigned("GET_ACCOUNT")["status"] == "ok"
        assert terminal.sends() == []

    def frame(self, process):
        with process.client() as client:
            return client.frame("trade", "OPEN", symbol="EURUSD", type="BUY", volume=0.01)

    def test_a_terminals_process_that_is_killed_comes_back(self, process, terminal):
        process.start()
        with process.client() as client:
            client.open()
            os.kill(terminal.ledger("send")[0]["pid"], signal.SIGKILL)
            wait_for(lambda: any(it["event"] == "terminal_process_ended" for it in process.log()))
            assert client.open()["status"] == "FILLED"
        assert len(terminal.deals()) == 2


class TestClients:
    def test_the_operators_reconciler(self, process, terminal):
        """REQ, no uuid, a whole number as time, 3 s: as the old gateway answered it."""
        terminal.hold(3)
        process.start()
        with process.client() as client:
            # The terminal's process takes a moment to start, on a busy machine more than 3 s.
            client.unsigned("GET_ACCOUNT")
        with process.client(timeout_s=3) as client:
            client.send(
                json.dumps({"action": "SYNC_ALL", "magic_number": 202401, "timestamp": int(time.time())}).encode()
            )
            reply = json.loads(client.receive())
        assert (reply["status"], len(reply["positions"]), reply["message"]) == ("OK", 3, "Sync successful")
        assert set(reply) == {"status", "account", "positions", "message"}
        assert {type(it["ticket"]) for it in reply["positions"]} == {int}

    def test_an_engine_that_ignores_every_file(self, process, terminal):
        """None of its orders executes after ENGAGE was answered. The terminal's log says so."""
        process.start()
        engine = subprocess.Popen(
            [os.sys.executable, str(HERE / "engine.py"), str(process.port)], stdout=subprocess.PIPE, text=True
        )
        try:
            wait_for(lambda: len(terminal.deals()) >= 5)
            with process.client() as client:
                reply = client.signed("read", "ENGAGE", reason="test", who="test")
                executed = len(terminal.sends())
                assert reply["persisted"] is True
                flying = len(reply["in_flight"])
                # It goes on sending: fifty refusals later, nothing more has reached the broker.
                refused = lambda: sum(it.get("code") == "KILL_SWITCH_ENGAGED" for it in process.log())  # noqa: E731
                wait_for(lambda: refused() >= 50)
                assert len(terminal.sends()) <= executed + flying
                assert engine.poll() is None
                client.signed("admin", "RELEASE")
                wait_for(lambda: len(terminal.sends()) > executed + flying + 3)
        finally:
            engine.kill()
            engine.wait()

    def test_three_hundred_closes_in_flight(self, process, terminal):
        terminal.hold(300)
        process.start()
        with process.client(zmq.DEALER) as client:
            for ticket in range(1, 301):
                request = {
                    "uuid": f"u{ticket}",
                    "action": "CLOSE",
                    "ticket": ticket,
                    "symbol": "EURUSD",
                    "volume": 0.01,
                }
                client.socket.send_multipart([b"", json.dumps(request).encode()])
            client.socket.send_multipart([b"", json.dumps({"uuid": "end", "action": "GET_POSITIONS"}).encode()])
            replies = [json.loads(client.socket.recv_multipart()[1]) for _ in range(301)]
        assert [it["uuid"] for it in replies] == [f"u{it}" for it in range(1, 301)] + ["end"]
        assert {it["status"] for it in replies[:-1]} == {"FILLED"}
        assert replies[-1]["positions"] == []

    def test_messages_that_a_rep_socket_drops(self, process):
        process.start()
        with process.client(zmq.DEALER) as client:
            client.socket.send(b'{"action":"PING","uuid":"no delimiter"}')
            client.socket.send_multipart([b"", b'{"action":"PING","uuid":"u"}'])
            assert json.loads(client.socket.recv_multipart()[1])["uuid"] == "u"
            client.socket.send_multipart([b"", b'{"action":"PING"}', b"more"])
            assert json.loads(client.socket.recv_multipart()[1])["error_code"] == "INVALID_JSON"

    def test_a_router_in_between_keeps_its_frames(self, process):
        process.start()
        with process.client(zmq.DEALER) as client:
            client.socket.send_multipart([b"hop", b"", b'{"action":"PING","uuid":"u"}'])
            hop, empty, reply = client.socket.recv_multipart()
            assert (hop, empty, json.loads(reply)["uuid"]) == (b"hop", b"", "u")

    def test_a_megabyte_is_answered_and_more_than_two_is_cut_off(self, process):
        process.start()
        with process.client() as client:
            client.send(b"x" * 1_000_000)
            assert json.loads(client.receive())["error_code"] == "TOO_LARGE"
        with process.client(timeout_s=0.2) as client:
            client.send(b"x" * 2_200_000)
            with pytest.raises(zmq.Again):
                client.receive()
        with process.client() as client:
            assert client.unsigned("PING")["status"] == "ok"

    def test_a_client_that_is_no_zeromq_client(self, process):
        process.start()
        with socket.create_connection(("127.0.0.1", process.port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"\0" * 100_000)
        with process.client() as client:
            assert client.unsigned("PING")["status"] == "ok"

    def test_a_client_that_leaves_before_its_reply(self, process, terminal):
        process.start()
        terminal.faults(hang=["account_info"])
        for _ in range(20):
            with process.client() as client:
                client.send(b'{"action":"GET_ACCOUNT"}')
        terminal.faults()
        with process.client() as client:
            assert client.unsigned("GET_ACCOUNT")["status"] == "ok"

    def test_many_clients_at_once(self, process, terminal):
        process.start()
        failures = []

        def trade():
            try:
                with process.client() as client:
                    for _ in range(5):
                        reply = client.open(volume=0.01)
                        assert client.signed("trade", "CLOSE", ticket=reply["position"])["status"] == "FILLED"
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=trade) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(terminal.deals()) == 60


class TestStarting:
    def refused(self, process, code, wanted):
        command = [os.sys.executable, str(HERE / "run_gateway.py"), "--config", str(process.config)]
        environment = {**os.environ, "FAKE_MT5_DIR": str(process.terminal.folder)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == code, done.stderr
        assert wanted in done.stderr
        return done

    def test_two_gateways_on_one_port(self, process, terminal, tmp_path):
        process.start()
        second = Process(terminal, tmp_path / "second", port=process.port)
        self.refused(second, 3, "can't listen on 127.0.0.1")
        assert terminal.sends() == []

    def test_two_gateways_on_one_journal(self, process):
        process.start()
        self.refused(process, 4, "JOURNAL_LOCKED")

    def test_a_damaged_journal(self, process):
        journal = process.folder / "state" / "journal-1100212251.db"
        journal.parent.mkdir()
        journal.write_text("damaged " * 100)
        self.refused(process, 4, "JOURNAL_CORRUPT")
        assert journal.read_text() == "damaged " * 100

    def test_a_journal_of_another_account(self, process):
        process.start().stop()
        process.config.write_text(process.config.read_text().replace(SERVER, "Other"))
        self.refused(process, 4, "JOURNAL_OF_ANOTHER_ACCOUNT")

    def test_a_key_that_others_can_read(self, process):
        (process.folder / "keys" / "trade.trade").chmod(0o644)
        self.refused(process, 2, "its owner's alone")

    def test_an_unknown_setting(self, process):
        process.config.write_text(process.config.read_text() + "max_lot = 1\n")
        self.refused(process, 2, "did you mean max_lots")

    def test_without_the_module(self, process, terminal):
        """The gateway answers, and says that it has no terminal."""
        process.start(PYTHONPATH="")
        with process.client() as client:
            reply = client.unsigned("GET_ACCOUNT")
            assert reply["error_code"] == "MT5_NOT_CONNECTED"
            assert "No module named 'MetaTrader5'" in reply["error_msg"]
            assert client.signed("read", "ENGAGE", reason="", who="")["kill_switch"] == "engaged"

    def test_without_a_terminal(self, process, terminal):
        terminal.faults(dead=True)
        process.start()
        with process.client() as client:
            assert client.unsigned("GET_ACCOUNT")["error_code"] == "MT5_NOT_CONNECTED"
            assert client.open()["error_code"] == "MT5_NOT_CONNECTED"
            terminal.faults()
            assert client.unsigned("GET_ACCOUNT")["status"] == "ok"

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_lets_the_order_end(self, process, terminal, number):
        process.start()
        terminal.faults(hang=["order_send_after"])
        with process.client() as client:
            client.send(client.frame("trade", "OPEN", uuid="u", symbol="EURUSD", type="BUY", volume=0.01))
            wait_for(terminal.deals)
            process.process.send_signal(number)
            terminal.faults()
            assert json.loads(client.receive())["status"] == "FILLED"
        assert process.process.wait(PATIENCE) == 0
        process.start()
        with process.client() as client:
            assert client.signed("read", "GET_OUTCOME", of="u")["outcome"] == "done"

    def test_a_clients_order_from_before_the_restart_finds_the_same_journal(self, process):
        process.start()
        with process.client() as client:
            about = client.unsigned("PING")["gateway"]
        process.stop()
        process.start()
        with process.client() as client:
            after = client.unsigned("PING")["gateway"]
        assert about["journal"] == after["journal"]
        assert about["instance"] != after["instance"]
        assert after["journal_seq"] > about["journal_seq"]

    def test_the_log_is_rotated_and_holds_no_secret(self, process):
        process.start(MT5_PASSWORD="hunter2")
        with process.client() as client:
            client.open()
        text = json.dumps(process.log()) + (process.folder / "stderr").read_text()
        assert "hunter2" not in text
        for role in ("read", "trade", "admin"):
            secret = (process.folder / "keys" / f"{role}.{role}").read_text().strip()
            assert secret not in text


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 300 KB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user can't mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


class TestFullDisk:
    def test_it_opens_nothing_and_closes_everything(self, terminal, tmp_path, small_disk):
        terminal.hold(3)
        process = Process(terminal, tmp_path / "p")
        process.config.write_text(process.config.read_text() + f"[state]\nfolder = '{small_disk}/state'\n")
        process.start()
        with process.client() as client:
            assert client.open()["status"] == "FILLED"
            with contextlib.suppress(OSError), open(small_disk / "filler", "wb") as file:
                while True:
                    file.write(b"x" * 512)
                    file.flush()
            reply = None
            for _ in range(300):
                reply = client.open()
                if reply["status"] != "FILLED":
                    break
            assert (reply["error_code"], reply["executed"]) == ("JOURNAL_UNWRITABLE", "no")
            sent = len(terminal.sends())
            closed = client.signed("trade", "CLOSE", ticket=1, uuid="c")
            assert (closed["status"], closed["journalled"]) == ("FILLED", False)
            assert client.unsigned("CLOSE", ticket=2)["status"] == "FILLED"
            engaged = client.signed("read", "ENGAGE", reason="r", who="w")
            assert engaged["kill_switch"] == "engaged"
            assert len(terminal.sends()) == sent + 2
            name = client.journal
            (small_disk / "filler").unlink()
        process.stop()
        process.start()
        with process.client() as client:
            # The closes are in no journal, so it is another one now.
            assert client.unsigned("PING")["gateway"]["journal"] != name
        process.stop()


def test_a_stand_for_other_languages(tmp_path):
    command = [os.sys.executable, str(HERE / "stand.py"), str(tmp_path / "stand"), "--positions", "2", "--pending", "1"]
    stand = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        first = json.loads(stand.stdout.readline())
        os.kill(first["pid"], signal.SIGKILL)
        stand.stdin.write("restart\n")
        stand.stdin.flush()
        second = json.loads(stand.stdout.readline())
        assert first["port"] == second["port"]
        assert first["pid"] != second["pid"]
        socket = zmq.Context.instance().socket(zmq.REQ)
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(f"tcp://127.0.0.1:{second['port']}")
        for action, name, count in (("GET_POSITIONS", "positions", 2), ("GET_ORDERS", "orders", 1)):
            socket.send(json.dumps({"action": action}).encode())
            assert socket.poll(PATIENCE * 1000)
            assert len(json.loads(socket.recv())[name]) == count
        socket.close()
    finally:
        stand.stdin.close()
        assert stand.wait(PATIENCE) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(second["pid"], 0)
