"""docker-compose.yml, checked without Docker: names, commands, health and order are all real."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from typing import Any

import pytest
import yaml

from tests.workers import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = {name: service for name, service in SERVICES.items() if service["image"] == "kith"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def known_variables() -> set[str]:
    """Every name that settings.py reads through netapp.env."""
    source = (ROOT / "netapp" / "settings.py").read_text()
    return set(re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", source))


def example_variables() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def command_of(service: dict[str, Any]) -> list[str]:
    image = re.findall(r"^CMD (\[.*?\])", DOCKERFILE, re.MULTILINE | re.DOTALL)[-1]
    return list(service.get("command") or yaml.safe_load(image.replace("\\\n", "")))


def test_the_parts_are_all_there():
    assert set(SERVICES) == {"migrate", "web", "worker", "beat", "database", "redis"}
    assert set(COMPOSE) <= {"name", "services", "volumes", "x-site"}


@pytest.mark.parametrize("name", OWN)
def test_settings_know_every_variable(name: str):
    assert set(OWN[name]["environment"]) <= known_variables()


def test_the_example_names_what_settings_read_and_nothing_else():
    own = {"POSTGRES_PASSWORD", "PORT"}
    assert example_variables() == known_variables() | own


def test_interpolated_variables_stand_in_the_example():
    assert set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text())) <= example_variables()


def test_what_settings_demand_is_given():
    source = (ROOT / "netapp" / "settings.py").read_text()
    demanded = set(re.findall(r"\benv\.(?:text|smtp|database)\(\"([A-Z_]+)\"\)", source))
    for service in OWN.values():
        assert demanded <= set(service["environment"])


@pytest.mark.parametrize("name", OWN)
def test_every_command_exists(name: str):
    program, *arguments = command_of(OWN[name])
    if program == "python":
        assert (ROOT / arguments[0]).is_file()
        return
    scripts = {entry.name for entry in importlib.metadata.entry_points(group="console_scripts")}
    assert program in scripts
    if program == "celery":
        assert arguments[:2] == ["--app", "netapp"]
        assert arguments[2] in {"worker", "beat"}
    else:
        module, _, attribute = arguments[0].partition(":")
        assert hasattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_lasting_service_has_a_health_check(name: str):
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= set(check)


def test_migrations_run_once_and_everything_waits_for_them():
    assert SERVICES["migrate"]["restart"] == "no"
    for name in ("web", "worker", "beat"):
        waits = SERVICES[name]["depends_on"]
        assert waits["migrate"]["condition"] == "service_completed_successfully"
        assert waits["database"]["condition"] == "service_healthy"


def test_pages_do_not_wait_for_redis():
    # They work without it: what a lost bell leaves is found by the sweep.
    assert "redis" not in SERVICES["web"]["depends_on"]


def test_data_outlives_the_containers():
    assert "database:/var/lib/postgresql" in SERVICES["database"]["volumes"]
    assert "redis:/data" in SERVICES["redis"]["volumes"]
    # What lies in "engine" is made again where it is missing.
    assert {"database", "engine", "redis"} == set(COMPOSE["volumes"])
    assert "--appendonly" in SERVICES["redis"]["command"]


def test_the_database_sorts_as_the_embedded_one():
    source = (ROOT / "netapp" / "embedded" / "postgres.py").read_text()
    for option in re.findall(
        r"--(?:locale|builtin|data)[\w=.-]+", SERVICES["database"]["environment"]["POSTGRES_INITDB_ARGS"]
    ):
        assert f'"{option}"' in source
    assert SERVICES["database"]["image"] == "postgres:18"


def test_nothing_but_the_web_server_is_reachable_and_only_from_this_machine():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])


def test_the_image_runs_as_nobody_special_with_its_static_files():
    stage = DOCKERFILE.rpartition("\nFROM ")[2]
    user = re.findall(r"^USER (\S+)", stage, re.MULTILINE)
    assert user == ["kith"]
    assert "--require-hashes" in DOCKERFILE
    assert "collectstatic" in stage
    for service in OWN.values():
        assert "no-new-privileges:true" in service["security_opt"]
        assert service["cap_drop"] == ["ALL"]


def test_the_image_holds_every_room_and_no_more():
    allowed = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert {"manage.py", "netapp", "contacts", "introductions", "templates", "static", "requirements"} == set(allowed)
    assert all((ROOT / name).exists() for name in allowed)
