"""The command line: `mt5crs-gateway --config gateway.toml`, and what can be done without the gateway running.

Exit codes: 0 done; 2 wrong usage, settings or keys; 3 the address is taken; 4 the journal is unusable; 5 the kill
switch could not be set; 70 a bug.
"""

import argparse
import getpass
import os
import secrets
import sys
import time
from pathlib import Path
from typing import List, Optional

from . import __version__, keys
from .config import Config, ConfigError, load
from .journal import JournalRefused, set_aside
from .protocol import iso
from .server import PortTaken, Server
from .switch import KillSwitch
from .upgrade import add_arguments, upgrade

OK, USAGE, PORT, JOURNAL, SWITCH, BUG = 0, 2, 3, 4, 5, 70


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs one command. Returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (ConfigError, keys.KeyFolderError) as error:
        return _fail(str(error), USAGE)
    except PortTaken as error:
        return _fail(str(error), PORT)
    except JournalRefused as error:
        help = "mt5crs-gateway new-journal moves it aside and keeps it; orders from before are then unknown"
        return _fail(f"{error}\nhelp: {help}", JOURNAL)
    except Exception as error:
        import traceback

        traceback.print_exc()
        return _fail(f"{type(error).__name__}: {error}", BUG)


def _run(options: argparse.Namespace) -> int:
    if options.command == "upgrade-from-43":
        print(upgrade(options))
        return OK
    if options.command == "new-key":
        return _new_key(Path(options.file))
    if options.config is None:
        return _fail("--config FILE is missing", USAGE)
    config = load(Path(options.config))
    if options.command == "check":
        return _check(config)
    if options.command == "engage":
        return _engage(config, options.reason)
    if options.command == "release":
        return _release(config)
    if options.command == "new-journal":
        return _new_journal(config)
    Server(config).run()
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mt5crs-gateway",
        description="The gateway between MetaTrader 5 and mt5crs. Without a command it serves until it is stopped.",
    )
    parser.add_argument("--version", action="version", version=f"mt5crs-gateway {__version__}")
    parser.add_argument("--config", metavar="FILE", help="settings, in TOML")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("check", help="read settings and keys, say what is wrong with them, and end")
    engage = commands.add_parser("engage", help="engage the kill switch of the gateway on this machine")
    engage.add_argument("--reason", default="by hand", help="for the record (default: by hand)")
    commands.add_parser("release", help="release the kill switch of the gateway on this machine")
    commands.add_parser("new-journal", help="move the journal aside; the next start makes a new one")
    key = commands.add_parser("new-key", help="make a key: a new file NAME.ROLE with 64 random hex digits")
    key.add_argument("file", metavar="FILE")
    add_arguments(commands.add_parser("upgrade-from-43", help="write the settings that keep a 4.3 client going"))
    return parser


def _check(config: Config) -> int:
    ring = keys.load(config.keys)
    config.check_keys(len(ring))
    config.password()
    print(f"{config.file}: good. Account {config.login} at {config.server}, {config.host} port {config.port}")
    print(f"signing {config.signing}; keys: {ring.roles() or 'none'}; limits: {config.limits.shown()}")
    if config.signing == "off":
        print(f"warning: anybody who reaches {config.host} port {config.port} can trade")
    return OK


def _engage(config: Config, reason: str) -> int:
    config.kill_switch.parent.mkdir(parents=True, exist_ok=True)
    if not KillSwitch(config.kill_switch).engage(reason, getpass.getuser(), iso(time.time())):
        return _fail(f"{config.kill_switch} could not be written: the kill switch is NOT engaged", SWITCH)
    print(f"{config.kill_switch} written: the gateway opens nothing from now on")
    print("an order that was sent just before, and pending orders, may still execute")
    return OK


def _release(config: Config) -> int:
    try:
        KillSwitch(config.kill_switch).release()
    except OSError as error:
        return _fail(f"{config.kill_switch} could not be removed, so it is still engaged: {error.strerror}", SWITCH)
    print(f"{config.kill_switch} removed")
    return OK


def _new_journal(config: Config) -> int:
    suffix = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    try:
        moved = set_aside(config.journal, suffix)
    except OSError as error:
        return _fail(f"can't move {config.journal}: {error.strerror}; stop the gateway first", JOURNAL)
    print("\n".join(f"kept as {path}" for path in moved) or f"there is no {config.journal}")
    return OK


def _new_key(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
    except OSError as error:
        return _fail(f"can't make {path}: {error.strerror}", USAGE)
    print(f"{path} written")
    return OK


def _fail(text: str, code: int) -> int:
    print(f"error: {text}", file=sys.stderr)
    return code
