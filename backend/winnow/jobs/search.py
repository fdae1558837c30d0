"""Finding documents: by words, by meaning, by example."""

from __future__ import annotations

import functools
import threading

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.conditions import Hits
from winnow.errors import MissingNeed, QueryError
from winnow.index.exact import ExactIndex
from winnow.jobs.concept import concept_hits
from winnow.jobs.embed import current_encoder
from winnow.jobs.keywords import keyword_index
from winnow.jobs.nearest import Blend, built, searcher

NEAREST = 1000
"""How many documents a search by meaning keeps."""

RANKED = 2000
"""How many keyword hits get a BM25 score; the rest follow unranked."""


class Finder:
    """Answers the searches of filters from the corpus's indexes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._keywords = keyword_index(catalog)
        self._lock = threading.Lock()
        self._searcher = functools.lru_cache(maxsize=2)(self._open)

    def __call__(self, kind: str, question: str) -> Hits:
        """Return the hits of a search ("search", "near", "like" or "concept"); raises MissingNeed, QueryError."""
        if kind == "search":
            return self._words(question)
        if kind == "concept":
            sides = [[int(doc_id) for doc_id in side.split(",") if doc_id] for side in question.split("|")]
            return concept_hits(self._catalog, self.model(), *sides)
        return self._meaning(question) if kind == "near" else self._example(int(question))

    def terms(self, question: str) -> list[str]:
        """Return the words and phrases of a keyword search, for highlighting."""
        return self._keywords.terms(question)

    def model(self) -> str:
        """Name the encoder that searches by meaning use: the newest whole one."""
        models = self._catalog.vectors.models()
        if not models:
            raise MissingNeed("search by meaning needs vectors", "not every document has one", "winnow embed")
        return models[-1]

    def _words(self, question: str) -> Hits:
        index = self._keywords
        if not index.exists:
            raise MissingNeed("keyword search needs its index", "it is not built", "winnow index")
        ranked, scores = index.search(question, RANKED)
        if len(ranked) < RANKED:
            return Hits(ranked, scores)
        every = index.matches(question)
        rest = np.setdiff1d(every, ranked)
        return Hits(np.concatenate([ranked, rest]), np.concatenate([scores, np.zeros(len(rest), dtype=np.float32)]))

    def _meaning(self, question: str) -> Hits:
        model = self.model()
        vector = current_encoder(self._catalog, model).embed([question])
        if not np.any(vector):
            raise QueryError(
                "a search by meaning needs words", f"'{question}' has none the encoder knows", "write a sentence"
            )
        return self._nearest(model, vector)

    def _example(self, doc_id: int) -> Hits:
        model, documents = self.model(), self._catalog.manifest.documents()
        if not 0 <= doc_id < documents:
            raise QueryError(f"there is no document {doc_id}", f"the corpus has {documents:,}", "clear the filter")
        return self._nearest(model, self._catalog.vectors.take(model, [doc_id]))

    def _nearest(self, model: str, vector: NDArray[np.float32]) -> Hits:
        with self._lock:
            index = self._searcher(
                model,
                self._catalog.vectors.run(model).run,
                self._catalog.manifest.documents(),
                built(self._catalog, model),
            )
        rows, scores = index.nearest(vector, min(NEAREST, self._catalog.manifest.documents()))
        found = rows[0] >= 0
        return Hits(rows[0][found], scores[0][found])

    def _open(self, model: str, run: str, documents: int, built: float) -> ExactIndex | Blend:
        return searcher(self._catalog, model)
