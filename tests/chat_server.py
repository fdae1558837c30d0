"""A server that speaks chat completions as a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local_server import Answers, LocalServer, serving

Reply = tuple[int, Any]


def completion(*texts: str, tokens: tuple[int, int] = (7, 1), **more: Any) -> dict[str, Any]:
    """Return a chat completion that says these texts."""
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return {"choices": [{"message": {"content": text}, **more} for text in texts], "usage": usage}


@dataclass
class Server:
    """Where it listens, what it was asked, and what it says to the n-th request."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    reply: Callable[[int, dict[str, Any]], Reply] = lambda number, body: (200, completion("A"))
    told: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def serve() -> Iterator[Server]:
    """Listen on a free port of this machine."""
    state = Server()

    class Handler(Answers):
        def do_POST(self) -> None:
            body = json.loads(self.sent())
            with state.lock:
                number = len(state.asked)
                state.asked.append({"path": self.path, **body})
                state.headers.append(dict(self.headers))
            status, said = state.reply(number, body)
            self.answer(status, said if isinstance(said, bytes) else json.dumps(said).encode(), **state.told)

    with serving(LocalServer(Handler)) as listening:
        state.url = f"{listening.address}/v1"
        yield state
