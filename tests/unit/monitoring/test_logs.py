from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog
from prometheus_client import REGISTRY
from pydantic_settings import SettingsConfigDict

from monitoring import logs
from monitoring.errors import SecretError
from monitoring.settings import ProcessSettings, SettingsError, load
from tests.log_lines import log_to_stderr


@pytest.fixture(autouse=True)
def process_logs(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Configure the logs as an entry point does (with `capsys` in place), and put all back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    logs.configure("demo")
    yield
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    log_to_stderr()
    structlog.contextvars.clear_contextvars()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def fields_dropped() -> float:
    return REGISTRY.get_sample_value("seiriken_log_fields_dropped_total") or 0.0


def fail_as_a_database_does() -> None:
    raise LookupError("row (123456789012, 1950-01-01, Inzai Taro)")


def test_an_event_is_one_line_with_its_process(capsys: pytest.CaptureFixture[str]) -> None:
    logs.get_logger().info("batch_committed", batch_size=3)
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "batch_committed",
        "batch_size": 3,
        "level": "info",
        "process": "demo",
    }


def test_a_field_that_is_not_allowed_is_dropped_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = fields_dropped()
    logs.get_logger().info("resident_signed_in", name="Inzai Taro", phone="0476", count=1)
    text = capsys.readouterr().err
    assert "Taro" not in text
    assert "0476" not in text
    assert '"count": 1' in text
    assert fields_dropped() - before == 2


def test_context_passes_the_same_list(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.contextvars.bind_contextvars(route="/api/v1/me", ticket_number="0123456789")
    logs.get_logger().info("request_answered")
    (line,) = lines(capsys)
    assert line["route"] == "/api/v1/me"
    assert "ticket_number" not in line


def test_of_an_object_only_its_type_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    request_id = UUID(int=1)
    logs.get_logger().info(
        "value_logged",
        request_id=request_id,
        reason=b"Inzai Taro",
        state={"name": "Inzai Taro"},
        missing=("redis", None, True, 1.5),
        code="x" * 1_000,
    )
    (line,) = lines(capsys)
    assert line["request_id"] == str(request_id)
    assert line["reason"] == "<bytes>"
    assert line["state"] == "<dict>"
    assert line["missing"] == ["redis", None, True, 1.5]
    assert len(line["code"]) == 300


def test_a_foreign_exception_is_logged_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        fail_as_a_database_does()
    except LookupError:
        logs.get_logger().exception("commit_failed")
    (line,) = lines(capsys)
    assert line["error"] == "builtins.LookupError"
    assert line["frames"] == []
    assert "error_reason" not in line
    assert "Taro" not in json.dumps(line)


def test_our_own_exception_is_logged_with_its_text_and_frames(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SettingsError) as caught:
        fail_in_our_own_code()
    logs.get_logger().error("process_stopped", exc_info=caught.value)
    (line,) = lines(capsys)
    assert line["error"] == "monitoring.errors.SettingsError"
    assert line["error_reason"] == "ROOM_TICK_S: no such setting"
    assert [frame.partition(":")[0] for frame in line["frames"]] == ["monitoring.settings"]


def fail_in_our_own_code() -> None:
    class Room(ProcessSettings):
        model_config = SettingsConfigDict(env_prefix="ROOM_")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROOM_TICK_S", "1")
        load(Room)


def test_causes_are_named_without_their_text(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            fail_as_a_database_does()
        except LookupError as error:
            raise SecretError("secret place.key: unreadable") from error
    except SecretError as error:
        logs.get_logger().error("process_stopped", exc_info=(SecretError, error, None))
    (line,) = lines(capsys)
    assert line["error_causes"] == ["builtins.LookupError"]
    assert "Taro" not in json.dumps(line)


def test_a_suppressed_context_is_no_cause(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            fail_as_a_database_does()
        except LookupError:
            raise SecretError("secret place.key: unreadable") from None
    except SecretError as error:
        logs.get_logger().error("process_stopped", exc_info=error)
    assert "error_causes" not in lines(capsys)[0]


def test_no_exception_adds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    logs.get_logger().info("batch_committed", exc_info=False)
    logs.get_logger().info("batch_committed", exc_info=True)
    assert all("error" not in line for line in lines(capsys))


def test_a_library_is_logged_without_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("psycopg").warning("row %s\nsecond line", "Inzai Taro")
    logging.getLogger("odd").error(ValueError("Inzai Taro"))
    logging.getLogger("quiet").info("not wanted")
    first, second = lines(capsys)
    assert (first["library"], first["template"]) == ("psycopg", "row %s")
    assert (second["library"], second["template"]) == ("odd", "ValueError")


def test_warnings_are_logged_too(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("deprecated", UserWarning, stacklevel=1)
    assert lines(capsys)[0]["library"] == "py.warnings"


def test_what_nobody_catches_is_logged_in_place_of_pythons_print(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(LookupError) as caught:
        fail_as_a_database_does()
    sys.excepthook(LookupError, caught.value, caught.tb)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    thread = threading.Thread(target=fail_as_a_database_does)
    thread.start()
    thread.join()
    assert [line["event"] for line in lines(capsys)] == ["process_failed", "thread_failed"]


def test_a_thread_that_only_exits_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    threading.excepthook(threading.ExceptHookArgs((SystemExit, None, None, None)))
    assert lines(capsys) == []
