from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from conftest import one_process, write_lines
from winnow.cli.main import load_commands, winnow
from winnow.errors import MissingNeed
from winnow.jobs.lab_models import lab_models, model_place
from winnow.lm.decoder import Decoder, Shape
from winnow.lm.kept import keep
from winnow.lm.tokenizer import Bytes
from winnow.workspace import Workspace

CI = Shape(layers=2, width=64, heads=2, context=128, vocabulary=257)
TINY = Shape(layers=1, width=16, heads=1, context=32, vocabulary=257)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Models, from the oldest: first (ci), tiny (no tier), the arm random of proof p (ci)."""
    folder = tmp_path_factory.mktemp("models")
    workspace = one_process(folder / "corpus")
    words = np.random.default_rng(0).choice(["river", "mill", "stone", "boat"], (20, 30))
    workspace.ingest([write_lines(folder / "rows.jsonl", [{"text": " ".join(row), "source": "s"} for row in words])])
    torch.manual_seed(0)
    places = {"models/first": CI, "models/tiny": TINY, "proofs/p/models/random": CI}
    for age, (place, shape) in enumerate(places.items()):
        keep(Decoder(shape), Bytes(), workspace.folder / place)
        os.utime(workspace.folder / place / "decoder.json", (1e9 + age, 1e9 + age))
    return workspace


def test_models_are_listed_the_newest_first(corpus: Workspace) -> None:
    assert [model.name for model in lab_models(corpus.catalog)] == ["p/random", "tiny", "first"]


def test_a_tier_is_the_newest_model_of_its_size(corpus: Workspace) -> None:
    assert model_place(corpus.catalog, "ci") == str(corpus.folder / "proofs" / "p" / "models" / "random")
    assert model_place(corpus.catalog, "tiny") == str(corpus.folder / "models" / "tiny")
    assert model_place(corpus.catalog, "p/random") == model_place(corpus.catalog, "ci")


def test_what_is_no_model_of_the_corpus_is_left_as_it_is(corpus: Workspace) -> None:
    for place in ("", "gpt2", "./ci", "/somewhere/else"):
        assert model_place(corpus.catalog, place) == place


def test_a_tier_without_a_model_names_what_makes_one(corpus: Workspace) -> None:
    with pytest.raises(MissingNeed, match="it has p/random, tiny, first; winnow teach NAME --tier medium"):
        model_place(corpus.catalog, "medium")


def test_a_damaged_description_is_no_model(corpus: Workspace) -> None:
    (corpus.folder / "models" / "broken").mkdir()
    (corpus.folder / "models" / "broken" / "decoder.json").write_text("{")
    assert "broken" not in [model.name for model in lab_models(corpus.catalog)]


def run(corpus: Workspace, *words: str) -> tuple[int, str]:
    load_commands()
    done = CliRunner().invoke(winnow, ["-w", str(corpus.folder), "score", *words])
    return done.exit_code, done.output + str(done.exception or "")


def test_several_scorers_read_with_one_model(corpus: Workspace) -> None:
    code, told = run(corpus, "loss", "min_k", "dc_pdd", "information_gain", "zipf_tail", "--model", "tiny")
    assert code == 0, told
    made = {"loss_tiny", "loss_tiny_bits", "min_k_tiny", "dc_pdd_tiny", "information_gain_tiny", "zipf_tail"}
    assert made <= set(corpus.browse.columns())


def test_a_model_goes_with_settings(corpus: Workspace) -> None:
    code, told = run(corpus, "loss", "--model", "ci", "--set", "called=newest", "--set", "tokens=50")
    assert code == 0, told
    assert "loss_newest" in corpus.browse.columns()


def test_a_model_for_scorers_that_read_with_none_is_refused(corpus: Workspace) -> None:
    code, told = run(corpus, "shape", "--model", "ci")
    assert code != 0
    assert "--model is for scorers that read with a model; shape read with none" in told


def test_a_missing_tier_and_a_missing_model_say_how_to_get_one(corpus: Workspace) -> None:
    assert "winnow teach NAME --tier cpu" in run(corpus, "loss", "--model", "cpu")[1]
    assert "--model FOLDER, or --model ci" in run(corpus, "loss")[1]


def test_documents_that_were_learnt_are_told_from_others(tmp_path: Path) -> None:
    """Half of the documents are learnt by heart: both audits rank them above the others, the more so the longer."""
    workspace = one_process(tmp_path / "corpus")
    chance = np.random.default_rng(1)
    letters = list("abcdefghij ")
    rows = [{"text": "".join(chance.choice(letters, 100)), "source": "s"} for _ in range(40)]
    workspace.ingest([write_lines(tmp_path / "rows.jsonl", rows)])
    workspace.score(["tokens"])
    workspace.catalog.selections.save("members", np.arange(20), np.ones(20), recipe={"target": None}, summary={})
    areas = {}
    for passes in (1, 150):
        workspace.teach(f"after_{passes}", {"on": "members", "passes": passes})
        settings = {name: {"model": f"after_{passes}"} for name in ("min_k", "dc_pdd")}
        settings["dc_pdd"]["cap"] = 10.0
        workspace.score(["min_k", "dc_pdd"], settings=settings)
        for name in ("min_k", "dc_pdd"):
            found = workspace.sql(f"select doc_id, {name}_after_{passes} as v from docs order by doc_id")
            values = found.column("v").to_numpy()
            areas[name, passes] = (values[:20, None] > values[None, 20:]).mean()
    for name in ("min_k", "dc_pdd"):
        assert areas[name, 150] > 0.9
        assert areas[name, 150] > areas[name, 1]
        assert 0.2 < areas[name, 1] < 0.8
