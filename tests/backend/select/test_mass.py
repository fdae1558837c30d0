"""MASS: the card's graph of two skills, and how a graph is made."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Pool, Target
from winnow.select import mass as module
from winnow.select.mass import Mass, SkillGraph, adjacency, merged


def graph_of(weights: list[list[float]]) -> SkillGraph:
    n = len(weights)
    return SkillGraph(tuple("abc"[:n]), np.array(weights), np.eye(n, dtype=np.float32))


def pool_of(documents: list[list[float]], target: list[list[float]], texts: tuple[str, ...]) -> Pool:
    aim = Target("aim", texts, {"static": np.array(target, np.float32)})
    n = len(documents)
    return Pool(np.arange(n), np.ones(n), vectors={"static": np.array(documents, np.float32)}, target=aim)


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("x", "linear", "quadratic"),
    [
        # A = (.5 .5; .5 .5): 1^T A x = x_1 + x_2; x^T A x = (x_1 + x_2)^2 / 2
        ((1.0, 0.0), 1.0, 0.5),
        ((0.5, 0.5), 1.0, 0.5),
        ((1.0, 1.0), 2.0, 2.0),
        ((1.0, -1.0), 1.0, 0.5),  # trap: a negative similarity counts as 0 and does not take away
        ((0.0, 0.0), 0.0, 0.0),
    ],
)
def test_scores_of_the_card(x: tuple[float, float], linear: float, quadratic: float) -> None:
    graph = graph_of([[0.5, 0.5], [0.5, 0.5]])
    cosines = np.array([x], np.float32).T
    assert graph.scores(cosines, "linear") == pytest.approx([linear])
    assert graph.scores(cosines, "quadratic") == pytest.approx([quadratic])


def test_nodes_and_edges_are_normalised_separately() -> None:
    # skill a in texts 0 and 1, b in 0 and 2, c in 0: nodes 2, 2, 1 of 5; pairs ab, ac, bc once each, of 6 both ways
    texts = np.array([[1, 1, 1], [1, 0, 0], [0, 1, 0]], dtype=float)
    expected = [[0.4, 1 / 6, 1 / 6], [1 / 6, 0.4, 1 / 6], [1 / 6, 1 / 6, 0.2]]
    np.testing.assert_allclose(adjacency(texts), expected)


def test_without_pairs_a_graph_is_coverage_weighted_by_frequency() -> None:
    # a twice, b once: (2/3, 1/3), no edges
    weights = adjacency(np.array([[1, 0], [1, 0], [0, 1]], dtype=float))
    assert weights.tolist() == [[pytest.approx(2 / 3), 0], [0, pytest.approx(1 / 3)]]


def test_a_skill_mentioned_twice_as_often_raises_its_documents_beside_others() -> None:
    once = adjacency(np.array([[1, 0], [0, 1]], dtype=float))
    twice = adjacency(np.array([[1, 0], [1, 0], [0, 1]], dtype=float))
    about_first, about_second = np.array([[1], [0]], np.float32), np.array([[0], [1]], np.float32)
    for weights, ratio in ((once, 1.0), (twice, 2.0)):
        graph = graph_of(weights.tolist())
        assert graph.scores(about_first, "linear") / graph.scores(about_second, "linear") == pytest.approx(ratio)


def test_hubs_can_be_held_down() -> None:
    # trap: a skill of all texts rules the graph; with `rare` its mentions count ln(3 / 3) = 0
    texts = np.array([[1, 1, 0], [1, 0, 1], [1, 0, 0]], dtype=float)
    assert adjacency(texts)[0].sum() > adjacency(texts)[1].sum()
    held = adjacency(texts, rare=True)
    assert held[0].tolist() == [0, 0, 0]
    assert held[1, 1] == pytest.approx(0.5)


def test_near_doubles_are_one_skill() -> None:
    vectors = np.array([[1, 0], [0.999, 0.0447], [0, 1], [0.0447, 0.999]], np.float32)
    assert merged(vectors, 0.98).tolist() == [0, 0, 2, 2]
    assert merged(vectors, 0.9999).tolist() == [0, 1, 2, 3]


AREA, ANGLE = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]
BOTH, NONE = [0.70710678, 0.70710678, 0.0], [0.0, 0.0, 1.0]


def test_a_document_at_both_ends_of_an_edge_comes_before_one_at_one_end() -> None:
    # skills area (texts 0, 2) and angle (1, 2): node .5 each, edge .5 both ways. Skill vectors: area + both, angle + both,
    # that is (.924, .383, 0) and (.383, .924, 0). x of both = (.924, .924), of area = (.924, .383):
    # x^T A x = (x_1 + x_2)^2 / 2 = 1.707 and .854; linear x_1 + x_2 = 1.848 and 1.307
    pool = pool_of([AREA, BOTH, NONE], [AREA, ANGLE, BOTH], ("x", "y", "z"))
    method = Mass(skills="area\nangle\narea; angle")
    graph = method.graph(pool)
    assert graph.names == ("area", "angle")
    np.testing.assert_allclose(graph.weights, [[0.5, 0.5], [0.5, 0.5]])
    np.testing.assert_allclose(graph.vectors, [[0.9239, 0.3827, 0], [0.3827, 0.9239, 0]], atol=1e-4)
    assert method.select(pool, Budget(docs=3)).rows.tolist() == [1, 0, 2]


def test_skills_are_found_in_the_words_that_texts_share() -> None:
    texts = ("the area of a square", "an angle and an area", "angle of the sun", "nothing else here")
    pool = pool_of([AREA, ANGLE], [AREA, BOTH, ANGLE, NONE], texts)
    assert set(Mass(at_least=2).graph(pool).names) == {"area", "angle"}


def test_targets_without_skills_and_lists_of_another_length_are_refused() -> None:
    pool = pool_of([AREA], [AREA, ANGLE], ("one thing", "another matter"))
    with pytest.raises(SettingError, match=r"needs a target with skills; no word stands in 2 of its 2 texts"):
        Mass().select(pool, Budget(docs=1))
    with pytest.raises(SettingError, match="1 lines for 2 texts"):
        Mass(skills="area").select(pool, Budget(docs=1))
