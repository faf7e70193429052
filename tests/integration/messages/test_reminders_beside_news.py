"""Reminders and news that come back again and again, since their provider does not take them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from allocator.sealing import Contact
from allocator.sms import TOKEN_FILE
from tests.integration.jobs import Jobs
from tests.integration.sms_provider import SmsProvider
from tests.waiting import until

MOBILE = Contact("試験 百合", "08098765432", "")
IN_TWO_HOURS = (
    "UPDATE slot SET starts_at = starts_at - moved, ends_at = ends_at - moved "
    "FROM (SELECT min(starts_at) - now() - interval '2 hours' AS moved FROM slot) AS nearer"
)


def test_reminders_by_mail_go_out_while_short_messages_are_refused(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """A token had run out on Friday: news by SMS were always due, and nobody was reminded."""
    with closing(SmsProvider()) as provider:
        provider.status = 401
        jobs = Jobs(
            database_url, redis_url, tmp_path, JOBS_SMS_URL=provider.url, JOBS_RELAY_EVERY_S="1"
        )
        (tmp_path / "secrets" / TOKEN_FILE).write_text("secret")
        with closing(jobs.stored) as stored:
            stored.connection.execute(IN_TWO_HOURS)
            for _ in range(100):
                stored.book()
            stored.connection.execute("UPDATE booking SET booked_at = now() - interval '90 days'")
            for _ in range(200):
                stored.message(stored.book(MOBILE))
            with jobs.running():
                until(lambda: len(provider.posted) > 20, within_s=240)
                until(lambda: len(jobs.mails()) == 100, within_s=240)
