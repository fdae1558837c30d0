"""The flags of arrangements: which setting is whose, and what a dry run tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from winnow.cli.arranging import judge_recipe, read_settings
from winnow.cli.main import load_commands, winnow
from winnow.errors import SettingError
from winnow.workspace import Workspace


def test_settings_go_to_their_arrangement_and_the_rest_to_the_format() -> None:
    """Both rephrases get the share, the second one its style."""
    settings = {"rephrase.share": "0.5", "2.style": "qa", "shard_docs": "7"}
    plain, recipes = read_settings(settings, ["rephrase", "rephrase"])
    assert plain == {"shard_docs": "7"}
    assert [(recipe["share"], recipe["style"]) for recipe in recipes] == [(0.5, "medium"), (0.5, "qa")]


def test_a_setting_of_nothing_is_an_error() -> None:
    with pytest.raises(SettingError, match="did you mean 'pack'"):
        read_settings({"packs.tokens": "3"}, ["pack"])
    with pytest.raises(SettingError, match="--arrange METHOD"):
        read_settings({"pack.tokens": "3"}, [])
    with pytest.raises(SettingError, match="did you mean 'tokens'"):
        read_settings({"pack.token": "3"}, ["pack"])


def test_a_judge_is_an_address_or_local() -> None:
    made = judge_recipe("https://example.org/v1", "m", {"temperature": "0.5"})
    assert made is not None
    assert (made["method"], made["url"], made["model"], made["temperature"]) == (
        "endpoint", "https://example.org/v1", "m", 0.5,
    )  # fmt: skip
    assert judge_recipe(None, "", {}) is None
    with pytest.raises(SettingError, match="--judge URL"):
        judge_recipe(None, "m", {})


def test_an_export_is_arranged_and_a_dry_run_writes_nothing(scored: Workspace, tmp_path: Path) -> None:
    load_commands()
    scored.select("random", name="all", share=1.0)
    command = ["-w", str(scored.folder), "export", "all", str(tmp_path / "out"), "--arrange", "shuffle"]
    command += ["--arrange", "pack", "--set", "pack.tokens=16", "--format", "jsonl"]
    dry = CliRunner().invoke(winnow, [*command, "--dry-run"], catch_exceptions=False)
    assert "all: 6 documents" in dry.output
    assert "2. pack: " in dry.output
    assert not (tmp_path / "out").exists()
    done = CliRunner().invoke(winnow, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "part-00000.jsonl").read_text().count("\n") >= 3


def test_a_dry_run_tells_what_a_judge_would_cost(scored: Workspace) -> None:
    load_commands()
    scored.select("random", name="all", share=1.0)
    command = ["-w", str(scored.folder), "export", "all", "--arrange", "rephrase", "--dry-run"]
    command += ["--judge", "https://example.org/v1", "--model", "m", "--judge-set", "price_out=1000000"]
    dry = CliRunner().invoke(winnow, command, catch_exceptions=False)
    assert "rephrase would ask 6 requests" in dry.output
    assert "at most 3,600 out" in dry.output
