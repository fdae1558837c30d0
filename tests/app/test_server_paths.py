"""Files that people name in forms: behind a password only those in the folders that are meant for it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.conftest import Opener
from winnow.prove.predict import Prediction
from winnow.workspace import Workspace
from winnow_app import identity
from winnow_app.parts.server_paths import within_reach


@pytest.fixture
def kept_apart(own_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus on a server where people may name files in one folder, and a file of texts outside of it."""
    inside, outside = tmp_path / "open", tmp_path / "secret.jsonl"
    inside.mkdir()
    for path in (inside / "texts.jsonl", outside):
        path.write_text("\n".join(json.dumps({"text": f"The ferry sails at noon {n}."}) for n in range(30)))
    Workspace(own_corpus).select("random", share=0.5, name="half")
    visitors = identity.visitors

    def narrowed() -> object:
        found = visitors()
        found.door = replace(found.door, folders=(inside,))
        return found

    monkeypatch.setenv("WINNOW_WORKSPACE", str(own_corpus))
    monkeypatch.setattr(identity, "visitors", narrowed)
    return own_corpus


def said(app: AppTest) -> str:
    return "\n".join(str(part.value) for kind in (app.warning, app.caption, app.info, app.error) for part in kind)


def test_paths_are_whole_and_selections_and_names_are_left_alone(
    kept_apart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warned: list[str] = []
    monkeypatch.setattr("winnow_app.parts.server_paths.st.warning", lambda words, **_: warned.append(words))
    inside = tmp_path / "open" / "texts.jsonl"
    assert within_reach(f" {inside} ") == str(inside)
    assert [within_reach(told) for told in ("half", "a-model-of-the-hub", "")] == ["half", "a-model-of-the-hub", ""]
    assert warned == []
    (tmp_path / "open" / "link").symlink_to(tmp_path / "secret.jsonl")
    outside = ["../secret.jsonl", str(tmp_path / "secret.jsonl"), str(tmp_path / "open" / "link"), "s3://bucket/x"]
    assert [within_reach(told) for told in outside] == [""] * 4
    assert len(warned) == 4


@pytest.mark.parametrize(("page", "key"), [("learn", "learn.pairs"), ("prove", "prove.target")])
def test_a_form_says_why_a_file_is_out_of_reach_and_takes_another(
    page: str, key: str, kept_apart: Path, tmp_path: Path, open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("winnow.jobs.prove.predict", lambda *told, **more: Prediction(2.0, 1e9, 1.0))
    app = open_page(page, kept_apart)
    if page == "learn":
        app.selectbox(key="learn.rater").set_value("qurating").run()
    app.text_input(key=key).set_value(str(tmp_path / "secret.jsonl")).run()
    assert not app.exception
    assert "outside of what people may name" in said(app)
    app.text_input(key=key).set_value(str(tmp_path / "open" / "texts.jsonl")).run()
    assert not app.exception
    assert "outside of what people may name" not in said(app)
