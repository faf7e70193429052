"""Locust's entry: residents, the shape of their coming, and our own statistics and verdict.

    locust -f loadtests/locustfile.py --headless --surge opening --people 2000 --home var/demo

`make load` and `make load-ui` do so. Distributed: `--processes 2` on one machine, or `--master`
and `--worker` on several (`--home` and `--residents` name files on each of them).
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import locust.runners
from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadtests.city import City, CityFailed, read_residents
from loadtests.counting_runner import count_once
from loadtests.leading import Leader
from loadtests.residents import NoScriptResident, ScriptResident
from loadtests.run import Run
from loadtests.shapes import SHAPES, ChosenShape

__all__ = ["ChosenShape", "NoScriptResident", "ScriptResident"]

ROSTER_MAX = 10_000_000

locust.runners.HEARTBEAT_LIVENESS = 30
"""Seconds until a worker that is silent is given up, and its residents with it: a machine that is
loaded on purpose may be so for longer than the three seconds of Locust."""

COLLECT_AFTER_OBJECTS = 200_000
"""Python's collector looks at every resident who waits: with tens of thousands, seldom."""


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    """Add our options to Locust's, on the command line and on its web page."""
    group = parser.add_argument_group("Seiriken")
    group.add_argument("--surge", choices=list(SHAPES), default="opening", help="The shape")
    group.add_argument("--people", type=int, default=2_000, help="Residents of an opening")
    group.add_argument(
        "--minutes", type=float, default=None, help="Within which all come (by the shape)"
    )
    group.add_argument(
        "--per-minute", type=float, default=300.0, help="Residents a minute of the other shapes"
    )
    group.add_argument("--pace", type=float, default=1.0, help="4: people think 4 times as fast")
    group.add_argument(
        "--patience", type=float, default=10.0, help="Minutes until those who still wait go home"
    )
    group.add_argument(
        "--loses-heart", type=float, default=0.02, help="Share that goes home at each 'unlikely'"
    )
    group.add_argument("--crowd-seed", type=int, default=1, help="The same seed, the same people")
    group.add_argument("--errors-max", type=float, default=0.001, help="Share of failed requests")
    group.add_argument("--page-p99-max", type=float, default=None, help="Milliseconds")
    group.add_argument("--skip", type=int, default=0, help="Residents of the roster to leave out")
    group.add_argument(
        "--home", default="", help="The city's folder: for its address, its roster and the audit"
    )
    group.add_argument("--residents", default="", help="A roster file, without --home")
    group.add_argument("--out", default="var/load", help="Folder for the results")


@events.init.add_listener
def prepare(environment: Environment, **_: Any) -> None:
    """Find city and roster, and put the parts of this process together."""
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 100)
    options: Any = environment.parsed_options
    city = City(Path(options.home)) if options.home else None
    is_worker = isinstance(environment.runner, WorkerRunner)
    try:
        if not is_worker:  # A worker is told, and must be ready before it could find out.
            environment.host = environment.host or _address(city)
        roster = city.residents_file if city is not None else Path(options.residents)
        people = read_residents(roster, ROSTER_MAX, options.skip)
    except CityFailed as failed:
        sys.exit(f"load test: {failed}")  # Locust only logs exceptions of this event.
    if environment.runner is not None:
        count_once(environment.runner)
    run = Run(environment, people)
    environment.surge_run = run  # type: ignore[attr-defined]
    _listen(environment, run)
    if is_worker:
        _prepare_worker(environment, run)
    else:
        _prepare_leader(environment, run, city)


def _address(city: City | None) -> str:
    """Return where a city runs.

    Raises:
        CityFailed: none was named, or it does not run.
    """
    if city is None:
        raise CityFailed("name a city that runs: --home FOLDER, or --host and --residents")
    if not city.status()["is_running"]:
        raise CityFailed(f"no city runs in {city.home}; start one with `make up`")
    return city.url


def _listen(environment: Environment, run: Run) -> None:
    def note(
        request_type: str, name: str, response_time: float, exception: object = None, **_: Any
    ) -> None:
        run.note_request(request_type, name, response_time, ok=exception is None)

    def begin(**_: Any) -> None:
        options: Any = environment.parsed_options
        run.seed, run.pace = options.crowd_seed, options.pace
        run.loses_heart = options.loses_heart

    environment.events.request.add_listener(note)
    environment.events.test_start.add_listener(begin)


def _prepare_worker(environment: Environment, run: Run) -> None:
    def take_share(msg: Any, **_: Any) -> None:
        run.take_share(msg.data["index"], msg.data["of"])

    def send(data: dict[str, Any], **_: Any) -> None:
        data["surge"] = run.take()

    runner = environment.runner
    assert runner is not None
    runner.register_message("share", take_share)
    environment.events.report_to_master.add_listener(send)
    run.watch(leads=False)


def _prepare_leader(environment: Environment, run: Run, city: City | None) -> None:
    leader = Leader(environment, run, city)
    shape = environment.shape_class
    assert isinstance(shape, ChosenShape)
    shape.leader = leader

    def begin(**_: Any) -> None:
        leader.begin()
        if isinstance(environment.runner, MasterRunner):
            clients = list(environment.runner.clients.all)
            for index, client in enumerate(clients):
                share = {"index": index, "of": len(clients)}
                environment.runner.send_message("share", share, client_id=client.id)

    def join(data: dict[str, Any], **_: Any) -> None:
        leader.join(data.get("surge", {}))

    def finish(**_: Any) -> None:
        leader.finish()

    environment.events.test_start.add_listener(begin)
    environment.events.worker_report.add_listener(join)
    environment.events.test_stop.add_listener(finish)
    if environment.web_ui is not None:
        _offer_report(environment, leader)
    run.watch(leads=True)


def _offer_report(environment: Environment, leader: Leader) -> None:
    """Serve the latest report beside Locust's own pages."""
    from flask import Response, send_from_directory

    assert environment.web_ui is not None
    application = environment.web_ui.app
    assert application is not None

    @application.route("/city-report")
    def city_report() -> Response:
        if not (leader.folder / "report.html").exists():
            return Response("No run has ended yet.", mimetype="text/plain")
        return send_from_directory(leader.folder.resolve(), "report.html")
