"""What every test needs: a terminal with its controls, a gateway in this process, and frames."""

import json
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
VECTORS = HERE.parent.parent / "protocol" / "vectors"
sys.path.insert(0, str(HERE))

import process  # noqa: E402
from support import Gateway, Terminal  # noqa: E402

# What the machine's own gateway is told must not reach the one that is tested.
for name in [it for it in os.environ if it.startswith("MT5_")]:
    del os.environ[name]


@pytest.fixture(autouse=True)
def _no_gateway_is_left():
    yield
    while process.STARTED:
        process.STARTED.pop().kill()


@pytest.fixture
def terminal(tmp_path):
    """A terminal with an account of 10,000 USD, hedging, and a few symbols."""
    return Terminal(tmp_path / "terminal")


@pytest.fixture
def gateway(terminal, tmp_path):
    """A gateway in this process, on that terminal, with three keys and signing off."""
    made = Gateway(terminal, tmp_path / "gateway")
    yield made
    made.close()


def vectors(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))
