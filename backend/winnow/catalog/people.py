"""People: who may do what on this corpus. A person's token is shown once and kept only as its hash."""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
import time
import unicodedata
from dataclasses import dataclass

from winnow.catalog.access import checked_role
from winnow.catalog.audit import record
from winnow.catalog.control import Control, now
from winnow.errors import ConflictError, SettingError, nearest

OTHERS = "others"
"""The entry for everybody who is not on the list."""

LEFT = "left session "
"""What the entries of sessions that somebody left begin with."""

NAME = re.compile(r"[^\s\x00-\x1f\x7f<>\"'\\/][^\x00-\x1f\x7f<>\"'\\/]{0,78}")
LOOK_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
"""Alphabets with letters that look like those of another."""


def is_name(text: str) -> bool:
    """Whether somebody may be called so: nothing that is not seen, and no letters that pass for another alphabet's."""
    if not NAME.fullmatch(text) or text.lower() == OTHERS or unicodedata.normalize("NFKC", text) != text:
        return False
    if any(unicodedata.category(sign)[0] == "C" or unicodedata.category(sign) in ("Zl", "Zp") for sign in text):
        return False
    alphabets = {unicodedata.name(sign, "").partition(" ")[0] for sign in text if sign.isalpha()}
    return len(alphabets & LOOK_ALIKE) < 2


@dataclass(frozen=True)
class Person:
    """Somebody on the list. `stamp` changes with the token, so that what was signed under the old one ends."""

    name: str
    role: str
    created: str
    stamp: str


class People:
    """Reads and changes the list of people."""

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def read_only(self) -> bool:
        """Whether nothing can be kept in the corpus."""
        return self._control.read_only

    def all(self) -> list[Person]:
        """Return everybody on the list by name; without them, whoever comes in has the role of `others`."""
        return [
            _person(row) for row in self._control.rows("SELECT * FROM people WHERE name <> ? ORDER BY name", OTHERS)
        ]

    def find(self, name: str) -> Person | None:
        row = self._control.one("SELECT * FROM people WHERE name = ? AND name <> ?", name, OTHERS)
        return _person(row) if row else None

    def of_token(self, token: str) -> Person | None:
        """Return whose token it is: tokens are 256 random bits, so their hash is looked up, never a part of them."""
        row = self._control.one("SELECT * FROM people WHERE token = ? AND name <> ?", _hash(token), OTHERS)
        return _person(row) if row else None

    @property
    def role_of_others(self) -> str:
        """Return the role of everybody who is not on the list: curator until somebody says otherwise."""
        row = self._control.one("SELECT role FROM people WHERE name = ?", OTHERS)
        return str(row["role"]) if row else "curator"

    def add(self, name: str, role: str) -> str:
        """Put a person on the list and return their token; raises SettingError, ConflictError."""
        if not is_name(name):
            wanted = "a person has a name of up to 79 letters of one alphabet"
            raise SettingError(wanted, f"found {name!a}", "for example ana@lab.org")
        token = secrets.token_urlsafe(32)
        checked_role(role)
        with self._control.write() as connection:
            if connection.execute("SELECT 1 FROM people WHERE name = ?", (name,)).fetchone():
                raise ConflictError(f"'{name}' is on the list", "", f"winnow users role {name} {role}")
            connection.execute("INSERT INTO people VALUES (?, ?, ?, ?)", (name, role, _hash(token), now()))
            record(connection, "add person", name, role=role)
        return token

    def set_role(self, name: str, role: str) -> None:
        """Give a person, or `others`, a role; raises SettingError."""
        checked_role(role)
        with self._control.write() as connection:
            before = self.role_of_others if name == OTHERS else self._known(name).role
            connection.execute("INSERT OR IGNORE INTO people VALUES (?, ?, '', ?)", (name, role, now()))
            connection.execute("UPDATE people SET role = ? WHERE name = ?", (role, name))
            record(connection, "change role", name, before=before, role=role)

    def renew(self, name: str) -> str:
        """Give a person another token, which ends the old one, and return it; raises SettingError."""
        token = secrets.token_urlsafe(32)
        with self._control.write() as connection:
            self._known(name)
            connection.execute("UPDATE people SET token = ? WHERE name = ?", (_hash(token), name))
            record(connection, "renew token", name)
        return token

    def remove(self, name: str) -> None:
        """Take a person off the list; their labels stay. Raises SettingError."""
        with self._control.write() as connection:
            self._known(name)
            connection.execute("DELETE FROM people WHERE name = ?", (name,))
            record(connection, "remove person", name)

    def signing_key(self) -> str:
        """Return the corpus's secret for signing sessions, made when first asked for."""
        if not self._control.meta("signing_key") and not self._control.read_only:
            with self._control.write("read") as connection:
                _keep_key(connection)
        # A corpus that cannot be written has no place for one: its sessions end with the server.
        return self._control.meta("signing_key") or secrets.token_hex(32)

    def end_session(self, session: str, until: float) -> None:
        """Remember that a session was left, until its cookie would have ended by itself (seconds since 1970)."""
        with self._control.write("read") as connection:
            connection.execute(
                "DELETE FROM meta WHERE key LIKE ? AND CAST(value AS REAL) < ?", (f"{LEFT}%", time.time())
            )
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (LEFT + session, str(until)))

    def has_left(self, session: str) -> bool:
        """Return whether a session was left."""
        return bool(self._control.meta(LEFT + session))

    def _known(self, name: str) -> Person:
        found = self.find(name)
        if found is None:
            raise SettingError(f"nobody is called '{name}'", "", nearest(name, [person.name for person in self.all()]))
        return found


def _keep_key(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('signing_key', ?)", (secrets.token_hex(32),))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _person(row: sqlite3.Row) -> Person:
    return Person(row["name"], row["role"], row["created"], row["token"][:16])
