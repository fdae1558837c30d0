"""A message to its text. Runs in a process of its own (`isolated`)."""

from __future__ import annotations

import email
import re
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from winnow.ingest.isolated import Unreadable
from winnow.ingest.markup import decoded, html_page

_ESCAPED = re.compile(r"^>(>*From )", re.MULTILINE)
_QUOTED = re.compile(r"^>.*\n?", re.MULTILINE)
MOST_PARTS = 1000


def message(data: bytes, quotes: bool) -> dict[str, Any]:
    """Return the text of a message with subject, sender, recipients, date and how many parts are attachments."""
    parsed = email.message_from_bytes(data)
    if parsed.get_unixfrom() is None and not parsed.keys():
        raise Unreadable("it has no head")
    plain, pages, attached = _parts(parsed)
    text = "\n\n".join(plain) if plain else "\n\n".join(html_page(page, "all")["text"] for page in pages)
    text = _ESCAPED.sub(r"\1", text.replace("\r\n", "\n"))
    text = text if quotes else _QUOTED.sub("", text)
    found: dict[str, Any] = {
        "text": text.strip(),
        "id": _header(parsed, "Message-ID").strip("<>"),
        "date": _date(parsed),
    }
    found |= {name.lower(): _header(parsed, name) for name in ("Subject", "From", "To")}
    return {**found, "attachments": attached} if attached else found


def _parts(parsed: Message) -> tuple[list[str], list[bytes], int]:
    plain: list[str] = []
    pages: list[bytes] = []
    attached = 0
    for number, part in enumerate(parsed.walk()):
        if number > MOST_PARTS:
            raise Unreadable(f"it has more than {MOST_PARTS:,} parts")
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or part.get_content_disposition() == "attachment":
            attached += 1
            continue
        content = part.get_payload(decode=True)
        raw = content if isinstance(content, bytes) else b""
        if kind == "text/plain":
            plain.append(decoded(raw, str(part.get_content_charset() or "")).strip("\n"))
        else:
            pages.append(raw)
    return [text for text in plain if text.strip()], pages, attached


def _header(parsed: Message, name: str) -> str:
    value = parsed.get(name)
    if value is None:
        return ""
    try:
        return " ".join(str(make_header(decode_header(str(value)))).split())[:1000]
    except (LookupError, ValueError, UnicodeError, AssertionError):
        return " ".join(str(value).split())[:1000]


def _date(parsed: Message) -> str:
    try:
        return parsedate_to_datetime(str(parsed.get("Date"))).isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""
