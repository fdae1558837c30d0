"""Wikitext to plain text. Runs in a process of its own (`isolated`)."""

from __future__ import annotations

import re
from typing import Any

_GALLERY = re.compile(
    r"<(gallery|math|score|timeline|syntaxhighlight|source)\b[^>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE
)
_BLANK = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_MAGIC = re.compile(r"__[A-Z]+__")
_LEFT = re.compile(r"^[*#:; \t]+", re.MULTILINE)


def plain(data: bytes, dropped: list[str]) -> dict[str, Any]:
    """Return the words of an article: no templates, tables, references, files, categories; links give their label."""
    import mwparserfromhell
    from mwparserfromhell.nodes import Tag, Wikilink

    code = mwparserfromhell.parse(_GALLERY.sub("", data.decode()), skip_style_tags=True)
    gone = set(dropped)
    for node in code.filter(forcetype=(Tag, Wikilink), recursive=code.RECURSE_OTHERS):
        if _is_dropped(node, Wikilink, gone):
            try:
                code.remove(node)
            except ValueError:
                continue  # it stood in one that was removed before
    text = code.strip_code(normalize=True, collapse=True)
    text = text.replace("'''", "").replace("''", "")
    return {"text": _BLANK.sub("\n\n", _LEFT.sub("", _MAGIC.sub("", text))).strip()}


def _is_dropped(node: Any, wikilink: Any, gone: set[str]) -> bool:
    if not isinstance(node, wikilink):
        return str(node.tag).strip().lower() in ("table", "ref", "references")
    space, colon, _ = str(node.title).partition(":")
    return bool(colon) and space.strip().lower().replace("_", " ") in gone
