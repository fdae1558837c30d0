"""Keyword search (BM25) over a tantivy index in a folder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray

from winnow.errors import ConflictError, CorpusError, QueryError
from winnow.index.query import FIELDS, Every, Node, Not, Some, Words, parse, positives
from winnow.index.replacing import replacing

Batch = tuple[NDArray[np.int64], Sequence[str | None], Mapping[str, Sequence[str | None]]]
"""(doc_ids int64 [n], n texts, {"source": n names, "url": n addresses}); a missing value is None."""

TEXT_LIMIT = 2_000_000
"""Characters of a document that are indexed; what comes after them is not found by keyword."""
HEAP_BYTES = 192_000_000
WORD_LIMIT = 120
# Scripts written without spaces between words, and Hangul, whose words carry particles: each character is a token, so
# that any run of them is found as a phrase.
UNSPACED = re.compile(
    "([\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])"
)


class KeywordIndex:
    """The full-text index of a corpus.

    Words are runs of letters and digits in lower case, in any language; there is no stemming and no stop list, so what
    is typed is what is found. Chinese, Japanese, Korean, Thai and their like are found by any part of a run.
    """

    def __init__(self, folder: Path, *, threads: int = 1, heap: int = HEAP_BYTES) -> None:
        self.folder, self.threads, self.heap = folder, threads, heap
        self._analyzer = _analyzer()
        self._index: Any = None
        self._stamp: tuple[int, int] | None = None

    def __len__(self) -> int:
        return int(self._searcher().num_docs)

    @property
    def exists(self) -> bool:
        return (self.folder / "meta.json").is_file()

    def build(self, batches: Iterable[Batch]) -> int:
        """Index every document afresh and put the result in place of the old index; returns how many there are."""
        with replacing(self.folder) as fresh:
            index = tantivy.Index(_schema(), str(fresh))
            index.register_tokenizer("words", self._analyzer)
            return self._write(index, batches, known=-1)

    def add(self, batches: Iterable[Batch]) -> int:
        """Index more documents; one that is there already is replaced, so an interrupted call is repeated safely.

        Nothing is visible before the call ends. Raises ConflictError while another process writes.
        """
        if not self.exists:
            return self.build(batches)
        return self._write(self._open(), batches, known=self.last())

    def last(self) -> int:
        """Return the largest doc_id indexed, or -1."""
        hits = self._searcher().search(tantivy.Query.all_query(), 1, False, "doc_id").hits
        return int(hits[0][0]) if hits else -1

    def search(self, query: str, limit: int = 50) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return (doc_ids, BM25 scores), best first, equal scores by doc_id; raises QueryError for an empty query."""
        wanted = self._query(parse(query))
        searcher = self._searcher()
        limit = min(limit, searcher.num_docs)
        if limit < 1:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        hits = searcher.search(wanted, limit, False).hits
        doc_ids = _doc_ids(searcher, hits)
        scores = np.fromiter((score for score, _ in hits), dtype=np.float32, count=len(hits))
        order = np.lexsort((doc_ids, -scores))
        return doc_ids[order], scores[order]

    def matches(self, query: str) -> NDArray[np.int64]:
        """Return the ascending doc_ids of all matching documents; raises QueryError for an empty query."""
        wanted = tantivy.Query.const_score_query(self._query(parse(query)), 1.0)
        searcher = self._searcher()
        if not searcher.num_docs:
            return np.empty(0, dtype=np.int64)
        return np.sort(_doc_ids(searcher, searcher.search(wanted, searcher.num_docs, False).hits))

    def terms(self, query: str) -> list[str]:
        """Return the words and phrases of a query that its documents' texts show, to highlight; [] for a bad query."""
        try:
            shown = [words.text for words in positives(parse(query)) if words.field == "text"]
        except QueryError:
            return []
        trimmed = (re.sub(r"^\W+|\W+$", "", text) for text in shown)
        return list({text.casefold(): text for text in trimmed if text}.values())

    def _write(self, index: Any, batches: Iterable[Batch], *, known: int) -> int:
        try:
            writer = index.writer(self.heap, self.threads)
        except ValueError as reason:
            raise ConflictError("the keyword index is being written", str(reason), "try again in a moment") from reason
        count = 0
        try:
            for doc_ids, texts, fields in batches:
                columns = {name: fields[name] for name in FIELDS if name in fields}
                again = doc_ids[doc_ids <= known].tolist()
                if again:
                    # Deleting by term takes no effect on unsigned numbers; deleting by query does.
                    writer.delete_documents_by_query(tantivy.Query.term_set_query(index.schema, "doc_id", again))
                for place, doc_id in enumerate(doc_ids.tolist()):
                    document = tantivy.Document()
                    document.add_unsigned("doc_id", doc_id)
                    document.add_text("text", _spaced(texts[place]))
                    for name, values in columns.items():
                        document.add_text(name, _spaced(values[place]))
                    writer.add_document(document)
                count += len(doc_ids)
            writer.commit()
        except BaseException:
            writer.rollback()
            raise
        finally:
            writer.wait_merging_threads()
        return count

    def _open(self) -> Any:
        """Return the index, opened again when another process has written it."""
        try:
            found = (self.folder / "meta.json").stat()
            stamp = (found.st_ino, found.st_mtime_ns)
            if self._index is None or stamp != self._stamp:
                self._index = tantivy.Index.open(str(self.folder))
                self._index.register_tokenizer("words", self._analyzer)
                self._stamp = stamp
        except (OSError, ValueError) as reason:
            # While a new index is being renamed in, the old one is still open and still answers.
            if self._index is None:
                raise CorpusError(
                    "keyword search needs its index", f"none in {self.folder}", "run: winnow ingest"
                ) from reason
        return self._index

    def _searcher(self) -> Any:
        return self._open().searcher()

    def _query(self, node: Node) -> Any:
        if isinstance(node, Words):
            return self._words(node)
        if isinstance(node, Some):
            return tantivy.Query.boolean_query([(tantivy.Occur.Should, self._query(part)) for part in node.parts])
        parts = node.parts if isinstance(node, Every) else (node,)
        clauses = [
            (tantivy.Occur.MustNot, self._query(part.part))
            if isinstance(part, Not)
            else (tantivy.Occur.Must, self._query(part))
            for part in parts
        ]
        if all(isinstance(part, Not) for part in parts):
            clauses.append((tantivy.Occur.Must, tantivy.Query.all_query()))
        return tantivy.Query.boolean_query(clauses)

    def _words(self, words: Words) -> Any:
        schema = self._open().schema
        tokens = self._analyzer.analyze(_spaced(words.text))
        if not tokens:
            return tantivy.Query.empty_query()
        if words.prefix and len(tokens) > 1:
            return tantivy.Query.phrase_prefix_query(schema, words.field, tokens)
        if words.prefix:
            # Tokens hold letters and digits alone, so none of them is special in a pattern.
            return tantivy.Query.regex_query(schema, words.field, tokens[0] + ".*")
        if len(tokens) > 1:
            return tantivy.Query.phrase_query(schema, words.field, tokens)
        return tantivy.Query.term_query(schema, words.field, tokens[0])


def _doc_ids(searcher: Any, hits: list[tuple[Any, Any]]) -> NDArray[np.int64]:
    return np.array(searcher.fast_field_values("doc_id", [address for _, address in hits]), dtype=np.int64)


def _spaced(text: str | None) -> str:
    """Compose accents and set unspaced characters apart; ASCII passes untouched."""
    text = (text or "")[:TEXT_LIMIT]
    if text.isascii():
        return text
    return UNSPACED.sub(r" \1 ", unicodedata.normalize("NFC", text))


def _analyzer() -> Any:
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return words.filter(tantivy.Filter.remove_long(WORD_LIMIT)).filter(tantivy.Filter.lowercase()).build()


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("doc_id", indexed=True, fast=True)
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name="words")
    return builder.build()
