"""YAML with lines: what is read is what was written, and every fault says where it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.errors import SettingError
from winnow.jobs.located_yaml import read_yaml, write_yaml

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
scalars = st.one_of(
    texts, st.booleans(), st.integers(-(10**9), 10**9), st.none(), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["no", "yes", "on", "1e9", "007", "1:30", "2024-01-01", "~", "null", "true", ".5", "1_000", "0x1f", "a: b", "# x", "- y", "x\ny", "a\r\nb", "*x", "&x"]),
)  # fmt: skip
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(texts, values, max_size=4))
def test_what_is_written_is_read(told: dict[str, Any]) -> None:
    assert read_yaml(write_yaml(told), "x").value == told


def test_words_stay_words() -> None:
    told = read_yaml("language: no\nwhen: 2024-01-01\nclock: 1:30\nmany: 1e6\non: {no: 0.5}\n", "x").value
    assert told == {"language": "no", "when": "2024-01-01", "clock": "1:30", "many": 1e6, "on": {"no": 0.5}}


def test_every_value_has_its_line() -> None:
    found = read_yaml("# words\na: 1\nb:\n- {c: 2}\n-\n  d: 3\n", "best.yaml")
    places = [("a",), ("b",), ("b", 0), ("b", 0, "c"), ("b", 1, "d"), ("b", 1, "d", "deeper"), ()]
    assert [found.at(place).rpartition(" ")[2] for place in places] == ["2", "3", "4", "4", "6", "6", "2"]
    assert found.at(("a",)) == "best.yaml, line 2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: 'a' stands twice; first in line 1"),
        ("a: [1, 2\nb: 3\n", "line 2 is no YAML"),
        ("a: 1\n\tb: 2\n", "line 2 is no YAML"),
        ("a: !!python/object/apply:os.system [ls]\n", ""),
        ("a: !!python/name:os.system x\n", "line 1 is no YAML"),
        ("? [1]\n: 2\n", "a key is a word"),
        ("a: 1\n---\nb: 2\n", "is no YAML"),
        ("a: \0\n", "is no YAML"),
    ],
)
def test_faults_say_their_line(text: str, words: str) -> None:
    if not words:
        assert read_yaml(text, "x").value == {"a": ["ls"]}  # a tag is never obeyed
        return
    with pytest.raises(SettingError, match=words):
        read_yaml(text, "x")


def test_aliases_do_not_explode() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(SettingError, match="more than"):
        read_yaml("\n".join(lines), "x")


def test_tables_and_lists_are_what_they_are() -> None:
    found = read_yaml("budget: {shar: 0.1}\nsteps: 3\n", "x")
    with pytest.raises(SettingError, match="x, line 1: budget has no key 'shar'; did you mean 'share'"):
        found.mapping(("budget",), ("share", "docs"))
    with pytest.raises(SettingError, match="x, line 2: steps is a table"):
        found.mapping(("steps",))
    with pytest.raises(SettingError, match="x, line 2: steps is a list"):
        found.items(("steps",))
