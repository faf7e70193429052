-- It could not be told by a fault of ours: tried again like what failed, and not for ever.
UPDATE outbox
SET
    relayed_at = clock_timestamp(),
    done_at = CASE
        WHEN coalesce(put_back_at, created_at) <= %(given_up_before)s THEN clock_timestamp()
    END,
    result = CASE
        WHEN coalesce(put_back_at, created_at) <= %(given_up_before)s THEN 'given_up' ELSE 'failed'
    END
WHERE outbox_id = (
    SELECT outbox_id
    FROM outbox
    WHERE outbox_id = %(outbox_id)s AND done_at IS NULL
    FOR UPDATE SKIP LOCKED
)
RETURNING result
