"""The vectors that mt5crs reads as well."""

import shutil
import subprocess

import pytest

import make_vectors
from conftest import vectors
from mt5crs_gateway.keys import Key, Keyring
from mt5crs_gateway.protocol import (
    REPLY_LABEL,
    REQUEST_LABEL,
    Refusal,
    mac_of,
    order_token,
    parse_object,
    sign,
    split_signature,
)

FRAMES = vectors("frames.json")
LABELS = {"request": REQUEST_LABEL, "reply": REPLY_LABEL}
RING = Keyring([Key(name, "trade", bytes.fromhex(secret)) for name, secret in FRAMES["keys"].items()])


def read(frame):
    """What the gateway does with a request's bytes."""
    signature = split_signature(frame)
    if signature is not None and RING.verify(signature) is None:
        raise Refusal("BAD_SIGNATURE", "wrong")
    return parse_object(frame, signed=signature is not None)


def test_the_file_is_what_its_program_writes():
    assert make_vectors.FILE.read_bytes().decode() == make_vectors.document()


def test_the_labels_are_the_protocols():
    assert {name: label.encode() for name, label in FRAMES["labels"].items()} == LABELS


@pytest.mark.parametrize("row", FRAMES["accepted"], ids=lambda row: row["name"])
def test_accepted(row):
    frame = row["frame"].encode()
    signature = split_signature(frame)
    assert (signature.key, signature.mac) == (row["key"], row["mac"])
    secret = bytes.fromhex(FRAMES["keys"][row["key"]])
    assert mac_of(LABELS[row["label"]], secret, signature.signed) == row["mac"]
    if row["label"] == "request":
        assert RING.verify(signature).name == row["key"]
    fields = parse_object(frame, signed=True)
    assert "mac" not in fields
    body = frame[: frame.rindex(b',"key":"')] + b"}"
    assert sign(LABELS[row["label"]], row["key"], secret, body) == frame


@pytest.mark.parametrize("row", FRAMES["refused"], ids=lambda row: row["name"])
def test_refused(row):
    with pytest.raises(Refusal) as refusal:
        read(bytes.fromhex(row["frame_hex"]))
    codes = {"signature": ("BAD_SIGNATURE", "INVALID_JSON"), "json": ("INVALID_JSON",)}
    assert refusal.value.code in codes[row["why"]]


def test_every_flipped_byte_is_refused():
    frame = FRAMES["accepted"][0]["frame"].encode()
    assert read(frame)["action"] == "PING"
    for place in range(len(frame)):
        for bit in range(8):
            flipped = bytearray(frame)
            flipped[place] ^= 1 << bit
            with pytest.raises(Refusal):
                read(bytes(flipped))


def test_a_mac_of_one_label_never_holds_under_the_other():
    for row in FRAMES["accepted"]:
        other = REPLY_LABEL if row["label"] == "request" else REQUEST_LABEL
        signature = split_signature(row["frame"].encode())
        assert mac_of(other, bytes.fromhex(FRAMES["keys"][row["key"]]), signature.signed) != row["mac"]


@pytest.mark.parametrize("row", FRAMES["tokens"], ids=lambda row: row["token"])
def test_tokens(row):
    assert order_token(row["key"], row["uuid"]) == row["token"]
    assert len(row["token"]) == 22


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_agrees(tmp_path):
    row = FRAMES["accepted"][0]
    data = tmp_path / "data"
    data.write_bytes(b"mt5crs-request-5\0" + row["frame"].encode().rpartition(b',"mac":"')[0])
    command = [
        "openssl",
        "dgst",
        "-sha256",
        "-mac",
        "HMAC",
        "-macopt",
        f"hexkey:{FRAMES['keys'][row['key']]}",
        str(data),
    ]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert shown.split()[-1] == row["mac"]
