from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import one_process, write_lines
from made_texts import MILL, RAILWAY
from winnow.errors import InputError
from winnow.jobs.guidance import guiding_targets, guiding_texts, overlapping
from winnow.jobs.proof_plan import Asked
from winnow.workspace import Workspace


def invented(number: int, words: int = 60) -> str:
    return " ".join(np.random.default_rng(number).choice(MILL + RAILWAY, words))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("guidance")
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "rows.jsonl", [{"text": invented(n), "source": "s"} for n in range(100)])])
    workspace.score(["tokens"])
    write_lines(folder / "aim.jsonl", [{"text": invented(1000 + n)} for n in range(30)])
    return workspace


def recipe(corpus: Workspace, name: str) -> dict:
    return dict(corpus.catalog.selections.get(name).recipe)


def test_a_model_taught_on_the_evaluation_guides_what_is_chosen_by_its_losses(corpus: Workspace) -> None:
    aim = str(corpus.folder.parent / "aim.jsonl")
    corpus.teach("prior", {"on": "random", "tokens": 5_120})
    corpus.teach("tuned", {"on": aim, "start": "prior", "tokens": 5_120})
    corpus.teach("further", {"on": "random", "start": "tuned", "tokens": 5_120})
    for name in ("prior", "further"):
        corpus.score(["loss"], settings={"loss": {"model": str(corpus.folder / "models" / name), "called": name}})
    settings = {"prior": "loss_prior", "conditional": "loss_further"}
    corpus.select("color_filter", name="color", docs=20, settings=settings)
    # The selection has no target of its own: a column it read was made by a model that went on from one taught on it.
    assert guiding_targets(corpus.catalog, [recipe(corpus, "color")]) == {aim}
    corpus.select("perplexity", name="easy", docs=20, settings={"column": "loss_prior"})
    assert guiding_targets(corpus.catalog, [recipe(corpus, "easy")]) == set()
    with pytest.raises(InputError, match="30 that guided one or hardly differ"):
        corpus.proofs.lay_out(Asked(selections=("color",), target=aim, tokens=5_120), "unfair")
    corpus.proofs.lay_out(Asked(selections=("easy",), target=aim, tokens=5_120), "fair")


def test_a_combined_selection_is_guided_by_what_guided_its_parts(corpus: Workspace) -> None:
    aim = str(corpus.folder.parent / "aim.jsonl")
    corpus.select("dsir", name="near", docs=20, target=aim, settings={"min_words": 0})
    corpus.select("random", name="some", docs=20)
    corpus.combine("union", ["near", "some"], name="both")
    assert guiding_targets(corpus.catalog, [recipe(corpus, "both")]) == {aim}
    assert guiding_targets(corpus.catalog, [recipe(corpus, "some")]) == set()


def test_a_model_taught_on_a_selection_is_guided_by_what_guided_that(corpus: Workspace) -> None:
    aim = str(corpus.folder.parent / "aim.jsonl")
    corpus.select("dsir", name="towards", docs=20, target=aim, settings={"min_words": 0})
    corpus.teach("on_it", {"on": "towards", "tokens": 5_120})
    assert guiding_targets(corpus.catalog, [{"model": "on_it"}]) == {aim}


def test_a_model_of_another_making_has_no_lesson(corpus: Workspace, tmp_path: Path) -> None:
    assert guiding_targets(corpus.catalog, [{"model": str(tmp_path)}]) == set()


def test_texts_that_hardly_differ_from_a_guide_are_found_in_three_ways(corpus: Workspace) -> None:
    guide = invented(1, 120)
    words = guide.split()
    half = " ".join(words[:60])  # all of it stands in the guide, which has twice as many words: not alike as a whole
    nearly = " ".join([*words[:50], "elm", *words[51:]])
    found = overlapping([guide.upper(), half, nearly, invented(2), ""], [guide])
    assert found["that guided a selection"].tolist() == [True, False, False, False, False]
    assert found["nearly the same as one that did"].tolist() == [True, False, True, False, False]
    assert found["covered by one that did"].tolist() == [True, True, True, False, False]


def test_nothing_guided_overlaps_nothing(corpus: Workspace) -> None:
    assert guiding_texts(corpus.catalog, set()) == []
    assert not any(which.any() for which in overlapping([invented(1)], []).values())
