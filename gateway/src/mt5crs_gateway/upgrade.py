"""The way from the 4.3 gateway: settings with which its clients go on unchanged.

Signing is off, the address is the old one, and `max_lots` must be stated. The old command line's options are taken as
they were, and so is its `.env`; the password stays where it is, in the environment.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Dict

from .config import ConfigError, is_loopback, load

_OLD = {"login": "MT5_LOGIN", "server": "MT5_SERVER", "path": "MT5_PATH"}
_PASSWORD = "MT5_PASSWORD"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The old gateway's options, and what it had none for."""
    parser.add_argument("--out", metavar="FILE", default="gateway.toml", help="settings to write (gateway.toml)")
    parser.add_argument("--max-lots", metavar="LOTS", type=float, required=True, help="largest order of any client")
    parser.add_argument("--env-file", metavar="FILE", help="the old gateway's .env")
    parser.add_argument("--host", default="0.0.0.0", help="the old --host (0.0.0.0)")
    parser.add_argument("--port", type=int, default=5555, help="the old --port (5555)")
    parser.add_argument("--mt5-login", metavar="LOGIN", help="the old --mt5-login, or MT5_LOGIN")
    parser.add_argument("--mt5-server", metavar="SERVER", help="the old --mt5-server, or MT5_SERVER")
    parser.add_argument("--mt5-path", metavar="PATH", help="the old --mt5-path, or MT5_PATH")
    parser.add_argument("--signature-ttl", metavar="SECONDS", type=float, default=5, help="the old --signature-ttl (5)")
    parser.add_argument("--no-signature-validation", action="store_true", help="as it was given to the old gateway")


def upgrade(options: argparse.Namespace) -> str:
    """Writes the settings and reads them back. Returns what to tell. Raises `ConfigError`."""
    old = _read_env(Path(options.env_file)) if options.env_file else {}
    values: Dict[str, str] = {}
    for name, variable in _OLD.items():
        value = getattr(options, f"mt5_{name}") or old.get(variable) or os.environ.get(variable)
        if not value:
            raise ConfigError(f"the terminal's {name} is not known: give --mt5-{name} or --env-file")
        values[name] = value
    if not values["login"].isdigit():
        raise ConfigError(f"the login {values['login']!r} is not a number")
    has_password = bool(old.get(_PASSWORD) or os.environ.get(_PASSWORD))
    lines = [
        "# Written by mt5crs-gateway upgrade-from-43: a 4.3 client goes on unchanged.",
        "# Anybody who reaches the address can trade until link.signing is on.",
        "[terminal]",
        f"path = {json.dumps(values['path'])}",
        f"login = {int(values['login'])}",
        f"server = {json.dumps(values['server'])}",
    ]
    if has_password:
        lines.append(f'password_env = "{_PASSWORD}"')
    lines += [
        "",
        "[link]",
        f"host = {json.dumps(options.host)}",
        f"port = {options.port}",
        'signing = "off"',
        f"risk_signature = {'false' if options.no_signature_validation else 'true'}",
        f"risk_signature_ttl_s = {options.signature_ttl:g}",
    ]
    try:
        if not is_loopback(options.host):
            lines.append("allow_unsigned_remote = true")
    except ValueError:
        raise ConfigError(f"--host {options.host!r} is not an IP address") from None
    lines += ["", "[limits]", f"max_lots = {options.max_lots!r}", ""]
    out = Path(options.out)
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(lines))
    except FileExistsError:
        raise ConfigError(f"{out} exists; it is not overwritten") from None
    except OSError as error:
        raise ConfigError(f"can't write {out}: {error.strerror}") from error
    try:
        load(out)
    except ConfigError:
        out.unlink()
        raise
    password = ""
    if has_password:
        password = f"\nThe password is not in it: set {_PASSWORD} in the environment of the gateway."
    return f"{out} written. Signing is off, as it was: make keys next.{password}"


def _read_env(path: Path) -> Dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"can't read {path}: {error.strerror}") from error
    values = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            values[name.replace("export ", "").strip()] = value.strip().strip("'\"")
    return values
