"""Limits, the kill switch, the queue, and the broker's clock."""

import json
import os

import pytest

from mt5crs_gateway import front
from mt5crs_gateway.broker_time import BrokerTime
from mt5crs_gateway.limits import Limits
from mt5crs_gateway.switch import KillSwitch
from support import START, Gateway, Terminal, pending, position


def limited(terminal, tmp_path, **limits):
    return Gateway(terminal, tmp_path / "g", limits=Limits(**{"max_lots": 10.0, **limits}))


def deal(ticket, profit, kind=2, at=START, **more):
    return {
        "event": "deal",
        "ticket": ticket,
        "order": 0,
        "position_id": 0,
        "time_msc": int((at + 7200) * 1000),
        "type": kind,
        "entry": 1,
        "reason": 0,
        "volume": 0.0,
        "price": 0.0,
        "profit": profit,
        "symbol": "",
        "magic": 0,
        "comment": "",
        **more,
    }


class TestLimits:
    def test_they_bind_unsigned_clients_as_well(self, terminal, tmp_path):
        gateway = limited(terminal, tmp_path, max_lots=0.05, symbols=("EURUSD",))
        assert gateway.open_43(volume=0.06)["error_code"] == "LIMIT_LOTS"
        assert gateway.open_43(symbol="GBPUSD")["error_code"] == "LIMIT_SYMBOLS"
        assert gateway.open_43(volume=0.05)["status"] == "FILLED"
        assert gateway.unsigned("PING")["gateway"]["limits"] == {"max_lots": 0.05, "symbols": ["EURUSD"]}

    def test_positions_and_pending_orders(self, terminal, tmp_path):
        terminal.happens(event="position", **position(1))
        terminal.happens(event="order", **pending(2))
        gateway = limited(terminal, tmp_path, max_positions=3)
        assert gateway.open()["status"] == "FILLED"
        assert gateway.open()["error_code"] == "LIMIT_POSITIONS"
        assert gateway.signed("trade", "CANCEL", ticket=2)["executed"] == "yes"
        assert gateway.open()["status"] == "FILLED"

    def test_a_count_that_the_terminal_does_not_tell(self, terminal, tmp_path):
        gateway = limited(terminal, tmp_path, max_positions=3)
        gateway.signed("read", "GET_ACCOUNT")
        gateway.faults(none={"orders_total": [-10005, ""]})
        assert gateway.open()["error_code"] == "POSITIONS_ERROR"

    def test_orders_per_minute(self, terminal, tmp_path):
        gateway = limited(terminal, tmp_path, orders_per_minute=2)
        assert [gateway.open().get("error_code") for _ in range(3)] == [None, None, "LIMIT_RATE"]
        gateway.pass_(59.9)
        assert gateway.open()["error_code"] == "LIMIT_RATE"
        gateway.pass_(0.2)
        assert gateway.open()["status"] == "FILLED"

    def test_orders_that_wait_are_counted_when_they_are_sent(self, terminal, tmp_path):
        gateway = limited(terminal, tmp_path, orders_per_minute=2)
        gateway.link.is_held = True
        for number in range(4):
            gateway.open(client=b"%d" % number)
        gateway.link.release()
        codes = [json.loads(it).get("error_code") for it in gateway.replies()]
        assert codes == [None, None, "LIMIT_RATE", "LIMIT_RATE"]
        assert len(terminal.deals()) == 2

    def test_close_and_cancel_are_exempt(self, terminal, tmp_path):
        terminal.happens(event="position", **position(1, volume=50.0))
        terminal.happens(event="order", **pending(2))
        gateway = limited(
            terminal, tmp_path, orders_per_minute=1, max_positions=1, symbols=("GBPUSD",), max_daily_loss=1.0
        )
        terminal.happens(**deal(900, -500.0, kind=0, symbol="EURUSD"))
        gateway.switch.engage("", "", "")
        assert gateway.signed("trade", "CLOSE", ticket=1)["status"] == "FILLED"
        assert gateway.signed("trade", "CANCEL", ticket=2)["executed"] == "yes"


class TestDailyLoss:
    def gateway(self, terminal, tmp_path, most=100.0):
        return limited(terminal, tmp_path, max_daily_loss=most)

    @pytest.mark.parametrize(
        ("deals", "is_refused"),
        [
            ([deal(900, -99.0, 0, symbol="EURUSD")], False),
            ([deal(900, -100.0, 0, symbol="EURUSD")], True),
            ([deal(900, -60.0, 0, symbol="EURUSD", commission=-30.0, swap=-5.0, fee=-5.0)], True),
            ([deal(900, -150.0, 0, at=START - 86400, symbol="EURUSD")], False),
            # A deposit is no gain, and a withdrawal no loss.
            ([deal(900, -120.0, 0, symbol="EURUSD"), deal(901, 500.0, 2)], True),
            ([deal(900, -500.0, 2)], False),
            # Credit is no gain either.
            ([deal(900, -120.0, 0, symbol="EURUSD"), deal(901, 500.0, 3)], True),
            ([deal(901, 500.0, 3)], False),
            # What was won today may be lost again.
            ([deal(900, 80.0, 0, symbol="EURUSD"), deal(901, -150.0, 0, symbol="EURUSD")], False),
        ],
    )
    def test_by_deals(self, terminal, tmp_path, deals, is_refused):
        for it in deals:
            terminal.happens(**it)
        gateway = self.gateway(terminal, tmp_path)
        assert (gateway.open().get("error_code") == "LIMIT_DAILY_LOSS") == is_refused
        assert gateway.switch.is_engaged() == is_refused

    def test_open_losses_count(self, terminal, tmp_path):
        terminal.happens(event="position", **position(1, volume=1.0, price_open=1.087))
        assert self.gateway(terminal, tmp_path).open()["error_code"] == "LIMIT_DAILY_LOSS"

    def test_past_it_the_kill_switch_engages_by_itself(self, terminal, tmp_path):
        gateway = self.gateway(terminal, tmp_path)
        gateway.pass_(1)
        assert not gateway.switch.is_engaged()
        terminal.happens(**deal(900, -100.0, 0, symbol="EURUSD"))
        gateway.pass_(1)
        assert gateway.switch.is_engaged()
        assert gateway.open()["error_code"] == "KILL_SWITCH_ENGAGED"

    def test_an_unknown_broker_time_refuses(self, terminal, tmp_path):
        gateway = self.gateway(terminal, tmp_path)
        gateway.offset_s = None
        gateway.restart()
        assert gateway.open()["error_code"] == "BROKER_TIME_UNKNOWN"
        assert not gateway.switch.is_engaged()

    def test_deals_that_the_terminal_does_not_tell(self, terminal, tmp_path):
        gateway = self.gateway(terminal, tmp_path)
        gateway.signed("read", "GET_ACCOUNT")
        gateway.faults(none={"history_deals_get": [-10005, ""]})
        assert gateway.open()["error_code"] == "DEALS_ERROR"

    def test_the_brokers_day(self, terminal, tmp_path):
        """At +2 h the broker's day began at 22:00 UTC of the day before."""
        midnight = START - (START + 7200) % 86400
        terminal.happens(**deal(900, -150.0, 0, at=midnight - 1, symbol="EURUSD"))
        gateway = self.gateway(terminal, tmp_path)
        assert gateway.open()["status"] == "FILLED"
        terminal.happens(**deal(950, -150.0, 0, at=midnight + 1, symbol="EURUSD"))
        assert gateway.open()["error_code"] == "LIMIT_DAILY_LOSS"


class TestSwitch:
    def test_engage_stops_every_client_and_release_lets_them(self, gateway, terminal):
        reply = gateway.unsigned("ENGAGE", reason="test", who="me")
        assert (reply["kill_switch"], reply["was"], reply["persisted"]) == ("engaged", "released", True)
        content = json.loads(gateway.switch.path.read_text())
        assert (content["reason"], content["metadata"]["who"]) == ("test", "me")
        assert gateway.open()["error_code"] == gateway.open_43()["error_code"] == "KILL_SWITCH_ENGAGED"
        assert gateway.signed("read", "ENGAGE", reason="again", who="")["was"] == "engaged"
        assert gateway.unsigned("PING")["gateway"]["kill_switch"] == "engaged"
        assert gateway.signed("admin", "RELEASE")["kill_switch"] == "released"
        assert gateway.open()["status"] == "FILLED"
        assert len(terminal.sends()) == 1

    def test_lasts_over_a_restart(self, gateway):
        gateway.unsigned("ENGAGE")
        gateway.pass_(1)
        gateway.restart()
        assert gateway.open()["error_code"] == "KILL_SWITCH_ENGAGED"

    def test_a_file_that_somebody_else_wrote(self, gateway):
        gateway.switch.path.write_text("")
        assert gateway.open()["error_code"] == "KILL_SWITCH_ENGAGED"

    @pytest.mark.parametrize("kind", ["folder", "dangling", "no folder", "loop"])
    def test_what_can_not_be_told_to_be_absent_counts(self, tmp_path, kind):
        path = tmp_path / "switch"
        if kind == "folder":
            path.mkdir()
        elif kind == "dangling":
            path.symlink_to(tmp_path / "nothing")
        elif kind == "loop":
            path.symlink_to(path)
        else:
            (tmp_path / "file").touch()
            path = tmp_path / "file" / "switch"
        assert KillSwitch(path).is_engaged()

    def test_where_the_file_can_not_be_written_it_holds_in_memory(self, tmp_path):
        switch = KillSwitch(tmp_path / "missing" / "switch")
        assert not switch.is_engaged()
        assert switch.engage("r", "w", "t") is False
        assert switch.is_engaged()
        switch.release()
        assert not switch.is_engaged()

    def test_a_file_that_stays_is_still_engaged(self, gateway):
        gateway.switch.path.mkdir()
        reply = gateway.signed("admin", "RELEASE")
        assert (reply["error_code"], reply["kill_switch"]) == ("SWITCH_NOT_RELEASED", "engaged")

    def test_directly_before_the_order(self, gateway, terminal):
        gateway.link.before_decision = lambda question: gateway.switch.engage("", "", "")
        assert gateway.open()["error_code"] == "KILL_SWITCH_ENGAGED"
        assert terminal.sends() == []

    def test_engage_acts_behind_a_request_that_hangs(self, gateway, terminal):
        gateway.link.is_held = True
        assert gateway.signed("read", "GET_ACCOUNT") is None
        assert gateway.open() is None
        assert gateway.signed("read", "ENGAGE", reason="", who="") is None
        assert gateway.switch.is_engaged()
        gateway.link.release()
        account, order, engaged = (json.loads(it) for it in gateway.replies())
        assert (account["status"], order["error_code"], engaged["kill_switch"]) == (
            "ok",
            "KILL_SWITCH_ENGAGED",
            "engaged",
        )
        assert terminal.sends() == []

    def test_release_waits_for_its_turn(self, gateway, terminal):
        gateway.switch.engage("", "", "")
        gateway.link.is_held = True
        gateway.signed("read", "GET_ACCOUNT")
        gateway.signed("admin", "RELEASE")
        assert gateway.switch.is_engaged()
        gateway.link.release()
        assert not gateway.switch.is_engaged()

    def test_names_the_order_in_flight(self, gateway):
        answers = []
        original = gateway.module.order_send

        def send(request):
            gateway.front.receive((b"other",), gateway.frame("read", "ENGAGE", reason="", who=""))
            answers.append(json.loads(gateway.front.outbox.popleft()[1]))
            return original(request)

        gateway.module.order_send = send
        assert gateway.open(uuid="u")["status"] == "FILLED"
        (flying,) = answers[0]["in_flight"]
        assert (flying["uuid"], flying["action"], flying["symbol"], flying["volume"]) == ("u", "OPEN", "EURUSD", 0.01)

    def test_an_order_that_is_only_checked_is_not_in_flight_and_is_not_sent(self, gateway, terminal):
        answers = []

        def engage(question):
            gateway.front.receive((b"other",), gateway.frame("read", "ENGAGE", reason="", who=""))
            answers.append(json.loads(gateway.front.outbox.popleft()[1]))

        gateway.link.before_decision = engage
        assert gateway.open()["error_code"] == "KILL_SWITCH_ENGAGED"
        assert answers[0]["in_flight"] == []
        assert terminal.sends() == []


class TestQueue:
    def test_each_client_gets_its_replies_in_order(self, gateway):
        gateway.link.is_held = True
        gateway.unsigned("GET_ACCOUNT", client=b"a", uuid="a1")
        gateway.unsigned("PING", client=b"a", uuid="a2")
        gateway.unsigned("GET_POSITIONS", client=b"b", uuid="b1")
        assert gateway.unsigned("PING", client=b"c", uuid="c1")["uuid"] == "c1"
        gateway.unsigned("PING", client=b"b", uuid="b2")
        gateway.link.release()
        left = [(client[0], json.loads(frame)["uuid"]) for client, frame in gateway.front.outbox]
        assert [it for it in left if it[0] == b"a"] == [(b"a", "a1"), (b"a", "a2")]
        assert [it for it in left if it[0] == b"b"] == [(b"b", "b1"), (b"b", "b2")]

    def test_the_terminal_works_in_the_order_of_arrival(self, gateway, terminal):
        for ticket in (1, 2, 3):
            terminal.happens(event="position", **position(ticket))
        gateway.link.is_held = True
        for ticket in (3, 1, 2):
            gateway.unsigned("CLOSE", client=b"%d" % ticket, ticket=ticket)
        gateway.link.release()
        assert [it["position"] for it in terminal.sends()] == [3, 1, 2]

    def test_identical_frames_each_get_a_reply(self, gateway):
        gateway.link.is_held = True
        frame = json.dumps({"action": "GET_ACCOUNT", "uuid": "u"}).encode()
        for _ in range(3):
            gateway.raw(frame)
        gateway.link.release()
        assert len(gateway.replies()) == 3

    def test_a_signed_read_behind_a_call_that_hangs(self, gateway):
        gateway.link.is_held = True
        gateway.unsigned("GET_ACCOUNT", client=b"a")
        gateway.pass_(5.5)
        reply = gateway.signed("read", "GET_ACCOUNT", client=b"b")
        assert (reply["error_code"], reply["terminal_busy_ms"]) == ("BUSY", 5500)
        assert gateway.unsigned("GET_ACCOUNT", client=b"c") is None
        assert gateway.signed("read", "PING", client=b"d")["gateway"]["terminal_busy_ms"] == 5500

    def test_too_many_requests(self, gateway, monkeypatch, terminal):
        monkeypatch.setattr(front, "MAX_WAITING", 3)
        terminal.happens(event="position", **position(1))
        gateway.link.is_held = True
        for number in range(4):
            gateway.unsigned("GET_ACCOUNT", client=b"%d" % number)
        assert gateway.unsigned("GET_ACCOUNT", client=b"x")["error_code"] == "BUSY"
        reply = gateway.open(client=b"y", uuid="u")
        assert (reply["error_code"], reply["executed"]) == ("BUSY", "no")
        # What reduces risk is never turned away.
        assert gateway.signed("trade", "CLOSE", client=b"z", ticket=1) is None
        gateway.link.release()
        gateway.replies()
        assert gateway.open(uuid="u")["error_code"] == "BUSY"
        assert len(terminal.sends()) == 1

    def test_too_many_bytes(self, gateway, monkeypatch):
        monkeypatch.setattr(front, "MAX_WAITING_BYTES", 1000)
        gateway.link.is_held = True
        gateway.unsigned("GET_ACCOUNT", client=b"0")
        gateway.unsigned("GET_ACCOUNT", client=b"1", x="y" * 800)
        assert gateway.unsigned("GET_ACCOUNT", client=b"2", x="y" * 200)["error_code"] == "BUSY"
        gateway.link.release()
        gateway.replies()
        assert gateway.unsigned("GET_ACCOUNT", x="y" * 800)["status"] == "ok"

    def test_clients_that_never_pause_keep_nothing_from_being_looked_for(self, gateway, terminal):
        """Requests wait all the time; the recovery ends nevertheless, and the terminal is looked at."""
        gateway.journal.add(
            key="trade",
            uuid="lost",
            hash="",
            action="OPEN",
            request={"volume": 0.01},
            token="m5X",
            state="sent",
            at=START - 60,
        )
        gateway.pass_(1)
        gateway.restart()
        gateway.link.is_held = True
        jobs = []
        for number in range(30):
            gateway.unsigned("GET_ACCOUNT", client=b"%d" % number)
        for _ in range(30):
            held = gateway.link.held.pop(0)
            jobs.append(held["action"])
            gateway.clock.pass_(0.5)
            gateway.link.do(held)
            gateway.front.tick()
        assert jobs.count("LOOKUP") == 1
        assert jobs.count("GET_ACCOUNT") > 20
        assert gateway.unsigned("PING", client=b"x")["gateway"]["recovering"] is False

    def test_a_terminals_process_that_ends(self, gateway, terminal):
        gateway.link.is_held = True
        gateway.unsigned("GET_ACCOUNT", client=b"a")
        gateway.open(client=b"b", uuid="u")
        gateway.front.lose_terminal("killed")
        (reply,) = (json.loads(it) for it in gateway.replies())
        assert reply["error_code"] == "TERMINAL_LOST"
        gateway.link.is_held = False
        gateway.front.handle({"kind": "ready"}, b"")
        (reply,) = (json.loads(it) for it in gateway.replies())
        assert (reply["uuid"], reply["status"]) == ("u", "FILLED")

    def test_a_terminals_process_that_does_not_start(self, gateway):
        gateway.front.lose_terminal("killed")
        assert gateway.unsigned("GET_ACCOUNT") is None
        gateway.pass_(6)
        (reply,) = (json.loads(it) for it in gateway.replies())
        assert reply["error_code"] == "MT5_NOT_CONNECTED"

    def test_an_order_whose_terminal_dies_after_permission_is_unknown(self, gateway, terminal):
        gateway.link.is_held = True
        gateway.open(uuid="u")
        job = gateway.link.held.pop()["job"]
        question = {"job": job, "login": gateway.config.login, "server": gateway.config.server, "attempt": 0}
        assert gateway.front.decide(question) == {"go": True}
        gateway.front.lose_terminal("killed")
        (reply,) = (json.loads(it) for it in gateway.replies())
        assert (reply["status"], reply["executed"], reply["error_code"]) == ("UNKNOWN", "unknown", "TERMINAL_LOST")

    def test_an_order_whose_terminal_dies_before_permission_did_not_execute(self, gateway, terminal):
        gateway.link.is_held = True
        gateway.open(uuid="u")
        gateway.front.lose_terminal("killed")
        (reply,) = (json.loads(it) for it in gateway.replies())
        assert (reply["error_code"], reply["executed"]) == ("TERMINAL_LOST", "no")
        gateway.link.is_held = False
        gateway.front.handle({"kind": "ready"}, b"")
        assert gateway.open(uuid="u")["replayed"] is True
        assert terminal.sends() == []

    def test_an_old_question_gets_no_permission(self, gateway):
        question = {"job": 7, "login": gateway.config.login, "server": gateway.config.server, "attempt": 0}
        assert gateway.front.decide(question)["go"] is False

    def test_a_gateway_that_stops_opens_nothing(self, gateway, terminal):
        gateway.front.is_stopping = True
        assert gateway.open()["error_code"] == "STOPPING"
        assert terminal.sends() == []


class TestBrokerTime:
    def observe(self, times, offset=None):
        """Ticks (broker's seconds) seen at (UTC seconds)."""
        clock = BrokerTime(offset)
        for broker, now in times:
            clock.observe("EURUSD", int(broker * 1000), now)
        return clock.offset_s

    def test_one_tick_teaches_nothing(self):
        assert self.observe([(START + 7200, START)]) is None

    def test_a_tick_that_stands_still_teaches_nothing(self):
        assert self.observe([(START + 3600, START + it) for it in range(100)]) is None

    @pytest.mark.parametrize("hours", [0, 2, 3, -5, 5.5, 14])
    def test_ticks_that_grow(self, hours):
        offset = int(hours * 3600)
        assert self.observe([(START + offset + it - 0.4, START + it) for it in range(4)]) == offset

    def test_a_new_tick_after_a_long_pause_teaches_nothing(self):
        times = [(START + 7200, START), (START + 7200 + 5000, START + 7200), (START + 15000, START + 20000)]
        assert self.observe(times) is None

    def test_one_odd_tick_changes_nothing(self):
        times = [(START + 7200 + it, START + it) for it in range(3)]
        assert self.observe([*times, (START + 10800 + 3, START + 3), (START + 10804 + 7200, START + 4)], 7200) == 7200

    def test_summer_time(self):
        times = [(START + 10800 + it, START + it) for it in range(3)]
        assert self.observe(times, 7200) == 10800

    def test_a_clock_that_is_wrong_by_minutes_teaches_nothing(self):
        assert self.observe([(START + 7200 + 600 + it, START + it) for it in range(5)]) is None

    def test_is_learnt_while_idle_and_kept_in_the_journal(self, terminal, tmp_path):
        gateway = Gateway(terminal, tmp_path / "g")
        gateway.offset_s = None
        gateway.restart()
        for _ in range(5):
            gateway.pass_(1)
        assert gateway.session.broker_time.offset_s == 7200
        assert ("broker_utc_offset", {"seconds": 7200}) in gateway.log

    def test_is_learnt_again_after_the_brokers_clock_changed(self, terminal, tmp_path):
        gateway = Gateway(terminal, tmp_path / "g")
        gateway.pass_(1)
        terminal.happens(event="offset", seconds=10800)
        for _ in range(5):
            gateway.pass_(1)
        assert gateway.session.broker_time.offset_s == 10800

    def test_a_closed_market_teaches_nothing(self, tmp_path):
        terminal = Terminal(tmp_path / "t")
        for symbol in terminal.world["symbols"].values():
            symbol["tick_msc"] = int((START - 86400) * 1000)
        terminal.save()
        gateway = Gateway(terminal, tmp_path / "g")
        gateway.offset_s = None
        gateway.restart()
        for _ in range(5):
            gateway.pass_(1)
        assert gateway.signed("read", "GET_SYMBOL", symbol="EURUSD")["broker_utc_offset_s"] is None


class TestWarnings:
    def warned(self, gateway):
        return [fields["code"] for event, fields in gateway.log if event == "warning"]

    def test_a_limit_above_what_the_symbol_allows(self, terminal, tmp_path):
        gateway = limited(terminal, tmp_path, max_lots=1000.0, symbols=("EURUSD",))
        for _ in range(3):
            gateway.pass_(1)
        assert self.warned(gateway) == ["LIMIT_ABOVE_SYMBOL"]
        assert gateway.open(volume=200)["error_code"] == "VOLUME_MAX"
        assert terminal.sends() == []

    def test_another_account(self, gateway, terminal):
        gateway.pass_(1)
        terminal.happens(event="account", set={"login": 999})
        for _ in range(3):
            gateway.pass_(1)
        assert self.warned(gateway) == ["ACCOUNT_MISMATCH"]

    def test_the_log_holds_no_secret_and_no_frame(self, gateway):
        gateway.open(comment="a-secret-comment")
        text = json.dumps(gateway.log)
        assert "a-secret-comment" not in text
        assert os.environ.get("PATH", "") not in text
