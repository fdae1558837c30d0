"""Fine-tune the network of the toxicity scorer: the lower three layers of all-MiniLM-L6-v2 and a perceptron.

    python tests/truth/fit_toxic_network.py DATA [--cache FOLDER] [--minutes 60] [--wide FILE] [--out FILE]

The third layer asks once a text instead of once a piece. Fitted twice: first with all units and the first layer as it is;
then with half of the units between the dense maps of the two full layers (`narrowing.py`), all layers free, on the labels
and on what the wide net says of the same rows (arXiv 1503.02531). All three are shipped in 8 bits. `--wide` keeps the
state between both, and goes on from it where the file exists.

Rows are drawn by the shares of toxic_texts.py, batches hold texts of one length, the step size falls to zero over the time
given: how far a fit gets depends on the machine, so the weights come out alike and not the same. A fit's result is the mean
of the weights at MIDWAY of the time and at its end (after arXiv 1803.05407): on the "stack" parts the small sets are told
best midway, the large ones at the end, and both by the mean. Losses: any harm (every row), the categories (where a set tells
them), and one head a set for what that set calls toxic, of which those of MEANINGS are shipped.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import narrowing
import numpy as np
import pyarrow as pa
import torch
import toxic_sets
import toxic_texts
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from winnow.score.chunks import OPEN, survey
from winnow.score.linear import FOLDER
from winnow.score.network.toxic import tokenizer
from winnow.score.network.transformer import (
    FIRST,
    HEADS,
    LAST,
    LINEARS,
    NORMS,
    READER,
    WIDTH,
    eight_bits,
    shared_weights,
)
from winnow.score.toxic_blend import HARMS, MEANINGS

LAYERS, HIDDEN, LONGEST, PIECES = 3, 128, 62, 2200
STEP, NARROW_STEP, WARM, DROP = 2.5e-4, 1.5e-4, 0.04, 0.1
MIDWAY = 0.6
NARROW, LABELS_BESIDE = 768, 0.5
OWN_WEIGHT, HARM_WEIGHT = 0.8, 0.6
HEADROOM, CALIBRATED = 1.1, 6000
SETS = 1 + len(HARMS)


class Layer(nn.Module):
    """One layer of all-MiniLM-L6-v2 to go on from."""

    ASKED = ("query", "key", "value")

    def __init__(self, stored: dict[str, torch.Tensor], number: int) -> None:
        super().__init__()
        at, own = f"encoder.layer.{number}.", "attention.self."
        self.mixing = _linear(stored, *(f"{at}{own}{name}" for name in self.ASKED))
        self.mixed = _linear(stored, f"{at}attention.output.dense")
        self.up, self.down = _linear(stored, f"{at}intermediate.dense"), _linear(stored, f"{at}output.dense")
        self.first = _norm(stored, f"{at}attention.output.LayerNorm")
        self.second = _norm(stored, f"{at}output.LayerNorm")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        texts, size, _ = x.shape
        heads = self.mixing(x).view(texts, size, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        return self.onward(x, attended(*heads).transpose(1, 2).reshape(texts, size, WIDTH))

    def onward(self, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        x = self.first(x + self.mixed(seen))
        return self.second(x + self.down(functional.gelu(self.up(x))))


class Reader(Layer):
    """The last layer: one vector a text, the look's mean of its pieces, asks all of them."""

    ASKED = ("key", "value")

    def __init__(self, stored: dict[str, torch.Tensor], number: int) -> None:
        super().__init__(stored, number)
        self.asking = _linear(stored, f"encoder.layer.{number}.attention.self.query")
        self.look = nn.Linear(WIDTH, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        texts, size, _ = x.shape
        mean = (x.float() * self.look(x).float().softmax(1)).sum(1)
        asked = self.asking(mean).view(texts, 1, HEADS, -1).transpose(1, 2)
        heads = self.mixing(x).view(texts, size, 2, HEADS, -1).permute(2, 0, 3, 1, 4)
        return self.onward(mean, attended(asked, *heads).reshape(texts, WIDTH))


def attended(asked: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Return scaled dot-product attention, in float32: for short texts twice as fast as PyTorch's own on a CPU."""
    asked, keys, values = asked.float() * (WIDTH // HEADS) ** -0.5, keys.float(), values.float()
    with torch.autocast("cpu", enabled=False):
        return (asked @ keys.transpose(-1, -2)).softmax(-1) @ values


def _linear(stored: dict[str, torch.Tensor], *names: str) -> nn.Linear:
    weight, bias = (torch.cat([stored[f"{name}.{part}"] for name in names]) for part in ("weight", "bias"))
    made = nn.Linear(*weight.T.shape)
    made.weight, made.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
    return made


def _norm(stored: dict[str, torch.Tensor], name: str) -> nn.LayerNorm:
    made = nn.LayerNorm(WIDTH, 1e-12)
    made.weight, made.bias = (nn.Parameter(stored[f"{name}.{part}"].clone()) for part in ("weight", "bias"))
    return made


class Net(nn.Module):
    def __init__(self, outputs: int) -> None:
        super().__init__()
        stored = dict(shared_weights())
        self.pieces = stored["embeddings.word_embeddings.weight"]
        kind = stored["embeddings.token_type_embeddings.weight"][0]
        self.positions = stored["embeddings.position_embeddings.weight"] + kind
        self.norm = (stored["embeddings.LayerNorm.weight"], stored["embeddings.LayerNorm.bias"])
        full = [Layer(stored, number) for number in range(LAYERS - 1)]
        self.layers = nn.ModuleList([*full, Reader(stored, LAYERS - 1)])
        self.hidden, self.output = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, outputs)

    def forward(self, pieces: torch.Tensor) -> torch.Tensor:
        x = functional.embedding(pieces, self.pieces) + self.positions[: pieces.shape[1]]
        x = functional.layer_norm(x, (WIDTH,), *self.norm, 1e-12)
        for number, layer in enumerate(self.layers[:-1]):
            x = functional.dropout(layer(x), DROP if number == 0 else 0.0, self.training)
        x = functional.dropout(self.layers[-1](x[:, 1:-1]), DROP, self.training)
        x = functional.relu(self.hidden(x))
        return self.output(functional.dropout(x, DROP, self.training))


@dataclass(frozen=True)
class Tokenised:
    """Rows as word pieces: row i is pieces[starts[i] : starts[i] + lengths[i]]."""

    pieces: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, texts: list[str]) -> Tokenised:
        rows: list[list[int]] = []
        for start in range(0, len(texts), 4000):
            some = texts[start : start + 4000]
            never = survey(pa.array(some, pa.large_string()), lambda plain: np.zeros(len(plain.bounds) - 1), OPEN)
            found: list[list[int]] = [[] for _ in some]
            owners = never.rows[never.open[never.chunks]].tolist()
            encoded = tokenizer().encode_batch_fast(list(never.words), add_special_tokens=False)
            for row, one in zip(owners, encoded, strict=True):
                found[row] += one.ids
            rows += [ids[:LONGEST] or [100] for ids in found]
        lengths = np.array([len(ids) for ids in rows])
        return cls(np.concatenate(rows).astype(np.int64), np.cumsum(lengths) - lengths, lengths)

    def batch(self, members: NDArray[np.int64]) -> torch.Tensor:
        size = int(self.lengths[members[0]])
        ids = np.full((len(members), size + 2), FIRST, dtype=np.int64)
        ids[:, 1:-1], ids[:, -1] = self.pieces[self.starts[members][:, None] + np.arange(size)], LAST
        return torch.from_numpy(ids)


def by_length(found: Tokenised, rows: NDArray[np.int64], pieces: int) -> Iterator[NDArray[np.int64]]:
    """Cut rows into batches of one length, of so many pieces at most where that is a row or more."""
    for size in np.unique(found.lengths[rows]).tolist():
        alike, step = rows[found.lengths[rows] == size], max(pieces // (size + 2), 1)
        yield from (alike[start : start + step] for start in range(0, len(alike), step))


def batches(found: Tokenised, weights: NDArray[np.float64], rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Draw rows by weight, without end, in batches of one length."""
    while True:
        cut = list(by_length(found, rng.choice(len(weights), 8192, p=weights), PIECES))
        for place in rng.permutation(len(cut)):
            yield cut[place]


Losses = Callable[[torch.Tensor, NDArray[np.int64]], torch.Tensor]
cross = functional.binary_cross_entropy_with_logits


@dataclass(frozen=True)
class Labels:
    """The loss beside the labels of rows."""

    rows: toxic_texts.Rows
    owners: torch.Tensor

    @classmethod
    def of(cls, rows: toxic_texts.Rows) -> Labels:
        return cls(rows, torch.from_numpy(np.unique(rows.kinds, return_inverse=True)[1]))

    def __call__(self, logits: torch.Tensor, members: NDArray[np.int64]) -> torch.Tensor:
        labels = torch.from_numpy(self.rows.labels[members].astype(np.float32))
        told = torch.from_numpy(self.rows.categories[members].astype(np.float32))
        known = (told >= 0).float()
        harms = cross(logits[:, 1:SETS], told.clamp(0), reduction="none")
        own = logits[:, SETS:].gather(1, self.owners[members][:, None]).squeeze(1)
        by_harm = (harms * known).sum() / known.sum().clamp(1)
        return cross(logits[:, 0], labels) + HARM_WEIGHT * by_harm + OWN_WEIGHT * cross(own, labels)


@dataclass(frozen=True)
class LabelsAndAnswers:
    """The loss beside the labels and, of every output, beside what a wider net answers."""

    labels: Labels
    answers: torch.Tensor

    def __call__(self, logits: torch.Tensor, members: NDArray[np.int64]) -> torch.Tensor:
        told = self.answers[members].float().sigmoid()
        weights = (1.0, HARM_WEIGHT, OWN_WEIGHT)
        parts = (slice(0, 1), slice(1, SETS), slice(SETS, None))
        beside = [weight * cross(logits[:, at], told[:, at]) for weight, at in zip(weights, parts, strict=True)]
        return LABELS_BESIDE * self.labels(logits, members) + torch.stack(beside).sum()


def fit(net: Net, weights: NDArray[np.float64], found: Tokenised, losses: Losses, step: float, seconds: float) -> None:
    """AdamW under bfloat16, the step rising over WARM of the time and falling to zero over the rest; two states averaged."""
    rng, free = np.random.default_rng(1), [weight for weight in net.parameters() if weight.requires_grad]
    groups = [
        {"params": [w for w in free if (w.ndim > 1) == wide], "weight_decay": 0.01 * wide} for wide in (True, False)
    ]
    optimiser = torch.optim.AdamW(groups, lr=step, betas=(0.9, 0.98))
    began, seen, lately, midway = time.perf_counter(), 0, 0.0, {}
    for turn, members in enumerate(batches(found, weights, rng)):
        past = (time.perf_counter() - began) / seconds
        if past >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = step * min(1.0, past / WARM) * (1 - past)
        pieces = found.batch(members)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net(pieces).float()
        loss = losses(logits, members) * min(1.0, len(members) / 20)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(free, 1.0)
        optimiser.step()
        seen, lately = seen + pieces.numel(), 0.98 * lately + 0.02 * loss.item()
        if past >= MIDWAY and not midway:
            midway = {name: value.clone() for name, value in net.state_dict().items()}
        if turn % 100 == 0:
            print(f"{past:.2f} of the time, {seen:,} pieces, loss {lately / (1 - 0.98 ** (turn + 1)):.3f}", flush=True)
    net.load_state_dict({name: (value + midway.get(name, value)) / 2 for name, value in net.state_dict().items()})


def answered(net: Net, found: Tokenised, outputs: int) -> torch.Tensor:
    """Return the logits of every row, float16 [rows, outputs]."""
    answers = torch.zeros(len(found.lengths), outputs, dtype=torch.float16)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for members in by_length(found, np.arange(len(found.lengths)), 4 * PIECES):
            answers[members] = net(found.batch(members)).half()
    return answers


def drawn(found: Tokenised) -> Iterator[NDArray[np.int64]]:
    """Return a draw of CALIBRATED rows in batches."""
    return by_length(found, np.random.default_rng(2).choice(len(found.lengths), CALIBRATED, replace=False), 4 * PIECES)


def narrow(net: Net, found: Tokenised) -> None:
    """Leave NARROW units in each full layer, from below, each by what the layers beneath it then give."""
    for number, layer in enumerate(net.layers[:-1]):
        seen = torch.zeros(1, dtype=torch.float64)

        def note(_: nn.Module, given: tuple[torch.Tensor]) -> None:
            nonlocal seen
            seen = seen + narrowing.gram(given[0])

        handle = layer.down.register_forward_pre_hook(note)
        with torch.no_grad():
            for members in drawn(found):
                net(found.batch(members))
        handle.remove()
        layer.up, layer.down, lost = narrowing.narrowed(layer.up, layer.down, seen, NARROW)
        print(f"layer {number}: {NARROW} units, {lost:.4f} of the output's square lost", flush=True)


def reaches(net: Net, found: Tokenised) -> dict[tuple[int, str], torch.Tensor]:
    """Return the highest absolute input of each map on a draw of rows, with headroom."""
    reach: dict[tuple[int, str], torch.Tensor] = {}

    def note(key: tuple[int, str]):
        def hook(_: nn.Module, given: tuple[torch.Tensor], __: torch.Tensor) -> None:
            here = given[0].abs().flatten(0, -2).amax(0) * HEADROOM
            reach[key] = torch.maximum(reach[key], here) if key in reach else here.clamp(min=0.01)

        return hook

    handles = [
        getattr(layer, name).register_forward_hook(note((number, name)))
        for number, layer in enumerate(net.layers)
        for name in linears(layer)
    ]
    with torch.no_grad():
        for members in drawn(found):
            net(found.batch(members))
    for handle in handles:
        handle.remove()
    return reach


def linears(layer: Layer) -> tuple[str, ...]:
    return READER if isinstance(layer, Reader) else LINEARS


def stored(
    net: Net, reach: dict[tuple[int, str], torch.Tensor], kinds: NDArray[np.str_]
) -> dict[str, NDArray[np.generic]]:
    """Return what is shipped: the layers in 8 bits, the look and the perceptron."""
    sets = SETS + np.searchsorted(kinds, [toxic_texts.MEANT[meaning] for meaning in MEANINGS])
    heads = torch.from_numpy(np.append(np.arange(SETS), sets))
    kept: dict[str, torch.Tensor] = {
        "look": net.layers[-1].look.weight[0], "hidden": net.hidden.weight.half(), "hidden_bias": net.hidden.bias,
        "output": net.output.weight[heads].half(), "output_bias": net.output.bias[heads],
    }  # fmt: skip
    for number, layer in enumerate(net.layers):
        for name in linears(layer):
            linear, furthest = getattr(layer, name), reach[number, name]
            weight, scale = eight_bits(linear.weight * furthest)
            parts = {"": weight, ".scale": scale, ".bias": linear.bias, ".reach": furthest}
            kept |= {f"{number}.{name}{part}": value for part, value in parts.items()}
        for name in NORMS:
            norm = getattr(layer, name)
            kept |= {f"{number}.{name}.weight": norm.weight, f"{number}.{name}.bias": norm.bias}
    return {name: value.detach().numpy() for name, value in kept.items()}


def widely(asked: argparse.Namespace, rows: toxic_texts.Rows, found: Tokenised) -> Net:
    """Fit the net with all of its units and the first layer as it is, or read its state where that was kept."""
    net = Net(SETS + len(np.unique(rows.kinds)))
    if asked.wide and asked.wide.exists():
        net.load_state_dict(torch.load(asked.wide))
        return net.eval()
    net.layers[0].requires_grad_(False)
    fit(net.train(), rows.weights, found, Labels.of(rows), STEP, asked.minutes * 60)
    if asked.wide:
        torch.save(net.state_dict(), asked.wide)
    return net.eval().requires_grad_(True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0, help="of each of both fits")
    parser.add_argument("--wide", type=Path, help="where the state of the first fit is kept")
    parser.add_argument("--out", type=Path, default=FOLDER / "toxicity_network.npz")
    asked = parser.parse_args()
    torch.manual_seed(0)
    sets = toxic_sets.kept(asked.data, asked.cache)
    rows = toxic_texts.fit_rows(asked.data, sets, np.random.default_rng(0), network=True)
    found = Tokenised.of(rows.texts)
    print(f"{len(rows.texts):,} texts, {len(found.pieces):,} pieces", flush=True)
    net = widely(asked, rows, found)
    answers = answered(net, found, net.output.out_features)
    narrow(net, found)
    fit(net.train(), rows.weights, found, LabelsAndAnswers(Labels.of(rows), answers), NARROW_STEP, asked.minutes * 60)
    np.savez_compressed(asked.out, **stored(net.eval(), reaches(net, found), np.unique(rows.kinds)))
    print(f"{asked.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
