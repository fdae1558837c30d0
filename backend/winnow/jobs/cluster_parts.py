"""Splitting a cluster that people find too wide: its own documents are clustered again and named."""

from __future__ import annotations

import numpy as np

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.cluster.kmeans import kmeans
from winnow.cluster.naming import name_clusters
from winnow.errors import MissingNeed, SettingError

READ = 600
"""Documents that are read to name the parts."""
CHARACTERS = 2000


def split_cluster(catalog: Catalog, cluster: int, parts: int, *, who: str, seed: int = 0) -> list[int]:
    """Make `parts` clusters of one by k-means on the vectors it was found with, and return their numbers.

    Raises SettingError for fewer than two parts or a cluster that cannot be split, MissingNeed without vectors.
    """
    run, seen = catalog.manifest.run("columns", "cluster"), catalog.clusters.last
    if run is None:
        raise MissingNeed("splitting needs clusters", "there are none", "winnow cluster")
    ids = catalog.browse.doc_ids(Filter().with_range("cluster", cluster, cluster))
    if not 2 <= parts <= max(len(ids), 1):
        found = f"{parts} parts of {len(ids):,} documents"
        raise SettingError("a cluster is split into two parts or more", found, "choose one on the Map page")
    made = kmeans(catalog.vectors.take(str(run.recipe["model"]), ids), parts, seed=seed)
    place = np.maximum(made.cluster, 0)
    if len(made.centres) < 2:
        raise SettingError(f"cluster {cluster} cannot be split", "its documents are all alike", "merge it instead")
    read = np.sort(np.random.default_rng(seed).permutation(len(ids))[:READ])
    texts = [text[:CHARACTERS] for text in catalog.texts.texts(ids[read])]
    names, _ = name_clusters(texts, place[read], np.zeros(len(made.centres), np.int64), made.sizes())
    return catalog.clusters.split(cluster, ids, place, names, seen=seen, who=who)
