"""The log: one line of JSON for each request and each event, rotated by size. It holds no secrets and no frames.

Lines are kept until `flush`, so that a reply leaves before its line is written.
"""

import json
import os
from pathlib import Path
from typing import Any, BinaryIO, Dict, List, Optional, Tuple

from .clock import Clock
from .protocol import iso


class Log:
    """Writes lines. A log that can't be written stops nothing."""

    def __init__(self, clock: Clock, folder: Path, max_bytes: int, parts: int) -> None:
        self._clock = clock
        self._path = folder / "gateway.log"
        self._max_bytes = max_bytes
        self._parts = parts
        self._lines: List[Tuple[float, str, Dict[str, Any]]] = []
        self._file: Optional[BinaryIO] = None
        self._size = 0

    def __call__(self, event: str, **fields: Any) -> None:
        self._lines.append((self._clock.now(), event, fields))

    def flush(self) -> None:
        """Writes the lines so far, in one piece."""
        if not self._lines:
            return
        text = b"".join(_line(*it) for it in self._lines)
        self._lines.clear()
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115
                self._size = self._file.tell()
            if self._size + len(text) > self._max_bytes and self._size > 0:
                self._rotate()
            self._file.write(text)
            self._size += len(text)
        except OSError:
            # A full disk: the next line tries again.
            self.close()

    def _rotate(self) -> None:
        """Renames the parts: `gateway.log.1` is the newest. Windows renames no open file."""
        assert self._file is not None
        self._file.close()
        for number in range(self._parts - 1, 0, -1):
            older = self._path.with_name(f"gateway.log.{number}")
            if older.exists():
                os.replace(older, self._path.with_name(f"gateway.log.{number + 1}"))
        os.replace(self._path, self._path.with_name("gateway.log.1"))
        self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115
        self._size = 0

    def close(self) -> None:
        """Closes the file; a later line opens it again."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                pass


def _line(at: float, event: str, fields: Dict[str, Any]) -> bytes:
    values = {"at": iso(at), "event": event, **fields}
    return json.dumps(values, separators=(",", ":"), default=str).encode() + b"\n"
