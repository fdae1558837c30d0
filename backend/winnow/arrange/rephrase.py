"""Other words for the same text, by a judge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.arrange.base import Tools, Transform, added, asked, uniform, with_columns
from winnow.arrange.control import sentence_starts
from winnow.judge.base import Prompt
from winnow.method import Paper, param

STYLES = {
    "easy": "Give me a paraphrase of the following text with a very small vocabulary and extremely simple sentences that a "
    "small child will understand.",
    "medium": "Give me a diverse paraphrase of the following text in high-quality English, like the sentences of "
    "Wikipedia.",
    "hard": "Give me a paraphrase of the following text in very terse and abstruse language that only a scholar will "
    "understand; put rare and complex words in the place of simple ones.",
    "qa": 'Convert the following text into a conversation of several turns, each of "Question:" followed by "Answer:".',
}
SYSTEM = "You rewrite texts in the language they are in, keep every fact, add none, and answer with the new text alone."
_PREFACE = re.compile(
    r"\A\s*(?:sure|certainly|of course|here(?:'s| is| are)|below is)\b[^\n]{0,200}:\s*\n+", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Rephrase(Transform):
    """Adds to every document its paraphrase in one of four styles, written by a judge (WRAP).

    A document is cut at sentences into parts of at most `chunk` tokens, since longer ones lose facts; each part is
    rewritten, a preface of the model ("Sure, here is ...:") is cut off, and the parts are joined by new lines. The
    document itself stays, so that real and synthetic text are about 1 : 1. A document of which one part fails gets no
    paraphrase. It changes style, not knowledge: the questions-and-answers style helps answering without examples,
    `medium` helps perplexity. Generated documents carry the doc_id of their source. Source: arXiv 2401.16380.
    A reconstruction: the prompts follow the paper's description.
    """

    name: ClassVar[str] = "rephrase"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "Rephrasing the Web: A Recipe for Compute and Data-Efficient Language Modeling", "2401.16380", 2024
    )
    generates: ClassVar[bool] = True

    style: str = param(
        "medium", "Easy, like Wikipedia, hard, or questions and answers.", choices=("medium", "easy", "hard", "qa")
    )
    share: float = param(1.0, "The share of documents that get a paraphrase.", low=0, high=1)
    chunk: int = param(300, "How many tokens are rewritten at once, at most.", low=20)

    @property
    def asks(self) -> bool:
        return True

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"style": pa.string()}

    def prompts(self, batch: pa.RecordBatch, tools: Tools) -> Iterator[Prompt]:
        for _, parts in self._parts(batch, tools):
            yield from (self._prompt(part) for part in parts)

    def transform(self, batch: pa.RecordBatch, tools: Tools, prepared: Any) -> pa.RecordBatch:
        ask, sources = asked(self.name, tools), list(self._parts(batch, tools))
        answers = ask(self._prompt(part) for _, parts in sources for part in parts)
        rows, texts = [], []
        for row, parts in sources:
            told = list(islice(answers, len(parts)))
            written = [without_preface(answer.text) for answer in told]
            if not any(answer.error for answer in told) and all(written):
                rows.append(row)
                texts.append("\n".join(written))
        made = added(batch, rows, texts)
        fresh = fresh_rows(len(batch), rows)
        known = batch.column("style").to_pylist() if "style" in batch.schema.names else [None] * len(batch)
        styles = iter(known)
        return with_columns(
            made, {"style": pa.array([self.style if new else next(styles) for new in fresh], pa.string())}
        )

    def _parts(self, batch: pa.RecordBatch, tools: Tools) -> Iterator[tuple[int, list[str]]]:
        wanted = uniform(batch, tools.seed, f"rephrase {self.style}") < self.share
        wanted &= ~batch.column("generated").to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(wanted).tolist():
            if (text := batch.column("text")[row].as_py()).strip():
                yield row, chunks(text, self.chunk, tools)

    def _prompt(self, part: str) -> Prompt:
        return Prompt(f"{STYLES[self.style]}\n\n{part.strip()}", SYSTEM, most_tokens=2 * self.chunk)


def fresh_rows(n: int, rows: list[int]) -> list[bool]:
    """Say which documents are new when `added` has put one after each of the rows.

    >>> fresh_rows(2, [0])
    [False, True, False]
    """
    origin = np.concatenate([np.arange(n), np.array(rows, dtype=np.int64)])
    flags: list[bool] = (np.argsort(origin, kind="stable") >= n).tolist()
    return flags


def chunks(text: str, most: int, tools: Tools) -> list[str]:
    """Cut a text at sentences into parts of at most `most` tokens; the parts joined are the text.

    A sentence longer than that is cut inside.
    """
    bounds = [*sentence_starts(text).tolist(), len(text)]
    sentences = [text[begin:end] for begin, end in pairwise(bounds)]
    sizes = np.asarray(tools.count(pa.array(sentences, pa.large_string()))).tolist()
    parts, room = [""], most
    for sentence, size in zip(sentences, sizes, strict=True):
        numbers = np.arange(most, size, most)
        rows, totals = np.zeros(len(numbers), dtype=np.int64), np.full(len(numbers), size)
        inside = tools.cut(pa.array([sentence], pa.large_string()), rows, numbers, totals) if len(numbers) else numbers
        cuts = [0, *inside.tolist(), len(sentence)]
        for begin, end in pairwise(cuts):
            cost = min(size, most)
            if cost > room and parts[-1]:
                parts.append("")
                room = most
            parts[-1] += sentence[begin:end]
            room -= cost
    return [part for part in parts if part.strip()]


def without_preface(text: str) -> str:
    """Return an answer without the model's own introduction.

    >>> without_preface("Sure, here is the paraphrase:\\n\\nThe mill stands still.")
    'The mill stands still.'
    """
    return _PREFACE.sub("", text).strip()
