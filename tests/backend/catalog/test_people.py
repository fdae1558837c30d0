"""People: tokens kept as hashes, roles, and the line each change leaves."""

from __future__ import annotations

import pytest

from winnow.errors import ConflictError, SettingError
from winnow.workspace import Workspace


def test_a_token_is_known_and_kept_nowhere(corpus: Workspace) -> None:
    people = corpus.catalog.people
    token = people.add("ana", "annotator")
    found = people.of_token(token)
    assert found is not None
    assert (found.name, found.role) == ("ana", "annotator")
    for wrong in ("", token[:-1], token + "x", "'"):
        assert people.of_token(wrong) is None
    held = b"".join(path.read_bytes() for path in corpus.folder.glob("control.sqlite*"))
    assert token.encode() not in held


def test_a_new_token_ends_the_old_one(corpus: Workspace) -> None:
    people = corpus.catalog.people
    old = people.add("ana", "annotator")
    new = people.renew("ana")
    assert people.of_token(old) is None
    assert people.of_token(new) is not None
    people.remove("ana")
    assert people.of_token(new) is None


def test_others_are_curators_until_somebody_says_otherwise(corpus: Workspace) -> None:
    people = corpus.catalog.people
    assert people.role_of_others == "curator"
    people.set_role("others", "reader")
    assert people.role_of_others == "reader"
    assert people.all() == []


@pytest.mark.parametrize("name", ["", " ana", "a\nb", "<b>", "a" * 80, "others", "a/b"])
def test_names_that_are_none(corpus: Workspace, name: str) -> None:
    with pytest.raises(SettingError):
        corpus.catalog.people.add(name, "reader")


def test_slips_are_said(corpus: Workspace) -> None:
    people = corpus.catalog.people
    people.add("ana", "reader")
    with pytest.raises(ConflictError, match="on the list"):
        people.add("ana", "reader")
    with pytest.raises(SettingError, match="did you mean 'ana'"):
        people.set_role("anna", "reader")
    with pytest.raises(SettingError, match="no role"):
        people.set_role("ana", "boss")
    with pytest.raises(SettingError):
        people.remove("others")


def test_every_change_is_written_down(corpus: Workspace) -> None:
    people = corpus.catalog.people
    people.add("ana", "reader")
    people.set_role("ana", "curator")
    people.renew("ana")
    people.remove("ana")
    told = [(deed.what, deed.subject, dict(deed.detail)) for deed in reversed(corpus.catalog.audit.all())]
    assert told == [
        ("add person", "ana", {"role": "reader"}),
        ("change role", "ana", {"before": "reader", "role": "curator"}),
        ("renew token", "ana", {}),
        ("remove person", "ana", {}),
    ]


def test_a_signing_key_is_made_once(corpus: Workspace) -> None:
    key = corpus.catalog.people.signing_key()
    assert len(key) == 64
    assert Workspace(corpus.folder).catalog.people.signing_key() == key
