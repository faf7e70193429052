-- The back-off (outbox_due) begins now.
UPDATE outbox SET relayed_at = clock_timestamp(), result = 'failed' WHERE outbox_id = %(outbox_id)s
