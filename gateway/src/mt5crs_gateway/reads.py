"""The terminal's lists and figures, as replies.

A list counts only if a second, independent call confirms its length, and if the account is the same before and after.
"""

import platform
from datetime import datetime, timezone
from typing import Any, Callable, Dict, List, Optional, Tuple

from .protocol import Refusal, parse_time
from .session import HEDGING, MARGIN_MODES, Session, rounded

Fields = Dict[str, Any]

_DAY = 86_400
#: An open end of a range: `now` misses hours, because the broker's clock is ahead.
OPEN_END_S = 2 * _DAY
#: Seconds by which a broker's clock may differ from UTC.
_MAX_OFFSET_S = 14 * 3600

ORDER_TYPES = {
    0: "BUY",
    1: "SELL",
    2: "BUY_LIMIT",
    3: "SELL_LIMIT",
    4: "BUY_STOP",
    5: "SELL_STOP",
    6: "BUY_STOP_LIMIT",
    7: "SELL_STOP_LIMIT",
    8: "CLOSE_BY",
}
ORDER_STATES = {
    0: "STARTED",
    1: "PLACED",
    2: "CANCELED",
    3: "PARTIAL",
    4: "FILLED",
    5: "REJECTED",
    6: "EXPIRED",
    7: "REQUEST_ADD",
    8: "REQUEST_MODIFY",
    9: "REQUEST_CANCEL",
}
DEAL_TYPES = {
    0: "BUY",
    1: "SELL",
    2: "BALANCE",
    3: "CREDIT",
    4: "CHARGE",
    5: "CORRECTION",
    6: "BONUS",
    7: "COMMISSION",
    8: "COMMISSION_DAILY",
    9: "COMMISSION_MONTHLY",
    10: "COMMISSION_AGENT_DAILY",
    11: "COMMISSION_AGENT_MONTHLY",
    12: "INTEREST",
    13: "BUY_CANCELED",
    14: "SELL_CANCELED",
    15: "DIVIDEND",
    16: "DIVIDEND_FRANKED",
    17: "TAX",
}
DEAL_ENTRIES = {0: "IN", 1: "OUT", 2: "INOUT", 3: "OUT_BY"}
FILLING_BITS = {1: "FOK", 2: "IOC", 4: "BOC"}
TRADE_MODES = {0: "DISABLED", 1: "LONGONLY", 2: "SHORTONLY", 3: "CLOSEONLY", 4: "FULL"}
EXECUTION_MODES = {0: "REQUEST", 1: "INSTANT", 2: "MARKET", 3: "EXCHANGE"}


def named(names: Dict[int, str], value: Any) -> str:
    """A constant's name, or its number where it is not known."""
    return names.get(int(value), str(int(value)))


def get_terminal(session: Session, request: Fields) -> Fields:
    terminal = session.connect()
    account = session.account()
    version = session.mt5.version()
    return {
        "connected": bool(terminal.connected),
        "trade_allowed": bool(terminal.trade_allowed),
        "tradeapi_disabled": bool(terminal.tradeapi_disabled),
        "build": terminal.build,
        "ping_last_us": terminal.ping_last,
        "company": terminal.company,
        "name": terminal.name,
        **whose(account),
        "trade_mode": account.trade_mode,
        "margin_mode": MARGIN_MODES.get(account.margin_mode),
        "leverage": account.leverage,
        "credit": rounded(account.credit, account.currency_digits),
        "account_trade_allowed": bool(account.trade_allowed),
        "account_trade_expert": bool(account.trade_expert),
        "currency": account.currency,
        "currency_digits": account.currency_digits,
        "python": platform.python_version(),
        "module": str(getattr(session.mt5, "__version__", None)),
        "terminal_version": list(version) if version is not None else None,
        "broker_utc_offset_s": session.broker_time.offset_s,
    }


def whose(account: Any) -> Fields:
    """Login and server of the account that answered."""
    return {"login": account.login, "server": account.server}


def get_account(session: Session, request: Fields) -> Fields:
    session.connect()
    account = session.account()
    digits = account.currency_digits
    return {
        "balance": rounded(account.balance, digits),
        "equity": rounded(account.equity, digits),
        "margin": rounded(account.margin, digits),
        "free_margin": rounded(account.margin_free, digits),
        "margin_level": _level(account),
        "currency": account.currency,
        **whose(account),
        "trade_mode": account.trade_mode,
        "leverage": account.leverage,
        "credit": rounded(account.credit, digits),
        "profit": rounded(account.profit, digits),
    }


def _level(account: Any) -> Any:
    return rounded(account.margin_level, 2) if account.margin != 0 else 0.0


def get_positions(session: Session, request: Fields) -> Fields:
    session.connect()
    account, positions = _positions(session)
    # The terminal counts the positions of all symbols, whatever is asked for.
    total = len(positions)
    wanted = request.get("symbol")
    if isinstance(wanted, str) and wanted:
        positions = [it for it in positions if it.symbol == wanted]
    rows = [_position_row(session, account, it) for it in positions]
    return {
        "positions": rows,
        "total": total,
        **whose(account),
        "broker_utc_offset_s": session.broker_time.offset_s,
    }


def _position_row(session: Session, account: Any, it: Any) -> Fields:
    quote, digits = session.digits(it.symbol), account.currency_digits
    return {
        "ticket": it.ticket,
        "symbol": it.symbol,
        "type": "BUY" if it.type == 0 else "SELL",
        "volume": it.volume,
        "open_price": _open_price(account, it, quote),
        "current_price": rounded(it.price_current, quote),
        "profit": rounded(it.profit, digits),
        "magic": it.magic,
        "comment": it.comment,
        "identifier": it.identifier,
        "time_open_msc": it.time_msc,
        "sl": rounded(it.sl, quote),
        "tp": rounded(it.tp, quote),
        "swap": rounded(it.swap, digits),
    }


def _open_price(account: Any, position: Any, digits: Optional[int]) -> Any:
    # On a netting account it is an average, which no quote equals.
    return rounded(position.price_open, digits if account.margin_mode == HEDGING else None)


def _positions(session: Session) -> Tuple[Any, List[Any]]:
    mt5 = session.mt5
    return _of_one_account(session, lambda: stable(session, mt5.positions_get, mt5.positions_total, "POSITIONS"))


def get_orders(session: Session, request: Fields) -> Fields:
    session.connect()
    mt5 = session.mt5
    account, orders = _of_one_account(session, lambda: stable(session, mt5.orders_get, mt5.orders_total, "ORDERS"))
    rows = []
    for it in orders:
        quote = session.digits(it.symbol)
        rows.append(
            {
                "ticket": it.ticket,
                "symbol": it.symbol,
                "type": named(ORDER_TYPES, it.type),
                "state": named(ORDER_STATES, it.state),
                "volume_initial": it.volume_initial,
                "volume_current": it.volume_current,
                "price_open": rounded(it.price_open, quote),
                "price_stoplimit": rounded(it.price_stoplimit, quote),
                "sl": rounded(it.sl, quote),
                "tp": rounded(it.tp, quote),
                "magic": it.magic,
                "comment": it.comment,
                "time_setup_msc": it.time_setup_msc,
                "time_expiration": it.time_expiration,
            }
        )
    return {
        "orders": rows,
        "total": len(orders),
        **whose(account),
        "broker_utc_offset_s": session.broker_time.offset_s,
    }


def get_deals(session: Session, request: Fields) -> Fields:
    session.connect()
    position = request.get("position")
    if position is not None:
        if not isinstance(position, int) or isinstance(position, bool) or not 0 < position < 2**63:
            raise Refusal("INVALID_FIELD", "position must be a positive whole number")
        account, deals = _of_one_account(session, lambda: _deals_of(session, position))
        span: Fields = {"total": None}
    else:
        first, last = _range(session, request)
        account, deals = _of_one_account(session, lambda: deals_between(session, first, last))
        span = {"total": len(deals), "from_msc": first * 1000, "to_msc": last * 1000}
    money = account.currency_digits
    rows = []
    for it in deals:
        quote = session.digits(it.symbol) if it.symbol else None
        rows.append(
            {
                "ticket": it.ticket,
                "order": it.order,
                "position_id": it.position_id,
                "time_msc": it.time_msc,
                "type": named(DEAL_TYPES, it.type),
                "entry": named(DEAL_ENTRIES, it.entry),
                "symbol": it.symbol,
                "volume": it.volume,
                "price": rounded(it.price, quote),
                "profit": rounded(it.profit, money),
                "commission": rounded(it.commission, money),
                "swap": rounded(it.swap, money),
                "fee": rounded(it.fee, money),
                "magic": it.magic,
                "comment": it.comment,
            }
        )
    return {"deals": rows, **span, **whose(account), "broker_utc_offset_s": session.broker_time.offset_s}


def _deals_of(session: Session, position: int) -> List[Any]:
    deals = session.mt5.history_deals_get(position=position)
    if deals is None:
        raise Refusal("DEALS_ERROR", f"the terminal does not list deals: {session.last_error()}")
    return [it for it in deals if it.position_id == position]


def deals_between(session: Session, first: int, last: int) -> List[Any]:
    """Deals from second to second of the broker's clock. Raises `DEALS_ERROR` and `LIST_UNSTABLE`."""
    mt5 = session.mt5
    dates = (broker_date(first), broker_date(last))
    return stable(
        session,
        lambda: mt5.history_deals_get(*dates),
        lambda: mt5.history_deals_total(*dates),
        "DEALS",
    )


def broker_date(seconds: int) -> datetime:
    """A moment of the broker's clock as the module wants it: as if that clock were UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc)


def _range(session: Session, request: Fields) -> Tuple[int, int]:
    """The range in seconds of the broker's clock. A text is UTC, a whole number the broker's ms, as in `time_msc`."""
    offset = session.broker_time.offset_s
    # Where the offset is unknown the range grows by what it may be, so that nothing asked for is missing.
    slack = 0 if offset is not None else _MAX_OFFSET_S
    latest = 2**32

    def bound(name: str, direction: int, default: float) -> int:
        value = request.get(name)
        if value is None:
            return int(default)
        if isinstance(value, int) and not isinstance(value, bool):
            second = value // 1000 + (1 if direction > 0 and value % 1000 else 0)
        else:
            moment = parse_time(value)
            if moment is None:
                raise Refusal("INVALID_FIELD", f"{name} must be an RFC 3339 time or the broker's milliseconds")
            whole = int(moment) + (1 if direction > 0 and moment % 1 else 0)
            second = whole + (offset or 0) + direction * slack
        return second

    if request.get("from") is None:
        raise Refusal("MISSING_FIELD", "GET_DEALS needs from or position")
    first = bound("from", -1, 0)
    last = bound("to", 1, session.now() + OPEN_END_S)
    # A date of 0 is undefined in the module.
    first, last = max(first, 1), min(last, latest)
    if first > last:
        raise Refusal("INVALID_FIELD", "from is after to")
    return first, last


def get_symbol(session: Session, request: Fields) -> Fields:
    session.connect()
    name = request.get("symbol")
    if not isinstance(name, str) or not name:
        raise Refusal("MISSING_SYMBOL", "symbol is missing")
    info = session.mt5.symbol_info(name)
    if info is None:
        raise missing_symbol(session, name)
    tick = session.tick(name)
    digits = info.digits
    return {
        "symbol": info.name,
        "digits": digits,
        "point": rounded(info.point, digits),
        "volume_min": info.volume_min,
        "volume_max": info.volume_max,
        "volume_step": info.volume_step,
        "filling_modes": [name for bit, name in FILLING_BITS.items() if info.filling_mode & bit],
        "trade_mode": info.trade_mode,
        "trade_mode_name": named(TRADE_MODES, info.trade_mode),
        "execution_mode": info.trade_exemode,
        "execution_mode_name": named(EXECUTION_MODES, info.trade_exemode),
        "stops_level": info.trade_stops_level,
        "contract_size": info.trade_contract_size,
        "visible": bool(info.visible),
        "bid": rounded(tick.bid, digits) if tick is not None else None,
        "ask": rounded(tick.ask, digits) if tick is not None else None,
        "tick_time_msc": tick.time_msc if tick is not None else None,
        "broker_utc_offset_s": session.broker_time.offset_s,
    }


def missing_symbol(session: Session, name: str) -> Refusal:
    """Tells a symbol that does not exist from a terminal that does not tell."""
    error = session.last_error()
    symbols = session.mt5.symbols_get()
    names = [it.name for it in symbols] if symbols is not None else None
    if names is None or name in names:
        return Refusal("SYMBOL_ERROR", f"the terminal does not tell {name}: {error}")
    return Refusal("SYMBOL_NOT_FOUND", f"the broker has no {name}", near=_near(name, names))


def _near(name: str, names: List[str]) -> List[str]:
    """Up to ten names: the same in other letters, then with something before or behind, then with its first half."""
    wanted = name.lower()
    stem = wanted[: max(3, len(wanted) // 2)]

    def rank(other: str) -> int:
        other = other.lower()
        tests = (other == wanted, wanted in other or other in wanted, other.startswith(stem))
        return tests.index(True) if any(tests) else len(tests)

    ranked = sorted((rank(it), len(it), it) for it in names if it)
    return [it for place, _, it in ranked if place < 3][:10]


def sync_all(session: Session, request: Fields) -> Fields:
    session.connect()
    account, positions = _positions(session)
    digits = account.currency_digits
    rows = []
    for it in positions:
        quote = session.digits(it.symbol)
        rows.append(
            {
                "symbol": it.symbol,
                "ticket": it.ticket,
                "volume": it.volume,
                "profit": rounded(it.profit, digits),
                "price_current": rounded(it.price_current, quote),
                "price_open": _open_price(account, it, quote),
                "type": "BUY" if it.type == 0 else "SELL",
                "time_open": it.time,
                "magic": it.magic,
            }
        )
    return {
        "account": {
            "balance": rounded(account.balance, digits),
            "equity": rounded(account.equity, digits),
            "margin_free": rounded(account.margin_free, digits),
            "margin_used": rounded(account.margin, digits),
            "margin_level": _level(account),
            "leverage": account.leverage,
            **whose(account),
        },
        "positions": rows,
        "message": "Sync successful",
    }


def stable(session: Session, get: Callable[[], Any], total: Callable[[], Any], what: str) -> List[Any]:
    """A list whose length a second call confirms, in at most two tries."""
    lengths = ""
    for _ in range(2):
        rows = get()
        if rows is None:
            raise Refusal(f"{what}_ERROR", f"the terminal does not list {what.lower()}: {session.last_error()}")
        count = total()
        if count is None:
            raise Refusal(f"{what}_ERROR", f"the terminal does not count {what.lower()}: {session.last_error()}")
        if len(rows) == count:
            return list(rows)
        lengths = f"{len(rows)} rows, {count} counted"
    raise Refusal("LIST_UNSTABLE", f"the list of {what.lower()} and its count differ: {lengths}")


def _of_one_account(session: Session, read: Callable[[], List[Any]]) -> Tuple[Any, List[Any]]:
    before = session.account()
    rows = read()
    after = session.account()
    if (before.login, before.server) != (after.login, after.server):
        raise Refusal("ACCOUNT_CHANGED", f"the account changed from {before.login} to {after.login} meanwhile")
    return after, rows


READS: Dict[str, Callable[[Session, Fields], Fields]] = {
    "GET_TERMINAL": get_terminal,
    "GET_ACCOUNT": get_account,
    "GET_POSITIONS": get_positions,
    "GET_ORDERS": get_orders,
    "GET_DEALS": get_deals,
    "GET_SYMBOL": get_symbol,
    "SYNC_ALL": sync_all,
}
