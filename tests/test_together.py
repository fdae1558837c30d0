"""Several people at once: browsers and notebooks label and filter one corpus, and every answer is right.

tests/faults/together.py does the same 100,000 times over HTTP with a command beside them.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from faults.together import Asked, Browser, Notebook, Person, Truth, lost, work_together
from winnow.api.scope import Served
from winnow.api.server import alone
from winnow.api.visitors import Door, Visitors
from winnow.workspace import Workspace

QUERIES = [{}, {"search": "river"}, {"where": "words > 5"}, {"in.source": '["wiki"]'}, {"range.stars": "[2,null]"}]


@pytest.fixture
def address(scored: Workspace) -> Iterator[str]:
    """Serve the corpus on a free port of this machine."""
    served = Served(lambda: scored, Visitors(scored.catalog.people, Door()))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(alone(served), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1"
        finally:
            server.should_exit = True
            thread.join()


def test_eight_at_once_get_right_answers_and_lose_nothing(scored: Workspace, address: str) -> None:
    truth = Truth.of(scored, QUERIES, "source")
    browsers: list[Asked] = [Browser(address) for _ in range(4)]
    notebooks: list[Asked] = [Notebook(Workspace(scored.folder)) for _ in range(2)]
    # Two notebooks share one workspace between threads, as cells and widgets do.
    notebooks += [notebooks[0], notebooks[0]]
    people = [(Person(f"p{n}"), at) for n, at in enumerate([*browsers, *notebooks])]
    assert work_together(people, truth, 1000) == []
    assert sum(person.asked.total() for person, _ in people) == 1000
    assert lost(Workspace(scored.folder), [person for person, _ in people]) == []


def test_a_wrong_answer_is_seen(scored: Workspace) -> None:
    """The check itself can fail: a notebook that miscounts, loses labels or finds nothing is told apart."""
    truth = Truth.of(scored, QUERIES, "source")

    class Lying(Notebook):
        def count(self, query: dict[str, str]) -> int:
            return 0

        def label(self, doc_id: int, value: str, who: str, identity: str) -> None:
            return

    person = Person("p")
    wrong = work_together([(person, Lying(scored))], truth, 60)
    assert any("count" in line for line in wrong)
    assert any("label" in line for line in wrong)
    assert lost(scored, [person]) != []
