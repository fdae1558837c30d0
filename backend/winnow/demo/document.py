"""One document of the demo corpus, cleaned of what must not be published."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from hashlib import blake2b

import orjson

LONGEST = 60_000
"""Bytes of UTF-8; a longer text is left out."""

_EMAIL = re.compile(r"[\w.+-]{1,64}@(?!example\.(?:org|com|net)\b)[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b")
_AT = re.compile(r"<at>|\(at\)|\[at\]|\bAT\b")
_SPELT_EMAIL = re.compile(
    r"[\w.+-]{1,64}\s?(?:<at>|\(at\)|\[at\]|\bAT\b)\s?[\w-]+(?:\s?(?:\.|\bDOT\b|<dot>|\(dot\))\s?[\w-]+)+"
)
_PHONE = re.compile(r"\+\d{1,3}[ -]?\(?\d{2,4}\)?[ -]?\d{3}[ -]?\d{3,4}\b")
_HOLDER = re.compile(
    r"(?m)^([^\w\n]*(?i:portions )?(?i:copyright)[ \t]*"
    r"(?:(?:\([cC]\)|©)[ \t]*|(?=:?[ \t]*\d{4})|(?=[A-Z][a-z]+ [A-Z][a-z]+)):?[ \t]*(?:\d{4}[\d, \t–-]*)?"
    r"|[^\w\n]*(?:\([cC]\)|©)[ \t]*\d{4}[\d, \t–-]*).*$"
)
_BY = re.compile(r"\b([Bb]y) [A-Z][a-zé]+ (?:[A-Z]\. )?[A-Z][a-zé]+\b")
_CREDIT = re.compile(
    r"(?im)^\W*(?:module|section|code|main|original)?[ \t]?authors?\W*:|^\W*maintainers?\W*:"
    r"|@author\b|moduleauthor::|sectionauthor::"
    r"|\b(?:written|contributed|developed|maintained|created|implemented|suggested|reported) by\b|\bthanks to\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one line of the demo's files holds."""

    id: str
    text: str
    source: str
    url: str | None
    date: str | None
    kind: str
    topic: str
    author_kind: str
    rating: int | None

    def line(self) -> bytes:
        return orjson.dumps(asdict(self), option=orjson.OPT_APPEND_NEWLINE)


def of_package(name: str, text: str, source: str, kind: str) -> Document | None:
    """Make a document of a package's text, or None when it is too long or empty once cleaned.

    The date stays null: a file's own date only says when the package was installed here.
    """
    clean = without_people(text)
    if not clean or len(clean.encode()) > LONGEST:
        return None
    url = f"python://{name}"
    return Document(
        id=url,
        text=clean,
        source=source,
        url=url,
        date=None,
        kind=kind,
        topic="programming",
        author_kind="developer",
        rating=None,
    )


def without_people(text: str) -> str:
    """Drop lines that credit people, copyright holders, e-mail addresses and telephone numbers.

    >>> without_people("Copyright (c) 2019 Some Body\\nFree to use.\\nWrite to some.body@mail.test.")
    'Copyright (c) 2019\\nFree to use.\\nWrite to name@example.org.'
    """
    clean = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    if _CREDIT.search(clean):
        clean = "\n".join(line for line in clean.splitlines() if not _CREDIT.search(line))
    clean = _HOLDER.sub(lambda found: found[1].rstrip(" ,"), clean)
    clean = _BY.sub(r"\1 the authors", clean)
    if "@" in clean:
        clean = _EMAIL.sub("name@example.org", clean)
    if _AT.search(clean):
        clean = _SPELT_EMAIL.sub("name@example.org", clean)
    return _PHONE.sub("+1 555-0100", clean).strip() if "+" in clean else clean.strip()


def draw_key(name: str) -> bytes:
    """Order names at random, and the same way on every machine."""
    return blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()
