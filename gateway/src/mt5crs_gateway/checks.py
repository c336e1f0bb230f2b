"""The fields of OPEN, CLOSE and CANCEL, as far as they can be judged without the terminal."""

from typing import Optional

from .config import Config
from .protocol import FRESHNESS_S, MAX_TEXT_UNITS, Refusal, parse_time, utf16_units
from .requests import Fields, Request


def check_order(request: Request, config: Config) -> Optional[float]:
    """Checks an order's fields and completes them. Returns the time after which it must not be sent, if it has one."""
    if request.action != "OPEN":
        _check_ticket(request)
        return _valid_until(request, None)
    _check_open(request.fields)
    signature_ends = None
    if request.key is None and config.risk_signature:
        signature_ends = _check_risk_signature(request, config.risk_signature_ttl_s)
    ends = _valid_until(request, signature_ends)
    config.limits.check_order(request.fields["symbol"], float(request.fields["volume"]))
    return ends


def signature_refused(why: str) -> Refusal:
    """4.3's refusal of an OPEN for its risk signature."""
    return Refusal("RISK_SIGNATURE_INVALID", why)


def _check_open(fields: Fields) -> None:
    symbol = fields.get("symbol")
    if not symbol:
        raise Refusal("MISSING_SYMBOL", "Symbol is required")
    if not isinstance(symbol, str) or utf16_units(symbol) > MAX_TEXT_UNITS or not symbol.isprintable():
        raise Refusal("INVALID_SYMBOL", f"a symbol is a text of at most {MAX_TEXT_UNITS} units")
    side = fields.get("type")
    if not side:
        raise Refusal("MISSING_TYPE", "Order type is required")
    if not isinstance(side, str) or side.upper() not in ("BUY", "SELL"):
        raise Refusal("INVALID_TYPE", "type is BUY or SELL")
    fields["type"] = side.upper()
    if not _is_number(fields.get("volume")) or not 0 < fields["volume"] < 1e9:
        raise Refusal("INVALID_VOLUME", f"Invalid volume: {str(fields.get('volume'))[:40]}")
    for name in ("price", "sl", "tp"):
        if not _is_number(fields.setdefault(name, 0.0)) or not 0 <= fields[name] < 1e12:
            raise Refusal("INVALID_PRICE", f"{name} is a price, or 0.0 for none")
    _check_whole(fields, "magic", 0, 2**63 - 1)
    _check_whole(fields, "deviation_points", 0, 2**31 - 1)


def _check_risk_signature(request: Request, ttl: float) -> float:
    """As 4.3 checks it: three parts, the prefix, a checksum of 8 characters or more, the age. Returns its end."""
    signature = request.fields.get("risk_signature")
    if not isinstance(signature, str) or not signature:
        raise signature_refused("Missing risk_signature (required for all OPEN commands)")
    # The time may hold colons itself: both spellings are accepted.
    parts = signature.split(":", 2)
    if len(parts) != 3 or parts[0] != "RISK_PASS":
        raise signature_refused("Invalid signature format (expected RISK_PASS:<checksum>:<timestamp>)")
    if len(parts[1]) < 8:
        raise signature_refused("Invalid checksum format (too short)")
    signed_at = parse_time(parts[2], basic=True)
    if signed_at is None:
        raise signature_refused("Invalid signature timestamp format")
    age = request.at - signed_at
    if abs(age) > ttl:
        raise signature_refused(f"Signature expired (TTL={ttl:g}s, age={age:.1f}s)")
    return signed_at + ttl


def _check_ticket(request: Request) -> None:
    fields = request.fields
    ticket = fields.get("ticket")
    if request.key is None and isinstance(ticket, str) and ticket.isascii() and ticket.isdigit():
        ticket = fields["ticket"] = int(ticket[:20])
    if not ticket:
        raise Refusal("MISSING_TICKET", "Ticket is required")
    _check_whole(fields, "ticket", 1, 2**63 - 1)
    _check_whole(fields, "deviation_points", 0, 2**31 - 1)
    if request.key is None:
        # 4.3 closes the whole position, whatever the request says.
        fields.pop("close_volume", None)
    part = fields.get("close_volume")
    if part is not None and (not _is_number(part) or not 0 < part < 1e9):
        raise Refusal("INVALID_VOLUME", "close_volume is a number of lots above 0")


def _valid_until(request: Request, signature_ends: Optional[float]) -> Optional[float]:
    fields = request.fields
    ends = [signature_ends]
    if "valid_until" in fields:
        moment = parse_time(fields["valid_until"])
        if moment is None:
            raise Refusal("INVALID_FIELD", "valid_until is a time, RFC 3339 with its offset")
        ends.append(moment)
    elif request.action == "OPEN" and request.key is not None:
        # Without an end of its own it gets one, so that none executes long after its client has left.
        ends.append(request.at + FRESHNESS_S)
    return min((it for it in ends if it is not None), default=None)


def _check_whole(fields: Fields, name: str, low: int, high: int) -> None:
    value = fields.get(name)
    if value is None:
        fields.pop(name, None)
        return
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Refusal("INVALID_FIELD", f"{name} is a whole number from {low} to {high}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
