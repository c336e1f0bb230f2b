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
from typing import List, Optional, Tuple

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
    code, text = _outcome(options)
    if text:
        print(f"error: {text}", file=sys.stderr)
        if options.command is None and options.config is not None:
            _keep_error(Path(options.config), text)
    return code


def _outcome(options: argparse.Namespace) -> Tuple[int, str]:
    """The exit code, and the error if there is one."""
    try:
        return _run(options)
    except (ConfigError, keys.KeyFolderError) as error:
        return USAGE, str(error)
    except PortTaken as error:
        return PORT, str(error)
    except JournalRefused as error:
        help = "mt5crs-gateway new-journal moves it aside and keeps it; orders from before are then unknown"
        return JOURNAL, f"{error}\nhelp: {help}"
    except Exception as error:
        import traceback

        traceback.print_exc()
        return BUG, f"{type(error).__name__}: {error}"


def _run(options: argparse.Namespace) -> Tuple[int, str]:
    if options.command == "upgrade-from-43":
        print(upgrade(options))
        return OK, ""
    if options.command == "new-key":
        return _new_key(Path(options.file))
    if options.command == "engage" and options.file is not None:
        return _engage(Path(options.file), options.reason)
    if options.config is None:
        return USAGE, "--config FILE is missing"
    config = load(Path(options.config))
    if options.command == "check":
        return _check(config)
    if options.command == "engage":
        return _engage(config.kill_switch, options.reason)
    if options.command == "release":
        return _release(config.kill_switch)
    if options.command == "new-journal":
        return _new_journal(config)
    Server(config).run()
    return OK, ""


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
    engage.add_argument("--file", metavar="FILE", help="the kill switch's file, where the settings can't be read")
    commands.add_parser("release", help="release the kill switch of the gateway on this machine")
    commands.add_parser("new-journal", help="move the journal aside; the next start makes a new one")
    key = commands.add_parser("new-key", help="make a key: a new file NAME.ROLE with 64 random hex digits")
    key.add_argument("file", metavar="FILE")
    add_arguments(commands.add_parser("upgrade-from-43", help="write the settings that keep a 4.3 client going"))
    return parser


def _check(config: Config) -> Tuple[int, str]:
    ring = keys.load(config.keys)
    config.check_keys(len(ring))
    config.password()
    print(f"{config.file}: good. Account {config.login} at {config.server}, {config.host} port {config.port}")
    print(f"signing {config.signing}; keys: {ring.roles() or 'none'}; limits: {config.limits.shown()}")
    if config.signing == "off":
        print(f"warning: anybody who reaches {config.host} port {config.port} can trade")
    return OK, ""


def _engage(path: Path, reason: str) -> Tuple[int, str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        # Engaging says what is wrong.
        pass
    if not KillSwitch(path).engage(reason, _user(), iso(time.time())):
        return SWITCH, f"{path} could not be written: the kill switch is NOT engaged"
    print(f"{path} is there: the gateway opens nothing from now on")
    print("an order that was sent just before, and pending orders, may still execute")
    return OK, ""


def _user() -> str:
    """Who engages, for the record; a machine that does not tell must not prevent it."""
    try:
        return getpass.getuser()
    except Exception:
        return "unknown"


def _release(path: Path) -> Tuple[int, str]:
    try:
        KillSwitch(path).release()
    except OSError as error:
        return SWITCH, f"{path} could not be removed, so it is still engaged: {error.strerror}"
    print(f"{path} is gone")
    return OK, ""


def _new_journal(config: Config) -> Tuple[int, str]:
    suffix = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    try:
        moved = set_aside(config.journal, suffix)
    except OSError as error:
        return JOURNAL, f"can't move {config.journal}: {error.strerror}; stop the gateway first"
    print("\n".join(f"kept as {path}" for path in moved) or f"there is no {config.journal}")
    return OK, ""


def _new_key(path: Path) -> Tuple[int, str]:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
    except OSError as error:
        return USAGE, f"can't make {path}: {error.strerror}"
    print(f"{path} written")
    return OK, ""


def _keep_error(config: Path, text: str) -> None:
    """A scheduled task has no console: why the gateway did not start is beside its settings as well."""
    try:
        config.with_name("start-error.txt").write_text(f"{iso(time.time())} {text}\n", encoding="utf-8")
    except OSError:
        pass
