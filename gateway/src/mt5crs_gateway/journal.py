"""The record of orders, switch actions and anchors: one SQLite file, which one gateway at a time holds.

An order's row is on the disk (`synchronous=FULL`) before the terminal hears of the order. Its result is written before
the reply leaves and survives the end of the process at once; it is forced to the disk by the next row or by `settle`,
whichever is first. If the machine loses power in between, the row says `sent`, and the order is looked up.

States of a row: `sent` (it may have executed), `unknown` (looked up, not found), `done`, `refused` (it will never
execute) and `voided` (a tombstone: an order with this uuid will never be sent).

`seq` counts every change. Beside the file, `NAME.head` holds the last count. If the journal knows less than its head,
it was restored from an older copy. If the head says `gap`, an order was sent that the journal could not take. In both
cases rows are missing, and the journal gets a new name at the next start, so that a client concludes nothing from what
it lacks about an order from before.
"""

import contextlib
import json
import os
import sqlite3
import uuid as uuids
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT, uuid TEXT NOT NULL, hash TEXT NOT NULL, action TEXT NOT NULL, request TEXT NOT NULL,
    token TEXT NOT NULL, state TEXT NOT NULL, sent_at REAL, answered_at REAL, reply TEXT
);
CREATE UNIQUE INDEX signed_orders ON orders (key, uuid) WHERE key IS NOT NULL;
CREATE INDEX orders_by_uuid ON orders (uuid);
CREATE INDEX orders_by_state ON orders (state) WHERE state IN ('sent', 'unknown');
CREATE INDEX orders_by_time ON orders (sent_at);
CREATE TABLE events (seq INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, row INTEGER, note TEXT);
CREATE TABLE anchors (
    id INTEGER PRIMARY KEY AUTOINCREMENT, signed INTEGER NOT NULL, key TEXT, stream TEXT NOT NULL,
    count INTEGER NOT NULL, hash TEXT NOT NULL, at REAL NOT NULL, conflict INTEGER NOT NULL
);
CREATE INDEX anchors_by_stream ON anchors (stream, id);
"""
_VERSION = 1


class JournalRefused(Exception):
    """A journal that the gateway does not start with."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class JournalUnwritable(Exception):
    """A change that could not be written, of which nothing is in the journal; or rows that could not be read."""


@dataclass(frozen=True)
class Row:
    """An order, a switch action or a tombstone."""

    id: int
    key: Optional[str]
    uuid: str
    hash: str
    action: str
    request: Dict[str, Any]
    token: str
    state: str
    sent_at: Optional[float]
    answered_at: Optional[float]
    reply: Optional[Dict[str, Any]]


_COLUMNS = "id, key, uuid, hash, action, request, token, state, sent_at, answered_at, reply"


class Journal:
    """The open journal."""

    def __init__(self, path: Path, database: sqlite3.Connection, name: str, seq: int) -> None:
        self.path = path
        #: The journal's own UUID, which requests name.
        self.name = name
        #: Number of changes so far.
        self.seq = seq
        #: Why the last change could not be written; None while it works.
        self.failure: Optional[str] = None
        self._database = database
        self._head = path.with_suffix(".head")
        self._is_settled = True
        self._has_gap = False
        self._head_file: Optional[int] = None
        self._unsaved: Dict[int, Tuple[str, float, Dict[str, Any]]] = {}

    # Looking

    def find(self, uuid: str, key: Optional[str]) -> Optional[Row]:
        """The last row of this uuid: the key's own if it has one, else anybody's."""
        order = "ORDER BY (key IS ?) DESC, id DESC LIMIT 1"
        rows = self._rows(f"WHERE uuid = ? {order}", (uuid, key))
        return rows[0] if rows else None

    def row(self, row: int) -> Optional[Row]:
        """The row of this number."""
        rows = self._rows("WHERE id = ?", (row,))
        return rows[0] if rows else None

    def is_voided(self, uuid: str) -> bool:
        """Whether a tombstone of anybody holds this uuid."""
        return bool(self._rows("WHERE uuid = ? AND state = 'voided' LIMIT 1", (uuid,)))

    def unresolved(self, states: Sequence[str], since: float) -> List[Row]:
        """Orders in one of these states that were sent at or after this time."""
        marks = ", ".join("?" * len(states))
        orders = "action IN ('OPEN', 'CLOSE', 'CANCEL')"
        where = f"WHERE state IN ({marks}) AND {orders} AND sent_at >= ? ORDER BY id"
        return self._rows(where, (*states, since))

    def opens_since(self, since: float) -> List[float]:
        """When OPENs were sent since this time, oldest first."""
        query = "SELECT sent_at FROM orders WHERE sent_at >= ? AND action = 'OPEN' ORDER BY sent_at"
        return [row[0] for row in self._database.execute(query, (since,))]

    def last_time(self) -> float:
        """The latest wall-clock time in the journal, 0 if it is empty."""
        found = self._database.execute("SELECT max(at) FROM events").fetchone()[0]
        return float(found) if found is not None else 0.0

    def _rows(self, where: str, values: Sequence[Any]) -> List[Row]:
        return [self._row(it) for it in self._select(f"SELECT {_COLUMNS} FROM orders {where}", values)]

    def _select(self, query: str, values: Sequence[Any]) -> List[Any]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self.failure = str(error)
            raise JournalUnwritable(f"it can't be read: {error}") from error

    def _row(self, values: Sequence[Any]) -> Row:
        row = list(values)
        unsaved = self._unsaved.get(row[0])
        if unsaved is not None:
            row[7], row[9] = unsaved[0], unsaved[1]
            row[10] = json.dumps(unsaved[2])
        row[5] = json.loads(row[5])
        row[10] = json.loads(row[10]) if row[10] is not None else None
        return Row(*row)

    # Orders

    def add(
        self,
        *,
        key: Optional[str],
        uuid: str,
        hash: str,
        action: str,
        request: Dict[str, Any],
        token: str,
        state: str,
        at: float,
        reply: Optional[Dict[str, Any]] = None,
    ) -> int:
        """Writes a new row, forced to the disk. Raises `JournalUnwritable`."""
        sent_at = at if state == "sent" else None
        answered_at = None if state == "sent" else at
        texts = (json.dumps(request), json.dumps(reply) if reply is not None else None)
        values = (key, uuid, hash, action, texts[0], token, state, sent_at, answered_at, texts[1])
        with self._change(at, state, force=True) as change:
            names = _COLUMNS.partition(", ")[2]
            cursor = self._database.execute(f"INSERT INTO orders ({names}) VALUES (?,?,?,?,?,?,?,?,?,?)", values)
            change.row = int(cursor.lastrowid or 0)
            change.note = action
        return change.row

    def again(self, row: int, at: float) -> None:
        """Notes that an order is sent once more (another filling mode). Raises `JournalUnwritable`."""
        with self._change(at, "sent", force=True, row=row):
            self._database.execute("UPDATE orders SET sent_at = ? WHERE id = ?", (at, row))

    def finish(self, row: int, state: str, at: float, reply: Dict[str, Any]) -> bool:
        """Writes an order's result. Returns False, and keeps it in memory, where it can't be written."""
        self._unsaved[row] = (state, at, reply)
        return self.save_results()

    def save_results(self) -> bool:
        """Writes the results that are kept in memory. Returns whether none is left there."""
        for row, (state, at, reply) in list(self._unsaved.items()):
            try:
                with self._change(at, state, force=False, row=row):
                    query = "UPDATE orders SET state = ?, answered_at = ?, reply = ? WHERE id = ?"
                    self._database.execute(query, (state, at, json.dumps(reply), row))
            except JournalUnwritable:
                return False
            del self._unsaved[row]
        return True

    def note(self, kind: str, at: float, note: str) -> None:
        """Writes an event without a row. Raises `JournalUnwritable`."""
        with self._change(at, kind, force=True) as change:
            change.note = note

    def settle(self) -> None:
        """Forces results to the disk that were only written so far."""
        if not self.save_results() or self._is_settled:
            return
        with contextlib.suppress(sqlite3.Error):
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("UPDATE meta SET value = value WHERE name = 'journal'")
            self._database.execute("COMMIT")
            self._is_settled = True

    # Anchors and what else must last

    def anchor(
        self, signed: bool, key: Optional[str], stream: str, count: int, hash: str, at: float
    ) -> Tuple[bool, Optional[Tuple[int, str]]]:
        """Writes an anchor. Returns whether it conflicts with an earlier one, and the highest one before it."""
        query = (
            "SELECT count, hash FROM anchors WHERE stream = ? AND signed = ? AND conflict = 0 "
            "ORDER BY count DESC, id LIMIT 1"
        )
        last = next(iter(self._select(query, (stream, int(signed)))), None)
        conflict = last is not None and (count < last[0] or (count == last[0] and hash != last[1]))
        if last is not None and (count, hash) == tuple(last):
            return False, (last[0], last[1])
        with self._change(at, "anchor", force=True):
            insert = "INSERT INTO anchors (signed, key, stream, count, hash, at, conflict) VALUES (?,?,?,?,?,?,?)"
            self._database.execute(insert, (int(signed), key, stream, count, hash, at, int(conflict)))
        return conflict, (last[0], last[1]) if last is not None else None

    def anchors(self, stream: str) -> List[Dict[str, Any]]:
        """The last 1,000 anchors of a stream, oldest first, conflicts included."""
        query = (
            "SELECT signed, key, count, hash, at, conflict FROM anchors WHERE stream = ? ORDER BY id DESC LIMIT 1000"
        )
        names = ("signed", "key", "count", "hash", "at", "conflict")
        rows = [dict(zip(names, row)) for row in self._select(query, (stream,))]
        for row in rows:
            row["signed"], row["conflict"] = bool(row["signed"]), bool(row["conflict"])
        return rows[::-1]

    def get(self, name: str) -> Optional[str]:
        """A value that was `put`."""
        row = self._database.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, name: str, value: str, at: float) -> None:
        """Keeps a value. Raises `JournalUnwritable`."""
        with self._change(at, name, force=False) as change:
            change.note = value
            self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Settles and closes the file."""
        self.settle()
        self._database.close()
        if self._head_file is not None:
            os.close(self._head_file)
            self._head_file = None

    @contextlib.contextmanager
    def _change(self, at: float, kind: str, force: bool, row: Optional[int] = None) -> Iterator["_Change"]:
        change = _Change(row or 0)
        try:
            # Only a forced change waits for the disk; what was written before it is then on the disk as well.
            self._database.execute("PRAGMA synchronous=" + ("FULL" if force else "NORMAL"))
            self._database.execute("BEGIN IMMEDIATE")
            yield change
            event = (self.seq + 1, at, kind, change.row or None, change.note)
            self._database.execute("INSERT INTO events (seq, at, kind, row, note) VALUES (?,?,?,?,?)", event)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self.failure = str(error)
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise JournalUnwritable(str(error)) from error
        self.seq += 1
        self.failure = None
        self._is_settled = force
        self._write_head()

    def mark_gap(self) -> None:
        """Notes in the head that an order was sent which the journal lacks. A full disk doesn't prevent it."""
        self._has_gap = True
        self._write_head()

    def _write_head(self) -> None:
        with contextlib.suppress(OSError):
            if self._head_file is None:
                flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
                self._head_file = os.open(self._head, flags, 0o600)
            # One write of one length in place, which needs no room on the disk.
            os.lseek(self._head_file, 0, os.SEEK_SET)
            os.write(self._head_file, f"{self.name} {self.seq:020d} {'gap' if self._has_gap else 'all'}\n".encode())


@dataclass
class _Change:
    row: int
    note: Optional[str] = None


def open_journal(path: Path, login: int, server: str, now: float) -> Journal:
    """Opens or makes the journal of this account. Raises `JournalRefused`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(str(path), timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise JournalRefused("JOURNAL_UNREADABLE", f"can't open {path}: {error}") from error
    try:
        return _opened(path, database, login, server, now)
    except sqlite3.Error as error:
        database.close()
        text = str(error)
        if "locked" in text or "busy" in text:
            raise JournalRefused("JOURNAL_LOCKED", f"another gateway holds {path}") from error
        if "readonly" in text or "full" in text or "disk I/O" in text or "unable to open" in text:
            raise JournalRefused("JOURNAL_UNWRITABLE", f"can't write {path}: {text}") from error
        raise JournalRefused("JOURNAL_CORRUPT", f"{path} is damaged: {text}") from error
    except JournalRefused:
        database.close()
        raise


def _opened(path: Path, database: sqlite3.Connection, login: int, server: str, now: float) -> Journal:
    # Exclusive before WAL: the lock is then held until the process ends, and no shared memory is used.
    database.execute("PRAGMA locking_mode=EXCLUSIVE")
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and not {"meta", "orders", "events", "anchors"} <= tables:
        raise JournalRefused("JOURNAL_CORRUPT", f"{path} is no journal of this gateway")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("BEGIN IMMEDIATE")
    if not tables:
        for statement in _SCHEMA.split(";"):
            if statement.strip():
                database.execute(statement)
        values = {
            "version": str(_VERSION),
            "journal": str(uuids.uuid4()),
            "login": str(login),
            "server": server,
            "created": str(now),
        }
        database.executemany("INSERT INTO meta VALUES (?, ?)", list(values.items()))
    database.execute("COMMIT")
    found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise JournalRefused("JOURNAL_CORRUPT", f"{path} is damaged: {found}")
    meta = dict(database.execute("SELECT name, value FROM meta").fetchall())
    if meta.get("version") != str(_VERSION):
        raise JournalRefused("JOURNAL_VERSION", f"{path} has version {meta.get('version')}, not {_VERSION}")
    if (meta.get("login"), meta.get("server")) != (str(login), server):
        other = f"{meta.get('login')} at {meta.get('server')}"
        raise JournalRefused("JOURNAL_OF_ANOTHER_ACCOUNT", f"{path} is of account {other}, not {login} at {server}")
    seq = database.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]
    journal = Journal(path, database, meta["journal"], int(seq))
    _rename_if_rows_are_missing(journal, now)
    return journal


def _rename_if_rows_are_missing(journal: Journal, now: float) -> None:
    """Gives the journal a new name where its head knows of orders that it lacks."""
    try:
        name, count, gap = journal._head.read_text(encoding="ascii").split()
        lost = int(count) - journal.seq
    except (OSError, ValueError):
        return
    if name == journal.name and (lost > 0 or gap == "gap"):
        old, journal.name = journal.name, str(uuids.uuid4())
        try:
            with journal._change(now, "renamed", force=True) as change:
                change.note = f"was {old}; {max(lost, 0)} changes lost, {gap}"
                query = "UPDATE meta SET value = ? WHERE name = 'journal'"
                journal._database.execute(query, (journal.name,))
        except JournalUnwritable as error:
            raise JournalRefused("JOURNAL_UNWRITABLE", f"can't write {journal.path}: {error}") from error


def set_aside(path: Path, suffix: str) -> List[Path]:
    """Renames a journal and its companions, so that the next start makes a new one. Returns the new names."""
    moved = []
    for end in ("", "-wal", "-shm"):
        file = path.with_name(path.name + end)
        if file.exists():
            target = file.with_name(f"{path.name}.{suffix}{end}")
            os.replace(file, target)
            moved.append(target)
    return moved
