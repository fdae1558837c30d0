"""Visitors: tokens, the shared password, sessions that end, and names that are somebody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from winnow.api.attempts import EACH, TooMany
from winnow.api.visitors import COOKIE, Door, Visitors
from winnow.catalog.access import NOBODY, Actor
from winnow.errors import AccessError, InputError, SettingError
from winnow.workspace import Workspace

PASSWORD = "correct horse"


@pytest.fixture
def guarded(corpus: Workspace) -> Visitors:
    return Visitors(corpus.catalog.people, Door(PASSWORD))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_door_is_read_from_the_environment(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    assert Door.of_environment(corpus, {}) == Door()
    assert Door().is_open
    kept = tmp_path / "password"
    kept.write_text(PASSWORD + "\n")
    door = Door.of_environment(corpus, {"WINNOW_PASSWORD_FILE": str(kept), "WINNOW_HOSTS": "Lab.example, x"})
    assert (door.password, door.hosts, door.folders) == (PASSWORD, {"lab.example", "x"}, (tmp_path,))
    assert PASSWORD not in repr(door)
    with pytest.raises(SettingError, match="at least 8"):
        Door.of_environment(corpus, {"WINNOW_PASSWORD": "short"})
    kept.write_text("")
    with pytest.raises(SettingError, match="at least 8"):
        Door.of_environment(corpus, {"WINNOW_PASSWORD_FILE": str(kept)})
    with pytest.raises(InputError, match="check the path"):
        Door.of_environment(corpus, {"WINNOW_PASSWORD_FILE": str(tmp_path / "none")})


def test_secrets_of_st_login_guard_the_door(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('[auth]\nclient_id = "x"\n')
    assert Door.of_environment(tmp_path, {"WINNOW_SECRETS": str(secrets)}).oidc
    secrets.write_text('[other]\nx = "y"\n')
    assert not Door.of_environment(tmp_path, {"WINNOW_SECRETS": str(secrets)}).oidc
    secrets.write_text("no toml =")
    with pytest.raises(InputError, match="TOML"):
        Door.of_environment(tmp_path, {"WINNOW_SECRETS": str(secrets)})


def test_an_open_door_lets_everybody_in_with_the_role_of_others(corpus: Workspace) -> None:
    visitors = Visitors(corpus.catalog.people, Door())
    assert visitors.identify({}, {}, "a") == Actor("", "curator")
    corpus.catalog.people.set_role("others", "reader")
    assert visitors.identify({}, {}, "a") == Actor("", "reader")


def test_a_guarded_door_knows_tokens_and_the_password(corpus: Workspace, guarded: Visitors) -> None:
    assert guarded.identify({}, {}, "a") == Actor("", NOBODY)
    token = corpus.catalog.people.add("ana", "annotator")
    assert guarded.identify(bearer(token), {}, "a") == Actor("ana", "annotator")
    assert guarded.identify(bearer(PASSWORD), {}, "a") == Actor("", "curator")
    for wrong in ("", "x", PASSWORD + "x", token[:-1]):
        with pytest.raises(AccessError, match="do not go together"):
            guarded.identify(bearer(wrong), {}, "b")


def test_a_session_ends_with_the_token_the_person_and_the_password(corpus: Workspace, guarded: Visitors) -> None:
    people = corpus.catalog.people
    token = people.add("ana", "annotator")
    session = {COOKIE: guarded.log_in("ana", token, "a")}
    assert guarded.of_cookie(session) == Actor("ana", "annotator")
    people.set_role("ana", "curator")
    assert guarded.of_cookie(session) == Actor("ana", "curator")
    people.renew("ana")
    assert guarded.of_cookie(session) is None

    shared = {COOKIE: guarded.log_in("ben", PASSWORD, "a")}
    assert guarded.of_cookie(shared) == Actor("ben", "curator")
    assert Visitors(people, Door(PASSWORD)).of_cookie(shared) == Actor("ben", "curator"), "a new start keeps sessions"
    assert Visitors(people, Door("another password")).of_cookie(shared) is None
    people.add("ben", "curator")
    assert guarded.of_cookie(shared) is None, "the name is somebody's now"


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "eyJuYW1lIjoiYW5hIn0.aaaa.bbbb"])
def test_forged_sessions_are_nobody(guarded: Visitors, cookie: str) -> None:
    assert guarded.of_cookie({COOKIE: cookie}) is None


def test_a_name_on_the_list_is_not_had_for_the_shared_password(corpus: Workspace, guarded: Visitors) -> None:
    corpus.catalog.people.add("ana", "curator")
    with pytest.raises(AccessError):
        guarded.log_in("ana", PASSWORD, "a")
    with pytest.raises(SettingError, match="up to 79"):
        guarded.log_in("<b>", PASSWORD, "a")
    with pytest.raises(SettingError, match="up to 79"):
        guarded.log_in("others", PASSWORD, "a")


def test_guessing_is_slowed_even_when_the_next_guess_is_right(guarded: Visitors) -> None:
    for _ in range(EACH):
        with pytest.raises(AccessError):
            guarded.log_in("eve", "a guess", "e")
    with pytest.raises(TooMany):
        guarded.log_in("eve", PASSWORD, "e")
    assert guarded.log_in("ana", PASSWORD, "a")


def test_labels_stand_under_ones_own_name(corpus: Workspace, guarded: Visitors) -> None:
    corpus.catalog.people.add("ana", "annotator")
    assert guarded.speaker(Actor("ana", "annotator"), "") == "ana"
    assert guarded.speaker(Actor("", "curator"), "ben") == "ben"
    assert guarded.speaker(None, "ben") == "ben"
    with pytest.raises(AccessError, match="theirs to give"):
        guarded.speaker(Actor("ana", "annotator"), "ben")
    with pytest.raises(AccessError, match="on the list"):
        guarded.speaker(Actor("", "curator"), "ana")
