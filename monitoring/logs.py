"""Logs: one line of JSON for each event, on standard error.

Rule 1: an event is a static name in the past tense (`batch_committed`); what
varies is a field, and identifiers are logged, not objects.
Rule 2: a field that is not in `FIELDS` is dropped and counted, whoever logs it.
Nothing personal is on that list: no name, phone, address, ticket number, birth
date, person key, token or free text of a resident.
Rule 3: a foreign exception is logged as its type and the frames of our own code.
Its text is not: the text of a database error holds the row.

Lines of libraries (the `logging` module) pass the same way: the library's name and
its unfilled template, without the arguments.
"""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import cast
from uuid import UUID

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from monitoring import metrics

OWN_PACKAGES = frozenset({"allocator", "gateway", "monitoring", "seiriken", "waiting_room"})

FIELDS = frozenset(
    {
        # Every line
        "event",
        "level",
        "timestamp",
        "process",
        # Faults
        "error",
        "error_reason",
        "error_causes",
        "frames",
        "constraint",
        "attempt",
        "attempts",
        "retry_in_s",
        # Lines of libraries
        "library",
        "template",
        # Identifiers, none of a person
        "about",
        "campaign_id",
        "release_id",
        "venue_id",
        "product_id",
        "slot_id",
        "request_id",
        "booking_id",
        "outbox_id",
        "gateway_id",
        "task_id",
        "version",
        "epoch",
        "migration",
        "port",
        "pid",
        "signal",
        # HTTP
        "method",
        "route",
        "status",
        "code",
        "kind",
        # Amounts
        "accepted",
        "age_s",
        "batch_size",
        "booked",
        "by_s",
        "claimed",
        "count",
        "duration_s",
        "inbox_length",
        "inside",
        "limit",
        "lobby_count",
        "pairs_left",
        "people",
        "refused",
        "rejected",
        "serving",
        "waiting",
        # Words from a fixed list
        "command",
        "dependency",
        "language",
        "missing",
        "instance",
        "program",
        "reason",
        "result",
        "state",
        "state_before",
        "step",
    }
)

_TEXT_LENGTH_MAX = 300
_FRAMES_MAX = 20
_CAUSES_MAX = 5

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure(process: str, level: int = logging.INFO) -> None:
    """Send the logs of this process, and those of its libraries, to standard error as JSON.

    Call once, in the entry point. What no code catches is logged too
    (`process_failed`, `thread_failed`), in place of Python's own print of it.
    """

    def add_process(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {**event, "process": process}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_process,
            describe_exception,
            keep_allowed_fields,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_LibraryHandler()], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def get_logger() -> FilteringBoundLogger:
    """Return a logger. It may be made at import: it follows `configure` when it is used."""
    return cast("FilteringBoundLogger", structlog.get_logger())


def keep_allowed_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop and count the fields that are not on the list, and reduce values to plain ones."""
    dropped = event.keys() - FIELDS
    if dropped:
        metrics.LOG_FIELDS_DROPPED.inc(len(dropped))
    return {name: _plain(value) for name, value in event.items() if name in FIELDS}


def describe_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the exception's type, its causes' types and our own frames."""
    exc_info = event.pop("exc_info", None)
    error = _exception_of(exc_info)
    if error is None:
        return event
    event["error"] = _type_name(error)
    event["frames"] = _own_frames(error)
    if causes := _causes(error):
        event["error_causes"] = [_type_name(cause) for cause in causes]
    if type(error).__module__.partition(".")[0] in OWN_PACKAGES:
        event["error_reason"] = str(error)
    return event


def _plain(value: object) -> object:
    """Return what JSON can hold; of an object, only its type's name."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return value[:_TEXT_LENGTH_MAX]
        case UUID():
            return str(value)
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return f"<{type(value).__name__}>"


def _exception_of(exc_info: object) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as error, _):
            return error
        case None | False:
            return None
        case _:
            return sys.exc_info()[1]


def _type_name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _own_frames(error: BaseException) -> list[str]:
    """Return "module:line" of the frames in our packages, innermost last."""
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        path = traceback.tb_frame.f_code.co_filename
        if module.partition(".")[0] in OWN_PACKAGES or module == "__main__":
            name = path.rpartition("/")[2] if module == "__main__" else module
            frames.append(f"{name}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return frames[-_FRAMES_MAX:]


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < _CAUSES_MAX:
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
        if cause is not None:
            causes.append(cause)
    return causes


class _LibraryHandler(logging.Handler):
    """Log a library's line without its arguments, which may be anything."""

    def emit(self, record: logging.LogRecord) -> None:
        template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        get_logger().log(
            record.levelno,
            "library_spoke",
            library=record.name,
            template=template.partition("\n")[0],
            exc_info=record.exc_info,
        )


def _log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        get_logger().critical("process_failed", exc_info=(kind, error, traceback))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        get_logger().critical("thread_failed", exc_info=args.exc_value)
