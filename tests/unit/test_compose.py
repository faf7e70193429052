"""compose.yaml as it stands: who reaches whom, who is given what, and how much each may take.

That the whole runs is shown by `make compose-proof` (docs/containers.md); this needs no container.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from allocator.jobs_settings import JobsSettings
from allocator.settings import AllocatorSettings
from gateway.settings import GatewaySettings
from gateway.staff.settings import StaffSettings
from monitoring.bulletin.__main__ import HeraldSettings
from monitoring.probe import ProbeSettings
from monitoring.probe_run import read_resident
from monitoring.secrets import RSA_KEY_NAME, SECRET_NAMES, read_rsa_key, read_secret
from monitoring.settings import ProcessSettings, load
from seiriken.backup.settings import KeeperSettings
from seiriken.edge import TEMPLATES_DIR, filled, upstreams
from seiriken.target import find_target
from waiting_room.settings import RoomSettings

ROOT = Path(__file__).parents[2]
CONTAINER_DIR = ROOT / "deploy" / "container"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]

SETTINGS: Mapping[str, type[ProcessSettings]] = {
    "gateway-0": GatewaySettings,
    "gateway-1": GatewaySettings,
    "staff-gateway": StaffSettings,
    "room": RoomSettings,
    "allocator-0": AllocatorSettings,
    "allocator-1": AllocatorSettings,
    "worker": JobsSettings,
    "beat": JobsSettings,
    "keeper": KeeperSettings,
    "herald": HeraldSettings,
    "probe": ProbeSettings,
}
REACH_OUT = {"edge", "herald", "probe", "mail", "grafana", "tools", "load"}
"""Residents, contacts, mailboxes, an operator's browser: these have to reach, or be reached."""

ASKED_BY_NOBODY = {"redis-exporter", "edge-exporter", "migrate", "demo", "tools", "load"}
"""Images of a single program, which has nothing to ask with, and what runs once."""

OWNERS = {"migrate", "demo", "tools"}
"""Who is given the owner's URL of the database."""

_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}")
_PINNED = re.compile(r"^[a-z0-9./_-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9-]+)?(@sha256:[0-9a-f]{64})?$")


def plain(text: object) -> str:
    """Return a value as Compose makes it when no variable is set."""
    return _VARIABLE.sub(lambda found: found[2] or "", str(text))


def environment(service: str) -> Mapping[str, str]:
    """Return a service's environment, with every variable's usual value."""
    return {name: plain(value) for name, value in SERVICES[service].get("environment", {}).items()}


@pytest.fixture(scope="module")
def secrets_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the secrets that `make secrets` makes."""
    folder = tmp_path_factory.mktemp("secrets") / "secrets"
    subprocess.run(["sh", CONTAINER_DIR / "make-secrets.sh", folder], check=True)
    return folder


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bound_and_without_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"]), "a number, and not root's"
    assert {"mem_limit", "pids_limit", "stop_grace_period"} <= service.keys()
    assert not service.keys() & {"privileged", "cap_add", "network_mode", "pid", "devices"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_asked_how_it_is(name: str) -> None:
    asked = SERVICES[name]["healthcheck"]
    assert asked.get("disable", False) is (name in ASKED_BY_NOBODY)
    assert ("test" in asked) is not (name in ASKED_BY_NOBODY)


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_of_a_version_or_ours(name: str) -> None:
    image = plain(SERVICES[name]["image"])
    if "build" in SERVICES[name]:
        assert image in ("seiriken:local", "seiriken-load:local")
    else:
        assert _PINNED.match(image), image


def test_our_image_is_locked_and_runs_without_rights() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    (base,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", text, re.MULTILINE)
    assert _PINNED.match(base)
    own = set(re.findall(r" AS (\S+)$", text, re.MULTILINE))
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) <= {"${PYTHON_IMAGE}", *own}
    assert all(
        "--require-hashes" in line for line in re.findall(r"^RUN .*-r .*$", text, re.MULTILINE)
    )
    assert "USER 10001:10001" in text
    assert text.rstrip().splitlines()[-3].endswith(" AS run"), "the image that is built by default"


def test_only_the_edge_is_for_everybody() -> None:
    assert COMPOSE["networks"]["inner"]["internal"] is True
    for name, service in SERVICES.items():
        networks = set(service["networks"])
        assert networks <= {"edge", "inner"}
        assert ("edge" in networks) is (name in REACH_OUT), name
        for port in service.get("ports", ()):
            assert plain(port).startswith("127.0.0.1:"), "an operator opens it, by EDGE_BIND"
            assert name == "edge" or port.startswith("127.0.0.1:"), name
    assert {name for name in SERVICES if "ports" in SERVICES[name]} == {"edge", "mail", "grafana"}


@pytest.mark.parametrize("name", ["herald", "probe"])
def test_who_stands_in_both_networks_shows_its_figures_in_the_inner_one(name: str) -> None:
    inner = plain(SERVICES[name]["networks"]["inner"]["ipv4_address"])
    shown = [value for key, value in environment(name).items() if key.endswith("_INTERNAL_HOST")]
    assert shown == [inner]
    assert environment(name)["HEALTHY_AT"] == f"{inner}:9100"


def test_every_secret_is_made_named_and_given_to_somebody(secrets_dir: Path) -> None:
    named = {name: Path(plain(one["file"])) for name, one in COMPOSE["secrets"].items()}
    assert all(path.name == name for name, path in named.items())
    made = {path.name for path in secrets_dir.iterdir()}
    given = {name for service in SERVICES.values() for name in service.get("secrets", ())}
    assert given == set(named)
    assert set(named) <= made
    assert made - set(named) == {name for name in made if name.startswith("redis_")} - {
        "redis_url",
        "redis_exporter.json",
    }


def test_secrets_that_are_made_are_what_the_processes_read(secrets_dir: Path) -> None:
    assert len({read_secret(secrets_dir, name) for name in SECRET_NAMES}) == len(SECRET_NAMES)
    assert read_rsa_key(secrets_dir).key_size == 2_048
    assert read_resident(secrets_dir / "probe-resident.json").birth_date == "1800-01-01"
    assert secrets_dir.stat().st_mode & 0o777 == 0o700


def test_secrets_that_are_there_are_not_touched(secrets_dir: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets_dir.iterdir()}
    again = subprocess.run(
        ["sh", CONTAINER_DIR / "make-secrets.sh", secrets_dir],
        check=True,
        capture_output=True,
        text=True,
    )
    assert again.stdout.startswith("0 secrets made")
    assert {path.name: path.read_bytes() for path in secrets_dir.iterdir()} == before


def test_nobody_is_given_what_is_anothers() -> None:
    holders: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        for secret in service.get("secrets", ()):
            holders.setdefault(secret, set()).add(name)
    assert holders["database_url"] == OWNERS
    assert holders["redis_url"] == OWNERS
    assert holders["edge.key"] == {"edge"}
    assert holders["backup.key"] == {"keeper"}
    assert holders["session.key"] <= {"gateway-0", "gateway-1", "keeper", *OWNERS}
    for secret in (name for name in holders if name.endswith(("_database_url", "_redis_url"))):
        assert len(holders[secret]) <= 2, "one kind of process"


@pytest.mark.parametrize("name", SERVICES)
def test_no_password_stands_in_an_environment(name: str) -> None:
    for variable, value in environment(name).items():
        assert not re.search(r"://[^/@\s]+:[^/@\s]+@", value), variable
        assert "PASSWORD" not in variable or value.startswith("/run/secrets/"), variable


@pytest.fixture
def as_service(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secrets_dir: Path
) -> Callable[[str], None]:
    """Return what gives this process the environment and the secrets of a service."""

    def become(name: str) -> None:
        for secret in SERVICES[name].get("secrets", ()):
            (tmp_path / secret).write_bytes((secrets_dir / secret).read_bytes())
        for variable, value in environment(name).items():
            monkeypatch.setenv(variable, value.replace("/run/secrets", str(tmp_path)))

    return become


@pytest.mark.parametrize("name", SETTINGS)
def test_every_process_understands_its_settings(
    name: str, as_service: Callable[[str], None]
) -> None:
    as_service(name)
    settings = load(SETTINGS[name]).model_dump()
    kinds = {"database_url", "redis_url"} & settings.keys()
    assert all(re.match(r"(postgresql|redis)://\w+:\w+@", settings[kind]) for kind in kinds)
    if "secrets_dir" in settings and RSA_KEY_NAME in SERVICES[name]["secrets"]:
        read_rsa_key(settings["secrets_dir"])


@pytest.mark.parametrize("name", sorted(OWNERS))
def test_commands_find_the_system_of_their_container(
    name: str, as_service: Callable[[str], None], tmp_path: Path
) -> None:
    as_service(name)
    target = find_target(None)
    assert target.database_url.startswith("postgresql://seiriken:")
    assert target.redis_url.startswith("redis://tools:")
    assert target.secrets_dir == tmp_path


def test_the_edge_is_told_all_that_its_templates_ask_for() -> None:
    start = (CONTAINER_DIR / "edge" / "start.sh").read_text("utf-8")
    told = {*environment("edge"), *re.findall(r"(EDGE_\w+)=", start)}
    for folder in (TEMPLATES_DIR, CONTAINER_DIR / "edge"):
        for template in folder.rglob("*.template"):
            asked = set(re.findall(r"\$\{(EDGE_[A-Z0-9_]+)\}", template.read_text("utf-8")))
            assert asked <= told, template


def test_the_edge_tells_the_herald_what_it_refused() -> None:
    herald = environment("herald")
    heard_at = f"{herald['HERALD_EDGE_EVENTS_HOST']}:{herald['HERALD_EDGE_EVENTS_PORT']}"
    assert f"syslog:server={heard_at}," in environment("edge")["EDGE_LOGS"]


def test_the_edge_shares_the_gateways_out_as_everywhere() -> None:
    text = (CONTAINER_DIR / "edge" / "upstreams.conf.template").read_text("utf-8")
    own = {name.removesuffix("_URL"): value for name, value in environment("edge").items()}
    addresses = [own["EDGE_GATEWAY_0"], own["EDGE_GATEWAY_1"]]
    made = text.replace("${EDGE_GATEWAY_0}", addresses[0]).replace(
        "${EDGE_GATEWAY_1}", addresses[1]
    )
    assert "".join(made.splitlines(keepends=True)[2:]) == upstreams(addresses)
    for number, address in enumerate(addresses):
        inner = SERVICES[f"gateway-{number}"]["networks"]["inner"]["ipv4_address"]
        assert address == f"{plain(inner)}:8000"
    assert filled("${EDGE_NAME}", environment("edge")) == "seiriken.localhost"


def test_gateways_believe_the_edge_alone_and_end_in_good_time() -> None:
    for name in ("gateway-0", "gateway-1"):
        assert environment(name)["GATEWAY_CLIENT_ADDRESS_HEADER"] == "X-Real-IP"
        assert environment(name)["GATEWAY_COOKIE_SECURE"] == "true"
        assert set(SERVICES[name]["networks"]) == {"inner"}
        grace_s = int(SERVICES[name]["stop_grace_period"].removesuffix("s"))
        assert grace_s > GatewaySettings.model_fields["graceful_shutdown_s"].default


def test_the_staff_gateway_stands_behind_a_listener_and_an_allow_list_of_its_own() -> None:
    own, edge = environment("staff-gateway"), environment("edge")
    inner = plain(SERVICES["staff-gateway"]["networks"]["inner"]["ipv4_address"])
    assert edge["EDGE_STAFF_GATEWAY"] == f"{inner}:{own['STAFF_PORT']}"
    assert edge["EDGE_STAFF_ALLOWED"] == "allow 127.0.0.0/8; allow ::1/128;", "loopback alone"
    assert edge["EDGE_STAFF"] not in (edge["EDGE_HTTP"], edge["EDGE_TLS"])
    assert own["STAFF_CLIENT_ADDRESS_HEADER"] == "X-Real-IP"
    assert own["STAFF_COOKIE_SECURE"] == "true"
    assert set(SERVICES["staff-gateway"]["networks"]) == {"inner"}


def test_prometheus_asks_every_process() -> None:
    targets = json.loads((CONTAINER_DIR / "prometheus/targets/processes.json").read_text("utf-8"))
    asked = {target.partition(":")[0] for one in targets for target in one["targets"]}
    assert asked <= set(SERVICES)
    assert asked >= set(SETTINGS) - {"beat"}
    assert asked >= {name for name in SERVICES if name.endswith("-exporter")}


def test_what_is_mounted_from_the_repository_is_there_and_read_only() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source, target, *mode = volume.split(":")
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
                assert mode == ["ro"], target
            else:
                assert source in COMPOSE["volumes"], name
