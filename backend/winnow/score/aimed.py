"""What scorers share that ask a lab model about a target: the model, the target's texts, the columns' name."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.errors import InputError, MissingNeed, SettingError
from winnow.method import param
from winnow.score.benchmarks import files_of, read_benchmarks, state_of
from winnow.score.causal import LONGEST_TOKEN, CausalScorer, shortened
from winnow.score.splits import held_out

if TYPE_CHECKING:
    from winnow.lm.decoder import Decoder
    from winnow.lm.tokenizer import Tokenizer
    from winnow.lm.windows import Windows


@dataclass(frozen=True, kw_only=True)
class Aimed(CausalScorer):
    """A scorer that looks into a lab model, and has texts that the model is to read better.

    Raises MissingNeed without either, InputError for what cannot be read, SettingError for a benchmark's test split.
    """

    stem: ClassVar[str]
    """What its columns are called without a NAME."""

    model: str = param("", "A model that `winnow teach` or a proof kept: a name, a folder or a tier.")
    target: str = param("", "A file of texts that a model is to read better: JSONL, Parquet, CSV or plain text.")
    called: str = param("", "NAME at the end of the column names, so that several runs stand beside each other.")
    tokens: int = param(512, "Tokens of a document that are read at most.", low=8, high=1_000_000)
    batch: int = param(32, "Windows that are read at once.", low=1, high=4096)
    force_target: bool = param(False, "Aim at a benchmark's test split all the same: then never report on it.")
    seed: int = param(0, "Which documents and texts are drawn where not all are read.", low=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if os.path.exists(self.target):
            object.__setattr__(self, "target", os.path.abspath(self.target))

    @property
    def run_name(self) -> str:
        return f"{self.stem}_{self.called}" if self.called else self.stem

    def state(self) -> str:
        # What cannot be read is said when it is read.
        try:
            return f"{super().state()} {state_of([self.target])}" if self.target else super().state()
        except (OSError, InputError):
            return ""

    def decoder(self) -> tuple[Decoder, Tokenizer]:
        """Return the model, in evaluation mode, on the graphics card where there is one; loaded once a process."""
        if not self.model:
            fix = "winnow teach NAME, then --set model=NAME"
            raise MissingNeed(f"{self.name} needs a language model", "none was named", fix)
        return _decoder(self.model, CausalScorer.state(self))

    def reference(self, tokenizer: Tokenizer, context: int, tokens: int) -> Windows:
        """Return the target's texts in a drawn order, each with its first `self.tokens`, until there are so many tokens."""
        from winnow.lm.windows import IGNORED, Windows

        texts = self.texts()
        order = np.random.default_rng([self.seed, len(texts)]).permutation(len(texts))
        cut = self.cut(pa.array([texts[place] for place in order], pa.large_string()), tokenizer, context)
        used = np.cumsum((cut.targets != IGNORED).sum(axis=1))
        # Two texts at least: halves are compared to see how far a measure can be trusted.
        last = max(1, int(cut.text[min(int(np.searchsorted(used, tokens)), len(cut) - 1)])) if len(cut) else 0
        kept = cut.text <= last
        return Windows(cut.inputs[kept], cut.targets[kept], cut.text[kept], cut.bytes[: last + 1])

    def texts(self) -> list[str]:
        """Return the texts of the target; raises MissingNeed, InputError, SettingError."""
        if not self.target:
            raise MissingNeed(f"{self.name} needs a target", "none was named", "--set target=FILE")
        if not os.path.exists(self.target):
            raise InputError("a target is a file of texts", f"{self.target} does not exist", "--set target=FILE")
        files = files_of([self.target])
        evidence = next((f"{file} is {told}" for file in files if (told := held_out(file))), "")
        if evidence and not self.force_target:
            fix = "name its train split; or force it, and never report on it: --set force_target=yes"
            raise SettingError("a target is no test or validation split of a benchmark", evidence, fix)
        try:
            found = read_benchmarks([self.target], ("text",))
        except InputError:
            found = read_benchmarks([self.target])
        if not found.texts:
            raise InputError(f"target {self.target} holds no text", "0 texts were read", "name a file with texts")
        return list(found.texts)

    def starts(self, texts: pa.Array) -> pa.Array:
        """Return what of the texts can matter: characters behind the last token that is read are not even cut."""
        return pc.utf8_slice_codeunits(texts, 0, LONGEST_TOKEN * self.tokens)

    def cut(self, texts: pa.Array, tokenizer: Tokenizer, context: int) -> Windows:
        """Return the windows of texts, of each its first `tokens` tokens."""
        from winnow.lm.windows import windows

        return shortened(windows(self.starts(texts), tokenizer, context), self.tokens, context)


@functools.lru_cache(maxsize=2)
def _decoder(model: str, state: str) -> tuple[Decoder, Tokenizer]:
    """Load a decoder; the state of its files tells one from another under the same name."""
    from winnow.device import device
    from winnow.lm.kept import load

    return load(Path(model), device())
