from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.skill_it import SkillIt, skill_shares

LEGO = "from,to\n2,1\n2,3\n2,4\n5,5"


def pool(*names: str) -> Pool:
    source = Groups(np.repeat(np.arange(len(names)), 100).astype(np.int32), names)
    return Pool(np.arange(len(source)), np.ones(len(source), dtype=np.int64), {"source": source})


def test_the_lego_graph_at_its_start() -> None:
    # Skill 2 helps 1, 3 and 4 by .5 each; all losses are 1, eta .5. Exponents .5 · (1 + 3 · .5) = 1.25 and .5:
    # e^1.25 / (e^1.25 + 4 e^.5) = 3.4903 / 10.0852.
    found = SkillIt(graph=LEGO).shares(pool("1", "2", "3", "4", "5"))
    assert [found[name] for name in "12345"] == pytest.approx([0.1635, 0.3461, 0.1635, 0.1635, 0.1635], abs=5e-5)


@pytest.mark.parametrize(("losses", "expected"), [((1, 1), (0.562, 0.438)), ((2, 0.5), (0.706, 0.294))])
def test_two_skills_by_hand(losses: tuple[float, float], expected: tuple[float, float]) -> None:
    # A = [[1, .5], [0, 1]]: exponents .5 · (L1 + .5 L2) and .5 · L2.
    made = SkillIt(graph="from,to\na,b", losses=f"skill,loss\na,{losses[0]}\nb,{losses[1]}")
    assert list(made.shares(pool("a", "b")).values()) == pytest.approx(expected, abs=5e-4)


def test_without_edges_and_with_equal_losses_shares_are_equal() -> None:
    made = SkillIt(graph="from,to\na,a\nb,b\nc,c")
    assert list(made.shares(pool("a", "b", "c")).values()) == pytest.approx([1 / 3] * 3)


def test_no_eta_leaves_the_prior() -> None:
    made = SkillIt(graph="from,to\na,b", eta=0.0, prior={"a": 1, "b": 3}, losses="skill,loss\na,9\nb,1")
    assert made.shares(pool("a", "b")) == {"a": pytest.approx(0.25), "b": pytest.approx(0.75)}


def test_a_longer_window_sums_and_so_sharpens() -> None:
    # Three evaluations of 2 and 1: exponents .5 · 6 and .5 · 3, as one evaluation with three times the eta.
    losses = "skill,loss\na,2\nb,1\na,2\nb,1\na,2\nb,1"
    graph = "from,to\na,a\nb,b"
    summed = SkillIt(graph=graph, losses=losses).shares(pool("a", "b"))
    once = SkillIt(graph=graph, losses=losses, window=1, eta=1.5).shares(pool("a", "b"))
    assert summed["a"] == pytest.approx(once["a"]) == pytest.approx(1 / (1 + np.exp(-1.5)))


def test_with_aims_only_their_losses_count_and_their_mean() -> None:
    # Only c is aimed at, and only b helps it: exponents 0, .5 · .5 · 2 and .5 · 2 with the mean 2 of 1 and 3.
    losses = "skill,loss\na,50\nb,50\nc,1\na,50\nb,50\nc,3"
    found = SkillIt(graph="from,to\nb,c\na,a", losses=losses, aims=("c",)).shares(pool("a", "b", "c"))
    raised = np.exp([0.0, 0.5, 1.0])
    assert list(found.values()) == pytest.approx((raised / raised.sum()).tolist())


def test_rounds_begin_from_the_prior_and_do_not_add_up() -> None:
    # Equal losses give equal shares however many rounds were uneven before: only the window counts.
    losses = "skill,loss\na,9\nb,1\na,9\nb,1\na,2\nb,2"
    found = SkillIt(graph="from,to\na,a\nb,b", losses=losses, window=1).shares(pool("a", "b"))
    assert found["a"] == pytest.approx(0.5)


def test_high_losses_do_not_overflow() -> None:
    found = skill_shares(np.ones(2), np.eye(2), np.array([[1e4, 1e4 - 2]]), eta=0.5)
    assert found == pytest.approx([0.7311, 0.2689], abs=1e-4)
    # A group without a prior gets nothing, though its loss is the highest.
    assert skill_shares(np.array([0.0, 1.0]), np.eye(2), np.array([[1e4, 1.0]]), eta=1.0).tolist() == [0.0, 1.0]


def test_weights_of_edges_can_be_given() -> None:
    _, graph = SkillIt(graph="from,to,weight\na,b,0.25\nb,a,1").skills()
    assert graph.tolist() == [[1.0, 0.25], [1.0, 1.0]]


def test_the_budget_follows_the_shares() -> None:
    made, groups = SkillIt(graph="from,to\na,b", losses="skill,loss\na,2\nb,0.5"), pool("a", "b", "other")
    rows = made.select(groups, Budget(docs=100)).rows
    assert np.bincount(groups.group("source").codes[rows], minlength=3).tolist() == [71, 29, 0]


def test_a_graph_that_helps_nothing_is_remarked() -> None:
    names = "abcdef"
    empty = "from,to\n" + "\n".join(f"{name},{name}" for name in names)
    full = "from,to\n" + "\n".join(f"{one},{other}" for one in names for other in names)
    assert "nearly empty (0 of 30 edges)" in SkillIt(graph=empty).remarks(pool(*names))[0]
    assert "nearly complete (30 of 30 edges)" in SkillIt(graph=full).remarks(pool(*names))[0]
    assert SkillIt(graph=empty + "\na,b\nb,c\nc,d\nd,a").remarks(pool(*names)) == ()


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({}, "needs a graph of skills.*winnow skills"),
        ({"graph": "from,to"}, "a heading alone"),
        ({"graph": "one,other\na,b"}, "columns from, to, weight"),
        ({"graph": "from,to,weight\na,b,much"}, "line 2 is 'a,b,much'"),
        ({"graph": "from,to\na,b,c"}, "line 2"),
        ({"graph": "from,to\na,c"}, "name groups of 'source'"),
        ({"graph": "from,to\na,b", "losses": "skill,loss\na,1"}, "'b' has fewer"),
        ({"graph": "from,to\na,b", "aims": ("z",)}, "aims name skills of the graph"),
    ],
)
def test_what_cannot_be_used_is_said(told: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        SkillIt(**told).shares(pool("a", "b"))
