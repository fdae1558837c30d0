"""The page that chooses: chains of steps, selections within selections, set algebra, what methods tell of themselves."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from app.browsing import eventually
from conftest import one_process, write_lines
from winnow.catalog.facets import Histogram
from winnow.catalog.filters import Filter
from winnow.cli.main import load_commands, winnow
from winnow.method import methods
from winnow.select.base import Selector
from winnow.workspace import Workspace
from winnow_app import charts, selection_charts

Opener = Callable[..., AppTest]


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.warning, *app.error, *app.info, *app.success]
    return "\n".join(str(part.value) for part in parts)


def press(app: AppTest, label: str) -> AppTest:
    [button] = [button for button in app.button if button.label == label]
    return button.click().run()


def kept_documents(app: AppTest) -> str:
    """Return what the line above the budget says, or the count of a combination."""
    found = [metric.value for metric in app.metric if metric.label == "Documents"]
    return found[0] if found else re.findall(r"\*\*([\d,]+)\*\* documents ·", words(app))[0]


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
    shown = next(block.value for block in app.code if "run-recipe" in block.value)
    app.text_input[-1].set_value("chained")
    press(app, "Save selection")
    made = Workspace(own_corpus).catalog.selections.get("chained")
    typed = shown.replace("winnow ", f"{shlex.quote(sys.executable)} -m winnow ", 1).replace("NAME", "by-shell")
    subprocess.run(["bash", "-c", typed], check=True, capture_output=True)
    again = Workspace(own_corpus).catalog.selections.get("by-shell")
    assert (again.recipe, list(again.read()[0])) == (made.recipe, list(made.read()[0]))
    assert [step["documents"] for step in made.summary["steps"]] == [39, 12, 5]
    press(app, "Take out")
    assert "1. rules" not in words(app)


def test_the_command_keeps_what_the_button_keeps(open_page: Opener, own_corpus: Path) -> None:
    workspace = Workspace(own_corpus)
    workspace.select("random", share=1, name="early", filter=Filter(where="doc_id < 30"))
    app = open_page("select", own_corpus, {"search": "water -soup", "not.source": '["harbour"]'})
    app.selectbox(key="select.method").set_value("top").run()
    app.selectbox(key="select.top.column").set_value("words").run()
    app.toggle(key="select.top.lowest").set_value(True).run()
    app.selectbox(key="select.within").set_value("early").run()
    app.segmented_control(key="select.unit").set_value("docs").run()
    app.number_input(key="select.docs").set_value(7).run()
    app.number_input(key="select.seed").set_value(3).run()
    shown = next(block.value for block in app.code if block.value.startswith("winnow "))
    app.text_input[-1].set_value("by-button")
    press(app, "Save selection")
    load_commands()
    told = CliRunner().invoke(winnow, shlex.split(shown.replace("NAME", "by-shell"))[1:], standalone_mode=False)
    assert told.exception is None
    button, shell = (workspace.catalog.selections.get(name) for name in ("by-button", "by-shell"))
    assert shell.recipe == button.recipe
    assert list(shell.read()[0]) == list(button.read()[0])
    assert len(shell.read()[0]) == 7


def test_start_from_a_kept_selection(open_page: Opener, own_corpus: Path) -> None:
    Workspace(own_corpus).select("random", share=1, name="garden", filter=Filter(where="source = 'garden'"))
    app = open_page("select", own_corpus)
    app.selectbox(key="select.method").set_value("random").run()
    app.selectbox(key="select.within").set_value("garden").run()
    app.slider(key="select.share").set_value(100).run()
    assert not app.exception
    assert not app.error
    assert kept_documents(app) == "12"
    # Somebody else forgets it: nothing else is chosen in its place.
    Workspace(own_corpus).catalog.selections.remove("garden")
    app.slider(key="select.share").set_value(50).run()
    assert app.selectbox(key="select.within").value == "garden"
    assert "no selection is called 'garden'" in words(app)
    app.selectbox(key="select.within").set_value(None).run()
    assert not app.error


def test_selections_are_combined_and_kept(open_page: Opener, own_corpus: Path) -> None:
    workspace = Workspace(own_corpus)
    workspace.select("random", share=1, name="garden", filter=Filter(where="source = 'garden'"))
    workspace.select("random", share=1, name="early", filter=Filter(where="doc_id < 20"))
    app = open_page("select", own_corpus)
    app.segmented_control(key="select.way").set_value("algebra").run()
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


def test_a_copy_of_a_kept_recipe_chooses_the_same_and_keeps_the_first_as_it_is(
    open_page: Opener, own_corpus: Path
) -> None:
    workspace = Workspace(own_corpus)
    garden = Filter(where="source = 'garden'")
    first = {"method": {"method": "rules", "keep": "words>=1"}, "budget": {"share": 1.0}, "seed": 0, "target": None}
    made = workspace.select(
        "top",
        share=0.375,
        name="long",
        filter=garden,
        before=[first],
        seed=3,
        settings={"column": "words", "lowest": True},
    )
    app = open_page("select", own_corpus)
    app.selectbox(key="select.copy").set_value("long").run()
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="select.method").value == "top"
    assert (app.selectbox(key="select.top.column").value, app.toggle(key="select.top.lowest").value) == ("words", True)
    assert "1. rules" in words(app)
    # 37.5 % is no whole percent, so the same budget is told in tokens.
    assert app.segmented_control(key="select.unit").value == "tokens"
    assert kept_documents(app) == f"{made.summary['documents']:,}"
    app.text_input[-1].set_value("short")
    press(app, "Save selection")
    again = workspace.catalog.selections.get("short")
    assert again.read()[0].tolist() == made.read()[0].tolist()
    assert again.recipe["filter"] == made.recipe["filter"]
    assert workspace.catalog.selections.get("long").recipe == made.recipe


def test_the_present_choice_stands_beside_random_and_kept_ones(open_page: Opener, own_corpus: Path) -> None:
    Workspace(own_corpus).select("random", share=1, name="garden", filter=Filter(where="source = 'garden'"))
    app = open_page("select", own_corpus, {"where": "doc_id < 20"})
    app.selectbox(key="select.method").set_value("random").run()
    app.slider(key="select.share").set_value(100).run()
    app.toggle(key="select.beside").set_value(True).run()
    app.multiselect(key="select.beside.names").set_value(["garden"]).run()
    assert not app.exception
    assert not app.error
    [table] = [frame.value for frame in app.dataframe if "measure" in frame.value.columns]
    assert list(table.columns) == ["measure", "corpus", "this choice", "garden", "random", "balanced random"]
    documents = table.set_index("measure").loc["documents"]
    # The baselines draw from what the choice was filtered to, as many tokens as it has: all twenty documents.
    assert list(documents) == ["39", "20", "12", "20", "20"]


def test_what_is_chosen_stands_beside_the_pool_per_group(
    open_page: Opener, own_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[dict[str, tuple[int, int]]] = []
    figure = selection_charts.kept_per_group
    monkeypatch.setattr(
        "winnow_app.selection_charts.kept_per_group", lambda groups: drawn.append(groups) or figure(groups)
    )
    app = open_page("select", own_corpus, {"where": "doc_id < 20"})
    app.selectbox(key="select.method").set_value("rules").run()
    drawn.clear()
    app.text_input(key="select.rules.keep").set_value("source=garden").run()
    app.slider(key="select.share").set_value(100).run()
    assert not app.exception
    assert [tab.label for tab in app.tabs if tab.label.startswith("per ")] == ["per source", "per cluster"]
    # Documents 0 to 11 are the kitchen's, 12 to 23 the garden's: 12 and 8 of these twenty.
    assert drawn[-2] == {"kitchen": (0, 12), "garden": (8, 8)}
    assert sum(kept for kept, _ in drawn[-1].values()) == 8
    assert kept_documents(app) == "8"


def test_kept_and_dropped_are_drawn_over_length_and_date(open_page: Opener, own_corpus: Path) -> None:
    app = open_page("select", own_corpus)
    app.selectbox(key="select.method").set_value("random").run()
    over = app.selectbox(key="select.over")
    assert over.options[:3] == ["length in tokens", "length in characters", "date"]
    over.set_value("date").run()
    assert not app.exception
    assert not app.error


def test_dates_are_counted_in_the_bars_of_the_corpus(
    open_page: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"text": f"page {n}", "date": f"20{n:02d}-06-01"} for n in range(10, 20)] + [{"text": "undated"}]
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest([write_lines(tmp_path / "p.jsonl", rows)])
    workspace.score(["shape", "tokens"])
    drawn: list[Histogram] = []
    figure = charts.kept_and_dropped
    monkeypatch.setattr(
        "winnow_app.charts.kept_and_dropped", lambda found, title: drawn.append(found) or figure(found, title)
    )
    app = open_page("select", tmp_path / "corpus", {"where": "doc_id < 4 OR doc_id = 10"})
    app.selectbox(key="select.method").set_value("random").run()
    app.slider(key="select.share").set_value(100).run()
    app.selectbox(key="select.over").set_value("date").run()
    assert not app.exception
    kept = [str(edge)[:4] for edge, n in zip(drawn[-1].edges, drawn[-1].counts, strict=False) for _ in range(n)]
    assert len(kept) == sum(drawn[-1].all) == 4
    assert max(kept) <= "2013"
    assert "1 documents have no value" in words(app)


def test_what_takes_long_is_chosen_as_a_job(
    open_page: Opener, own_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A million seconds a million documents: 39 s for the 39 there are.
    monkeypatch.setattr(methods(Selector)["random"], "pace", 1e6)
    app = open_page("select", own_corpus)
    app.selectbox(key="select.method").set_value("random").run()
    assert "about 40 s of a processor for 39 documents" in words(app)
    assert not app.metric
    press(app, "Choose as a job")
    assert "a name" in words(app)
    app.text_input(key="select.title").set_value("slow")
    press(app, "Choose as a job")
    assert not app.exception
    assert "chooses slow" in words(app)
    workspace = Workspace(own_corpus)
    eventually(lambda: workspace.catalog.jobs.all(1)[0].state in ("done", "failed"), "the job ends")
    assert [made.name for made in workspace.catalog.selections.all()] == ["slow"]
