"""What a person fixes before a proof: selections or methods inside the training, and the texts these need."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from app.conftest import Opener
from winnow.cli.main import load_commands, winnow
from winnow.prove.predict import Prediction
from winnow.workspace import Workspace


@pytest.fixture
def prove(own_corpus: Path, open_page: Opener, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page on a corpus with one selection; how long a proof takes is not measured here."""
    monkeypatch.setattr("winnow.jobs.prove.predict", lambda *told, **more: Prediction(2.0, 1e9, 1.0))
    Workspace(own_corpus).select("random", docs=12, name="some")
    return open_page("prove", own_corpus)


def labels(app: AppTest) -> list[str]:
    return [found.label for found in app.text_input]


def test_a_method_that_aims_asks_for_texts_to_aim_at(prove: AppTest) -> None:
    assert not prove.exception
    assert not any("guide them" in label for label in labels(prove))
    app = prove.multiselect(key="prove.online").set_value(["loss_reweight"]).run()
    assert not any("guide them" in label for label in labels(app))
    app = app.multiselect(key="prove.online").set_value(["loss_reweight", "dga"]).run()
    assert not app.exception
    assert any("guide them" in label for label in labels(app))
    assert "prove.dga.eta" in {found.key for found in app.number_input}


def test_methods_alone_are_enough_for_a_proof(prove: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict] = []
    monkeypatch.setattr("winnow_app.data.start", lambda verb, **recipe: started.append({"verb": verb, **recipe}))
    app = prove.multiselect(key="prove.selections").set_value([]).run()
    app = app.multiselect(key="prove.online").set_value(["jest"]).run()
    button = next(found for found in app.button if found.label == "Prove it")
    assert button.disabled
    app = app.text_input(key="prove.target").set_value("/texts/held-out.jsonl").run()
    next(found for found in app.button if found.label == "Prove it").click().run()
    assert started[0]["name"] == "jest"
    assert started[0]["asked"]["online"][0]["method"] == "jest"
    assert started[0]["asked"]["selections"] == ()


def test_the_command_proves_what_the_button_proves(prove: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, Any]] = []
    monkeypatch.setattr("winnow_app.data.start", lambda verb, **recipe: started.append(recipe))
    prove.multiselect(key="prove.online").set_value(["dga", "jest"]).run()
    prove.number_input(key="prove.dga.eta").set_value(3.0)
    prove.text_input(key="prove.guide").set_value("/texts/like these.jsonl")
    prove.text_area(key="prove.texts").set_value("/texts/a.jsonl\n/texts/b.jsonl")
    prove.toggle(key="prove.rs2").set_value(True)
    app = prove.text_input(key="prove.target").set_value("/texts/held-out.jsonl").run()
    shown = next(block.value for block in app.code if block.value.startswith("winnow "))
    next(found for found in app.button if found.label == "Prove it").click().run()
    asked: dict[str, Any] = {}
    monkeypatch.setattr(Workspace, "prove", lambda self, name, told, **more: asked.update(name=name, told=told))
    monkeypatch.setattr("winnow.cli.proving._show", lambda made: None)
    monkeypatch.setattr("winnow.jobs.prove.Proofs.report", lambda *told: None)
    load_commands()
    result = CliRunner().invoke(winnow, shlex.split(shown)[1:], standalone_mode=False)
    assert result.exception is None
    assert asked == {"name": "some-dga-jest", "told": started[0]["asked"]}
