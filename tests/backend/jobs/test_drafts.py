"""Reading on other machines: the same bytes as here, whatever is done first and whatever a file is like."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from conftest import one_process, write_lines
from winnow.compute.base import Item, Result
from winnow.compute.local import LocalExecutor
from winnow.errors import Cancelled, InputError
from winnow.jobs import drafts
from winnow.jobs.progress import Silent
from winnow.workspace import Workspace


class Elsewhere:
    """Does the last item first, and hands everything over as bytes, as work on other machines may."""

    workers = 1
    remote = True

    def map(self, work: Callable[[Item], Result], items: Iterable[Item], *, gpu: bool = False) -> Generator[Result]:
        for item in reversed(list(items)):
            passed: Any = pickle.loads(pickle.dumps((work, item)))
            yield pickle.loads(pickle.dumps(passed[0](passed[1])))


class Watched(Silent):
    """Stops when so many bytes are done."""

    def __init__(self, limit: float) -> None:
        self.done, self.limit = 0.0, limit

    def advance(self, amount: float) -> None:
        self.done += amount
        if self.done >= self.limit:
            raise Cancelled("stopped")


class Added(Silent):
    """Adds up what a stage reports."""

    def __init__(self) -> None:
        self.stages: dict[str, list[float]] = {}

    def stage(self, name: str, total: float, unit: str) -> None:
        self.now = self.stages.setdefault(name, [total, 0.0])

    def advance(self, amount: float) -> None:
        self.now[1] += amount


def files(folder: Path) -> list[Path]:
    """Six files, of two waves: ids repeat within and between them, lines are damaged, one is no Parquet file."""
    made = [
        write_lines(
            folder / f"{name}.jsonl",
            (
                {
                    "id": f"{n % (2_900 + place)}",
                    "text": f"Leaf {n} of {name}.",
                    "stars": n if place else "many",
                    "at": n / 2,
                }
                for n in range(3_000 + place)
            ),
        )
        for place, name in enumerate("abcde")
    ]
    with made[1].open("a") as file:
        file.write("{ no line\n")
    broken = folder / "broken.parquet"
    broken.write_bytes(b"PAR1 and no more")
    return [*made[:2], broken, *made[2:]]


def content(corpus: Path) -> dict[str, bytes]:
    found = (path for home in ("docs", "quarantine") for path in (corpus / home).iterdir())
    return {str(path.relative_to(corpus)): path.read_bytes() for path in found}


def test_the_same_bytes_come_of_it(tmp_path: Path) -> None:
    paths = files(tmp_path)
    here = one_process(tmp_path / "here")
    there = Workspace.create(tmp_path / "there", executor=Elsewhere())
    # The corpus has documents already, whose ids and columns count.
    for workspace in (here, there):
        workspace.ingest([write_lines(tmp_path / "first.jsonl", [{"id": "7", "text": "page", "stars": 3}])])
    told, watched = here.ingest(paths), Added()
    made = there.ingest(paths, progress=watched)
    assert (made.documents, made.rejected, made.failed) == (told.documents, told.rejected, told.failed)
    # 0 to 2,903 come once, of which 7 was there; of 15,010 rows the others repeat, and a line is damaged.
    assert (made.documents, made.rejected, len(made.failed)) == (2_903, 12_108, 1)
    assert content(there.folder) == content(here.folder)
    assert there.catalog.manifest.facets() == here.catalog.manifest.facets()
    assert [vars(one) | {"created": ""} for one in there.catalog.manifest.inputs()] == [
        vars(one) | {"created": ""} for one in here.catalog.manifest.inputs()
    ]
    size = sum(path.stat().st_size for path in paths)
    assert watched.stages["ingest"] == [size, pytest.approx(size, abs=paths[2].stat().st_size)]
    assert not list((there.folder / "tmp").iterdir())


def test_a_stop_keeps_what_was_published_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = files(tmp_path)
    monkeypatch.setattr(drafts, "FILES_AT_ONCE", 2)
    there = Workspace.create(tmp_path / "there", executor=Elsewhere())
    bytes_read = sum(path.stat().st_size for path in paths[:2])
    with pytest.raises(Cancelled):
        there.ingest(paths, progress=Watched(bytes_read + 1))
    assert [Path(made.path).name for made in there.catalog.manifest.inputs()] == ["a.jsonl", "b.jsonl"]
    assert not list((there.folder / "tmp").iterdir())
    there.ingest(paths)
    here = one_process(tmp_path / "here")
    here.ingest(paths)
    assert content(there.folder) == content(here.folder)


def test_a_file_alone_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"broken\.parquet"):
        Workspace.create(tmp_path / "there", executor=Elsewhere()).ingest([files(tmp_path)[2]])


def test_work_stays_here_unless_the_workers_are_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "read", None)
    workspace = Workspace.create(tmp_path / "corpus", executor=LocalExecutor(2))
    assert workspace.ingest([write_lines(tmp_path / "a.jsonl", [{"text": "page"}])]).documents == 1
