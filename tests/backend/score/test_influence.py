"""influence and ekfac_influence on lab models: signs, guards, and what a hidden domain gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from made_texts import CODES, RIVER, words_of
from text_batches import batch_of
from tiny_decoder import tiny_decoder
from winnow.errors import InputError, MissingNeed, SettingError
from winnow.lm.decoder import Decoder, Shape
from winnow.lm.kept import keep
from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import windows
from winnow.score.ekfac import EkfacInfluence
from winnow.score.influence import Influence


def written(kind: str, count: int, seed: int) -> list[str]:
    """Return texts of eight words each."""
    chance = np.random.default_rng(seed)
    return [words_of(kind, 8, chance) for _ in range(count)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A decoder that has read a little of both kinds."""
    torch.manual_seed(0)
    decoder = Decoder(Shape(layers=2, width=32, heads=2, context=32, vocabulary=257))
    texts = written(RIVER, 40, 1) + written(CODES, 40, 2)
    cut = windows(pa.array(texts, pa.large_string()), Bytes(), 32)
    optimizer = torch.optim.AdamW(decoder.parameters(), lr=3e-3)
    inputs, targets = torch.from_numpy(cut.inputs), torch.from_numpy(cut.targets)
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(decoder(inputs).flatten(0, 1), targets.flatten(), ignore_index=-100)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    folder = tmp_path_factory.mktemp("model") / "lab"
    keep(decoder, Bytes(), folder)
    return str(folder)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("target") / "guide.txt"
    path.write_text("\n\n".join(written(RIVER, 12, 3)), encoding="utf-8")
    return str(path)


def corpus(count: int = 60) -> tuple[pa.RecordBatch, np.ndarray]:
    """Documents of two kinds in turn, their vectors, and which are of the target's kind."""
    rng = np.random.default_rng(0)
    kinds = zip(written(RIVER, count, 4), written(CODES, count, 5), strict=True)
    texts = [pair[n % 2] for n, pair in enumerate(kinds)]
    aimed = np.arange(count) % 2 == 0
    vectors = rng.normal(size=(count, 6)) * 0.3 + np.where(aimed, 1.0, -1.0)[:, None]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    held = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 6)
    return batch_of(texts).append_column("vectors:static", held), aimed


def auroc(values: np.ndarray, positive: np.ndarray) -> float:
    """Return the chance that a positive is above a negative, ties counting half."""
    pairs = values[positive][:, None] - values[~positive][None, :]
    return float((pairs > 0).mean() + 0.5 * (pairs == 0).mean())


def column(scorer: Influence | EkfacInfluence, batch: pa.RecordBatch, name: str) -> np.ndarray:
    found = scorer.score(batch, scorer.prepare([batch]))[name]
    return pa.array(found).to_numpy(zero_copy_only=False).astype(np.float64)


def test_probed_and_predicted_influence_find_the_kind_of_the_target(model: str, target: str) -> None:
    batch, aimed = corpus()
    scorer = Influence(model=model, target=target, probes=40, reference_tokens=512, called="t")
    prepared = scorer.prepare([batch])
    found = scorer.score(batch, prepared)
    measured = found["influence_t_measured"]
    known = measured.is_valid().to_numpy(zero_copy_only=False)
    assert known.sum() == 40
    gains = measured.drop_null().to_numpy()
    assert auroc(gains, aimed[known]) > 0.95
    assert auroc(found["influence_t"][~known], aimed[~known]) > 0.95, "documents that were not probed"
    told = {row["what"]: row for row in prepared.tables["card"].to_pylist()}
    assert told["rank correlation of prediction and measure"]["low"] > 0.3
    assert told["rank correlation of first-order estimate and measure"]["low"] > 0.3
    assert prepared.tables["probes"].num_rows == 40


def test_a_rate_of_nothing_changes_nothing(model: str, target: str) -> None:
    batch, _ = corpus(24)
    scorer = Influence(model=model, target=target, probes=24, rate=0.0, reference_tokens=128)
    prepared = scorer.prepare([batch])
    found = scorer.score(batch, prepared)
    assert found["influence_measured"].to_pylist() == [0.0] * 24
    assert found["influence"].tolist() == [0.0] * 24


def test_the_draw_of_probes_decides_and_not_the_order_of_documents(model: str, target: str) -> None:
    batch, _ = corpus(40)
    scorer = Influence(model=model, target=target, probes=20, reference_tokens=128)
    whole = scorer.score(batch, scorer.prepare([batch]))
    turned = batch.take(pa.array(np.arange(40)[::-1]))
    other = scorer.score(batch, scorer.prepare([turned.slice(0, 15), turned.slice(15)]))
    assert whole["influence_measured"].is_valid().to_pylist() == other["influence_measured"].is_valid().to_pylist()
    assert np.allclose(whole["influence"], other["influence"], atol=1e-4)


def test_groups_are_probed_row_by_row(model: str, target: str) -> None:
    batch, _ = corpus()
    scorer = Influence(model=model, target=target, probes=50, rollout=4, reference_tokens=256)
    prepared = scorer.prepare([batch])
    probes = prepared.tables["probes"].to_pydict()
    assert probes["place"] == [1, 2, 3, 4] * 12
    # A first-order estimate is of a first step.
    assert [value is None for value in probes["first_order"]] == [False, True, True, True] * 12
    assert {"alpha", "tau"} <= set(prepared.tables["card"].column("what").to_pylist())


def test_rows_that_the_first_fit_names_are_probed_too(model: str, target: str) -> None:
    batch, aimed = corpus()
    told = {"model": model, "target": target, "probes": 60, "rollout": 3, "reference_tokens": 256}
    scorer = Influence(**told, bootstrap=0.3)
    prepared = scorer.prepare([batch])
    probes = prepared.tables["probes"].to_pydict()
    # 20 rows of 3, of which 14 are drawn; 3 of the others begin with what helps most, 3 with what helps least.
    assert len(probes["doc_id"]) == 60
    assert len(set(probes["doc_id"][:42])) == 42
    named = np.array(probes["doc_id"][42:]).reshape(6, 3)
    assert set(named.ravel().tolist()) <= set(Influence(**told).prepare([batch]).tables["probes"]["doc_id"].to_pylist())
    assert aimed[named[:3, 0]].all()
    assert not aimed[named[3:, 0]].any()
    assert len(prepared.doc_ids) == len(set(probes["doc_id"]))
    # Whoever was drawn at random is measured as without a bootstrap.
    plain = Influence(**told).prepare([batch]).tables["probes"].to_pydict()
    assert probes["gain"][:42] == pytest.approx(plain["gain"][:42], rel=1e-4, abs=1e-7)


def test_ekfac_finds_the_kind_of_the_target_with_the_sign_of_help(model: str, target: str) -> None:
    batch, aimed = corpus()
    for attention in (False, True):
        scorer = EkfacInfluence(model=model, target=target, sample=60, attention=attention)
        for name in ("ekfac_influence", "ekfac_influence_cosine"):
            values = column(scorer, batch, name)
            assert auroc(values, aimed) > 0.9, (attention, name)
            assert values[aimed].mean() > 0, "what is like the target helps"


def test_queries_are_measured_one_by_one(model: str, target: str) -> None:
    batch, _ = corpus(40)
    scorer = EkfacInfluence(model=model, target=target, sample=40, queries=3)
    prepared = scorer.prepare([batch])
    found = {
        name: pa.array(values).to_numpy(zero_copy_only=False) for name, values in scorer.score(batch, prepared).items()
    }
    assert prepared.tables["queries"].num_rows == 3
    pairs = prepared.tables["query_correlations"]
    assert list(zip(pairs["query"].to_pylist(), pairs["other"].to_pylist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert all(-1 <= value <= 1 for value in pairs["correlation"].to_pylist())
    highest, which = found["ekfac_influence_max"], found["ekfac_influence_query"]
    assert set(which.tolist()) <= {0, 1, 2}
    # One query alone is what the largest is taken of: never above it, and the same where it is the largest.
    alone = EkfacInfluence(model=model, target=target, sample=40, queries=1)
    first = pa.array(alone.score(batch, alone.prepare([batch]))["ekfac_influence_max"]).to_numpy(zero_copy_only=False)
    close = 1e-3 * float(np.abs(first).max())
    assert (highest >= first - close).all()
    assert highest[which == 0] == pytest.approx(first[which == 0], abs=close)
    # The target as one query is as without them.
    plain = column(EkfacInfluence(model=model, target=target, sample=40), batch, "ekfac_influence")
    assert plain == pytest.approx(found["ekfac_influence"], abs=1e-3 * float(np.abs(plain).max()))


def test_queries_take_only_so_much_memory(model: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("winnow.score.ekfac.QUERY_BYTES", 1e6)
    with pytest.raises(SettingError, match=r"take 1 MB at most.*--set queries="):
        EkfacInfluence(model=model, target=target, sample=10, queries=1000).prepare([corpus(20)[0]])


def test_a_step_along_the_influence_does_what_it_says(model: str, target: str) -> None:
    # With curvature none I(z) is the product of gradients: a plain step of rate e on z lowers the target's loss by e · I.
    batch, _ = corpus(12)
    scorer = EkfacInfluence(model=model, target=target, curvature="none", attention=True)
    said = column(scorer, batch, "ekfac_influence")
    decoder, tokenizer = scorer.decoder()
    cut = scorer.reference(tokenizer, 32, scorer.reference_tokens)
    inputs, targets = torch.from_numpy(cut.inputs), torch.from_numpy(cut.targets)
    layers = [block.get_submodule(name).weight for block in decoder.blocks for name in
              ("attention.into", "attention.out", "forward_up", "forward_down")]  # fmt: skip

    def loss(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(decoder(one).flatten(0, 1), other.flatten(), ignore_index=-100)

    aim = torch.autograd.grad(loss(inputs, targets), layers)
    for row in range(4):
        own = scorer.cut(batch.column("text").slice(row, 1), tokenizer, 32)
        gradient = torch.autograd.grad(loss(torch.from_numpy(own.inputs), torch.from_numpy(own.targets)), layers)
        expected = sum(float((one * two).sum()) for one, two in zip(aim, gradient, strict=True))
        assert said[row] == pytest.approx(expected, rel=1e-3)


def test_sums_grow_with_a_document_and_means_do_not(model: str, target: str) -> None:
    text = "the old mill on the hill and the rain "
    batch = batch_of([text, text * 8, ""])
    scorer = EkfacInfluence(model=model, target=target, sample=2)
    found = scorer.score(batch, scorer.prepare([batch]))
    whole, mean = (found[f"ekfac_influence{ending}"].to_pylist() for ending in ("_sum", ""))
    assert mean[2] is None
    assert whole[2] is None
    assert whole[0] == pytest.approx(mean[0] * len(text), rel=1e-4)
    assert whole[1] == pytest.approx(mean[1] * 8 * len(text), rel=1e-4)
    assert -1 <= found["ekfac_influence_cosine"].to_pylist()[1] <= 1


def test_damping_decides_ranks(model: str, target: str) -> None:
    batch, _ = corpus(40)
    settings = {"model": model, "target": target, "sample": 40}
    little, plain = (
        column(EkfacInfluence(**settings, **how), batch, "ekfac_influence")
        for how in ({"damping": 1e-3}, {"curvature": "none"})
    )
    # With ever more damping H + λ becomes a multiple of 1.
    much = column(EkfacInfluence(**settings, damping=1e3), batch, "ekfac_influence")
    assert np.corrcoef(little, plain)[0, 1] < 0.99
    assert np.corrcoef(much, plain)[0, 1] > np.corrcoef(little, plain)[0, 1]


def test_columns_are_called_after_the_run() -> None:
    assert set(Influence().columns()) == {"influence", "influence_measured"}
    assert Influence(called="two").run_name == "influence_two"
    assert set(EkfacInfluence(called="q").columns()) == {f"ekfac_influence_q{end}" for end in ("", "_sum", "_cosine")}


def test_what_is_missing_or_wrong_is_said(target: str, tmp_path: Path) -> None:
    batch, _ = corpus(4)
    for kind in (Influence, EkfacInfluence):
        with pytest.raises(MissingNeed, match=r"needs a language model.*winnow teach"):
            kind(target=target).prepare([batch])
        with pytest.raises(MissingNeed, match=r"needs a target.*--set target=FILE"):
            kind(model=tiny_decoder()).prepare([batch])
        with pytest.raises(InputError, match=r"a target is a file of texts; .*nowhere.txt does not exist"):
            kind(model=tiny_decoder(), target=str(tmp_path / "nowhere.txt")).prepare([batch])
        with pytest.raises(InputError, match="is not a language model"):
            kind(model=str(tmp_path), target=target).prepare([batch])
        with pytest.raises(SettingError, match="small letters"):
            kind(called="Bad name")


def test_a_test_split_is_no_target(tmp_path: Path) -> None:
    batch, _ = corpus(4)
    path = tmp_path / "lambada_openai_test.jsonl"
    path.write_text('{"text": "the last word of this sentence is mill"}\n{"text": "and of that one bridge"}\n')
    with pytest.raises(SettingError, match=r"no test or validation split.*lambada.*force_target=yes"):
        EkfacInfluence(model=tiny_decoder(), target=str(path)).prepare([batch])
    EkfacInfluence(model=tiny_decoder(), target=str(path), force_target=True, sample=4).prepare([batch])


def test_minutes_are_said_before_probing(model: str, target: str) -> None:
    for scorer in (
        Influence(model=model, target=target, probes=1000, reference_tokens=128),
        EkfacInfluence(model=model, target=target, sample=10),
    ):
        few, many = scorer.minutes(100), scorer.minutes(100_000)
        assert few is not None
        assert many is not None
        assert many > 2 * few > 0
        assert type(scorer)().minutes(100) is None
