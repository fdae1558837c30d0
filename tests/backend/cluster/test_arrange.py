"""The whole arrangement of a small corpus of known subjects."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.cluster import arrange as module
from winnow.cluster.arrange import WORDLESS, arrange
from winnow.errors import SettingError

WORDS = ["bread dough oven", "sail harbour boat", "tulips roses garden", "piano violin concert"]


def corpus(each: int = 30) -> tuple[np.ndarray, list[str], np.ndarray]:
    rng = np.random.default_rng(0)
    label = rng.permutation(np.repeat(np.arange(4), each))
    vectors = np.eye(4, 16)[label] + 0.1 * rng.normal(size=(len(label), 16))
    texts = [f"the {WORDS[place]} number {number}" for number, place in enumerate(label)]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16), texts, label


def test_subjects_are_found_named_and_mapped() -> None:
    vectors, texts, label = corpus()
    told: list[tuple[float, str]] = []
    found = arrange(
        [vectors[:50], vectors[50:]],
        lambda rows: [texts[row] for row in rows],
        k=4,
        progress=lambda *step: told.append(step),
    )
    assert [set(found.cluster[label == place]).__len__() for place in range(4)] == [1, 1, 1, 1]
    for place in range(4):
        name = found.names[found.cluster[label == place][0]]
        assert set(name.replace(",", "").split()) & set(WORDS[place].split())
    assert (found.cluster.dtype, found.top.dtype) == (np.int32, np.int32)
    assert (found.centres.shape, found.map_xy.shape, found.similarity.shape) == ((4, 16), (120, 2), (120,))
    assert sorted(set(found.top.tolist())) == list(range(len(found.top_names)))
    assert len(set(found.names)) == 4
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert list(dict.fromkeys(what for _, what in told)) == ["finding clusters", "naming clusters", "drawing the map"]


def test_documents_without_a_vector_have_a_cluster_of_their_own() -> None:
    vectors, texts, _ = corpus()
    vectors[[0, 9]] = 0
    texts[0] = texts[9] = ""
    found = arrange(vectors, lambda rows: [texts[row] for row in rows], k=4)
    assert np.flatnonzero(found.cluster == 4).tolist() == [0, 9]
    assert (found.names[4], found.top_names[found.top[4]]) == (WORDLESS, WORDLESS)
    assert (found.top == found.top[4]).sum() == 1
    assert found.centres.shape == (5, 16)
    assert not found.centres[4].any()


def test_texts_are_asked_for_in_order_in_bounds_and_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, texts, _ = corpus(each=60)
    monkeypatch.setattr(module, "DOCUMENTS", 25)
    monkeypatch.setattr(module, "READ_AT_ONCE", 40)
    asked: list[np.ndarray] = []

    def read(rows: np.ndarray) -> list[str]:
        asked.append(rows)
        return [texts[row] for row in rows]

    arrange(vectors, read, k=4)
    assert [len(rows) for rows in asked] == [40, 40, 20]
    assert (np.diff(np.concatenate(asked)) > 0).all()


def test_same_seed_same_arrangement() -> None:
    vectors, texts, _ = corpus()
    one, two = (arrange(vectors, lambda rows: [texts[row] for row in rows], seed=7) for _ in range(2))
    assert one.names == two.names
    assert (one.cluster == two.cluster).all()
    assert (one.map_xy == two.map_xy).all()


@pytest.mark.parametrize("total", [0, 1, 2])
def test_tiny_corpora(total: int) -> None:
    vectors, texts, _ = corpus()
    found = arrange(vectors[:total], lambda rows: [texts[row] for row in rows])
    assert len(found.names) == len(found.centres) == len(found.top) == total
    assert len(found.cluster) == len(found.map_xy) == total


def test_no_clusters_are_refused() -> None:
    with pytest.raises(SettingError, match="at least one"):
        arrange(np.eye(3, dtype=np.float16), lambda rows: ["a"] * len(rows), k=0)
