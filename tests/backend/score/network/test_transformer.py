"""The transformer of the toxicity scorer: its layers against the library's, its 8-bit maps against float32."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from winnow.score.network import transformer as module
from winnow.score.network.toxic import tokenizer
from winnow.score.network.transformer import Layer, Norm, eight_bits, model_folder, shared_weights, transformer


def pieces(*texts: str) -> np.ndarray:
    return np.array([tokenizer().encode(text, add_special_tokens=False).ids for text in texts])


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
    x = torch.randn((2, 5, 32), generator=rng)
    reach = x.abs().amax((0, 1)) * 1.1
    stored, scale = eight_bits(weight * reach)
    exact = torch.nn.functional.linear(x, weight, bias)
    fast = module._linear(stored, scale, bias, reach)(x)
    assert fast.shape == exact.shape
    assert (fast - exact).abs().max() < 0.2
    monkeypatch.setattr(module, "eight_bit_kernels", lambda: False)
    slow = module._linear(stored, scale, bias, reach)(x)
    assert (slow - exact).abs().max() < 0.2


def test_layers_are_those_of_the_library() -> None:
    from transformers import AutoModel

    library = AutoModel.from_pretrained(model_folder()).eval()
    shared, ids = shared_weights(), torch.from_numpy(pieces("the bread is good today"))
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
    layer = Layer(
        dense(*attention),
        dense("attention.output.dense"),
        dense("intermediate.dense"),
        dense("output.dense"),
        norm("attention.output.LayerNorm"),
        norm("output.LayerNorm"),
    )
    with torch.inference_mode():
        told = library(marked, output_hidden_states=True).hidden_states
        assert torch.allclose(x, told[0], atol=1e-5)
        assert torch.allclose(layer(x), told[1], atol=1e-4)


def test_a_text_reads_the_same_in_any_company() -> None:
    layers = transformer("toxicity_network")
    texts = pieces("the bread is good", "you are a fool", "what a fine day")
    together = layers.read(texts)
    assert together.shape == (3, 4, 384)
    for row in range(3):
        assert torch.equal(layers.read(texts[row : row + 1])[0], together[row])
