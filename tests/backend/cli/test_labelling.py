"""The commands of labels, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.jobs.labelled_corpus import N, copied, label, truth
from winnow.cli.main import load_commands, winnow
from winnow.errors import WinnowError
from winnow.workspace import Workspace


@pytest.fixture
def workspace(labelled: Path, tmp_path: Path) -> Workspace:
    return copied(labelled, tmp_path)


def run(workspace: Workspace, *words: str) -> Result:
    load_commands()
    return CliRunner().invoke(winnow, ["-w", str(workspace.folder), "label", *words], standalone_mode=False)


def said(workspace: Workspace, *words: str) -> str:
    result = run(workspace, *words)
    assert result.exception is None, result.exception
    return result.stdout


def test_a_question_is_asked_and_changed(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text("# When\n\n- always")
    said(
        workspace,
        "ask",
        "genre",
        "--kind",
        "choices",
        "--values",
        "news, code",
        "--guidelines",
        str(tmp_path / "guide.md"),
    )
    said(
        workspace, "ask", "genre", "--question", "What is it?", "--overlap", "0.2", "--annotators", "2", "--gold", "0.1"
    )
    found = workspace.labels.schema("genre")
    assert (found.kind, found.values, found.question) == ("choices", ("news", "code"), "What is it?")
    assert (found.guidelines, found.overlap, found.annotators, found.gold) == ("# When\n\n- always", 0.2, 2, 0.1)
    assert "genre\tchoices\tWhat is it?\tnews, code\t20% by 2\t10%" in said(workspace, "questions")
    assert said(workspace, "ask", "stars", "--kind", "scale").strip() == "stars asks for scale: 1, 2, 3, 4, 5"


def test_a_filter_is_labelled_once_its_count_is_said(workspace: Workspace) -> None:
    command = ("all", "drop", "--who", "ana", "--where", "doc_id % 2 = 0")
    assert "30 documents would be labelled drop: say --yes 30" in said(workspace, *command)
    assert isinstance(run(workspace, *command, "--yes", "29").exception, WinnowError)
    assert "30 documents labelled drop by ana" in said(workspace, *command, "--yes", "30")
    view = ("all", "drop", "--who", "ben", "--view", "http://localhost:8501/explore?where=doc_id+%25+2+%3D+0&doc=3")
    assert "30 documents would be labelled drop" in said(workspace, *view)
    assert "taken back: drop for 30 documents" in said(workspace, "undo", "--who", "ana")
    assert "nothing to take back" in said(workspace, "undo", "--who", "ana")


def test_the_queue_lists_what_waits(workspace: Workspace) -> None:
    label(workspace, range(50))
    assert sorted(map(int, said(workspace, "queue", "--who", "ana").split())) == list(range(50, N))
    stars = said(workspace, "queue", "--who", "ben", "--order", "highest", "--column", "stars", "--limit", "3").split()
    assert {int(doc_id) % 5 for doc_id in stars} == {4}
    said(workspace, "ask", "better", "--kind", "pair")
    assert all("\t" in line for line in said(workspace, "queue", "--who", "ana", "--schema", "better").splitlines())


def test_agreement_disputes_and_decisions(workspace: Workspace) -> None:
    label(workspace, range(20))
    label(workspace, range(20), who="ben", wrong=(3,))
    told = said(workspace, "agreement")
    assert "Krippendorff's alpha, nominal\t20\t" in told
    assert "alpha of 'keep' against the rest" in told
    assert "3\t\tben: drop, ana: keep\t" in said(workspace, "disputes") or "3\t\tana: keep, ben: drop\t" in said(
        workspace, "disputes"
    )
    said(workspace, "decide", "3", "keep", "--who", "lead")
    assert said(workspace, "disputes").splitlines()[1:] == []
    assert "keep by lead" in said(workspace, "disputes", "--all")
    said(workspace, "decide", "4", "drop", "--who", "lead", "--known")
    stats = said(workspace, "stats")
    assert "label\tana\tdrop\t10" in stats
    assert "label\tana\t1\t1\t1" in stats


def test_suspects_and_whether_there_are_enough(workspace: Workspace) -> None:
    label(workspace, range(N), wrong=(8,))
    assert f"8\t{truth(9)}\t{truth(8)}\t" in said(workspace, "suspects")
    assert "labels\tnamed right\t95 %" in said(workspace, "enough")


@pytest.mark.parametrize("format", ["jsonl", "argilla", "label-studio"])
def test_labels_go_out_and_come_in(format: str, workspace: Workspace, tmp_path: Path) -> None:
    label(workspace, range(4))
    out = tmp_path / "labels"
    told = said(workspace, "export", str(out), "--format", format)
    assert f"4 labels written to {out}" in told
    assert ("<Choices" in told) == (format == "label-studio")
    assert "0 new labels, 4 were there already" in said(workspace, "import", str(out), "--format", format)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("export", "x.json", "--format", "xml"), "no format of labels"),
        (("export", "x.json", "--schema", "lable"), "did you mean 'label'"),
        (("queue", "--who", "ana", "--order", "uncertain"), "--column"),
        (("queue", "--who", "ana", "--where", "no_such = 1"), "no_such"),
        (("suspects",), "label more"),
        (("enough",), "label more"),
        (("ask", "two words", "--values", "a,b"), "letters, digits"),
        (("ask", "q", "--kind", "essay"), "no kind of question"),
        (("ask", "q"), "1 to 9 different values"),
        (("decide", "999", "keep", "--who", "ana"), "no document 999"),
        (("decide", "1", "kep", "--who", "ana"), "did you mean 'keep'"),
        (("all", "kep", "--who", "ana", "--yes", "60"), "did you mean 'keep'"),
        (("undo", "--who", "ana", "--schema", "x"), "no label schema"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_with_its_fix(words: tuple[str, ...], message: str, workspace: Workspace) -> None:
    found = run(workspace, *words).exception
    assert isinstance(found, WinnowError)
    assert message in str(found)


def test_an_empty_file_and_one_of_another_format_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    assert "0 new labels" in said(workspace, "import", str(tmp_path / "empty"))
    assert isinstance(run(workspace, "import", str(tmp_path / "empty"), "--format", "argilla").exception, WinnowError)
    (tmp_path / "list.json").write_text(json.dumps([{"value": "keep"}]))
    assert isinstance(run(workspace, "import", str(tmp_path / "list.json")).exception, WinnowError)
