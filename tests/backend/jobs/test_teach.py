from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import one_process, write_lines
from winnow.errors import ConflictError, InputError
from winnow.lm.kept import load
from winnow.workspace import Workspace

TARGET = "the river runs past the mill. "
OTHER = "99 trains left at 12:45, 13:07 and 14:30! "


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("teach")
    rows = [{"text": (TARGET if n % 2 else OTHER) * 6 + str(n), "source": "s"} for n in range(60)]
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "rows.jsonl", rows)])
    workspace.score(["tokens"])
    write_lines(folder / "target.jsonl", [{"text": TARGET * 5} for _ in range(12)])
    return workspace


def test_a_prior_and_its_fine_tuned_copy_find_the_target(corpus: Workspace) -> None:
    target = str(corpus.folder.parent / "target.jsonl")
    prior = corpus.teach("prior", {"on": "random", "share": 0.5, "tokens": 30_000})
    corpus.teach("conditional", {"on": target, "start": "prior", "passes": 6})
    for name in ("prior", "conditional"):
        corpus.score(["loss"], settings={"loss": {"model": str(corpus.folder / "models" / name), "called": name}})
    assert prior == corpus.folder / "models" / "prior"
    # Both runs of one scorer stand beside each other, each under its own name.
    assert {"loss_prior", "loss_conditional", "loss_prior_bits"} <= set(corpus.browse.columns())
    made = corpus.select("color_filter", name="color", docs=20)
    assert np.mean(made.read()[0] % 2) > 0.9


def test_a_model_is_not_overwritten_unasked(corpus: Workspace) -> None:
    corpus.teach("twice", {"tokens": 5_120})
    with pytest.raises(ConflictError, match="a model is called 'twice'"):
        corpus.teach("twice", {"tokens": 5_120})
    corpus.teach("twice", {"tokens": 5_120, "seed": 1}, replace=True)
    assert load(corpus.folder / "models" / "twice")[0].shape.layers == 2
    assert not list((corpus.folder / "tmp").glob("model-*"))


def test_a_text_too_short_to_learn_from_is_refused(corpus: Workspace, tmp_path: Path) -> None:
    short = write_lines(tmp_path / "short.jsonl", [{"text": "too short"}])
    with pytest.raises(InputError, match="too short to learn from"):
        corpus.teach("short", {"on": str(short)})
