"""A plain script may use the pool: its own lines run once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
from winnow.compute.local import LocalExecutor
print("line of the script")
print(sorted(LocalExecutor(workers=2).map(abs, [-3, -2, -1])))
"""


def test_a_script_without_a_main_guard_runs_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines() == ["line of the script", "[1, 2, 3]"]
