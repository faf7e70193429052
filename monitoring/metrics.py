"""Every metric of the system, defined once.

Rule 1: names begin with `seiriken_` and end with their unit.
Rule 2: a label takes one of the values listed in `monitoring.labels`; `bounded` turns anything
else into "other". Not listed there are `route`, bounded by the routes' templates, and `venue` and
`product`, bounded by the city's release.
Nothing personal and nothing that grows with the crowd is ever a label.

Each process serves its own registry on its internal port (`monitoring.internal`).
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from monitoring.labels import LABEL_VALUES as LABEL_VALUES
from monitoring.labels import bounded as bounded

_FAST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_WAIT_SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200)
_BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


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
HTTP_IN_PROGRESS_REQUESTS = Gauge(
    "seiriken_http_in_progress_requests",
    "Requests that are being answered now.",
)
LOOP_LAG_SECONDS = Histogram(
    "seiriken_loop_lag_seconds",
    "How much later than due the event loop woke: how full the process is.",
    buckets=_FAST_SECONDS,
)
SIGN_INS = Counter(
    "seiriken_sign_ins_total",
    "Sign-ins by result: confirmed, not_confirmed, too_many_attempts.",
    ["result"],
)
PROOFS = Counter(
    "seiriken_proofs_total",
    "Proofs of work at sign-in: asked, proved, waited (a minute instead of a proof), invalid.",
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
TOLD_WAIT_SECONDS = Gauge(
    "seiriken_told_wait_seconds",
    "What the last one in the line is told: the wait is between these bounds; NaN while unknown.",
    ["bound"],
)
OUTLOOK_PEOPLE = Gauge(
    "seiriken_outlook_people",
    "People who wait, by what they are told of their chances.",
    ["outlook"],
)
RELEASE_STATE = Gauge(
    "seiriken_release_state",
    "1 for the state of the release that is shown now, 0 for the others.",
    ["state"],
)
TICK_SECONDS = Histogram(
    "seiriken_tick_seconds",
    "Time of one tick of the room.",
    buckets=_FAST_SECONDS,
)
TICKS = Counter(
    "seiriken_ticks_total",
    "Ticks of the room by result: ok, away (Redis did not answer).",
    ["result"],
)
ADMISSION_HELD_BY_STATE = Gauge(
    "seiriken_admission_held_by_state",
    "1 for what holds the line back now, 0 for the others.",
    ["held_by"],
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
BATCHES = Counter(
    "seiriken_batches_total",
    "Batches by result: committed, fenced, outdated, lost (a server was away).",
    ["result"],
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

LEFT_PAIRS = Gauge(
    "seiriken_left_pairs",
    "Pairs that can still be booked, by venue and product, of all releases (the writer's).",
    ["venue", "product"],
)
STANDBY_PEOPLE = Gauge(
    "seiriken_standby_people",
    "People on the standby lists, offers included (the writer's).",
)
OFFERED_PAIRS = Gauge(
    "seiriken_offered_pairs",
    "Pairs held for somebody on a standby list until they decide (the writer's).",
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
OUTBOX_UNTOLD_MESSAGES = Gauge(
    "seiriken_outbox_untold_messages",
    "Messages that a provider refused for good, or did not take for days, within a week."
    " Those whose person left no address are not among them.",
)
DESK_UNTOLD_PEOPLE = Gauge(
    "seiriken_desk_untold_people",
    "People whom no message reaches, and whom the desk has yet to tell what the city did.",
)
DESK_UNTOLD_OLDEST_AGE_SECONDS = Gauge(
    "seiriken_desk_untold_oldest_age_seconds",
    "How long the first of them has waited; 0 when there is nobody.",
)
MAILS = Counter(
    "seiriken_mails_total",
    "Messages by result: sent (mail), texted (SMS), failed, resting (the provider is silent),"
    " already_sent (a task that ran twice).",
    ["result"],
)

TASKS = Counter(
    "seiriken_tasks_total",
    "Celery tasks that ended, by task and result: ok, failed.",
    ["task", "result"],
)
TASK_SECONDS = Histogram(
    "seiriken_task_seconds",
    "Time of one Celery task.",
    ["task"],
    buckets=_FAST_SECONDS,
)
INVARIANT_FINDINGS = Gauge(
    "seiriken_invariant_findings",
    "What the last audit of the tables found, by check; all must be 0.",
    ["invariant"],
)
AUDIT_TIMESTAMP_SECONDS = Gauge(
    "seiriken_audit_timestamp_seconds",
    "When the tables were audited last (unix time); 0 if never.",
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

HEARTBEATS = Counter(
    "seiriken_heartbeats_total",
    "Calls to the outside service that watches over the watch, by result: sent, failed.",
    ["result"],
)

HERALD_ROUND_SECONDS = Histogram(
    "seiriken_herald_round_seconds",
    "Time of one round of the herald: record, status page, notices.",
    buckets=_FAST_SECONDS,
)

# The synthetic resident
PROBE_RUNS = Counter(
    "seiriken_probe_runs_total",
    "Runs of the synthetic resident by result: ok, waiting, closed, maintenance, failed.",
    ["result"],
)
PROBE_FAILURES = Counter(
    "seiriken_probe_failures_total",
    "Failed runs of the synthetic resident, by the step that failed.",
    ["step"],
)
PROBE_STEP_SECONDS = Histogram(
    "seiriken_probe_step_seconds",
    "Time of one step of the synthetic resident, as it is outside.",
    ["step"],
    buckets=_FAST_SECONDS,
)
PROBE_UP = Gauge(
    "seiriken_probe_up",
    "1 after a run of the synthetic resident that has not failed, 0 after one that has.",
)
PROBE_TIMESTAMP_SECONDS = Gauge(
    "seiriken_probe_timestamp_seconds",
    "When the last run of the synthetic resident ended (unix time); 0 before the first.",
)
CERTIFICATE_EXPIRY_TIMESTAMP_SECONDS = Gauge(
    "seiriken_certificate_expiry_timestamp_seconds",
    "When the certificate that residents are shown expires (unix time); 0 without TLS.",
)

# Backups
BACKUP_TIMESTAMP_SECONDS = Gauge(
    "seiriken_backup_timestamp_seconds",
    "When the newest full backup ended (unix time); 0 if there is none.",
)
BACKUP_BYTES = Gauge(
    "seiriken_backup_bytes",
    "Size of the newest full backup, packed and sealed.",
)
KEPT_BACKUPS = Gauge(
    "seiriken_kept_backups",
    "Full backups in the repository.",
)
BACKUPS = Counter(
    "seiriken_backups_total",
    "Full backups that the keeper made, by result: ok, failed.",
    ["result"],
)
WAL_ARCHIVED_TIMESTAMP_SECONDS = Gauge(
    "seiriken_wal_archived_timestamp_seconds",
    "All that was committed before this moment (unix time) can be restored.",
)
DRILLS = Counter(
    "seiriken_drills_total",
    "Restore drills of the keeper, by result: ok, failed.",
    ["result"],
)
DRILL_TIMESTAMP_SECONDS = Gauge(
    "seiriken_drill_timestamp_seconds",
    "When the last restore drill ended that found nothing wrong (unix time); 0 if none did.",
)

# Every process, and the machine
NEED_UP = Gauge(
    "seiriken_need_up",
    "1 if the process has what it needs, 0 if not, by need (as /readyz says).",
    ["need"],
)
CLOCK_SKEW_SECONDS = Gauge(
    "seiriken_clock_skew_seconds",
    "How far this process's clock is ahead of a server's (negative: behind).",
    ["against"],
)
DISK_SIZE_BYTES = Gauge(
    "seiriken_disk_size_bytes",
    "Size of the disk that the system's folder is on.",
)
DISK_FREE_BYTES = Gauge(
    "seiriken_disk_free_bytes",
    "What is free of it.",
)

# Monitoring itself
LOG_FIELDS_DROPPED = Counter(
    "seiriken_log_fields_dropped_total",
    "Log fields that were not on the allow-list and were dropped.",
)
