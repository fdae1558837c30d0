"""Against a server that speaks Google's storage protocol, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import one_process
from google_server import google_storage
from winnow import storage
from winnow.errors import InputError, MissingNeed
from winnow.export.manifest import verify
from winnow.storage import fetch, find, listing


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a folder as the bucket "grain" and return it; faults and requests lie beside it."""
    monkeypatch.setattr(storage, "FIRST_WAIT", 0.01)
    with google_storage(tmp_path / "google") as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        yield tmp_path / "google" / "grain"


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_corpus_comes_from_a_bucket_and_goes_to_one(bucket: Path, tmp_path: Path) -> None:
    _put(bucket / "in" / "a.jsonl", '{"text": "barley", "id": "a"}\n{broken\n')
    _put(bucket / "in" / "deep" / "b.jsonl", '{"text": "rye", "id": "b"}\n')
    assert [one.address for one in find("gs://grain/in/*.jsonl")] == ["gs://grain/in/a.jsonl"]
    assert [one.address for one in find("gcs://grain/in/**/b.jsonl")] == ["gs://grain/in/deep/b.jsonl"]
    workspace = one_process(tmp_path / "corpus")
    made = workspace.ingest(["gs://grain/in"])
    assert (made.documents, made.rejected) == (2, 1)
    assert workspace.quarantine().to_pylist()[0]["file"] == "gs://grain/in/a.jsonl"
    workspace.score(["tokens"])
    workspace.select("random", share=1.0, name="all")
    assert workspace.export("all", "gs://grain/out", format="jsonl") == "gs://grain/out"
    home = tmp_path / "back"
    home.mkdir()
    for one in listing("gs://grain/out"):
        fetch(one, home / one.name)
    assert verify(home) == []
    assert (home / "part-00000.jsonl").read_text().count("\n") == 2


def test_a_server_that_is_busy_is_asked_again(bucket: Path, tmp_path: Path) -> None:
    _put(bucket / "in" / "a.jsonl", '{"text": "barley"}\n')
    (bucket.parent / "faults").write_text("503\n429\n")
    assert one_process(tmp_path / "corpus").ingest(["gs://grain/in/a.jsonl"]).documents == 1
    assert (bucket.parent / "faults").read_text() == ""
    assert (bucket.parent / "asked").read_text().count("GET") > 3


@pytest.mark.parametrize("status", [401, 403])
def test_refusals_say_which_keys_are_needed(bucket: Path, status: int) -> None:
    (bucket.parent / "faults").write_text(f"{status}\n")
    with pytest.raises(MissingNeed, match="GOOGLE_APPLICATION_CREDENTIALS") as caught:
        find("gs://grain/in")
    assert "\n" not in str(caught.value)
    assert (bucket.parent / "asked").read_text().count("\n") == 1, "it is not asked again"


def test_what_is_not_there_is_said(bucket: Path) -> None:
    with pytest.raises(InputError, match="no such bucket"):
        find("gs://nowhere/a/*.jsonl")
    with pytest.raises(InputError, match="nothing is found at"):
        find("gs://grain/none/*.jsonl")


def test_missing_keys_are_told_apart_from_a_missing_network() -> None:
    reason = OSError(
        "google::cloud::Status(UNAVAILABLE: Retry policy exhausted, with a last message of Could not create a OAuth2 "
        "access token to authenticate the request. The request was not sent"
    )
    assert "GOOGLE_APPLICATION_CREDENTIALS" in str(storage._explained(reason, "gs://grain/in"))
