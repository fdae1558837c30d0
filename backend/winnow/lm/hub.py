"""Whether models can be had by name."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit

from winnow.method import require


def hub_answers() -> bool:
    """Whether the model hub can be reached: its own client tries for a minute before it says no."""
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return True
    hub = urlsplit(str(require("a model by its name", "finding models", "huggingface_hub.constants").ENDPOINT))
    try:
        socket.create_connection((hub.hostname or "", hub.port or 443), timeout=5).close()
    except OSError:
        return False
    return True
