"""Time as an argument: the system's clocks, which tests replace."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks: the wall clock, which may step, and the monotonic one, which may not."""

    def now(self) -> float:
        """Seconds since 1970 in UTC, by the wall clock."""

    def monotonic(self) -> float:
        """Seconds since an unknown moment."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()
