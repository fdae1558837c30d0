from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from conftest import one_process, write_lines
from winnow.cli.main import load_commands, winnow
from winnow.errors import ConflictError, SettingError
from winnow.jobs.ladder import FOLDER, Ladder, Rungs, ladder
from winnow.jobs.progress import Silent
from winnow.workspace import Workspace

WORDS = ["the", "river", "runs", "past", "old", "mill", "and", "boat", "waits", "heron"]
SHARES = (0.001, 0.04, 0.2)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """200 documents: even ones tell of the river as the target does, odd ones are noise that nobody can learn."""
    folder = tmp_path_factory.mktemp("ladder")
    rng = np.random.default_rng(0)

    def story(size: int = 60) -> str:
        return " ".join(rng.choice(WORDS, size))  # no run of eight words is in two texts

    def noise(size: int = 300) -> str:
        return "".join(rng.choice(list("QXZJK#@%&*7493"), size))

    rows = [{"text": f"{story()} {n}" if n % 2 == 0 else noise(), "source": "s"} for n in range(200)]
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "rows.jsonl", rows)])
    workspace.score(["tokens"])
    write_lines(folder / "target.jsonl", [{"text": f"{story(40)}, {n}!"} for n in range(12)])
    workspace.ladder("steps", {"target": str(folder / "target.jsonl"), "tiers": ["ci"], "shares": list(SHARES)})
    return workspace


def target(corpus: Workspace) -> str:
    return str(corpus.folder.parent / "target.jsonl")


def test_models_stand_from_the_weakest_to_the_strongest(corpus: Workspace) -> None:
    made = ladder(corpus.catalog, "steps")
    bits = [rung.bits for rung in made.rungs]
    assert bits == sorted(bits, reverse=True)
    # More tokens read the target better here, and surely so between the first and the last.
    assert [rung.tokens for rung in made.rungs] == [5_120, 20_972, 104_858]
    assert made.rungs[0].sure is None
    assert made.rungs[-1].sure is True
    assert [rung.model for rung in made.rungs] == ["steps_1", "steps_2", "steps_3"]


def test_its_models_have_not_read_more_than_half_nor_a_text_of_the_target(corpus: Workspace) -> None:
    made = ladder(corpus.catalog, "steps")
    assert 0 < len(made.learnt_from) < 130


def test_losses_are_those_of_the_models(corpus: Workspace) -> None:
    made = ladder(corpus.catalog, "steps")
    found = made.losses(corpus.catalog, np.array([0, 1, 2]), Silent())
    assert list(found) == ["steps_1", "steps_2", "steps_3"]
    # The story is read ever better; of noise even the best model learns no more than its letters.
    assert found["steps_1"][0] > found["steps_2"][0] > found["steps_3"][0]
    assert found["steps_3"][1] > 2 * found["steps_3"][0]


def test_preselect_learns_from_the_ladder(corpus: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    # With so little text every model learns the letters of both kinds: let the stronger ones forget the noise.
    plain = Ladder.losses

    def forgetful(self: Ladder, catalog: Any, ids: Any, progress: Any) -> dict[str, Any]:
        found = plain(self, catalog, ids, progress)
        noise = ids % 2 == 1
        return {name: np.where(noise, -values, values) for name, values in found.items()}

    monkeypatch.setattr(Ladder, "losses", forgetful)
    corpus.embed("static")
    card = corpus.learn("strong", "preselect", plan={}, settings={"ladder": "steps", "documents": 200})
    told = card.told["fitted_on"]
    read = 200 - len(ladder(corpus.catalog, "steps").learnt_from)
    assert told["strength"]["of"] == read
    assert told["strength"]["by chance"] == pytest.approx(read / 6)
    assert told["strength"]["ranked as the target"] > told["strength"]["by chance"]
    assert [model["model"] for model in told["models"]] == ["steps_1", "steps_2", "steps_3"]
    rated = corpus.sql("select doc_id, strong from docs order by doc_id").column("strong").to_numpy()
    assert rated[::2].mean() > rated[1::2].mean() + 0.2


def test_what_is_there_is_not_taught_again_and_another_of_the_name_is_refused(corpus: Workspace) -> None:
    kept = corpus.folder / "models" / "steps_3" / "decoder.json"
    before = kept.stat().st_mtime_ns
    same = {"target": target(corpus), "tiers": ["ci"], "shares": list(SHARES)}
    corpus.ladder("steps", same)
    assert kept.stat().st_mtime_ns == before
    with pytest.raises(ConflictError, match="another ladder is called 'steps'"):
        corpus.ladder("steps", {**same, "seed": 1})


def test_a_ladder_that_was_stopped_goes_on(corpus: Workspace) -> None:
    recipe = {"target": target(corpus), "tiers": ["ci"], "shares": [0.001, 0.002, 0.02]}
    corpus.ladder("halted", recipe)
    root = corpus.folder / FOLDER / "halted"
    before = json.loads((root / "ladder.json").read_text())
    (root / "ladder.json").unlink()
    (corpus.folder / "models" / "halted_2" / "decoder.json").unlink()
    corpus.ladder("halted", recipe)
    assert json.loads((root / "ladder.json").read_text()) == before


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"shares": (0.1,)}, "3 to 12 rungs"),
        ({"shares": (0.0, 0.1)}, "share of its tier"),
        ({"tiers": ("huge", "ci")}, "huge"),
    ],
)
def test_wrong_rungs_are_refused(told: dict[str, tuple[object, ...]], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Rungs(target="t", **told).sizes()


def test_an_unknown_ladder_names_the_command(corpus: Workspace) -> None:
    with pytest.raises(SettingError, match=r"did you mean 'steps'.*winnow ladder step "):
        ladder(corpus.catalog, "step")


def test_the_command_says_minutes_before_it_starts(corpus: Workspace, tmp_path: Path) -> None:
    load_commands()
    words = ["-w", str(corpus.folder), "ladder", "dry", "--target", target(corpus), "--tier", "ci", "--dry-run"]
    done = CliRunner().invoke(winnow, words)
    assert done.exit_code == 0
    assert "3 models, about" in done.output
    assert not (corpus.folder / FOLDER / "dry").exists()
