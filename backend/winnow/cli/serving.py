"""The commands that serve: app, demo, api."""

from __future__ import annotations

import errno
import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow
from winnow.errors import ConflictError, SettingError

if TYPE_CHECKING:
    from winnow.api.visitors import Door

port_option = click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535))
host_option = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; others can reach 0.0.0.0."
)


@winnow.command()
@host_option
@port_option
@folder_option
def app(folder: Path, /, host: str, port: int) -> None:
    """Open the workbench in the browser, with the HTTP API under /api/v1."""
    sys.exit(serve(folder, host, port))


@winnow.command()
@host_option
@port_option
@folder_option
def api(folder: Path, /, host: str, port: int) -> None:
    """Serve the HTTP API alone, without the pages."""
    import uvicorn

    from winnow.api.scope import Served
    from winnow.api.server import alone
    from winnow.api.visitors import Visitors
    from winnow.workspace import Workspace

    workspace = Workspace(folder)
    environment = _environment(folder)
    door = _door(folder, host, port, environment)
    console.say(f"Winnow: {_address(host, port)}/api/v1  (Ctrl-C stops it)")
    served = Served(lambda: workspace, Visitors(workspace.catalog.people, door))
    uvicorn.run(
        alone(served), host=host, port=port, log_level="warning", access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=75,
    )  # fmt: skip


@winnow.command()
@click.option("--no-app", is_flag=True, help="Build the demo corpus and stop.")
@host_option
@port_option
@folder_option
def demo(folder: Path, /, no_app: bool, host: str, port: int) -> None:
    """Build the demo corpus, run the line on it and open the workbench."""
    import tempfile

    from winnow.demo import build
    from winnow.workspace import Workspace

    if not no_app:
        _check_port(host, port)
    workspace = Workspace.create(folder)
    if workspace.catalog.manifest.documents() == 0:
        with console.progress() as progress, tempfile.TemporaryDirectory() as made:
            workspace.run(build(Path(made), _shown(progress)), progress=progress)
    else:
        with console.progress() as progress:
            workspace.complete(progress=progress)
    console.say(f"the demo corpus is ready: {workspace.catalog.manifest.documents():,} documents in {folder}")
    if not no_app:
        sys.exit(serve(folder, host, port))


def serve(folder: Path, /, host: str, port: int) -> int:
    """Run the app's server until it is stopped and return its exit code."""
    from winnow.workspace import Workspace

    Workspace(folder)
    main, environment = _server_file(), _environment(folder)
    _door(folder, host, port, environment)
    options = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
    }
    if secrets := environment.get("WINNOW_SECRETS"):
        options["secrets.files"] = secrets
    flags = [f"--{key}={value}" for key, value in options.items()]
    console.say(f"Winnow: {_address(host, port)}  (Ctrl-C stops it)")
    command = [sys.executable, "-m", "streamlit", "run", str(main), *flags]
    process = subprocess.Popen(command, env=environment, cwd=main.parent)
    # Whoever stops this command (a service manager, a container) means the server.
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return 0


def _environment(folder: Path) -> dict[str, str]:
    """Return what the server is told: the corpus, and the secrets of st.login beside which it was started."""
    secrets = Path.cwd() / ".streamlit" / "secrets.toml"
    beside = {"WINNOW_SECRETS": str(secrets)} if secrets.is_file() else {}
    return {**beside, **os.environ, "WINNOW_WORKSPACE": str(folder.absolute())}


def _door(folder: Path, host: str, port: int, environment: dict[str, str]) -> Door:
    """Return how the server is guarded, having warned when it is not; raises for what would keep it from starting."""
    from winnow.api.visitors import Door

    door = Door.of_environment(folder, environment)
    _check_port(host, port)
    if door.is_open and not _is_here(host):
        console.warn(
            f"NO PASSWORD: anybody who reaches {host}:{port} can read, label, select, export and start jobs here; "
            "set WINNOW_PASSWORD, or leave --host out"
        )
    elif not door.is_open and not _is_here(host):
        console.warn(f"what is sent to {host}:{port} can be read on the way: put a proxy with https before it")
    return door


def _is_here(host: str) -> bool:
    """Return whether only this machine reaches an address.

    >>> _is_here("localhost"), _is_here("127.0.0.2"), _is_here("0.0.0.0"), _is_here("lab.example")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(host: str, port: int) -> str:
    return f"http://{'localhost' if host == '127.0.0.1' else host}:{port}"


def _check_port(host: str, port: int) -> None:
    """Raise ConflictError or SettingError when the server could not listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as reason:
        if reason.errno == errno.EADDRINUSE:
            raise ConflictError(f"port {port} is in use", f"on {host}", f"add --port {port % 65535 + 1}") from reason
        raise SettingError(f"nothing can listen on {host}:{port}", str(reason), "check --host and --port") from reason


def _server_file() -> Path:
    import winnow_app

    return Path(winnow_app.__file__).parent / "launch" / "server.py"


def _shown(progress: console.ConsoleProgress) -> Callable[[float, str], None]:
    """Show "how much of all is done, and what is being done" as one stage."""
    progress.stage("collect the demo corpus", 1.0, "")
    done = 0.0

    def show(share: float, what: str) -> None:
        nonlocal done
        progress.advance(max(share - done, 0.0))
        done = max(share, done)

    return show
