"""The kill switch: a file on the gateway's disk. While it is there, no OPEN of any client is sent.

Whatever can't be told to be absent counts as engaged. An ENGAGE whose file can't be written holds in memory, until
RELEASE or the end of the process.
"""

import json
import os
from pathlib import Path
from typing import Optional


class KillSwitch:
    """The switch at one path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._latched: Optional[str] = None

    def is_engaged(self) -> bool:
        """Whether it is engaged; a file that can't be looked at counts."""
        if self._latched is not None:
            return True
        try:
            os.lstat(self.path)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def state(self) -> str:
        """`engaged` or `released`."""
        return "engaged" if self.is_engaged() else "released"

    def engage(self, reason: str, who: str, at: str) -> bool:
        """Engages it. Returns whether the file is on the disk; if not, it holds in memory."""
        content = json.dumps({"timestamp": at, "reason": reason, "metadata": {"who": who}})
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return True
        except OSError:
            self._latched = reason
            return False
        # That the file exists is what counts; its content is for people.
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content + "\n")
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(self.path.parent)
        except OSError:
            self._latched = reason
            return False
        return True

    def release(self) -> None:
        """Removes the file and the memory of it. Raises `OSError` where the file stays; then it is still engaged."""
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            pass
        self._latched = None


def _sync_folder(folder: Path) -> None:
    """Makes a new name durable. Windows has no such call, and NTFS journals the name by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
