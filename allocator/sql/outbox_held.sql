-- Holds one message until the transaction ends; no row when it is done or in another's hands.
SELECT outbox_id
FROM outbox
WHERE outbox_id = %(outbox_id)s AND done_at IS NULL
FOR UPDATE SKIP LOCKED
