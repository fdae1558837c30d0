"""New text on how the entities of a document hang together, by a judge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.arrange.base import Tools, Transform, added, asked
from winnow.judge.base import Prompt
from winnow.method import Paper, param

FIND = (
    "You read a text and list the things it is about: people, places, organisations, objects, ideas. You answer with JSON "
    'alone: {"summary": "...", "entities": ["...", ...]}'
)
RELATE = (
    "You write study material. You get a text and some entities that occur in it, and discuss at length how they relate to "
    "each other in the context of the text, without adding facts that the text does not support."
)
_JSON = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class EntiGraph(Transform):
    """Adds texts on how pairs and triples of a document's entities relate, written by a judge (synthetic continued pretraining).

    First the judge lists a document's entities as JSON; then it writes one text for each pair and each triple of them, in
    the context of the document. n entities have n(n - 1)/2 pairs and n(n - 1)(n - 2)/6 triples, so `pairs` and `triples`
    bound them, drawn by (seed, doc_id). Answers that are no JSON and texts that fail are left out. Meant for a small
    corpus that a model shall know by heart; mix it with ordinary text (10 % in the paper) and use a strong model.
    Generated documents carry the doc_id of their source. Source: arXiv 2409.07431. A reconstruction: the prompts follow
    the paper's description.
    """

    name: ClassVar[str] = "entigraph"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper("Synthetic continued pretraining", "2409.07431", 2024)
    generates: ClassVar[bool] = True

    entities: int = param(10, "How many entities of a document are used, at most.", low=2, high=100)
    pairs: int = param(45, "How many pairs of a document are written about, at most.", low=0)
    triples: int = param(0, "How many triples of a document are written about, at most.", low=0)
    most_tokens: int = param(1000, "How long one text is, at most, in tokens.", low=50)

    @property
    def asks(self) -> bool:
        return True

    def groups(self, names: list[str], seed: int, doc_id: int) -> list[tuple[str, ...]]:
        """Return the pairs and triples to write about, each a set of different names, in the names' order."""
        chance, found = np.random.default_rng([seed, doc_id]), []
        for size, most in ((2, self.pairs), (3, self.triples)):
            every = list(combinations(names, size))
            taken = chance.permutation(len(every))[:most] if len(every) > most else np.arange(len(every))
            found += [every[place] for place in sorted(taken.tolist())]
        return found

    def prompts(self, batch: pa.RecordBatch, tools: Tools) -> Iterator[Prompt]:
        placeholder = tuple("an entity of the text" for _ in range(3))
        count = min(comb(self.entities, 2), self.pairs), min(comb(self.entities, 3), self.triples)
        for row in _sources(batch):
            text = batch.column("text")[row].as_py()
            yield self._find(text)
            for size, times in zip((2, 3), count, strict=True):
                yield from (self._relate(text, placeholder[:size]) for _ in range(times))

    def transform(self, batch: pa.RecordBatch, tools: Tools, prepared: Any) -> pa.RecordBatch:
        ask, sources = asked(self.name, tools), _sources(batch)
        texts, ids = batch.column("text").to_pylist(), batch.column("doc_id").to_pylist()
        listed = list(ask(self._find(texts[row]) for row in sources))
        groups = [
            (row, group)
            for row, answer in zip(sources, listed, strict=True)
            for group in self.groups(entities_of(answer.text)[: self.entities], tools.seed, ids[row])
        ]
        answers = list(islice(ask(self._relate(texts[row], group) for row, group in groups), len(groups)))
        written = [
            (row, answer.text.strip())
            for (row, _), answer in zip(groups, answers, strict=True)
            if not answer.error and answer.text.strip()
        ]
        return added(batch, [row for row, _ in written], [text for _, text in written])

    def _find(self, text: str) -> Prompt:
        return Prompt(f"List the entities of this text as JSON.\n\n{text}", FIND, most_tokens=512)

    def _relate(self, text: str, group: tuple[str, ...]) -> Prompt:
        names = "\n".join(f"- {name}" for name in group)
        return Prompt(f"Text:\n{text}\n\nDiscuss how these relate:\n{names}", RELATE, most_tokens=self.most_tokens)


def entities_of(answer: str) -> list[str]:
    """Return the different entities of an answer in their order; none when it is not the JSON asked for.

    >>> entities_of('{"summary": "", "entities": ["mill", "river", "mill", 3]}')
    ['mill', 'river']
    """
    found = _JSON.search(answer)
    try:
        names = json.loads(found[0])["entities"] if found else []
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    texts = [" ".join(name.split()) for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return list(dict.fromkeys(name for name in texts if name))


def _sources(batch: pa.RecordBatch) -> list[int]:
    generated = batch.column("generated").to_pylist()
    texts = batch.column("text").to_pylist()
    return [row for row, text in enumerate(texts) if text.strip() and not generated[row]]
