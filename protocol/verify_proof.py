#!/usr/bin/env python3
"""Checks a proof of mt5crs without mt5crs: python3 verify_proof.py PROOF.json VERIFIER-KEY [WITNESS-KEY...]

It is written from the public specifications alone, with Python's standard library: c2sp.org/signed-note,
c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature, RFC 6962 (the tree), RFC 8032 (Ed25519). Every key that is given must have
signed. Exit code 0: the record is in the evidence that was signed. 1: it is not, or the file was changed. 2: wrong usage.

A leaf's data are the 32 bytes of the record's own hash: SHA-256 of its line without the last 75 bytes (`,"hash":"…"}`).
"""

import base64
import hashlib
import json
import re
import sys
from typing import Dict, List, Optional, Tuple

# Ed25519, RFC 8032, 5.1: the curve, its base point, and points as (X, Y, Z, T).
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = Tuple[int, int, int, int]


class Rejected(Exception):
    """Why a proof proves nothing."""


def add(one: Point, two: Point) -> Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while factor > 0:
        if factor & 1:
            result = add(result, point)
        point, factor = add(point, point), factor >> 1
    return result


def same(one: Point, two: Point) -> bool:
    return (one[0] * two[2] - two[0] * one[2]) % P == 0 and (one[1] * two[2] - two[1] * one[2]) % P == 0


def point_of(text: bytes) -> Optional[Point]:
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT % P
    if (x * x - square) % P != 0 or (x == 0 and sign == 1):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key: bytes, text: bytes, signature: bytes) -> bool:
    if len(signature) != 64 or BASE is None:
        return False
    public, commitment = point_of(key), point_of(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or scalar >= Q:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % Q
    return same(times(scalar, BASE), add(commitment, times(challenge, public)))


class Key:
    """A verifier key: NAME+ID+BASE64."""

    def __init__(self, text: str) -> None:
        try:
            self.name, self.id, encoded = text.split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise Rejected(f"no verifier key: {text}") from error
        self.kind, self.key = raw[:1], raw[1:]
        wanted = hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.key).hexdigest()[:8]
        if self.kind not in (b"\x01", b"\x04") or len(self.key) != 32 or self.id != wanted:
            raise Rejected(f"no verifier key: {text}")

    def vouch(self, text: str, lines: List[str]) -> str:
        """What it says of the note, in words."""
        found = ""
        for line in lines:
            parts = line.split(" ")
            if len(parts) != 3 or parts[0] != "\u2014":
                raise Rejected(f"no line of a signature: {line}")
            raw = base64.b64decode(parts[2], validate=True)
            if parts[1] != self.name or raw[:4].hex() != self.id:
                continue
            if self.kind == b"\x01":
                good, found = is_signed(self.key, text.encode(), raw[4:]), f"signed by {self.name}"
            else:
                seconds = int.from_bytes(raw[4:12], "big")
                message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
                good, found = is_signed(self.key, message, raw[12:]), f"cosigned by {self.name} at {seconds}"
            if not good:
                raise Rejected(f"the signature under the name {self.name} is false")
        if not found:
            raise Rejected(f"{self.name} has not signed it")
        return found


def root_of(index: int, size: int, leaf: bytes, path: List[bytes]) -> bytes:
    """The root to which the path leads, by the recursion of RFC 6962, 2.1.1."""
    if size == 1:
        if path:
            raise Rejected("the path is too long")
        return leaf
    if not path:
        raise Rejected("the path is too short")
    left = 1 << ((size - 1).bit_length() - 1)
    if index < left:
        pair = root_of(index, left, leaf, path[:-1]) + path[-1]
    else:
        pair = path[-1] + root_of(index - left, size - left, leaf, path[:-1])
    return hashlib.sha256(b"\x01" + pair).digest()


def check(proof: Dict, keys: List[Key]) -> List[str]:
    """Checks a proof. Returns what it shows, line by line, or raises `Rejected`."""
    if proof["form"] != "mt5crs-proof/1":
        raise Rejected("it has another form")
    text, _, signatures = proof["checkpoint"].rpartition("\n\n")
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    vouched = [key.vouch(text, signatures.rstrip("\n").split("\n")) for key in keys]
    line = proof["record"].encode()
    stated = re.fullmatch(rb',"hash":"([0-9a-f]{64})"\}', line[-75:])
    own = hashlib.sha256(line[:-75]).hexdigest()
    if stated is None or stated.group(1).decode() != own:
        raise Rejected("the record was altered")
    record = json.loads(line)
    if record["seq"] != proof["index"] + 1 or not 0 <= proof["index"] < int(size):
        raise Rejected("the index is another record's")
    leaf = hashlib.sha256(b"\x00" + bytes.fromhex(own)).digest()
    path = [base64.b64decode(node, validate=True) for node in proof["path"]]
    if root_of(proof["index"], int(size), leaf, path) != base64.b64decode(root, validate=True):
        raise Rejected("the path does not lead to the signed root")
    shown = [f"record {record['seq']} is one of {size} of {origin}", *vouched]
    replies = {hashlib.sha256(reply.encode()).hexdigest(): reply for reply in proof.get("replies", [])}
    if replies:
        flat = record["body"]["flat"]
        lists = flat["lists"] + (flat.get("orders") or [])
        named = [one["sha256"] for one in lists] + [flat["account_reply"]["sha256"]]
        if set(named) != set(replies):
            raise Rejected("the replies are not those that the record names")
        for one in lists:
            reply = json.loads(replies[one["sha256"]])
            if reply.get("positions", reply.get("orders")) != []:
                raise Rejected("a list is not empty")
        account = json.loads(replies[flat["account_reply"]["sha256"]])
        if account["margin"] != 0:
            raise Rejected("margin is in use")
        if account.get("simulated"):
            shown.append("THE GATEWAY WAS A SIMULATED ONE")
        shown.append(f"the replies show empty lists, balance {account['balance']}, equity {account['equity']}, margin 0")
    return shown


def main(arguments: List[str]) -> int:
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:
            document = json.load(file)
        proof = document["report"]["proof"] if "report" in document else document
        shown = check(proof, [Key(text) for text in arguments[1:]])
    except (Rejected, ValueError, KeyError, TypeError, OSError) as why:
        print(f"REJECTED: {why}", file=sys.stderr)
        return 1
    print("\n".join(shown))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
