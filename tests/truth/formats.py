"""Do other libraries read what Winnow writes? MosaicML's StreamingDataset, Megatron's IndexedDataset and `dolma mix`.

python tests/truth/formats.py CORPUS SELECTION FOLDER exports the selection to FOLDER; in an environment that has
mosaicml-streaming, megatron-core and dolma (which ask for other versions of libraries than Winnow does),
python tests/truth/formats.py FOLDER reads the exports and prints a table.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MDS = {"mds": {}, "mds, zstd": {"compression": "zstd"}}
COLUMN, LEAST = "quality", 0.5


def write(corpus: str, selection: str, folder: Path) -> None:
    """Export a selection as JSON lines, to compare with, as MDS plain and compressed, and as Dolma's documents."""
    from winnow.workspace import Workspace

    workspace = Workspace(corpus)
    workspace.export(selection, folder / "jsonl", format="jsonl", settings={"compression": "gzip"})
    for name, settings in MDS.items():
        workspace.export(selection, folder / name, format="mds", columns=[COLUMN], settings=settings)
    workspace.export(selection, folder / "megatron", format="megatron")
    workspace.export(selection, folder / "dolma", format="dolma", columns=[COLUMN])


def streamed(folder: Path, wanted: list[tuple[str, str]]) -> None:
    """Read Mosaic Data Shards with their own library."""
    from streaming import StreamingDataset

    for name in MDS:
        found = StreamingDataset(local=str(folder / name), batch_size=1, shuffle=False)
        read = [(row["id"], row["text"]) for row in (found[place] for place in range(len(found)))]
        print(
            f"| {name} | mosaicml-streaming | {len(read):,} | {'the same texts' if read == wanted else 'OTHER TEXTS'} |"
        )


def indexed(folder: Path, wanted: list[tuple[str, str]]) -> None:
    """Read Megatron's indexed data set with its own class: tokens are the bytes of UTF-8, the last ends a document."""
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    read = []
    for index in sorted((folder / "megatron").glob("*.idx")):
        found = IndexedDataset(str(index.with_suffix("")))
        assert len(found.document_indices) == len(found) + 1
        read += [bytes(found[place][:-1].astype("uint8")).decode() for place in range(len(found))]
    same = "the same texts" if read == [text for _, text in wanted] else "OTHER TEXTS"
    print(f"| megatron, bytes | megatron-core | {len(read):,} | {same} |")


def mixed(folder: Path) -> None:
    """Let `dolma mix` leave out what a column of Winnow's says is below a threshold."""
    from dolma import mixer

    named = f"winnow__columns__{COLUMN}"
    told = f"@.{named} && @.{named}[0] && @.{named}[0][2] < {LEAST}"
    mixer(
        {
            "streams": [
                {
                    "name": "kept",
                    "documents": [str(folder / "dolma/documents/*.jsonl.gz")],
                    "attributes": ["winnow"],
                    "output": {"path": str(folder / "mixed"), "max_size_in_bytes": 10**9},
                    "filter": {"include": [], "exclude": [f"$@.attributes[?({told})]"]},
                }
            ],
            "processes": 1,
            "work_dir": {"input": str(folder / "work/in"), "output": str(folder / "work/out")},
        }
    )
    said = {row["id"]: row["attributes"].get(named) for row in rows(folder / "dolma/attributes/winnow")}
    wanted = {name for name, spans in said.items() if not (spans and spans[0][2] < LEAST)}
    read = {row["id"] for row in rows(folder / "mixed")}
    same = "those that Winnow's column says" if read == wanted else "OTHERS"
    print(f"| dolma, {COLUMN} ≥ {LEAST} | dolma mix | {len(read):,} of {len(said):,} | {same} |")


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def main() -> None:
    if len(sys.argv) == 4:
        return write(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    folder = Path(sys.argv[1])
    print("| written | read by | documents | what came of it |\n|---|---|--:|---|")
    wanted = [(row["id"], row["text"]) for row in rows(folder / "jsonl")]
    streamed(folder, wanted)
    indexed(folder, wanted)
    mixed(folder)
    return None


if __name__ == "__main__":
    main()
