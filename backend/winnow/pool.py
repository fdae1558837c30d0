"""What a selector sees (Pool, Budget) and returns (Selection): plain aligned arrays, no files, no SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from winnow.errors import MissingNeed, SettingError, nearest

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """A column of names: `names[codes[row]]`, with code -1 for a missing name."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: Rows) -> Groups:
        return Groups(self.codes[rows], self.names)

    def members(self) -> Iterator[tuple[str, Rows]]:
        """Yield each non-empty group's name and its rows in order; missing names come last as "(none)"."""
        order = np.argsort(self.codes, kind="stable")
        codes, starts = np.unique(self.codes[order], return_index=True)
        parts = np.split(order, starts[1:])
        named = [(self.names[code], rows) for code, rows in zip(codes, parts, strict=True) if code >= 0]
        missing = [("(none)", rows) for code, rows in zip(codes, parts, strict=True) if code < 0]
        yield from named + missing

    @classmethod
    def of(cls, values: list[str | None]) -> Groups:
        names = sorted({value for value in values if value is not None})
        code = {name: position for position, name in enumerate(names)}
        codes = [-1 if value is None else code[value] for value in values]
        return cls(np.array(codes, dtype=np.int32), tuple(names))


@dataclass(frozen=True)
class Target:
    """The texts a matching selector aims at, with their vectors per encoder."""

    name: str
    texts: tuple[str, ...]
    vectors: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)


@dataclass(frozen=True)
class Pool:
    """The documents to choose from: read-only arrays, entry i of each belongs to row i.

    `doc_ids` int64 [n], stable names; `tokens` int64 [n]; `columns` numbers float64 [n] (NaN = missing) or Groups;
    `vectors` per encoder float [n, d], unit length.
    """

    doc_ids: Rows
    tokens: Rows
    columns: Mapping[str, Floats | Groups] = field(default_factory=dict)
    vectors: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
    target: Target | None = None

    def __post_init__(self) -> None:
        for array in (self.doc_ids, self.tokens, *self.columns.values(), *self.vectors.values()):
            if len(array) != len(self.doc_ids):
                raise ValueError(f"a pool of {len(self.doc_ids)} documents has a column of {len(array)}")
            values = array.codes if isinstance(array, Groups) else array
            if values.base is None or values.flags.owndata:
                values.flags.writeable = False

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
        return Groups.of([None if value != value else f"{value:g}" for value in values.tolist()])

    def _column(self, column: str) -> Floats | Groups:
        if column not in self.columns:
            raise MissingNeed(f"this needs column '{column}'", "the pool lacks it", nearest(column, self.columns))
        return self.columns[column]

    def require(self, who: str, needs: frozenset[str]) -> None:
        """Raise MissingNeed with the command that makes the first thing missing."""
        for need in sorted(needs):
            kind, _, model = need.partition(":")
            if kind == "target":
                if self.target is None:
                    raise MissingNeed(f"{who} needs a target", "none was given", "add --target FILE")
            elif kind == "vectors":
                if model not in self.vectors:
                    raise MissingNeed(
                        f"{who} needs vectors of '{model}'", "there are none", f"winnow embed --model {model}"
                    )
            elif need not in self.columns:
                raise MissingNeed(f"{who} needs column '{need}'", "the corpus lacks it", "winnow score --all")

    def uniform(self, seed: int, stream: str = "") -> Floats:
        """Return one number in (0, 1) per document, from hash(seed, stream, doc_id): order never changes it.

        The hash is the splitmix64 finaliser on doc_id plus a 64-bit salt of (seed, stream).
        """
        digest = hashlib.blake2b(f"{seed}\x00{stream}".encode(), digest_size=8).digest()
        salt = np.uint64(int.from_bytes(digest, "little"))
        with np.errstate(over="ignore"):
            x = self.doc_ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + salt
            x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            x ^= x >> np.uint64(31)
        return ((x >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53

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
            {name: values[rows] for name, values in self.vectors.items()},
            self.target,
        )


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
        return self.share * float(pool.tokens.sum())

    def cut(self, costs: Rows, amount: float) -> int:
        """Return how many of the costs, in order, are taken: up to and including the one that reaches the amount.

        >>> Budget(tokens=250).cut(np.array([100, 200, 300]), 250)
        2
        """
        return int(min(np.searchsorted(np.cumsum(costs), amount, side="left") + 1, len(costs)))

    def asked(self) -> dict[str, float]:
        return {key: value for key, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Selection:
    """The chosen rows of a pool in order, and how often each is seen (weight 1 = once)."""

    rows: Rows
    weights: Floats

    @classmethod
    def once(cls, rows: Rows) -> Selection:
        return cls(np.asarray(rows, dtype=np.int64), np.ones(len(rows)))

    def __len__(self) -> int:
        return len(self.rows)
