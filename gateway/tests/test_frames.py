"""Signatures, roles and freshness: who is heard."""

import json

import pytest

from mt5crs_gateway.protocol import REPLY_LABEL, REQUEST_LABEL, iso, sign
from support import LOGIN, SECRETS, Gateway, verified

ORDERS = [
    ("OPEN", {"symbol": "EURUSD", "type": "BUY", "volume": 0.01}),
    ("CLOSE", {"ticket": 1}),
    ("CANCEL", {"ticket": 1}),
]
SWITCHES = [("ENGAGE", {"reason": "test", "who": "test"}), ("RELEASE", {"who": "test"})]
READS = [
    ("PING", {}),
    ("GET_TERMINAL", {}),
    ("GET_ACCOUNT", {}),
    ("GET_POSITIONS", {}),
    ("GET_ORDERS", {}),
    ("GET_DEALS", {"position": 1}),
    ("GET_SYMBOL", {"symbol": "EURUSD"}),
    ("SYNC_ALL", {"magic_number": 1}),
    ("GET_OUTCOME", {"of": "x"}),
    ("ANCHOR", {"stream": "s", "count": 1, "hash": "h"}),
    ("GET_ANCHORS", {"stream": "s"}),
]


def named(values):
    return [it[0] for it in values]


def refused(reply, code):
    assert reply["status"] in ("error", "REJECTED", "ERROR"), reply
    assert reply["error_code"] == code, reply
    return reply


class TestReplies:
    def test_is_signed_with_the_requests_key_and_names_the_request(self, gateway):
        frame = gateway.frame("read", "GET_ACCOUNT", uuid="a-uuid")
        reply = verified(gateway.raw(frame)[0], SECRETS["read"])
        assert (reply["key"], reply["uuid"]) == ("read", "a-uuid")
        assert reply["re"] == json.loads(frame)["mac"]

    @pytest.mark.parametrize(("action", "fields"), READS, ids=named(READS))
    def test_every_signed_read_gets_a_signed_reply_with_its_uuid(self, gateway, action, fields):
        reply = gateway.signed("read", action, uuid="u-1", **fields)
        assert reply["uuid"] == "u-1"
        assert reply["status"] in ("ok", "OK")

    def test_a_reply_that_comes_back_is_no_request(self, gateway):
        reply = gateway.raw(gateway.frame("read", "PING"))[0]
        refused(json.loads(gateway.raw(reply)[0]), "BAD_SIGNATURE")

    def test_an_echoed_request_is_no_reply(self, gateway):
        frame = gateway.frame("read", "PING")
        with pytest.raises(AssertionError):
            verified(frame)

    def test_errors_of_signed_requests_are_signed(self, gateway):
        refused(gateway.signed("read", "GET_SYMBOL", symbol="NOPE"), "SYMBOL_NOT_FOUND")
        refused(gateway.signed("read", "WHATEVER"), "UNKNOWN_ACTION")


class TestRoles:
    @pytest.mark.parametrize(("action", "fields"), ORDERS + SWITCHES + READS, ids=named(ORDERS + SWITCHES + READS))
    @pytest.mark.parametrize("role", ["read", "trade", "admin"])
    def test_each_role_is_a_whitelist(self, gateway, terminal, role, action, fields):
        reply = gateway.signed(role, action, **fields)
        needs = {"OPEN": 1, "CLOSE": 1, "CANCEL": 1, "RELEASE": 2}.get(action, 0)
        is_allowed = ["read", "trade", "admin"].index(role) >= needs
        assert (reply.get("error_code") == "FORBIDDEN") == (not is_allowed)
        if not is_allowed:
            assert terminal.sends() == []

    def test_voiding_needs_trade(self, gateway):
        refused(gateway.signed("read", "GET_OUTCOME", of="x", void=True), "FORBIDDEN")
        assert gateway.signed("read", "GET_OUTCOME", of="x")["outcome"] == "never_seen"
        assert gateway.signed("trade", "GET_OUTCOME", of="x", void=True)["outcome"] == "voided"

    def test_release_is_never_accepted_unsigned(self, gateway):
        gateway.switch.engage("test", "test", "now")
        refused(gateway.unsigned("RELEASE", journal=gateway.journal.name, login=LOGIN), "SIGNATURE_REQUIRED")
        assert gateway.switch.is_engaged()


class TestSigningModes:
    @pytest.mark.parametrize("mode", ["off", "orders", "all"])
    def test_unsigned_frames(self, terminal, tmp_path, mode):
        gateway = Gateway(terminal, tmp_path / mode, signing=mode)
        terminal.happens(event="position", ticket=1, symbol="EURUSD", type=0, volume=0.01, price_open=1.0, time_msc=1)
        needs_key = {
            "off": set(),
            "orders": {"OPEN", "CLOSE", "CANCEL", "ENGAGE", "ANCHOR"},
            "all": {name for name, _ in ORDERS + READS} | {"ENGAGE"},
        }[mode]
        for action, fields in [*READS, *ORDERS, SWITCHES[0]]:
            reply = gateway.open_43() if action == "OPEN" else gateway.unsigned(action, **fields)
            assert (reply.get("error_code") == "SIGNATURE_REQUIRED") == (action in needs_key), (action, reply)
        sent = {"off": 2, "orders": 0, "all": 0}[mode]
        assert len(terminal.sends()) == sent

    def test_unsigned_voiding_is_refused_where_orders_are_signed(self, terminal, tmp_path):
        gateway = Gateway(terminal, tmp_path / "g", signing="orders")
        refused(gateway.unsigned("GET_OUTCOME", of="x", void=True), "SIGNATURE_REQUIRED")
        assert gateway.unsigned("GET_OUTCOME", of="x")["outcome"] == "never_seen"

    def test_a_stripped_signature_is_no_signature(self, terminal, tmp_path):
        gateway = Gateway(terminal, tmp_path / "g", signing="orders")
        frame = gateway.frame("trade", "OPEN", symbol="EURUSD", type="BUY", volume=0.01)
        bare = frame[: frame.rindex(b',"key":"')] + b"}"
        refused(json.loads(gateway.raw(bare)[0]), "SIGNATURE_REQUIRED")
        assert terminal.sends() == []

    def test_unsigned_frames_are_never_journalled_under_a_keys_name(self, gateway):
        gateway.open_43(key=..., uuid="u-1")
        assert gateway.journal.find("u-1", None).key is None


class TestFreshness:
    @pytest.mark.parametrize("age", [-5.1, 5.1, 6, -6, 3600, -86400])
    def test_a_stale_frame_gets_a_signed_reply_with_the_gateways_time(self, gateway, terminal, age):
        gateway.pass_(100_000)
        now = gateway.clock.now()
        reply = gateway.signed("trade", "GET_ACCOUNT", timestamp=iso(now - age))
        assert refused(reply, "STALE")["server_time"] == iso(now)
        refused(gateway.open(timestamp=iso(now - age)), "STALE")
        assert terminal.sends() == []

    @pytest.mark.parametrize("age", [-4.9, 4.9, 0])
    def test_within_five_seconds_it_is_fresh(self, gateway, age):
        gateway.pass_(100)
        assert gateway.signed("read", "PING", timestamp=iso(gateway.clock.now() - age))["status"] == "ok"

    @pytest.mark.parametrize("timestamp", [1768622062, "2026-01-17T03:54:22", "yesterday", None, ..., "", True, []])
    def test_a_signed_time_is_rfc_3339_with_an_offset(self, gateway, timestamp):
        refused(gateway.signed("read", "PING", timestamp=timestamp), "INVALID_FIELD")

    @pytest.mark.parametrize("zone", ["Z", "+00:00", "-00:00"])
    def test_both_spellings_of_utc(self, gateway, zone):
        assert gateway.signed("read", "PING", timestamp=f"2026-01-17T03:54:22.5{zone}")["status"] == "ok"

    def test_a_frame_from_before_the_start_is_stale(self, gateway, terminal):
        frame = gateway.frame("trade", "OPEN", symbol="EURUSD", type="BUY", volume=0.01)
        gateway.clock.pass_(1)
        gateway.restart()
        refused(json.loads(gateway.raw(frame)[0]), "STALE")
        assert terminal.sends() == []

    def test_a_read_that_returns_is_refused_for_a_minute(self, gateway):
        frame = gateway.frame("read", "GET_ACCOUNT")
        assert json.loads(gateway.raw(frame)[0])["status"] == "ok"
        refused(json.loads(gateway.raw(frame)[0]), "REPLAYED")
        uuid = json.loads(frame)["uuid"]
        gateway.pass_(59)
        refused(gateway.signed("read", "GET_ACCOUNT", uuid=uuid), "REPLAYED")
        gateway.pass_(2)
        assert gateway.signed("read", "GET_ACCOUNT", uuid=uuid)["status"] == "ok"

    def test_a_stale_order_stays_refused_when_it_becomes_fresh(self, gateway, terminal):
        """A frame from a clock that is ahead was called not executed; sent again, it must not execute."""
        frame = gateway.frame(
            "trade", "OPEN", symbol="EURUSD", type="BUY", volume=0.01, timestamp=iso(gateway.clock.now() + 6)
        )
        refused(json.loads(gateway.raw(frame)[0]), "STALE")
        gateway.pass_(6)
        reply = json.loads(gateway.raw(frame)[0])
        assert (reply["error_code"], reply["replayed"]) == ("STALE", True)
        assert terminal.sends() == []

    def test_a_clock_that_went_back_opens_nothing_and_closes(self, gateway, terminal):
        reply = gateway.open()
        gateway.clock.wall -= 3600
        gateway.front._admission.started_at -= 7200
        refused(gateway.open(), "CLOCK_STEPPED")
        refused(gateway.open_43(), "CLOCK_STEPPED")
        assert gateway.signed("trade", "CLOSE", ticket=reply["position"])["status"] == "FILLED"
        assert len(terminal.sends()) == 2

    def test_a_clock_that_went_back_over_a_restart(self, gateway, terminal):
        gateway.open()
        gateway.clock.wall -= 3600
        gateway.restart()
        refused(gateway.open(), "CLOCK_STEPPED")
        assert len(terminal.sends()) == 1


class TestAddressee:
    @pytest.mark.parametrize(("action", "fields"), ORDERS + SWITCHES, ids=named(ORDERS + SWITCHES))
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"journal": "another"}, "WRONG_GATEWAY"),
            ({"login": LOGIN + 1}, "WRONG_GATEWAY"),
            ({"login": str(LOGIN)}, "WRONG_GATEWAY"),
            ({"login": float(LOGIN)}, "WRONG_GATEWAY"),
            ({"journal": None}, "WRONG_GATEWAY"),
            ({"journal": ...}, "MISSING_FIELD"),
            ({"login": ...}, "MISSING_FIELD"),
        ],
    )
    def test_an_order_for_another_gateway_is_not_executed(self, gateway, terminal, action, fields, change, code):
        gateway.switch.engage("so that RELEASE has something to do", "", "")
        refused(gateway.signed("admin", action, **{**fields, **change}), code)
        assert terminal.sends() == []
        assert gateway.switch.is_engaged()

    def test_a_captured_order_does_not_execute_on_a_second_gateway(self, gateway, terminal, tmp_path):
        frame = gateway.frame("trade", "OPEN", symbol="EURUSD", type="BUY", volume=0.01)
        second = Gateway(terminal, tmp_path / "second")
        refused(json.loads(second.raw(frame)[0]), "WRONG_GATEWAY")
        assert terminal.sends() == []


class TestBytes:
    def test_a_frame_over_64_kib(self, gateway):
        frame = json.dumps({"action": "PING", "x": "y" * 65_536}).encode()
        assert refused(json.loads(gateway.raw(frame)[0]), "TOO_LARGE")["uuid"] == "unknown"
        assert gateway.unsigned("PING", x="y" * 60_000)["status"] == "ok"

    @pytest.mark.parametrize(
        "frame",
        [
            b"",
            b"{}x",
            b"null",
            b"[]",
            b'"PING"',
            b"5",
            b"\xff\xfe{}",
            b"\xef\xbb\xbf{}",
            b"[" * 10_000,
            b'{"a":' * 10_000,
            b'{"action":"PING","action":"OPEN"}',
            b'{"action":"PING","x":NaN}',
            b'{"action":"PING","x":' + b"9" * 5000 + b"}",
        ],
        ids=range(13),
    )
    def test_what_is_no_request(self, gateway, frame):
        assert refused(json.loads(gateway.raw(frame)[0]), "INVALID_JSON")["uuid"] == "unknown"

    def test_ten_thousand_names(self, gateway):
        frame = json.dumps({"action": "PING", **{f"k{it}": 1 for it in range(5_000)}}).encode()
        assert json.loads(gateway.raw(frame)[0])["status"] == "ok"
        big = json.dumps({"action": "PING", **{f"k{it}": 1 for it in range(10_000)}}).encode()
        refused(json.loads(gateway.raw(big)[0]), "TOO_LARGE")

    def test_frames_cut_anywhere(self, gateway, terminal):
        frame = gateway.frame("trade", "OPEN", symbol="EURUSD", type="BUY", volume=0.01)
        for end in range(len(frame)):
            assert json.loads(gateway.raw(frame[:end])[0])["error_code"] in ("INVALID_JSON", "BAD_SIGNATURE")
        assert terminal.sends() == []

    def test_frames_in_another_order_are_each_judged_alone(self, gateway, terminal):
        frames = [gateway.frame("trade", "OPEN", symbol="EURUSD", type="BUY", volume=it / 100) for it in (1, 2, 3)]
        for frame in reversed(frames):
            gateway.raw(frame)
        assert [it["volume"] for it in terminal.sends()] == [0.03, 0.02, 0.01]

    def test_a_foreign_key(self, gateway, terminal):
        frame = sign(REQUEST_LABEL, "trade", b"\x07" * 32, b'{"action":"PING","uuid":"u"}')
        refused(json.loads(gateway.raw(frame)[0]), "BAD_SIGNATURE")
        frame = sign(REPLY_LABEL, "trade", SECRETS["trade"], b'{"action":"PING","uuid":"u"}')
        refused(json.loads(gateway.raw(frame)[0]), "BAD_SIGNATURE")

    def test_a_bad_signature_is_not_answered_under_a_key(self, gateway):
        frame = sign(REQUEST_LABEL, "trade", b"\x07" * 32, b'{"action":"PING","uuid":"u"}')
        assert b'"mac"' not in gateway.raw(frame)[0]

    @pytest.mark.parametrize("uuid", ["", 5, None, ..., "x" * 65, "a b", "ä", ["u"]])
    def test_a_signed_request_has_a_plain_uuid(self, gateway, uuid):
        refused(gateway.signed("read", "PING", uuid=uuid), "INVALID_FIELD")
