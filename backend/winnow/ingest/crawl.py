"""A record of a web archive to the text of its page. Runs in a process of its own (`isolated`)."""

from __future__ import annotations

import io
from typing import Any

from winnow.ingest.isolated import Unreadable
from winnow.ingest.markup import html_page

_PAGES = ("text/html", "application/xhtml+xml")


def web_page(data: bytes, how: str, most: int) -> dict[str, Any]:
    """Return the text of a page, its content type and status, or {"skip": why it is no page that was fetched well}."""
    from fastwarc.warc import ArchiveIterator

    try:
        record = next(iter(ArchiveIterator(io.BytesIO(data), parse_http=True, auto_decode="all", stream_detect=False)))
        payload = record.reader.read(most + 1)
    except StopIteration:
        raise Unreadable("no WARC record can be read here") from None
    except (OSError, ValueError, RuntimeError) as reason:
        raise Unreadable(f"damaged record: {reason}") from reason
    if len(payload) > most:
        raise Unreadable(f"it unpacks to more than the {most:,} bytes that max_chars allows")
    status = record.http_headers.status_code if record.http_headers is not None else 200
    if status != 200:
        return {"skip": f"pages with status {status}"}
    kind = (record.http_content_type or record.headers.get("Content-Type") or "").split(";")[0].strip().lower()
    if kind not in _PAGES:
        return {"skip": f"not HTML: {kind[:80] or 'no content type'}"}
    return {**html_page(payload, how, record.http_charset or ""), "content_type": kind}
