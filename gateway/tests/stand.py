"""A gateway on a fake terminal, for tests in other languages.

    python tests/stand.py FOLDER [--signing all] [--positions 3] [--pending 1] [--limits 'max_lots = 10']

It makes FOLDER, starts the gateway and prints one line of JSON: `pid`, `port`, `keys` (the folder of `read.read`,
`trade.trade` and `admin.admin`), `ledger` (what reached the broker), `faults` (what goes wrong; see the fake terminal),
and `kill_switch`. A line `restart` on its standard input starts the gateway again at the same port, whether it still
runs or was killed, and prints the line again. The end of the input ends it.
"""

import argparse
import json
import signal
import sys

from process import Process
from support import Terminal, pending, position


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--signing", default="off")
    parser.add_argument("--positions", type=int, default=0)
    parser.add_argument("--pending", type=int, default=0)
    parser.add_argument("--limits", default="max_lots = 10")
    parser.add_argument("--min-lots", type=float, default=0.01, help="smallest volume and step of each symbol")
    options = parser.parse_args()
    terminal = Terminal(f"{options.folder}/terminal")
    for symbol in terminal.world["symbols"].values():
        symbol.update(volume_min=options.min_lots, volume_step=options.min_lots)
    terminal.world["positions"] = [position(it) for it in range(1, options.positions + 1)]
    terminal.save()
    for ticket in range(options.positions + 1, options.positions + options.pending + 1):
        terminal.happens(event="order", **pending(ticket))
    gateway = Process(terminal, f"{options.folder}/gateway", limits=options.limits, signing=options.signing)
    try:
        run(gateway, terminal)
    finally:
        gateway.stop(signal.SIGKILL)


def run(gateway, terminal):
    while True:
        gateway.start()
        about = {
            "pid": gateway.process.pid,
            "port": gateway.port,
            "keys": str(gateway.folder / "keys"),
            "ledger": str(terminal.folder / "ledger.jsonl"),
            "faults": str(terminal.folder / "faults.json"),
            "kill_switch": str(gateway.folder / "state" / "kill_switch.lock"),
        }
        print(json.dumps(about), flush=True)
        for line in sys.stdin:
            if line.strip() == "restart":
                break
        else:
            return
        gateway.stop(signal.SIGKILL)
        text = gateway.config.read_text()
        gateway.config.write_text(text.replace("port = 0\n", f"port = {gateway.port}\n"))


if __name__ == "__main__":
    main()
