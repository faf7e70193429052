"""Are we well? What counts as trouble, for the one word on the surge screen and its reasons.

Rule: nothing bad and nothing strained is "well". `seiriken top` says the same from the
same limits (`seiriken.surge_figures`); a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.grafana.queries import or_zero

OLDEST_S_STRAINED = 2
OLDEST_S_BAD = 5
FAILED_SHARE_STRAINED = 0.001
FAILED_SHARE_BAD = 0.01
OUTBOX_S_STRAINED = 300

SERVERS = 'need=~"redis|database|room"'
PARTS = 'need!~"redis|database|room|ledger"'
"""What a process has of its own. A standby allocator has no ledger, and is well."""
OUR_JOBS = 'job=~"gateway|waiting_room|allocator|worker|herald|keeper|probe"'
REQUESTS = "seiriken_http_requests_total"
FAILED = (
    f'(sum(rate({REQUESTS}{{status_class="5xx"}}[1m])) / sum(rate({REQUESTS}[1m])))'
    " unless on() (max(seiriken_running_maintenances) > 0)"
)
"""The share of pages that fail. In planned downtime every page says so with a 503."""


@dataclass(frozen=True)
class Trouble:
    """A query that has a row while something is the matter, and the words for it."""

    words: str
    query: str

    def row(self) -> str:
        """Return the query with the words as its label `what`."""
        return f'label_replace({self.query}, "what", "{self.words}", "", "")'


BAD = (
    Trouble("a server is away / サーバーに届かない", f"min(seiriken_need_up{{{SERVERS}}}) < 1"),
    Trouble(
        "nobody decides bookings / 予約を決める係がいない",
        f"({or_zero('sum(seiriken_leading_allocators)')}) < 1",
    ),
    Trouble("two writers at once / 決める係が二つある", "sum(seiriken_leading_allocators) > 1"),
    Trouble(
        f"a request waits over {OLDEST_S_BAD} s / 申込みが{OLDEST_S_BAD}秒以上待っている",
        f"max(seiriken_inbox_oldest_age_seconds) > {OLDEST_S_BAD}",
    ),
    Trouble("over 1 % of pages fail / 1%を超えるページが失敗", f"({FAILED}) > {FAILED_SHARE_BAD}"),
    Trouble("a promise is broken / 約束が破れている", "sum(seiriken_invariant_findings) > 0"),
    Trouble(
        "nobody could book from outside / 外からの確認で予約できない",
        "(max(seiriken_probe_up) < 1) and on() (max(seiriken_probe_timestamp_seconds) > 0)",
    ),
)

STRAINED = (
    Trouble("a process is down / 止まっているプロセスがある", f"min(up{{{OUR_JOBS}}}) < 1"),
    Trouble(
        "a process is not ready / 準備のできていないプロセスがある",
        f"min(seiriken_need_up{{{PARTS}}}) < 1",
    ),
    Trouble(
        f"a request waits over {OLDEST_S_STRAINED} s / 申込みが{OLDEST_S_STRAINED}秒以上待っている",
        f"max(seiriken_inbox_oldest_age_seconds) > {OLDEST_S_STRAINED} <= {OLDEST_S_BAD}",
    ),
    Trouble(
        "some pages fail / 失敗するページがある",
        f"({FAILED}) > {FAILED_SHARE_STRAINED} <= {FAILED_SHARE_BAD}",
    ),
    Trouble("an incident is open / 障害対応中", "max(seiriken_open_incidents) > 0"),
    Trouble("planned downtime / 計画停止中", "max(seiriken_running_maintenances) > 0"),
    Trouble(
        "mails are late / メールが遅れている",
        f"max(seiriken_outbox_oldest_age_seconds) > {OUTBOX_S_STRAINED}",
    ),
)

NOTHING = "nothing / なし"

WELL = "2 - clamp_max(2 * ({bad}) + clamp_max({strained}, 1), 2)".format(
    bad=or_zero(f"count({' or '.join(trouble.row() for trouble in BAD)})"),
    strained=or_zero(f"count({' or '.join(trouble.row() for trouble in STRAINED)})"),
)
"""2 well, 1 strained, 0 not well."""

MATTER = (
    " or ".join(trouble.row() for trouble in (*BAD, *STRAINED))
    + f' or on() label_replace(vector(0), "what", "{NOTHING}", "", "")'
)
"""A row for each trouble, its words in the label `what`; one row that says nothing else."""
