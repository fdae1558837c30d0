"""Model files of strangers: pickles are never opened, programs beside a model never run, weights are safetensors."""

from __future__ import annotations

import ast
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tiny_classifier import tiny_classifier
from winnow.embed.sentence import fresh
from winnow.errors import InputError
from winnow.judge import local
from winnow.lm.models import open_model
from winnow.score import classifier

ROOT = Path(__file__).parents[2]
OWN_PICKLES = {"score.py", "prepare.py", "drafts.py"}
"""Modules that pass work on to themselves through files of a folder that nobody else writes to."""


class Bomb:
    """Writes a file when somebody unpickles it."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return os.mkdir, (str(self.mark),)


LOADERS: dict[str, Callable[[str], object]] = {
    "classifier": classifier.load,
    "judge": local.load,
    "loss": open_model,
    "encoder": lambda folder: fresh(folder, "cpu"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model whose weights are a pickle that does something."""
    made = Path(shutil.copytree(tiny_classifier(), tmp_path / "model"))
    for weights in made.glob("*.safetensors"):
        weights.unlink()
    (made / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(tmp_path / "gone off")))
    return made


@pytest.mark.parametrize("name", sorted(LOADERS))
def test_weights_that_are_a_pickle_are_refused(name: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="safetensors") as caught:
        LOADERS[name](str(folder))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "gone off").exists()


@pytest.mark.parametrize("name", sorted(LOADERS))
def test_a_program_beside_a_model_is_not_run(name: str, folder: Path, tmp_path: Path) -> None:
    (folder / "modeling_evil.py").write_text(f"import os\nos.mkdir({str(tmp_path / 'gone off')!r})\nclass Evil: pass\n")
    config = json.loads((folder / "config.json").read_text())
    mapped = dict.fromkeys(("AutoModel", "AutoModelForCausalLM", "AutoModelForSequenceClassification", "AutoConfig"))
    config |= {"model_type": "evil", "auto_map": dict.fromkeys(mapped, "modeling_evil.Evil")}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "modules.json").write_text(
        json.dumps([{"idx": 0, "name": "0", "path": "", "type": "modeling_evil.Evil"}])
    )
    with pytest.raises(InputError):
        LOADERS[name](str(folder))
    assert not (tmp_path / "gone off").exists()


def called(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return the calls of a file as dotted names, each with its constant keywords."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        (ast.unparse(call.func), {key.arg: getattr(key.value, "value", None) for key in call.keywords if key.arg})
        for call in calls
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "backend").rglob("*.py")), ids=lambda path: path.name)
def test_nothing_else_opens_pickles(path: Path) -> None:
    for name, how in called(path):
        if name.startswith(("pickle.load", "pickle.Unpickler")):
            assert path.name in OWN_PICKLES, name
        assert not name.startswith(("joblib.", "dill.", "cloudpickle.load", "pd.read_pickle", "pandas.read_pickle")), (
            name
        )
        assert name != "torch.load" or how.get("weights_only") is True, name
        assert name != "np.load" or how.get("allow_pickle", False) is False, name
        if name.endswith(".from_pretrained") and "Model" in name:
            assert how.get("use_safetensors") is True, name
