"""What the gateway adds to a round trip: it and a bare pyzmq REP that returns the same bytes, side by side.

Loopback, the fake terminal, one REQ client. The two take turns, request by request, so the machine's mood hits both.
The difference holds the fake terminal's own time as well; `terminal` shows how long its calls took, measured in a
process that does nothing else. Usage: python bench/bench.py [ROUNDS]
"""

import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import zmq  # noqa: E402

from mt5crs_gateway.protocol import REQUEST_LABEL, iso, sign  # noqa: E402
from process import Process  # noqa: E402
from support import LOGIN, SECRETS, Terminal  # noqa: E402


def bare(port_pipe):
    """A REP that answers each request with the bytes that it was given for its action."""
    socket = zmq.Context().socket(zmq.REP)
    port_pipe.send(socket.bind_to_random_port("tcp://127.0.0.1"))
    replies = {}
    while True:
        request = json.loads(socket.recv())
        if request["action"] == "TEACH":
            replies[request["of"]] = request["reply"].encode()
            socket.send(b"{}")
        else:
            socket.send(replies[request["action"]])


def calls(folder, action):
    """The median time of the terminal's calls that one request makes, in ms."""
    terminal = Terminal.__new__(Terminal)
    terminal.folder = folder
    module = terminal.module()
    module.initialize("x")
    order = {"action": 1, "symbol": "EURUSD", "volume": 0.01, "type": 0, "price": 1.08512, "type_filling": 0}

    def account():
        module.terminal_info()
        module.account_info()

    def positions():
        account()
        module.positions_get()
        module.positions_total()
        module.account_info()

    def send():
        account()
        module.symbol_info("EURUSD")
        module.symbol_info_tick("EURUSD")
        module.order_check(order)
        module.account_info()
        result = module.order_send({**order, "comment": "x"})
        module.history_deals_get(position=result.order)
        return result.order

    def close():
        order["position"] = send()
        start = time.perf_counter()
        account()
        module.positions_get(ticket=order["position"])
        module.symbol_info("EURUSD")
        module.symbol_info_tick("EURUSD")
        module.order_check({**order, "type": 1})
        module.account_info()
        module.order_send({**order, "type": 1, "comment": "x"})
        module.positions_get(symbol="EURUSD")
        del order["position"]
        return start

    made = {"GET_ACCOUNT": account, "GET_POSITIONS": positions, "OPEN": send, "CLOSE": close}.get(action)
    if made is None:
        return None
    times = []
    for _ in range(100):
        start = time.perf_counter()
        result = made()
        end = time.perf_counter()
        # A close opens its position first, and says when it began.
        times.append(end - (result if action == "CLOSE" else start))
        if action == "OPEN":
            module.order_send({**order, "type": 1, "position": result})
    return statistics.median(times) * 1000


class Side:
    def __init__(self, context, port):
        self.socket = context.socket(zmq.REQ)
        self.socket.connect(f"tcp://127.0.0.1:{port}")
        self.times = []

    def ask(self, frame):
        start = time.perf_counter()
        self.socket.send(frame)
        reply = self.socket.recv()
        self.times.append((time.perf_counter() - start) * 1000)
        return reply


def figures(times):
    times = sorted(times)
    return statistics.median(times), times[min(len(times) - 1, len(times) * 99 // 100)]


def frame(action, journal, signed, **fields):
    request = {"uuid": str(uuid.uuid4()), "action": action, "timestamp": iso(time.time()), **fields}
    if action in ("OPEN", "CLOSE"):
        request.update(journal=journal, login=LOGIN)
    text = json.dumps(request).encode()
    return sign(REQUEST_LABEL, "trade", SECRETS["trade"], text) if signed else text


def measure(name, action, rounds, positions, signed=True):
    folder = Path(tempfile.mkdtemp(prefix="mt5crs-bench-"))
    terminal = Terminal(folder / "terminal")
    terminal.hold(positions)
    gateway = Process(terminal, folder / "gateway").start()
    ours, theirs = multiprocessing.Pipe()
    other = multiprocessing.Process(target=bare, args=(theirs,), daemon=True)
    other.start()
    context = zmq.Context()
    here, there = Side(context, gateway.port), Side(context, ours.recv())
    journal = json.loads(here.ask(frame("PING", None, False)))["gateway"]["journal"]
    # The first call starts the terminal.
    here.ask(frame("GET_ACCOUNT", None, False))
    opened = []

    def request():
        if action == "OPEN":
            return frame(action, journal, signed, symbol="EURUSD", type="BUY", volume=0.01)
        if action == "CLOSE":
            return frame(action, journal, signed, ticket=opened.pop())
        return frame(action, journal, signed)

    def prepare():
        """Opens what the next CLOSE closes; that is not measured."""
        if action == "CLOSE":
            open_frame = frame("OPEN", journal, signed, symbol="EURUSD", type="BUY", volume=0.01)
            opened.append(json.loads(here.ask(open_frame))["position"])
            here.times.pop()

    def tidy(reply):
        """Closes what an OPEN opened, so that the account stays as it was; that is not measured."""
        if action == "OPEN":
            position = json.loads(reply)["position"]
            here.ask(frame("CLOSE", journal, signed, ticket=position))
            here.times.pop()

    prepare()
    reply = here.ask(request())
    tidy(reply)
    there.ask(json.dumps({"action": "TEACH", "of": action, "reply": reply.decode()}).encode())
    here.times.clear()
    there.times.clear()
    for _ in range(rounds):
        prepare()
        sent = request()
        tidy(here.ask(sent))
        there.ask(sent)
    gateway.stop()
    other.kill()
    (median, p99), (bare_median, bare_p99) = figures(here.times), figures(there.times)
    own = calls(terminal.folder, action)
    print(
        f"{name:24} {median:8.3f} {p99:8.3f}   {bare_median:8.3f} {bare_p99:8.3f}   {median - bare_median:+8.3f}   "
        f"{'' if own is None else f'{own:.3f}':>8}   {len(reply):>7}",
        flush=True,
    )


def fsync():
    """The median and P99 of a forced write of one page here, in ms."""
    times = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(200):
            start = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    return figures(times)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    median, p99 = fsync()
    print(f"one forced write here: median {median:.3f} ms, P99 {p99:.3f} ms; load {os.getloadavg()[0]:.1f}")
    print("ms                        gateway      P99       bare      P99      adds   terminal     bytes")
    measure("PING", "PING", rounds, 0)
    measure("PING unsigned", "PING", rounds, 0, signed=False)
    measure("GET_ACCOUNT", "GET_ACCOUNT", rounds, 0)
    measure("GET_POSITIONS of 10", "GET_POSITIONS", rounds, 10)
    measure("GET_POSITIONS of 1,000", "GET_POSITIONS", max(rounds // 5, 50), 1000)
    measure("OPEN", "OPEN", max(rounds // 5, 50), 0)
    measure("CLOSE", "CLOSE", max(rounds // 5, 50), 0)


if __name__ == "__main__":
    main()
