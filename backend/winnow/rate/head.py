"""Fitted heads: a matrix, read from vectors or n-grams, that gives every document its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from winnow.errors import CorpusError
from winnow.rate.evidence import Floats

Floats32 = NDArray[np.float32]
LENGTH_SCALE = 3.0
"""Length counts like a direction that is three times as wide as the vectors', so that the penalty hardly touches it."""


@dataclass(frozen=True)
class Output:
    """One column that a head makes: "number", "probability", "preference" or "name"."""

    suffix: str
    kind: str
    low: float | None = None
    high: float | None = None
    names: tuple[str, ...] = ()

    def column(self, title: str) -> str:
        return f"{title}_{self.suffix}" if self.suffix else title


@dataclass(frozen=True, eq=False)
class Head:
    """z = features · weights + ln(1 + chars) · length + bias; every output owns a run of columns of z.

    weights float32 [d, k], length and bias float32 [k]. `model` is the encoder whose vectors are the features, "" for
    shares of hashed n-grams of up to `ngram` words.
    """

    model: str
    outputs: tuple[Output, ...]
    weights: Floats32
    length: Floats32
    bias: Floats32
    ngram: int = 0

    @property
    def reads_length(self) -> bool:
        return bool(np.any(self.length))

    def columns(self, title: str) -> dict[str, pa.DataType]:
        return {output.column(title): pa.string() if output.names else pa.float32() for output in self.outputs}

    def scores(self, features: Any, chars: NDArray[Any] | None) -> Floats:
        z = np.asarray(features @ self.weights + self.bias, dtype=np.float64)
        if chars is not None and self.reads_length:
            z += np.log1p(np.asarray(chars, dtype=np.float64))[:, None] * self.length
        return z

    def rate(self, features: Any, chars: NDArray[Any] | None, title: str) -> dict[str, NDArray[Any] | pa.Array]:
        """Return every column for a batch."""
        z = self.scores(features, chars)
        found: dict[str, NDArray[Any] | pa.Array] = {}
        place = 0
        for output in self.outputs:
            part = z[:, place : place + max(len(output.names), 1)]
            place += part.shape[1]
            found[output.column(title)] = shown(part, output)
        return found

    def save(self, path: Path) -> None:
        from safetensors.numpy import save_file

        told = orjson.dumps(
            {"model": self.model, "ngram": self.ngram, "outputs": [asdict(output) for output in self.outputs]}
        ).decode()
        save_file({"weights": self.weights, "length": self.length, "bias": self.bias}, path, metadata={"head": told})

    @classmethod
    def load(cls, path: Path) -> Head:
        """Read a head; raises CorpusError when the file is damaged."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                told: Mapping[str, Any] = orjson.loads(file.metadata()["head"])
                weights, length, bias = (file.get_tensor(name) for name in ("weights", "length", "bias"))
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as reason:
            raise CorpusError(f"the head {path} cannot be read", str(reason), "fit it again: winnow learn") from reason
        outputs = tuple(Output(**{**output, "names": tuple(output["names"])}) for output in told["outputs"])
        return cls(str(told["model"]), outputs, weights, length, bias, int(told["ngram"]))


def shown(z: Floats, output: Output) -> NDArray[Any] | pa.Array:
    """Turn one output's scores into its column: a probability, a number within its bounds, a name."""
    if output.names:
        return pa.array(np.asarray(output.names, dtype=object)[z.argmax(axis=1)], pa.string())
    values = expit(z[:, 0]) if output.kind == "probability" else z[:, 0]
    if output.low is not None or output.high is not None:
        values = np.clip(values, output.low, output.high)
    return values.astype(np.float32)
