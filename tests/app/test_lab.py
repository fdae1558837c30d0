"""Prove beyond proofs: each form starts the job that its command runs, and shows what such jobs found."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from app.conftest import Opener
from conftest import one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.cli.main import load_commands, winnow
from winnow.jobs.lab_series import kept, kept_rounds, rounds_minutes
from winnow.jobs.ladder import Rungs
from winnow.jobs.rounds import Plan
from winnow.prove.tiers import TIERS
from winnow.workspace import Workspace
from winnow_app import lab_charts

TINY = {"layers": 1, "width": 32, "heads": 1, "context": 32, "tokens": 40_960}
WORDS = {"river": ["mill", "boat", "reed", "eel"], "rails": ["train", "guard", "ticket"], "signs": ["#!", "&&", "%7"]}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Ninety documents of three sources, with a ladder, a skill graph and two rounds of tiny models."""
    folder = tmp_path_factory.mktemp("lab")
    rng = np.random.default_rng(0)
    rows = [{"text": " ".join(rng.choice(WORDS[source], 50)), "source": source} for source in WORDS for _ in range(30)]
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "rows.jsonl", rows)])
    workspace.score(["tokens"])
    target = write_lines(
        folder / "target.jsonl", [{"text": " ".join(rng.choice(WORDS["river"], 40))} for _ in range(12)]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TIERS, "ci", replace(TIERS["ci"], **TINY))
        workspace.ladder("steps", {"target": str(target), "tiers": ["ci"], "shares": [0.05, 0.2, 0.5]})
        workspace.skills("three", {"tokens": 8_192, "seeds": 1, "rounds": 2, "most": 3})
        workspace.rounds("wet", {"target": str(target), "rounds": 2, "probes": 40, "tokens": 4_096})
        yield folder / "corpus"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr("winnow_app.data.start", lambda verb, **recipe: found.append({"verb": verb, **recipe}))
    return found


def opened(open_page: Opener, lab: Path, way: str, **view: str) -> AppTest:
    app = open_page("prove", lab, {"tab": way, **view})
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(str(part.value) for kind in (app.markdown, app.caption, app.error) for part in kind)


def run_shown(app: AppTest, monkeypatch: pytest.MonkeyPatch, verb: str) -> dict[str, Any]:
    """Type the shown command and return what the workspace is asked to do."""
    asked: dict[str, Any] = {}

    class Enough(Exception):
        pass

    def listening(self: Workspace, name: str, told: dict[str, Any], **more: Any) -> None:
        asked.update(name=name, told=told, replace=more["replace"])
        raise Enough

    monkeypatch.setattr(Workspace, verb, listening)
    shown = next(block.value for block in app.code if block.value.startswith("winnow "))
    load_commands()
    result = CliRunner().invoke(winnow, shlex.split(shown)[1:], standalone_mode=False)
    assert isinstance(result.exception, Enough), result.exception
    return asked


def test_a_ladder_is_built_and_shown(
    lab: Path, open_page: Opener, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(open_page, lab, "ladder")
    [table] = [frame.value for frame in app.dataframe]
    assert sorted(table["model"]) == ["steps_1", "steps_2", "steps_3"]
    assert list(table["bits per byte"]) == sorted(table["bits per byte"], reverse=True)
    app.pills(key="ladder.tiers").set_value(["ci"]).run()
    app.text_input(key="ladder.target").set_value(str(lab.parent / "target.jsonl")).run()
    assert "3 models, about **" in said(app)
    app.text_input(key="ladder.name").set_value("steps").run()
    assert app.button(key="ladder.start").disabled
    assert "is there already" in said(app)
    app.text_input(key="ladder.name").set_value("more").run()
    app.button(key="ladder.start").click().run()
    asked = run_shown(app, monkeypatch, "ladder")
    assert started[0]["name"] == asked["name"] == "more"
    assert Rungs(**started[0]["rungs"]) == Rungs(**asked["told"])
    app.pills(key="ladder.tiers").set_value([]).run()
    assert not app.exception
    assert "a ladder has 3 to 12 rungs" in said(app)


def test_skills_are_found_and_shown(
    lab: Path, open_page: Opener, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(open_page, lab, "skills")
    [table] = [frame.value for frame in app.dataframe]
    assert list(table["skill"]) == ["rails", "river", "signs"]
    assert len(app.get("plotly_chart")) == 2
    app.slider(key="skills.most").set_value(3).run()
    app.slider(key="skills.seeds").set_value(3).run()
    app.toggle(key="skills.sure").set_value(True).run()
    assert "24 runs at most" in said(app)  # three alone, three pairs and two mixtures, each with three seeds
    app.text_input(key="skills.name").set_value("sure").run()
    app.button(key="skills.start").click().run()
    asked = run_shown(app, monkeypatch, "skills")
    assert started[0]["search"] == asked["told"]
    assert asked["told"]["sure"] is True
    assert asked["told"]["filter"] == {}


@pytest.mark.parametrize(
    "view",
    [
        {"in.source": '["river", "it\'s + 100% A&B"]', "range.tokens": "[10, null]"},
        {"search": 'mill "boat reed" -ticket?', "where": "tokens > 3 AND source <> 'signs'"},
        {"or": '[{"search": "eel"}, {"like": "3"}]', "like": "7"},
    ],
)
def test_skills_are_sought_in_the_view_by_button_and_by_command(
    view: dict[str, str], lab: Path, open_page: Opener, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(open_page, lab, "skills", **view)
    assert "documents in view" in said(app)
    app.text_input(key="skills.name").set_value("seen").run()
    app.button(key="skills.start").click().run()
    asked = run_shown(app, monkeypatch, "skills")
    assert Filter.from_query(asked["told"]["filter"]) == Filter.from_query(view)
    assert started[0]["search"] == asked["told"]


def test_rounds_are_run_and_shown(
    lab: Path, open_page: Opener, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(open_page, lab, "rounds")
    [table] = [frame.value for frame in app.dataframe]
    assert list(table["model"]) == ["wet_0", "wet_1"]
    assert "the selection **wet**" in said(app)
    target = str(lab.parent / "target.jsonl")
    app.text_input(key="rounds.target").set_value("/nowhere.jsonl").run()
    assert "There is no file /nowhere" in said(app)
    app.text_input(key="rounds.target").set_value(target).run()
    app.number_input(key="rounds.probes").set_value(20).run()
    assert "2 rounds of 20 probes, about **" in said(app)
    app.text_input(key="rounds.name").set_value("dry").run()
    app.button(key="rounds.start").click().run()
    asked = run_shown(app, monkeypatch, "rounds")
    assert Plan(**started[0]["plan"]) == Plan(**asked["told"])


def test_rounds_are_read_back_as_they_were_made(lab: Path) -> None:
    catalog = Workspace(lab).catalog
    assert [kept(catalog, verb) for verb in ("ladder", "skills", "rounds")] == [["steps"], ["three"], ["wet"]]
    made = kept_rounds(catalog, "wet")
    assert [one.selection for one in made] == ["wet_1", "wet_2"]
    assert [one.documents for one in made] == [len(catalog.selections.get(one.selection).read()[0]) for one in made]
    catalog.selections.remove("wet_2")
    assert [one.number for one in kept_rounds(catalog, "wet")] == [1], "later rounds may still be at work"


def test_more_rounds_take_longer(lab: Path) -> None:
    plan = Plan(target=str(lab.parent / "target.jsonl"), probes=5000)
    assert 0 < rounds_minutes(plan) < rounds_minutes(replace(plan, rounds=20))


def test_charts_hold_what_was_found(lab: Path) -> None:
    from winnow.jobs.ladder import ladder
    from winnow.jobs.skills import skill_graph

    catalog = Workspace(lab).catalog
    drawn = lab_charts.rungs(ladder(catalog, "steps").rungs).data
    assert [trace.name for trace in drawn] == ["ci"]
    assert list(drawn[0].x) == sorted(drawn[0].x)
    made = skill_graph(catalog, "three")
    heat = lab_charts.edges(made).data[0]
    first = made.edges[0]
    assert heat.z[made.names.index(first.source)][made.names.index(first.to)] == first.mean
    assert [trace.name for trace in lab_charts.mixture(made).data] == list(made.names)
