"""Jobs in processes of their own: started by the app, living on when the browser closes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from winnow.catalog.catalog import Catalog
from winnow.errors import WinnowError

OF_THE_SERVER = ("WINNOW_PASSWORD", "WINNOW_PASSWORD_FILE", "WINNOW_SECRETS")
"""What lets people in, which a job has no use for."""


def start(catalog: Catalog, verb: str, recipe: Mapping[str, Any]) -> int:
    """Queue a job, start its process and return its number."""
    job = catalog.jobs.add(verb, recipe)
    log = catalog.jobs.log_path(job)
    log.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "winnow", "-w", str(catalog.folder), "jobs", "run", str(job), "--queued"]
    environment = {name: value for name, value in os.environ.items() if name not in OF_THE_SERVER}
    try:
        with open(log, "ab") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, env=environment
            )
    except OSError as reason:
        catalog.jobs.finish(job, "failed", error=str(reason))
        raise WinnowError(f"job {job} needs a process", str(reason), "free some memory and try again") from reason
    catalog.jobs.hand_over(job, process.pid)
    # A process that nobody waits for stays in the list of processes when it has ended.
    threading.Thread(target=process.wait, daemon=True).start()
    return job
