"""The transformer of the toxicity scorer: its layers against the library's, its 8-bit maps against float32."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from winnow.score.network import transformer as module
from winnow.score.network.toxic import tokenizer
from winnow.score.network.transformer import (
    HEADS,
    WIDTH,
    Layer,
    Norm,
    Reader,
    Runs,
    eight_bits,
    model_folder,
    shared_weights,
    transformer,
)


def pieces(*texts: str) -> list[np.ndarray]:
    return [np.array(tokenizer().encode(text, add_special_tokens=False).ids) for text in texts]


def test_eight_bits_hold_a_matrix_to_half_a_step() -> None:
    # Row 0: scale = 2 / 127, so 1 is 63.5 steps, stored as 64. Row 1: scale = 4 / 127.
    weight = torch.tensor([[2.0, 1.0], [0.0, -4.0]])
    stored, scale = eight_bits(weight)
    assert stored.tolist() == [[127, 64], [0, -127]]
    assert scale.tolist() == pytest.approx([2 / 127, 4 / 127])
    assert ((stored * scale[:, None] - weight).abs() <= scale[:, None] / 2 + 1e-6).all()


def test_an_eight_bit_map_is_near_the_float_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = torch.Generator().manual_seed(0)
    weight, bias = torch.randn((16, 32), generator=rng), torch.randn(16, generator=rng)
    x = torch.randn((10, 32), generator=rng)
    reach = x.abs().amax(0) * 1.1
    stored, scale = eight_bits(weight * reach)
    exact = torch.nn.functional.linear(x, weight, bias)
    fast = module._linear(stored, scale, bias, reach)(x)
    assert fast.shape == exact.shape
    assert (fast - exact).abs().max() < 0.2
    bent = module._linear(stored, scale, bias, reach, gelu=True)(x)
    assert (bent - torch.nn.functional.gelu(exact)).abs().max() < 0.2
    # What lies beyond the reach is cut off there, not wrapped around.
    far, edge = (module._linear(stored, scale, bias, reach)(factor * reach[None]) for factor in (100, 1))
    assert torch.equal(far, edge)
    monkeypatch.setattr(module, "eight_bit_kernels", lambda: False)
    slow = module._linear(stored, scale, bias, reach)(x)
    assert (slow - exact).abs().max() < 0.2
    bent = module._linear(stored, scale, bias, reach, gelu=True)(x)
    assert (bent - torch.nn.functional.gelu(exact)).abs().max() < 0.2


def test_layers_are_those_of_the_library() -> None:
    from transformers import AutoModel

    library = AutoModel.from_pretrained(model_folder()).eval()
    shared, ids = shared_weights(), torch.from_numpy(pieces("the bread is good today")[0])[None]
    positions = shared["embeddings.position_embeddings.weight"][: ids.shape[1] + 2]
    marked = torch.cat([torch.tensor([[101]]), ids, torch.tensor([[102]])], dim=1)
    x = shared["embeddings.word_embeddings.weight"][marked] + positions
    x = x + shared["embeddings.token_type_embeddings.weight"][0]
    x = Norm(shared["embeddings.LayerNorm.weight"], shared["embeddings.LayerNorm.bias"])(x)

    def dense(*names: str) -> torch.nn.Linear:
        found = [[shared[f"encoder.layer.0.{name}.{part}"] for name in names] for part in ("weight", "bias")]
        weight, bias = (torch.cat(part) for part in found)
        linear = torch.nn.Linear(*reversed(weight.shape))
        linear.weight.data, linear.bias.data = weight, bias
        return linear

    def norm(name: str) -> Norm:
        return Norm(*(shared[f"encoder.layer.0.{name}.{part}"] for part in ("weight", "bias")))

    attention = (f"attention.self.{name}" for name in ("query", "key", "value"))
    up = dense("intermediate.dense")
    layer = Layer(
        dense(*attention),
        dense("attention.output.dense"),
        lambda x: torch.nn.functional.gelu(up(x)),
        dense("output.dense"),
        norm("attention.output.LayerNorm"),
        norm("output.LayerNorm"),
    )
    with torch.inference_mode():
        told = library(marked, output_hidden_states=True).hidden_states
        assert torch.allclose(x, told[0], atol=1e-5)
        assert torch.allclose(layer(x[0], Runs(np.array([x.shape[1]]))), told[1][0], atol=1e-4)


def test_runs_of_texts_end_to_end() -> None:
    runs = Runs(np.array([1, 3, 3, 4]))
    assert runs.owners.tolist() == [0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3]
    assert runs.places.tolist() == [0, 0, 1, 2, 0, 1, 2, 0, 1, 2, 3]
    assert [(rows.start, rows.stop, size) for rows, size in runs.equal()] == [(0, 1, 1), (1, 7, 3), (7, 11, 4)]


def test_a_reader_by_hand() -> None:
    # The look sees number 0 alone, 0 and ln 3: shares 1/4 and 3/4, so number 1 of the mean is (4 + 3 * 8) / 4 = 7.
    # Nothing is asked (query 0): both rows weigh alike, and what is seen is the mean of the values, the rows themselves.
    x = torch.zeros(2, WIDTH)
    x[1, 0], x[0, 1], x[1, 1] = np.log(3), 4.0, 8.0

    def nothing(x: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(x)

    asked: list[torch.Tensor] = []

    def asking(mean: torch.Tensor) -> torch.Tensor:
        asked.append(mean)
        return torch.zeros_like(mean)

    look = torch.zeros(WIDTH)
    look[0] = 1.0
    seen: list[torch.Tensor] = []

    def mixed(found: torch.Tensor) -> torch.Tensor:
        seen.append(found)
        return found

    plain = Norm(torch.ones(WIDTH), torch.zeros(WIDTH))
    reader = Reader(lambda x: torch.cat([x, x], 1), mixed, nothing, nothing, plain, plain, asking, look)
    whole, parts = reader.read(x, np.array([0, 0]), np.array([0, 1]))
    assert asked[0][0, :2].tolist() == pytest.approx([0.75 * np.log(3), 7.0])
    assert seen[0][0, :2].tolist() == pytest.approx([np.log(3) / 2, 6.0])
    assert asked[1][:, 1].tolist() == pytest.approx([4.0, 8.0])
    assert seen[1][:, 1].tolist() == pytest.approx([4.0, 8.0])
    assert whole.shape == (1, WIDTH)
    assert parts.shape == (2, WIDTH)


def test_what_is_asked_weighs_the_pieces_head_by_head() -> None:
    # Head 0 asks for what row 1 alone has: q k = 32 ** 0.5 * ln 3 there and 0 at row 0, so after the scale 1/4 and 3/4.
    size = WIDTH // HEADS
    x = torch.zeros(2, WIDTH)
    x[1, 0] = 1.0
    question = torch.zeros(1, WIDTH)
    question[0, 0] = size**0.5 * np.log(3)
    values = torch.tensor([[4.0], [8.0]]).expand(2, WIDTH)
    seen: list[torch.Tensor] = []

    def mixed(found: torch.Tensor) -> torch.Tensor:
        seen.append(found)
        return found

    plain = Norm(torch.ones(WIDTH), torch.zeros(WIDTH))
    reader = Reader(
        lambda x: torch.cat([x, values], 1), mixed, torch.zeros_like, torch.zeros_like, plain, plain,
        lambda mean: question, torch.zeros(WIDTH),
    )  # fmt: skip
    reader.read(x, np.array([0, 0]))
    assert seen[0][0, 0].item() == pytest.approx(7.0)
    assert seen[0][0, size].item() == pytest.approx(6.0)


def test_a_text_reads_the_same_in_any_company() -> None:
    layers = transformer("toxicity_network")
    texts = sorted(
        pieces("the bread is good", "you are a fool", "what a fine day", "no", "rain all over us today"), key=len
    )
    sizes = np.array([len(text) for text in texts])
    # Each text's first piece is a part of its own.
    parts = np.cumsum(np.concatenate([np.arange(size) < 2 for size in sizes])) - 1
    together, cut = layers.read(np.concatenate(texts), sizes, parts)
    assert together.shape == (5, 384)
    assert cut.shape == (sum(min(size, 2) for size in sizes), 384)
    done = 0
    for row, text in enumerate(texts):
        own = np.minimum(np.arange(len(text)), 1)
        alone, halves = layers.read(text, sizes[row : row + 1], own)
        assert torch.equal(alone[0], together[row])
        assert torch.equal(halves, cut[done : done + len(halves)])
        done += len(halves)
