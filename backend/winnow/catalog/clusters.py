"""Cluster names as people see them: the names of the last clustering, changed by rename and merge events that can be undone."""

from __future__ import annotations

import uuid as uuids
from dataclasses import dataclass
from typing import Any

from winnow.catalog.control import Control, dump, load, now
from winnow.catalog.manifest import Manifest, Run
from winnow.errors import MissingNeed, SettingError


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
        row = self._control.one("SELECT COALESCE(MAX(seq), 0) AS seq FROM cluster_events")
        return int(row["seq"]) if row else 0

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

    def names(self) -> list[tuple[int, int, str, str]]:
        """Return (leaf, cluster, name, top name) per leaf, after every standing event."""
        run = self._run()
        if run is None:
            return []
        cluster = list(range(len(run.extra["names"])))
        name = list(run.extra["names"])
        top = [run.extra["top_names"][group] for group in run.extra["top"]]
        for event in self.events():
            if event.event["what"] == "rename":
                name[event.event["cluster"]] = event.event["name"]
            elif event.event["what"] == "merge":
                into = event.event["into"]
                cluster = [into if current in event.event["clusters"] else current for current in cluster]
        return [(leaf, cluster[leaf], name[cluster[leaf]], top[cluster[leaf]]) for leaf in range(len(cluster))]

    def rename(self, cluster: int, name: str, *, who: str) -> None:
        """Give a cluster another name; raises SettingError when it is empty or taken."""
        name = " ".join(name.split())
        current = self._current()
        if cluster not in current:
            raise SettingError(f"there is no cluster {cluster}", "", "choose one on the Map page")
        if not name or any(other == name and key != cluster for key, other in current.items()):
            found = f"'{name}' is taken" if name else "it is empty"
            raise SettingError("a cluster's name is its own", found, "write another name")
        self._append({"what": "rename", "cluster": cluster, "name": name}, who)

    def merge(self, clusters: list[int], *, into: int, who: str) -> None:
        """Make several clusters one; the merged cluster keeps the name of `into`."""
        current = self._current()
        others = [cluster for cluster in clusters if cluster != into]
        if into not in current or not others or any(cluster not in current for cluster in others):
            raise SettingError(
                "a merge takes two or more clusters", f"found {[into, *others]}", "choose them on the Map page"
            )
        self._append({"what": "merge", "clusters": others, "into": into}, who)

    def undo(self, *, who: str) -> ClusterEvent | None:
        """Take back the newest standing event and return it, or None when there is none."""
        events = self.events()
        if events:
            self._append({"what": "undo"}, who, undoes=events[-1].seq)
        return events[-1] if events else None

    def _current(self) -> dict[int, str]:
        names = self.names()
        if not names:
            raise MissingNeed("cluster names need clusters", "there are none", "winnow cluster")
        return {cluster: name for _, cluster, name, _ in names}

    def _append(self, event: dict[str, Any], who: str, undoes: int | None = None) -> None:
        run = self._run()
        with self._control.write() as connection:
            connection.execute(
                "INSERT INTO cluster_events (uuid, at, who, run, event, undoes) VALUES (?, ?, ?, ?, ?, ?)",
                (uuids.uuid4().hex, now(), who, run.run if run else "", dump(event), undoes),
            )
