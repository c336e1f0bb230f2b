"""Writes `protocol/vectors/frames.json`, which this gateway and mt5crs both read. It uses nothing of either.

Run it after a change; a test holds the file against it.
"""

import base64
import hashlib
import hmac
import json
from pathlib import Path

FILE = Path(__file__).parent.parent.parent / "protocol" / "vectors" / "frames.json"
LABELS = {"request": "mt5crs-request-5", "reply": "mt5crs-reply-5"}
KEYS = {
    "bot-1": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "a": "f0e1d2c3b4a5968778695a4b3c2d1e0f00112233445566778899aabbccddeeff",
    "key_of_exactly_thirty-two_chars0": "5f" * 16 + "a1b2c3d4e5f60718293a4b5c6d7e8f90",
}
UUID = "7d0b3b0c-6c0e-4f0e-9d5e-3d1f6a2b4c5d"


def mac(label, key, signed):
    return hmac.new(bytes.fromhex(KEYS[key]), LABELS[label].encode() + b"\0" + signed, hashlib.sha256).hexdigest()


def sign(label, key, body):
    signed = body[:-1] + f',"key":"{key}"'.encode()
    return signed + f',"mac":"{mac(label, key, signed)}"}}'.encode()


def accepted():
    bodies = [
        ("a PING", "request", "bot-1", f'{{"uuid":"{UUID}","action":"PING"}}'),
        ("the same bytes as a reply", "reply", "bot-1", f'{{"uuid":"{UUID}","action":"PING"}}'),
        ("the same bytes under another key", "request", "a", f'{{"uuid":"{UUID}","action":"PING"}}'),
        ("the longest name of a key", "request", "key_of_exactly_thirty-two_chars0", '{"action":"PING"}'),
        ("spaces, which are signed as they stand", "request", "bot-1", '{ "action" : "PING" ,\n\t"uuid": "x" }'),
        ("numbers keep their form", "request", "bot-1", '{"volume":0.010,"price":1.0e0,"ticket":9007199254740993}'),
        ("text in UTF-8", "request", "bot-1", '{"reason":"平仓 – stop"}'),
        ("text as escapes is another text to the MAC", "request", "bot-1", '{"reason":"\\u5e73\\u4ed3 \\u2013 stop"}'),
        ("a key and a MAC below the top level", "request", "bot-1", '{"of":{"key":"x","mac":"y"}}'),
        ("the end of a signature inside a text", "request", "bot-1", '{"reason":",\\"mac\\":\\"00\\"}"}'),
        ("16 levels", "request", "bot-1", '{"a":' + "[" * 15 + "]" * 15 + "}"),
        ("an OPEN", "request", "bot-1", _open()),
        ("a reply that names its request", "reply", "bot-1", f'{{"uuid":"{UUID}","status":"ok","re":"{"5a" * 32}"}}'),
    ]
    rows = []
    for name, label, key, text in bodies:
        frame = sign(label, key, text.encode())
        rows.append({"name": name, "label": label, "key": key, "mac": frame[-66:-2].decode(), "frame": frame.decode()})
    return rows


def _open():
    order = {
        "uuid": UUID,
        "action": "OPEN",
        "timestamp": "2026-01-17T03:54:22.961398+00:00",
        "journal": "0f4e7a52-9d1b-4a53-8a35-0e0a3e1d7c11",
        "login": 1100212251,
        "symbol": "EURUSD",
        "type": "BUY",
        "volume": 0.01,
        "price": 0.0,
        "sl": 0.0,
        "tp": 0.0,
        "magic": 202401,
        "valid_until": "2026-01-17T03:54:27.961398+00:00",
    }
    return json.dumps(order, separators=(",", ":"))


def refused():
    good = sign("request", "bot-1", b'{"action":"PING","n":1}')
    reply = sign("reply", "bot-1", b'{"action":"PING","n":1}')
    inner = sign("request", "bot-1", b'{"mac":"' + b"0" * 64 + b'","action":"PING"}')
    signature = [
        ("the MAC of a reply under a request", reply),
        ("a byte of the body flipped", good.replace(b'"n":1', b'"n":2')),
        ("the last digit of the MAC flipped", good[:-3] + (b"0" if good[-3:-2] != b"0" else b"1") + good[-2:]),
        ("another key's name", good.replace(b'"key":"bot-1"', b'"key":"a"')),
        ("a key that nobody has", good.replace(b'"key":"bot-1"', b'"key":"nobody"')),
        ("a MAC in capitals", good[:-66] + good[-66:-2].upper() + good[-2:]),
        ("a MAC without its last digit", good[:-3] + good[-2:]),
        ("a space before the end", good[:-1] + b" }"),
        ("a line feed after the end", good + b"\n"),
        ("key and MAC exchanged", b'{"action":"PING","mac":"%s","key":"bot-1"}' % good[-66:-2]),
        ("a MAC without a key", b'{"action":"PING","mac":"%s"}' % good[-66:-2]),
        ("a key without a MAC", b'{"action":"PING","key":"bot-1"}'),
        ("a name of 33 characters", good.replace(b'"key":"bot-1"', b'"key":"%s"' % (b"k" * 33))),
        ("a name in capitals", good.replace(b'"key":"bot-1"', b'"key":"BOT-1"')),
        ("the frame cut", good[: len(good) // 2]),
        ("something in front", b" " + good),
    ]
    bodies = [
        ("a name twice", b'{"a":1,"a":2}'),
        ("a name twice, once in escapes", b'{"a":1,"\\u0061":2}'),
        ("a name twice, deeper", b'{"o":[{"a":1,"a":2}]}'),
        ("NaN", b'{"a":NaN}'),
        ("Infinity", b'{"a":[-Infinity]}'),
        ("a number that overflows", b'{"a":1e999}'),
        ("bytes that are not UTF-8", b'{"a":"\xff"}'),
        ("a surrogate in UTF-8", b'{"a":"\xed\xa0\x80"}'),
        ("half of a surrogate pair", b'{"a":"\\ud800"}'),
        ("17 levels", b'{"a":' + b"[" * 16 + b"]" * 16 + b"}"),
        ("10,000 levels", b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
        ("a comma too much", b'{"a":1,}'),
        ("a comment", b'{"a":1/*x*/}'),
    ]
    rows = [{"name": name, "why": "signature", "frame_hex": frame.hex()} for name, frame in signature]
    rows += [{"name": name, "why": "json", "frame_hex": sign("request", "bot-1", it).hex()} for name, it in bodies]
    rows.append({"name": "another MAC at the top level", "why": "json", "frame_hex": inner.hex()})
    key = sign("request", "bot-1", b'{"key":"bot-1","action":"PING"}')
    rows.append({"name": "another key at the top level", "why": "json", "frame_hex": key.hex()})
    return rows


def tokens():
    rows = []
    for key, uuid in (("bot-1", UUID), ("a", UUID), ("", UUID), ("bot-1", UUID.upper())):
        digest = hashlib.sha256(key.encode() + b"\0" + uuid.encode()).digest()
        rows.append({"key": key, "uuid": uuid, "token": "m5" + base64.b32encode(digest).decode()[:20]})
    return rows


def document():
    """The file's text."""
    values = {
        "labels": LABELS,
        "keys": KEYS,
        "accepted": accepted(),
        "refused": refused(),
        "tokens": tokens(),
    }
    return json.dumps(values, indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    FILE.write_bytes(document().encode("ascii"))
    print(f"{FILE} written")
