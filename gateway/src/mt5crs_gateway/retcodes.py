"""MetaTrader 5's trade return codes: their names, and whether an order that met one executed.

Only a code that excludes execution says "no". 10008 (placed), the codes of a server or connection that failed, and any
code that is not listed here leave "unknown"; a later look at orders and deals decides.
"""

from typing import Dict

REQUOTE = 10004
PLACED = 10008
DONE = 10009
DONE_PARTIAL = 10010
CLIENT_DISABLES_AT = 10027
INVALID_FILL = 10030

NAMES: Dict[int, str] = {
    10004: "REQUOTE",
    10006: "REJECT",
    10007: "CANCEL",
    10008: "PLACED",
    10009: "DONE",
    10010: "DONE_PARTIAL",
    10011: "ERROR",
    10012: "TIMEOUT",
    10013: "INVALID",
    10014: "INVALID_VOLUME",
    10015: "INVALID_PRICE",
    10016: "INVALID_STOPS",
    10017: "TRADE_DISABLED",
    10018: "MARKET_CLOSED",
    10019: "NO_MONEY",
    10020: "PRICE_CHANGED",
    10021: "PRICE_OFF",
    10022: "INVALID_EXPIRATION",
    10023: "ORDER_CHANGED",
    10024: "TOO_MANY_REQUESTS",
    10025: "NO_CHANGES",
    10026: "SERVER_DISABLES_AT",
    10027: "CLIENT_DISABLES_AT",
    10028: "LOCKED",
    10029: "FROZEN",
    10030: "INVALID_FILL",
    10031: "CONNECTION",
    10032: "ONLY_REAL",
    10033: "LIMIT_ORDERS",
    10034: "LIMIT_VOLUME",
    10035: "INVALID_ORDER",
    10036: "POSITION_CLOSED",
    10038: "INVALID_CLOSE_VOLUME",
    10039: "CLOSE_ORDER_EXIST",
    10040: "LIMIT_POSITIONS",
    10041: "REJECT_CANCEL",
    10042: "LONG_ONLY",
    10043: "SHORT_ONLY",
    10044: "CLOSE_ONLY",
    10045: "FIFO_CLOSE",
    10046: "HEDGE_PROHIBITED",
}

_UNKNOWN = frozenset({10008, 10011, 10012, 10023, 10028, 10031, 10036, 10039})


def name_of(code: int) -> str:
    """The code's name without its prefix; the number where it is not listed."""
    return NAMES.get(code, str(code))


def executed(code: int) -> str:
    """`yes`, `no` or `unknown`."""
    if code in (DONE, DONE_PARTIAL):
        return "yes"
    return "no" if code in NAMES and code not in _UNKNOWN else "unknown"
