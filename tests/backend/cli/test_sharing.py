"""The commands for people and the trail, and the words with which a server starts."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from winnow.cli.main import load_commands, winnow
from winnow.cli.serving import _door
from winnow.errors import ConflictError, SettingError
from winnow.workspace import Workspace


def run(corpus: Workspace, *words: str) -> Result:
    load_commands()
    return CliRunner().invoke(winnow, ["-w", str(corpus.folder), *words])


def test_people_are_added_shown_changed_and_removed(corpus: Workspace) -> None:
    added = run(corpus, "users", "add", "ana", "--role", "annotator")
    token = added.stdout.splitlines()[1]
    found = corpus.catalog.people.of_token(token)
    assert found is not None
    assert found.role == "annotator"
    assert "winnow users role others reader" in added.stderr
    assert run(corpus, "users", "role", "ana", "curator").exit_code == 0
    assert run(corpus, "users", "role", "others", "reader").exit_code == 0
    listed = run(corpus, "users", "list").stdout
    assert "ana\tcurator" in listed
    assert "others\treader" in listed
    assert token not in listed
    renewed = run(corpus, "users", "token", "ana").stdout.splitlines()[1]
    assert corpus.catalog.people.of_token(token) is None
    assert corpus.catalog.people.of_token(renewed) is not None
    assert run(corpus, "users", "remove", "ana").exit_code == 0
    assert corpus.catalog.people.all() == []


def test_slips_are_said_in_a_line(corpus: Workspace) -> None:
    wrong = run(corpus, "users", "add", "ana", "--role", "boss")
    assert wrong.exit_code == 2
    assert "'reader', 'annotator', 'curator'" in wrong.output
    assert isinstance(run(corpus, "users", "remove", "nobody").exception, SettingError)


def test_the_trail_is_printed_for_people_and_programs(corpus: Workspace) -> None:
    run(corpus, "users", "role", "others", "reader")
    shown = run(corpus, "audit").stdout
    assert "change role\tothers\tbefore=curator, role=reader" in shown
    (line,) = run(corpus, "audit", "--json").stdout.splitlines()
    assert json.loads(line)["what"] == "change role"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "told", "words"),
    [
        ("0.0.0.0", {}, "NO PASSWORD"),
        ("0.0.0.0", {"WINNOW_PASSWORD": "long enough"}, "https"),
        ("127.0.0.1", {}, ""),
        ("localhost", {"WINNOW_PASSWORD": "long enough"}, ""),
    ],
)
def test_a_server_that_others_can_reach_warns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str, told: dict[str, str], words: str
) -> None:
    _door(tmp_path, host, free_port(), told)
    said = capsys.readouterr().err
    assert words in said
    assert bool(said) == bool(words)


def test_a_port_in_use_and_a_short_password_keep_it_from_starting(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConflictError, match="in use"):
            _door(tmp_path, "127.0.0.1", taken.getsockname()[1], {})
    with pytest.raises(SettingError, match="at least 8"):
        _door(tmp_path, "127.0.0.1", free_port(), {"WINNOW_PASSWORD": "short"})
