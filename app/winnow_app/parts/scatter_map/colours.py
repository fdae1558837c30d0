"""What the colours of the map mean: codes per point, a palette and a legend with counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from winnow.catalog.facets import Facet
from winnow.errors import SettingError

# Okabe and Ito's colours without black and the pale yellow, then more, picked so that every pair stays apart under
# protanopia, deuteranopia and tritanopia and every colour stands out from a white and from a near-black page.
CATEGORY_PALETTE = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00",
    "#AA3377", "#7B5E3B", "#DDCC77", "#FFAABB", "#88CCEE", "#8C6BD6",
)  # fmt: skip
OTHER_COLOUR = "#8A8F98"
MISSING_COLOUR = "#B9BDC4"
# Stops of viridis (CC0) without its darkest and palest ends, which vanish on a dark and on a white page.
NUMBER_STOPS = ("#414487", "#2A788E", "#22A884", "#7AD151", "#D5E21A")
NUMBER_LEVELS = 32

Kind = Literal["category", "number"]
Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True, kw_only=True)
class LegendEntry:
    """One row of the legend: a name, its colour as #RRGGBB and how many points wear it."""

    name: str
    colour: str
    count: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Colouring:
    """A colour code per point, shape (n,), into `palette`, and what the codes mean.

    For a category the legend has one entry per palette colour, most frequent first. For a number the palette is a ramp
    with `ticks` naming its low, middle and high end, followed by one colour per legend entry (missing values).
    """

    codes: Codes
    palette: tuple[str, ...]
    legend: tuple[LegendEntry, ...]
    kind: Kind = "category"
    title: str = ""
    ticks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.palette:
            raise SettingError("the map's colouring needs at least one colour", "the palette is empty", "name a colour")
        if len(self.codes) and int(self.codes.max()) >= len(self.palette):
            found = f"code {int(self.codes.max())} and {len(self.palette)} colours"
            raise SettingError("each colour code of the map must have a colour", found, "give a colour per code")


def one_colour(n: int, name: str = "documents") -> Colouring:
    """Colour all n points alike."""
    entry = LegendEntry(name=name, colour=CATEGORY_PALETTE[0], count=n)
    return Colouring(codes=np.zeros(n, np.uint8), palette=(entry.colour,), legend=(entry,))


def by_category(
    values: Sequence[Any] | npt.NDArray[Any] | pa.ChunkedArray,
    *,
    title: str = "",
    limit: int | None = None,
    counted: Facet | None = None,
) -> Colouring:
    """Colour by a column of names: the `limit` most frequent get a colour each, the rest share a grey.

    Missing values (None, NaN, the empty text) have an entry of their own, last. Ties go by name, so the same column
    always gets the same colours. `counted` says what the whole column holds, most frequent first, when the values are
    only a part of it: colours and counts are then those of the whole.
    """
    most = len(CATEGORY_PALETTE) if limit is None else limit
    if not 1 <= most <= len(CATEGORY_PALETTE):
        found = f"asked for {most}"
        raise SettingError(f"the map tells 1 to {len(CATEGORY_PALETTE)} categories apart", found, "lower the limit")
    names, places = _factorise(values)
    whole = _counted(names, places, most) if counted is None else counted
    shown = [(name, count) for name, count in whole.values if name][:most]
    legend = [LegendEntry(name=name, colour=CATEGORY_PALETTE[i], count=count) for i, (name, count) in enumerate(shown)]
    code = {name: i for i, (name, _) in enumerate(shown)}
    code_of = np.array([code.get(name, len(shown)) for name in names] + [0], np.uint8)
    if whole.other_names or any(name and name not in code for name in names):
        legend.append(LegendEntry(name=f"{whole.other_names} others", colour=OTHER_COLOUR, count=whole.others))
    missing = whole.missing + sum(count for name, count in whole.values if not name)
    if missing or (places < 0).any():
        code_of[-1] = len(legend)
        legend.append(LegendEntry(name="missing", colour=MISSING_COLOUR, count=missing))
    if not legend:
        return one_colour(0)
    palette = tuple(entry.colour for entry in legend)
    return Colouring(codes=code_of[places], palette=palette, legend=tuple(legend), title=title)


def by_number(
    values: Sequence[float | None] | npt.NDArray[Any],
    *,
    title: str = "",
    low: float | None = None,
    high: float | None = None,
    missing: int | None = None,
    words: Callable[[float], str] = "{:.3g}".format,
) -> Colouring:
    """Colour by a number column on a ramp of 32 levels from `low` to `high`; values outside take the end colours.

    Without `low` and `high` the ramp spans the 1st to the 99th percentile, so that a few extremes do not flatten the
    rest. Missing and infinite values get a colour of their own; `missing` says how many the whole
    column has when the values are only a part of it. `words` writes the ends and the middle.
    """
    numbers = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(numbers)
    ends = np.quantile(numbers[finite], [0.01, 0.99]) if finite.any() else np.array([0.0, 1.0])
    start, end = (float(ends[0]) if low is None else low), (float(ends[1]) if high is None else high)
    if start > end:
        raise SettingError("a colour ramp runs from low to high", f"low {start:g}, high {end:g}", "swap the two")
    span = end - start or 1.0
    share = np.clip((np.where(finite, numbers, start) - start) / span, 0.0, 1.0)
    codes = np.minimum((share * NUMBER_LEVELS).astype(np.uint8), NUMBER_LEVELS - 1)
    palette, legend = _ramp(), list[LegendEntry]()
    lacking = int((~finite).sum())
    if lacking or missing:
        codes[~finite] = len(palette)
        palette = (*palette, MISSING_COLOUR)
        count = lacking if missing is None else missing
        legend.append(LegendEntry(name="missing", colour=MISSING_COLOUR, count=count))
    ticks = tuple(words(tick) for tick in (start, (start + end) / 2, end))
    return Colouring(codes=codes, palette=palette, legend=tuple(legend), kind="number", title=title, ticks=ticks)


def day(seconds: float) -> str:
    """The day of a number of seconds since 1970, for the ends of a ramp of dates."""
    return str(np.datetime64(int(seconds), "s"))[:10]


def _counted(names: list[str], places: npt.NDArray[np.int64], most: int) -> Facet:
    present = places >= 0
    counts = np.bincount(places[present], minlength=len(names)).tolist()
    ranked = sorted(
        ((name, n) for name, n in zip(names, counts, strict=True) if name), key=lambda each: (-each[1], each[0])
    )
    rest = ranked[most:]
    return Facet(ranked[:most], int((~present).sum()), sum(count for _, count in rest), len(rest))


def _factorise(
    values: Sequence[Any] | npt.NDArray[Any] | pa.ChunkedArray,
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Distinct names and, per value, the place of its name; -1 for a missing value."""
    if not isinstance(values, pa.ChunkedArray):
        missing = pd.isna(pd.Series(values, dtype=object))
        words = [None if lacking else str(value) for value, lacking in zip(values, missing, strict=True)]
        values = pa.chunked_array([pa.array(words, pa.string())])
    coded = values.dictionary_encode().combine_chunks()
    names = [str(name) for name in coded.dictionary.to_pylist()]
    places = np.asarray(coded.indices.fill_null(-1), np.int64)
    if "" in names:
        places[places == names.index("")] = -1
    return names, places


def _ramp() -> tuple[str, ...]:
    stops = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in NUMBER_STOPS], np.float64)
    at = np.linspace(0.0, len(stops) - 1.0, NUMBER_LEVELS)
    channels = np.stack([np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)], axis=1)
    return tuple("#{:02X}{:02X}{:02X}".format(*level) for level in np.rint(channels).astype(int).tolist())
