"""How long an answer takes: at half of the rate that a backlog is drained at, and alone."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from loadtests.bench.allocator_process import running_allocator
from loadtests.bench.errors import BenchStopped
from loadtests.bench.generator import Listened, call_alone, offer, percentile
from loadtests.bench.own_process import in_own_process
from loadtests.bench.servers import Servers
from loadtests.bench.towns import Town, read_messages

_LAG_S_MAX = 0.005
_CPU_SHARE_MAX = 0.9
_OFFERED_SHARE_MIN = 0.95


@dataclass(frozen=True)
class Waits:
    """Times from the moment a request was due to its answer, in seconds."""

    offered_per_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    generator_cpu_share: float
    generator_lag_s: float
    void: str
    """Why the generator and not the system was measured; empty if that is not so."""


def waits_under_load(servers: Servers, town: Town, per_s: float, lasting_s: float) -> Waits:
    """Offer a load to the allocator in a copy of a town."""
    messages = read_messages(town.requests_file, int(per_s * lasting_s))
    servers.settle()
    database = servers.cloned(town.database)
    with running_allocator(servers, database):
        heard = in_own_process(offer, str(servers.redis.socket_path), "bench-load", messages, per_s)
    servers.drop(database)
    if heard.unanswered:
        raise BenchStopped(f"{heard.unanswered} requests were not answered")
    return Waits(
        offered_per_s=heard.offered_per_s,
        p50_s=percentile(heard.waits_s, 50),
        p95_s=percentile(heard.waits_s, 95),
        p99_s=percentile(heard.waits_s, 99),
        generator_cpu_share=heard.cpu_share,
        generator_lag_s=heard.lag_p99_s,
        void=why_void(heard, per_s),
    )


def wait_alone(servers: Servers, town: Town, calls: int) -> float:
    """Return the median time of calls made one after the other, in seconds."""
    messages = read_messages(town.requests_file, calls)
    servers.settle()
    database = servers.cloned(town.database)
    with running_allocator(servers, database):
        waits_s = in_own_process(
            call_alone, str(servers.redis.socket_path), "bench-alone", messages
        )
    servers.drop(database)
    return median(waits_s)


def why_void(heard: Listened, per_s: float) -> str:
    """Say why the figures are the generator's own, if they are."""
    if heard.lag_p99_s > _LAG_S_MAX:
        return f"the generator sent 1 % more than {1000 * heard.lag_p99_s:.1f} ms late"
    if heard.cpu_share > _CPU_SHARE_MAX:
        return f"the generator used {heard.cpu_share:.0%} of a core"
    if heard.offered_per_s < _OFFERED_SHARE_MIN * per_s:
        return f"the generator sent {heard.offered_per_s:.0f}/s, not {per_s:.0f}/s"
    return ""
