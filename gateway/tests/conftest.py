"""What every test needs: a terminal with its controls, a gateway in this process, and frames."""

import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FAKE = HERE / "fake_terminal"
VECTORS = HERE.parent.parent / "protocol" / "vectors"
sys.path.insert(0, str(HERE))

from support import Gateway, Terminal  # noqa: E402


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


def load_module(folder):
    """The fake module, with a state of its own."""
    spec = importlib.util.spec_from_file_location("MetaTrader5_fake", FAKE / "MetaTrader5.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module._world = module.World(folder)
    return module


def vectors(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


os.environ.pop("MT5_PASSWORD", None)
