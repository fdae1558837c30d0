"""Learn: a click fits a rater and shows its card; a judge says its price first; the key goes to one address alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.conftest import Opener
from winnow.catalog.labels import LabelSchema
from winnow.workspace import Workspace
from winnow_app import rater_charts


@pytest.fixture
def labelled(own_corpus: Path) -> Path:
    """A corpus whose kitchen documents were kept and whose others were dropped."""
    workspace = Workspace(own_corpus)
    sources = workspace.sql("SELECT doc_id, source FROM docs").to_pylist()
    rows = [{"doc_id": row["doc_id"], "value": "keep" if row["source"] == "kitchen" else "drop"} for row in sources]
    workspace.labels.add_many(rows, who="ana", schema="label")
    return own_corpus


def button(app: AppTest, words: str) -> AppTest:
    return next(found for found in app.button if found.label == words)


def said(app: AppTest) -> str:
    return "\n".join(
        str(part.value)
        for kind in (app.markdown, app.caption, app.success, app.error, app.info, app.warning)
        for part in kind
    )


def choose(app: AppTest, rater: str) -> AppTest:
    return app.selectbox(key="learn.rater").set_value(rater).run()


def test_a_click_fits_a_rater_and_shows_its_card(labelled: Path, open_page: Opener) -> None:
    app = open_page("learn", labelled)
    assert "label: drop 26, keep 13" in said(app)
    app.text_input(key="learn.name.yes_no").set_value("tasty").run()
    button(app, "Fit and rate the corpus").click().run()
    assert not app.exception
    assert "It is better than the trivial rater" in said(app)
    assert [metric.label for metric in app.metric][::2] == ["AUROC, held out", "Gain over it"]
    assert "tasty" in Workspace(labelled).browse.columns()
    assert {"Explore by it", "Colour the map", "Select by it"} <= {found.label for found in app.button}


def test_judged_pairs_are_learnt_from_in_two_clicks(own_corpus: Path, open_page: Opener) -> None:
    workspace = Workspace(own_corpus)
    workspace.labels.define(LabelSchema("nicer", "Which is *nicer*?", kind="pair"))
    kitchen = [row["doc_id"] for row in workspace.sql("SELECT doc_id FROM docs WHERE source = 'kitchen'").to_pylist()]
    others = [row["doc_id"] for row in workspace.sql("SELECT doc_id FROM docs WHERE source <> 'kitchen'").to_pylist()]
    rows = [{"doc_id": a, "other": b, "value": "second"} for a, b in zip(others, kitchen, strict=False)]
    rows += [{"doc_id": kitchen[0], "other": kitchen[1], "value": "tie"}]
    workspace.labels.add_many(rows, who="ana", schema="nicer")
    app = open_page("learn", own_corpus)
    button(app, "Learn from pairs instead").click().run()
    assert app.selectbox(key="learn.rater").value == "qurating"
    assert f"nicer: second {len(rows) - 1}, tie 1" in said(app)
    app.text_input(key="learn.name.qurating").set_value("tasty").run()
    button(app, "Fit and rate the corpus").click().run()
    assert not app.exception
    assert "In 1 the two were equal" in said(app)
    assert "pairs held out" in said(app)
    assert "tasty" in Workspace(own_corpus).browse.columns()


def test_one_answer_of_several_is_learnt_in_one_click(own_corpus: Path, open_page: Opener) -> None:
    workspace = Workspace(own_corpus)
    workspace.labels.define(LabelSchema("genre", "What is it?", ("recipe", "long"), kind="choices"))
    sources = workspace.sql("SELECT doc_id, source FROM docs").to_pylist()
    rows = [
        {"doc_id": row["doc_id"], "value": "recipe; long" if row["source"] == "kitchen" else "long"} for row in sources
    ]
    workspace.labels.add_many(rows, who="ana", schema="genre")
    app = open_page("learn", own_corpus)
    app.selectbox(key="learn.schema").set_value("genre").run()
    assert "genre: long 39, recipe 13" in said(app)
    app.selectbox(key="learn.wanted.genre").set_value("recipe").run()
    app.text_input(key="learn.name.yes_no").set_value("tasty").run()
    button(app, "Fit and rate the corpus").click().run()
    assert not app.exception
    assert "It is better than the trivial rater" in said(app)


def test_labels_that_change_are_told_with_a_button(labelled: Path, open_page: Opener) -> None:
    workspace = Workspace(labelled)
    workspace.learn("tasty", "yes_no", plan={"labels": ["label"]})
    workspace.labels.add(0, "drop", who="ben")
    app = open_page("learn", labelled)
    assert "1 labels changed since it was fitted" in said(app)
    assert button(app, "Fit it again")


def test_what_is_missing_is_offered_and_nothing_can_be_clicked(bare_corpus: Path, open_page: Opener) -> None:
    app = open_page("learn", bare_corpus)
    assert "needs vectors of static" in said(app)
    assert button(app, "Fit and rate the corpus").disabled


def test_a_fit_that_cannot_be_says_why(own_corpus: Path, open_page: Opener) -> None:
    labels = Workspace(own_corpus).labels
    labels.add_many([{"doc_id": n, "value": "keep"} for n in range(9)], who="ana", schema="label")
    app = open_page("learn", own_corpus)
    assert button(app, "Fit and rate the corpus").disabled
    assert "learns from 10 labels or more: there are 9" in said(app)
    labels.add(9, "keep", who="ana")
    button(app.run(), "Fit and rate the corpus").click().run()
    assert not app.exception
    assert "needs labels of each kind" in said(app)


def test_a_judge_says_its_price_before_it_can_be_asked(labelled: Path, open_page: Opener) -> None:
    app = choose(open_page("learn", labelled), "edu")
    app.session_state["learn.way.edu"] = "judge"
    app.run()
    assert button(app, "What does it cost?").disabled
    app.text_input(key="learn.model").set_value("m").run()
    app.text_input(key="learn.url").set_value("https://judge.example/v1").run()
    assert "No key is sent there" in said(app)
    assert "Ask, fit and rate" not in {found.label for found in app.button}
    button(app, "What does it cost?").click().run()
    assert "39 requests" in said(app)
    assert "Ask, fit and rate" in {found.label for found in app.button}


def test_the_key_goes_to_the_servers_own_address(
    labelled: Path, open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_JUDGE_URL", "https://judge.example/v1")
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("winnow_app.data.start", lambda verb, **recipe: asked.append(recipe))
    for url, key in (("https://judge.example/v1", "WINNOW_JUDGE_KEY"), ("https://elsewhere.example/v1", "")):
        app = choose(open_page("learn", labelled), "edu")
        app.session_state["learn.way.edu"] = "judge"
        app.run()
        app.text_input(key="learn.model").set_value("m").run()
        app.text_input(key="learn.url").set_value(url).run()
        button(app, "What does it cost?").click().run()
        button(app, "Ask, fit and rate").click().run()
        judge = asked[-1]["plan"]["judge"]
        assert (judge["url"], judge["key_env"], judge["private"]) == (url, key, False)


@pytest.mark.parametrize("rater", ["cqf", "qurating", "dataman", "edu", "murating", "preselect", "dclm_ngram"])
def test_every_rater_has_a_form(rater: str, labelled: Path, open_page: Opener) -> None:
    app = choose(open_page("learn", labelled), rater)
    assert not app.exception


def test_charts_hold_their_figures() -> None:
    part = {"predicted": 0.2, "observed": 0.3, "low": 0.1, "high": 0.6, "labels": 12}
    drawn = rater_charts.calibration([part]).data[1]
    assert (drawn.x[0], drawn.y[0], drawn.error_y.array[0], drawn.error_y.arrayminus[0]) == pytest.approx(
        (0.2, 0.3, 0.3, 0.2)
    )
    curve = rater_charts.learning_curve([[10, 0.6], [100, 0.9]], 0.55, "AUROC")
    assert list(curve.data[0].y) == [0.55, 0.55]
    assert list(curve.data[1].x) == [10, 100]
    assert list(rater_charts.ratings([0.0, 0.5, 1.0], [3, 4]).data[0].x) == [0.25, 0.75]


def test_values_that_cannot_be_read_are_told_beside_the_form(labelled: Path, open_page: Opener) -> None:
    app = open_page("learn", labelled)
    app.text_input(key="learn.values").set_value("keep is 1").run()
    assert not app.exception
    assert not app.error
    assert button(app, "Fit and rate the corpus").disabled
    app.text_input(key="learn.values").set_value("keep:1, drop:0").run()
    assert not button(app, "Fit and rate the corpus").disabled


def test_labels_that_all_say_the_same_are_refused_in_words(own_corpus: Path, open_page: Opener) -> None:
    Workspace(own_corpus).labels.add_many(
        [{"doc_id": n, "value": "keep"} for n in range(20)], who="ana", schema="label"
    )
    app = open_page("learn", own_corpus)
    button(app, "Fit and rate the corpus").click().run()
    assert not app.exception
    assert app.error
    assert "unexpected" not in said(app)
    assert not Workspace(own_corpus).raters.all()
    app.text_input(key="learn.name.yes_no").set_value("two words/..").run()
    button(app, "Fit and rate the corpus").click().run()
    assert "unexpected" not in said(app)
