"""The second implementation of a proof's reader, on the vectors that mt5crs reads as well."""

import importlib.util
import subprocess
import sys

import pytest

from conftest import vectors

PROOFS = vectors("proofs.json")


def reader():
    import make_proofs

    path = make_proofs.FILE.parent.parent / "verify_proof.py"
    spec = importlib.util.spec_from_file_location("verify_proof", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", name="verify")
def _verify():
    pytest.importorskip("cryptography")
    return reader()


def test_the_file_is_what_its_program_writes():
    make_proofs = pytest.importorskip("make_proofs")
    assert make_proofs.FILE.read_bytes().decode() == make_proofs.document()


def test_true_proofs_are_accepted(verify):
    keys = [verify.Key(PROOFS["key"]), verify.Key(PROOFS["witness"])]
    for proof in PROOFS["accepted"]:
        shown = verify.check(proof, keys)
        assert shown[0].startswith(f"record {proof['index'] + 1} is one of ")
        assert shown[2] == "cosigned by witness.example at 1768622062"


@pytest.mark.parametrize("case", PROOFS["refused"], ids=lambda case: case["why"].replace(" ", "-"))
def test_false_proofs_are_refused(verify, case):
    with pytest.raises((verify.Rejected, KeyError)):
        verify.check(case["proof"], [verify.Key(PROOFS["key"])])


def test_every_changed_signature_is_refused(verify):
    """The pure Python arithmetic, against signatures of another program."""
    proof = PROOFS["accepted"][-1]
    text, _, lines = proof["checkpoint"].rpartition("\n\n")
    for name in ("key", "witness"):
        key = verify.Key(PROOFS[name])
        assert key.vouch(text + "\n", lines.splitlines())
        with pytest.raises(verify.Rejected):
            key.vouch(text + "x\n", lines.splitlines())


def test_a_changed_key_is_no_key(verify):
    for at in range(len(PROOFS["key"])):
        changed = list(PROOFS["key"])
        changed[at] = "A" if changed[at] != "A" else "B"
        with pytest.raises(verify.Rejected):
            verify.Key("".join(changed))


def test_the_program_ends_as_it_says(verify, tmp_path):
    file = tmp_path / "proof.json"
    import json

    def run(proof):
        file.write_text(json.dumps(proof), encoding="utf-8")
        return subprocess.run([sys.executable, verify.__file__, str(file), PROOFS["key"]], capture_output=True)

    assert run(PROOFS["accepted"][0]).returncode == 0
    ended = run(PROOFS["refused"][0]["proof"])
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert b"REJECTED: " in ended.stderr
    assert subprocess.run([sys.executable, verify.__file__], capture_output=True).returncode == 2
