"""The page that chooses: chains of steps, selections within selections, set algebra, what methods tell of themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

Opener = Callable[..., AppTest]


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.warning, *app.error, *app.info, *app.success]
    return "\n".join(str(part.value) for part in parts)


def press(app: AppTest, label: str) -> AppTest:
    [button] = [button for button in app.button if button.label == label]
    return button.click().run()


def kept_documents(app: AppTest) -> str:
    return next(metric.value for metric in app.metric if metric.label in ("Documents kept", "Documents"))


def test_a_chain_of_steps_is_kept_with_its_waterfall(open_page: Opener, own_corpus: Path) -> None:
    app = open_page("select", own_corpus)
    app.selectbox(key="select.method").set_value("rules").run()
    app.text_area(key="select.rules.keep").set_value("source=garden") if app.text_area else app.text_input(
        key="select.rules.keep"
    ).set_value("source=garden")
    app.slider(key="select.share").set_value(100).run()
    assert kept_documents(app) == "12"
    press(app, "Add a step after this one")
    app.selectbox(key="select.method").set_value("random").run()
    app.segmented_control(key="select.unit").set_value("docs").run()
    app.number_input(key="select.docs").set_value(5).run()
    assert not app.exception
    assert not app.error
    assert kept_documents(app) == "5"
    assert "1. rules" in words(app)
    app.text_input[-1].set_value("chained")
    press(app, "Save selection")
    made = Workspace(own_corpus).catalog.selections.get("chained")
    assert [step["documents"] for step in made.summary["steps"]] == [39, 12, 5]
    press(app, "Take out")
    assert "1. rules" not in words(app)


def test_start_from_a_kept_selection(open_page: Opener, own_corpus: Path) -> None:
    Workspace(own_corpus).select("random", share=1, name="garden", filter=Filter(where="source = 'garden'"))
    app = open_page("select", own_corpus)
    app.selectbox(key="select.method").set_value("random").run()
    app.selectbox(key="select.within").set_value("garden").run()
    app.slider(key="select.share").set_value(100).run()
    assert not app.exception
    assert not app.error
    assert kept_documents(app) == "12"


def test_selections_are_combined_and_kept(open_page: Opener, own_corpus: Path) -> None:
    workspace = Workspace(own_corpus)
    workspace.select("random", share=1, name="garden", filter=Filter(where="source = 'garden'"))
    workspace.select("random", share=1, name="early", filter=Filter(where="doc_id < 20"))
    app = open_page("select", own_corpus)
    app.segmented_control(key="select.way").set_value("Set algebra").run()
    assert "Name two selections" in words(app)
    app.multiselect(key="algebra.names").set_value(["garden", "early"]).run()
    assert kept_documents(app) == "24"  # the garden is documents 12 to 23
    app.segmented_control(key="algebra.operation").set_value("subtract").run()
    assert kept_documents(app) == "4"
    app.text_input[-1].set_value("late-garden")
    press(app, "Save selection")
    assert not app.exception
    assert not app.error
    assert sorted(Workspace(own_corpus).catalog.selections.get("late-garden").read()[0]) == [20, 21, 22, 23]


def test_a_mixture_tells_how_often_groups_are_seen(open_page: Opener, own_corpus: Path) -> None:
    app = open_page("select", own_corpus)
    app.selectbox(key="select.method").set_value("cooldown").run()
    assert not app.exception
    assert [tab.label for tab in app.tabs][:2] == ["how often groups are seen", "phases"]
    assert "groups is seen more than once" in words(app) or "seen more than once" in words(app)


def test_a_classifier_tells_what_it_would_reject(open_page: Opener, own_corpus: Path) -> None:
    Workspace(own_corpus).select("random", share=1, name="garden", filter=Filter(where="source = 'garden'"))
    app = open_page("select", own_corpus)
    app.selectbox(key="select.method").set_value("cqf_select").run()
    app.selectbox(key="select.target").set_value("garden").run()
    assert not app.exception
    assert "of the target's own 12 texts" in words(app)


def test_a_test_split_is_aimed_at_only_when_told_to(open_page: Opener, own_corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(json.dumps({"text": "How many bulbs are planted in autumn?", "source": "gsm8k_test"}) + "\n")
    workspace = Workspace(own_corpus)
    workspace.ingest([path])
    workspace.score(["tokens"])
    workspace.select("rules", share=1, name="items", settings={"keep": "source=gsm8k_test"})
    app = open_page("select", own_corpus)
    app.selectbox(key="select.method").set_value("dsir").run()
    app.number_input(key="select.dsir.min_words").set_value(0)
    app.selectbox(key="select.target").set_value("items").run()
    assert "test split of gsm8k" in words(app)
    assert not [button for button in app.button if button.label == "Save selection"]
    app.toggle(key="select.force").set_value(True).run()
    assert not app.exception
    assert not app.error
    app.text_input[-1].set_value("forced")
    press(app, "Save selection")
    made = Workspace(own_corpus).catalog.selections.get("forced")
    assert made.recipe["held_out_target"]


def test_a_column_that_only_a_person_can_have_made_comes_with_its_command(open_page: Opener, own_corpus: Path) -> None:
    app = open_page("select", own_corpus)
    app.selectbox(key="select.method").set_value("mates").run()
    assert not app.exception
    assert any("winnow score influence --set model=MODEL --set target=TARGET" in code.value for code in app.code)
    assert "Run score" not in [button.label for button in app.button]
    app.selectbox(key="select.method").set_value("group_mates").run()
    assert "reconstruction" in words(app)
