"""Clusters as people see them: those of the last clustering, renamed, merged, split, kept and dropped by events that can
be undone."""

from __future__ import annotations

import base64
import uuid as uuids
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.control import Control, dump, load, now
from winnow.catalog.manifest import Manifest, Run
from winnow.errors import ConflictError, MissingNeed, SettingError

Named = tuple[int, int, str, str, bool | None]
"""(leaf, cluster, name, group, whether somebody keeps or drops it)."""
SPLIT = pa.schema([("doc_id", pa.int64()), ("split_leaf", pa.int32())])

VERDICTS: dict[str, bool | None] = {"keep": True, "drop": False, "undecided": None}


@dataclass(frozen=True)
class ClusterEvent:
    seq: int
    at: str
    who: str
    event: dict[str, Any]


class Clusters:
    """Which cluster each leaf of the current clustering belongs to, and what it is called."""

    def __init__(self, control: Control, manifest: Manifest) -> None:
        self._control, self._manifest = control, manifest

    @property
    def last(self) -> int:
        return self._control.newest("cluster_events")

    def key(self) -> tuple[str, int]:
        run = self._run()
        return (run.run if run else "", self.last)

    def _run(self) -> Run | None:
        return self._manifest.run("columns", "cluster")

    def events(self) -> list[ClusterEvent]:
        """Return the standing events of the current clustering, oldest first."""
        run = self._run()
        rows = self._control.rows(
            "SELECT * FROM cluster_events e WHERE run = ? AND undoes IS NULL AND NOT EXISTS "
            "(SELECT 1 FROM cluster_events u WHERE u.undoes = e.seq) ORDER BY seq",
            run.run if run else "",
        )
        return [ClusterEvent(row["seq"], row["at"], row["who"], load(row["event"])) for row in rows]

    def names(self) -> list[Named]:
        """Return every leaf with its cluster, name, group and verdict, after every standing event."""
        run = self._run()
        if run is None:
            return []
        name = dict(enumerate(run.extra["names"]))
        top = {leaf: run.extra["top_names"][group] for leaf, group in enumerate(run.extra["top"])}
        cluster = {leaf: leaf for leaf in name}
        verdict: dict[int, bool | None] = {}
        for event in (found.event for found in self.events()):
            if event["what"] == "rename":
                name[event["cluster"]] = event["name"]
            elif event["what"] == "merge":
                moved = set(event["clusters"])
                cluster = {leaf: event["into"] if current in moved else current for leaf, current in cluster.items()}
            elif event["what"] == "split":
                for leaf, words in zip(event["leaves"], event["names"], strict=True):
                    cluster[leaf], name[leaf], top[leaf] = leaf, words, top[event["cluster"]]
            elif event["what"] in VERDICTS:
                verdict |= dict.fromkeys(event["clusters"], VERDICTS[event["what"]])
        return [(leaf, current, name[current], top[current], verdict.get(current)) for leaf, current in cluster.items()]

    def splits(self) -> tuple[tuple[int, ...], pa.Table]:
        """Return the numbers of the standing splits, and the leaf that they give to documents."""
        found = [event for event in self.events() if event.event["what"] == "split"]
        leaf: dict[int, int] = {}
        for event in found:
            ids, parts = (
                _unpacked(event.event[name], kind) for name, kind in (("docs", np.int64), ("parts", np.int32))
            )
            leaf |= zip(ids.tolist(), np.array(event.event["leaves"], np.int32)[parts].tolist(), strict=True)
        columns = [pa.array(list(side), field.type) for side, field in zip((leaf, leaf.values()), SPLIT, strict=True)]
        return tuple(event.seq for event in found), pa.Table.from_arrays(columns, schema=SPLIT)

    def rename(self, cluster: int, name: str, *, who: str) -> None:
        """Give a cluster another name; raises SettingError when it is empty or taken."""
        name = " ".join(name.split())
        current = self._current()
        self._check_there([cluster])
        if not name or any(other == name and key != cluster for key, other in current.items()):
            found = f"'{name}' is taken" if name else "it is empty"
            raise SettingError("a cluster's name is its own", found, "write another name")
        self._append({"what": "rename", "cluster": cluster, "name": name}, who)

    def merge(self, clusters: list[int], *, into: int, who: str) -> None:
        """Make several clusters one; the merged cluster keeps the name of `into`."""
        others = [cluster for cluster in clusters if cluster != into]
        self._check_there([into, *others])
        if not others:
            raise SettingError(
                "a merge takes two or more clusters", f"found {[into, *others]}", "choose them on the Map page"
            )
        self._append({"what": "merge", "clusters": others, "into": into}, who)

    def split(
        self,
        cluster: int,
        doc_ids: NDArray[np.int64],
        parts: NDArray[np.int32],
        names: Sequence[str],
        *,
        seen: int,
        who: str,
    ) -> list[int]:
        """Make several clusters of one: document doc_ids[i] goes to the part parts[i]. Returns the parts' numbers.

        `seen` is the last event known when the parts were found; raises ConflictError when another came since.
        """
        taken = set(self._current().values())
        fresh = [name if name not in taken else f"{name} ({number + 1})" for number, name in enumerate(names)]
        rows = self._control.rows("SELECT event FROM cluster_events")
        used = [leaf for row in rows for leaf in load(row["event"]).get("leaves", ())]
        first = max([*used, *(leaf for leaf, *_ in self.names())], default=-1) + 1
        leaves = list(range(first, first + len(fresh)))
        told = {"what": "split", "cluster": cluster, "leaves": leaves, "names": fresh}
        self._append(
            {**told, "docs": _packed(doc_ids.astype(np.int64)), "parts": _packed(parts.astype(np.int32))},
            who,
            seen=seen,
        )
        return leaves

    def judge(self, clusters: Sequence[int], verdict: str, *, who: str) -> None:
        """Say that clusters are to be kept ("keep"), dropped ("drop"), or neither ("undecided").

        The column `cluster_keep` says so of every document; nothing is deleted.
        """
        if verdict not in VERDICTS or not clusters:
            raise SettingError(
                "a verdict is about clusters", f"{verdict} of {list(clusters)}", "choose them on the Map page"
            )
        self._check_there(clusters)
        self._append({"what": verdict, "clusters": list(clusters)}, who)

    def dropped(self) -> list[int]:
        """Return the clusters that somebody drops."""
        return sorted({cluster for _, cluster, _, _, keep in self.names() if keep is False})

    def undo(self, *, who: str, newest: int | None = None) -> ClusterEvent | None:
        """Take back the newest standing event and return it, or None when there is none.

        `newest` is the event that was seen to be it; raises ConflictError when it is another.
        """
        events = self.events()
        if newest is not None and [event.seq for event in events[-1:]] != [newest]:
            raise _changed()
        if events:
            self._append({"what": "undo"}, who, undoes=events[-1].seq)
        return events[-1] if events else None

    def _check_there(self, clusters: Sequence[int]) -> None:
        """Raise SettingError unless all of them stand in the tree."""
        current = self._current()
        gone = [cluster for cluster in clusters if cluster not in current]
        if gone:
            raise SettingError(
                f"there is no cluster {gone[0]}",
                "it may have been merged or split meanwhile",
                "choose one on the Map page",
            )

    def _current(self) -> dict[int, str]:
        names = self.names()
        if not names:
            raise MissingNeed("cluster names need clusters", "there are none", "winnow cluster")
        return {cluster: name for _, cluster, name, *_ in names}

    def _append(self, event: dict[str, Any], who: str, undoes: int | None = None, seen: int | None = None) -> None:
        run = self._run()
        with self._control.write() as connection:
            last = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM cluster_events").fetchone()[0]
            if seen is not None and last != seen:
                raise _changed()
            connection.execute(
                "INSERT INTO cluster_events (uuid, at, who, run, event, undoes) VALUES (?, ?, ?, ?, ?, ?)",
                (uuids.uuid4().hex, now(), who, run.run if run else "", dump(event), undoes),
            )


def _changed() -> ConflictError:
    return ConflictError("the clusters changed meanwhile", "somebody else was quicker", "look, and try again")


def _packed(numbers: NDArray[Any]) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(numbers).tobytes())).decode()


def _unpacked(text: str, kind: type[np.integer[Any]]) -> NDArray[Any]:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=kind)
