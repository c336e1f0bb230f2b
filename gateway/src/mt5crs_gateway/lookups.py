"""What became of an order that was sent and not answered: what orders, history and deals show.

A look can prove that an order executed, or that the broker ended it without executing. It never takes absence for
proof: history lags behind the book, and brokers cut or replace comments.
"""

from decimal import Decimal
from typing import Any, List, Optional

from .protocol import Refusal
from .reads import OPEN_END_S, Fields, broker_date
from .session import Session, rounded

_HOUR = 3600
_DAY = 86_400
#: Characters of a token that must be left of a comment that the broker cut.
_LEAST_TOKEN = 12
_CANCELED, _PARTIAL, _FILLED, _REJECTED, _EXPIRED = 2, 3, 4, 5, 6
_ENDED = (_CANCELED, _REJECTED, _EXPIRED)
_OUT = (1, 2, 3)
_REASON_EXPERT = 3


def look_up(session: Session, action: str, request: Fields, token: str, sent_at: float) -> Optional[Fields]:
    """What shows of an order, as fields of its reply; None while nothing does. Raises `LOOKUP_ERROR`."""
    if action == "OPEN":
        return _opened(session, request, token, sent_at)
    if action == "CLOSE":
        return _closed(session, request, token, sent_at)
    return _cancelled(session, int(request["ticket"]))


def _list(session: Session, rows: Any) -> List[Any]:
    if rows is None:
        raise Refusal("LOOKUP_ERROR", f"the terminal does not tell: {session.last_error()}", executed="unknown")
    return list(rows)


def bears(token: str, comment: str) -> bool:
    """Whether a comment is this token, or the beginning of it that a broker left."""
    return comment == token or (len(comment) >= _LEAST_TOKEN and token.startswith(comment))


def _dates(session: Session, sent_at: float) -> Any:
    offset = session.broker_time.offset_s
    first = int(sent_at) + (offset - _HOUR if offset is not None else -_DAY)
    # The end is far ahead, since the order may have executed long after it was sent.
    last = int(max(session.now(), sent_at)) + OPEN_END_S
    return broker_date(max(first, 1)), broker_date(last)


def _opened(session: Session, request: Fields, token: str, sent_at: float) -> Optional[Fields]:
    mt5 = session.mt5
    dates = _dates(session, sent_at)
    live = [it for it in _list(session, mt5.orders_get()) if bears(token, it.comment)]
    ended = [it for it in _list(session, mt5.history_orders_get(*dates)) if bears(token, it.comment)]
    orders = {it.ticket for it in live + ended}
    deals = [
        it for it in _list(session, mt5.history_deals_get(*dates)) if it.order in orders or bears(token, it.comment)
    ]
    if deals:
        volume = sum((Decimal(repr(float(it.volume))) for it in deals), Decimal(0))
        wanted = Decimal(repr(float(request["volume"])))
        return {
            "executed": "yes",
            "status": "FILLED" if volume >= wanted else "PARTIAL",
            "order": deals[0].order,
            "deal": deals[0].ticket,
            "position": deals[0].position_id,
            "volume": float(volume),
            "price": rounded(deals[0].price, session.digits(deals[0].symbol)),
            "remaining_volume": float(max(wanted - volume, Decimal(0))),
        }
    positions = [it for it in _list(session, mt5.positions_get()) if bears(token, it.comment)]
    if positions:
        it = positions[0]
        whole = float(it.volume) >= float(request["volume"])
        return {
            "executed": "yes",
            "status": "FILLED" if whole else "PARTIAL",
            "order": next(iter(orders), None),
            "position": it.identifier,
            "volume": it.volume,
            "price": rounded(it.price_open, session.digits(it.symbol)),
        }
    if live:
        return {"executed": "unknown", "status": "PLACED", "order": live[0].ticket}
    if ended and all(it.state in _ENDED and it.volume_current == it.volume_initial for it in ended):
        text = f"order {ended[0].ticket} ended without execution"
        return {"executed": "no", "status": "REJECTED", "order": ended[0].ticket, "error_msg": text}
    return None


def _closed(session: Session, request: Fields, token: str, sent_at: float) -> Optional[Fields]:
    mt5 = session.mt5
    ticket = int(request["ticket"])
    position = _list(session, mt5.positions_get(ticket=ticket))
    left = sum((Decimal(repr(float(it.volume))) for it in position if it.ticket == ticket), Decimal(0))
    identifier = position[0].identifier if position else ticket
    deals = [
        it
        for it in _list(session, mt5.history_deals_get(position=identifier))
        if it.position_id == identifier and it.entry in _OUT and _is_since(session, it, sent_at)
    ]
    orders = _list(session, mt5.history_orders_get(position=identifier))
    own = {it.ticket for it in orders if bears(token, it.comment)}
    ours = [it for it in deals if it.order in own or bears(token, it.comment)]
    if not ours and left == 0 and len({it.order for it in deals}) == 1:
        # The broker replaced the comment, and one order of a program closed all: no stop, no person.
        ours = [it for it in deals if it.reason == _REASON_EXPERT]
    if ours:
        volume = sum((Decimal(repr(float(it.volume))) for it in ours), Decimal(0))
        part = request.get("close_volume")
        whole = left == 0 if part is None else volume >= Decimal(repr(float(part)))
        return {
            "executed": "yes",
            "status": "FILLED" if whole else "PARTIAL",
            "order": ours[0].order,
            "deal": ours[0].ticket,
            "position": ticket,
            "volume": float(volume),
            "price": rounded(ours[0].price, session.digits(ours[0].symbol)),
            "remaining_volume": float(left),
        }
    ended = [it for it in orders if it.ticket in own]
    if ended and all(it.state in _ENDED and it.volume_current == it.volume_initial for it in ended):
        text = f"order {ended[0].ticket} ended without execution"
        return {"executed": "no", "status": "REJECTED", "order": ended[0].ticket, "error_msg": text}
    return None


def _is_since(session: Session, deal: Any, sent_at: float) -> bool:
    """Whether a deal may be younger than the order; without the broker's offset every deal may be."""
    offset = session.broker_time.offset_s
    return offset is None or deal.time_msc / 1000 - offset >= sent_at - 60


def _cancelled(session: Session, ticket: int) -> Optional[Fields]:
    mt5 = session.mt5
    live = [it for it in _list(session, mt5.orders_get(ticket=ticket)) if it.ticket == ticket]
    if live:
        return None
    ended = [it for it in _list(session, mt5.history_orders_get(ticket=ticket)) if it.ticket == ticket]
    if not ended:
        return None
    state = ended[0].state
    if state == _CANCELED:
        return {"executed": "yes", "status": "FILLED", "order": ticket, "remaining_volume": 0.0}
    if state in (_FILLED, _REJECTED, _EXPIRED):
        text = f"order {ticket} ended otherwise before it was cancelled"
        return {"executed": "no", "status": "REJECTED", "order": ticket, "error_msg": text}
    return None
