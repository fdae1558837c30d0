"""A sample of the kills that `kills.py` does by the thousand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("kills.py")


def test_twelve_kills_lose_nothing() -> None:
    # A process of its own: it forks, which a process with pytest's threads in it should not.
    command = [sys.executable, str(SCRIPT), "12", "--seed", "5", "--documents", "300"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=360, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 kills (seed 5)" in done.stdout
    assert "labels lost: 0. Columns half visible: 0. Anything else wrong: 0." in done.stdout
