"""The folder of keys: one file `NAME.ROLE` for each, with 64 hex digits, of its owner alone.

The folder is read once, at start. A name in a request selects among the keys that were read; it never opens a file.
"""

import hmac
import os
import re
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

from .protocol import REQUEST_LABEL, ROLES, Signature, mac_of

_NAME = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
_SECRET = re.compile(r"[0-9a-f]{64}", re.ASCII)
#: In a Windows access list: everybody, authenticated users, users, guests, network, anonymous, interactive.
_OTHERS = frozenset({"WD", "AU", "BU", "BG", "NU", "AN", "IU", "S-1-1-0", "S-1-5-11", "S-1-5-32-545"})


class KeyFolderError(Exception):
    """A folder that the gateway does not start with; the text names the file and the cause."""


@dataclass(frozen=True)
class Key:
    """One key. Its secret is never shown."""

    name: str
    role: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.name}, {self.role})"


class Keyring:
    """The keys that were in the folder at start."""

    def __init__(self, keys: List[Key]) -> None:
        self._keys = {key.name: key for key in keys}
        # An unknown name takes as long as a known one.
        self._nobody = os.urandom(32)

    def __len__(self) -> int:
        return len(self._keys)

    def roles(self) -> Dict[str, str]:
        """The role of each name."""
        return {key.name: key.role for key in self._keys.values()}

    def verify(self, signature: Signature) -> Optional[Key]:
        """The key that made this signature of a request, or None."""
        key = self._keys.get(signature.key)
        secret = key.secret if key is not None else self._nobody
        expected = mac_of(REQUEST_LABEL, secret, signature.signed)
        return key if hmac.compare_digest(expected, signature.mac) else None


def load(folder: Optional[Path]) -> Keyring:
    """Reads every key of a folder; without a folder there are none. Raises `KeyFolderError`."""
    if folder is None:
        return Keyring([])
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise KeyFolderError(f"can't read the keys' folder {folder}: {error.strerror}") from error
    keys: List[Key] = []
    for path in paths:
        key = _read(path)
        for other in keys:
            if other.name == key.name:
                raise KeyFolderError(f"the key name {key.name} has two roles: {other.role} and {key.role}")
            if hmac.compare_digest(other.secret, key.secret):
                raise KeyFolderError(f"the keys {other.name} and {key.name} hold the same secret")
        keys.append(key)
    return Keyring(keys)


def _read(path: Path) -> Key:
    name, dot, role = path.name.rpartition(".")
    if not dot or _NAME.fullmatch(name) is None or role not in ROLES:
        roles = ", ".join(ROLES)
        raise KeyFolderError(f"{path} is no key: its name must be NAME.ROLE, with a role of {roles}")
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise KeyFolderError(f"{path} is not a regular file")
        exposed = _exposure(path)
        if exposed is not None:
            raise KeyFolderError(f"{path} must be its owner's alone: {exposed}")
        with path.open("rb") as file:
            text = file.read(256).decode("ascii", "replace").strip()
    except OSError as error:
        raise KeyFolderError(f"can't read {path}: {error.strerror}") from error
    if not text:
        raise KeyFolderError(f"{path} is empty")
    if _SECRET.fullmatch(text) is None:
        raise KeyFolderError(f"{path} must hold 64 lower-case hex digits and nothing else")
    secret = bytes.fromhex(text)
    if len(set(secret)) < 8:
        raise KeyFolderError(f"{path} holds no random key")
    return Key(name, role, secret)


def _exposure(path: Path) -> Optional[str]:
    """Who else can read or write this file, or None."""
    if sys.platform == "win32":
        return _windows_exposure(path)
    status = path.stat()
    if status.st_uid not in (os.geteuid(), 0):
        return f"user {status.st_uid} owns it"
    if status.st_mode & 0o077:
        return f"its mode is {stat.S_IMODE(status.st_mode):04o}; chmod 600 it"
    return None


def _windows_exposure(path: Path) -> Optional[str]:
    """Asks icacls for the access list in SDDL, which is the same in every language of Windows."""
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "acl"
        command = ["icacls", str(path), "/save", str(saved), "/q"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=30)
            sddl = saved.read_bytes().decode("utf-16-le", "replace")
        except (OSError, subprocess.SubprocessError) as error:
            return f"its access list can't be read ({error})"
    return exposed_by(sddl)


def exposed_by(sddl: str) -> Optional[str]:
    """Names a group of others that an access list in SDDL allows anything, or None."""
    for kind, subject in re.findall(r"\((\w+);[^;]*;[^;]*;[^;]*;[^;]*;([^;)]+)[;)]", sddl):
        if kind.startswith(("A", "XA")) and subject in _OTHERS:
            return f"its access list allows {subject}; icacls FILE /inheritance:r /grant:r USER:F mends it"
    return None
