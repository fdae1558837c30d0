"""Where work runs: in processes of this machine, or on a Ray cluster."""

from __future__ import annotations

import os

from winnow.compute.base import Executor
from winnow.compute.local import LocalExecutor
from winnow.errors import MissingNeed, SettingError, nearest

PLACES = ("local", "ray")
WHERE = "WINNOW_ON"
"""Environment: the place. The jobs that a page starts are processes of their own, which inherit it."""


def executor() -> Executor:
    """Return the executor that the environment names; raises SettingError for an unknown one, MissingNeed without Ray."""
    place = os.environ.get(WHERE, "local")
    if place not in PLACES:
        raise SettingError(f"{WHERE} names where work runs", f"found '{place}'", nearest(place, PLACES))
    if place == "local":
        return LocalExecutor()
    try:
        from winnow.compute.ray import RayExecutor
    except ModuleNotFoundError:
        raise MissingNeed(
            "work on Ray needs the package ray", "it is not installed", "pip install 'winnow-workbench[ray]'"
        ) from None
    return RayExecutor()
