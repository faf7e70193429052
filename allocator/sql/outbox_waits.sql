-- Its turn at the provider comes then ('waiting'), or the provider rests until then ('resting'): it was
-- handed out, but not tried. Or the provider got all of it, and did not say so ('unanswered'), or says
-- "later" again and again ('postponed').
UPDATE outbox
SET
    relayed_at = clock_timestamp() + make_interval(secs => %(wait_s)s),
    attempts = CASE
        WHEN %(why)s IN ('unanswered', 'postponed') THEN attempts ELSE greatest(attempts - 1, 0)
    END,
    result = %(why)s
WHERE outbox_id = %(outbox_id)s
