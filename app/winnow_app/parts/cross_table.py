"""Two columns against each other as a table coloured by count or mean; a cell is one click from its documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from winnow.catalog.crossing import OTHERS, Axis, Cross
from winnow.catalog.filters import MISSING, Filter
from winnow_app import data, state
from winnow_app.parts.highlight import plain

ALL = "all"
COLOUR = "43, 111, 143"
STRONGEST = 0.55


def cross_table(by: str, across: str, mean_of: str) -> None:
    """Draw the table of the filter's documents; a chosen cell filters by its row and its column."""
    filter = state.current()
    cross = data.cross(by, across, mean_of, filter)
    rows, columns = cross.shown
    values = with_totals(cross, rows, columns)
    names = [f"c{place}" for place in columns] + [ALL]
    frame = pd.DataFrame(values, columns=names)[[ALL, *names[:-1]]]
    frame.insert(0, by, [*(cross.rows.labels[place] for place in rows), ALL])
    shades = np.zeros((len(values), len(names) + 1))
    shades[:-1, 2:] = shading(values[:-1, :-1], counted=cross.means is None)
    labels = {f"c{place}": heading(cross.columns, place) for place in columns} | {ALL: (ALL, ALL)}
    number = "%.3g" if cross.means is not None else "localized"
    event = st.dataframe(
        frame.style.apply(lambda _: css_of(shades, frame), axis=None), hide_index=True, height=min(40 + 35 * len(frame), 620),
        key=f"cross.{by}.{across}.{mean_of}.{filter.key}", on_select="rerun", selection_mode="single-cell",
        column_config={
            name: st.column_config.NumberColumn(short, format=number, width=70 if cross.columns.edges else 96, help=plain(whole))
            for name, (short, whole) in labels.items()
        },
    )  # fmt: skip
    what = f"mean {mean_of.replace('_', ' ')}" if mean_of else "documents"
    st.caption(
        f"{what} by {by.replace('_', ' ')} (down) and {across.replace('_', ' ')}; click a cell to see its documents"
    )
    if event.selection.cells:
        row, name = event.selection.cells[0]
        chosen = filter
        if row < len(rows):
            chosen = narrowed(chosen, cross.rows, rows[row])
        if name in names[:-1]:
            chosen = narrowed(chosen, cross.columns, columns[names.index(name)])
        if chosen != filter:
            state.put(chosen)
            state.keep("tab")
            st.rerun()


def heading(axis: Axis, place: int) -> tuple[str, str]:
    """Return a short and a whole name of a place: a bar is told by where it begins."""
    whole = axis.labels[place]
    if place >= len(axis.edges) - 1:
        return whole, whole
    low = axis.edges[place]
    return f"≥ {low:.2g}" if isinstance(low, (int, float)) else f"≥ {str(low)[:7]}", whole


def with_totals(cross: Cross, rows: list[int], columns: list[int]) -> NDArray[Any]:
    """Return the shown values with a row and a column over all: sums of counts, means weighed by counts."""
    counts = cross.documents[np.ix_(rows, columns)]
    framed = np.pad(counts, ((0, 1), (0, 1)))
    framed[-1, :-1], framed[:-1, -1], framed[-1, -1] = counts.sum(0), counts.sum(1), counts.sum()
    if cross.means is None:
        return framed
    means = cross.means[np.ix_(rows, columns)]
    known = np.where(np.isnan(means), 0, counts)
    sums = np.nan_to_num(means) * known
    values = np.full(framed.shape, np.nan)
    values[:-1, :-1] = means
    with np.errstate(invalid="ignore"):
        values[-1, :-1], values[:-1, -1] = sums.sum(0) / known.sum(0), sums.sum(1) / known.sum(1)
        values[-1, -1] = sums.sum() / known.sum()
    return values


def shading(values: NDArray[Any], *, counted: bool) -> NDArray[np.float64]:
    """Return how strong each cell is coloured, 0 to 1: counts by their root, means from the least to the most."""
    if not values.size or np.isnan(values.astype(float)).all():
        return np.zeros(values.shape)
    low, high = (0.0, float(values.max())) if counted else (float(np.nanmin(values)), float(np.nanmax(values)))
    share = np.nan_to_num((values - low) / ((high - low) or 1.0))
    return np.sqrt(share) if counted else share


def css_of(shades: NDArray[np.float64], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the style of every cell."""
    words = [
        [f"background-color: rgba({COLOUR}, {STRONGEST * one:.2f})" if one else "" for one in row] for row in shades
    ]
    return pd.DataFrame(words, index=frame.index, columns=frame.columns)


def narrowed(filter: Filter, axis: Axis, place: int) -> Filter:
    """Return the filter with the documents at one place of an axis only; what stands together cannot be told apart."""
    label = axis.labels[place]
    if place == len(axis.labels) - 1:
        return filter.with_range(axis.column, None, None).with_values(axis.column, MISSING)
    if not axis.edges:
        return filter if label == OTHERS and place == len(axis.names) else filter.with_values(axis.column, label)
    low = axis.edges[place] if place > 0 else None
    high = axis.edges[place + 1] if place + 2 < len(axis.edges) else None
    if high is None and low is None:
        return filter.with_values(axis.column, MISSING, exclude=True)
    return filter.with_values(axis.column).with_range(axis.column, low, _below(high, axis.column))


def _below(edge: Any, column: str) -> Any:
    """Return the last value below an edge: the bar above begins with the edge itself."""
    if isinstance(edge, str):
        return f"{np.datetime64(edge) - np.timedelta64(1, 'D')}T23:59:59.999999"
    if edge is None:
        return None
    whole = data.columns()[column].type not in ("FLOAT", "DOUBLE")
    if whole:
        return int(np.ceil(edge)) - 1
    return float(np.nextafter(edge, -np.inf))
