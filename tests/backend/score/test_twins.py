from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.errors import SettingError
from winnow.score.duplicates import Duplicates
from winnow.score.twins import twins


def test_groups_and_who_is_kept_by_hand() -> None:
    # label 0: documents 10 and 3, the higher standing is 10's; label 1 stands alone; label 2: a tie, the smaller id.
    found = twins(np.array([10, 5, 3, 9, 8]), np.array([0, 1, 0, 2, 2]), np.array([2.0, 0, 1, 4, 4]))
    assert found.members.tolist() == [3, 8, 9, 10]
    assert found.groups.tolist() == [3, 8, 8, 3]
    assert found.kept.tolist() == [False, True, False, True]


def test_documents_without_a_twin_have_no_group_and_are_kept() -> None:
    groups, kept = twins(np.array([4, 2]), np.array([0, 0]), np.zeros(2)).of(np.array([1, 2, 3, 4, 5]))
    assert groups.to_pylist() == [None, 2, None, 2, None]
    assert kept.tolist() == [True, True, True, False, True]


def test_the_unknown_stand_lowest() -> None:
    assert twins(np.array([0, 1]), np.array([0, 0]), np.array([np.nan, -5.0])).kept.tolist() == [False, True]
    assert twins(np.array([0, 1]), np.array([0, 0]), np.array([np.nan, np.nan])).kept.tolist() == [True, False]


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0.0, 1.0, np.nan])), max_size=20), st.randoms())
def test_one_document_of_each_group_is_kept_in_any_order(rows: list[tuple[int, float]], order: object) -> None:
    ids = np.random.default_rng(len(rows)).permutation(50)[: len(rows)]
    labels = np.array([label for label, _ in rows], dtype=np.int64)
    standing = np.array([value for _, value in rows])
    found = twins(ids, labels, standing)
    for label in set(labels.tolist()):
        mine = ids[labels == label]
        inside = np.isin(found.members, mine)
        assert inside.sum() == (len(mine) if len(mine) > 1 else 0)
        if len(mine) > 1:
            assert found.kept[inside].sum() == 1
            assert set(found.groups[inside].tolist()) == {mine.min()}


def batch() -> pa.RecordBatch:
    """Return three documents that are one after normalisation, of different lengths, dates, sources and ratings."""
    return pa.record_batch(
        {
            "doc_id": pa.array([0, 1, 2], pa.int64()),
            "text": pa.array(["a b", "a  b", "A  B!"], pa.large_string()),
            "date": pa.array([None, datetime(2024, 5, 1), datetime(2023, 5, 1)], pa.timestamp("us")),
            "source": pa.array(["web", "books", None], pa.string()),
            "rating": pa.array([0.5, None, 0.25], pa.float32()),
            "language": pa.array(["en", "en", "en"], pa.string()),
        }
    )


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"policy": "first"}, 0),
        ({"policy": "longest"}, 2),
        ({"policy": "newest"}, 1),
        ({"policy": "best", "rank_by": "rating"}, 0),
        ({"policy": "source", "sources": ("books", "web")}, 1),
        ({"policy": "source", "sources": ("web",)}, 0),
    ],
)
def test_each_policy_keeps_another_document(settings: dict[str, object], kept: int) -> None:
    scorer = Duplicates(**settings)
    assert scorer.needs() <= set(batch().schema.names)
    found = scorer.score(batch(), scorer.prepare([batch()]))
    assert found["duplicate_group"].to_pylist() == [0, 0, 0]
    assert np.flatnonzero(found["duplicate_keep"]).tolist() == [kept]


def test_a_policy_reads_only_what_it_needs() -> None:
    assert Duplicates().needs() == {"text"}
    assert Duplicates(policy="best", rank_by="rating").needs() == {"text", "rating"}
    assert Duplicates(policy="newest").needs() == {"text", "date"}


def test_a_policy_that_cannot_be_followed_is_an_error() -> None:
    with pytest.raises(SettingError, match="needs sources in order of preference"):
        Duplicates(policy="source")
    with pytest.raises(SettingError, match="column 'language' holds string"):
        Duplicates(policy="best", rank_by="language").prepare([batch()])
