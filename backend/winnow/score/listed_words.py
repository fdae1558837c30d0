"""Words and phrases of a list that the user gives, found in every document."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import InputError, MissingNeed
from winnow.method import param
from winnow.score.base import SPANS, Scorer, Values
from winnow.score.folded import FoldedWords, Hashes, word_places
from winnow.score.words import Places, share


@dataclass(frozen=True)
class Sought:
    """The entries of a list: `keys[k]` holds the hash of each entry of k words, sorted; `names[k]` what it is called."""

    keys: Mapping[int, Hashes]
    names: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True)
class Hits:
    """Entry `entries[i]` (numbered over all lengths) stands in document `rows[i]`, at `sizes[i]` words from `words[i]` on."""

    rows: Places
    words: Places
    sizes: Places
    entries: Places


@dataclass(frozen=True, kw_only=True)
class ListedWords(Scorer):
    """Counts the entries of a word list of the user's in each document, marks them and flags the document.

    An entry is one line of the file: a word or a phrase. Texts and entries are compared by their words: NFKC, lower
    case, punctuation taken as a space. An entry matches whole words in a row, never the middle of one; in scripts
    written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) each letter is a word, so there it matches
    anywhere. These are the rules by which C4 and datatrove use the LDNOOBW lists, which may be given as they are.

    `listed_words` is whether at least `least` entries were found; `listed_words_count` counts all places,
    `listed_words_distinct` different entries, `listed_words_share` is the share of the document's words inside entries.
    Raises MissingNeed without a file, InputError for one that cannot be read or holds no word.
    """

    name: ClassVar[str] = "listed_words"
    default: ClassVar[bool] = False

    file: str = param("", "A file of words and phrases, one a line, such as a list of LDNOOBW.")
    least: int = param(1, "How many places make a document flagged.", low=1, high=1_000_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        # A job runs in another folder than the command that asked for it.
        if self.file:
            object.__setattr__(self, "file", os.path.abspath(os.path.expanduser(self.file)))

    def columns(self) -> Mapping[str, pa.DataType]:
        return {
            "listed_words": pa.bool_(),
            "listed_words_count": pa.int32(),
            "listed_words_distinct": pa.int32(),
            "listed_words_share": pa.float32(),
            "listed_words_spans": SPANS,
        }

    def state(self) -> str:
        try:
            return str(Path(self.file).stat().st_mtime_ns) if self.file else ""
        except OSError:
            return ""

    def prepare(self, corpus: Iterable[pa.RecordBatch]) -> Sought:
        """Read the list; the corpus is not read."""
        return read_list(self.file)

    def score(self, batch: pa.RecordBatch, prepared: Sought) -> Mapping[str, Values]:
        words, size = FoldedWords.of(batch.column("text")), batch.num_rows
        hits = find(words, prepared)
        counts = np.bincount(hits.rows, minlength=size).astype(np.int32)
        pairs = np.unique(np.stack([hits.rows, hits.entries]), axis=1)[0] if len(hits.rows) else hits.rows
        return {
            "listed_words": counts >= self.least,
            "listed_words_count": counts,
            "listed_words_distinct": np.bincount(pairs, minlength=size).astype(np.int32),
            "listed_words_share": share(_covered(hits, words), words.counts).astype(np.float32),
            "listed_words_spans": _spans(batch, words, hits, prepared),
        }


def read_list(path: str) -> Sought:
    """Read a file of entries, one a line, equal ones once."""
    if not path:
        raise MissingNeed("listed_words needs a list", "no file was named", "--set file=PATH")
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as reason:
        raise InputError(
            f"listed_words needs a UTF-8 text file at '{path}'", str(reason), "--set file=PATH"
        ) from reason
    entries = list(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
    words = FoldedWords.of(pa.array(entries, pa.large_string()))
    keys, names = {}, {}
    for size in np.unique(words.counts[words.counts > 0]).tolist():
        mine = np.flatnonzero(words.counts == size)
        found, first = np.unique(words.runs(size)[words.begins[mine]], return_index=True)
        keys[size], names[size] = found, tuple(entries[i] for i in mine[first])
    if not keys:
        raise InputError(f"listed_words needs words in '{path}'", "the file holds none", "one word or phrase a line")
    return Sought(keys, names)


def find(words: FoldedWords, sought: Sought) -> Hits:
    """Find every place where an entry stands; places may overlap."""
    owners = np.repeat(np.arange(len(words.counts)), words.counts)
    parts = [tuple(np.zeros(0, dtype=np.int64) for _ in range(4))]
    ahead = 0
    for size, keys in sought.keys.items():
        places = words.run_places(size)
        hashes = words.runs(size)[places]
        entry = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
        met = np.flatnonzero(keys[entry] == hashes)
        at = places[met]
        parts.append((owners[at], at, np.full(len(at), size), entry[met] + ahead))
        ahead += len(keys)
    rows, at, sizes, entries = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((sizes, at))
    return Hits(rows[order], at[order], sizes[order], entries[order])


def _covered(hits: Hits, words: FoldedWords) -> NDArray[np.int64]:
    """Count the words of each document that stand inside an entry."""
    depth = np.zeros(len(words) + 1, dtype=np.int64)
    np.add.at(depth, hits.words, 1)
    np.add.at(depth, hits.words + hits.sizes, -1)
    running = np.append(0, np.cumsum(np.cumsum(depth[:-1]) > 0))
    counts: NDArray[np.int64] = running[words.begins + words.counts] - running[words.begins]
    return counts


def _spans(batch: pa.RecordBatch, words: FoldedWords, hits: Hits, sought: Sought) -> pa.Array:
    names = [name for found in sought.names.values() for name in found]
    spans: list[list[dict[str, object]]] = [[] for _ in range(batch.num_rows)]
    for row in np.unique(hits.rows).tolist():
        mine = slice(*np.searchsorted(hits.rows, [row, row + 1]).tolist())
        places = word_places(batch.column("text")[row].as_py())
        firsts = hits.words[mine] - words.begins[row]
        for first, size, entry in zip(
            firsts.tolist(), hits.sizes[mine].tolist(), hits.entries[mine].tolist(), strict=True
        ):
            if first + size <= len(places):
                start, end = places[first][0], places[first + size - 1][1]
                spans[row].append({"start": start, "end": end, "kind": names[entry]})
    return pa.array(spans, SPANS)
