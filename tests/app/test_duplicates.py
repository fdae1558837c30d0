"""The page of duplicates: groups, members with differences, policies, hands, curves, lines and benchmarks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.test_pages import address, assert_calm, texts
from app.test_select import press
from winnow.catalog.filters import Filter
from winnow.score.curves import measured
from winnow.workspace import Workspace
from winnow_app import charts
from winnow_app.parts.copies.word_difference import LONGEST, difference, share_changed, steps

Opener = Callable[..., AppTest]


def test_words_that_one_text_has_alone_are_marked() -> None:
    found = steps("the cat sat on <b>the</b> mat", "the dog sat on <b>the</b> mat today")
    assert difference(found) == (
        'the<del title="only in the kept document"> cat</del><ins title="only in this document"> dog</ins>'
        ' sat on &lt;b&gt;the&lt;/b&gt; mat<ins title="only in this document"> today</ins>'
    )
    # 6 words of one text and 7 of the other; cat, dog and today are in one alone.
    assert share_changed(found) == pytest.approx(3 / 13)


def test_long_stretches_of_the_same_words_are_left_out() -> None:
    same = " ".join(f"w{n}" for n in range(200))
    drawn = difference(steps(f"old {same} end", f"new {same} last"))
    assert "176 same words" in drawn
    assert "w11" in drawn
    assert "w100" not in drawn


def test_very_long_and_empty_texts_are_compared() -> None:
    long = " ".join(f"w{n}" for n in range(LONGEST + 50))
    assert share_changed(steps(long, long)) == 0
    assert steps("", "") == []
    assert [step.kind for step in steps("", "a")] == ["new"]


def test_the_curve_is_cut_at_the_threshold() -> None:
    places = np.array([0.5, 0.7, 0.9])
    plain = charts.near_curve(places, 14, 8, 0.0)
    assert [round(float(value), 3) for value in plain.data[-1].y] == [0.053, 0.565, 1.0]
    cut = charts.near_curve(places, 14, 8, 0.8)
    assert [round(float(value), 3) for value in cut.data[-1].y] == [0, 0, 1.0]


def test_measured_points_stand_beside_the_line() -> None:
    points = measured(14, 8)[:3]
    figure = charts.recall_and_precision(np.array([0.0, 0.5]), np.array([0.5, 0.4]), points, 0.5)
    assert [len(trace.x) for trace in figure.data] == [2, 3, 3]
    assert len(charts.recall_and_precision(np.array([0.0]), np.array([0.5]), [], 0.0).data) == 1


def test_groups_members_and_policies(open_page: Opener, own_corpus: Path) -> None:
    Workspace(own_corpus).score(["near_duplicates", "quality"])
    app = open_page("duplicates", own_corpus, {"copies": "exact"})
    assert_calm(app)
    said = "\n".join(texts(app))
    assert "documents** of group" in said
    assert "Left: " in said
    assert [metric.label for metric in app.metric] == ["Groups", "Dropped by the policy", "Tokens dropped"]


def test_a_hand_decides(open_page: Opener, own_corpus: Path) -> None:
    workspace = Workspace(own_corpus)
    [kept] = (
        workspace.sql("SELECT doc_id FROM docs WHERE duplicate_group IS NOT NULL AND duplicate_keep")
        .column(0)
        .to_pylist()[:1]
    )
    app = open_page("duplicates", own_corpus, {"copies": "exact"})
    assert app.button(f"copies.drop.{kept}").disabled
    app.text_input("copies.who").input("ana").run()
    app.button(f"copies.drop.{kept}").click().run()
    assert_calm(app)
    assert [label.value for label in workspace.labels.history(kept)] == ["drop"]
    assert "drop by hand" in "\n".join(texts(app)) or app.button(f"copies.drop.{kept}").disabled


def test_what_is_left_becomes_a_selection(open_page: Opener, own_corpus: Path) -> None:
    app = open_page("duplicates", own_corpus, {"copies": "exact"})
    press(app, "Save selection")
    assert_calm(app)
    workspace = Workspace(own_corpus)
    kept = workspace.catalog.selections.get("without-exact-copies")
    assert kept.summary["documents"] == workspace.browse.count(Filter().with_values("duplicate_keep", "true")).documents


def test_another_view_is_an_address(open_page: Opener, corpus: Path) -> None:
    app = open_page("duplicates", corpus, {"copies": "near"})
    assert_calm(app)
    assert any(button.label == "Run score" for button in app.button)
    assert app.number_input("copies.near_duplicates.bands").value == 14
    app.number_input("copies.near_duplicates.bands").set_value(25)
    app.number_input("copies.near_duplicates.rows").set_value(5).run()
    assert_calm(app)
    assert address(app) == {"copies": "near"}
    for view in ("semantic", "lines", "benchmarks", "nonsense"):
        assert_calm(open_page("duplicates", corpus, {"copies": view}))


def test_repeated_lines_are_listed(open_page: Opener, own_corpus: Path) -> None:
    Workspace(own_corpus).score(["boilerplate"], settings={"boilerplate": {"least_documents": 2}})
    app = open_page("duplicates", own_corpus, {"copies": "lines"})
    assert_calm(app)
    assert "most repeated lines" in "\n".join(texts(app))


def test_benchmark_items_are_listed_and_shown_with_the_document(
    open_page: Opener, own_corpus: Path, tmp_path: Path
) -> None:
    workspace = Workspace(own_corpus)
    item = " ".join(workspace.catalog.texts.texts([0])[0].split()[:30])
    path = tmp_path / "soups_test.jsonl"
    path.write_text(json.dumps({"question": item}), encoding="utf-8")
    workspace.score(["contamination"], settings={"contamination": {"benchmarks": (str(path),)}})
    workspace.select("random", name="half", share=0.5)
    app = open_page("duplicates", own_corpus, {"copies": "benchmarks"})
    assert_calm(app)
    assert "hold items of benchmarks" in "\n".join(texts(app))
    assert app.text_input("copies.contamination.benchmarks").value == str(path)
    app = open_page("explore", own_corpus, {"doc": "0"})
    assert_calm(app)
    assert any("Benchmark items" in expander.label for expander in app.expander)


def test_what_the_search_for_like_meanings_missed_is_told(open_page: Opener, own_corpus: Path) -> None:
    Workspace(own_corpus).score(["semantic_duplicates"], settings={"semantic_duplicates": {"eps": 0.3}})
    app = open_page("duplicates", own_corpus, {"copies": "semantic"})
    assert_calm(app)
    assert any(str(caption.value).startswith("Compared inside 1 clusters") for caption in app.caption)


def test_nobody_decides_under_a_name_on_the_list(own_corpus: Path, open_page: Opener) -> None:
    Workspace(own_corpus).catalog.people.add("ana", "curator")
    page = open_page("duplicates", own_corpus, {"copies": "exact"})
    page.text_input(key="copies.who").set_value("ana").run()
    assert not page.exception
    assert any("on the list" in warning.value for warning in page.warning)
    assert all(button.disabled for button in page.button if button.label in ("Keep", "Drop"))
