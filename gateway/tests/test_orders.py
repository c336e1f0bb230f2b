"""OPEN, CLOSE and CANCEL, and how the terminal answers them."""

import json

import pytest

from mt5crs_gateway.protocol import iso
from support import EURUSD, START, Gateway, Terminal, pending, position

FIELDS = [
    "executed",
    "retcode",
    "retcode_name",
    "order",
    "deal",
    "position",
    "volume",
    "price",
    "bid",
    "ask",
    "remaining_volume",
    "broker_comment",
    "journalled",
    "replayed",
    "deviation_enforced",
    "sent_at",
    "answered_at",
    "timestamp",
]


def refused(reply, code, executed="no"):
    assert (reply["error_code"], reply["executed"]) == (code, executed), reply
    return reply


def with_symbol(tmp_path, **changes):
    terminal = Terminal(tmp_path / "t")
    terminal.world["symbols"]["EURUSD"] = {**EURUSD, **changes}
    terminal.save()
    return terminal, Gateway(terminal, tmp_path / "g")


class TestOpen:
    def test_a_whole_fill(self, gateway, terminal):
        reply = gateway.open(magic=202401, sl=1.05, tp=1.2)
        assert set(FIELDS) <= set(reply)
        assert (reply["status"], reply["executed"], reply["retcode_name"]) == ("FILLED", "yes", "DONE")
        assert (reply["ticket"], reply["position"], reply["remaining_volume"]) == (reply["order"], reply["order"], 0.0)
        assert reply["journalled"] is True
        (sent,) = terminal.sends()
        assert (sent["magic"], sent["sl"], sent["tp"], sent["price"]) == (202401, 1.05, 1.2, 1.08512)

    def test_a_sell_is_priced_at_the_bid(self, gateway, terminal):
        gateway.open(type="sell")
        assert (terminal.sends()[0]["type"], terminal.sends()[0]["price"]) == (1, 1.085)

    def test_numbers_have_the_types_that_the_module_demands(self, gateway, terminal):
        assert gateway.open(volume=1, sl=1, tp=2, deviation_points=3)["status"] == "FILLED"
        sent = terminal.sends()[0]
        assert [type(sent[name]) for name in ("volume", "price", "sl", "tp")] == [float] * 4
        assert sent["deviation"] == 3

    def test_the_comment_finds_the_order(self, gateway, terminal):
        gateway.open(comment="a comment of the client, as long as it likes, and longer than MetaTrader takes")
        assert len(terminal.sends()[0]["comment"]) == 22

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"symbol": ...}, "MISSING_SYMBOL"),
            ({"symbol": ""}, "MISSING_SYMBOL"),
            ({"symbol": "E" * 30}, "INVALID_SYMBOL"),
            ({"symbol": "EUR\nUSD"}, "INVALID_SYMBOL"),
            ({"symbol": 5}, "INVALID_SYMBOL"),
            ({"symbol": "NOPE"}, "SYMBOL_NOT_FOUND"),
            ({"symbol": "EURUSD.s"}, "SYMBOL_NOT_VISIBLE"),
            ({"type": ...}, "MISSING_TYPE"),
            ({"type": "BUY_LIMIT"}, "INVALID_TYPE"),
            ({"type": 0}, "MISSING_TYPE"),
            ({"volume": ...}, "INVALID_VOLUME"),
            ({"volume": 0}, "INVALID_VOLUME"),
            ({"volume": -0.01}, "INVALID_VOLUME"),
            ({"volume": "0.01"}, "INVALID_VOLUME"),
            ({"volume": True}, "INVALID_VOLUME"),
            ({"volume": 1e308}, "INVALID_VOLUME"),
            ({"volume": 0.001}, "VOLUME_MIN"),
            ({"volume": 0.015}, "VOLUME_STEP"),
            ({"volume": 0.010000001}, "VOLUME_STEP"),
            ({"volume": 11}, "LIMIT_LOTS"),
            ({"sl": 1.051234}, "PRICE_DIGITS"),
            ({"tp": -1}, "INVALID_PRICE"),
            ({"price": "market"}, "INVALID_PRICE"),
            ({"magic": -1}, "INVALID_FIELD"),
            ({"magic": 1.5}, "INVALID_FIELD"),
            ({"magic": 2**63}, "INVALID_FIELD"),
            ({"deviation_points": -1}, "INVALID_FIELD"),
            ({"valid_until": "soon"}, "INVALID_FIELD"),
        ],
    )
    def test_refused_before_anything_is_sent(self, gateway, terminal, fields, code):
        refused(gateway.open(**fields), code)
        assert terminal.sends() == []

    def test_noise_of_binary_fractions_is_no_other_price(self, gateway, terminal):
        gateway.open(sl=1.0499999999999998)
        assert terminal.sends()[0]["sl"] == 1.05

    @pytest.mark.parametrize(
        ("what", "change", "code"),
        [
            ("terminal", {"connected": False}, "TERMINAL_OFFLINE"),
            ("terminal", {"trade_allowed": False}, "AUTOTRADING_OFF"),
            ("terminal", {"tradeapi_disabled": True}, "TRADE_API_OFF"),
            ("account", {"trade_allowed": False}, "ACCOUNT_TRADE_OFF"),
            ("account", {"trade_expert": False}, "ACCOUNT_EXPERT_OFF"),
        ],
    )
    def test_switches_of_terminal_and_account(self, gateway, terminal, what, change, code):
        terminal.happens(event=what, set=change)
        refused(gateway.open(), code)
        assert terminal.sends() == []

    @pytest.mark.parametrize(
        ("mode", "side", "is_refused"), [(0, "BUY", 1), (1, "SELL", 1), (1, "BUY", 0), (2, "BUY", 1), (3, "SELL", 1)]
    )
    def test_trade_modes_of_the_symbol(self, gateway, terminal, mode, side, is_refused):
        terminal.happens(event="symbol", name="EURUSD", set={"trade_mode": mode})
        assert (gateway.open(type=side).get("error_code") == "SYMBOL_TRADE_MODE") == bool(is_refused)

    def test_a_closed_market(self, gateway, terminal):
        terminal.happens(event="market", closed=True)
        reply = refused(gateway.open(), "ORDER_CHECK_FAILED")
        assert (reply["retcode"], reply["retcode_name"]) == (10018, "MARKET_CLOSED")
        assert terminal.sends() == []

    def test_no_money(self, gateway):
        gateway.terminal.happens(event="account", set={"balance": 1.0})
        assert refused(gateway.open(), "ORDER_CHECK_FAILED")["retcode"] == 10019

    def test_no_price(self, gateway, terminal):
        terminal.happens(event="symbol", name="EURUSD", set={"no_tick": True})
        refused(gateway.open(), "NO_PRICE")

    def test_an_order_check_that_answers_nothing(self, gateway, terminal):
        gateway.signed("read", "GET_ACCOUNT")
        gateway.faults(none={"order_check": [-10005, "IPC timeout"]})
        refused(gateway.open(), "ORDER_CHECK_ERROR")
        assert terminal.sends() == []

    def test_valid_until(self, gateway, terminal):
        refused(gateway.open(valid_until=iso(START - 0.001)), "EXPIRED")
        assert gateway.open(valid_until=iso(START + 1))["status"] == "FILLED"
        assert len(terminal.sends()) == 1

    def test_valid_until_is_looked_at_directly_before_the_order(self, gateway, terminal):
        gateway.link.before_decision = lambda question: gateway.clock.pass_(2)
        refused(gateway.open(valid_until=iso(START + 1)), "EXPIRED")
        assert terminal.sends() == []

    def test_without_valid_until_it_ends_with_its_freshness(self, gateway, terminal):
        gateway.link.before_decision = lambda question: gateway.clock.pass_(6)
        refused(gateway.open(), "EXPIRED")
        assert terminal.sends() == []


class TestFilling:
    @pytest.mark.parametrize(
        ("mask", "execution", "modes"),
        [(1, 2, [0]), (2, 2, [1]), (3, 2, [0]), (0, 1, [2]), (0, 3, [2])],
    )
    def test_the_mask_chooses(self, tmp_path, mask, execution, modes):
        terminal, gateway = with_symbol(tmp_path, filling_mode=mask, trade_exemode=execution)
        assert gateway.open()["status"] == "FILLED"
        assert [it["type_filling"] for it in terminal.sends()] == modes

    def test_no_mode_at_all(self, tmp_path):
        terminal, gateway = with_symbol(tmp_path, filling_mode=0, trade_exemode=2)
        assert refused(gateway.open(), "ORDER_CHECK_FAILED")["retcode"] == 10030
        assert terminal.sends() == []

    def test_a_refused_mode_tries_the_next_because_nothing_executed(self, gateway, terminal):
        gateway.faults(send={"retcode": 10030, "times": 1})
        assert gateway.open()["status"] == "FILLED"
        assert [it["type_filling"] for it in terminal.sends()] == [0, 1]
        assert len(terminal.deals()) == 1

    def test_the_kill_switch_between_two_modes(self, gateway, terminal):
        gateway.faults(send={"retcode": 10030, "times": 1})

        def engage(question):
            if question["attempt"] == 1:
                gateway.switch.engage("between", "", "")

        gateway.link.before_decision = engage
        refused(gateway.open(), "KILL_SWITCH_ENGAGED")
        assert terminal.deals() == []

    @pytest.mark.parametrize(("execution", "enforced"), [(0, True), (1, True), (2, False), (3, False)])
    def test_deviation_is_enforced_under_request_and_instant_execution(self, tmp_path, execution, enforced):
        _, gateway = with_symbol(tmp_path, trade_exemode=execution)
        assert gateway.open()["deviation_enforced"] is enforced


class TestRetcodes:
    NO = [
        10004,
        10006,
        10007,
        *range(10013, 10023),
        10024,
        10025,
        10026,
        10027,
        10029,
        10032,
        10033,
        10034,
        10035,
        10038,
    ]
    NO += list(range(10040, 10047))
    UNKNOWN = [10011, 10012, 10023, 10028, 10031, 10036, 10039, 10005, 10037, 10099, 0]

    @pytest.mark.parametrize("retcode", NO)
    def test_excludes_execution(self, gateway, terminal, retcode):
        gateway.faults(send={"retcode": retcode})
        reply = gateway.open()
        assert (reply["executed"], reply["status"], reply["retcode"]) == ("no", "REJECTED", retcode)
        assert gateway.signed("read", "GET_OUTCOME", of=reply["uuid"])["outcome"] == "refused"
        assert len(terminal.sends()) == 1

    @pytest.mark.parametrize("retcode", UNKNOWN)
    def test_leaves_unknown(self, gateway, retcode):
        gateway.faults(send={"retcode": retcode})
        reply = gateway.open()
        assert (reply["executed"], reply["status"]) == ("unknown", "UNKNOWN")
        assert reply["error_code"] == "OUTCOME_UNKNOWN"

    @pytest.mark.parametrize("retcode", UNKNOWN)
    def test_is_looked_up_at_once(self, gateway, retcode):
        gateway.faults(send={"retcode": retcode, "execute": True})
        reply = gateway.open()
        assert (reply["executed"], reply["status"]) == ("yes", "FILLED")
        assert reply["position"] == gateway.signed("read", "GET_POSITIONS")["positions"][0]["ticket"]

    def test_none_with_minus_2_is_not_executed(self, gateway):
        gateway.faults(send={"none": [-2, 'Invalid "volume" argument']})
        refused(gateway.open(), "ORDER_INVALID")

    @pytest.mark.parametrize("error", [-1, -8, -10000, -10001, -10002, -10004, -10005, 1])
    def test_any_other_none_is_unknown(self, gateway, error):
        gateway.faults(send={"none": [error, "text"]})
        reply = gateway.open()
        assert (reply["executed"], reply["status"]) == ("unknown", "UNKNOWN")
        assert str(error) in reply["error_msg"]

    def test_none_after_executing_is_found(self, gateway, terminal):
        gateway.faults(send={"none": [-10005, "IPC timeout"], "execute": True})
        reply = gateway.open()
        assert (reply["executed"], reply["status"]) == ("yes", "FILLED")
        assert len(terminal.deals()) == 1

    def test_a_part(self, gateway):
        gateway.faults(send={"fill": 0.4})
        reply = gateway.open(volume=0.1)
        assert (reply["executed"], reply["status"], reply["volume"]) == ("yes", "PARTIAL", 0.04)
        assert reply["remaining_volume"] == 0.06

    def test_placed(self, gateway, terminal):
        gateway.faults(send={"retcode": 10008, "place": True})
        reply = gateway.open()
        assert (reply["executed"], reply["status"]) == ("unknown", "PLACED")
        assert gateway.signed("read", "GET_OUTCOME", of=reply["uuid"])["outcome"] == "unknown"
        gateway.module.fill_pending(gateway.module._world, reply["order"])
        gateway.pass_(1)
        outcome = gateway.signed("read", "GET_OUTCOME", of=reply["uuid"])
        assert (outcome["outcome"], outcome["reply"]["status"]) == ("done", "FILLED")

    def test_a_price_of_zero_is_looked_up(self, gateway):
        gateway.faults(send={"price": 0.0})
        assert gateway.open()["price"] == 1.08512

    def test_an_order_send_that_raises(self, gateway):
        gateway.faults(**{"raise": {"order_send": "returned a result with an exception set"}})
        assert gateway.open()["executed"] == "unknown"

    def test_position_is_null_while_history_lags(self, gateway):
        gateway.faults(hide_history_after=0)
        reply = gateway.open()
        assert (reply["status"], reply["position"], reply["remaining_volume"]) == ("FILLED", None, None)

    @pytest.mark.parametrize("comment", ["cut:16", "replace:broker", "replace:"])
    def test_brokers_that_change_comments(self, gateway, comment):
        gateway.faults(comment=comment, send={"none": [-10005, "IPC timeout"], "execute": True})
        wanted = "yes" if comment.startswith("cut") else "unknown"
        assert gateway.open()["executed"] == wanted

    def test_netting_names_the_position_that_grew(self, tmp_path):
        terminal = Terminal(tmp_path / "t")
        terminal.world["account"]["margin_mode"] = 0
        terminal.save()
        gateway = Gateway(terminal, tmp_path / "g")
        first = gateway.open()
        second = gateway.open()
        assert second["order"] != first["order"]
        assert second["position"] == first["position"]


class TestClose:
    def test_the_whole_position(self, gateway, terminal):
        terminal.happens(event="position", **position(5, volume=0.37, magic=9))
        reply = gateway.signed("trade", "CLOSE", ticket=5, symbol="EURUSD", volume=0.01)
        assert (reply["status"], reply["executed"], reply["volume"]) == ("FILLED", "yes", 0.37)
        assert (reply["position"], reply["remaining_volume"], reply["close_price"]) == (5, 0.0, 1.085)
        sent = terminal.sends()[0]
        assert (sent["position"], sent["type"], sent["volume"], sent["magic"]) == (5, 1, 0.37, 9)

    def test_a_short_is_bought_back(self, gateway, terminal):
        terminal.happens(event="position", **position(5, type=1))
        gateway.signed("trade", "CLOSE", ticket=5)
        assert (terminal.sends()[0]["type"], terminal.sends()[0]["price"]) == (0, 1.08512)

    def test_a_part(self, gateway, terminal):
        terminal.happens(event="position", **position(5, volume=0.37))
        reply = gateway.signed("trade", "CLOSE", ticket=5, close_volume=0.17)
        assert (reply["status"], reply["volume"], reply["remaining_volume"]) == ("FILLED", 0.17, 0.2)

    @pytest.mark.parametrize(
        ("part", "code"),
        [
            (0.38, "VOLUME_MAX"),
            (0.005, "VOLUME_MIN"),
            (0.011, "VOLUME_STEP"),
            (0, "INVALID_VOLUME"),
            ("1", "INVALID_VOLUME"),
        ],
    )
    def test_parts_that_cannot_be(self, gateway, terminal, part, code):
        terminal.happens(event="position", **position(5, volume=0.37))
        refused(gateway.signed("trade", "CLOSE", ticket=5, close_volume=part), code)
        assert terminal.sends() == []

    def test_a_part_filled_by_the_broker(self, gateway, terminal):
        terminal.happens(event="position", **position(5, volume=0.4))
        gateway.faults(send={"fill": 0.25})
        reply = gateway.signed("trade", "CLOSE", ticket=5)
        assert (reply["status"], reply["executed"], reply["remaining_volume"]) == ("PARTIAL", "yes", 0.3)

    @pytest.mark.parametrize(
        ("ticket", "code"),
        [
            (6, "POSITION_NOT_FOUND"),
            (0, "MISSING_TICKET"),
            (..., "MISSING_TICKET"),
            (-1, "INVALID_FIELD"),
            (1.0, "INVALID_FIELD"),
            ("5", "INVALID_FIELD"),
            (True, "INVALID_FIELD"),
            (2**63, "INVALID_FIELD"),
        ],
    )
    def test_tickets_that_are_none(self, gateway, terminal, ticket, code):
        terminal.happens(event="position", **position(5))
        refused(gateway.signed("trade", "CLOSE", ticket=ticket), code)
        assert terminal.sends() == []

    def test_a_ticket_that_changed_at_roll_over(self, gateway, terminal):
        terminal.happens(event="position", **position(5, identifier=5))
        terminal.happens(event="retick", ticket=5, to=8)
        assert "goes on as 8" in refused(gateway.signed("trade", "CLOSE", ticket=5), "POSITION_NOT_FOUND")["error_msg"]
        assert terminal.sends() == []

    def test_a_list_that_the_terminal_does_not_tell_is_no_missing_position(self, gateway, terminal):
        terminal.happens(event="position", **position(5))
        gateway.signed("read", "GET_ACCOUNT")
        gateway.faults(none={"positions_get": [-10005, "IPC timeout"]})
        refused(gateway.signed("trade", "CLOSE", ticket=5), "POSITIONS_ERROR")

    def test_autotrading_off_is_reported_with_it(self, gateway, terminal):
        terminal.happens(event="position", **position(5))
        terminal.happens(event="terminal", set={"trade_allowed": False})
        reply = gateway.signed("trade", "CLOSE", ticket=5)
        assert (reply["executed"], reply["retcode"]) == ("no", 10027)
        assert reply["terminal_flags"] == ["AUTOTRADING_OFF"]
        assert "AutoTrading is off in the terminal: closing is impossible too" in reply["error_msg"]

    def test_an_order_check_that_fails_does_not_forbid_to_close(self, gateway, terminal):
        terminal.happens(event="position", **position(5))
        gateway.faults(check={"retcode": 10013})
        assert gateway.signed("trade", "CLOSE", ticket=5)["status"] == "FILLED"

    @pytest.mark.parametrize("mask", [1, 2, 0])
    def test_filling_modes(self, tmp_path, mask):
        terminal, gateway = with_symbol(tmp_path, filling_mode=mask, trade_exemode=2 if mask else 1)
        terminal.happens(event="position", **position(5))
        assert gateway.signed("trade", "CLOSE", ticket=5)["status"] == "FILLED"

    def test_a_close_that_executed_and_was_not_answered(self, gateway, terminal):
        terminal.happens(event="position", **position(5))
        gateway.faults(send={"none": [-10005, "IPC timeout"], "execute": True})
        reply = gateway.signed("trade", "CLOSE", ticket=5)
        assert (reply["executed"], reply["status"], reply["remaining_volume"]) == ("yes", "FILLED", 0.0)

    @pytest.mark.parametrize(
        ("reason", "executed"), [(4, "unknown"), (5, "unknown"), (6, "unknown"), (0, "unknown"), (3, "yes")]
    )
    def test_a_stop_that_closed_the_position_is_not_our_close(self, gateway, terminal, reason, executed):
        """The close was lost; what shows is one OUT deal without our comment."""
        terminal.happens(event="position", **position(5))
        gateway.signed("read", "GET_ACCOUNT")

        def others_close(question):
            terminal.happens(
                event="deal",
                ticket=90,
                order=89,
                position_id=5,
                time_msc=int((START + 7200) * 1000),
                type=1,
                entry=1,
                reason=reason,
                volume=0.01,
                price=1.05,
                profit=-1.0,
                symbol="EURUSD",
                magic=0,
                comment="[sl 1.05]",
            )
            terminal.happens(event="closed", ticket=5, volume=0.01)

        gateway.link.before_decision = others_close
        gateway.faults(send={"none": [-10005, "IPC timeout"]}, none={"order_send": [-10005, "IPC timeout"]})
        assert gateway.signed("trade", "CLOSE", ticket=5)["executed"] == executed


class TestCancel:
    def test_a_pending_order(self, gateway, terminal):
        terminal.happens(event="order", **pending(3))
        reply = gateway.signed("trade", "CANCEL", ticket=3)
        assert (reply["status"], reply["executed"], reply["order"]) == ("FILLED", "yes", 3)
        assert gateway.signed("read", "GET_ORDERS")["orders"] == []

    def test_not_there(self, gateway, terminal):
        refused(gateway.signed("trade", "CANCEL", ticket=3), "ORDER_NOT_FOUND")
        assert terminal.sends() == []

    def test_it_filled_meanwhile(self, gateway, terminal):
        terminal.happens(event="order", **pending(3))
        gateway.faults(send={"retcode": 10036, "execute": True, "fills_meanwhile": True})
        reply = gateway.signed("trade", "CANCEL", ticket=3)
        assert (reply["executed"], reply["status"]) == ("no", "REJECTED")
        assert len(gateway.signed("read", "GET_POSITIONS")["positions"]) == 1

    def test_lost(self, gateway, terminal):
        terminal.happens(event="order", **pending(3))
        gateway.faults(send={"none": [-10005, "IPC timeout"], "execute": True})
        assert gateway.signed("trade", "CANCEL", ticket=3)["executed"] == "yes"


class Test43:
    """What the operators' strategy engine sees."""

    def test_open_and_close(self, gateway, terminal):
        reply = gateway.open_43()
        for name in ["uuid", "status", "ticket", "symbol", "volume", "price", "execution_time", "latency_ms"]:
            assert name in reply
        assert (reply["status"], reply["symbol"], reply["volume"]) == ("FILLED", "EURUSD", 0.01)
        closed = gateway.unsigned("CLOSE", ticket=reply["position"], symbol="EURUSD", volume=0.01)
        assert closed["status"] == "FILLED"
        assert (closed["ticket"], closed["close_price"]) == (closed["order"], 1.085)

    @pytest.mark.parametrize(
        "send",
        [
            {"fill": 0.5},
            {"retcode": 10008, "place": True},
            {"retcode": 10012},
            {"none": [-10005, ""]},
            {"retcode": 10006},
        ],
    )
    def test_anything_but_a_whole_fill_is_no_fill(self, gateway, send):
        gateway.faults(send=send)
        reply = gateway.open_43(volume=0.02)
        assert (reply["status"], reply["error_code"]) == ("REJECTED", "MT5_ORDER_FAILED")

    def test_a_ticket_that_nobody_has(self, gateway):
        """mt5crs tells by this answer that the gateway can close."""
        reply = gateway.unsigned("CLOSE", ticket=123456789, symbol="EURUSD", volume=0.01)
        assert (reply["status"], reply["error_code"]) == ("REJECTED", "MT5_CLOSE_FAILED")
        assert "not found" in reply["error_msg"]

    def test_the_volume_of_a_close_is_ignored_and_so_is_a_part(self, gateway, terminal):
        terminal.happens(event="position", **position(5, volume=0.37))
        reply = gateway.unsigned("CLOSE", ticket=5, volume=0.01, close_volume=0.01)
        assert (reply["status"], reply["volume"]) == ("FILLED", 0.37)

    @pytest.mark.parametrize(
        ("signature", "is_good"),
        [
            ("RISK_PASS:176c04a4:20260117T035422.000000Z", True),
            ("RISK_PASS:176c04a4:2026-01-17T03:54:22.000000+00:00", True),
            ("RISK_PASS:176c04a4:2026-01-17T03:54:22Z", True),
            ("RISK_PASS:176c04a4:20260117T035417.5Z", True),
            ("RISK_PASS:176c04a4:20260117T035416.5Z", False),
            ("RISK_PASS:176c04a4:20260117T035428Z", False),
            ("RISK_PASS:short:20260117T035422Z", False),
            ("RISK_FAIL:176c04a4:20260117T035422Z", False),
            ("RISK_PASS:176c04a4", False),
            ("RISK_PASS:176c04a4:now", False),
            ("", False),
            (None, False),
            (7, False),
            (..., False),
        ],
    )
    def test_risk_signatures(self, gateway, terminal, signature, is_good):
        reply = gateway.open_43(risk_signature=signature)
        assert (reply["status"] == "FILLED") == is_good
        assert is_good or refused(reply, "RISK_SIGNATURE_INVALID")
        assert len(terminal.sends()) == int(is_good)

    def test_the_signatures_life_ends_directly_before_the_order(self, gateway, terminal):
        gateway.link.before_decision = lambda question: gateway.clock.pass_(6)
        refused(gateway.open_43(), "RISK_SIGNATURE_INVALID")
        assert terminal.sends() == []

    def test_a_gateway_without_signature_validation(self, terminal, tmp_path):
        gateway = Gateway(terminal, tmp_path / "g", risk_signature=False)
        assert gateway.open_43(risk_signature=...)["status"] == "FILLED"

    def test_a_uuid_twice_opens_twice(self, gateway, terminal):
        """Hazard 10: a 4.3 client's uuid is checked by nobody, and its engine may count on that."""
        gateway.open_43(uuid="u")
        gateway.open_43(uuid="u")
        assert len(terminal.deals()) == 2

    def test_requests_without_a_uuid(self, gateway):
        assert gateway.open_43(uuid=...)["uuid"] == "unknown"
        assert gateway.unsigned("GET_ACCOUNT", uuid=...)["uuid"] == "unknown"

    @pytest.mark.parametrize("action", ["open", "Open", "get_account"])
    def test_the_case_of_actions(self, gateway, action):
        assert gateway.unsigned(action).get("error_code") != "UNKNOWN_ACTION"

    @pytest.mark.parametrize(
        ("request_", "code"),
        [
            ({}, "MISSING_ACTION"),
            ({"action": ""}, "MISSING_ACTION"),
            ({"action": "NOPE"}, "UNKNOWN_ACTION"),
            ({"action": 5}, "UNKNOWN_ACTION"),
            ({"action": ["PING"]}, "UNKNOWN_ACTION"),
        ],
    )
    def test_actions_that_are_none(self, gateway, request_, code):
        reply = json.loads(gateway.raw(json.dumps({"uuid": "u", **request_}).encode())[0])
        assert (reply["uuid"], reply["status"], reply["error_code"]) == ("u", "error", code)
