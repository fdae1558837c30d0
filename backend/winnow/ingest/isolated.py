"""Extraction in processes of their own: a file made to hang, to crash or to fill the memory costs only itself.

A child reads frames (function, options, bytes), calls `winnow.ingest.<function>` and answers with JSON; it ends when its
standard input does. Children are kept for the next file, since starting one takes a fifth of a second.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson

SECONDS = 30.0
"""How long one document may take."""

MEMORY_BYTES = 3 << 30
"""How much address space a child may have: room for the largest document that is read at once."""

MOST_CHILDREN = 16
HELD_BYTES = 256 << 20
"""How many bytes wait for their answer at most, beside one document."""
_HEAD = struct.Struct("<IQ")
_SIZE = struct.Struct("<Q")


class Unreadable(Exception):
    """What stands in a document cannot be read; the message says why, for the quarantine."""


@dataclass(frozen=True)
class Answer:
    """What a document gave, or why it gave nothing."""

    value: dict[str, Any]
    fault: str = ""


@dataclass(frozen=True)
class Task:
    """A document to extract: `function` is "module:name" inside this package, `name(data: bytes, **options) -> dict`."""

    function: str
    data: bytes
    options: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = SECONDS


def extract_each(tasks: Iterable[Task | Answer]) -> Iterator[Answer]:
    """Yield the answer to each task, in order; a few are worked on at once, one a core. Answers pass through."""
    children = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2, MOST_CHILDREN)
    waiting: deque[tuple[Future[Answer], int]] = deque()
    held = 0
    with ThreadPoolExecutor(children) as threads:
        try:
            for task in tasks:
                future, size = _begun(task, threads)
                waiting.append((future, size))
                held += size
                while waiting and (len(waiting) > 2 * children or held > HELD_BYTES or waiting[0][0].done()):
                    first, size = waiting.popleft()
                    held -= size
                    yield first.result()
            while waiting:
                yield waiting.popleft()[0].result()
        finally:
            for future, _ in waiting:
                future.cancel()


def _begun(task: Task | Answer, threads: ThreadPoolExecutor) -> tuple[Future[Answer], int]:
    if isinstance(task, Task):
        return threads.submit(_ask, task), len(task.data)
    future: Future[Answer] = Future()
    future.set_result(task)
    return future, len(task.value.get("text", ""))


class _Child:
    def __init__(self) -> None:
        command = [sys.executable, "-c", "from winnow.ingest.isolated import serve; serve()"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )

    def ask(self, head: bytes, options: bytes, payload: bytes, seconds: float) -> Answer | None:
        """Return the answer, or None when the child died; raises TimeoutError when it took too long."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        late = threading.Event()
        timer = threading.Timer(seconds, self._stop, [late])
        timer.daemon = True
        timer.start()
        try:
            for part in (head, options):
                self._process.stdin.write(_HEAD.pack(len(part), len(payload)) + part)
            self._process.stdin.write(payload)
            self._process.stdin.flush()
            (size,) = _SIZE.unpack(_whole(self._process.stdout, _SIZE.size))
            found = orjson.loads(_whole(self._process.stdout, size))
            return Answer(found.get("value") or {}, found.get("fault", ""))
        except (OSError, EOFError):
            if late.is_set():
                raise TimeoutError from None
            return None
        finally:
            timer.cancel()

    def _stop(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


class _Idle:
    """Children between two documents."""

    def __init__(self) -> None:
        self._lock, self._children = threading.Lock(), list[_Child]()
        self._process = os.getpid()

    def take(self) -> _Child:
        with self._lock:
            if self._process != os.getpid():  # a fork shares the pipes, which two processes must not
                self._children, self._process = [], os.getpid()
            if self._children:
                return self._children.pop()
        return _Child()

    def give(self, child: _Child) -> None:
        with self._lock:
            self._children.append(child)

    def close(self) -> None:
        with self._lock:
            children, self._children = self._children, []
        if self._process == os.getpid():
            for child in children:
                child.close()


_idle = _Idle()
atexit.register(_idle.close)


def _ask(task: Task) -> Answer:
    child = _idle.take()
    try:
        answer = child.ask(task.function.encode(), orjson.dumps(dict(task.options)), task.data, task.seconds)
    except TimeoutError:
        child.close()
        return Answer({}, f"it takes more than {task.seconds:g} seconds to read")
    except BaseException:
        child.close()
        raise
    if answer is None:
        child.close()
        return Answer({}, "reading it ended the reading process: it is damaged, or made to do that")
    _idle.give(child)
    return answer


def serve() -> None:
    """Answer frames on standard input until it ends. Runs in the child."""
    _limit_memory()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints must not stand among the answers
    functions: dict[str, Any] = {}
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            length, _ = _HEAD.unpack(_whole(source, _HEAD.size))
            name = _whole(source, length).decode()
            length, size = _HEAD.unpack(_whole(source, _HEAD.size))
            options = orjson.loads(_whole(source, length))
            if name not in functions:
                module, _, function = name.partition(":")
                functions[name] = getattr(importlib.import_module(f"winnow.ingest.{module}"), function)
            answer = _answer(functions[name], _whole(source, size), options)
            sink.write(_SIZE.pack(len(answer)) + answer)
            sink.flush()


def _answer(function: Any, data: bytes, options: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps({"value": _plain(function(data, **options))})
    except Unreadable as reason:
        fault = str(reason)
    except MemoryError:
        fault = f"reading it takes more than {MEMORY_BYTES >> 30} GB of memory"
    except RecursionError:
        fault = "it is nested too deeply"
    except Exception as reason:
        # The libraries that read these formats raise whatever their authors did not think of.
        fault = f"it cannot be read ({type(reason).__name__}: {str(reason)[:200]})"
    return orjson.dumps({"fault": _plain(" ".join(fault.split()))})


def _plain(value: Any) -> Any:
    """Return a value without lone surrogates and NUL characters, which are no text."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "")
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _whole(source: BinaryIO | Any, size: int) -> bytes:
    data: bytes = source.read(size)
    if len(data) < size:
        raise EOFError
    return data
