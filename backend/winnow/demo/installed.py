"""Where the running Python keeps its standard library and its packages."""

from __future__ import annotations

import os
import site
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OWN = frozenset({"winnow", "winnow_app", "winnow_workbench"})
_SKIPPED = frozenset(
    {
        "__pycache__",
        "_vendor",
        "_vendored_packages",
        "dist-packages",
        "idlelib",
        "lib2to3",
        "node_modules",
        "site-packages",
        "test",
        "tests",
        "vendored",
    }
)


@dataclass(frozen=True)
class Installed:
    """Folders to read: the standard library, and the folders that hold packages."""

    library: Path
    sites: tuple[Path, ...]

    @classmethod
    def here(cls) -> Installed:
        paths = sysconfig.get_paths()
        sites = [paths["purelib"], paths["platlib"], *site.getsitepackages()]
        return cls(Path(paths["stdlib"]), tuple(dict.fromkeys(Path(name) for name in sites if os.path.isdir(name))))

    def tops(self) -> Iterator[Path]:
        """Yield each importable package folder and single-file module of the sites."""
        for folder in self.sites:
            for entry in listed(folder):
                if entry.stem in OWN or entry.name in _SKIPPED or entry.name.startswith((".", "_")):
                    continue
                if entry.suffix == ".py" or (entry / "__init__.py").is_file():
                    yield entry

    def descriptions(self) -> Iterator[Path]:
        """Yield the *.dist-info folder of each installed distribution."""
        for folder in self.sites:
            for entry in listed(folder):
                if entry.name.endswith(".dist-info") and entry.name.partition("-")[0].lower() not in OWN:
                    yield entry


def listed(folder: Path) -> list[Path]:
    """List a folder in order of name; a folder that cannot be read is empty."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def modules(top: Path) -> Iterator[tuple[str, Path]]:
    """Yield (dotted name, file) of every Python file under a folder, without tests and bundled copies."""
    if top.is_file():
        yield top.stem, top
        return
    for folder, names, files in os.walk(top):
        names[:] = sorted(name for name in names if name not in _SKIPPED)
        inner = Path(folder).relative_to(top.parent).parts
        for file in sorted(files):
            if file.endswith(".py"):
                stem = file.removesuffix(".py")
                yield ".".join(inner if stem == "__init__" else (*inner, stem)), Path(folder, file)
