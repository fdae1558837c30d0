"""What a selector sees (Pool, Budget) and returns (Selection): plain aligned arrays, no files, no SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.errors import MissingNeed, SettingError, nearest

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Array = TypeVar("Array", bound=NDArray[Any])

TextSource = Callable[[Rows], "pa.Array[Any] | pa.ChunkedArray[Any]"]
"""Reads the texts of documents by doc_id, in the order asked; a document without text may come as null."""

TEXT_BATCH = 4096
"""How many texts a pool reads at once."""

MISSING = "(none)"
"""How the group of documents without a name is called."""


@dataclass(frozen=True, eq=False)
class Groups:
    """A column of names: `names[codes[row]]`, with code -1 for a missing name."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", _read_only(self.codes))

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: Rows) -> Groups:
        return Groups(self.codes[rows], self.names)

    def members(self) -> Iterator[tuple[str, Rows]]:
        """Yield each non-empty group's name and its rows in order; missing names come last as "(none)"."""
        order = np.argsort(self.codes, kind="stable")
        codes, starts = np.unique(self.codes[order], return_index=True)
        parts = list(zip(codes, np.split(order, starts)[1:], strict=True))
        yield from ((self.names[code], rows) for code, rows in parts if code >= 0)
        yield from ((MISSING, rows) for code, rows in parts if code < 0)

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Groups:
        names = sorted({value for value in values if value is not None})
        code = {name: position for position, name in enumerate(names)}
        codes = [-1 if value is None else code[value] for value in values]
        return cls(np.array(codes, dtype=np.int32), tuple(names))


class Source(Protocol):
    """Vectors [n, d] that can be read by row numbers, wherever they lie."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: Rows, /) -> NDArray[np.floating]: ...


@dataclass(frozen=True, eq=False)
class Stored:
    """Vectors [n, d] left where they are stored: row i is row `rows[i]` of the source, and float32 once it is read."""

    source: Source
    rows: Rows

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), self.source.shape[1]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, wanted: slice | Rows) -> NDArray[np.float32]:
        return np.asarray(self.source[self.rows[wanted]], dtype=np.float32)

    def among(self, wanted: Rows) -> Stored:
        return Stored(self.source, self.rows[wanted])


Vectors = NDArray[np.floating] | Stored


@dataclass(frozen=True, eq=False)
class Target:
    """The texts a matching selector aims at, with their vectors per encoder and, if they come in parts, their parts.

    `groups` names the part of each text: the file it came from, when a target is several files.
    """

    name: str
    texts: tuple[str, ...]
    vectors: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    groups: Groups | None = None


@dataclass(frozen=True, eq=False)
class Pool:
    """The documents to choose from: read-only arrays, entry i of each belongs to row i.

    `doc_ids` int64 [n], stable names; `tokens` int64 [n]; `columns` numbers float64 [n] (NaN = missing) or Groups;
    `vectors` per encoder float [n, d], unit length, left on the disk where they are many; `texts` reads texts by doc_id
    and holds none, so that a pool of any size stays small.
    """

    doc_ids: Rows
    tokens: Rows
    columns: Mapping[str, Floats | Groups] = field(default_factory=dict)
    vectors: Mapping[str, Vectors] = field(default_factory=dict)
    target: Target | None = None
    texts: TextSource | None = None

    def __post_init__(self) -> None:
        for array in (self.tokens, *self.columns.values(), *self.vectors.values()):
            if len(array) != len(self.doc_ids):
                raise ValueError(f"a pool of {len(self.doc_ids)} documents has a column of {len(array)}")
        columns = {
            name: values if isinstance(values, Groups) else _read_only(values) for name, values in self.columns.items()
        }
        vectors = {
            name: values if isinstance(values, Stored) else _read_only(values) for name, values in self.vectors.items()
        }
        object.__setattr__(self, "doc_ids", _read_only(np.asarray(self.doc_ids, dtype=np.int64)))
        object.__setattr__(self, "tokens", _read_only(np.asarray(self.tokens, dtype=np.int64)))
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "vectors", vectors)

    def __len__(self) -> int:
        return len(self.doc_ids)

    def number(self, column: str) -> Floats:
        """Return a column of numbers; raises MissingNeed or SettingError."""
        values = self._column(column)
        if isinstance(values, Groups):
            raise SettingError(f"column '{column}' holds names", "a number was needed", "choose a numeric column")
        return values

    def group(self, column: str) -> Groups:
        """Return a column of names; numbers become names; raises MissingNeed."""
        values = self._column(column)
        if isinstance(values, Groups):
            return values
        distinct, codes = np.unique(values, return_inverse=True)
        known = distinct[~np.isnan(distinct)]
        names = tuple(f"{value:.0f}" if value.is_integer() else repr(value) for value in known.tolist())
        return Groups(np.where(np.isnan(values), -1, codes).astype(np.int32), names)

    def _column(self, column: str) -> Floats | Groups:
        if column not in self.columns:
            raise MissingNeed(f"this needs column '{column}'", "the pool lacks it", nearest(column, self.columns))
        return self.columns[column]

    def require(self, who: str, needs: frozenset[str]) -> None:
        """Raise MissingNeed with the command that makes the first thing missing."""
        for need in sorted(needs):
            kind, _, model = need.partition(":")
            if kind == "text":
                if self.texts is None:
                    raise MissingNeed(f"{who} needs the text of documents", "the pool has none", "winnow select")
            elif kind == "target":
                if self.target is None:
                    raise MissingNeed(f"{who} needs a target", "none was given", "add --target FILE")
            elif kind == "vectors":
                if model not in self.vectors:
                    found = "not every document has one"
                    raise MissingNeed(f"{who} needs vectors of '{model}'", found, f"winnow embed --model {model}")
            elif need not in self.columns:
                found = f"the corpus lacks it ({nearest(need, self.columns)})"
                raise MissingNeed(f"{who} needs column '{need}'", found, _command(need))

    def text_batches(self, rows: Rows | None = None, size: int = TEXT_BATCH) -> Iterator[pa.LargeStringArray]:
        """Yield the texts of the rows (all by default), in their order, a bounded number at a time; null becomes ""."""
        if self.texts is None:
            raise MissingNeed("this needs the text of documents", "the pool has none", "winnow select")
        wanted = self.doc_ids if rows is None else self.doc_ids[rows]
        for start in range(0, len(wanted), size):
            read = self.texts(wanted[start : start + size])
            whole = read.combine_chunks() if isinstance(read, pa.ChunkedArray) else read
            yield pc.fill_null(pc.cast(whole, pa.large_string()), "")

    def hashes(self, seed: int, stream: str = "") -> Hashes:
        """Return hash(seed, stream, doc_id) per document, distinct for distinct documents: order never changes it.

        The hash is the splitmix64 finaliser, a bijection, on doc_id times an odd number plus a salt of (seed, stream).
        """
        digest = hashlib.blake2b(f"{seed}\x00{stream}".encode(), digest_size=8).digest()
        salt = np.uint64(int.from_bytes(digest, "little"))
        with np.errstate(over="ignore"):
            x = self.doc_ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + salt
            x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))

    def uniform(self, seed: int, stream: str = "") -> Floats:
        """Return one number in (0, 1), both ends excluded, per document: (floor(hash / 2^12) + 1/2) / 2^52."""
        return unit_interval(self.hashes(seed, stream))

    @cached_property
    def fingerprint(self) -> str:
        """Return a short hash of which documents, with how many tokens, stand in the pool."""
        order = np.argsort(self.doc_ids, kind="stable")
        digest = hashlib.sha256(np.ascontiguousarray(self.doc_ids[order]).tobytes())
        digest.update(np.ascontiguousarray(self.tokens[order]).tobytes())
        return digest.hexdigest()[:16]

    def take(self, rows: Rows) -> Pool:
        return Pool(
            self.doc_ids[rows],
            self.tokens[rows],
            {
                name: values.take(rows) if isinstance(values, Groups) else values[rows]
                for name, values in self.columns.items()
            },
            {
                name: values.among(rows) if isinstance(values, Stored) else values[rows]
                for name, values in self.vectors.items()
            },
            self.target,
            self.texts,
        )


def unit_interval(hashes: Hashes) -> Floats:
    """Return numbers in (0, 1) from hashes; 52 bits, since 53 and a half would round up to 1.

    >>> unit_interval(np.array([0, 2**64 - 1], dtype=np.uint64)).tolist() == [2.0**-53, 1 - 2.0**-53]
    True
    """
    return ((hashes >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _command(column: str) -> str:
    return "winnow cluster" if column.startswith(("cluster", "map_")) else "winnow score --all"


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True)
class Budget:
    """How much to choose: a number of documents, of tokens, or a share of the pool's tokens. Exactly one is set."""

    docs: int | None = None
    tokens: int | None = None
    share: float | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.docs, self.tokens, self.share) if value is not None]
        if len(given) != 1:
            raise SettingError("a budget is one of docs, tokens or share", f"{len(given)} were given", "--share 0.1")
        for unit in ("docs", "tokens"):
            value = getattr(self, unit)
            if value is not None and not isinstance(value, (int, np.integer)):
                raise SettingError(f"a budget of {unit} is a whole number", f"found {value!r}", f"--{unit} 1000")
        if not given[0] > 0 or (self.share is not None and self.share > 1):
            bound = "in (0, 1]" if self.share is not None else "above 0"
            raise SettingError(
                f"the budget is {bound}", f"found {given[0]:g}", "--share 0.1, --docs 1000, --tokens 1000000"
            )

    @property
    def unit(self) -> str:
        return "docs" if self.docs is not None else "tokens"

    def costs(self, pool: Pool) -> Rows:
        """Return what each document costs in the budget's unit."""
        return np.ones(len(pool), dtype=np.int64) if self.docs is not None else pool.tokens

    def amount(self, pool: Pool) -> float:
        """Return the budget in its unit, for this pool."""
        if self.docs is not None:
            return self.docs
        if self.tokens is not None:
            return self.tokens
        assert self.share is not None
        return round(self.share * float(pool.tokens.sum()), 6)

    def cut(self, costs: Rows, amount: float) -> int:
        """Return how many of the costs, in order, are taken: up to and including the one that reaches the amount.

        >>> Budget(tokens=250).cut(np.array([100, 200, 300]), 250)
        2
        """
        reached = int(np.searchsorted(np.cumsum(costs), amount, side="left"))
        return min(reached + 1, len(costs))

    def asked(self) -> dict[str, float]:
        """Return the budget as it was asked, for a recipe: {"docs": 1000}."""
        return {key: value for key, value in vars(self).items() if value is not None}


@dataclass(frozen=True, eq=False)
class Selection:
    """The chosen rows of a pool in order, and how often each is seen (weight 1 = once)."""

    rows: Rows
    weights: Floats

    @classmethod
    def once(cls, rows: Rows) -> Selection:
        return cls(np.asarray(rows, dtype=np.int64), np.ones(len(rows)))

    def __len__(self) -> int:
        return len(self.rows)

    def spent(self, pool: Pool) -> dict[str, int]:
        """Return what was chosen, each document counted once: {"docs": ..., "tokens": ...}."""
        return {"docs": len(self), "tokens": int(pool.tokens[self.rows].sum())}
