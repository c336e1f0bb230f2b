"""A client's request, and the terminal's job that it becomes."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional, Tuple

from .journal import Row
from .keys import Key

Fields = Dict[str, Any]
#: Routing frames of a client, as the socket wants them back.
Client = Tuple[bytes, ...]


@dataclass(eq=False)
class Request:
    """One request, read and authenticated."""

    client: Client
    action: str
    uuid: str
    fields: Fields
    key: Optional[Key]
    mac: Optional[str]
    #: When it arrived, by the wall clock and by the monotonic one.
    at: float
    at_monotonic: float
    #: Its bytes.
    size: int
    #: Identifies the content of an order or switch action, as it came.
    hash: str = ""
    #: 4.3's SYNC_ALL is answered without a uuid.
    has_no_uuid: bool = False
    #: Computes the reply when the request's turn comes; None while the terminal works on it.
    later: Optional[Callable[[], Fields]] = None
    #: The reply's frame, once it is known.
    reply: Optional[bytes] = None

    @property
    def key_name(self) -> Optional[str]:
        """The name of the key that signed it; None for an unsigned one."""
        return self.key.name if self.key is not None else None


@dataclass(eq=False)
class Job:
    """Work that waits for the terminal, or that it does now."""

    number: int
    action: str
    request: Optional[Request] = None
    #: The order that is looked for.
    row: Optional[Row] = None
    #: The order's uuid, made up where the request has none.
    uuid: str = ""
    token: str = ""
    #: The time after which the order is not sent.
    valid_until: Optional[float] = None
    #: The journal's row, once the order was permitted; None for a close without a journal.
    row_id: Optional[int] = None
    is_permitted: bool = False
    is_journalled: bool = False
    sent_at: Optional[float] = None
