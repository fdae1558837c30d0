"""Questions and their answers: what may be asked of a document, and how each answer is written in the log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from winnow.errors import SettingError, nearest

SKIP = "(skip)"
"""The value of a document somebody looked at and passed over."""

NOTHING = "(nothing)"
"""The value of a question with several answers when none of them holds."""

BETWEEN = "; "
"""What stands between the answers of one label."""

KINDS = {
    "choice": "one answer of a few",
    "choices": "several answers of a few",
    "scale": "a point on a scale",
    "keep": "keep or drop",
    "spans": "passages of the text, each with a tag",
    "tags": "free words",
    "pair": "which of two documents is better",
}
FIXED = {"keep": ("keep", "drop"), "pair": ("first", "second", "tie")}
SCALE = ("1", "2", "3", "4", "5")
MOST_TAGS, LONGEST_TAG = 30, 100

Answer = str | Sequence[str] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class LabelSchema:
    """One question asked of every document, with its possible answers in key order (1, 2, 3 …).

    `kind` is one of `KINDS`. `low` and `high` say what the ends of a scale mean. Of `overlap`, a share of the documents,
    each is answered by `annotators` people (0: by everybody), and of the others each by one. `gold` is the share of the
    queue that are documents whose answer is known.
    """

    name: str
    question: str
    values: tuple[str, ...] = ()
    guidelines: str = ""
    kind: str = "choice"
    low: str = ""
    high: str = ""
    overlap: float = 1.0
    annotators: int = 0
    gold: float = 0.0

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise SettingError(
                "a label schema's name is letters, digits and _", f"found '{self.name}'", "for example 'keep'"
            )
        if self.kind not in KINDS:
            raise SettingError(f"no kind of question is called '{self.kind}'", "", nearest(self.kind, KINDS))
        object.__setattr__(self, "values", FIXED.get(self.kind) or self.values or self._default_values())
        self._check_values()
        for name, share in (("overlap", self.overlap), ("gold", self.gold)):
            if not 0 <= share <= 1:
                raise SettingError(f"{name} is a share from 0 to 1", f"found {share}", "for example 0.2")
        if self.annotators < 0:
            raise SettingError("annotators is a number of people", f"found {self.annotators}", "0 is everybody")

    def _default_values(self) -> tuple[str, ...]:
        return SCALE if self.kind == "scale" else ()

    def _check_values(self) -> None:
        fewest = 0 if self.kind == "tags" else 1
        if not fewest <= len(self.values) <= 9 or len(set(self.values)) != len(self.values):
            raise SettingError(
                "a label schema has 1 to 9 different values", f"found {list(self.values)}", "one per digit key"
            )
        if any(not value.strip() or value in (SKIP, NOTHING) for value in self.values):
            raise SettingError("a label has a name", f"found {list(self.values)}", "write a word for each")
        if self.several and any(BETWEEN.strip() in value for value in self.values):
            raise SettingError("of several answers none holds a ';'", f"found {list(self.values)}", "write 'and'")
        if self.kind == "scale" and not all(_is_number(value) for value in self.values):
            raise SettingError("the points of a scale are numbers", f"found {list(self.values)}", "1, 2, 3, 4, 5")

    @property
    def several(self) -> bool:
        """Whether a label may hold more than one answer."""
        return self.kind in ("choices", "tags", "spans")

    @property
    def nominal(self) -> bool:
        """Whether a label is one of the values, so that a head can be fitted to it."""
        return self.kind in ("choice", "keep", "scale")

    def written(self, answer: Answer) -> str:
        """Return an answer as the log holds it; raises SettingError for what is none.

        One answer is its own name. Several are listed in the order of the schema, tags by the alphabet, with "; " between.
        Spans are JSON, [{"start", "end", "tag"}], code points with the end exclusive, in the order of the text.

        >>> LabelSchema("topic", "What?", ("news", "code"), kind="choices").written(["code", "news"])
        'news; code'
        """
        if answer == SKIP:
            return SKIP
        if self.kind == "spans":
            return self._written_spans(answer)
        if self.several:
            return self._written_list(answer)
        if not isinstance(answer, str) or answer not in self.values:
            raise self._unknown(answer)
        return answer

    def _written_list(self, answer: Answer) -> str:
        parts = answer.split(";") if isinstance(answer, str) else list(answer)
        if not all(isinstance(part, str) for part in parts):
            raise self._unknown(answer)
        words = [" ".join(str(part).split()) for part in parts]
        found = {word for word in words if word and word != NOTHING}
        if self.kind == "choices":
            for word in found - set(self.values):
                raise self._unknown(word)
            return BETWEEN.join(value for value in self.values if value in found) or NOTHING
        if len(found) > MOST_TAGS or any(len(word) > LONGEST_TAG or ";" in word for word in found):
            raise SettingError(
                f"a document takes up to {MOST_TAGS} tags of {LONGEST_TAG} characters", f"found {len(found)}", "shorten"
            )
        return BETWEEN.join(sorted(found, key=lambda word: (word.casefold(), word))) or NOTHING

    def _written_spans(self, answer: Answer) -> str:
        try:
            listed: Any = json.loads(answer) if isinstance(answer, str) else answer
            spans = sorted((int(span["start"]), int(span["end"]), str(span["tag"])) for span in listed)
        except (ValueError, TypeError, KeyError) as reason:
            raise SettingError(
                "a passage has start, end and tag", str(reason), '[{"start": 0, "end": 5, "tag": …}]'
            ) from None
        for start, end, tag in spans:
            if tag not in self.values:
                raise self._unknown(tag)
            if not 0 <= start < end:
                raise SettingError("a passage begins before it ends", f"found {start} to {end}", "start < end")
        kept = [{"start": start, "end": end, "tag": tag} for start, end, tag in dict.fromkeys(spans)]
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    def read(self, value: str) -> Any:
        """Return a label as an answer: a word, a list of words, or a list of spans."""
        if value == SKIP or not self.several:
            return value
        if self.kind == "spans":
            return json.loads(value)
        return [] if value == NOTHING else value.split(BETWEEN)

    def names(self, value: str) -> list[str]:
        """Return the words that a label says: its answers, or the tags of its spans, each once.

        >>> LabelSchema("s", "?", ("a", "b"), kind="spans").names('[{"start":0,"end":2,"tag":"b"}]')
        ['b']
        """
        if value == SKIP or not self.several:
            return [value]
        if self.kind == "spans":
            found = {span["tag"] for span in self.read(value)}
            return [tag for tag in self.values if tag in found] or [NOTHING]
        return list(self.read(value)) or [NOTHING]

    def shown(self, value: str) -> str:
        """Return a label in words, as a column shows it: spans by their tags alone."""
        return BETWEEN.join(self.names(value))

    def _unknown(self, value: object) -> SettingError:
        known = nearest(str(value), self.values)
        return SettingError(f"schema '{self.name}' has no value '{value}'", f"it asks for {KINDS[self.kind]}", known)


def schema_of(told: Mapping[str, Any]) -> LabelSchema:
    """Read a schema from the control file; one that an older program wrote lacks what came later."""
    known = {field.name for field in fields(LabelSchema)}
    kept: dict[str, Any] = {name: value for name, value in told.items() if name in known}
    return LabelSchema(**{**kept, "values": tuple(kept.get("values", ()))})


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


DEFAULT = LabelSchema(
    "label",
    "Should a language model learn from this?",
    ("keep", "drop", "unsure"),
    "Keep text a careful reader would learn from. Drop boilerplate, spam, broken text, abuse. Unsure when you cannot tell.",
)
