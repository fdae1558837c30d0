"""Access: what roles allow, and that every write of the catalog asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from winnow.catalog import access
from winnow.catalog.access import NOBODY, ROLES, Actor, acting
from winnow.catalog.filters import Filter
from winnow.catalog.labels import LabelSchema
from winnow.errors import AccessError, SettingError
from winnow.workspace import Workspace

WRITES: list[tuple[str, Callable[[Workspace], object]]] = [
    ("label", lambda w: w.labels.add(1, "keep", who="ana")),
    ("label", lambda w: w.labels.undo(who="ana")),
    ("curate", lambda w: w.labels.define(LabelSchema("q", "?", ("a", "b")))),
    ("curate", lambda w: w.catalog.views.save("mine", Filter())),
    ("curate", lambda w: w.catalog.views.remove("mine")),
    ("curate", lambda w: w.catalog.jobs.add("index", {})),
    ("curate", lambda w: w.select("random", docs=1, name="one", replace=True)),
    ("curate", lambda w: w.catalog.selections.remove("one")),
    ("curate", lambda w: w.catalog.people.add("ben", "reader")),
    ("curate", lambda w: w.catalog.people.remove("ben")),
    ("curate", lambda w: w.catalog.people.set_role("others", "curator")),
]


@pytest.mark.parametrize("role", [NOBODY, *ROLES, "unheard of"])
def test_every_write_asks_for_its_right(scored: Workspace, role: str) -> None:
    who = Actor("eve", role)
    scored.select("random", docs=1, name="one")
    for right, write in WRITES:
        with acting(who):
            if who.may(right):
                write(scored)
            else:
                with pytest.raises(AccessError):
                    write(scored)


def test_roles_hold_what_those_before_them_may() -> None:
    rights = {role: [right for right in ("read", "label", "curate") if Actor("", role).may(right)] for role in ROLES}
    assert rights == {"reader": ["read"], "annotator": ["read", "label"], "curator": ["read", "label", "curate"]}
    assert not Actor("", NOBODY).may("read")


def test_the_error_names_the_command_that_mends_it() -> None:
    with acting(Actor("ana", "reader")), pytest.raises(AccessError, match="winnow users role ana annotator"):
        access.require("label")
    with acting(Actor("", "reader")), pytest.raises(AccessError, match="winnow users role others curator"):
        access.require("curate")


def test_commands_and_notebooks_act_with_the_rights_of_their_files(scored: Workspace) -> None:
    assert access.present() is None
    for _, write in WRITES:
        write(scored)


def test_a_reader_may_look_at_a_job_whose_process_died(scored: Workspace) -> None:
    job = scored.catalog.jobs.add("index", {})
    with scored.catalog.control.write() as connection:
        connection.execute("UPDATE jobs SET process = '999999999:1:' WHERE job = ?", (job,))
    with acting(Actor("ana", "reader")):
        assert scored.catalog.jobs.get(job).state == "interrupted"


def test_an_unknown_role_is_said() -> None:
    with pytest.raises(SettingError, match="did you mean 'curator'"):
        access.checked_role("curatr")
