-- Messages to hand to a worker: new ones; those that failed, after their back-off (2, 4, 8, then
-- 15 s); those that no worker brought back within again_after_s (then its queue was lost).
-- attempts counts how often a message was handed out.
UPDATE outbox
SET relayed_at = clock_timestamp(), attempts = attempts + 1, result = NULL
WHERE outbox_id IN (
    SELECT outbox_id
    FROM outbox
    WHERE queue = %(queue)s
        AND done_at IS NULL
        AND (
            relayed_at IS NULL
            OR relayed_at < clock_timestamp() - make_interval(
                secs => CASE
                    WHEN result = 'failed' THEN least(2 ^ least(attempts, 10), 15)
                    ELSE %(again_after_s)s
                END
            )
        )
    ORDER BY outbox_id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING outbox_id
