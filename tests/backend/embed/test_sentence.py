"""The sentence encoder against the library it runs."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

from winnow.embed import sentence
from winnow.embed.sentence import SentenceEncoder, batches, load, slug
from winnow.errors import InputError

TEXTS = [
    f"Sentence {n} is about {topic}, and it is {'rather ' * n}short."
    for n, topic in enumerate(
        ["rain", "bread", "trains", "chess", "rivers", "glass", "bees", "iron", "paint", "maps"] * 2
    )
]


def test_minilm_equals_the_library() -> None:
    expected = load("minilm").encode([*TEXTS, "long " * 900], normalize_embeddings=True)
    found = SentenceEncoder().embed([*TEXTS, "long " * 900])
    assert np.all((expected * found).sum(axis=1) >= 0.999)


def test_the_packaged_model_loads_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the packaged model asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert load.__wrapped__("minilm").encode(["x"]).shape == (1, 384)


def test_many_small_passes_equal_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = SentenceEncoder().embed(TEXTS)
    monkeypatch.setattr(sentence, "CHARACTERS_ON_CPU", 200)
    assert SentenceEncoder().embed(TEXTS) == pytest.approx(whole, abs=1e-5)


def test_batches_by_hand() -> None:
    # Longest first: 9 alone (2 × 9 > 12), then 4, 4, 3 (3 × 4 = 12), then 2, 1.
    assert batches([1, 4, 9, 3, 4, 2], 12) == [[2], [1, 4, 3], [5, 0]]
    assert batches([50], 12) == [[0]]
    assert batches([], 12) == []


def test_a_local_folder_is_a_model_too(tmp_path: Path) -> None:
    load("minilm").save(str(tmp_path / "copy"))
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
    monkeypatch.setattr(sentence.socket, "create_connection", no_network)
    assert not sentence.hub_answers()
    with pytest.raises(InputError, match="nobody/nothing"):
        sentence.load("nobody/nothing")
