-- Messages to hand to a worker: new ones; those that failed, after their back-off; those whose turn
-- at a provider has come, whose provider has rested, or has said "later" for a while, or who may have
-- been told and are told once more (relayed_at is that moment, set by outbox_waits); those that no worker
-- brought back within again_after_s (then its queue was lost).
-- The back-off is 2, 4, 8, then 15 s at most, and half of that at least, by a hash of message and
-- attempt: those who failed together do not all come back in one second.
-- attempts counts how often a message was handed out; 'turn' tells that it has waited for its own.
UPDATE outbox
SET
    relayed_at = clock_timestamp(),
    attempts = attempts + 1,
    result = CASE WHEN result IN ('waiting', 'turn') THEN 'turn' END
WHERE outbox_id IN (
    SELECT outbox_id
    FROM outbox
    WHERE queue = %(queue)s
        AND done_at IS NULL
        AND (
            relayed_at IS NULL
            OR relayed_at < clock_timestamp() - make_interval(
                secs => CASE result
                    WHEN 'failed' THEN least(2 ^ least(attempts, 10), 15)
                        * (0.5 + (hashint8extended(outbox_id, attempts) & 1023) / 2046.0)
                    WHEN 'waiting' THEN 0
                    WHEN 'resting' THEN 0
                    WHEN 'unanswered' THEN 0
                    WHEN 'postponed' THEN 0
                    ELSE %(again_after_s)s
                END
            )
        )
    ORDER BY outbox_id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
RETURNING outbox_id
