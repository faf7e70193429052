-- Its turn at the provider comes then; it was handed out, but not tried.
UPDATE outbox
SET
    relayed_at = clock_timestamp() + make_interval(secs => %(wait_s)s),
    attempts = greatest(attempts - 1, 0),
    result = 'waiting'
WHERE outbox_id = %(outbox_id)s
