from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from text_batches import HARD_TEXTS, batch_of, texts
from winnow.errors import SettingError
from winnow.score import tokens as module
from winnow.score.tokens import SAMPLE_CHARS, Tokens, sample


def in_full(documents: list[str]) -> list[int]:
    tokenizer = module._counter("minilm").tokenizer
    return [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in documents]


@pytest.fixture(scope="module")
def byte_pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a byte-level BPE, whose tokens carry the space before a word."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=400, show_progress=False)
    tokenizer.train_from_iterator(["the cat sat on the mat and the dog lay on the rug"] * 20, trainer)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@given(texts)
def test_adding_up_words_equals_encoding_the_text(documents: list[str]) -> None:
    assert Tokens().score(batch_of(documents), None)["tokens"].tolist() == in_full(documents)


def test_hard_texts_are_counted_in_full() -> None:
    assert Tokens().score(batch_of(HARD_TEXTS), None)["tokens"].tolist() == in_full(list(HARD_TEXTS))


def test_counts_by_hand() -> None:
    # The pieces are "hello" "," "world" "!" and "token" "##izer"; nothing is put before or after them.
    assert Tokens().score(batch_of(["hello, world!", "tokenizer", ""]), None)["tokens"].tolist() == [4, 2, 0]


def test_the_memo_changes_no_count_when_it_overflows(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = ["alpha beta gamma", "beta gamma delta", "x" * 60]
    expected = Tokens().score(batch_of(documents), None)["tokens"].tolist()
    monkeypatch.setattr(module, "_MEMO_WORDS", 3)
    for _ in range(2):
        assert Tokens().score(batch_of(documents), None)["tokens"].tolist() == expected


def test_a_word_of_data_is_counted_in_stretches() -> None:
    word = "12:34:" * 20_000
    # Cutting 120,000 characters once parts at most one token.
    assert Tokens().score(batch_of([word]), None)["tokens"][0] == pytest.approx(in_full([word])[0], abs=1)


def test_a_byte_level_tokenizer_is_not_counted_by_words(byte_pairs: Path) -> None:
    counter = module._counter(str(byte_pairs))
    assert not counter.by_word
    short = "the cat  sat\n\non the mat"
    expected = len(counter.tokenizer.encode(short).ids)
    assert Tokens(tokenizer=str(byte_pairs)).score(batch_of([short]), None)["tokens"].tolist() == [expected]


def test_long_documents_are_estimated_and_exact_counts_them(byte_pairs: Path) -> None:
    document = "the cat sat on the mat and the dog lay on the rug " * 200
    truth = len(module._counter(str(byte_pairs)).tokenizer.encode(document).ids)
    exact = Tokens(tokenizer=str(byte_pairs), exact=True).score(batch_of([document]), None)["tokens"].tolist()
    estimate = Tokens(tokenizer=str(byte_pairs)).score(batch_of([document]), None)["tokens"].tolist()
    assert exact == [truth]
    assert estimate[0] == pytest.approx(truth, rel=0.05)


def test_the_sample_is_spread_over_the_text() -> None:
    document = " ".join(f"w{number}" for number in range(5000))
    seen = sample(document)
    assert 0.9 * SAMPLE_CHARS < len(seen) <= SAMPLE_CHARS
    assert " w4990" in seen
    assert set(seen.split()) < set(document.split())
    assert sample("short") == "short"
    assert len(sample("x" * 9000)) == SAMPLE_CHARS


def test_a_tokenizer_that_is_not_there_says_so() -> None:
    with pytest.raises(SettingError, match="needs a tokenizer"):
        Tokens(tokenizer="/nowhere/tokenizer.json").score(batch_of(["a"]), None)


@given(texts)
def test_places_of_tokens_are_those_of_the_whole_text(documents: list[str]) -> None:
    """Every token of every text, found through its words, begins where encoding the whole text says."""
    column, encode = pa.array(documents, pa.large_string()), module._counter("minilm").tokenizer.encode
    for row, text in enumerate(documents):
        starts = [start for start, _ in encode(text, add_special_tokens=False).offsets]
        total = len(starts)
        if total != Tokens().score(batch_of([text]), None)["tokens"][0]:
            continue
        numbers = np.arange(total + 1)
        found = Tokens().cut(column, np.full(total + 1, row), numbers, np.full(total + 1, total))
        for place, start in zip(found.tolist(), [0, *starts[1:], len(text)] if total else [0], strict=True):
            assert place <= start, "a character that the tokenizer deletes may stand before its token"
            assert not any(unicodedata.category(char)[0] in "LNPS" for char in text[place:start])


def test_places_of_an_estimated_count_are_scaled(byte_pairs: Path) -> None:
    """Half of what was counted is half of the tokens there are: the text is "low " over and over, four characters each."""
    column, one = pa.array(["low " * 100], pa.large_string()), np.zeros(1, dtype=np.int64)
    found = Tokens(tokenizer=str(byte_pairs)).cut(column, one, np.array([500]), np.array([1000]))
    assert abs(int(found[0]) - 200) <= 4
