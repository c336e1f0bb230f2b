"""Writes ../../protocol/vectors/proofs.json: proofs that are true and proofs that are not, for every reader of them.

It uses code of no reader: the signatures are made by the package cryptography, the tree by the definition in RFC 6962.
"""

import base64
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FILE = Path(__file__).parent.parent.parent / "protocol" / "vectors" / "proofs.json"


class Signer:
    def __init__(self, name, kind, seed):
        self.name, self.kind = name, bytes([kind])
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = hashlib.sha256(name.encode() + b"\n" + self.kind + public).digest()[:4]
        encoded = base64.b64encode(self.kind + public).decode()
        self.verifier = f"{name}+{self.id.hex()}+{encoded}"

    def line(self, signature):
        return f"\u2014 {self.name} {base64.b64encode(self.id + signature).decode()}\n"

    def sign(self, text):
        return self.line(self.key.sign(text.encode()))

    def cosign(self, text, seconds):
        signature = self.key.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
        return self.line(seconds.to_bytes(8, "big") + signature)


DESK, WITNESS = Signer("desk.example", 1, 1), Signer("witness.example", 4, 2)


def record(seq, prev):
    head = (
        f'{{"seq":{seq},"time":"2026-01-17T03:54:22.961398Z","run":"00000000-0000-4000-8000-00000000000{seq % 10}",'
        f'"kind":"begin","v":1,"body":{{"endpoint":"tcp://10.0.0.5:5555","profile":null,"currency":"USD","login":null,'
        f'"server":null,"version":"0.1.0"}},"prev":"{prev}"'
    )
    own = hashlib.sha256(head.encode()).hexdigest()
    return f'{head},"hash":"{own}"}}', own


def records(count):
    lines, prev = [], "0" * 64
    for seq in range(1, count + 1):
        line, prev = record(seq, prev)
        lines.append(line)
    return lines


def leaf(line):
    return hashlib.sha256(b"\x00" + bytes.fromhex(line[-66:-2])).digest()


def half(size):
    left = 1
    while left * 2 < size:
        left *= 2
    return left


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    left = half(len(leaves))
    return hashlib.sha256(b"\x01" + root(leaves[:left]) + root(leaves[left:])).digest()


def path(index, leaves):
    if len(leaves) == 1:
        return []
    left = half(len(leaves))
    if index < left:
        return [*path(index, leaves[:left]), root(leaves[left:])]
    return [*path(index - left, leaves[left:]), root(leaves[:left])]


def base64_of(hash):
    return base64.b64encode(hash).decode()


def proof(index, size, lines=None):
    lines = lines or records(size)
    leaves = [leaf(line) for line in lines]
    text = f"desk.example/account1\n{size}\n{base64_of(root(leaves))}\n"
    return {
        "form": "mt5crs-proof/1",
        "record": lines[index],
        "index": index,
        "path": [base64_of(node) for node in path(index, leaves)],
        "checkpoint": f"{text}\n{DESK.sign(text)}{WITNESS.cosign(text, 1768622062)}",
    }


def changed(**members):
    return {**proof(4, 11), **members}


def misplaced():
    """Of a signer who has put two records in each other's place."""
    lines = records(11)
    lines[4], lines[8] = lines[8], lines[4]
    return proof(4, 11, lines)


def refused():
    good, other = proof(4, 11), proof(5, 11)
    checkpoint = good["checkpoint"]
    last = good["path"][-1]
    return {
        "another record": changed(record=other["record"]),
        "another record with its index": changed(record=other["record"], index=5),
        "another index": changed(index=5),
        "an index past the end": changed(index=11),
        "a shorter path": changed(path=good["path"][:-1]),
        "a longer path": changed(path=[*good["path"], last]),
        "a path in another order": changed(path=good["path"][::-1]),
        "an altered record": changed(record=good["record"].replace("USD", "EUR")),
        "another size": changed(checkpoint=checkpoint.replace("\n11\n", "\n12\n")),
        "another origin": changed(checkpoint=checkpoint.replace("account1", "account2")),
        "a signature of another checkpoint": changed(
            checkpoint=checkpoint.split("\n\n")[0] + "\n\n" + proof(4, 12)["checkpoint"].split("\n\n")[1]
        ),
        "no signature of the key": changed(
            checkpoint=checkpoint.split("\n\n")[0] + "\n\n" + checkpoint.split("\n\n")[1].split("\n", 1)[1]
        ),
        "a record that stands in another's place": misplaced(),
        "another form": changed(form="mt5crs-proof/2"),
        "a reply that the record does not name": changed(replies=["{}"]),
    }


def document():
    accepted = [proof(index, size) for size in (1, 2, 3, 7, 8, 11) for index in sorted({0, size // 2, size - 1})]
    vectors = {
        "key": DESK.verifier,
        "witness": WITNESS.verifier,
        "accepted": accepted,
        "refused": [{"why": why, "proof": bad} for why, bad in refused().items()],
    }
    return json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_bytes(document().encode())
