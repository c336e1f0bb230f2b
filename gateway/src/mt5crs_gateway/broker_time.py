"""How far the broker's wall clock is from UTC.

The terminal writes every time as if the broker's wall clock were UTC. One tick against this machine's clock tells
nothing: the tick may be days old. A tick whose time grew between two looks arrived between them, so its time is the
broker's clock at that moment, within the time between the looks.
"""

from typing import Dict, Optional, Tuple

#: Seconds between two looks, above which a new tick is too uncertain.
MAX_GAP_S = 60.0
#: Seconds that a difference may be away from a half hour; beyond, one of the clocks is wrong.
MAX_ERROR_S = 120.0
_HALF_HOUR = 1800


class BrokerTime:
    """Learns the offset. A change needs two ticks in a row that agree."""

    def __init__(self, offset_s: Optional[int]) -> None:
        #: Seconds to add to UTC; None is unknown.
        self.offset_s = offset_s
        self._seen: Dict[str, Tuple[int, float]] = {}
        self._candidate: Optional[int] = None

    def observe(self, symbol: str, time_msc: int, now: float) -> bool:
        """Looks at a symbol's last tick (broker's ms) at this UTC time. Returns whether the offset changed."""
        before = self._seen.get(symbol)
        self._seen[symbol] = (time_msc, now)
        if before is None or time_msc <= before[0] or not 0 <= now - before[1] <= MAX_GAP_S:
            return False
        difference = time_msc / 1000 - now
        offset = round(difference / _HALF_HOUR) * _HALF_HOUR
        if abs(difference - offset) > MAX_ERROR_S or abs(offset) > 14 * 3600:
            self._candidate = None
            return False
        if offset == self.offset_s:
            self._candidate = None
            return False
        if offset != self._candidate:
            self._candidate = offset
            return False
        self.offset_s, self._candidate = offset, None
        return True
