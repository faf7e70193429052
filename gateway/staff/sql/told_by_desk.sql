-- Its person was rung or written to. Who said so is in the journal of looks. Not of a message that is
-- being sent in this moment.
UPDATE outbox
SET result = 'told_by_desk', done_at = coalesce(done_at, clock_timestamp())
WHERE outbox_id = (
    SELECT outbox_id
    FROM outbox
    WHERE outbox_id = %(outbox_id)s
        AND (done_at IS NULL OR result IN ('no_address', 'refused', 'given_up'))
    FOR UPDATE SKIP LOCKED
)
RETURNING outbox_id;
