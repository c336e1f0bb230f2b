"""The settings: one TOML file, read strictly. A name that is not known is an error, and so is a password.

Required, without a default: the terminal's path, login and server, the address to bind, signing, and `max_lots`.
"""

import difflib
import ipaddress
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple, Union

from .limits import Limits

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SIGNING = ("off", "orders", "all")

#: Every name, by table. True: required.
_KNOWN: Dict[str, Dict[str, bool]] = {
    "terminal": {
        "path": True,
        "login": True,
        "server": True,
        "password_env": False,
        "start_timeout_s": False,
        "call_timeout_s": False,
    },
    "link": {
        "host": True,
        "port": False,
        "signing": True,
        "keys": False,
        "allow_unsigned_remote": False,
        "risk_signature": False,
        "risk_signature_ttl_s": False,
    },
    "limits": {
        "max_lots": True,
        "max_positions": False,
        "orders_per_minute": False,
        "symbols": False,
        "max_daily_loss": False,
    },
    "state": {"folder": False, "kill_switch": False},
    "log": {"folder": False, "max_mb": False, "parts": False},
}


class ConfigError(Exception):
    """Settings that the gateway does not start with; the text names the setting and the cause."""


@dataclass(frozen=True)
class Config:
    """The settings, checked."""

    file: Path
    terminal_path: str
    login: int
    server: str
    password_env: Optional[str]
    start_timeout_s: float
    call_timeout_s: float
    host: str
    port: int
    signing: str
    keys: Optional[Path]
    risk_signature: bool
    risk_signature_ttl_s: float
    allow_unsigned_remote: bool
    limits: Limits
    state_folder: Path
    kill_switch: Path
    log_folder: Path
    log_max_bytes: int
    log_parts: int

    @property
    def journal(self) -> Path:
        """The journal's file: one for each account."""
        return self.state_folder / f"journal-{self.login}.db"

    def password(self) -> Optional[str]:
        """The password from the environment. None: the terminal uses its own login. Raises `ConfigError`."""
        if self.password_env is None:
            return None
        password = os.environ.get(self.password_env)
        if not password:
            raise ConfigError(f"terminal.password_env names {self.password_env}, which is not set")
        return password

    def check_keys(self, count: int) -> None:
        """What the keys' number forbids. Raises `ConfigError`."""
        if count == 0 and self.signing != "off":
            raise ConfigError(f"link.signing is {self.signing!r}, but there is no key in link.keys")
        if count == 0 and not self.allow_unsigned_remote and not is_loopback(self.host):
            raise ConfigError(
                f"without keys anybody who reaches {self.host} can trade: bind 127.0.0.1, make keys, "
                "or say link.allow_unsigned_remote = true"
            )


def is_loopback(host: str) -> bool:
    """Whether this address is reached from this machine alone."""
    return ipaddress.ip_address(host).is_loopback


def load(path: Path) -> Config:
    """Reads the file. Raises `ConfigError`."""
    try:
        # Notepad and PowerShell write a byte order mark.
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"can't read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    try:
        return _read(path, document)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _read(path: Path, document: Dict[str, Any]) -> Config:
    _check_names(document)
    terminal = _Table(document, "terminal")
    link = _Table(document, "link")
    limits = _Table(document, "limits")
    state = _Table(document, "state")
    log = _Table(document, "log")
    folder = path.absolute().parent
    state_folder = folder / state.text("folder", "state")
    signing = link.text("signing")
    if signing not in SIGNING:
        raise ConfigError(f"link.signing is {signing!r}; it must be one of {', '.join(SIGNING)}")
    host = link.text("host")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ConfigError(f"link.host is {host!r}; it must be an IP address of this machine") from None
    keys = link.text("keys", "")
    server = terminal.text("server")
    start_timeout_s = terminal.number("start_timeout_s", 1, 600, 60.0)
    call_timeout_s = terminal.number("call_timeout_s", 5, 3600, max(120.0, 2 * start_timeout_s))
    if call_timeout_s <= start_timeout_s and "call_timeout_s" in document["terminal"]:
        raise ConfigError("terminal.call_timeout_s must be above start_timeout_s, or no terminal ever starts")
    return Config(
        file=path,
        terminal_path=terminal.text("path"),
        login=terminal.whole("login", 1, 2**63 - 1),
        server=server,
        password_env=terminal.text("password_env", "") or None,
        start_timeout_s=start_timeout_s,
        call_timeout_s=call_timeout_s,
        host=host,
        port=link.whole("port", 0, 65535, 5555),
        signing=signing,
        keys=folder / keys if keys else None,
        risk_signature=link.boolean("risk_signature", True),
        risk_signature_ttl_s=link.number("risk_signature_ttl_s", 0.1, 3600, 5.0),
        allow_unsigned_remote=link.boolean("allow_unsigned_remote", False),
        limits=Limits(
            max_lots=limits.number("max_lots", 1e-8, 1e6),
            max_positions=limits.optional_whole("max_positions", 1, 1_000_000),
            orders_per_minute=limits.optional_whole("orders_per_minute", 1, 1_000_000),
            symbols=limits.optional_texts("symbols"),
            max_daily_loss=limits.optional_number("max_daily_loss", 1e-8, 1e15),
        ),
        state_folder=state_folder,
        kill_switch=folder / state.text("kill_switch", str(state_folder / "kill_switch.lock")),
        log_folder=folder / log.text("folder", "logs"),
        log_max_bytes=log.whole("max_mb", 1, 10_000, 50) * 1024 * 1024,
        log_parts=log.whole("parts", 1, 1000, 10),
    )


def _check_names(document: Dict[str, Any]) -> None:
    for table, members in document.items():
        if "password" in table.lower():
            raise ConfigError(_NO_PASSWORD)
        if table not in _KNOWN:
            raise ConfigError(f"unknown table [{table}]{_near(table, list(_KNOWN))}")
        if not isinstance(members, dict):
            raise ConfigError(f"[{table}] must be a table")
        for name in members:
            if name not in _KNOWN[table]:
                if "password" in name.lower():
                    raise ConfigError(_NO_PASSWORD)
                raise ConfigError(f"unknown setting {table}.{name}{_near(name, list(_KNOWN[table]))}")
    for table, names in _KNOWN.items():
        for name, required in names.items():
            if required and name not in document.get(table, {}):
                raise ConfigError(f"{table}.{name} is missing; it has no default")


_NO_PASSWORD = "a password is never read from this file: name a variable in terminal.password_env"


def _near(name: str, known: List[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]}?" if near else ""


class _Table:
    """One table's settings, typed."""

    def __init__(self, document: Dict[str, Any], table: str) -> None:
        self._table = table
        self._members: Dict[str, Any] = document.get(table, {})

    def _wrong(self, name: str, expected: str) -> ConfigError:
        return ConfigError(f"{self._table}.{name} is {self._members[name]!r}; it must be {expected}")

    def text(self, name: str, default: Optional[str] = None) -> str:
        value = self._members.get(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self._wrong(name, "a text")
        return value

    def boolean(self, name: str, default: bool) -> bool:
        value = self._members.get(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def whole(self, name: str, low: int, high: int, default: Optional[int] = None) -> int:
        value = self._members.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(name, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float, default: Optional[float] = None) -> float:
        value: Union[int, float, None] = self._members.get(name, default)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(name, f"a number from {low:g} to {high:g}")
        return float(value)

    def optional_whole(self, name: str, low: int, high: int) -> Optional[int]:
        return self.whole(name, low, high) if name in self._members else None

    def optional_number(self, name: str, low: float, high: float) -> Optional[float]:
        return self.number(name, low, high) if name in self._members else None

    def optional_texts(self, name: str) -> Optional[Tuple[str, ...]]:
        if name not in self._members:
            return None
        value = self._members[name]
        if not isinstance(value, list) or not value or not all(isinstance(it, str) and it for it in value):
            raise self._wrong(name, "a list of symbols, at least one")
        return tuple(value)
