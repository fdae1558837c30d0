"""Names of clusters of an invented corpus whose subjects are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.cluster.naming import name_clusters, same_stem
from winnow.cluster.stopwords import LANGUAGES

SUBJECTS = {
    "cooking": [
        "knead the bread dough",
        "bake bread until golden",
        "the oven and the dough rest",
        "olive oil on bread",
    ],
    "sailing": ["hoist the sail", "the harbour at dawn", "a sail boat in the wind", "steer the boat to harbour"],
    "learning": [
        "train neural networks on data",
        "training a neural network needs gradients",
        "neural networks and gradients",
        "gradients flow through neural networks",
    ],
    "gardens": ["plant tulips in autumn", "water the tulips", "roses and tulips bloom", "prune roses in the garden"],
}


def corpus(subjects: dict[str, list[str]], each: int = 20) -> tuple[list[str], np.ndarray]:
    texts = [f"{lines[place % len(lines)]}, we said" for lines in subjects.values() for place in range(each)]
    return texts, np.repeat(np.arange(len(subjects)), each)


def leads(subjects: dict[str, list[str]], group: list[int] | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    texts, cluster = corpus(subjects)
    return name_clusters(texts, cluster, np.array(group if group is not None else range(len(subjects))))


def test_names_hold_the_subject() -> None:
    names, _ = leads(SUBJECTS)
    for name, expected in zip(
        names, [{"bread", "dough"}, {"sail", "harbour", "boat"}, {"neural"}, {"tulips"}], strict=True
    ):
        assert expected & set(name.replace(",", "").lower().split()), name
    assert "neural networks" in names[2]


def test_names_have_two_or_three_terms_and_no_stem_twice() -> None:
    for name in leads(SUBJECTS)[0]:
        terms = name.split(", ")
        assert 2 <= len(terms) <= 3
        words = name.replace(",", "").split()
        assert not any(same_stem(a, b) for i, a in enumerate(words) for b in words[:i]), name


def test_groups_are_named_by_what_their_clusters_share() -> None:
    sea = {
        "boats": ["sea boat with a keel", "the keel of a sea boat", "boats need a keel at sea"],
        "fish": ["sea fish in a net", "herring from the sea in a net", "a net of sea herring"],
        "bread": SUBJECTS["cooking"],
        "cake": ["bake a cake in the oven", "chocolate cake from the oven", "bake chocolate cake"],
    }
    names, groups = leads(sea, [0, 0, 1, 1])
    assert groups[0].startswith("sea")
    assert "bake" in groups[1] or "oven" in groups[1]
    assert not any(name.startswith("sea") for name in names[:2])


def test_a_short_name_is_filled_up_with_what_the_group_shares() -> None:
    # Against its sibling, which also says "lava" and "ash", the second cluster has only "crater" to tell.
    texts = ["lava and ash"] * 9 + ["lava and ash of a geyser"] + ["lava and ash in a crater"] * 10
    texts += ["river and water"] * 10 + ["river with a boat"] * 10
    names, _ = name_clusters(texts, np.repeat([0, 1, 2, 3], 10), np.array([0, 0, 1, 1]))
    assert names[1].startswith("crater, ")
    assert set(names[1].split(", ")) & {"lava", "ash"}


def test_identifiers_markup_and_stop_words_never_lead() -> None:
    noise = [
        '<div class="x">the and of https://example.org/a?b=c getUserName user_name 0x1f deadbeefcafe 1234 a b volcano</div>',
        "www.example.com/page.html THE The the, it's don't x1 y2 camelCase snake_case_name ffffffff &nbsp; volcano lava",
    ]
    names, groups = name_clusters(noise * 10 + ["quiet river water"] * 20, np.repeat([0, 1], 20), np.array([0, 1]))
    assert names[0].split(", ")[0] == "volcano"
    words = {word for name in (*names, *groups) for word in name.replace(",", "").lower().split()}
    assert not words & (LANGUAGES["english"] | LANGUAGES["web"])
    assert not words & {"getusername", "camelcase", "deadbeefcafe", "ffffffff", "div", "user", "name", "com"}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            [
                "Der Ofen ist für das Brot und die Bäckerei",
                "Die Bäckerei hat ein Brot für uns",
                "Das ist nicht das Brot",
            ],
            "Brot",
        ),
        (["Le fromage est dans la cuisine avec le vin", "Les vins et le fromage sont pour vous"], "fromage"),
        (["Это новый поезд, который был на вокзале", "Поезд и вокзал, это все что было"], "поезд"),
        (["机器学习的方法很多", "他们在用机器学习", "机器学习是一种方法"], "机器"),
        (["이 도서관은 책이 있는 곳입니다 도서관", "그 도서관 책 그리고 도서관"], "도서관"),
    ],
)
def test_other_languages(texts: list[str], expected: str) -> None:
    english = ["the quick brown fox jumps over fences", "brown foxes rest over there"]
    names, _ = name_clusters(texts * 4 + english * 4, np.repeat([0, 1], [len(texts) * 4, 8]), np.array([0, 1]))
    words = [word.casefold() for word in names[0].replace(",", "").split()]
    assert any(word.startswith(expected.casefold()) for word in words), names[0]
    grammar = set().union(*(LANGUAGES[name] for name in ("german", "french", "cyrillic", "korean")))
    assert not set(words) & grammar


def test_foreign_stop_words_stay_english_subjects() -> None:
    # "war", "son" and "die" are grammar in German, French and German, but not in this cluster.
    texts = ["the war ended and soldiers returned", "soldiers who fought a war"] * 5 + ["cheese and crackers"] * 10
    names, _ = name_clusters(texts, np.repeat([0, 1], 10), np.array([0, 1]))
    assert "war" in names[0].split(", ")


def test_usual_spelling_is_kept() -> None:
    texts = ["NASA sent a rocket", "Nobody at NASA slept"] * 5 + ["cheese and crackers"] * 10
    assert "NASA" in name_clusters(texts, np.repeat([0, 1], 10), np.array([0, 1]))[0][0]


def test_alike_clusters_get_different_names() -> None:
    texts = ["alpha beta gamma delta epsilon", "alpha beta gamma delta epsilon"] * 5
    cluster = np.tile(np.arange(5), 2)
    names, groups = name_clusters(texts + ["other words entirely"] * 2, np.append(cluster, [5, 5]), np.arange(6))
    assert len({frozenset(name.lower().split(", ")) for name in names}) == 6
    assert len(set(groups)) == 6


def test_clusters_without_words_are_numbered() -> None:
    names, groups = name_clusters(["", "12 34", "the of and"], np.array([0, 1, 2]), np.array([0, 1, 1]))
    assert names == ("cluster 1", "cluster 2", "cluster 3")
    assert groups == ("group 1", "group 2")
    assert name_clusters([], np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)) == ((), ())
    assert name_clusters([], np.empty(0, dtype=np.int64), np.array([0, 0]))[0] == ("cluster 1", "cluster 2")


def test_one_cluster_is_named_by_its_usual_words() -> None:
    names, groups = name_clusters(SUBJECTS["gardens"], np.zeros(4, dtype=np.int64), np.array([0]))
    assert "tulips" in names[0]
    assert "tulips" in groups[0]


def test_only_the_beginning_of_a_text_is_read() -> None:
    texts = ["volcano lava " + "ash " * 600 + "submarine"] * 4 + ["river water"] * 4
    names, _ = name_clusters(texts, np.repeat([0, 1], 4), np.array([0, 1]))
    assert "submarine" not in names[0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("train", "training", True),
        ("network", "networks", True),
        ("computer", "computing", True),
        ("car", "cars", True),
        ("car", "carpet", True),
        ("neural", "neutral", False),
        ("bread", "break", False),
        ("sail", "harbour", False),
        ("of", "office", False),
    ],
)
def test_same_stem(one: str, other: str, same: bool) -> None:
    assert same_stem(one, other) is same
    assert same_stem(other, one) is same


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"), max_size=120), st.integers(0, 4)), max_size=25))
def test_any_text_gets_distinct_names(rows: list[tuple[str, int]]) -> None:
    texts, cluster = [text for text, _ in rows], np.array([place for _, place in rows], dtype=np.int64)
    names, groups = name_clusters(texts, cluster, np.array([0, 0, 1, 1, 2]))
    assert (len(set(names)), len(set(groups))) == (5, 3)
    assert all(name.strip() for name in (*names, *groups))
