"""The values that labels of metrics may take; anything else becomes "other".

Nothing personal and nothing that grows with the crowd is ever a label.
"""

from __future__ import annotations

from collections.abc import Mapping

OTHER = "other"

LABEL_VALUES: Mapping[str, frozenset[str]] = {
    "status_class": frozenset({"1xx", "2xx", "3xx", "4xx", "5xx"}),
    "result": frozenset(
        {
            *("confirmed", "not_confirmed", "too_many_attempts"),
            *("within", "earlier", "later"),
            *("sent", "texted", "failed", "already_sent", "no_address", "overtaken"),
            *("refused", "given_up", "resting"),
            *("ok", "not_yet", "invalid", "unknown", "expired", "full", "away"),
            *("committed", "fenced", "outdated", "lost"),
            *("waiting", "closed", "maintenance"),
            *("asked", "proved", "waited"),
        }
    ),
    "cause": frozenset({"paused", "rate_lowered", "capacity_cut", "slower_than_measured"}),
    "kind": frozenset(
        {
            "too_many_attempts",
            "cross_site",
            "bad_token",
            "bad_proof",
            "session_expired",
            "not_signed_in",
            "not_inside",
            "not_yours",
            "too_large",
            "id_reused",
            "wrong_code",
            "too_many_codes",
            *("staff_refused", "staff_forbidden"),
            *("blocked", "limited", "malformed", "refused_method", "refused_protocol"),
            *("slow_sender", "wrong_host"),
        }
    ),
    "need": frozenset(
        {
            *("redis", "database", "room", "catalogue", "status", "event_loop"),
            *("ledger", "relay", "record", "run", "readiness_check"),
            *("repository", "wal"),
        }
    ),
    "against": frozenset({"redis", "database"}),
    "bound": frozenset({"low", "high"}),
    "outlook": frozenset({"likely", "borderline", "unlikely", "unknown"}),
    "state": frozenset({"scheduled", "lobby", "open", "paused", "closed"}),
    "held_by": frozenset(
        {
            *("nobody_waits", "not_running", "inside_limit", "late_answers"),
            *("operators_cap", "operators_rate", "calling_speed"),
        }
    ),
    "task": frozenset(
        {
            *("relay_outbox", "send_notice", "keep_room_records", "make_reminders"),
            *("post_codes", "make_warnings"),
        }
    ),
    "invariant": frozenset(
        {
            *("oversold_seats", "half_pairs", "interval_breaches", "double_bookings"),
            *("counter_mismatches", "missing_bookings", "unknown_numbers"),
        }
    ),
    "step": frozenset(
        {
            *("landing", "why", "line", "sign_in", "clear", "availability", "book", "cancel"),
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
            *("book", "change", "cancel", "remind", "book_together", "join", "accept", "expire"),
            *("close_slots", "add_seats", "cut_supply", "mark_dose", "not_come", "walk_in"),
            *("leave", "take_over"),
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


def bounded(label: str, value: str) -> str:
    """Return a label's value, or "other" when it is none of those listed."""
    return value if value in LABEL_VALUES[label] else OTHER
