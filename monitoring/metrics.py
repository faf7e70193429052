"""Every metric of the system, defined once.

Rule 1: names begin with `seiriken_` and end with their unit.
Rule 2: a label takes one of the values listed in `LABEL_VALUES`; `bounded` turns
anything else into "other". `route` alone is bounded by the routes' templates.
Nothing personal and nothing that grows with the crowd is ever a label.

Each process serves its own registry on its internal port (`monitoring.internal`).
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

OTHER = "other"

LABEL_VALUES: Mapping[str, frozenset[str]] = {
    "status_class": frozenset({"1xx", "2xx", "3xx", "4xx", "5xx"}),
    "result": frozenset(
        {
            *("confirmed", "not_confirmed", "too_many_attempts"),
            *("within", "earlier", "later"),
            *("sent", "failed", "already_sent", "no_address", "overtaken", "refused", "given_up"),
            *("ok", "not_yet", "invalid", "unknown", "expired", "full", "away"),
        }
    ),
    "cause": frozenset({"paused", "rate_lowered", "capacity_cut", "slower_than_measured"}),
    "kind": frozenset(
        {
            "too_many_attempts",
            "cross_site",
            "bad_token",
            "session_expired",
            "not_signed_in",
            "not_inside",
            "not_yours",
            "too_large",
            "id_reused",
        }
    ),
    "call": frozenset(
        {
            *("assign_queue_num", "queue_num", "serving_num", "waiting_num", "queue_pos_expiry"),
            *("generate_token", "public_key"),
        }
    ),
    "command": frozenset(
        {
            *("book", "change", "cancel", "book_together", "join", "accept", "expire"),
            *("close_slots", "add_seats", "cut_supply", "mark_dose", "walk_in"),
        }
    ),
    "reason": frozenset(
        {
            *("id_reused", "not_eligible", "outside_release", "already_booked", "on_standby"),
            *("no_booking", "no_offer", "dose_given", "first_dose_not_given", "not_the_day"),
            *("past_cut_off", "too_many_at_once", "second_doses_protected"),
            *("interval_not_met", "no_second_dose", "no_first_dose"),
            *("pairs_free", "standby_full"),
        }
    ),
}

_FAST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_WAIT_SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200)
_BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


def bounded(label: str, value: str) -> str:
    """Return a label's value, or "other" when it is none of those listed."""
    return value if value in LABEL_VALUES[label] else OTHER


# The gateway
HTTP_REQUESTS = Counter(
    "seiriken_http_requests_total",
    "Answered HTTP requests, by route template and status class (2xx, 4xx, ...).",
    ["route", "status_class"],
)
HTTP_REQUEST_SECONDS = Histogram(
    "seiriken_http_request_seconds",
    "Time from the request's head to the end of the answer, by route template.",
    ["route"],
    buckets=_FAST_SECONDS,
)
SIGN_INS = Counter(
    "seiriken_sign_ins_total",
    "Sign-ins by result: confirmed, not_confirmed, too_many_attempts.",
    ["result"],
)
SECURITY_EVENTS = Counter(
    "seiriken_security_events_total",
    "Requests that were refused for safety's sake, by kind.",
    ["kind"],
)
REPLY_WAIT_SECONDS = Histogram(
    "seiriken_reply_wait_seconds",
    "Time from handing a request in to its answer, as the gateway sees it.",
    buckets=_FAST_SECONDS,
)

VWR_CALLS = Counter(
    "seiriken_vwr_calls_total",
    "Calls of the AWS-compatible line's API by result: ok, not_yet, invalid, unknown, expired, "
    "full, away.",
    ["call", "result"],
)

# The waiting room
WAITING_PEOPLE = Gauge(
    "seiriken_waiting_people",
    "People who hold a place and whose turn has not come.",
)
INSIDE_PEOPLE = Gauge(
    "seiriken_inside_people",
    "People with a live session, seen in the last minutes, who have not booked yet.",
)
DESK_WAITING_PEOPLE = Gauge(
    "seiriken_desk_waiting_people",
    "People in the phone desk's lane who are not called in yet.",
)
DESK_CALLED = Counter(
    "seiriken_desk_called_total",
    "People whom the phone desk's lane has called in.",
)
RETURNED = Counter(
    "seiriken_returned_total",
    "People who came in again at the front after their session had ended.",
)
ETA_RAISED = Counter(
    "seiriken_eta_raised_total",
    "Times that the latest moment told to people who wait had to rise, by cause.",
    ["cause"],
)
ETA_ERROR_SECONDS = Histogram(
    "seiriken_eta_error_seconds",
    "How far a sampled place's turn was from the middle of the time told; whether within it.",
    ["result"],
    buckets=_WAIT_SECONDS,
)
SERVING_PLACE = Gauge(
    "seiriken_serving_place",
    "The last place that may come in (the serving number).",
)
ADMISSION_LIMIT_PEOPLE = Gauge(
    "seiriken_admission_limit_people",
    "People whom the controller lets be inside at once.",
)

# The inbox and the allocator
INBOX_REQUESTS = Gauge(
    "seiriken_inbox_requests",
    "Requests that were handed in and are not decided yet.",
)
INBOX_OLDEST_AGE_SECONDS = Gauge(
    "seiriken_inbox_oldest_age_seconds",
    "Age of the oldest undecided request; 0 when there is none.",
)
BATCH_REQUESTS = Histogram(
    "seiriken_batch_requests",
    "Requests decided in one batch.",
    buckets=_BATCH_SIZES,
)
DECISION_SECONDS = Histogram(
    "seiriken_decision_seconds",
    "Time to decide one batch in memory.",
    buckets=_FAST_SECONDS,
)
READ_SECONDS = Histogram(
    "seiriken_read_seconds",
    "Time to read what is known of one batch's people and requests.",
    buckets=_FAST_SECONDS,
)
COMMIT_SECONDS = Histogram(
    "seiriken_commit_seconds",
    "Time of one batch's transaction, commit included; the next batch is decided meanwhile.",
    buckets=_FAST_SECONDS,
)
ANSWER_SECONDS = Histogram(
    "seiriken_answer_seconds",
    "Time to answer and acknowledge one batch after its commit.",
    buckets=_FAST_SECONDS,
)
BOOKINGS = Counter(
    "seiriken_bookings_total",
    "Commands granted and committed, by command (book, change, cancel, ...).",
    ["command"],
)
REFUSALS = Counter(
    "seiriken_refusals_total",
    "Commands refused, by reason.",
    ["reason"],
)

WRITER_EPOCH = Gauge(
    "seiriken_writer_epoch",
    "Epoch of this allocator's last lease; the highest one is the writer.",
)
LEADING_ALLOCATORS = Gauge(
    "seiriken_leading_allocators",
    "1 while this allocator believes to be the writer, 0 while it stands by.",
)

# The outbox and its mails
OUTBOX_MESSAGES = Gauge(
    "seiriken_outbox_messages",
    "Messages committed and not delivered yet.",
)
OUTBOX_OLDEST_AGE_SECONDS = Gauge(
    "seiriken_outbox_oldest_age_seconds",
    "Age of the oldest message not delivered yet; 0 when there is none.",
)
MAILS = Counter(
    "seiriken_mails_total",
    "Mails by result: sent, failed, already_sent (a task that ran twice).",
    ["result"],
)

# Incidents and planned downtime
OPEN_INCIDENTS = Gauge(
    "seiriken_open_incidents",
    "Incidents that are not resolved.",
)
OVERDUE_INCIDENTS = Gauge(
    "seiriken_overdue_incidents",
    "Incidents for which an update was promised by now and was not given.",
)
RUNNING_MAINTENANCES = Gauge(
    "seiriken_running_maintenances",
    "1 while planned downtime runs.",
)
NOTICES = Counter(
    "seiriken_notices_total",
    "Notices to the agreed contacts by result: sent, failed.",
    ["result"],
)

# Monitoring itself
LOG_FIELDS_DROPPED = Counter(
    "seiriken_log_fields_dropped_total",
    "Log fields that were not on the allow-list and were dropped.",
)
