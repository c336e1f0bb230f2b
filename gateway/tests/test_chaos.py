"""Clients trade while gateway and terminal's process are killed at random. The terminal's ledger judges every answer."""

import json
import os
import random
import signal
import threading
import uuid
from collections import Counter

import pytest
import zmq

from mt5crs_gateway.protocol import order_token
from process import PATIENCE, Process, wait_for

ROUNDS = 6
CLIENTS = 3


class Trader:
    """Sends orders one after the other, each with a uuid of its own, and keeps what it was told."""

    def __init__(self, process):
        self.process = process
        self.told = {}
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop.is_set():
            order = str(uuid.uuid4())
            self.told.setdefault(order, [])
            try:
                with self.process.client(timeout_s=0.5) as client:
                    self.told[order].append(client.open(uuid=order))
            except (zmq.ZMQError, AssertionError, KeyError):
                # No answer: asked again, as a client may, with the same order; the gateway may be another one by now.
                continue


@pytest.mark.parametrize("seed", [int(it) for it in os.environ.get("CHAOS_SEEDS", "1 2").split()])
def test_chaos(terminal, tmp_path, seed):
    chance = random.Random(seed)
    process = Process(terminal, tmp_path / "p", port=0)
    process.start()
    process.config.write_text(process.config.read_text().replace("port = 0\n", f"port = {process.port}\n"))
    traders = [Trader(process) for _ in range(CLIENTS)]
    for trader in traders:
        trader.thread.start()
    for _ in range(ROUNDS):
        more = len(terminal.ledger()) + chance.randrange(5, 60)
        wait_for(lambda more=more: len(terminal.ledger()) >= more)
        sends = terminal.ledger("send")
        if chance.random() < 0.4 and sends:
            try:
                os.kill(sends[-1]["pid"], signal.SIGKILL)
            except ProcessLookupError:
                pass
        else:
            process.stop(signal.SIGKILL)
            process.start()
    for trader in traders:
        trader.stop.set()
        trader.thread.join(PATIENCE)
    judge(process, terminal, {uuid: told for trader in traders for uuid, told in trader.told.items()}, seed)
    process.stop()


def judge(process, terminal, told, seed):
    """First every order gets its last word, then the terminal ends what it was doing, then the ledger is read."""
    with process.client() as client:
        outcomes = {it: client.signed("trade", "GET_OUTCOME", of=it, void=True)["outcome"] for it in told}
        wait_for(lambda: client.unsigned("GET_ACCOUNT")["status"] == "ok")
        executed = Counter(deal["comment"] for deal in terminal.deals())
        assert set(executed.values()) == {1}, "an order was executed twice"
        for order, replies in told.items():
            truth = executed[order_token("trade", order)]
            for reply in replies:
                assert reply["executed"] in ("unknown", "yes" if truth else "no"), (seed, truth, json.dumps(reply))
            possible = ("done", "sent", "unknown") if truth else ("refused", "voided", "sent", "unknown")
            assert outcomes[order] in possible, (seed, order, truth, outcomes[order])
            if truth:
                wait_for(lambda of=order: client.signed("trade", "GET_OUTCOME", of=of)["outcome"] == "done")
    assert len(executed) >= 5
