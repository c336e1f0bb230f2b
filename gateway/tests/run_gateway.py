"""The gateway as a process, with points at which tests kill it: `MT5CRS_TEST_KILL=MODULE.FUNCTION:before|after[:N]`.

The process of the terminal imports this file as well, so the points work in both.
"""

import os
import signal
import sys

from mt5crs_gateway import cli, front, journal, orders, records

PLACES = {
    "journal.add": (journal.Journal, "add"),
    "journal.finish": (journal.Journal, "finish"),
    "front.permit": (front.Front, "_permit"),
    "front.decide": (front.Front, "decide"),
    "front.finish": (front.Front, "_finish_order"),
    "front.record": (records.Records, "finish"),
    "orders.send": (orders, "_ask_and_send"),
    "orders.answered": (orders, "_answered"),
}


def plant(point):
    place, moment, *number = point.split(":")
    holder, name = PLACES[place]
    original = getattr(holder, name)
    calls = []
    last = int(number[0]) if number else 1

    def killing(*args, **kwargs):
        calls.append(1)
        dies = len(calls) == last
        if dies and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(holder, name, killing)


if os.environ.get("MT5CRS_TEST_KILL"):
    plant(os.environ["MT5CRS_TEST_KILL"])

if __name__ == "__main__":
    sys.exit(cli.main())
