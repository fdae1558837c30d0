from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import batch_of
from winnow.score.minhash import probability
from winnow.score.near_duplicates import NearDuplicates, candidates, components

WORDS = [a + b + c for a in "bdfgklmn" for b in "aeiou" for c in "lmnrst"]


def prose(rng: np.random.Generator, count: int = 120) -> list[str]:
    return [str(word) for word in rng.choice(WORDS, count)]


def groups_of(documents: list[str], **settings: object) -> list[int | None]:
    scorer, batch = NearDuplicates(**settings), batch_of(documents)
    found: list[int | None] = scorer.score(batch, scorer.prepare([batch]))["near_group"].to_pylist()
    return found


def test_copies_with_small_changes_are_a_group() -> None:
    rng = np.random.default_rng(0)
    words, other = prose(rng), prose(rng)
    changed = [*words[:60], "another", *words[61:]]  # one word of 120 is in 5 of 116 runs: Jaccard 111/121 = .92
    documents = [" ".join(words), " ".join(other), " ".join(changed).upper() + "!", "too short for that"]
    assert groups_of(documents) == [0, None, 0, None]


def test_the_longest_is_kept_and_what_is_too_short_always() -> None:
    rng = np.random.default_rng(1)
    words = prose(rng)
    batch = batch_of([" ".join(words), " ".join([*words, "longer"]), "too short", "too short"], first=5)
    kept = {policy: NearDuplicates(policy=policy) for policy in ("longest", "first")}
    keep = {name: scorer.score(batch, scorer.prepare([batch]))["near_keep"].tolist() for name, scorer in kept.items()}
    assert keep == {"longest": [False, True, True, True], "first": [True, False, True, True]}


def test_groups_reach_across_batches() -> None:
    rng = np.random.default_rng(2)
    text = " ".join(prose(rng))
    first, second = batch_of(["", text], first=0), batch_of([" ".join(prose(rng)), text.title()], first=2)
    scorer = NearDuplicates()
    prepared = scorer.prepare([first, second])
    assert scorer.score(second, prepared)["near_group"].to_pylist() == [None, 1]
    assert prepared.members.tolist() == [1, 3]


def test_neighbours_of_equal_keys_are_pairs() -> None:
    # Column 0 joins rows 0, 2 and 3 by two neighbours; column 1 joins 1 and 4.
    keys = np.array([[7, 1], [8, 2], [7, 3], [7, 4], [9, 2]], dtype=np.uint64)
    assert candidates(keys).tolist() == [[0, 2], [2, 3], [1, 4]]
    assert candidates(keys, every=True).tolist() == [[0, 2], [0, 3], [1, 4], [2, 3]]
    assert components(candidates(keys), 5).tolist() == [0, 1, 0, 0, 1]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_pairs_join_exactly_the_rows_that_share_a_key(rows: list[tuple[int, int]]) -> None:
    keys = np.array(rows, dtype=np.uint64).reshape(-1, 2)
    labels = components(candidates(keys), len(rows))
    share = [[a == c or b == d for c, d in rows] for a, b in rows]
    reach = np.linalg.matrix_power(np.array(share, dtype=np.int64).reshape(len(rows), len(rows)), 12) > 0
    assert (reach == (labels[:, None] == labels[None, :])).all()
    every = candidates(keys, every=True)
    assert (components(every, len(rows)) == labels).all()
    assert len({tuple(pair) for pair in every.tolist()}) == len(every)


def test_verification_takes_out_pairs_below_the_threshold() -> None:
    rng = np.random.default_rng(3)
    words = prose(rng)
    # Two changed words far apart: 10 of 116 runs, Jaccard 106/126 = .84; one at the very end: 115/117 = .98.
    middle = [*words[:30], "one", *words[31:90], "two", *words[91:]]
    documents = [" ".join(words), " ".join(middle), " ".join([*words[:-1], "end"])]
    wide = {"bands": 60, "rows": 2}
    assert groups_of(documents, **wide) == [0, 0, 0]
    assert groups_of(documents, **wide, verify=0.8) == [0, 0, 0]
    assert groups_of(documents, **wide, verify=0.9) == [0, None, 0]
    assert groups_of(documents, **wide, verify=1.0) == [None, None, None]


def test_a_second_pass_that_cannot_be_made_is_an_error() -> None:
    batch = batch_of([" ".join(WORDS), " ".join(WORDS)])
    with pytest.raises(ValueError, match="second pass ended"):
        NearDuplicates(verify=0.5).prepare(iter([batch]))


def test_recall_and_precision_on_changed_copies() -> None:
    # Every 13th word replaced: of 196 runs of 5, the 16 replacements spoil 5 each: Jaccard 116/276 = .42, below the
    # knee. Every 60th word: 3 replacements, Jaccard 181/211 = .86, above it.
    rng = np.random.default_rng(4)
    originals = [prose(rng, 200) for _ in range(300)]

    def copies(step: int) -> list[str]:
        return [
            " ".join("new" if i % step == step - 1 else word for i, word in enumerate(words)) for words in originals
        ]

    documents = [" ".join(words) for words in originals]
    close, far = groups_of(documents + copies(60)), groups_of(documents + copies(13))
    expected = [*range(300), *range(300)]
    found = [group for group in close if group is not None]
    assert [group for group, own in zip(close, expected, strict=True) if group not in (None, own)] == []
    assert len(found) / 600 == pytest.approx(probability(181 / 211, 14, 8), abs=0.03)
    assert sum(group is not None for group in far) / 600 == pytest.approx(probability(116 / 276, 14, 8), abs=0.03)


def test_nothing_at_all() -> None:
    scorer = NearDuplicates(verify=0.5)
    assert len(scorer.prepare([]).members) == 0
    empty = batch_of(["", "short"])
    assert scorer.score(empty, scorer.prepare([empty]))["near_keep"].tolist() == [True, True]
    assert pa.types.is_int64(scorer.score(empty, scorer.prepare([empty]))["near_group"].type)
