"""The edge's configuration for one place: deploy/edge, with what the place is filled in.

The files are written as a whole folder, so that nginx can read it as any user. In a container the
same templates are filled in by envsubst, from the same names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seiriken.errors import CommandError

TEMPLATES_DIR = Path(__file__).parents[1] / "deploy" / "edge"
_PLACEHOLDER = re.compile(r"\$\{(EDGE_[A-Z_]+)\}")
_GATE_SHARE = 3
"""Of so many gateways one is for the crowd at the gate: it costs a sixth of what is done inside
for those who are let in (`make costs`)."""

_NONE = "/nonexistent/*.conf"
"""A pattern that no file is named by: nginx then includes nothing."""

_SERVER = "max_fails=3 fail_timeout=5s"


@dataclass(frozen=True)
class Tls:
    """Where TLS is served, for which name, with which certificate. `port_shown` as in ":8443"."""

    listen: str
    name: str
    certificate: Path
    key: Path
    port_shown: str = ""


@dataclass(frozen=True)
class StaffDoor:
    """The staff's own listener: where it is, what stands behind it, and whom it lets come near.

    `allowed` are networks ("192.0.2.0/24"); all others are answered 403 by the edge itself.
    """

    listen: str
    gateway: str
    allowed: Sequence[str] = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True)
class Place:
    """Where an edge stands. Addresses are "host:port"; limits are per network.

    `conf_dir` is written; `run_dir` is nginx's own. `log` takes a line for each request; `events`
    is told by syslog what the edge refused.
    """

    conf_dir: Path
    run_dir: Path
    static_dir: Path
    status_dir: Path
    gateways: Sequence[str]
    http: str
    tls: Tls | None = None
    workers: int = 1
    connections_per_network: int = 400
    requests_per_s_per_network: int = 100
    burst_per_network: int = 400
    city_ja: str = "印西市"
    phone_desk: str = "0476-00-0000"
    log: Path | None = None
    events: str | None = None
    staff: StaffDoor | None = None


def write_edge(place: Place) -> Path:
    """Write all files of an edge, and return nginx's.

    Raises:
        CommandError: the templates are not there, as in an installation from a wheel.
    """
    if not TEMPLATES_DIR.is_dir():
        raise CommandError(f"the edge's templates are not in {TEMPLATES_DIR}")
    values = _values(place)
    for source in sorted(TEMPLATES_DIR.rglob("*")):
        if source.is_file():
            name = source.relative_to(TEMPLATES_DIR)
            target = place.conf_dir / (name.with_suffix("") if name.suffix == ".template" else name)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = source.read_text("utf-8")
            target.write_text(filled(text, values) if name.suffix == ".template" else text, "utf-8")
    (place.conf_dir / "upstreams.conf").write_text(upstreams(place.gateways), "utf-8")
    return place.conf_dir / "nginx.conf"


def filled(text: str, values: Mapping[str, str]) -> str:
    """Fill in a template's `${EDGE_...}`. A name that has no value is a mistake of ours."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def inside_count(gateways: int) -> int:
    """Return how many of the gateways are for those who were let in: the first ones."""
    return gateways - max(1, gateways // _GATE_SHARE) if gateways > 1 else gateways


def upstreams(gateways: Sequence[str]) -> str:
    """Share gateways out to the crowd at the gate and to those who were let in.

    Each stands in for the others; with one gateway both are the same.
    """
    count = inside_count(len(gateways))
    inside, gate = gateways[:count], gateways[count:]
    return _upstream("inside", inside, gate) + _upstream("at_the_gate", gate or inside, inside)


def _upstream(name: str, own: Sequence[str], others: Sequence[str]) -> str:
    spare = [address for address in others if address not in own]
    servers = [f"server {address} {_SERVER};" for address in own]
    servers += [f"server {address} {_SERVER} backup;" for address in spare]
    lines = [f"zone {name} 128k;", *servers, "keepalive 64;", "keepalive_timeout 60s;"]
    return f"upstream {name} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def _values(place: Place) -> Mapping[str, str]:
    kind = "plain" if place.tls is None else "tls"
    staff = place.staff or StaffDoor("", "")
    tls = place.tls or Tls("", "", Path(), Path())
    return {
        "EDGE_WORKERS": str(place.workers),
        "EDGE_RUN_DIR": str(place.run_dir),
        "EDGE_CONF_DIR": str(place.conf_dir),
        "EDGE_STATIC_DIR": str(place.static_dir),
        "EDGE_STATUS_DIR": str(place.status_dir),
        "EDGE_UPSTREAMS": str(place.conf_dir / "upstreams.conf"),
        "EDGE_SERVERS": str(place.conf_dir / f"{kind}.conf"),
        "EDGE_STAFF_SERVERS": str(place.conf_dir / f"staff/{kind}.conf") if place.staff else _NONE,
        "EDGE_STAFF": staff.listen,
        "EDGE_STAFF_GATEWAY": staff.gateway,
        "EDGE_STAFF_ALLOWED": "".join(f"allow {network}; " for network in staff.allowed).strip(),
        "EDGE_LOGS": _logs(place),
        "EDGE_HTTP": place.http,
        "EDGE_TLS": tls.listen,
        "EDGE_NAME": tls.name,
        "EDGE_TLS_PORT_SHOWN": tls.port_shown,
        "EDGE_CERTIFICATE": str(tls.certificate),
        "EDGE_CERTIFICATE_KEY": str(tls.key),
        "EDGE_CONNECTIONS_PER_NETWORK": str(place.connections_per_network),
        "EDGE_REQUESTS_PER_S_PER_NETWORK": str(place.requests_per_s_per_network),
        "EDGE_BURST_PER_NETWORK": str(place.burst_per_network),
        "EDGE_CITY_JA": place.city_ja,
        "EDGE_PHONE_DESK": place.phone_desk,
    }


def _logs(place: Place) -> str:
    logs = []
    if place.log is not None:
        logs.append(f"access_log {place.log} events buffer=64k flush=1s;")
    if place.events is not None:
        target = f"syslog:server={place.events},nohostname,tag=edge"
        logs.append(f"access_log {target} events if=$is_refused;")
    return "\n  ".join(logs) or "access_log off;"
