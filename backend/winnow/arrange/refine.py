"""Cleaning every document by a small program of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa

from winnow.arrange.base import Tools, Transform, asked, changed, with_columns
from winnow.arrange.programs import execute, parse, removal
from winnow.errors import InputError, SettingError
from winnow.judge.base import Prompt
from winnow.method import Paper, param
from winnow.pool import Pool

CHUNK_TOKENS = 1500
"""Tokens of a document that a judge sees at once."""

SYSTEM = (
    "You clean web pages for training a language model. You answer with a program and nothing else, one call a line: "
    "drop_doc() if the page is worth nothing; remove_lines(line_start=N, line_end=N) for navigation, advertising, "
    "counters, links and other lines that are no part of the text; normalize(source_str='...', target_str='...') for a "
    "disturbing string inside a line; keep_all() if nothing has to change. Never rewrite the text."
)

_LINK = re.compile(r"\s*(?:https?://|www\.)\S+\s*")
_MENU = re.compile(r"\s[|›»•·/]\s|\s>\s")
_NOTICE = re.compile(
    r"(?i)\b(?:share (?:this|on)|all rights reserved|copyright|©|cookie|log ?in|sign (?:in|up)|subscribe|newsletter|"
    r"read more|click here|privacy policy|terms of (?:use|service)|skip to (?:main )?content|back to top|leave a comment)"
)


@dataclass(frozen=True, kw_only=True)
class Refine(Transform):
    """Runs a small program on every document: drop it, remove lines, replace a string, or keep all (ProX).

    Programs come from rules (menus, bare links, notices, lines met before in the document), from a judge that sees
    numbered lines, or from a file of JSON lines {"doc_id" or "id", "program"}. A strict grammar reads them: calls with
    numbers and strings, nothing is evaluated. Replacements come first, then lines go by their old numbers. A document
    whose program has more than `tolerated` faults stays as it was, with status "invalid"; after a change one with at
    most `min_words` words, or at most `min_share` of its words, is dropped. Documents that a program keeps whole are
    never dropped for being short, unlike in the released code. `refine_program` and `refine_status` say what was done.
    Source: arXiv 2409.17115 (the released code tolerates 1 fault, 10 words, 5 %).
    """

    name: ClassVar[str] = "refine"
    paper: ClassVar[Paper] = Paper(
        "Programming Every Example: Lifting Pre-training Data Quality Like Experts at Scale", "2409.17115", 2024
    )

    programs: str = param("rules", "Who writes the programs.", choices=("rules", "judge", "file"))
    path: str = param("", "The file of programs, JSON lines with doc_id or id and program.")
    tolerated: int = param(0, "How many faults of a program are passed over.", low=0)
    min_words: int = param(10, "A document left with so many words or fewer by its program is dropped.", low=0)
    min_share: float = param(0.05, "A document left with this share of its words or less is dropped.", low=0, high=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.programs == "file" and not self.path:
            raise SettingError("refine needs the file of programs", "none is named", "--set refine.path=FILE")

    @property
    def asks(self) -> bool:
        return self.programs == "judge"

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"refine_program": pa.large_string(), "refine_status": pa.string()}

    def prepare(self, pool: Pool, tools: Tools) -> Any:
        return _read(Path(self.path)) if self.programs == "file" else None

    def transform(self, batch: pa.RecordBatch, tools: Tools, prepared: Any) -> pa.RecordBatch:
        texts = batch.column("text").to_pylist()
        programs = self._programs(batch, texts, tools, prepared)
        done = [self.refined(text, program) for text, program in zip(texts, programs, strict=True)]
        kept = np.flatnonzero([status not in DROPPED for _, _, status in done])
        made = changed(batch, [text for text, _, _ in done])
        columns = {
            "refine_program": pa.array([program for _, program, _ in done], pa.large_string()),
            "refine_status": pa.array([status for _, _, status in done], pa.string()),
        }
        return with_columns(made, columns).take(pa.array(kept))

    def refined(self, text: str, written: str | None) -> tuple[str, str | None, str]:
        """Return the text, the program as it was understood, and what became of the document."""
        if written is None:
            return text, None, "no program"
        program = parse(written)
        if len(program.faults) > self.tolerated or not program.operations:
            return text, written[:2000], "invalid"
        result = execute(program, text)
        if result is None:
            return text, str(program), "dropped"
        if result == text:
            return text, str(program), "kept"
        before, after = len(text.split()), len(result.split())
        if after <= self.min_share * before:
            return text, str(program), "dropped: little left"
        return result, str(program), "dropped: short" if after <= self.min_words else "edited"

    def prompts(self, batch: pa.RecordBatch, tools: Tools) -> Iterator[Prompt]:
        if self.asks:
            for text in batch.column("text").to_pylist():
                yield from _prompts(text, tools)

    def _programs(self, batch: pa.RecordBatch, texts: list[str], tools: Tools, prepared: Any) -> list[str | None]:
        if self.programs == "rules":
            return [removal(unwanted_lines(text)) for text in texts]
        if self.programs == "file":
            keys = zip(batch.column("doc_id").to_pylist(), batch.column("id").to_pylist(), strict=True)
            return [prepared.get(doc_id, prepared.get(str(own))) for doc_id, own in keys]
        questions = [list(_prompts(text, tools)) for text in texts]
        answers = asked("refine", tools)(prompt for parts in questions for prompt in parts)
        written = [list(islice(answers, len(parts))) for parts in questions]
        return [None if any(a.error for a in parts) else "\n".join(a.text for a in parts) for parts in written]


DROPPED = ("dropped", "dropped: little left", "dropped: short")


def unwanted_lines(text: str) -> list[int]:
    """Return the numbers of lines that are a bare link, a menu, a notice of at most 12 words, or were there before."""
    found, seen = [], set()
    for number, line in enumerate(text.split("\n")):
        bare = line.strip()
        words = bare.count(" ") + 1
        again = len(bare) >= 20 and bare in seen
        seen.add(bare)
        menu = len(_MENU.findall(line)) >= 2 and words <= 30 and not bare.endswith((".", "!", "?"))
        if bare and (again or menu or _LINK.fullmatch(line) or (words <= 12 and _NOTICE.search(line))):
            found.append(number)
    return found


def _prompts(text: str, tools: Tools) -> Iterator[Prompt]:
    """Yield the document in parts of whole numbered lines, numbered through."""
    lines = [f"[{number:03d}]{line}" for number, line in enumerate(text.split("\n"))]
    sizes = np.cumsum(np.asarray(tools.count(pa.array(lines, pa.large_string()))) + 1)
    parts = (sizes - 1) // CHUNK_TOKENS
    for part in np.unique(parts):
        shown = "\n".join(lines[number] for number in np.flatnonzero(parts == part))
        yield Prompt(f"[doc]\n{shown}\n[/doc]", SYSTEM, most_tokens=256)


def _read(path: Path) -> dict[int | str, str]:
    """Return the programs of a file by doc_id (a number) or by the document's own id; raises InputError."""
    found: dict[int | str, str] = {}
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    row = orjson.loads(line)
                    key, program = row.get("doc_id", row.get("id")), row.get("program")
                    if key is None or not isinstance(program, str):
                        raise ValueError(f"line {number} lacks doc_id (or id) or program")
                    found[int(key) if "doc_id" in row else str(key)] = program
    except (OSError, ValueError, AttributeError, TypeError) as reason:
        fix = '{"doc_id": 7, "program": "keep_all()"}'
        raise InputError(f"refine cannot read programs from {path}", str(reason), f"a line is {fix}") from reason
    return found
