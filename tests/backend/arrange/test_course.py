"""Several arrangements: their order, what must come first, phases, counts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from winnow.arrange.base import Entries, Tools
from winnow.arrange.course import Course, Tally
from winnow.arrange.refine import Refine
from winnow.errors import SettingError
from winnow.pool import Pool


def course(*names: str) -> Course:
    return Course.of([{"method": name} for name in names])


def test_a_line_of_arrangements_and_its_recipes() -> None:
    made = course("refine", "metadata_prefix", "shuffle", "pack")
    assert [step.name for step in made.steps] == ["refine", "metadata_prefix", "shuffle", "pack"]
    assert Course.of(made.recipes) == made
    assert (made.reorders, made.phased, made.asks) == (True, True, False)
    assert not course("refine").reorders
    assert course().steps == ()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("shuffle", "refine"), "put refine before shuffle"),
        (("pack", "shuffle"), "shuffle comes after pack"),
        (("shuffle", "curriculum"), "leave one out"),
        (("pack", "pack"), "leave one out"),
        (("metadata_prefix", "refine"), "put refine first"),
        (("quality_metadata", "rephrase"), "put rephrase first"),
        (("metadata_prefix", "control_tokens"), "put control_tokens first"),
        (("metadata_prefix", "phases"), "plain=0"),
        (("shufle",), "did you mean 'shuffle'"),
    ],
)
def test_what_cannot_follow_is_said(names: tuple[str, ...], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        course(*names)


def test_places_in_a_text_are_read_before_it_changes() -> None:
    tags = {"method": "control_tokens", "column": "pii_spans", "threshold": 0}
    with pytest.raises(SettingError, match="text as it was"):
        Course.of([{"method": "refine"}, tags])
    assert Course.of([tags]).needs == {"pii_spans"}


def test_without_a_plain_share_the_prefix_makes_no_phases() -> None:
    made = Course.of([{"method": "metadata_prefix", "plain": 0}, {"method": "phases", "plan": "1"}])
    assert not made.phased


def test_each_phase_is_ordered_by_itself() -> None:
    entries = Entries.of(Pool(np.arange(100), np.ones(100)), np.ones(100), 0)
    phase = np.arange(100) % 2
    places = course("shuffle").ordered(entries, phase).places
    assert (np.diff(phase[places]) >= 0).all()
    assert sorted(places.tolist()) == list(range(100))
    assert places[:50].tolist() != sorted(places[:50].tolist())


def test_no_window_lies_across_two_phases() -> None:
    """Phases of 3 and 2 documents of 4 tokens in windows of 8: two windows, then one of its own."""
    made = Course.of([{"method": "pack", "tokens": 8, "between": 0}])
    pieces = made.packed(np.full(5, 4), np.array([0, 0, 0, 1, 1]), 0)
    assert pieces is not None
    assert pieces.window.tolist() == [0, 0, 1, 2, 2]
    assert pieces.places.tolist() == [0, 1, 2, 3, 4]


def test_what_was_dropped_changed_and_added_is_counted() -> None:
    """Refine drops document 0 and changes 1; four bytes a token: 8 → 5 tokens for "The mill: a b" and the like."""
    texts = ["https://a.org", "https://a.org\n" + "word " * 12, "kept as it is"]
    batch = pa.RecordBatch.from_pydict({
        "doc_id": pa.array([5, 6, 7], pa.int64()), "id": pa.array(["a", "b", "c"], pa.large_string()),
        "text": pa.array(texts, pa.large_string()), "generated": pa.array([False] * 3),
    })  # fmt: skip
    tally = Tally()
    made, tokens = course("refine").transformed(batch, np.array([4, 19, 4]), Tools(), [None], [tally])
    assert made.column("doc_id").to_pylist() == [6, 7]
    assert (tally.documents, tally.dropped, tally.changed, tally.added) == (3, 1, 1, 0)
    assert tokens.tolist() == [15, 4]
    assert (tally.tokens_before, tally.tokens_after) == (27, 19)


def test_only_what_is_put_in_front_or_behind_is_counted() -> None:
    """Eight bytes in front are two tokens more, four behind one; another text is counted whole; an empty one too."""
    before = pa.array(["abcd", "abcd", "abcd", ""], pa.large_string())
    after = pa.array(["12345678abcd", "abcd1234", "xxxxxxxxxxxx", "1234"], pa.large_string())
    assert Refine().recount(before, after, np.array([100, 100, 100, 0]), Tools()).tolist() == [102, 101, 3, 1]
