"""The log: one line of JSON for each request and each event, rotated by size. It holds no secrets and no frames."""

import json
import logging
import logging.handlers
from pathlib import Path
from typing import Any, Dict, Optional

from .clock import Clock
from .protocol import iso


class Log:
    """Writes lines. A log that can't be written stops nothing."""

    def __init__(self, clock: Clock, folder: Optional[Path], max_bytes: int, parts: int) -> None:
        self._clock = clock
        self._logger = logging.getLogger(f"mt5crs_gateway.{id(self)}")
        self._logger.propagate = False
        self._logger.setLevel(logging.INFO)
        handler: logging.Handler = logging.StreamHandler()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / "gateway.log"
            handler = logging.handlers.RotatingFileHandler(
                path, maxBytes=max_bytes, backupCount=parts, encoding="utf-8"
            )
        handler.setFormatter(logging.Formatter("%(message)s"))
        # A full disk is no reason to print a traceback for each request.
        handler.handleError = lambda record: None  # type: ignore[method-assign]
        self._logger.addHandler(handler)

    def __call__(self, event: str, **fields: Any) -> None:
        line: Dict[str, Any] = {"at": iso(self._clock.now()), "event": event}
        line.update(fields)
        self._logger.info(json.dumps(line, separators=(",", ":"), default=str))

    def close(self) -> None:
        """Closes the file."""
        for handler in list(self._logger.handlers):
            handler.close()
            self._logger.removeHandler(handler)
