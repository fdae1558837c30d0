"""HTML to text: what a person reads on a page. Runs in a process of its own (`isolated`)."""

from __future__ import annotations

import re
from typing import Any

MAIN, ALL, RAW = "main", "all", "raw"
WAYS = (MAIN, ALL, RAW)

DEEPEST = 5_000
"""Elements inside each other at most: extraction takes time with the square of the depth, browsers stop at 512."""

_VOID = "area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr"
# The end tags of these may be left out, so that they say nothing of the depth.
_OPEN_ENDED = "li|p|dt|dd|tr|td|th|thead|tbody|tfoot|option|optgroup|colgroup|rt|rp"
_TAG = re.compile(rf"<(/?)(?!(?:{_VOID}|{_OPEN_ENDED})\b)[a-zA-Z][^\s/>]*[^>]*?(/?)>".encode(), re.IGNORECASE)
_SPACE = re.compile(r"\s+")


def html_page(data: bytes, how: str = MAIN, charset: str = "") -> dict[str, Any]:
    """Return the text, title, language, address and date of a page.

    `how` is "main" for the main content (all of it where none is found), "all" for all that is visible, "raw" for the
    markup as it is. Raises Unreadable for a page that is nested too deeply.
    """
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    source = decoded(data, charset)
    if how == RAW:
        return {"text": source}
    check_depth(data)
    tree = HTMLTree.parse(source)
    text = extract_plain_text(tree, main_content=True) if how == MAIN else ""
    text = text if text.strip() else extract_plain_text(tree)
    return {"text": text.strip(), **_about(tree)}


def decoded(data: bytes, charset: str = "") -> str:
    """Return the text of a page in the character set it declares, else in the one that its bytes look like."""
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    try:
        return str(bytes_to_str(data, charset)) if charset else _detected(data, bytes_to_str, detect_encoding)
    except LookupError:
        return _detected(data, bytes_to_str, detect_encoding)


def _detected(data: bytes, bytes_to_str: Any, detect_encoding: Any) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return str(bytes_to_str(data, detect_encoding(data, html5_compatible=True, from_html_meta=True)))


def check_depth(data: bytes) -> None:
    """Raise Unreadable when far more elements are opened than closed."""
    from winnow.ingest.isolated import Unreadable

    depth = 0
    for tag in _TAG.finditer(data):
        depth += 0 if tag[2] else -1 if tag[1] else 1
        depth = max(depth, 0)
        if depth > DEEPEST:
            raise Unreadable(f"more than {DEEPEST:,} elements stand inside each other")


def _about(tree: Any) -> dict[str, Any]:
    root = tree.document.query_selector("html")
    wanted = {
        "url": ('link[rel="canonical"]', "href"),
        "date": ('meta[property="article:published_time"]', "content"),
    }
    found = {"title": _line(tree.title), "language": _line(root.getattr("lang") or "") if root else ""}
    for name, (selector, attribute) in wanted.items():
        node = tree.head.query_selector(selector) if tree.head else None
        found[name] = _line(node.getattr(attribute) or "") if node else ""
    return {name: value for name, value in found.items() if value}


def _line(text: str | None) -> str:
    return _SPACE.sub(" ", text or "").strip()[:1000]
