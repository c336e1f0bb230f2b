"""The reads of PROTOCOL5.md, section 4, row by row."""

import json

import pytest

from mt5crs_gateway.protocol import iso
from support import EURUSD, LOGIN, SERVER, START, Gateway, Terminal, pending, position

READS = {
    "GET_TERMINAL": {},
    "GET_ACCOUNT": {},
    "GET_POSITIONS": {},
    "GET_ORDERS": {},
    "GET_DEALS": {"position": 1},
    "GET_SYMBOL": {"symbol": "EURUSD"},
}


def code(reply):
    return reply["error_code"]


def book(gateway):
    """Two positions and one pending order, made before the gateway looked."""
    gateway.terminal.happens(event="position", **position(1, swap=-0.111, magic=7, comment="x", sl=1.0, tp=1.2))
    gateway.terminal.happens(event="position", **position(2, "USDJPY", 0.5, type=1, price_open=156.0))
    gateway.terminal.happens(event="order", **pending(3, magic=9, comment="p"))


class TestRows:
    def test_terminal(self, gateway):
        reply = gateway.signed("read", "GET_TERMINAL")
        wanted = (
            "connected trade_allowed tradeapi_disabled build ping_last_us company name login server trade_mode "
            "margin_mode leverage credit account_trade_allowed account_trade_expert currency currency_digits python module"
        )
        assert set(wanted.split()) <= set(reply)
        assert (reply["login"], reply["server"], reply["margin_mode"]) == (LOGIN, SERVER, "hedging")
        assert reply["ping_last_us"] == 41234
        assert reply["leverage"] == 3000

    def test_account(self, gateway):
        reply = gateway.signed("read", "GET_ACCOUNT")
        for name in [
            "balance",
            "equity",
            "margin",
            "free_margin",
            "margin_level",
            "currency",
            "login",
            "server",
            "leverage",
            "credit",
            "profit",
        ]:
            assert name in reply
        assert (reply["balance"], reply["margin_level"]) == (10000.0, 0.0)

    def test_positions(self, gateway):
        book(gateway)
        reply = gateway.signed("read", "GET_POSITIONS")
        first, second = reply["positions"]
        assert reply["total"] == 2
        assert first == {
            "ticket": 1,
            "symbol": "EURUSD",
            "type": "BUY",
            "volume": 0.01,
            "open_price": 1.08,
            "current_price": 1.085,
            "profit": 5.0,
            "magic": 7,
            "comment": "x",
            "identifier": 1,
            "time_open_msc": int(START * 1000),
            "sl": 1.0,
            "tp": 1.2,
            "swap": -0.11,
        }
        assert (second["type"], second["current_price"]) == ("SELL", 156.312)

    def test_positions_of_a_symbol_as_in_43(self, gateway):
        book(gateway)
        reply = gateway.unsigned("GET_POSITIONS", symbol="USDJPY")
        assert [it["ticket"] for it in reply["positions"]] == [2]
        assert reply["total"] == 2

    def test_orders(self, gateway):
        book(gateway)
        reply = gateway.signed("read", "GET_ORDERS")
        (order,) = reply["orders"]
        assert reply["total"] == 1
        assert order["type"] == "BUY_LIMIT"
        assert order["state"] == "PLACED"
        assert (order["ticket"], order["volume_initial"], order["price_open"], order["magic"]) == (3, 0.01, 1.07, 9)

    def test_symbol(self, gateway):
        reply = gateway.signed("read", "GET_SYMBOL", symbol="USDJPY")
        assert (reply["digits"], reply["bid"], reply["ask"]) == (3, 156.3, 156.312)
        assert reply["filling_modes"] == ["FOK", "IOC"]
        assert (reply["trade_mode"], reply["execution_mode"]) == (4, 1)
        assert reply["tick_time_msc"] == int((START + 7200) * 1000)

    def test_filling_modes_are_a_mask_of_their_own(self, terminal, tmp_path):
        for mask, names in ((0, []), (1, ["FOK"]), (2, ["IOC"]), (3, ["FOK", "IOC"]), (6, ["IOC", "BOC"])):
            terminal.happens(event="symbol", name="EURUSD", set={"filling_mode": mask})
            gateway = Gateway(terminal, tmp_path / str(mask))
            assert gateway.signed("read", "GET_SYMBOL", symbol="EURUSD")["filling_modes"] == names

    def test_an_unknown_symbol_has_near_names(self, gateway):
        reply = gateway.signed("read", "GET_SYMBOL", symbol="eurusd")
        assert (code(reply), reply["near"]) == ("SYMBOL_NOT_FOUND", ["EURUSD", "EURUSD.s"])
        assert gateway.signed("read", "GET_SYMBOL", symbol="ZZZ")["near"] == []

    def test_a_symbol_that_the_terminal_does_not_tell_is_no_unknown_one(self, gateway):
        gateway.signed("read", "PING")
        gateway.faults(none={"symbol_info": [-10005, "IPC timeout"]})
        assert code(gateway.signed("read", "GET_SYMBOL", symbol="EURUSD")) == "SYMBOL_ERROR"

    def test_sync_all_as_the_operators_reconciler_asks_it(self, gateway):
        book(gateway)
        frame = json.dumps({"action": "SYNC_ALL", "magic_number": 202401, "timestamp": 1768622062}).encode()
        reply = json.loads(gateway.raw(frame)[0])
        assert "uuid" not in reply
        assert reply["status"] == "OK"
        assert set(reply) == {"status", "account", "positions", "message"}
        account = {"balance", "equity", "margin_free", "margin_used", "margin_level", "leverage"}
        assert account <= set(reply["account"])
        row = {"symbol", "ticket", "volume", "profit", "price_current", "price_open", "type", "time_open"}
        assert row <= set(reply["positions"][0])
        assert len(reply["positions"]) == 2

    def test_sync_all_that_fails(self, gateway):
        gateway.faults(none={"positions_get": [-10005, "IPC timeout"]})
        reply = gateway.unsigned("SYNC_ALL", uuid=...)
        assert (reply["status"], reply["account"], reply["positions"]) == ("ERROR", {}, [])
        assert "-10005" in reply["message"]


class TestNoneIsNoList:
    @pytest.mark.parametrize(
        ("action", "function", "wanted"),
        [
            ("GET_TERMINAL", "account_info", "ACCOUNT_ERROR"),
            ("GET_ACCOUNT", "account_info", "ACCOUNT_ERROR"),
            ("GET_POSITIONS", "positions_get", "POSITIONS_ERROR"),
            ("GET_POSITIONS", "positions_total", "POSITIONS_ERROR"),
            ("GET_ORDERS", "orders_get", "ORDERS_ERROR"),
            ("GET_ORDERS", "orders_total", "ORDERS_ERROR"),
            ("GET_DEALS", "history_deals_get", "DEALS_ERROR"),
        ],
    )
    def test_a_read_that_fails_says_so(self, gateway, action, function, wanted):
        gateway.signed("read", "GET_ACCOUNT")
        gateway.faults(none={function: [-10005, "IPC timeout"]})
        reply = gateway.signed("read", action, **READS[action])
        assert code(reply) == wanted
        assert "-10005 IPC timeout" in reply["error_msg"]

    @pytest.mark.parametrize("action", READS)
    def test_a_terminal_that_is_gone(self, gateway, action):
        gateway.faults(dead=True)
        assert code(gateway.signed("read", action, **READS[action])) == "MT5_NOT_CONNECTED"

    @pytest.mark.parametrize("action", READS)
    def test_a_module_that_raises(self, gateway, action):
        gateway.faults(**{"raise": {"account_info": "boom", "symbol_info": "boom", "history_deals_get": "boom"}})
        assert code(gateway.signed("read", action, **READS[action])).endswith("_EXCEPTION")


class TestLists:
    @pytest.mark.parametrize(
        ("action", "function"), [("GET_POSITIONS", "positions_total"), ("GET_ORDERS", "orders_total")]
    )
    @pytest.mark.parametrize("more", [1, -1])
    def test_a_count_that_differs_twice_is_unstable(self, gateway, action, function, more):
        book(gateway)
        gateway.faults(total={function: more})
        assert code(gateway.signed("read", action)) == "LIST_UNSTABLE"

    def test_deals(self, gateway):
        gateway.open()
        gateway.faults(total={"history_deals_total": 1})
        assert code(gateway.signed("read", "GET_DEALS", **{"from": iso(START - 60)})) == "LIST_UNSTABLE"

    def test_a_list_of_an_account_that_changed_meanwhile(self, gateway):
        book(gateway)
        gateway.faults(login_in={"positions_get": 999})
        assert code(gateway.signed("read", "GET_POSITIONS")) == "ACCOUNT_CHANGED"
        reply = gateway.signed("read", "GET_POSITIONS")
        assert (reply["status"], reply["login"]) == ("ok", 999)


class TestNumbers:
    def test_noise_of_binary_fractions_is_nobodys_price(self, tmp_path):
        terminal = Terminal(tmp_path / "t")
        terminal.world["symbols"]["EURUSD"] = {**EURUSD, "bid": 1.0851199999999999}
        terminal.world["account"]["balance"] = 10000.000000001
        terminal.world["positions"] = [position(1, price_open=1.0800000000000001, sl=1.0499999999999998)]
        terminal.save()
        gateway = Gateway(terminal, tmp_path / "g")
        frame = gateway.raw(gateway.frame("read", "GET_POSITIONS"))[0]
        assert b'"current_price":1.08512,' in frame
        assert b'"open_price":1.08,' in frame
        assert b'"sl":1.05,' in frame
        assert b'"balance":10000.0,' in gateway.raw(gateway.frame("read", "GET_ACCOUNT"))[0]

    def test_a_netting_positions_average_is_not_rounded(self, tmp_path):
        terminal = Terminal(tmp_path / "t")
        terminal.world["account"]["margin_mode"] = 0
        terminal.world["positions"] = [position(1, price_open=1.0801234567)]
        terminal.save()
        gateway = Gateway(terminal, tmp_path / "g")
        assert gateway.signed("read", "GET_POSITIONS")["positions"][0]["open_price"] == 1.0801234567
        assert gateway.signed("read", "GET_TERMINAL")["margin_mode"] == "netting"

    def test_what_is_no_number_is_null(self, tmp_path):
        terminal = Terminal(tmp_path / "t")
        terminal.world["account"]["credit"] = float("nan")
        terminal.save()
        reply = Gateway(terminal, tmp_path / "g").signed("read", "GET_ACCOUNT")
        assert (reply["credit"], reply["equity"], reply["balance"]) == (None, None, 10000.0)

    def test_no_negative_zero(self, tmp_path):
        terminal = Terminal(tmp_path / "t")
        terminal.world["positions"] = [position(1, price_open=1.0850000001)]
        terminal.save()
        assert (
            b'"profit":0.0'
            in Gateway(terminal, tmp_path / "g").raw(json.dumps({"action": "GET_POSITIONS"}).encode())[0]
        )


class TestDeals:
    def test_row(self, gateway):
        gateway.terminal.happens(event="symbol", name="EURUSD", set={"commission": -0.035})
        order = gateway.open(magic=5)
        reply = gateway.signed("read", "GET_DEALS", **{"from": iso(START - 60)})
        (deal,) = reply["deals"]
        assert (deal["order"], deal["position_id"]) == (order["order"], order["position"])
        assert (deal["type"], deal["entry"], deal["magic"], deal["volume"]) == ("BUY", "IN", 5, 0.01)
        assert deal["commission"] in (-0.03, -0.04)
        assert deal["comment"].startswith("m5")
        assert (deal["time_msc"], reply["total"]) == (int((START + 7200) * 1000), 1)

    def test_of_a_position_total_is_null(self, gateway):
        order = gateway.open()
        gateway.signed("trade", "CLOSE", ticket=order["position"])
        gateway.open()
        reply = gateway.signed("read", "GET_DEALS", position=order["position"])
        assert [it["entry"] for it in reply["deals"]] == ["IN", "OUT"]
        assert reply["total"] is None

    def test_balance_operations_are_deals(self, gateway):
        gateway.terminal.happens(
            event="deal",
            ticket=5,
            order=0,
            position_id=0,
            time_msc=int((START + 7200) * 1000),
            type=2,
            entry=0,
            reason=0,
            volume=0.0,
            price=0.0,
            profit=200.0,
            symbol="",
            magic=0,
            comment="D-123",
        )
        (deal,) = gateway.signed("read", "GET_DEALS", **{"from": iso(START - 60)})["deals"]
        assert (deal["type"], deal["profit"], deal["symbol"]) == ("BALANCE", 200.0, "")

    def test_times_are_utc_and_the_broker_is_hours_ahead(self, gateway):
        gateway.open()
        ask = lambda first, last: len(  # noqa: E731
            gateway.signed("read", "GET_DEALS", **{"from": first, "to": last})["deals"]
        )
        assert ask(iso(START - 1), iso(START + 1)) == 1
        assert ask(iso(START + 1), iso(START + 7200)) == 0
        assert ask(iso(START - 7200), iso(START - 1)) == 0

    def test_whole_numbers_are_the_brokers_milliseconds(self, gateway):
        gateway.open()
        at = int((START + 7200) * 1000)
        assert len(gateway.signed("read", "GET_DEALS", **{"from": at, "to": at})["deals"]) == 1
        assert len(gateway.signed("read", "GET_DEALS", **{"from": at + 1000})["deals"]) == 0

    def test_an_open_end_misses_no_hours(self, gateway):
        gateway.open()
        assert len(gateway.signed("read", "GET_DEALS", **{"from": iso(START - 60)})["deals"]) == 1

    def test_an_unknown_offset_widens_the_range(self, terminal, tmp_path):
        gateway = Gateway(terminal, tmp_path / "g")
        gateway.offset_s = None
        gateway.restart()
        gateway.open()
        reply = gateway.signed("read", "GET_DEALS", **{"from": iso(START), "to": iso(START + 1)})
        assert len(reply["deals"]) == 1
        assert reply["broker_utc_offset_s"] is None
        assert reply["from_msc"] == int(START - 14 * 3600) * 1000

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"to": "2026-01-01T00:00:00Z"},
            {"from": "x"},
            {"from": True},
            {"position": 0},
            {"position": "1"},
            {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
            {"from": 0, "to": -1},
            {"position": 2**63},
        ],
    )
    def test_bad_ranges(self, gateway, fields):
        assert code(gateway.signed("read", "GET_DEALS", **fields)) in ("INVALID_FIELD", "MISSING_FIELD")

    def test_a_range_that_begins_at_zero(self, gateway):
        gateway.open()
        assert len(gateway.signed("read", "GET_DEALS", **{"from": 0})["deals"]) == 1


class TestPing:
    def test_before_the_terminal_said_anything_its_fields_are_null(self, gateway):
        about = gateway.unsigned("PING")["gateway"]
        assert (about["protocol"], about["signing"], about["recovering"]) == (5, "off", False)
        assert (about["login"], about["server"]) == (LOGIN, SERVER)
        assert about["terminal_login"] is about["trade_mode"] is about["margin_mode"] is None

    def test_what_the_terminal_said_a_moment_ago(self, gateway):
        gateway.pass_(1)
        about = gateway.unsigned("PING")["gateway"]
        assert (about["terminal_login"], about["trade_mode"], about["margin_mode"]) == (LOGIN, 0, "hedging")

    def test_what_the_terminal_said_long_ago_is_not_what_it_says_now(self, gateway):
        gateway.pass_(1)
        gateway.link.is_held = True
        gateway.pass_(6)
        about = gateway.unsigned("PING")["gateway"]
        assert about["trade_mode"] is None
        gateway.pass_(1)
        assert gateway.unsigned("PING")["gateway"]["terminal_busy_ms"] == 1000

    def test_a_terminal_on_another_account(self, gateway):
        gateway.terminal.happens(event="account", set={"login": 999, "trade_mode": 2})
        gateway.pass_(1)
        about = gateway.unsigned("PING")["gateway"]
        assert (about["login"], about["terminal_login"], about["trade_mode"]) == (LOGIN, 999, None)

    def test_a_dead_terminal(self, gateway):
        gateway.pass_(1)
        gateway.faults(dead=True)
        gateway.pass_(1)
        about = gateway.unsigned("PING")["gateway"]
        assert about["terminal_login"] is None

    @pytest.mark.parametrize("timestamp", [1768622062, "x", None, ..., "2026-01-17T03:54:22", [], True])
    def test_a_43_clients_time_may_be_anything(self, gateway, timestamp):
        reply = gateway.unsigned("PING", timestamp=timestamp)
        assert (reply["status"], reply["latency_ms"]) == ("ok", 0.0)

    def test_latency_is_the_gateways_clock_minus_the_clients(self, gateway):
        assert gateway.unsigned("PING", timestamp=iso(START - 0.25))["latency_ms"] == 250.0

    def test_names_each_action_that_it_answers(self, gateway):
        for action in gateway.unsigned("PING")["gateway"]["actions"]:
            assert gateway.unsigned(action).get("error_code") != "UNKNOWN_ACTION"


class TestReconnecting:
    def test_a_terminal_that_died_is_started_again(self, gateway):
        gateway.signed("read", "GET_ACCOUNT")
        gateway.faults(dead=True)
        assert code(gateway.signed("read", "GET_ACCOUNT")) == "MT5_NOT_CONNECTED"
        gateway.faults()
        assert gateway.signed("read", "GET_ACCOUNT")["status"] == "ok"

    def test_reads_say_whose_account_answers_and_orders_are_refused(self, gateway, terminal):
        opened = gateway.open()
        terminal.happens(event="account", set={"login": 999, "server": "Other"})
        assert gateway.signed("read", "GET_ACCOUNT")["login"] == 999
        assert gateway.signed("read", "GET_TERMINAL")["server"] == "Other"
        assert gateway.signed("read", "GET_POSITIONS")["login"] == 999
        for action, fields in (
            ("OPEN", {"symbol": "EURUSD", "type": "BUY", "volume": 0.01}),
            ("CLOSE", {"ticket": opened["position"]}),
            ("CANCEL", {"ticket": 77}),
        ):
            assert code(gateway.signed("trade", action, **fields)) == "ACCOUNT_MISMATCH"
        assert code(gateway.open_43()) == "ACCOUNT_MISMATCH"
        assert len(terminal.sends()) == 1

    def test_the_account_that_switches_directly_before_the_order(self, gateway, terminal):
        gateway.faults(login_in={"order_check": 999})
        assert code(gateway.open()) == "ACCOUNT_MISMATCH"
        assert terminal.sends() == []

    def test_the_password_logs_in_to_the_configured_account(self, terminal, tmp_path):
        terminal.happens(event="account", set={"login": 999})
        gateway = Gateway(terminal, tmp_path / "g")
        gateway.session._password = "secret"
        assert gateway.signed("read", "GET_ACCOUNT")["login"] == LOGIN
        assert terminal.ledger("initialize")[0]["login"] == LOGIN
        assert "secret" not in json.dumps(gateway.log)
