"""A judge on this machine: a causal language model of Hugging Face, by name or folder."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.errors import InputError, SettingError
from winnow.judge.base import Answer, Judge, Prompt, windows
from winnow.method import param, require

Ids = list[int]


@dataclass(frozen=True, kw_only=True)
class LocalModel(Judge):
    """Asks a causal language model on this machine; choices are weighed by the likelihood of their tokens.

    p(choice) = exp(Σ_t ln p(token_t | prompt, tokens before)) / the same summed over the choices. Free text is the
    likeliest continuation, token by token. The tokenizer's chat template is used when it has one. bfloat16 on a GPU,
    float32 on a CPU. Raises InputError when the model cannot be loaded.
    """

    name: ClassVar[str] = "local"
    handling: ClassVar[frozenset[str]] = frozenset({"batch"})

    model: str = param("", "The name of a causal language model, or a folder that holds one.")
    context: int = param(2048, "Tokens of a prompt that are read; the middle of a longer one is left out.", low=16)
    batch: int = param(8, "How many prompts go through the model at once.", low=1)

    def price(self, tokens_in: int, tokens_out: int) -> float | None:
        return 0.0

    def answers(self, prompts: Iterable[Prompt]) -> Iterator[Answer]:
        if not self.model:
            raise SettingError("a local judge needs a model", "none was given", "--model NAME_OR_FOLDER")
        loaded = load(self.model)
        for window in windows(prompts):
            for start in range(0, len(window), self.batch):
                yield from self._answer_batch(loaded, window[start : start + self.batch])

    def _answer_batch(self, loaded: Loaded, prompts: Sequence[Prompt]) -> Iterator[Answer]:
        written = [loaded.ids(prompt, self.context) for prompt in prompts]
        free = [place for place, prompt in enumerate(prompts) if not prompt.choices]
        texts = iter(loaded.write([written[place] for place in free], [prompts[place].most_tokens for place in free]))
        for prompt, ids in zip(prompts, written, strict=True):
            if not prompt.choices:
                text, tokens = next(texts)
                yield Answer(text, {}, len(ids), tokens)
                continue
            logs = loaded.choice_logs(ids, prompt.choices)
            shares = np.exp(logs - logs.max())
            likelihoods = dict(zip(prompt.choices, (shares / shares.sum()).tolist(), strict=True))
            yield Answer(max(likelihoods, key=lambda name: likelihoods[name]), likelihoods, len(ids), 0)


@dataclass(frozen=True)
class Loaded:
    """A model and its tokenizer."""

    model: Any
    tokenizer: Any

    def ids(self, prompt: Prompt, context: int) -> Ids:
        """Return a prompt's tokens; of more than `context` the first and the last half are kept."""
        system = [{"role": "system", "content": prompt.system}] if prompt.system else []
        if getattr(self.tokenizer, "chat_template", None):
            turns = [*system, {"role": "user", "content": prompt.text}]
            text = self.tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
            ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        else:
            ids = self.tokenizer("\n\n".join(part for part in (prompt.system, prompt.text) if part))["input_ids"]
        limit = min(context, int(getattr(self.model.config, "max_position_embeddings", None) or context))
        limit = max(limit - (0 if prompt.choices else prompt.most_tokens) - LONGEST_CHOICE, LONGEST_CHOICE)
        return list(ids if len(ids) <= limit else [*ids[: limit // 2], *ids[-(limit - limit // 2) :]])

    def choice_logs(self, ids: Ids, choices: Sequence[str]) -> NDArray[np.float64]:
        """Return ln p of every choice after the prompt, all choices in one pass."""
        import torch

        ends = [self.tokenizer(choice, add_special_tokens=False)["input_ids"] for choice in choices]
        padded = [ids + end + [0] * (max(map(len, ends)) - len(end)) for end in ends]
        with torch.inference_mode():
            rows = torch.tensor(padded, device=self.model.device)
            logits = self.model(rows).logits[:, len(ids) - 1 : -1].float().log_softmax(-1)
        found = [
            sum(float(logits[row, place, token]) for place, token in enumerate(end)) for row, end in enumerate(ends)
        ]
        return np.array(found)

    def write(self, prompts: Sequence[Ids], most: Sequence[int]) -> list[tuple[str, int]]:
        """Return the likeliest continuation of each prompt and how many tokens it has."""
        import torch

        if not prompts:
            return []
        longest, pad = max(map(len, prompts)), self.tokenizer.pad_token_id or self.tokenizer.eos_token_id or 0
        rows = torch.tensor([[pad] * (longest - len(ids)) + ids for ids in prompts], device=self.model.device)
        mask = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in prompts], device=self.model.device)
        with torch.inference_mode():
            out = self.model.generate(
                rows, attention_mask=mask, max_new_tokens=max(most), do_sample=False, pad_token_id=pad
            )
        kept = [row[longest:].tolist()[:limit] for row, limit in zip(out, most, strict=True)]
        texts = self.tokenizer.batch_decode(kept, skip_special_tokens=True)
        counts = [sum(token != pad for token in row) for row in kept]
        return [(text.strip(), count) for text, count in zip(texts, counts, strict=True)]


LONGEST_CHOICE = 16
"""Tokens kept free for a choice."""


@functools.lru_cache(maxsize=1)
def load(checkpoint: str) -> Loaded:
    """Load a model once a process; raises InputError when it cannot be had."""
    import torch

    library = require("the local judge", "running models", "transformers")
    try:
        tokenizer = library.AutoTokenizer.from_pretrained(checkpoint)
        model = library.AutoModelForCausalLM.from_pretrained(checkpoint, use_safetensors=True)
    except Exception as reason:  # a wrong name, no network, a damaged file: each raises its own kind
        raise InputError(
            f"the local judge needs the model '{checkpoint}'",
            next(iter(str(reason).splitlines()), type(reason).__name__),
            "give the folder of a downloaded model, or check the name and the network",
        ) from reason
    gpu = torch.cuda.is_available()
    return Loaded((model.to("cuda").bfloat16() if gpu else model.float()).eval(), tokenizer)
