"""Where matrix products run: on a graphics card where there is one, else on the processor."""

from __future__ import annotations

import functools
from pathlib import Path

DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""What a driver of NVIDIA, of AMD, or of either under WSL puts into /dev."""


@functools.cache
def device() -> str:
    """Return "cuda" where torch can use a graphics card, else "cpu"; without a driver torch is not even imported."""
    if not any(Path(driver).exists() for driver in DRIVERS):
        return "cpu"  # importing torch takes seconds
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
