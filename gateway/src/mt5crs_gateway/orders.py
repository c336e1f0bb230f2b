"""OPEN, CLOSE and CANCEL at the terminal.

The steps: checks that send nothing, the choice of a filling mode by `order_check`, the front's permission, then
`order_send`. A `Refusal` leaves here only before `order_send`, or after one whose return code excludes execution.
"""

from decimal import Decimal
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import lookups, retcodes
from .protocol import Refusal
from .reads import DEAL_TYPES, Fields, broker_date, deals_between, missing_symbol
from .session import HEDGING, Session, rounded

_ACTION_DEAL = 1
_ACTION_REMOVE = 8
_BUY, _SELL = 0, 1
_FOK, _IOC, _RETURN = 0, 1, 2
_EXECUTION_REQUEST, _EXECUTION_INSTANT, _EXECUTION_MARKET = 0, 1, 2
_TIME_GTC = 0
#: `last_error` of arguments that the module itself refused: nothing left this machine.
_INVALID_PARAMS = -2
_DAY = 86_400

#: Asks the front whether this order may be sent now: login and server of the terminal, and the number of the attempt.
Ask = Callable[[Any, str, int], None]


def blank(**fields: Any) -> Fields:
    """An order's result of which nothing is known but these fields."""
    result: Fields = {
        "executed": "unknown",
        "retcode": None,
        "retcode_name": None,
        "order": None,
        "deal": None,
        "position": None,
        "volume": None,
        "price": None,
        "bid": None,
        "ask": None,
        "remaining_volume": None,
        "broker_comment": None,
        "deviation_enforced": None,
    }
    result.update(fields)
    return result


def open_order(session: Session, job: Fields, ask: Ask) -> Fields:
    """Sends one market order."""
    request, limits = job["request"], job["limits"]
    symbol, volume = request["symbol"], float(request["volume"])
    terminal = session.connect()
    account = session.check_account()
    for flag in flags_off(terminal, account):
        raise Refusal(*flag)
    info = session.mt5.symbol_info(symbol)
    if info is None:
        raise missing_symbol(session, symbol)
    side = _BUY if request["type"] == "BUY" else _SELL
    _check_symbol(info, side)
    _check_volume(info, volume)
    prices = {name: _exact_price(info, name, request.get(name, 0.0)) for name in ("price", "sl", "tp")}
    _check_limits(session, account, limits)
    tick = session.tick(symbol)
    quote = 0.0 if tick is None else float(tick.ask if side == _BUY else tick.bid)
    if quote <= 0:
        raise Refusal("NO_PRICE", f"the terminal has no price of {symbol}")
    order = {
        "action": _ACTION_DEAL,
        "symbol": symbol,
        "volume": volume,
        "type": side,
        "price": prices["price"] or quote,
        "sl": prices["sl"],
        "tp": prices["tp"],
        "deviation": int(request.get("deviation_points", 20)),
        "magic": int(request.get("magic", 0)),
        "comment": job["token"],
        "type_time": _TIME_GTC,
    }
    reply = _send(session, job, order, info, ask)
    if reply["executed"] == "yes" and reply["order"]:
        _find_opened(session, account, reply, volume, symbol)
    return reply


def close_position(session: Session, job: Fields, ask: Ask) -> Fields:
    """Closes a position, whole or in part."""
    request = job["request"]
    ticket = int(request["ticket"])
    terminal = session.connect()
    account = session.check_account()
    position = _position(session, ticket)
    part = request.get("close_volume")
    info = session.mt5.symbol_info(position.symbol)
    volume = float(position.volume)
    if part is not None:
        if info is None:
            raise missing_symbol(session, position.symbol)
        if Decimal(repr(float(part))) > Decimal(repr(volume)):
            raise Refusal("VOLUME_MAX", f"close_volume {part} is above the position's {volume}")
        _check_volume(info, float(part))
        volume = float(part)
    side = _SELL if position.type == _BUY else _BUY
    tick = session.tick(position.symbol)
    price = float(position.price_current) if tick is None else float(tick.bid if side == _SELL else tick.ask)
    order = {
        "action": _ACTION_DEAL,
        "symbol": position.symbol,
        "volume": volume,
        "type": side,
        "position": ticket,
        "price": price,
        "deviation": int(request.get("deviation_points", 20)),
        "magic": int(position.magic),
        "comment": job["token"],
        "type_time": _TIME_GTC,
    }
    reply = _send(session, job, order, info, ask)
    reply["position"] = ticket
    reply["remaining_volume"] = _remaining(session, position)
    reply["symbol"] = position.symbol
    _report_flags(reply, flags_off(terminal, account))
    return reply


def cancel_order(session: Session, job: Fields, ask: Ask) -> Fields:
    """Removes a pending order."""
    ticket = int(job["request"]["ticket"])
    terminal = session.connect()
    account = session.check_account()
    found = session.mt5.orders_get(ticket=ticket)
    if found is None:
        raise Refusal("ORDERS_ERROR", f"the terminal does not list orders: {session.last_error()}")
    found = [it for it in found if it.ticket == ticket]
    if not found:
        raise Refusal("ORDER_NOT_FOUND", f"no pending order has the ticket {ticket}")
    order = {"action": _ACTION_REMOVE, "order": ticket}
    reply = _ask_and_send(session, job, order, ask, 0)
    reply["order"] = ticket
    reply["symbol"] = found[0].symbol
    if reply["executed"] == "yes":
        reply["remaining_volume"] = 0.0
    _report_flags(reply, flags_off(terminal, account))
    return reply


ORDERS: Dict[str, Callable[[Session, Fields, Ask], Fields]] = {
    "OPEN": open_order,
    "CLOSE": close_position,
    "CANCEL": cancel_order,
}


def flags_off(terminal: Any, account: Any) -> List[Tuple[str, str]]:
    """Each switch of terminal and account that forbids trading, as a code and a text."""
    flags = (
        (terminal.connected, "TERMINAL_OFFLINE", "the terminal is not connected to its broker"),
        (terminal.trade_allowed, "AUTOTRADING_OFF", "AutoTrading is off in the terminal"),
        (not terminal.tradeapi_disabled, "TRADE_API_OFF", "the terminal forbids trading through its Python module"),
        (account.trade_allowed, "ACCOUNT_TRADE_OFF", "the broker forbids trading on this account"),
        (account.trade_expert, "ACCOUNT_EXPERT_OFF", "the broker forbids automatic trading on this account"),
    )
    return [(code, text) for is_on, code, text in flags if not is_on]


def _report_flags(reply: Fields, flags: List[Tuple[str, str]]) -> None:
    if flags:
        reply["terminal_flags"] = [code for code, _ in flags]
        if reply["executed"] != "yes":
            texts = "; ".join(text for _, text in flags)
            reply["error_msg"] = f"{texts}: closing is impossible too. {reply.get('error_msg', '')}".strip()


def _check_symbol(info: Any, side: int) -> None:
    if not info.visible:
        raise Refusal("SYMBOL_NOT_VISIBLE", f"{info.name} is not shown in the terminal's Market Watch")
    allowed = {0: (), 1: (_BUY,), 2: (_SELL,), 3: (), 4: (_BUY, _SELL)}.get(int(info.trade_mode), ())
    if side not in allowed:
        names = {0: "no trading", 1: "buying alone", 2: "selling alone", 3: "closing alone"}
        mode = names.get(int(info.trade_mode), f"trade mode {info.trade_mode}")
        raise Refusal("SYMBOL_TRADE_MODE", f"the broker allows {mode} of {info.name}")


def _check_volume(info: Any, volume: float) -> None:
    """Refuses a volume that the symbol's steps would change."""
    lots = Decimal(repr(volume))
    low, high, step = (Decimal(repr(float(it))) for it in (info.volume_min, info.volume_max, info.volume_step))
    if lots < low:
        raise Refusal("VOLUME_MIN", f"{volume} lots are below the smallest {info.volume_min} of {info.name}")
    if high > 0 and lots > high:
        raise Refusal("VOLUME_MAX", f"{volume} lots are above the largest {info.volume_max} of {info.name}")
    if step > 0 and lots % step != 0:
        raise Refusal("VOLUME_STEP", f"{volume} lots are not in steps of {info.volume_step} of {info.name}")


def _exact_price(info: Any, name: str, value: Any) -> float:
    """The price in the symbol's digits. Noise of binary fractions is dropped; a digit more is refused."""
    price = float(value)
    exact = round(price, int(info.digits))
    if abs(exact - price) > 1e-9 * max(1.0, abs(price)):
        raise Refusal("PRICE_DIGITS", f"{name} {value} has more than the {info.digits} digits of {info.name}")
    return exact


def _check_limits(session: Session, account: Any, limits: Fields) -> None:
    most = limits.get("max_positions")
    if most is not None:
        counts = (session.mt5.positions_total(), session.mt5.orders_total())
        if None in counts:
            raise Refusal("POSITIONS_ERROR", f"the terminal does not count positions: {session.last_error()}")
        if sum(counts) >= most:
            raise Refusal("LIMIT_POSITIONS", f"{counts[0]} positions and {counts[1]} orders are at the limit of {most}")
    check_daily_loss(session, account, limits.get("max_daily_loss"))


def check_daily_loss(session: Session, account: Any, most: Optional[float]) -> None:
    """Raises `LIMIT_DAILY_LOSS` past the limit, and `BROKER_TIME_UNKNOWN` where the broker's midnight is not known."""
    if most is None:
        return
    loss = daily_loss(session, account)
    if loss >= most:
        text = f"{loss:.2f} {account.currency} were lost since the broker's midnight; the limit is {most}"
        raise Refusal("LIMIT_DAILY_LOSS", text, engage=text)


def daily_loss(session: Session, account: Any) -> float:
    """Loss since the broker's midnight in the account's currency, negative for a gain.

    equity - (balance - today's deals) - today's deposits, with another sign. Credit is part of equity and never of the
    balance, so it is taken out of both.
    """
    offset = session.broker_time.offset_s
    if offset is None:
        raise Refusal(
            "BROKER_TIME_UNKNOWN", "max_daily_loss needs the broker's midnight, and its clock is not known yet"
        )
    now = int(session.now()) + offset
    deals = deals_between(session, now - now % _DAY, now + 2 * _DAY)
    moved = deposits = 0.0
    for it in deals:
        kind = DEAL_TYPES.get(int(it.type))
        if kind == "CREDIT":
            continue
        amount = it.profit + it.commission + it.swap + it.fee
        moved += amount
        if kind in ("BALANCE", "BONUS", "CORRECTION"):
            deposits += amount
    equity = account.equity - account.credit
    return -float(equity - (account.balance - moved) - deposits)


def _position(session: Session, ticket: int) -> Any:
    found = session.mt5.positions_get(ticket=ticket)
    if found is None:
        raise Refusal("POSITIONS_ERROR", f"the terminal does not list positions: {session.last_error()}")
    for it in found:
        if it.ticket == ticket:
            return it
    others = session.mt5.positions_get() or ()
    moved = [it.ticket for it in others if it.identifier == ticket]
    hint = f"; it goes on as {moved[0]}" if moved else ""
    raise Refusal("POSITION_NOT_FOUND", f"Position {ticket} not found{hint}")


def _filling_modes(info: Any) -> List[int]:
    """Modes to try, in order. `filling_mode` is a bit mask of its own, not the order's numbers."""
    if info is None:
        return [_FOK, _IOC, _RETURN]
    mask = int(info.filling_mode)
    modes = [mode for bit, mode in ((1, _FOK), (2, _IOC)) if mask & bit]
    if int(info.trade_exemode) != _EXECUTION_MARKET:
        modes.append(_RETURN)
    return modes or [_FOK, _IOC]


def _send(session: Session, job: Fields, order: Fields, info: Any, ask: Ask) -> Fields:
    """Sends in the first filling mode that the terminal and the broker take."""
    modes = _filling_modes(info)
    fails_open = job["action"] == "CLOSE"
    refusal: Optional[Refusal] = None
    reply: Optional[Fields] = None
    attempt = 0
    for mode in modes:
        order["type_filling"] = mode
        refused = _check(session, order)
        if refused is not None:
            refusal = refusal if refusal is not None and refused[0] == retcodes.INVALID_FILL else refused[1]
            if refused[0] == retcodes.INVALID_FILL or fails_open:
                continue
            raise refused[1]
        reply = _ask_and_send(session, job, order, ask, attempt)
        attempt += 1
        if reply["retcode"] != retcodes.INVALID_FILL:
            break
    if reply is None:
        assert refusal is not None
        if not fails_open:
            raise refusal
        # order_check promises nothing, so it can't forbid to close.
        order["type_filling"] = modes[0]
        reply = _ask_and_send(session, job, order, ask, attempt)
    if info is not None:
        reply["deviation_enforced"] = int(info.trade_exemode) in (_EXECUTION_REQUEST, _EXECUTION_INSTANT)
    return reply


def _check(session: Session, order: Fields) -> Optional[Tuple[int, Refusal]]:
    """None if `order_check` takes the order; else its return code (0 for none) and the refusal."""
    result = session.mt5.order_check(order)
    if result is None:
        return 0, Refusal("ORDER_CHECK_ERROR", f"the terminal does not check the order: {session.last_error()}")
    code = int(result.retcode)
    if code == 0:
        return None
    name = retcodes.name_of(code)
    text = f"the terminal refuses the order: {code} {name} {result.comment}".strip()
    return code, Refusal("ORDER_CHECK_FAILED", text, retcode=code, retcode_name=name)


def _ask_and_send(session: Session, job: Fields, order: Fields, ask: Ask, attempt: int) -> Fields:
    account = session.account()
    # An error that an earlier call left must not be taken for this order's.
    before, _ = session.error()
    digits = session.digits(order["symbol"]) if "symbol" in order else None
    ask(account.login, account.server, attempt)
    # From here to the end of order_send nothing may fail with a refusal.
    try:
        result = session.mt5.order_send(order)
    except Exception as error:
        return _lost(session, job, f"order_send failed: {type(error).__name__}: {error}")
    if result is None:
        code, text = session.error()
        if code == _INVALID_PARAMS and before != _INVALID_PARAMS:
            raise Refusal("ORDER_INVALID", f"the module refuses the order: {code} {text}")
        return _lost(session, job, f"order_send answered nothing: {code} {text}")
    return _of_one_account(session, account, _answered(session, job, order, result, digits))


def _of_one_account(session: Session, before: Any, reply: Fields) -> Fields:
    """Calls the outcome unknown where the terminal moved to another account while the order was sent."""
    try:
        after = session.mt5.account_info()
    except Exception:
        after = None
    if after is None or (after.login, after.server) == (before.login, before.server) or reply["executed"] == "no":
        return reply
    text = f"the terminal moved to account {after.login} at {after.server} while the order was sent"
    return {**reply, "executed": "unknown", "status": "UNKNOWN", "error_code": "ACCOUNT_CHANGED", "error_msg": text}


def _answered(session: Session, job: Fields, order: Fields, result: Any, digits: Optional[int]) -> Fields:
    code = int(result.retcode)
    executed = retcodes.executed(code)
    reply = blank(
        executed=executed,
        retcode=code,
        retcode_name=retcodes.name_of(code),
        order=int(result.order) or None,
        deal=int(result.deal) or None,
        volume=float(result.volume),
        price=rounded(result.price, digits),
        bid=rounded(result.bid, digits),
        ask=rounded(result.ask, digits),
        broker_comment=str(result.comment),
    )
    if executed == "yes":
        wanted = order.get("volume")
        is_part = wanted is not None and 0 < result.volume < wanted
        reply["status"] = "PARTIAL" if code == retcodes.DONE_PARTIAL or is_part else "FILLED"
        return reply
    reply["error_msg"] = f"{code} {reply['retcode_name']} {result.comment}".strip()
    if executed == "no":
        reply["status"] = "REJECTED"
        return reply
    reply["status"] = "PLACED" if code == retcodes.PLACED else "UNKNOWN"
    return _looked_up(session, job, reply)


def _lost(session: Session, job: Fields, why: str) -> Fields:
    return _looked_up(session, job, blank(status="UNKNOWN", error_msg=why))


def _looked_up(session: Session, job: Fields, reply: Fields) -> Fields:
    """Adds what orders and deals already show of an order that nobody knows the end of."""
    try:
        found = lookups.look_up(session, job["action"], job["request"], job["token"], job["wall"])
    except Exception as error:
        session.log("lookup_failed", job=job["job"], error=str(error))
        return reply
    if found is not None:
        reply.update(found)
    return reply


def _find_opened(session: Session, account: Any, reply: Fields, wanted: float, symbol: str) -> None:
    """Adds position, unfilled volume and the deal's price, where they show already. The order's result stays."""
    order = reply["order"]
    try:
        position = order
        if account.margin_mode != HEDGING:
            found = session.mt5.positions_get(symbol=symbol) or ()
            position = next((it.identifier for it in found if it.symbol == symbol), order)
        deals = session.mt5.history_deals_get(position=position) or ()
        deals = [it for it in deals if it.order == order and it.position_id == position]
    except Exception as error:
        session.log("position_not_found", order=order, error=str(error))
        return
    if deals:
        filled = sum((Decimal(repr(float(it.volume))) for it in deals), Decimal(0))
        reply["position"] = position
        reply["remaining_volume"] = float(max(Decimal(repr(wanted)) - filled, Decimal(0)))
        if not reply["price"]:
            reply["price"] = rounded(deals[0].price, session.digits(symbol))


def _remaining(session: Session, position: Any) -> Optional[float]:
    """Volume that is still open of a position, None where the terminal doesn't tell."""
    try:
        found = session.mt5.positions_get(symbol=position.symbol)
    except Exception:
        return None
    if found is None:
        return None
    same = [it for it in found if it.ticket == position.ticket or it.identifier == position.identifier]
    return float(sum((Decimal(repr(float(it.volume))) for it in same), Decimal(0)))


__all__ = ["ORDERS", "blank", "broker_date", "check_daily_loss"]
