"""The local judge with a tiny model made here: nothing is downloaded."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from winnow.errors import InputError
from winnow.judge.base import Prompt
from winnow.judge.local import LocalModel, load

WORDS = ["[UNK]", "[END]", "which", "is", "better", "A", "B", "x", "y", "?", "Tell", "very", "good"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A GPT-2 of two layers over thirteen words, with random weights."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("tiny")
    plain = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="[END]").save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=len(WORDS), n_positions=64, n_embd=16, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=1
    )
    transformers.GPT2LMHeadModel(config).save_pretrained(folder)
    return str(folder)


def by_hand(folder: str, prompt: str, choice: str) -> float:
    """Return ln p(choice | prompt), one token after another."""
    import torch

    loaded: Any = load(folder)
    ids = loaded.tokenizer(prompt)["input_ids"]
    total = 0.0
    for token in loaded.tokenizer(choice)["input_ids"]:
        with torch.no_grad():
            total += float(loaded.model(torch.tensor([ids])).logits[0, -1].log_softmax(-1)[token])
        ids = [*ids, token]
    return total


def test_choices_are_weighed_by_the_likelihood_of_their_tokens(tiny: str) -> None:
    prompt = Prompt("which is better ?", choices=("A", "B", "very good"))
    (answer,) = LocalModel(model=tiny).ask([prompt])
    logs = {choice: by_hand(tiny, "which is better ?", choice) for choice in prompt.choices}
    total = sum(math.exp(value) for value in logs.values())
    expected = {choice: math.exp(value) / total for choice, value in logs.items()}
    assert answer.likelihoods == pytest.approx(expected, abs=1e-5)
    assert answer.text == max(expected, key=lambda choice: expected[choice])
    assert answer.tokens_in == 4


def test_a_batch_answers_as_single_prompts_do(tiny: str) -> None:
    texts = ["Tell", "which is better ?", "x y x y x y", "is A better"]
    prompts = [Prompt(text, most_tokens=5) for text in texts] + [Prompt("is A better", choices=("x", "y"))]
    together = list(LocalModel(model=tiny, batch=5).ask(prompts))
    alone = list(LocalModel(model=tiny, batch=1).ask(prompts))
    assert [answer.text for answer in together] == [answer.text for answer in alone]
    assert all(answer.tokens_out <= 5 for answer in together)


def test_a_long_prompt_loses_its_middle(tiny: str) -> None:
    (answer,) = LocalModel(model=tiny).ask([Prompt("x " * 500, choices=("A", "B"))])
    # The model reads 64 tokens, of which 16 stay free for a choice.
    assert answer.tokens_in == 48
    (written,) = LocalModel(model=tiny).ask([Prompt("x " * 500, most_tokens=8)])
    assert written.tokens_in == 40


def test_a_model_that_is_none_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs the model"):
        list(LocalModel(model=str(tmp_path)).ask([Prompt("x")]))
