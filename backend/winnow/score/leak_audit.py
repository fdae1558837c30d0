"""Whether what ranks documents high also ranks leaked benchmark items high."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.score.base import SketchScorer, Values
from winnow.score.intervals import wilson
from winnow.score.twins import Floats, Ids, ids_of

ALL = "(all)"
AMPLIFICATION = pa.schema(
    [
        ("column", pa.string()),
        ("benchmark", pa.string()),
        ("kept", pa.float64()),
        ("leaked", pa.int64()),
        ("leaked_kept", pa.float64()),
        ("amplification", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("median_percentile", pa.float64()),
    ]
)
"""Of each column, benchmark and kept share: leaked documents, the share of them kept, that over the kept share with its
95 % interval, and the median percentile of the leaked documents."""


class Amplified(NamedTuple):
    """How many times as often leaked documents are kept as documents are, with a 95 % interval."""

    value: float
    low: float
    high: float


def amplification(kept: float, leaked: int, rate: float) -> Amplified:
    """Return (kept / leaked) / rate with its Wilson interval at 95 %; NaN without leaked documents or at rate 0.

    `kept` of `leaked` documents that hold benchmark items are among the share `rate` of all documents that is kept.

    >>> amplification(5, 5, 0.1).value, amplification(5, 5, 1.0).value
    (10.0, 1.0)
    """
    if not leaked or rate <= 0:
        return Amplified(math.nan, math.nan, math.nan)
    low, high = wilson(kept, leaked)
    return Amplified(kept / leaked / rate, low / rate, high / rate)


def kept_among(values: Floats, chosen: NDArray[np.bool_], rate: float) -> float:
    """Return how many of the chosen are among the highest `rate` of all values; of equals at the edge, a fair share.

    NaN is lower than every number and never kept.
    """
    known = np.sort(values[~np.isnan(values)])[::-1]
    keep = min(round(rate * len(values)), len(known))
    if keep == 0:
        return 0.0
    edge = known[keep - 1]
    above, level = np.count_nonzero(known > edge), np.count_nonzero(known == edge)
    return float(
        np.count_nonzero(values[chosen] > edge) + np.count_nonzero(values[chosen] == edge) * (keep - above) / level
    )


class Sketch(NamedTuple):
    """A batch's doc_ids, the columns' values float64 [n, columns], and the benchmark of each leaked document."""

    doc_ids: Ids
    values: Floats
    benchmarks: pa.Array


class Audit(NamedTuple):
    """The table, and the highest percentile of each leaked document by its doc_id, sorted."""

    table: pa.Table
    doc_ids: Ids
    percentiles: Floats


@dataclass(frozen=True, kw_only=True)
class LeakAudit(SketchScorer):
    """Measures whether filtering by a column keeps documents that hold benchmark items more often than others.

    For each column q and kept share ρ: amplification = P(leaked document among the highest ρ of q) / ρ, with the Wilson
    interval of the share. Leaked documents spread evenly give 1; all of them in the highest 5 % give 10 at ρ = .1; at
    ρ = 1 it is 1. Leaked are the documents that contamination calls contaminated. A filter that likes exams and
    textbooks amplifies: the authors found benchmark samples in the top 5 percentiles of a published quality classifier.

    `leak_percentile` is the highest percentile (share of documents at or below it) of a leaked document among the
    columns, null for others; the table "amplification" says it all. A reconstruction: the finding is published, the
    measure is Winnow's.
    """

    name: ClassVar[str] = "leak_audit"
    paper: ClassVar[Paper | None] = Paper(
        "Gaperon: A Peppered English-French Generative Language Model Suite", "2510.25771", 2025
    )
    reconstruction: ClassVar[bool] = True
    default: ClassVar[bool] = False
    whole_corpus: ClassVar[bool] = True

    columns_audited: tuple[str, ...] = param(("quality",), "The columns of numbers that a filter may rank by.")
    shares: tuple[str, ...] = param(("0.05", "0.1", "0.25", "0.5"), "The shares of documents that a filter would keep.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rates()

    def rates(self) -> list[float]:
        """Return the kept shares as numbers; raises SettingError."""
        try:
            rates = [float(share) for share in self.shares]
        except ValueError:
            rates = [math.nan]
        if not all(0 < rate <= 1 for rate in rates):
            raise SettingError(
                "leak_audit: shares are numbers above 0, at most 1", f"found {self.shares!r}", "0.05, 0.1"
            )
        return rates

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"leak_percentile": pa.float32()}

    def needs(self) -> frozenset[str]:
        return frozenset({"contaminated", "contamination_benchmark", *self.columns_audited})

    def sketch(self, batch: pa.RecordBatch) -> Sketch:
        values = np.empty((batch.num_rows, len(self.columns_audited)))
        for place, name in enumerate(self.columns_audited):
            column = batch.column(name)
            if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
                raise SettingError(
                    "leak_audit ranks by columns of numbers",
                    f"'{name}' holds {column.type}",
                    "--set columns_audited=quality",
                )
            values[:, place] = column.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
        named = batch.column("contamination_benchmark").cast(pa.string())
        leaked = batch.column("contaminated").fill_null(False)
        mask = ~leaked.to_numpy(zero_copy_only=False)
        places = pa.array(np.arange(batch.num_rows), mask=mask)
        return Sketch(ids_of(batch), values, named.take(places))

    def learn(self, sketches: Iterable[Sketch], corpus: Iterable[pa.RecordBatch]) -> Audit:
        """Rank every column; holds 8 bytes a value and a name a document."""
        made = list(sketches)
        empty = Sketch(np.zeros(0, np.int64), np.zeros((0, len(self.columns_audited))), pa.array([], pa.string()))
        ids, values = (np.concatenate([part[place] for part in [empty, *made]]) for place in (0, 1))
        named = pa.concat_arrays([empty.benchmarks, *(part.benchmarks for part in made)])
        leaked = named.is_valid().to_numpy(zero_copy_only=False)
        names = np.array([name or "" for name in named.to_pylist()], dtype=object)
        percentiles = np.full((len(ids), len(self.columns_audited)), np.nan)
        rows: list[dict[str, object]] = []
        for place, column in enumerate(self.columns_audited):
            percentiles[:, place] = _percentiles(values[:, place])
            for benchmark in [ALL, *sorted({str(name) for name in names[leaked]})]:
                chosen = leaked if benchmark == ALL else names == benchmark
                middle = percentiles[chosen, place]
                median = float(np.nanmedian(middle)) if np.isfinite(middle).any() else math.nan
                for rate in self.rates():
                    kept = kept_among(values[:, place], chosen, rate)
                    count = int(chosen.sum())
                    row = (
                        column,
                        benchmark,
                        rate,
                        count,
                        kept / max(count, 1),
                        *amplification(kept, count, rate),
                        median,
                    )
                    rows.append(dict(zip(AMPLIFICATION.names, row, strict=True)))
        order = np.flatnonzero(leaked)[np.argsort(ids[leaked], kind="stable")]
        highest = np.max(np.nan_to_num(percentiles[order], nan=0.0), axis=1, initial=0.0)
        return Audit(pa.Table.from_pylist(rows, schema=AMPLIFICATION), ids[order], highest)

    def tables(self, prepared: Audit) -> Mapping[str, pa.Table]:
        return {"amplification": prepared.table}

    def score(self, batch: pa.RecordBatch, prepared: Audit) -> Mapping[str, Values]:
        ids = ids_of(batch)
        place = np.searchsorted(prepared.doc_ids, ids)
        inside = place < len(prepared.doc_ids)
        inside[inside] = prepared.doc_ids[place[inside]] == ids[inside]
        values = np.zeros(len(ids), dtype=np.float32)
        values[inside] = prepared.percentiles[place[inside]]
        return {"leak_percentile": pa.array(values, mask=~inside)}


def _percentiles(values: Floats) -> Floats:
    """Return the share of documents with a value that is at most each one's; NaN without a value."""
    known = np.sort(values[~np.isnan(values)])
    ranks = np.searchsorted(known, values, side="right") / max(len(known), 1)
    return np.where(np.isnan(values), np.nan, ranks)
