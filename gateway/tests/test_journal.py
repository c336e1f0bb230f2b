"""The journal: never twice, never wrongly, and what goes on without it."""

import json
import os
import shutil
import sqlite3

import pytest

from mt5crs_gateway.front import Front
from mt5crs_gateway.journal import JournalRefused, open_journal, set_aside
from support import LOGIN, SERVER, START, Gateway, pending, position


def fill_disk(gateway):
    """From now on no change can be written."""
    gateway.journal._database.execute("PRAGMA query_only = 1")


def free_disk(gateway):
    gateway.journal._database.execute("PRAGMA query_only = 0")


def front_without_journal(gateway):
    front = Front(
        gateway.config, gateway.keys, None, gateway.switch, gateway.clock, gateway.link, lambda *_, **__: None
    )
    gateway.link.front = front
    front.handle({"kind": "ready"}, b"")
    return front


class TestAgain:
    def test_the_same_order_is_answered_from_the_journal(self, gateway, terminal):
        first = gateway.open(uuid="u")
        again = gateway.open(uuid="u")
        assert (first["replayed"], again["replayed"]) == (False, True)
        for name in ("status", "executed", "order", "deal", "position", "sent_at"):
            assert first[name] == again[name]
        assert len(terminal.sends()) == 1

    def test_with_a_new_time_it_is_the_same_order(self, gateway, terminal):
        gateway.open(uuid="u")
        gateway.pass_(30)
        assert gateway.open(uuid="u")["replayed"] is True
        assert len(terminal.sends()) == 1

    def test_with_another_body_it_is_a_conflict(self, gateway, terminal):
        gateway.open(uuid="u")
        for change in ({"volume": 0.02}, {"type": "SELL"}, {"valid_until": "2026-01-18T00:00:00Z"}, {"x": 1}):
            reply = gateway.open(uuid="u", **change)
            assert (reply["error_code"], reply["executed"]) == ("UUID_CONFLICT", "unknown")
        assert gateway.signed("trade", "CLOSE", uuid="u", ticket=1)["error_code"] == "UUID_CONFLICT"
        assert len(terminal.sends()) == 1

    def test_under_another_key_it_is_a_conflict(self, gateway, terminal):
        gateway.open(uuid="u")
        assert gateway.open(role="admin", uuid="u")["error_code"] == "UUID_CONFLICT"
        assert len(terminal.sends()) == 1

    def test_after_a_restart(self, gateway, terminal):
        first = gateway.open(uuid="u")
        gateway.pass_(1)
        gateway.restart()
        again = gateway.open(uuid="u")
        assert (again["replayed"], again["order"]) == (True, first["order"])
        assert len(terminal.sends()) == 1

    def test_while_the_first_one_hangs(self, gateway, terminal):
        gateway.link.is_held = True
        frame = gateway.frame("trade", "OPEN", symbol="EURUSD", type="BUY", volume=0.01)
        for client in (b"a", b"b", b"c"):
            assert gateway.raw(frame, client) == []
        gateway.link.release()
        replies = [json.loads(it) for it in gateway.replies()]
        assert [it["replayed"] for it in replies] == [False, True, True]
        assert {it["order"] for it in replies} == {replies[0]["order"]}
        assert len(terminal.deals()) == 1

    @pytest.mark.parametrize(
        ("cause", "code"),
        [("switch", "KILL_SWITCH_ENGAGED"), ("autotrading", "AUTOTRADING_OFF"), ("lots", "LIMIT_LOTS")],
    )
    def test_a_refused_order_stays_refused(self, gateway, terminal, cause, code):
        """It was called not executed, so it must not execute when its cause is gone."""
        volume = 11.0 if cause == "lots" else 0.01
        if cause == "switch":
            gateway.switch.engage("test", "", "")
        if cause == "autotrading":
            terminal.happens(event="terminal", set={"trade_allowed": False})
        frame = gateway.frame("trade", "OPEN", symbol="EURUSD", type="BUY", volume=volume)
        assert json.loads(gateway.raw(frame)[0])["error_code"] == code
        gateway.switch.release()
        terminal.happens(event="terminal", set={"trade_allowed": True})
        object.__setattr__(gateway.config.limits, "max_lots", 100.0)
        again = json.loads(gateway.raw(frame)[0])
        assert (again["error_code"], again["replayed"], again["executed"]) == (code, True, "no")
        assert terminal.sends() == []

    def test_a_close_again_does_not_close_what_came_since(self, gateway, terminal):
        terminal.happens(event="position", **position(5))
        gateway.signed("trade", "CLOSE", ticket=5, uuid="u")
        terminal.happens(event="position", **position(5))
        assert gateway.signed("trade", "CLOSE", ticket=5, uuid="u")["replayed"] is True
        assert len(terminal.sends()) == 1

    def test_switch_actions(self, gateway):
        gateway.signed("read", "ENGAGE", uuid="e", reason="r", who="w")
        gateway.signed("admin", "RELEASE", uuid="r")
        assert gateway.signed("read", "ENGAGE", uuid="e", reason="r", who="w")["replayed"] is True
        assert not gateway.switch.is_engaged()
        gateway.signed("read", "ENGAGE", uuid="e2", reason="r", who="w")
        assert gateway.signed("admin", "RELEASE", uuid="r")["replayed"] is True
        assert gateway.switch.is_engaged()


class TestOutcome:
    def ask(self, gateway, of, role="trade", **fields):
        return gateway.signed(role, "GET_OUTCOME", of=of, **fields)

    def test_done_and_refused_have_the_recorded_reply(self, gateway):
        done = gateway.open(uuid="d")
        gateway.switch.engage("", "", "")
        gateway.open(uuid="r")
        outcome = self.ask(gateway, "d", void=True)
        assert (outcome["outcome"], outcome["reply"]["order"]) == ("done", done["order"])
        assert self.ask(gateway, "r", void=True)["reply"]["error_code"] == "KILL_SWITCH_ENGAGED"
        assert outcome["journal"] == gateway.journal.name

    def test_a_uuid_that_was_never_seen_is_voided_for_ever(self, gateway, terminal):
        before = gateway.journal.seq
        outcome = self.ask(gateway, "u", void=True)
        assert outcome["outcome"] == "voided"
        assert outcome["journal_seq"] > before
        reply = gateway.open(uuid="u")
        assert (reply["error_code"], reply["executed"]) == ("VOIDED", "no")
        gateway.pass_(1)
        gateway.restart()
        assert gateway.open(uuid="u")["error_code"] == "VOIDED"
        assert gateway.open_43(uuid="u")["error_code"] == "VOIDED"
        assert gateway.open(role="admin", uuid="u")["error_code"] == "VOIDED"
        assert self.ask(gateway, "u", void=True)["outcome"] == "voided"
        assert terminal.sends() == []

    def test_an_order_that_waits_can_be_voided(self, gateway, terminal):
        gateway.link.is_held = True
        gateway.signed("read", "GET_ACCOUNT", client=b"other")
        frame = gateway.frame("trade", "OPEN", uuid="u", symbol="EURUSD", type="BUY", volume=0.01)
        gateway.raw(frame)
        assert gateway.signed("trade", "GET_OUTCOME", client=b"third", of="u")["outcome"] == "waiting"
        assert gateway.signed("trade", "GET_OUTCOME", client=b"third", of="u", void=True)["outcome"] == "voided"
        gateway.link.release()
        codes = [json.loads(it).get("error_code") for it in gateway.replies()]
        assert codes == [None, "VOIDED"]
        assert terminal.sends() == []

    def test_an_order_that_the_terminal_checks_can_be_voided(self, gateway, terminal):
        outcomes = []

        def void(question):
            outcomes.append(gateway.journal.find("u", None))
            gateway.front.receive((b"third",), gateway.frame("trade", "GET_OUTCOME", of="u", void=True))

        gateway.link.before_decision = void
        reply = gateway.open(uuid="u")
        assert reply["error_code"] == "VOIDED"
        assert terminal.sends() == []

    def test_an_order_that_was_sent_can_not(self, gateway, terminal):
        answers = []

        def send(module, request):
            gateway.front.receive((b"third",), gateway.frame("trade", "GET_OUTCOME", of="u", void=True))
            answers.append(json.loads(gateway.front.outbox.popleft()[1]))
            return original(request)

        original = gateway.module.order_send
        gateway.module.order_send = lambda request: send(None, request)
        assert gateway.open(uuid="u")["status"] == "FILLED"
        assert answers[0]["outcome"] == "sent"
        assert len(terminal.deals()) == 1

    def test_another_keys_order_is_not_voided(self, gateway):
        """After a rotation the new key asks about an order of the old one."""
        gateway.open(uuid="u")
        outcome = self.ask(gateway, "u", role="admin", void=True)
        assert (outcome["outcome"], outcome["order_key"]) == ("done", "trade")

    def test_an_unsigned_order(self, gateway):
        gateway.open_43(uuid="u")
        assert gateway.unsigned("GET_OUTCOME", of="u", void=True)["outcome"] == "done"

    def test_requests_without_a_uuid_are_not_voided_together(self, gateway, terminal):
        gateway.unsigned("GET_OUTCOME", of="unknown", void=True)
        assert gateway.open_43(uuid=...)["status"] == "FILLED"

    @pytest.mark.parametrize("of", [..., "", 5, None, "x" * 65, ["u"]])
    def test_of_what(self, gateway, of):
        assert self.ask(gateway, of, void=True)["error_code"] == "INVALID_FIELD"

    @pytest.mark.parametrize("void", ["true", 1, None, False])
    def test_only_true_voids(self, gateway, void):
        assert self.ask(gateway, "u", void=void)["outcome"] == "never_seen"

    def test_behind_the_same_clients_order_it_waits(self, gateway):
        gateway.link.is_held = True
        gateway.raw(gateway.frame("trade", "OPEN", uuid="u", symbol="EURUSD", type="BUY", volume=0.01))
        assert gateway.signed("trade", "GET_OUTCOME", of="u", void=True) is None
        gateway.link.release()
        order, outcome = (json.loads(it) for it in gateway.replies())
        assert (order["status"], outcome["outcome"]) == ("FILLED", "done")


class TestUnwritable:
    def test_no_open_and_no_part(self, gateway, terminal):
        terminal.happens(event="position", **position(5, volume=0.4))
        fill_disk(gateway)
        reply = gateway.open()
        assert (reply["error_code"], reply["executed"], reply["journalled"]) == ("JOURNAL_UNWRITABLE", "no", False)
        assert gateway.open_43()["error_code"] == "JOURNAL_UNWRITABLE"
        assert gateway.signed("trade", "CLOSE", ticket=5, close_volume=0.1)["error_code"] == "JOURNAL_UNWRITABLE"
        assert terminal.sends() == []

    def test_a_whole_close_and_a_cancel_go_on(self, gateway, terminal):
        terminal.happens(event="position", **position(5))
        terminal.happens(event="order", **pending(6))
        fill_disk(gateway)
        closed = gateway.signed("trade", "CLOSE", ticket=5, uuid="c")
        assert (closed["status"], closed["journalled"]) == ("FILLED", False)
        cancelled = gateway.signed("trade", "CANCEL", ticket=6)
        assert (cancelled["executed"], cancelled["journalled"]) == ("yes", False)
        assert gateway.signed("trade", "CLOSE", ticket=5, uuid="c")["replayed"] is True
        assert len(terminal.sends()) == 2

    def test_what_was_closed_without_it_is_never_voided(self, gateway, terminal):
        terminal.happens(event="position", **position(5))
        fill_disk(gateway)
        gateway.signed("trade", "CLOSE", ticket=5, uuid="c")
        free_disk(gateway)
        outcome = gateway.signed("trade", "GET_OUTCOME", of="c", void=True)
        assert (outcome["outcome"], outcome["reply"]["status"]) == ("done", "FILLED")
        name = gateway.journal.name
        gateway.pass_(1)
        gateway.restart()
        # The row is missing for ever, so the journal is another one now: its "voided" proves nothing about the close.
        assert gateway.journal.name != name

    def test_engage_holds_and_says_so(self, gateway):
        fill_disk(gateway)
        reply = gateway.signed("read", "ENGAGE", reason="r", who="w")
        assert (reply["kill_switch"], reply["persisted"], reply["journalled"]) == ("engaged", True, False)
        assert gateway.signed("admin", "RELEASE")["error_code"] == "JOURNAL_UNWRITABLE"
        assert gateway.switch.is_engaged()

    def test_a_result_that_cannot_be_written_is_kept(self, gateway, terminal):
        original = gateway.module.order_send

        def send(request):
            fill_disk(gateway)
            return original(request)

        gateway.module.order_send = send
        reply = gateway.open(uuid="u")
        assert (reply["status"], reply["journalled"]) == ("FILLED", False)
        assert gateway.open(uuid="u")["replayed"] is True
        assert gateway.signed("read", "GET_OUTCOME", of="u")["outcome"] == "done"
        free_disk(gateway)
        gateway.front.tick()
        gateway.pass_(1)
        gateway.restart()
        assert gateway.signed("read", "GET_OUTCOME", of="u")["outcome"] == "done"
        assert len(terminal.sends()) == 1

    def test_it_works_again_when_there_is_room(self, gateway):
        fill_disk(gateway)
        gateway.open()
        assert gateway.unsigned("PING")["gateway"]["journal_error"] is not None
        free_disk(gateway)
        assert gateway.open()["status"] == "FILLED"
        assert gateway.unsigned("PING")["gateway"]["journal_error"] is None

    def test_a_gateway_without_a_journal(self, gateway, terminal):
        terminal.happens(event="position", **position(5))
        gateway.front = front_without_journal(gateway)
        assert gateway.open_43()["error_code"] == "JOURNAL_UNWRITABLE"
        assert gateway.open(journal=None)["error_code"] == "JOURNAL_UNWRITABLE"
        reply = gateway.signed("trade", "CLOSE", ticket=5, journal=None)
        assert (reply["status"], reply["journalled"]) == ("FILLED", False)
        assert gateway.signed("read", "GET_OUTCOME", of="u")["error_code"] == "JOURNAL_UNREADABLE"
        assert gateway.unsigned("ENGAGE")["persisted"] is True


class TestFile:
    def open(self, path, login=LOGIN, server=SERVER):
        return open_journal(path, login, server, START)

    def code(self, path, **account):
        with pytest.raises(JournalRefused) as refused:
            self.open(path, **account)
        return refused.value.code

    def test_two_gateways_on_one_journal(self, tmp_path):
        first = self.open(tmp_path / "j.db")
        assert self.code(tmp_path / "j.db") == "JOURNAL_LOCKED"
        first.close()
        self.open(tmp_path / "j.db").close()

    @pytest.mark.parametrize("account", [{"login": 5}, {"server": "Other"}])
    def test_of_another_account(self, tmp_path, account):
        self.open(tmp_path / "j.db").close()
        assert self.code(tmp_path / "j.db", **account) == "JOURNAL_OF_ANOTHER_ACCOUNT"

    @pytest.mark.parametrize("damage", ["text", "middle", "cut", "other"])
    def test_damaged(self, tmp_path, damage):
        path = tmp_path / "j.db"
        journal = self.open(path)
        for number in range(200):
            journal.note("filler", START, "x" * 500 + str(number))
        journal.close()
        good = path.read_bytes()
        if damage == "text":
            path.write_text("this is no database, and it is longer than a header of one hundred bytes " * 9)
        elif damage == "middle":
            path.write_bytes(good[:4096] + os.urandom(len(good) - 4096))
        elif damage == "cut":
            path.write_bytes(good[: len(good) // 2])
        else:
            path.unlink()
            other = sqlite3.connect(path)
            other.execute("CREATE TABLE something (a)")
            other.commit()
            other.close()
        before = path.read_bytes()
        assert self.code(path) in ("JOURNAL_CORRUPT", "JOURNAL_VERSION")
        assert path.read_bytes() == before

    def test_a_folder_in_its_place(self, tmp_path):
        (tmp_path / "j.db").mkdir()
        assert self.code(tmp_path / "j.db") in ("JOURNAL_UNREADABLE", "JOURNAL_UNWRITABLE")

    def test_an_empty_file_is_a_new_journal(self, tmp_path):
        (tmp_path / "j.db").touch()
        self.open(tmp_path / "j.db").close()

    def test_restored_from_a_copy_it_is_another_journal(self, tmp_path):
        path = tmp_path / "j.db"
        journal = self.open(path)
        name = journal.name
        journal.note("x", START, "x")
        journal.close()
        shutil.copy(path, tmp_path / "copy")
        journal = self.open(path)
        journal.note("x", START, "x")
        journal.close()
        shutil.copy(tmp_path / "copy", path)
        assert self.open(path).name != name

    def test_keeps_the_brokers_offset(self, gateway):
        gateway.front.handle({"kind": "log", "event": "broker_utc_offset", "fields": {"seconds": 10800}}, b"")
        gateway.pass_(1)
        gateway.restart()
        assert gateway.journal.get("broker_utc_offset_s") == "10800"

    def test_started_again_it_is_the_same(self, tmp_path):
        names = set()
        for _ in range(3):
            journal = self.open(tmp_path / "j.db")
            journal.note("x", START, "x")
            names.add(journal.name)
            journal.close()
        assert len(names) == 1

    def test_a_restored_folder_shows_in_the_count(self, tmp_path):
        """Head and journal restored together: only a client that kept `journal_seq` can tell."""
        folder = tmp_path / "f"
        journal = self.open(folder / "j.db")
        journal.close()
        shutil.copytree(folder, tmp_path / "copy")
        journal = self.open(folder / "j.db")
        journal.note("x", START, "x")
        seq = journal.seq
        journal.close()
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / "copy", folder)
        assert self.open(folder / "j.db").seq < seq

    def test_set_aside(self, tmp_path):
        journal = self.open(tmp_path / "j.db")
        name = journal.name
        journal.close()
        assert set_aside(tmp_path / "j.db", "old") == [tmp_path / "j.db.old"]
        assert self.open(tmp_path / "j.db").name != name

    def test_results_are_forced_to_the_disk_when_the_gateway_is_idle(self, gateway):
        gateway.open()
        assert gateway.journal._is_settled is False
        gateway.front.tick()
        assert gateway.journal._is_settled is True


class TestAnchors:
    def anchor(self, gateway, count, hash, stream="evidence", role="read"):
        return gateway.signed(role, "ANCHOR", stream=stream, count=count, hash=hash)

    def test_grows(self, gateway):
        for count in (1, 5, 5, 9):
            assert self.anchor(gateway, count, f"h{count}")["status"] == "ok"
        rows = gateway.signed("read", "GET_ANCHORS", stream="evidence")["anchors"]
        assert [(it["count"], it["hash"], it["conflict"]) for it in rows] == [
            (1, "h1", False),
            (5, "h5", False),
            (9, "h9", False),
        ]

    @pytest.mark.parametrize(("count", "hash"), [(4, "h5"), (5, "other"), (0, "h0")])
    def test_conflicts_are_answered_and_kept(self, gateway, count, hash):
        self.anchor(gateway, 5, "h5")
        reply = self.anchor(gateway, count, hash)
        assert (reply["error_code"], reply["known_count"], reply["known_hash"]) == ("ANCHOR_CONFLICT", 5, "h5")
        rows = gateway.signed("read", "GET_ANCHORS", stream="evidence")["anchors"]
        assert [it["conflict"] for it in rows] == [False, True]

    def test_a_conflict_does_not_move_the_anchor(self, gateway):
        self.anchor(gateway, 5, "h5")
        self.anchor(gateway, 3, "h3")
        assert self.anchor(gateway, 4, "h4")["error_code"] == "ANCHOR_CONFLICT"
        assert self.anchor(gateway, 6, "h6")["status"] == "ok"

    def test_streams_are_apart_and_so_are_unsigned_ones(self, gateway):
        self.anchor(gateway, 5, "h5")
        assert self.anchor(gateway, 1, "x", stream="other")["status"] == "ok"
        assert gateway.unsigned("ANCHOR", stream="evidence", count=99, hash="forged")["status"] == "ok"
        assert self.anchor(gateway, 6, "h6")["status"] == "ok"

    def test_another_key_continues_the_stream(self, gateway):
        self.anchor(gateway, 5, "h5")
        assert self.anchor(gateway, 3, "h3", role="admin")["error_code"] == "ANCHOR_CONFLICT"

    def test_lasts(self, gateway):
        self.anchor(gateway, 5, "h5")
        gateway.pass_(1)
        gateway.restart()
        assert self.anchor(gateway, 4, "h4")["error_code"] == "ANCHOR_CONFLICT"

    @pytest.mark.parametrize(
        "fields", [{"stream": ""}, {"count": -1}, {"count": 1.5}, {"hash": ""}, {"hash": 5}, {"count": True}]
    )
    def test_bad(self, gateway, fields):
        values = {"stream": "s", "count": 1, "hash": "h", **fields}
        assert gateway.signed("read", "ANCHOR", **values)["error_code"] == "INVALID_FIELD"

    def test_on_a_full_disk(self, gateway):
        fill_disk(gateway)
        assert self.anchor(gateway, 1, "h")["error_code"] == "JOURNAL_UNWRITABLE"


class TestRecovery:
    """The gateway died after the journal's row: what the next one finds."""

    def die_after_permission(self, gateway, action="OPEN", executes=False, answers=False, **fields):
        """Permission was given and the process died; the order executed or it did not."""

        class Death(BaseException):
            pass

        original = gateway.module.order_send

        def send(request):
            if executes:
                original(request)
            raise Death

        gateway.module.order_send = send
        values = {"symbol": "EURUSD", "type": "BUY", "volume": 0.01} if action == "OPEN" else {}
        with pytest.raises(Death):
            gateway.signed("trade", action, uuid="u", **{**values, **fields})
        gateway.module.order_send = original
        gateway.clock.pass_(1)
        gateway.restart()

    def outcome(self, gateway):
        return gateway.signed("read", "GET_OUTCOME", of="u")

    def test_an_open_that_executed_is_found(self, gateway, terminal):
        self.die_after_permission(gateway, executes=True)
        assert gateway.unsigned("PING")["gateway"]["recovering"] is True
        assert self.outcome(gateway)["outcome"] == "sent"
        gateway.pass_(1)
        outcome = self.outcome(gateway)
        assert (outcome["outcome"], outcome["reply"]["executed"], outcome["reply"]["found_by"]) == (
            "done",
            "yes",
            "lookup",
        )
        assert gateway.unsigned("PING")["gateway"]["recovering"] is False
        assert len(terminal.deals()) == 1

    def test_an_open_that_did_not_execute_stays_unknown(self, gateway, terminal):
        self.die_after_permission(gateway, executes=False)
        gateway.pass_(20)
        outcome = self.outcome(gateway)
        assert (outcome["outcome"], outcome["reply"]["executed"]) == ("unknown", "unknown")
        again = gateway.open(uuid="u")
        assert (again["executed"], again["replayed"], again["status"]) == ("unknown", True, "UNKNOWN")
        assert terminal.sends() == []

    def test_history_that_lags(self, gateway, terminal):
        gateway.faults(comment="replace:", hide_history_after=0)
        self.die_after_permission(gateway, executes=True)
        for _ in range(3):
            gateway.pass_(1)
        assert self.outcome(gateway)["outcome"] == "sent"
        gateway.faults()
        gateway.pass_(20)
        # The broker replaced the comment: the order can't be told from another one.
        assert self.outcome(gateway)["outcome"] == "unknown"

    def test_history_that_lags_and_comes(self, gateway, terminal):
        self.die_after_permission(gateway, executes=True)
        terminal.happens(event="closed", ticket=1001, volume=0.01)
        gateway.faults(hide_history_after=0)
        gateway.pass_(1)
        assert self.outcome(gateway)["outcome"] == "sent"
        gateway.faults()
        gateway.pass_(1)
        assert self.outcome(gateway)["outcome"] == "done"

    def test_a_terminal_that_does_not_tell_ends_no_recovery(self, gateway, terminal):
        self.die_after_permission(gateway, executes=True)
        gateway.faults(none={"history_deals_get": [-10005, "IPC timeout"]})
        for _ in range(40):
            gateway.pass_(1)
        assert self.outcome(gateway)["outcome"] == "sent"
        assert gateway.unsigned("PING")["gateway"]["recovering"] is True
        gateway.faults()
        gateway.pass_(1)
        assert self.outcome(gateway)["outcome"] == "done"

    def test_another_account_ends_no_recovery(self, gateway, terminal):
        self.die_after_permission(gateway, executes=True)
        terminal.happens(event="account", set={"login": 999})
        for _ in range(40):
            gateway.pass_(1)
        assert self.outcome(gateway)["outcome"] == "sent"

    def test_meanwhile_reads_closes_cancels_and_engage_are_served_and_only_open_waits(self, gateway, terminal):
        terminal.happens(event="position", **position(500))
        terminal.happens(event="order", **pending(501))
        self.die_after_permission(gateway, executes=False)
        assert gateway.open(uuid="waits", client=b"waits", valid_until="2026-01-18T00:00:00Z") is None
        assert gateway.open(uuid="ends", client=b"ends") is None
        assert gateway.signed("read", "GET_ACCOUNT")["status"] == "ok"
        assert gateway.signed("trade", "CLOSE", ticket=500)["status"] == "FILLED"
        assert gateway.signed("trade", "CANCEL", ticket=501)["executed"] == "yes"
        assert gateway.signed("read", "ENGAGE", reason="r", who="w")["kill_switch"] == "engaged"
        gateway.signed("admin", "RELEASE")
        gateway.pass_(6)
        assert [json.loads(it)["error_code"] for it in gateway.replies()] == ["EXPIRED"]
        gateway.pass_(20)
        gateway.pass_(1)
        (reply,) = (json.loads(it) for it in gateway.replies())
        assert (reply["uuid"], reply["status"]) == ("waits", "FILLED")

    @pytest.mark.parametrize("executes", [True, False])
    def test_a_close(self, gateway, terminal, executes):
        terminal.happens(event="position", **position(5))
        self.die_after_permission(gateway, "CLOSE", executes=executes, ticket=5)
        gateway.pass_(20)
        gateway.pass_(1)
        assert self.outcome(gateway)["outcome"] == ("done" if executes else "unknown")
        assert gateway.signed("trade", "CLOSE", uuid="u", ticket=5)["replayed"] is True
        assert len(terminal.sends()) == int(executes)

    @pytest.mark.parametrize("executes", [True, False])
    def test_a_cancel(self, gateway, terminal, executes):
        terminal.happens(event="order", **pending(5))
        self.die_after_permission(gateway, "CANCEL", executes=executes, ticket=5)
        gateway.pass_(20)
        gateway.pass_(1)
        assert self.outcome(gateway)["outcome"] == ("done" if executes else "unknown")

    def test_an_unknown_order_is_looked_for_when_somebody_asks(self, gateway, terminal):
        gateway.faults(
            send={"none": [-10005, "IPC timeout"], "execute": True}, hide_history_after=0, comment="replace:"
        )
        reply = gateway.open(uuid="u")
        assert reply["executed"] == "unknown"
        for _ in range(60):
            gateway.pass_(1)
        assert len(gateway.front._looks) == 0
        assert self.outcome(gateway)["outcome"] == "unknown"
        assert len(gateway.front._looks) == 1

    def test_an_unknown_order_that_shows_later(self, gateway, terminal):
        gateway.faults(send={"none": [-10005, "IPC timeout"], "execute": True}, hide_history_after=0, none={})
        terminal_positions = gateway.module.positions_get
        gateway.module.positions_get = lambda **kwargs: ()
        gateway.module.positions_total = lambda: 0
        assert gateway.open(uuid="u")["executed"] == "unknown"
        gateway.module.positions_get = terminal_positions
        gateway.faults()
        gateway.pass_(1)
        assert self.outcome(gateway)["outcome"] == "done"
        assert gateway.open(uuid="u")["status"] == "FILLED"
        assert len(terminal.deals()) == 1

    def test_the_orders_of_the_last_minute_still_count(self, terminal, tmp_path):
        from mt5crs_gateway.limits import Limits

        gateway = Gateway(terminal, tmp_path / "g", limits=Limits(max_lots=1, orders_per_minute=2))
        assert [gateway.open()["status"] for _ in range(2)] == ["FILLED"] * 2
        gateway.pass_(10)
        gateway.restart()
        assert gateway.open()["error_code"] == "LIMIT_RATE"
        gateway.pass_(51)
        assert gateway.open()["status"] == "FILLED"
