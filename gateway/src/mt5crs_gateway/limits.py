"""The gateway's own limits on OPEN. They bind every client, and CLOSE and CANCEL never."""

from collections import deque
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Deque, Dict, Optional, Tuple

from .protocol import Refusal


@dataclass(frozen=True)
class Limits:
    """What the configuration sets; None is no limit."""

    #: Lots of one order.
    max_lots: float
    #: Open positions and pending orders of the account, before the order.
    max_positions: Optional[int] = None
    #: OPENs sent within any 60 s.
    orders_per_minute: Optional[int] = None
    #: Symbols that may be opened.
    symbols: Optional[Tuple[str, ...]] = None
    #: Loss since the broker's midnight in the account's currency.
    max_daily_loss: Optional[float] = None

    def shown(self) -> Dict[str, Any]:
        """As PING shows them: those that are set."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def check_order(self, symbol: str, volume: float) -> None:
        """What the order alone shows. Raises `LIMIT_SYMBOLS` and `LIMIT_LOTS`."""
        if self.symbols is not None and symbol not in self.symbols:
            raise Refusal("LIMIT_SYMBOLS", f"{symbol} is not among this gateway's symbols")
        if Decimal(repr(volume)) > Decimal(repr(self.max_lots)):
            raise Refusal("LIMIT_LOTS", f"{volume} lots are above this gateway's limit of {self.max_lots}")


class OrderRate:
    """Counts OPENs within 60 s, by the monotonic clock."""

    def __init__(self, limit: Optional[int]) -> None:
        self._limit = limit
        self._sent: Deque[float] = deque()

    def note(self, at: float) -> None:
        """Counts one OPEN at this monotonic time."""
        if self._limit is not None:
            self._sent.append(at)

    def check(self, now: float) -> None:
        """Raises `LIMIT_RATE` if one more is too many."""
        while self._sent and self._sent[0] <= now - 60:
            self._sent.popleft()
        if self._limit is not None and len(self._sent) >= self._limit:
            raise Refusal("LIMIT_RATE", f"{self._limit} orders were opened within the last minute")
