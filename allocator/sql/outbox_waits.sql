-- Its turn at the provider comes then ('waiting'), or the provider rests until then ('resting'). It was
-- handed out, but not tried.
UPDATE outbox
SET
    relayed_at = clock_timestamp() + make_interval(secs => %(wait_s)s),
    attempts = greatest(attempts - 1, 0),
    result = %(why)s
WHERE outbox_id = %(outbox_id)s
