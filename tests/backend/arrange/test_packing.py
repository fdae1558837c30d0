"""Windows: where pieces begin and end, what best fit saves, and what a row of a window says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from winnow.arrange.packing import Pack, best_fit, joined_windows
from winnow.errors import SettingError


def pieces(method: Pack, tokens: list[int]) -> list[tuple[int, int, int, int, int]]:
    made = method.pack(np.array(tokens), seed=0)
    columns = (made.places, made.first, made.last, made.window, made.start)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_concat_cuts_where_windows_end() -> None:
    """Lengths 5, 7, 0, 3 end to end in windows of 6: 0..5, 5..12, 12..15, cut at 6 and 12."""
    assert pieces(Pack(by="concat", tokens=6, between=0), [5, 7, 0, 3]) == [
        (0, 0, 5, 0, 0), (1, 0, 1, 0, 5), (1, 1, 7, 1, 0), (3, 0, 3, 2, 0),
    ]  # fmt: skip


def test_a_token_is_left_free_after_each_document() -> None:
    """Lengths 2, 2, 2 with one token between, windows of 4: texts at 0..2, 3..5 and 6..8; 2 and 5 are free."""
    assert pieces(Pack(by="concat", tokens=4, between=1), [2, 2, 2]) == [
        (0, 0, 2, 0, 0), (1, 0, 1, 0, 3), (1, 1, 2, 1, 0), (2, 0, 2, 1, 2),
    ]  # fmt: skip


def test_best_fit_takes_the_fullest_bin_that_holds_it() -> None:
    """Capacity 10, longest first: 8 opens a bin (room 2), 4 opens one (6), 4 goes there (2); 2 goes into the newer, 1 is left for the older."""
    assert best_fit(np.array([4, 8, 1, 4, 2]), 10).tolist() == [1, 0, 0, 1, 1]


def test_best_fit_cuts_only_what_is_longer_than_a_window() -> None:
    """Windows of 10: 23 gives two whole windows and a rest of 3, which joins 7; 9 stands alone."""
    made = pieces(Pack(tokens=10, between=0), [9, 23, 7])
    assert made == [(0, 0, 9, 0, 0), (1, 0, 10, 1, 0), (1, 10, 20, 2, 0), (1, 20, 23, 3, 0), (2, 0, 7, 3, 3)]


def test_best_fit_needs_no_more_windows_than_there_must_be() -> None:
    """Halves and thirds of 60: 3 · 30 + 6 · 20 + 9 · 10 = 300 tokens fill exactly five windows."""
    made = Pack(tokens=60, between=0).pack(np.array([30] * 3 + [20] * 6 + [10] * 9), seed=0)
    assert made.figures == {"windows": 5, "filled": 1.0, "documents cut": 0}


def test_windows_keep_the_order_of_stretches() -> None:
    """Packed four documents at a time, no window holds documents of two stretches."""
    made = Pack(tokens=100, between=0, ahead=4).pack(np.random.default_rng(0).integers(10, 60, 40), seed=0)
    stretch = made.places // 4
    assert (np.diff(stretch) >= 0).all()
    assert all(len(np.unique(stretch[made.window == window])) == 1 for window in np.unique(made.window))


def test_shuffled_windows_are_the_same_windows() -> None:
    tokens = np.random.default_rng(1).integers(1, 50, 200)
    plain = Pack(tokens=64, by="concat").pack(tokens, seed=0)
    mixed = Pack(tokens=64, by="concat", shuffle=True).pack(tokens, seed=0)

    def contents(made):
        found = {}
        for place, first, window in zip(made.places.tolist(), made.first.tolist(), made.window.tolist(), strict=True):
            found.setdefault(window, []).append((place, first))
        return [tuple(found[window]) for window in sorted(found)]

    assert sorted(contents(plain)) == sorted(contents(mixed))
    assert contents(plain) != contents(mixed)
    assert (np.diff(mixed.window) >= 0).all()


def test_a_window_must_hold_more_than_what_is_left_free() -> None:
    with pytest.raises(SettingError, match="found tokens 3, between 3"):
        Pack(tokens=3, between=3)


def test_a_row_of_a_window_joins_its_pieces_with_an_end_after_whole_documents() -> None:
    """Window 0 holds all of document 7 and the head of 8; window 1 its tail and 9. Batches end inside window 0."""
    table = pa.table({
        "doc_id": [7, 8, 8, 9], "text": ["ab", "cd", "ef", "g"], "window": [0, 0, 1, 1], "tokens": [2, 2, 2, 1],
        "ends": [True, False, True, True], "loss_mask_chars": [1, 1, 0, 0], "phase": [0, 0, 1, 1],
    })  # fmt: skip
    found = pa.Table.from_batches(list(joined_windows(iter(table.to_batches(max_chunksize=1)), "#"))).to_pylist()
    assert found == [
        {"window": 0, "text": "ab#cd", "doc_ids": [7, 8], "starts": [0, 3], "tokens": 4, "loss_mask_chars": [1, 1],
         "phase": 0},
        {"window": 1, "text": "ef#g", "doc_ids": [8, 9], "starts": [0, 3], "tokens": 3, "loss_mask_chars": [0, 0],
         "phase": 1},
    ]  # fmt: skip
