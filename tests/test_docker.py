"""The container files: their syntax, and that they agree with each other and with the package."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from winnow.cli.serving import app

ROOT = Path(__file__).parents[1]
PORT = "8501"
INSTRUCTIONS = {"FROM", "ARG", "ENV", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "CMD"}
SERVICE_KEYS = {
    "build", "cap_drop", "deploy", "healthcheck", "image", "init", "ports", "profiles", "restart", "security_opt",
    "volumes", "environment", "command", "depends_on", "shm_size",
}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    """Return (instruction, rest) per instruction, with continued lines joined."""
    text = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def values(dockerfile: list[tuple[str, str]], instruction: str) -> list[str]:
    return [rest for name, rest in dockerfile if name == instruction]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def apps(compose: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the services that serve pages."""
    return [service for name, service in compose["services"].items() if name.startswith("app")]


def test_the_plain_command_starts_the_app_on_cpu_only(compose) -> None:
    services = compose["services"]
    assert {name for name, service in services.items() if not service.get("profiles")} == {"app"}
    assert "profiles" not in services["app"]
    assert "args" not in services["app"]["build"]
    assert services["app-gpu"]["profiles"] == ["gpu"]
    (device,) = services["app-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])


def test_services_use_known_keys_and_do_not_share_a_port_or_an_image(compose) -> None:
    assert all(set(service) <= SERVICE_KEYS for service in compose["services"].values())
    services = apps(compose)
    assert len({service["image"] for service in services}) == 2
    ports = [service["ports"][0] for service in services]
    assert len({re.sub(r"^127\.0\.0\.1:\$\{\w+:-(\d+)\}:.*", r"\1", port) for port in ports}) == 2
    assert all(port.endswith(f":{PORT}") and port.startswith("127.0.0.1:") for port in ports)


def test_a_ray_cluster_opens_no_port_and_is_found_by_its_name(compose) -> None:
    services = {name: service for name, service in compose["services"].items() if service.get("profiles") == ["ray"]}
    assert set(services) == {"ray-head", "ray-worker", "ray-driver"}
    assert not any("ports" in service for service in services.values())
    assert {service["build"]["args"]["EXTRAS"] for service in services.values()} == {"[ray]"}
    assert "--head" in services["ray-head"]["command"]
    assert "--address=ray-head:6379" in services["ray-worker"]["command"]
    assert services["ray-driver"]["environment"] == {"WINNOW_ON": "ray", "RAY_ADDRESS": "ray-head:6379"}


def test_the_password_comes_from_outside_and_is_written_nowhere(compose, dockerfile) -> None:
    for service in apps(compose):
        assert service["environment"]["WINNOW_PASSWORD"] == "${WINNOW_PASSWORD:-}"
    assert not any("PASSWORD" in rest for _, rest in dockerfile)


def test_the_corpus_outlives_the_container(compose, dockerfile) -> None:
    assert "corpus" in compose["volumes"]
    (place,) = values(dockerfile, "VOLUME")
    for service in compose["services"].values():
        assert f"corpus:{place}" in service["volumes"]
    assert f"WINNOW_WORKSPACE={place}" in " ".join(values(dockerfile, "ENV"))


def test_the_healthcheck_asks_the_app_itself(compose) -> None:
    for service in apps(compose):
        form, program, flag, code = service["healthcheck"]["test"]
        assert (form, program, flag) == ("CMD", "python", "-c")
        compile(code, "healthcheck", "exec")
        assert f"http://127.0.0.1:{PORT}/_stcore/health" in code
        assert {"interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])


def test_compose_builds_the_dockerfile_with_arguments_it_declares(compose, dockerfile) -> None:
    declared = {argument.split("=")[0] for argument in values(dockerfile, "ARG")}
    for service in compose["services"].values():
        assert (ROOT / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        assert set(service["build"].get("args", {})) <= declared


def test_every_instruction_is_one(dockerfile) -> None:
    assert dockerfile[0][0] == "FROM"
    assert {name for name, _ in dockerfile} <= INSTRUCTIONS
    assert all(len(instruction) == 2 for instruction in dockerfile)


def test_the_image_runs_as_a_plain_user_who_owns_the_corpus(dockerfile) -> None:
    names = [name for name, _ in dockerfile]
    (user,) = values(dockerfile, "USER")
    assert user not in ("root", "0")
    assert names.index("USER") > max(place for place, name in enumerate(names) if name in ("RUN", "COPY"))
    assert any(f"install -d -o {user}" in run and "/corpus" in run for run in values(dockerfile, "RUN"))


def test_the_command_is_one_that_winnow_has(dockerfile) -> None:
    (command,) = [yaml.safe_load(rest) for rest in values(dockerfile, "CMD")]
    assert command[:2] == ["winnow", app.name]
    options = {flag for parameter in app.params for flag in parameter.opts}
    assert {word for word in command[2:] if word.startswith("--")} <= options
    assert command[command.index("--host") + 1] == "0.0.0.0"
    assert [command[command.index("--port") + 1]] == values(dockerfile, "EXPOSE") == [PORT]


def test_versions_agree_with_the_package(dockerfile, project) -> None:
    (base,) = values(dockerfile, "FROM")
    version = re.fullmatch(r"python:(\d+\.\d+)-slim", base)[1]
    assert version in SpecifierSet(project["requires-python"])
    asked = {item.name: item for item in map(Requirement, project["dependencies"])}
    asked |= {item.name: item for item in map(Requirement, project["optional-dependencies"]["gpu"])}
    runs = " && ".join(values(dockerfile, "RUN"))
    told = [Requirement(text) for text in re.findall(r'"([a-z][^"]+)"', runs)]
    assert [item.name for item in told] == ["torch", "faiss-gpu-cu12"]
    for item in told:
        assert item.specifier == asked[item.name].specifier


def test_the_build_sees_the_sources_and_nothing_else(project) -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] not in "#"]
    assert lines[0] == "*"
    sent = {line[1:] for line in lines if line.startswith("!")}
    assert {"app", "backend", "assets", "pyproject.toml", project["readme"], *project["license-files"]} <= sent
    assert not sent & {".git", ".venv", "corpus", "tests"}
    build_files = {path.name for path in ROOT.glob("hatch_*.py")}
    assert build_files <= sent
    assert all((ROOT / name).exists() for name in sent - {"hatch_build.py"})
