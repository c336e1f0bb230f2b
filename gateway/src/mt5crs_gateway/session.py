"""The connection to one terminal and one account, and what every job needs of it.

The module's functions answer None when they fail; `last_error` then says why. Nothing here turns a None into a value.
"""

import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from .broker_time import BrokerTime
from .protocol import Refusal

MARGIN_MODES = {0: "netting", 1: "exchange", 2: "hedging"}
HEDGING = 2
_TICKS_WATCHED = 8


class Session:
    """One connection. `mt5` is the module `MetaTrader5`."""

    def __init__(
        self,
        mt5: Any,
        *,
        path: str,
        login: int,
        server: str,
        password: Optional[str],
        start_timeout_s: float,
        broker_time: BrokerTime,
        log: Callable[..., None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.mt5 = mt5
        self.login = login
        self.server = server
        self.broker_time = broker_time
        self.log = log
        self.now = now
        self._path = path
        self._password = password
        self._start_timeout_s = start_timeout_s
        self._digits: Dict[str, int] = {}
        self._watched: List[str] = []
        self._has_looked_for_symbols = False

    def connect(self) -> Any:
        """Makes sure that a terminal answers. Returns its `terminal_info`. Raises `MT5_NOT_CONNECTED`."""
        info = self.mt5.terminal_info()
        if info is not None:
            return info
        self.mt5.shutdown()
        self._digits.clear()
        self._has_looked_for_symbols = False
        options: Dict[str, Any] = {"timeout": int(self._start_timeout_s * 1000)}
        if self._password is not None:
            options.update(login=self.login, password=self._password, server=self.server)
        if not self.mt5.initialize(self._path, **options):
            raise Refusal("MT5_NOT_CONNECTED", f"the terminal does not answer: {self.last_error()}")
        info = self.mt5.terminal_info()
        if info is None:
            raise Refusal("MT5_NOT_CONNECTED", f"the terminal does not answer: {self.last_error()}")
        self.log("terminal_connected", path=self._path)
        return info

    def last_error(self) -> str:
        """The module's last error as text."""
        code, text = self.error()
        return f"{code} {text}".strip()

    def error(self) -> Tuple[int, str]:
        """The module's last error: its code and text."""
        error = self.mt5.last_error()
        if isinstance(error, tuple) and len(error) == 2:
            return int(error[0]), str(error[1])
        return -1, str(error)

    def account(self) -> Any:
        """`account_info`. Raises `ACCOUNT_ERROR`."""
        account = self.mt5.account_info()
        if account is None:
            raise Refusal("ACCOUNT_ERROR", f"the terminal does not tell the account: {self.last_error()}")
        return account

    def check_account(self) -> Any:
        """`account_info` of the configured account. Raises `ACCOUNT_MISMATCH`."""
        account = self.account()
        if (account.login, account.server) != (self.login, self.server):
            raise Refusal(
                "ACCOUNT_MISMATCH",
                f"the terminal is on account {account.login} at {account.server}, not on {self.login} at {self.server}",
            )
        return account

    def digits(self, symbol: str) -> Optional[int]:
        """Decimals of a symbol's prices, None where the terminal doesn't tell."""
        if symbol not in self._digits:
            info = self.mt5.symbol_info(symbol)
            if info is None:
                return None
            self._digits[symbol] = int(info.digits)
        return self._digits[symbol]

    def tick(self, symbol: str) -> Any:
        """`symbol_info_tick`, None where there is none; teaches the broker's time."""
        tick = self.mt5.symbol_info_tick(symbol)
        if tick is not None and self.broker_time.observe(symbol, int(tick.time_msc), self.now()):
            self.log("broker_utc_offset", seconds=self.broker_time.offset_s)
        if symbol not in self._watched:
            self._watched = [symbol, *self._watched][:_TICKS_WATCHED]
        return tick

    def watch_ticks(self) -> None:
        """Looks at ticks, to learn the broker's time."""
        if not self._watched and not self._has_looked_for_symbols:
            # A broker may have thousands: once for each connection.
            self._has_looked_for_symbols = True
            symbols = self.mt5.symbols_get() or ()
            self._watched = [it.name for it in symbols if it.visible][:_TICKS_WATCHED]
        for symbol in list(self._watched):
            self.tick(symbol)


def rounded(value: Any, digits: Optional[int]) -> Any:
    """The number with so many decimals, never -0.0; unrounded where they are unknown. NaN stays NaN."""
    return (value if digits is None else round(value, digits)) + 0.0
