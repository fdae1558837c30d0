"""The language of keyword search: words, "a phrase", prefix*, -not, +must, field:word, OR, parentheses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from winnow.errors import QueryError

FIELDS = ("text", "source", "url")
LIMIT = 4_000
DEPTH = 20
TOKEN = re.compile(
    r"""
    (?P<sign>[-+](?=[^\s\-+)]))?            # a lone dash, or one inside a word, is no operator
    (?:(?P<field>FIELDS):(?=\S))?
    (?: "(?P<phrase>[^"]*)"?                # a quotation mark that is never closed closes at the end
      | (?P<open>\()
      | (?P<word>[^\s"()]+) )
    | (?P<close>\))
    """.replace("FIELDS", "|".join(FIELDS)),
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Words:
    """A word or a phrase in one field; `prefix` lets the last word go on."""

    text: str
    field: str = "text"
    prefix: bool = False


@dataclass(frozen=True)
class Not:
    part: Node


@dataclass(frozen=True)
class Every:
    """Documents that every part matches."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Some:
    """Documents that at least one part matches."""

    parts: tuple[Node, ...]


Node = Words | Not | Every | Some


def parse(query: str) -> Node:
    """Read a query, forgiving what is malformed; raises QueryError when it holds no word at all.

    Words side by side must all match. `OR` separates alternatives and binds weaker than side by side; `NOT` and a
    leading `-` exclude; `AND` and a leading `+` are allowed and change nothing.
    """
    node = _Reader(list(TOKEN.finditer(query[:LIMIT]))).read()
    if node is None:
        raise QueryError(
            "a search needs a word", f"found {query.strip()[:60]!r}", 'try: words "a phrase" -not source:web'
        )
    return node


def positives(node: Node) -> Iterator[Words]:
    """Yield the words and phrases that a matching text holds, in order; not those excluded."""
    if isinstance(node, Words):
        yield node
    elif isinstance(node, (Every, Some)):
        for part in node.parts:
            yield from positives(part)


@dataclass
class _Reader:
    tokens: list[re.Match[str]]
    place: int = 0
    depth: int = 0
    field: str = "text"

    def read(self) -> Node | None:
        """Read alternatives up to the closing parenthesis or the end."""
        choices: list[list[Node]] = [[]]
        negate = False
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            self.place += 1
            if token["close"]:
                if self.depth:
                    break
                continue
            word = token["word"] if not (token["field"] or token["sign"]) else None
            if word == "OR":
                choices.append([])
            elif word == "NOT":
                negate = True
            elif word != "AND":
                part = self._atom(token)
                if part is not None:
                    choices[-1].append(Not(part) if negate or token["sign"] == "-" else part)
                negate = False
        return _join(Some, [part for parts in choices if (part := _join(Every, parts)) is not None])

    def _atom(self, token: re.Match[str]) -> Node | None:
        if token["open"]:
            if self.depth >= DEPTH:
                return None
            outer, self.field = self.field, (token["field"] or self.field).lower()
            self.depth += 1
            inner = self.read()
            self.depth -= 1
            self.field = outer
            return inner
        name = (token["field"] or self.field).lower()
        text = token["phrase"] if token["phrase"] is not None else token["word"]
        prefix = token["phrase"] is None and text.endswith("*")
        bare = text.rstrip("*").strip()
        return Words(bare, name, prefix) if any(character.isalnum() for character in bare) else None


def _join(kind: type[Every] | type[Some], parts: list[Node]) -> Node | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return kind(tuple(parts))
