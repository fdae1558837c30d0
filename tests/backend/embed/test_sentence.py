"""The sentence encoder against the library it runs."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

from winnow.embed import sentence
from winnow.embed.sentence import SentenceEncoder, fresh, slug
from winnow.errors import InputError
from winnow.lm import hub

TEXTS = [
    f"Sentence {n} is about {topic}, and it is {'rather ' * n}short."
    for n, topic in enumerate(
        ["rain", "bread", "trains", "chess", "rivers", "glass", "bees", "iron", "paint", "maps"] * 2
    )
]


def test_minilm_equals_the_library() -> None:
    expected = fresh("minilm", "cpu").encode([*TEXTS, "long " * 900], normalize_embeddings=True)
    found = SentenceEncoder().embed([*TEXTS, "long " * 900])
    assert np.all((expected * found).sum(axis=1) >= 0.999)


def test_the_packaged_model_loads_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the packaged model asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert fresh("minilm", "cpu").encode(["x"]).shape == (1, 384)


def test_a_stream_gives_each_batch_its_own_vectors_in_order() -> None:
    whole = SentenceEncoder().embed(TEXTS)
    batches = [TEXTS[:7], [], ["", "  "], TEXTS[7:8], TEXTS[8:]]
    found = list(SentenceEncoder().stream(batches))
    assert [len(vectors) for vectors in found] == [7, 0, 2, 1, 12]
    assert not found[2].any()
    assert np.concatenate([found[0], found[3], found[4]]) == pytest.approx(whole, abs=1e-5)


def test_a_local_folder_is_a_model_too(tmp_path: Path) -> None:
    fresh("minilm", "cpu").save(str(tmp_path / "copy"))
    other = SentenceEncoder(checkpoint=str(tmp_path / "copy"))
    assert other.dimensions == 384
    assert other.embed(TEXTS[:3]) == pytest.approx(SentenceEncoder().embed(TEXTS[:3]), abs=1e-5)
    assert other.model.startswith("copy-")


def test_a_model_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="use minilm"):
        SentenceEncoder(checkpoint=str(tmp_path / "empty")).embed(["x"])


def test_slugs_are_safe_and_differ(tmp_path: Path) -> None:
    assert slug("minilm") == "minilm"
    assert slug("BAAI/bge-small-en-v1.5") == "BAAI--bge-small-en-v1.5"
    assert slug("../no such folder/x") == "--no_such_folder--x"
    (tmp_path / "a" / "model").mkdir(parents=True)
    (tmp_path / "b" / "model").mkdir(parents=True)
    assert slug(str(tmp_path / "a" / "model")) != slug(str(tmp_path / "b" / "model"))


def test_without_a_network_an_unknown_model_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise OSError("no route")

    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(hub.socket, "create_connection", no_network)
    assert not hub.hub_answers()
    with pytest.raises(InputError, match="nobody/nothing"):
        sentence.fresh("nobody/nothing", "cpu")


def test_other_weights_are_another_revision(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(3_000_000) + b"a")
    model = SentenceEncoder(checkpoint=str(folder))
    first = model.revision()
    assert first.startswith("1-")
    assert model.revision() == first
    (folder / "model.safetensors").write_bytes(bytes(3_000_000) + b"b")
    assert model.revision() not in (first, "")
    assert SentenceEncoder().revision().startswith("1-")
    # A model that no cache holds has none: to ask must not fetch it.
    assert SentenceEncoder(checkpoint="nobody/no-such-model").revision() == ""
