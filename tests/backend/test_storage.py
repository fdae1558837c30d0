"""Against a server that speaks S3 and one that speaks HTTP, both on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import one_process
from local_server import Answers, LocalServer, serving
from winnow import storage
from winnow.errors import ConflictError, InputError, MissingNeed, SettingError
from winnow.export.manifest import verify
from winnow.storage import Remote, fetch, find, is_remote, listing, located, send

pytest.importorskip("moto")
boto3 = pytest.importorskip("boto3")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    host, port = started.get_host_and_port()
    yield f"http://{host}:{port}"
    started.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setattr(storage, "FIRST_WAIT", 0.01)
    for name, value in {
        "AWS_ENDPOINT_URL": server, "AWS_ACCESS_KEY_ID": "mill", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=server, region_name="us-east-1")
    client.create_bucket(Bucket="grain")
    yield client
    for found in client.list_objects_v2(Bucket="grain").get("Contents", []):
        client.delete_object(Bucket="grain", Key=found["Key"])
    client.delete_bucket(Bucket="grain")


def _keys(client) -> list[str]:
    return [found["Key"] for found in client.list_objects_v2(Bucket="grain").get("Contents", [])]


def _put(client, key: str, text: str) -> None:
    client.put_object(Bucket="grain", Key=key, Body=text.encode())


def test_addresses_are_told_from_paths() -> None:
    assert is_remote("s3://grain/a")
    assert not is_remote("/grain/a")
    assert not is_remote("C:/grain")
    assert located("hf://datasets/a/b") == "hf://datasets/a/b"
    assert located("a").startswith("/")
    with pytest.raises(SettingError, match="found ftp://"):
        is_remote("ftp://grain/a")
    assert Remote("https://example.org/a%20b.jsonl?x=1", 1, "").name == "a b.jsonl"


@pytest.mark.parametrize(
    "address",
    ["s3://grain/..%2F..%2Fx", "https://example.org/..%2F..%2Fx", "https://example.org/a/..", "https://example.org/%2e%2e/",
     "s3://grain/..", "https://example.org/a%00b", "https://example.org/", "hf://datasets/a/b/../x"],
)  # fmt: skip
def test_a_name_elsewhere_leads_nowhere_here(address: str) -> None:
    name = Remote(address, 1, "").name
    assert Path(name).name == name
    assert name not in ("", ".", "..")
    assert "\0" not in name


def test_patterns_find_what_they_say(bucket) -> None:
    for key in ("in/a.jsonl", "in/b.txt", "in/deep/c.jsonl", "in+odd (1)/d.jsonl"):
        _put(bucket, key, "x")
    assert [one.address for one in find("s3://grain/in/*.jsonl")] == ["s3://grain/in/a.jsonl"]
    assert len(find("s3://grain/in/**/*.jsonl")) == 2
    assert len(find("s3://grain/in")) == 3
    assert [one.size for one in find("s3://grain/in+odd (1)/*")] == [1]
    with pytest.raises(InputError, match="nothing is found at"):
        find("s3://grain/none/*.jsonl")


def test_bytes_come_and_go_whole(bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "BLOCK_BYTES", 1000)
    content = bytes(range(256)) * 40
    (tmp_path / "a.bin").write_bytes(content)
    send(tmp_path / "a.bin", "s3://grain/out/a.bin")
    (one,) = listing("s3://grain/out")
    fetch(one, tmp_path / "b.bin")
    assert (tmp_path / "b.bin").read_bytes() == content


def test_what_is_wrong_is_one_line(bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such bucket"):
        find("s3://nowhere/a/*.jsonl")
    with pytest.raises(InputError, match="names a bucket"):
        find("s3://")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="cannot be reached") as caught:
        find("s3://grain/in")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="cannot be reached"):
        find("http://127.0.0.1:9/a.jsonl")
    refused = OSError("When listing objects: AWS Error ACCESS_DENIED during ListObjectsV2 operation")
    explained = storage._explained(refused, "s3://grain/in")
    assert isinstance(explained, MissingNeed)
    assert "AWS_ACCESS_KEY_ID" in str(explained)
    with pytest.raises(SettingError, match="files are sent to"):
        storage.check_writable("https://example.org/out")


def test_a_connection_that_breaks_is_tried_again(bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _put(bucket, "in/a.txt", "grain")
    (one,) = find("s3://grain/in/a.txt")
    real, calls = storage._filesystem, []

    def broken(scheme: str, path: str):
        calls.append(path)
        if len(calls) < 3:
            raise OSError("AWS Error NETWORK_CONNECTION: timeout")
        return real(scheme, path)

    monkeypatch.setattr(storage, "_filesystem", broken)
    fetch(one, tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "grain"
    assert len(calls) == 3


def test_a_corpus_comes_from_a_bucket_and_goes_to_one(bucket, tmp_path: Path) -> None:
    _put(bucket, "in/a.jsonl", '{"text": "barley", "id": "a"}\n{broken\n')
    _put(bucket, "in/b.jsonl", '{"text": "rye", "id": "b"}\n')
    _put(bucket, "in/README.md", "about")
    workspace = one_process(tmp_path / "corpus")
    made = workspace.ingest(["s3://grain/in"])
    assert (made.documents, made.rejected) == (2, 1)
    assert workspace.quarantine().to_pylist()[0]["file"] == "s3://grain/in/a.jsonl"
    with pytest.raises(ConflictError, match="in the corpus already"):
        workspace.ingest(["s3://grain/in/*.jsonl"])
    workspace.score(["tokens"])
    workspace.select("random", share=1.0, name="all")
    assert workspace.export("all", "s3://grain/out", format="jsonl") == "s3://grain/out"
    home = tmp_path / "back"
    home.mkdir()
    for one in listing("s3://grain/out"):
        fetch(one, home / one.name)
    assert verify(home) == []
    assert (home / "part-00000.jsonl").read_text().count("\n") == 2
    with pytest.raises(ConflictError, match="holds files"):
        workspace.export("all", "s3://grain/out")


def test_the_manifest_comes_last_and_a_broken_export_goes_on(
    bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(bucket, "in/a.jsonl", "".join(f'{{"text": "text {n}"}}\n' for n in range(6)))
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest(["s3://grain/in/a.jsonl"])
    workspace.score(["tokens"])
    workspace.select("random", share=1.0, name="all")
    sent: list[str] = []

    def breaking(local: Path, address: str) -> None:
        if len(sent) == 2:
            raise InputError("it cannot be reached", "the network is gone", "run it again")
        send(local, address)
        sent.append(address)

    monkeypatch.setattr("winnow.jobs.sending.send", breaking)
    with pytest.raises(InputError, match="the same command goes on from there"):
        workspace.export("all", "s3://grain/out", settings={"shard_docs": 2})
    assert "out/manifest.json" not in _keys(bucket)
    assert sum(key.startswith("out/") for key in _keys(bucket)) == 2
    monkeypatch.setattr("winnow.jobs.sending.send", lambda local, address: (send(local, address), sent.append(address)))
    workspace.export("all", "s3://grain/out", settings={"shard_docs": 2})
    assert sent[-1] == "s3://grain/out/manifest.json"
    assert len(sent) == len(set(sent)), "nothing that had arrived was sent again"
    assert not list((tmp_path / "corpus" / "outgoing").iterdir())


class _Breaking(Answers):
    broken = 0

    def do_HEAD(self) -> None:
        self._head(200, len(CONTENT))

    def do_GET(self) -> None:
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self._head(206 if start else 200, len(CONTENT) - start)
        stop = len(CONTENT) // 2 if start == 0 and type(self).broken == 0 else len(CONTENT)
        type(self).broken += 1
        self.wfile.write(CONTENT[start:stop])

    def _head(self, status: int, size: int) -> None:
        found = self.path.startswith("/a.jsonl")
        self.send_response(status if found else 404)
        self.send_header("Content-Length", str(size if found else 0))
        self.end_headers()


CONTENT = b"".join(b'{"text": "page %d"}\n' % number for number in range(100))


def test_a_server_that_breaks_off_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "FIRST_WAIT", 0.01)
    with serving(LocalServer(_Breaking)) as server:
        made = one_process(tmp_path / "corpus").ingest([f"{server.address}/a.jsonl"])
        assert made.documents == 100
        with pytest.raises(InputError, match="404"):
            find(f"{server.address}/b.jsonl")
