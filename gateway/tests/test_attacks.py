"""Attempts to make the gateway lie, send twice, or stop."""

import json
import sqlite3

import pytest

from mt5crs_gateway import orders
from mt5crs_gateway.protocol import REQUEST_LABEL, iso, sign
from support import LOGIN, SECRETS, START, Gateway, position


class Broken:
    """A database that fails in the statements that a test names."""

    def __init__(self, database, words):
        self._database, self._words = database, words

    def execute(self, statement, *values):
        if any(statement.startswith(it) for it in self._words):
            raise sqlite3.OperationalError("disk I/O error")
        return self._database.execute(statement, *values)

    def __getattr__(self, name):
        return getattr(self._database, name)


class TestJournalThatFails:
    @pytest.mark.parametrize(
        "words", [("SELECT",), ("BEGIN",), ("INSERT",), ("COMMIT",), ("UPDATE",), ("PRAGMA",), ("",)], ids=str
    )
    def test_at_any_statement(self, gateway, terminal, words):
        for ticket in (1, 2):
            terminal.happens(event="position", **position(ticket))
        gateway.journal._database = Broken(gateway.journal._database, words)
        opened = gateway.open()
        # UPDATE writes results: the order itself is in the journal.
        if words == ("UPDATE",):
            assert (opened["status"], opened["journalled"]) == ("FILLED", False)
        else:
            assert (opened["error_code"], opened["executed"]) == ("JOURNAL_UNWRITABLE", "no")
            assert gateway.open_43()["error_code"] == "JOURNAL_UNWRITABLE"
            assert terminal.sends() == []
        assert gateway.signed("trade", "CLOSE", ticket=1)["status"] == "FILLED"
        assert gateway.unsigned("CLOSE", ticket=2)["status"] == "FILLED"
        assert gateway.signed("read", "ENGAGE", reason="", who="")["kill_switch"] == "engaged"
        assert gateway.signed("read", "GET_ACCOUNT")["status"] == "ok"
        outcome = gateway.signed("trade", "GET_OUTCOME", of="never", void=True)
        if words != ("UPDATE",):
            assert outcome["error_code"] in ("JOURNAL_UNWRITABLE", "JOURNAL_UNREADABLE")
        for _ in range(3):
            gateway.pass_(1)
        assert not [it for it in gateway.log if it[0] == "bug"]
        gateway.journal._database = gateway.journal._database._database

    def test_a_commit_that_fails_leaves_nothing(self, gateway, terminal):
        good = gateway.journal._database
        gateway.journal._database = Broken(good, ("COMMIT",))
        gateway.open(uuid="u")
        gateway.journal._database = good
        assert good.execute("SELECT count(*) FROM orders").fetchone()[0] == 0
        assert gateway.open(uuid="u2")["status"] == "FILLED"


class TestTerminalThatLies:
    def test_an_old_error_is_not_taken_for_the_orders(self, gateway, terminal):
        """order_send answers None and sets no error; -2 is left from an earlier call."""
        module = gateway.module
        original = module.order_send

        def send(request):
            original(request)
            module._world.error = (-2, "left over")

        module.order_send = send
        module.last_error = lambda: (-2, "left over")
        reply = gateway.open()
        assert (reply["executed"], reply["status"]) == ("yes", "FILLED")
        assert len(terminal.deals()) == 1

    def test_the_account_that_moves_during_order_send(self, gateway, terminal):
        gateway.faults(login_in={"order_send": 999})
        reply = gateway.open()
        assert (reply["executed"], reply["error_code"]) == ("unknown", "ACCOUNT_CHANGED")
        assert gateway.open_43()["error_code"] == "ACCOUNT_MISMATCH"
        assert len(terminal.sends()) == 1

    def test_a_result_without_order_and_deal(self, gateway):
        gateway.faults(send={"retcode": 10009})
        reply = gateway.open()
        assert (reply["order"], reply["deal"], reply["position"]) == (None, None, None)

    @pytest.mark.parametrize("function", ["positions_get", "symbol_info", "account_info", "history_deals_get"])
    def test_calls_that_fail_after_the_order(self, gateway, terminal, function):
        """What fails after order_send changes nothing of its result."""
        terminal.happens(event="position", **position(5))
        original = gateway.module.order_send

        def send(request):
            result = original(request)
            gateway.faults(**{"raise": {function: "boom"}})
            return result

        gateway.module.order_send = send
        assert gateway.open(uuid="o")["executed"] == "yes"
        gateway.faults()
        assert gateway.signed("trade", "CLOSE", ticket=5)["executed"] == "yes"
        gateway.faults()
        gateway.module.order_send = original
        assert gateway.signed("read", "GET_OUTCOME", of="o")["outcome"] == "done"

    def test_a_bug_after_permission_leaves_the_order_unknown(self, gateway, terminal, monkeypatch):
        monkeypatch.setattr(orders, "_answered", lambda *args: 1 / 0)
        reply = gateway.open(uuid="u")
        assert (reply["executed"], reply["error_code"]) == ("unknown", "MT5_EXCEPTION")
        gateway.pass_(1)
        assert gateway.signed("read", "GET_OUTCOME", of="u")["outcome"] == "done"
        assert len(terminal.deals()) == 1

    def test_a_bug_before_permission_did_not_execute(self, gateway, terminal, monkeypatch):
        monkeypatch.setattr(orders, "_check_volume", lambda *args: 1 / 0)
        assert gateway.open()["executed"] == "no"
        assert terminal.sends() == []

    def test_texts_of_the_broker_stay_texts(self, gateway, terminal):
        comment = '","key":"x","mac":"' + "0" * 64 + '"}'
        terminal.happens(event="position", **position(5, comment=comment))
        assert gateway.signed("read", "GET_POSITIONS")["positions"][0]["comment"] == comment


class TestWireThatLies:
    def test_a_frame_inside_a_frame(self, gateway, terminal):
        """A text that ends like a signature is no signature."""
        inner = gateway.frame("trade", "OPEN", symbol="EURUSD", type="BUY", volume=0.01).decode()
        frame = json.dumps({"action": "PING", "uuid": "u", "x": inner}).encode()
        assert json.loads(gateway.raw(frame)[0])["status"] == "ok"
        assert terminal.sends() == []

    def test_a_signed_frame_with_another_in_front(self, gateway, terminal):
        frame = gateway.frame("read", "PING")
        for forged in (frame + frame, b'{"action":"OPEN"}' + frame, frame[:-1] + b"," + frame[1:]):
            assert json.loads(gateway.raw(forged)[0])["error_code"] in ("BAD_SIGNATURE", "INVALID_JSON")

    def test_the_reply_to_one_request_is_none_to_another(self, gateway):
        first, second = gateway.frame("read", "PING", uuid="u"), gateway.frame("read", "GET_ACCOUNT", uuid="u2")
        replies = [json.loads(gateway.raw(it)[0]) for it in (first, second)]
        assert replies[0]["re"] != replies[1]["re"]
        assert [it["re"] for it in replies] == [json.loads(it)["mac"] for it in (first, second)]

    def test_a_release_that_was_held_back(self, gateway):
        frame = gateway.frame("admin", "RELEASE")
        gateway.switch.engage("", "", "")
        gateway.pass_(6)
        assert json.loads(gateway.raw(frame)[0])["error_code"] == "STALE"
        assert gateway.switch.is_engaged()

    def test_an_order_that_was_held_back_after_it_was_voided(self, gateway, terminal):
        frame = gateway.frame("trade", "OPEN", uuid="u", symbol="EURUSD", type="BUY", volume=0.01)
        assert gateway.signed("trade", "GET_OUTCOME", of="u", void=True)["outcome"] == "voided"
        assert json.loads(gateway.raw(frame)[0])["error_code"] == "VOIDED"
        assert terminal.sends() == []

    def test_numbers_that_python_reads_and_json_does_not(self, gateway, terminal):
        for text in (b"1_0", b"0x10", b"+1", b".5", b"1.", b"01", "１".encode(), b"- 1", b"True"):
            body = b'{"uuid":"u","action":"CLOSE","ticket":%s}' % text
            assert json.loads(gateway.raw(body)[0])["error_code"] == "INVALID_JSON", text
        assert terminal.sends() == []

    @pytest.mark.parametrize(
        "text",
        [
            "２０２６-01-17T03:54:22Z",
            "2026-01-17T03:54:22+99:99",
            "2026-13-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-23:59",
            "2026-01-17T24:00:00Z",
        ],
    )
    def test_times_that_are_none(self, gateway, text):
        assert gateway.open(valid_until=text)["error_code"] == "INVALID_FIELD"
        assert gateway.signed("read", "PING", timestamp=text)["error_code"] == "INVALID_FIELD"

    def test_a_client_that_signs_with_the_reply_label_of_another_key(self, gateway):
        frame = sign(REQUEST_LABEL, "admin", SECRETS["trade"], b'{"action":"RELEASE","uuid":"u"}')
        assert json.loads(gateway.raw(frame)[0])["error_code"] == "BAD_SIGNATURE"


class TestClock:
    def test_a_clock_that_jumps_ahead_makes_honest_frames_stale(self, gateway, terminal):
        frame = gateway.frame("trade", "OPEN", symbol="EURUSD", type="BUY", volume=0.01)
        gateway.clock.wall += 3600
        assert json.loads(gateway.raw(frame)[0])["error_code"] == "STALE"
        gateway.clock.wall -= 3600
        assert terminal.sends() == []

    def test_between_permission_checks_the_wall_clock_steps_back(self, gateway, terminal):
        def step(question):
            gateway.clock.wall -= 3600

        gateway.link.before_decision = step
        assert gateway.open(valid_until=iso(START + 60))["error_code"] == "CLOCK_STEPPED"
        assert terminal.sends() == []

    def test_a_replayed_read_after_a_step_back_is_still_refused(self, gateway):
        gateway.pass_(100)
        frame = gateway.frame("read", "GET_ACCOUNT")
        gateway.raw(frame)
        gateway.pass_(30)
        gateway.clock.wall -= 30
        assert json.loads(gateway.raw(frame)[0])["error_code"] == "REPLAYED"


class TestOneUuidForAll:
    def test_an_order_is_not_taken_for_an_earlier_one(self, gateway, terminal):
        """An engine uses one uuid for all its orders. The second is lost and did not execute; the first did."""
        assert gateway.open_43(uuid="always")["status"] == "FILLED"
        gateway.faults(send={"none": [-10005, "IPC timeout"]})
        reply = gateway.open_43(uuid="always")
        assert (reply["status"], reply["executed"]) == ("REJECTED", "unknown")
        for _ in range(40):
            gateway.pass_(1)
        assert gateway.unsigned("GET_OUTCOME", of="always")["outcome"] == "unknown"
        assert len({it["comment"] for it in terminal.sends()}) == 2

    def test_also_while_both_wait(self, gateway, terminal):
        gateway.link.is_held = True
        for client in (b"a", b"b"):
            gateway.unsigned("GET_ACCOUNT", client=client)
            assert gateway.open_43(client=client, uuid="always") is None
        gateway.link.release()
        assert len({it["comment"] for it in terminal.sends()}) == 2


class TestTwoGateways:
    def test_on_one_terminal_each_order_belongs_to_one(self, gateway, terminal, tmp_path):
        second = Gateway(terminal, tmp_path / "second")
        first = gateway.open(uuid="u")
        frame = second.frame("trade", "OPEN", uuid="u", symbol="EURUSD", type="BUY", volume=0.01)
        assert json.loads(gateway.raw(frame)[0])["error_code"] == "WRONG_GATEWAY"
        # The first one's own order is not forgotten for it.
        outcome = gateway.signed("trade", "GET_OUTCOME", of="u")
        assert (outcome["outcome"], outcome["reply"]["order"]) == ("done", first["order"])
        assert len(terminal.sends()) == 1

    def test_a_shared_key_and_login_and_a_copied_journal(self, gateway, terminal, tmp_path):
        """A machine that was cloned: the copy answers under the same journal's name, and refuses what it knows."""
        frame = gateway.frame("trade", "OPEN", uuid="u", symbol="EURUSD", type="BUY", volume=0.01, login=LOGIN)
        gateway.raw(frame)
        gateway.clock.pass_(1)
        gateway.restart()
        assert json.loads(gateway.raw(frame)[0])["error_code"] == "STALE"
        assert len(terminal.sends()) == 1
