"""The Export page: what it says it will write is written, its command does the same, and addresses are asked first."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from app.conftest import Opener
from winnow.api.scope import allowed
from winnow.cli.main import load_commands, winnow
from winnow.export.manifest import read_manifest
from winnow.workspace import Workspace


@pytest.fixture
def chosen(own_corpus: Path) -> Path:
    workspace = Workspace(own_corpus)
    workspace.score(["near_duplicates"])
    workspace.select("random", name="half", share=0.5)
    return own_corpus


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr("winnow_app.data.start", lambda verb, **recipe: found.append(recipe))
    return found


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.success, app.error, app.info, app.warning)
    return "\n".join(str(part.value) for kind in kinds for part in kind)


def write(app: AppTest) -> AppTest:
    return next(button for button in app.button if button.label == "Write the files")


def to(app: AppTest, folder: str) -> AppTest:
    return app.text_input(key="export.folder.half").set_value(folder).run()


def test_the_command_writes_what_the_button_writes(
    chosen: Path, tmp_path: Path, open_page: Opener, started: list[dict[str, Any]]
) -> None:
    app = to(open_page("export", chosen), str(tmp_path / "job"))
    app.selectbox(key="export.format").set_value("jsonl").run()
    app.number_input(key="export.jsonl.shard_docs").set_value(5).run()
    app.multiselect(key="export.columns").set_value(["words", "cluster_name"]).run()
    app.number_input(key="export.validation").set_value(0.25).run()
    next(box for box in app.selectbox if box.label == "Add a step").set_value("shuffle").run()
    assert "**validation**: 5 documents in 1 file" in said(app)
    assert "**train**: 14 documents in 3 files" in said(app)
    shown = next(block.value for block in app.code if block.value.startswith("winnow "))
    write(app).click().run()
    assert not app.exception
    [recipe] = started
    Workspace(chosen).export(**recipe)
    words = [str(tmp_path / "shell") if word == str(tmp_path / "job") else word for word in shlex.split(shown)[1:]]
    load_commands()
    assert CliRunner().invoke(winnow, words, standalone_mode=False).exception is None
    job, shell = (read_manifest(tmp_path / name) for name in ("job", "shell"))
    assert job["files"] == shell["files"]
    assert [(file["name"], file["documents"]) for file in job["files"]] == [
        ("train/part-00000.jsonl", 5), ("train/part-00001.jsonl", 5), ("train/part-00002.jsonl", 4),
        ("validation/part-00000.jsonl", 5),
    ]  # fmt: skip
    first = json.loads((tmp_path / "job" / "train" / "part-00000.jsonl").read_text().splitlines()[0])
    assert {"words", "cluster_name"} <= set(first)


def test_settings_have_names_that_people_understand(chosen: Path, open_page: Opener) -> None:
    app = open_page("export", chosen)
    labels = {box.label for box in app.number_input}
    assert {"Documents in a file, at most", "Megabytes of text in a file, at most (0: any)"} <= labels
    shown = next(block.value for block in app.code if block.value.startswith("winnow "))
    assert "--set" not in shown, "what is as always goes unsaid"


def test_a_split_without_near_duplicates_offers_to_find_them(own_corpus: Path, open_page: Opener) -> None:
    Workspace(own_corpus).select("random", name="half", share=0.5)
    app = open_page("export", own_corpus)
    app.number_input(key="export.validation").set_value(0.1).run()
    assert "A split without copies on both sides** needs" in said(app)
    assert write(app).disabled
    assert any(button.label == "Run score" for button in app.button)


def test_an_address_without_credentials_is_said_before_a_job_starts(
    chosen: Path, open_page: Opener, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    app = to(open_page("export", chosen), "hf://datasets/somebody/best")
    assert "where the files wait to be sent" in said(app)
    assert not write(app).disabled
    write(app).click().run()
    assert not app.exception
    assert "needs credentials" in said(app)
    assert "hf auth login" in said(app)
    assert started == []
    assert "needs credentials" not in said(to(app, "hf://datasets/somebody/other")), "it was about another address"


@pytest.mark.parametrize("address", ["ftp://somewhere/x", "s3://bucket/x"])
def test_an_address_that_nobody_may_write_to_is_said(
    address: str, chosen: Path, tmp_path: Path, open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Behind a password people may name one folder of the server.
    monkeypatch.setattr("winnow_app.parts.export_folder.allowed", lambda path, _: allowed(path, (tmp_path,)))
    app = to(open_page("export", chosen), address)
    assert not app.exception
    assert ("begin with s3" if address.startswith("ftp") else "outside of what people may name") in said(app)
    assert write(app).disabled


@pytest.mark.parametrize(
    ("folder", "words"),
    [("", "Name a folder"), ("  ", "Name a folder"), ("FILE/inside", "Nothing can be written in"), ("\0", "no folder")],
)
def test_folders_that_cannot_be_written_are_told_before_the_job(
    chosen: Path, tmp_path: Path, open_page: Opener, folder: str, words: str
) -> None:
    (tmp_path / "a-file").write_text("mine")
    app = to(open_page("export", chosen), folder.replace("FILE", str(tmp_path / "a-file")))
    assert not app.exception
    assert words in said(app)
    assert write(app).disabled


def test_the_selection_is_in_the_address(chosen: Path, open_page: Opener) -> None:
    Workspace(chosen).select("random", name="other", share=0.2)
    app = open_page("export", chosen, {"name": "half"})
    assert app.selectbox(key="export.name").value == "half"
    first = open_page("export", chosen).selectbox(key="export.name")
    other = next(name for name in first.options if name != first.value)
    app.selectbox(key="export.name").set_value(other).run()
    assert app.selectbox(key="export.name").value == other
    Workspace(chosen).catalog.selections.remove(other)
    assert f"There is no selection “{other}” any more." in [told.value for told in app.run().info]


def test_an_export_that_runs_is_no_warning_and_its_end_is_told(chosen: Path, tmp_path: Path, open_page: Opener) -> None:
    log, folder = Workspace(chosen).catalog.jobs, str(tmp_path / "out")
    job = log.add("export", {"name": "half", "folder": folder})
    app = to(open_page("export", chosen), folder)
    assert "A job is writing there" in " ".join(said.value for said in app.info)
    assert not app.warning
    assert write(app).disabled
    log.start(job)
    log.finish(job, "cancelled", error="it was cancelled")
    app.run()
    assert not write(app).disabled
    assert "Go on" in [button.label for button in app.button]
