"""Visitors: from a token, a session's cookie or nothing at all to a person with a role."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer

from winnow.api.attempts import Attempts
from winnow.catalog.access import NOBODY, Actor
from winnow.catalog.people import People, is_name
from winnow.errors import AccessError, InputError, SettingError

COOKIE = "winnow_session"
LASTS = 7 * 24 * 3600
"""Seconds that a session lasts."""


@dataclass(frozen=True)
class Door:
    """How the server is guarded: a password that people share, log-in through st.login, names it is reached under.

    `folders` are where people behind a password or a log-in may read files from and write exports to; None is anywhere.
    """

    password: str = field(default="", repr=False)
    oidc: bool = False
    hosts: frozenset[str] = frozenset()
    folders: tuple[Path, ...] | None = None

    @property
    def is_open(self) -> bool:
        """Whether whoever reaches the server is let in."""
        return not self.password and not self.oidc

    @classmethod
    def of_environment(cls, corpus: Path, told: Mapping[str, str] = os.environ) -> Door:
        """Read WINNOW_PASSWORD or WINNOW_PASSWORD_FILE, WINNOW_SECRETS, WINNOW_HOSTS and WINNOW_FOLDERS.

        Raises InputError for a file that cannot be read, SettingError for a password of fewer than eight characters.
        """
        password = told.get("WINNOW_PASSWORD", "")
        if path := told.get("WINNOW_PASSWORD_FILE", ""):
            try:
                password = Path(path).read_text("utf-8").strip("\r\n")
            except (OSError, UnicodeDecodeError) as reason:
                raise InputError(f"WINNOW_PASSWORD_FILE names {path}", str(reason), "check the path") from reason
        if (password or told.get("WINNOW_PASSWORD_FILE")) and len(password) < 8:
            raise SettingError("a shared password has at least 8 characters", f"found {len(password)}", "a longer one")
        oidc = _has_auth(told.get("WINNOW_SECRETS", ""))
        hosts = frozenset(host.strip().lower() for host in told.get("WINNOW_HOSTS", "").split(",") if host.strip())
        named = tuple(Path(folder).resolve() for folder in told.get("WINNOW_FOLDERS", "").split(os.pathsep) if folder)
        guarded = bool(password) or oidc
        return cls(password, oidc, hosts, named or ((corpus.resolve().parent,) if guarded else None))


def _has_auth(path: str) -> bool:
    if not path:
        return False
    try:
        return bool(tomllib.loads(Path(path).read_text("utf-8")).get("auth"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
        raise InputError(f"{path} cannot be read as TOML", type(reason).__name__, "see st.login's secrets") from reason


class Visitors:
    """Tells who a visitor is. People on the list show their own token; others the password, where there is one."""

    def __init__(self, people: People, door: Door, attempts: Attempts | None = None) -> None:
        self.people, self.door, self.attempts = people, door, attempts or Attempts()
        self._key = secrets.token_bytes(32)
        self._left: set[str] = set()
        self._password = self._digest(door.password)
        self._signing = people.signing_key()
        self._signer = URLSafeTimedSerializer(self._signing, salt="winnow-session")

    def identify(self, headers: Mapping[str, str], cookies: Mapping[str, str], address: str) -> Actor:
        """Return who sent a request; somebody unknown has the role NOBODY where the server is guarded.

        Raises AccessError for a token that is nobody's, TooMany when an address has tried too often.
        """
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._checked(token.strip(), "", address)[0]
        return self.of_cookie(cookies) or self.unknown

    @property
    def unknown(self) -> Actor:
        """Return what somebody is who showed nothing."""
        return Actor("", self.people.role_of_others if self.door.is_open else NOBODY)

    def of_cookie(self, cookies: Mapping[str, str]) -> Actor | None:
        """Return whose session a cookie is; None when there is none, or it has ended."""
        try:
            told = self._signer.loads(cookies.get(COOKIE, ""), max_age=LASTS)
            name, stamp, session = str(told["name"]), str(told["stamp"]), str(told["session"])
        except (BadData, KeyError, TypeError):
            return None
        person = self.people.find(name)
        now = person.stamp if person else self._stamp
        if not hmac.compare_digest(stamp.encode(), now.encode()) or self._has_left(session):
            return None
        return Actor(name, person.role if person else self.people.role_of_others)

    def of_login(self, name: str) -> Actor:
        """Return who came in through st.login under a name that the provider vouches for."""
        person = self.people.find(name)
        return Actor(name, person.role if person else self.people.role_of_others)

    def log_in(self, name: str, secret: str, address: str) -> str:
        """Return the value of a session's cookie; raises AccessError, TooMany, SettingError for what is no name."""
        actor, stamp = self._checked(secret, name.strip(), address)
        return str(self._signer.dumps({"name": actor.name, "stamp": stamp, "session": secrets.token_urlsafe(9)}))

    def log_out(self, cookies: Mapping[str, str]) -> None:
        """End a session for good: its cookie opens nothing any more, wherever a copy of it is."""
        if self.of_cookie(cookies) is None:
            return
        session = str(self._signer.loads(cookies[COOKIE])["session"])
        self._left.add(session)
        # A corpus that cannot be written signs with a key of this process: its sessions end with the server.
        if not self.people.read_only:
            self.people.end_session(session, time.time() + LASTS)

    def _has_left(self, session: str) -> bool:
        return session in self._left or self.people.has_left(session)

    def speaker(self, actor: Actor | None, told: str) -> str:
        """Return the name that labels are kept under: the actor's own, or the one somebody without a name tells.

        Raises AccessError for somebody else's.
        """
        if actor is not None and actor.name:
            if told and told != actor.name:
                raise AccessError(f"labels of '{told}' are theirs to give", f"you are {actor.name}", "leave `who` out")
            return actor.name
        self.check_free(told)
        return told

    def check_free(self, name: str) -> None:
        """Raise AccessError for a name on the list, which only its token proves, and for one that only looks like one."""
        if name and not is_name(name):
            raise AccessError("a name has up to 79 letters of one alphabet", f"found {name!a}", "for example ana")
        if self.people.find(name) is not None:
            raise AccessError(
                f"'{name}' is on the list of people", "no token was shown", "log in, or take another name"
            )

    def _checked(self, secret: str, name: str, address: str) -> tuple[Actor, str]:
        """Return who shows a secret, and what their session is bound to."""
        self.attempts.check(address)
        person = self.people.of_token(secret) if secret else None
        if person is not None and name in ("", person.name):
            self.attempts.succeeded(address)
            return Actor(person.name, person.role), person.stamp
        shared = bool(self.door.password) and hmac.compare_digest(self._digest(secret), self._password)
        if not shared or self.people.find(name) is not None:
            self.attempts.failed(address)
            raise AccessError(
                "name and secret do not go together", "", "ask a curator for a new token (winnow users token NAME)"
            )
        if name and not is_name(name):
            wanted = "a person has a name of up to 79 letters of one alphabet"
            raise SettingError(wanted, "found another", "for example ana")
        self.attempts.succeeded(address)
        return Actor(name, self.people.role_of_others), self._stamp

    @property
    def _stamp(self) -> str:
        """Name the password that sessions of others were opened with: with another one they end."""
        key = self._signing.encode()
        return hmac.new(key, self.door.password.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]

    def _digest(self, secret: str) -> bytes:
        # Digests of one length under a key of this process: comparing them tells nothing, not even how long a secret is.
        return hmac.new(self._key, secret.encode("utf-8", "replace"), hashlib.sha256).digest()
