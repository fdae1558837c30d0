"""Against a server that speaks the Hugging Face Hub's protocol, on this machine."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import one_process
from hub_server import Hub, hub
from winnow import storage
from winnow.errors import InputError, MissingNeed
from winnow.export.manifest import verify
from winnow.storage import fetch, find, listing

constants = pytest.importorskip("huggingface_hub.constants")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setattr(storage, "FIRST_WAIT", 0.01)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "home" / "token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with hub() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.address)
        template = server.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield server


def parquet(*texts: str) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), sink)
    return sink.getvalue()


def test_a_corpus_comes_from_the_hub_and_goes_to_it(
    served: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.files = {
        "data/train-0.parquet": parquet("barley", "rye"), "data/deep/b.jsonl": b'{"text": "oats"}\n', "README.md": b"x",
    }  # fmt: skip
    found = [one.address for one in find("hf://datasets/mill/grain/data/*.parquet")]
    assert found == ["hf://datasets/mill/grain/data/train-0.parquet"]
    workspace = one_process(tmp_path / "corpus")
    assert workspace.ingest(["hf://datasets/mill/grain/data"]).documents == 3
    workspace.score(["tokens"])
    workspace.select("random", share=1.0, name="all")
    monkeypatch.setenv("HF_TOKEN", "hf_sesame")
    workspace.export("all", "hf://datasets/mill/grain/out", format="huggingface")
    home = tmp_path / "back"
    for one in listing("hf://datasets/mill/grain/out"):
        local = home / one.address.partition("/out/")[2]
        local.parent.mkdir(parents=True, exist_ok=True)
        fetch(one, local)
    assert verify(home) == []
    assert json.loads((home / "manifest.json").read_text())["documents"] == 3


def test_attributes_come_with_their_documents(served: Hub, tmp_path: Path) -> None:
    row = b'{"id": "d0", "text": "barley"}\n'
    served.files = {
        "documents/a.jsonl": row, "documents/deep/b.jsonl": row.replace(b"d0", b"d1"), "README.md": b"x",
        "attributes/toy/a.jsonl": b'{"id": "d0", "attributes": {"toy__size": [[0, 6, 2.0]]}}\n',
        "attributes/toy/deep/b.jsonl": b'{"id": "d1", "attributes": {"toy__size": [[0, 6, 3.0]]}}\n',
    }  # fmt: skip
    for number, address in enumerate(("hf://datasets/mill/grain", "hf://datasets/mill/grain/documents/**/*.jsonl")):
        workspace = one_process(tmp_path / str(number))
        assert workspace.ingest([address]).documents == 2
        found = workspace.sql("SELECT id, toy__size FROM docs ORDER BY id").to_pylist()
        assert found == [{"id": "d0", "toy__size": 2.0}, {"id": "d1", "toy__size": 3.0}]


def test_the_command_reads_from_the_endpoint_of_the_environment(served: Hub, tmp_path: Path) -> None:
    served.token = "hf_sesame"
    served.files = {"file.parquet": parquet("barley")}
    environment = {**os.environ, "HF_ENDPOINT": served.address, "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    command = [sys.executable, "-m", "winnow", "-w", str(tmp_path / "c"), "ingest"]
    address = "hf://datasets/mill/grain/file.parquet"
    refused = subprocess.run([*command, address], capture_output=True, text=True, check=False, env=environment)
    assert refused.returncode == 1
    assert "HF_TOKEN" in refused.stderr
    assert "Traceback" not in refused.stderr
    environment["HF_TOKEN"] = served.token
    done = subprocess.run([*command, address], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert "1 document" in done.stdout + done.stderr


def test_a_file_of_another_content_is_another_file(served: Hub) -> None:
    served.files = {"a.jsonl": b'{"text": "barley"}\n'}
    (before,) = find("hf://datasets/mill/grain/a.jsonl")
    served.files = {"a.jsonl": b'{"text": "millet"}\n'}
    (after,) = find("hf://datasets/mill/grain/a.jsonl")
    assert before.size == after.size
    assert before.stamp != after.stamp


def test_a_hub_that_is_busy_is_asked_again(served: Hub, tmp_path: Path) -> None:
    served.files, served.faults = {"a.jsonl": b'{"text": "barley"}\n'}, [503, 500, 502]
    assert one_process(tmp_path / "corpus").ingest(["hf://datasets/mill/grain/a.jsonl"]).documents == 1
    assert served.faults == []


def test_a_private_data_set_needs_a_token(served: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    served.files, served.token = {"a.jsonl": b'{"text": "barley"}\n'}, "hf_sesame"
    for token in ("", "hf_wrong"):
        monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(MissingNeed, match="HF_TOKEN") as caught:
            find("hf://datasets/mill/grain/a.jsonl")
        assert "\n" not in str(caught.value)
        assert "hf_wrong" not in str(caught.value)
    monkeypatch.setenv("HF_TOKEN", served.token)
    assert len(find("hf://datasets/mill/grain/a.jsonl")) == 1


def test_what_is_not_there_is_said(served: Hub) -> None:
    for address in ("hf://datasets/mill/none/a.jsonl", "hf://datasets/mill/grain/none.jsonl"):
        with pytest.raises(InputError) as caught:
            find(address)
        assert address in str(caught.value)
        assert "\n" not in str(caught.value)
