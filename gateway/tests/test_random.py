"""Requests at random: each gets one reply, none ends the loop, and none sends what it should not."""

import json
import random

from mt5crs_gateway.protocol import ACTIONS, REQUEST_LABEL, iso, sign
from support import LOGIN, SECRETS, Gateway

COUNT = 100_000
SEED = 5

NAMES = [
    "uuid",
    "action",
    "timestamp",
    "symbol",
    "type",
    "volume",
    "price",
    "sl",
    "tp",
    "magic",
    "comment",
    "risk_signature",
    "ticket",
    "close_volume",
    "valid_until",
    "deviation_points",
    "journal",
    "login",
    "of",
    "void",
    "stream",
    "count",
    "hash",
    "reason",
    "who",
    "from",
    "to",
    "position",
    "key",
    "mac",
    "magic_number",
]
TEXTS = [
    "",
    "BUY",
    "SELL",
    "EURUSD",
    "x",
    "\u0000",
    "\ud83d\ude00",
    "é" * 40,
    "2026-01-17T03:54:22Z",
    "-1",
    "true",
    "unknown",
]
NUMBERS = [0, 1, -1, 0.01, 0.1, -0.0, 1e-300, 1e300, 2**31, 2**63, -(2**63), 10**19, 1.5, 123456789]
BITS = [
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b":",
    b"\\",
    b"\\u0000",
    b"NaN",
    b"null",
    b"1e999",
    b"\xff",
    b"\xed\xa0\x80",
]


def value(chance, depth=0):
    kind = chance.randrange(9 if depth < 4 else 7)
    if kind < 2:
        return chance.choice(TEXTS)
    if kind < 4:
        return chance.choice(NUMBERS)
    if kind < 7:
        return chance.choice([None, True, False, chance.choice(ACTIONS)])
    if kind == 7:
        return [value(chance, depth + 1) for _ in range(chance.randrange(3))]
    return {chance.choice(NAMES): value(chance, depth + 1) for _ in range(chance.randrange(3))}


def request(chance, gateway):
    fields = {chance.choice(NAMES): value(chance) for _ in range(chance.randrange(8))}
    if chance.random() < 0.9:
        fields["action"] = chance.choice(ACTIONS)
    if chance.random() < 0.7:
        fields["uuid"] = f"u{chance.randrange(10**9)}"
        fields["timestamp"] = iso(gateway.clock.now())
        fields.update(journal=gateway.journal.name, login=LOGIN)
    if chance.random() < 0.1:
        fields.update(action="OPEN", symbol="EURUSD", type="BUY", volume=0.01)
    if chance.random() < 0.1:
        fields.update(action="CLOSE", ticket=1000 + chance.randrange(3000))
    if chance.random() < 0.3:
        fields[chance.choice(NAMES)] = value(chance)
    fields.pop("key", None) if chance.random() < 0.9 else None
    fields.pop("mac", None) if chance.random() < 0.9 else None
    return fields


def frame(chance, gateway):
    text = json.dumps(request(chance, gateway)).encode()
    way = chance.random()
    if way < 0.35 and len(text) > 2:
        return sign(REQUEST_LABEL, chance.choice(["read", "trade", "admin"]), SECRETS["read"], text)
    if way < 0.6 and len(text) > 2:
        role = chance.choice(["read", "trade", "admin"])
        return sign(REQUEST_LABEL, role, SECRETS[role], text)
    if way < 0.75:
        place = chance.randrange(len(text) + 1)
        return text[:place] + chance.choice(BITS) + text[place + chance.randrange(3) :]
    if way < 0.8:
        return b"".join(chance.choice(BITS) for _ in range(chance.randrange(30)))
    return text


def test_a_hundred_thousand(terminal, tmp_path):
    gateway = Gateway(terminal, tmp_path / "g", risk_signature=False)
    # Durability is not what is tested here, and a forced write for each would take minutes.
    gateway.journal._database.execute("PRAGMA synchronous=OFF")
    original = gateway.journal._database
    gateway.journal._database = _Lazy(original)
    chance = random.Random(SEED)
    codes = set()
    for number in range(COUNT):
        if number % 5000 == 0:
            gateway.pass_(1)
            gateway.switch.release()
        sent = frame(chance, gateway)
        replies = gateway.raw(sent)
        assert len(replies) == 1, (SEED, number, sent)
        reply = json.loads(replies[0])
        codes.add(reply.get("error_code"))
        assert reply.get("error_code") != "SERVER_ERROR", (SEED, number, sent, gateway.log[-3:])
        gateway.log.clear()
    assert {"INVALID_JSON", "BAD_SIGNATURE", "FORBIDDEN", "STALE", "WRONG_GATEWAY", "MISSING_TICKET", None} <= codes
    # The log of the terminal agrees with the journal.
    sent = len(terminal.sends())
    rows = original.execute("SELECT count(*) FROM orders WHERE action IN ('OPEN','CLOSE','CANCEL') AND sent_at > 0")
    assert rows.fetchone()[0] == sent > 100
    assert gateway.unsigned("PING")["status"] == "ok"


class _Lazy:
    """The database without forced writes."""

    def __init__(self, database):
        self._database = database

    def execute(self, statement, *values):
        return self._database.execute("SELECT 1" if "synchronous" in statement else statement, *values)

    def __getattr__(self, name):
        return getattr(self._database, name)
