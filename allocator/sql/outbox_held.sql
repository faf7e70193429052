-- Holds one message until the transaction ends; no row when it is done or in another's hands. Nor does
-- an earlier order for it count, that was left in the queue, once its reader may have been told.
SELECT outbox_id
FROM outbox
WHERE outbox_id = %(outbox_id)s AND done_at IS NULL AND result IS DISTINCT FROM 'unanswered'
FOR UPDATE SKIP LOCKED
